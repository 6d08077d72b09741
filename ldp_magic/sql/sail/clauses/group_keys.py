"""`GROUP BY 1` and `GROUP BY alias` as the expressions they stand for, where these are written again in the select list
or in a window: the engine does not see that they are the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses import lateral_aliases
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Item, Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "GROUP" in words and ("OVER" in words or lateral_aliases.possible(tokens, words))


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        if "group by" not in block.clauses:
            continue
        if any(call.over is not None for call in select.calls) or lateral_aliases.repeats(select, shape.items(select)):
            yield _spelled_out(shape, select, block)


def _spelled_out(shape: Shape, select: Select, block: Block) -> Group:
    items, columns = shape.items(select), shape.listed(select, block)
    taken = {name.lower() for name, _ in columns or ()}
    group: Group = []
    for span in select.group_keys:
        first, last = shape.tokens_in(span)
        item = _meant(shape, items, first, taken if columns is not None else None) if last - first == 1 else None
        if item is not None and item.end - item.first > 0 and not _alone(shape, item):
            group.append(shape.replace(first, last, shape.slice(item.first, item.end)))
    return group


def _meant(shape: Shape, items: list[Item], index: int, taken: set[str] | None) -> Item | None:
    """The item that a key stands for by its position or name; a column of the FROM clause comes first."""
    text, name = shape.slice(index, index + 1), shape.places.name(index).lower()
    stars = next((n for n, item in enumerate(items) if item.star), len(items))
    if text.isdigit():
        return items[int(text) - 1] if 0 < int(text) <= stars else None
    if taken is None or name in taken:
        return None
    return next((item for item in items if item.aliased and item.name.lower() == name), None)


def _alone(shape: Shape, item: Item) -> bool:
    """Would it mean something else behind BY?"""
    literal = item.end - item.first == 1 and shape.tokens.types[item.first] in ("number", "string")
    return literal or "SELECT" in shape.words[item.first : item.end]
