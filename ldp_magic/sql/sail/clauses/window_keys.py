"""`GROUP BY window(ts, '1 hour').start` is `GROUP BY window(ts, '1 hour')`: the start of a window tells which it is."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape

_BOUNDS = frozenset({"START", "END"})


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"WINDOW", "GROUP"} <= words and not _BOUNDS.isdisjoint(words)


def changes(shape: Shape) -> Iterator[Group]:
    words = shape.words
    for block in shape.outline.blocks:
        first, last = block.clauses.get("group by", (0, 0))
        for at in shape.beside(first, last):
            close = shape.closing(at + 1) if words[at : at + 2] == ["WINDOW", "("] else -1
            if close > 0 and words[close + 1 : close + 2] == ["."] and words[close + 2] in _BOUNDS:
                yield [shape.drop(close + 1, close + 3)]
