"""Time travel: `t@v1`, `t VERSION AS OF 1`, `t TIMESTAMP AS OF '2026-01-01'`. A preview reads what there is now."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape

_KINDS = ("VERSION", "TIMESTAMP", "SYSTEM_VERSION", "SYSTEM_TIME")


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "@" in words or {"AS", "OF"} <= words


def changes(shape: Shape) -> Iterator[Group]:
    words = shape.words
    for index, word in enumerate(words):
        travels = word in _KINDS and words[index + 1 : index + 3] == ["AS", "OF"]
        at = word == "@" and index and shape.outline.clause_of[index] == "from" and _is_version(shape, index + 1)
        if travels or at:
            raise Refused(
                "the embedded engine has no older versions of a table",
                why="it reads the rows that are there now",
                fix="take the version away, or preview it with --place databricks",
            )
    yield from ()


def _is_version(shape: Shape, index: int) -> bool:
    word = shape.words[index] if index < len(shape.tokens) else ""
    return shape.tokens.types[index : index + 1] == ["number"] or word.removeprefix("V").isdigit()
