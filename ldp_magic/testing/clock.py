"""A clock that stands still: what SQL asks for the time answers one moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ldp_magic.cells import Cell, pieces
from ldp_magic.project.model import Members
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.testing.case import CaseError
from ldp_magic.text import Edit, Source, apply_edits

_ANSWERS = {
    "CURRENT_TIMESTAMP": "CAST('{}' AS TIMESTAMP)",
    "NOW": "CAST('{}' AS TIMESTAMP)",
    "GETDATE": "CAST('{}' AS TIMESTAMP)",
    "CURRENT_DATE": "CAST(CAST('{}' AS TIMESTAMP) AS DATE)",
    "CURDATE": "CAST(CAST('{}' AS TIMESTAMP) AS DATE)",
    "LOCALTIMESTAMP": "CAST(CAST('{}' AS TIMESTAMP) AS TIMESTAMP_NTZ)",
    "UNIX_TIMESTAMP": "unix_timestamp(CAST('{}' AS TIMESTAMP))",
}
_BARE = frozenset({"CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIMESTAMP"})  # they need no brackets
_PYTHON = re.compile(r"\b(current_timestamp|current_date|now|localtimestamp|curdate|getdate|today)\s*\(")


def stopped(members: Members, now: str) -> Members:
    """The texts of a pipeline in which it is *now*."""
    return replace(members, cells=tuple(_cell(each, now) for each in members.cells))


def asked(members: Members) -> bool:
    """Does the SQL of a pipeline ask for the time, and nothing else that cannot be stopped?"""
    try:
        return stopped(members, "2026-01-01T00:00:00Z") != members
    except CaseError:
        return False


def _cell(cell: Cell, now: str) -> Cell:
    edits: list[Edit] = []
    for piece in pieces(cell.source, cell.language):
        if piece.language == "python" and (asked := _PYTHON.search(piece.text)):
            raise CaseError(
                f"{cell.source.name} asks {asked[1]}() in Python, which a test cannot answer",
                why="only the clock of SQL can be stopped",
                fix="ask for the time in SQL, or take now out of the test",
            )
        if piece.language == "sql":
            start = piece.location.start
            edits += [
                Edit(cell.source.at(start + first, start + last), text) for first, last, text in _asked(piece.text, now)
            ]
    text = apply_edits(edits).get(cell.source, cell.source.text) if edits else cell.source.text
    return Cell(Source(cell.source.name, cell.source.cell, text), cell.language) if edits else cell


def _asked(text: str, now: str) -> Iterator[tuple[int, int, str]]:
    tokens = tokens_of(text)
    for n, word in enumerate(tokens.words):
        if word in _ANSWERS:
            last = _end(tokens, n)
            if last is not None and (n == 0 or tokens.words[n - 1] not in (".", "AS")):
                yield tokens.starts[n], last, _ANSWERS[word].format(now)


def _end(tokens: Tokens, n: int) -> int | None:
    """Where the question for the time ends; None if it is none."""
    after = [*tokens.words[n + 1 : n + 3], "", ""][:2]
    if after == ["(", ")"]:
        return tokens.ends[n + 2]
    return tokens.ends[n] if tokens.words[n] in _BARE and after[0] not in (".", "(") else None
