"""`QUALIFY condition` as a WHERE around the query, whose select list holds the condition as one column more."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.around import wrapped
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "QUALIFY" in words


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        first, last = block.clauses.get("qualify", (0, 0))
        if last > first + 1:
            yield wrapped(shape, select, block, "qualify")
