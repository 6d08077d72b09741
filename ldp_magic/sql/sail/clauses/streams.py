"""`STREAM`, its options and `WATERMARK`: a preview reads the whole source, so the words go and the source stays."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "STREAM" in words or "WATERMARK" in words


def changes(shape: Shape) -> Iterator[Group]:
    outline = shape.outline
    for stream in outline.streams.values():
        if stream.close < 0:
            yield [shape.drop(stream.word, stream.word + 1)]
        else:
            yield [shape.drop(stream.word, stream.word + 2), shape.drop(stream.close, stream.close + 1)]
    for word, _ in outline.over_queries:
        yield [shape.drop(word, word + 1)]
    for first, (_, last) in outline.extras.items():
        yield [shape.drop(first, last)]
    for mark in outline.watermarks.values():
        if "AS" in shape.words[mark.word : mark.of]:
            raise Refused(
                "the embedded engine has no WATERMARK that makes a column",
                why="the column would have to be added to the source",
                fix="make the column in a view, and give WATERMARK its name",
            )
        yield [shape.drop(mark.word, mark.last)]
