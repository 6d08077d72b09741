"""`ORDER BY upper(a)` behind a GROUP BY is the position of the item that says the same: once that item has a name, the
engine no longer sees that they are the same."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.around import sort_keys
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"GROUP", "ORDER"} <= words


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        items = shape.items(select)
        if "group by" not in block.clauses or "order by" not in select.clauses or any(item.star for item in items):
            continue
        said = [_plain(shape, item.first, item.end) for item in items]
        for first, last in sort_keys(shape, select, block):
            key = _plain(shape, first, last)
            if "(" in key and key in said:
                yield [shape.replace(first, last, str(said.index(key) + 1))]


def _plain(shape: Shape, first: int, last: int) -> tuple[str, ...]:
    return tuple(shape.words[n] or shape.slice(n, n + 1) for n in range(first, last))
