"""`DISTRIBUTE BY` says nothing of the rows, and `CLUSTER BY` only how they are sorted."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "BY" in words and ("DISTRIBUTE" in words or "CLUSTER" in words)


def changes(shape: Shape) -> Iterator[Group]:
    for block in shape.outline.blocks:
        if "distribute by" in block.clauses:
            yield [shape.drop(*block.clauses["distribute by"])]
        if "cluster by" in block.clauses:
            first, _ = block.clauses["cluster by"]
            yield [shape.replace(first, first + 1, "SORT")]
