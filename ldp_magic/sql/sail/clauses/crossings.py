"""`CROSS JOIN b USING (k)` is the inner join that it says it is not; the engine takes no condition there."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "CROSS" in words and not words.isdisjoint({"USING", "ON"})


def changes(shape: Shape) -> Iterator[Group]:
    for select, _ in shape.selects():
        for join in select.joins:
            first, last = shape.tokens_in(join.span)
            cross = next((at for at in range(first, last) if shape.words[at : at + 2] == ["CROSS", "JOIN"]), -1)
            if join.using and cross >= 0:
                yield [shape.drop(cross, cross + 1)]
