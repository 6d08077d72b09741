"""`GROUP BY ALL` groups by every item of the select list that holds no aggregate."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Item, Shape
from ldp_magic.sql.sail.clauses.stars import spelled_out


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"GROUP", "ALL"} <= words


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        first, last = block.clauses.get("group by", (0, 0))
        if shape.words[first:last] != ["GROUP", "BY", "ALL"]:
            continue
        items = shape.every_item(select, block)
        stars = [item for item in items if item.star]
        if stars:
            yield [spelled_out(shape, select, block, item.first, item.last) for item in stars]
            continue
        keys = [_key(shape, item, n) for n, item in enumerate(items, 1) if not _counts(shape, select, item)]
        yield [shape.replace(first, last, f"GROUP BY {', '.join(keys)}") if keys else shape.drop(first, last)]


def _counts(shape: Shape, select: Select, item: Item) -> bool:
    """Does an item hold an aggregate or a window function?"""
    start, end = shape.tokens.starts[item.first], shape.tokens.ends[item.last - 1]
    return any((c.aggregate or c.over is not None) and start <= c.span.start < end for c in select.calls)


def _key(shape: Shape, item: Item, number: int) -> str:
    """The expression, which other items may hold too; its position where it would not mean the same behind BY."""
    literal = item.end - item.first == 1 and shape.tokens.types[item.first] in ("number", "string")
    return (
        str(number) if literal or "SELECT" in shape.words[item.first : item.end] else shape.slice(item.first, item.end)
    )
