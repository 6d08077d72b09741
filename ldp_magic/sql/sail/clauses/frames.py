"""`ORDER BY d RANGE BETWEEN INTERVAL 1 DAY PRECEDING ...` over dates: the engine counts them wrongly, but not times."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.names import name_unnamed
from ldp_magic.sql.sail.clauses.shape import Shape

_HOW = frozenset({"ASC", "DESC", "NULLS", "FIRST", "LAST"})
_TIMES = ("timestamp", "timestamp_ntz")


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"RANGE", "ORDER"} <= words and not words.isdisjoint({"PRECEDING", "FOLLOWING"})


def changes(shape: Shape) -> Iterator[Group]:
    words = shape.words
    for index, word in enumerate(words):
        around = shape.enclosing(index)
        if word != "RANGE" or around < 0:
            continue
        close = shape.closing(around)
        ordered = next((n for n in shape.beside(around + 1, index) if words[n : n + 2] == ["ORDER", "BY"]), -1)
        offset = any(shape.tokens.types[n] in ("number", "string") for n in range(index, close))
        if ordered > 0 and offset:
            yield _key(shape, ordered + 2, index, close)


def _key(shape: Shape, first: int, index: int, close: int) -> Group:
    """The one key that the frame is measured on."""
    last = index
    while last - 1 > first and shape.words[last - 1] in _HOW:
        last -= 1
    type_, timed = shape.type_at(first), "INTERVAL" in shape.words[index:close]
    text = shape.slice(first, last)
    if timed and type_ not in _TIMES:
        made = f"CAST({text} AS TIMESTAMP)"
    elif not timed and type_ == "date":
        made = f"datediff({text}, DATE'1970-01-01')"
    else:
        return []
    return [shape.replace(first, last, made), *name_unnamed(shape, first, last)]
