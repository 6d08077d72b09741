"""Damage to texts, as typing, cutting and broken files do it; the same seed does the same damage."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from tests.sql import grammar
from tests.sql.rendering import golden

SCRAPS = [
    *"()[]{}<>'\"`;,.:$@#\\/*-+=|&%^~?!",
    "\0", "\r", "\n", "\t", "\ufeff", "\u00a0", "\u2028", "\ud800", "é", "😀", "\U0010ffff", "ß", "İ",
    "/*", "*/", "--", "${", "${x}", "}", ":x", "''", "``", "|>", "->", "=>", "::", "<=>", "{{", "}}", "\\'",
    "SELECT", "FROM", "WHERE", "CREATE", "TABLE", "STREAM(", "WATERMARK", "DELAY OF", "INTERVAL", "EXPECT",
    "AS", "WITH", "KEYS", "FLOW", "AUTO CDC", "UNION", "EXCEPT", "JOIN", "ON", "GROUP BY", "ORDER BY", "LIMIT", "CASE",
    "NULL", "VALUES", "LATERAL VIEW", "PIVOT", "MAP<", "STRUCT<", "IDENTIFIER(", "0x", "1e", "1.", "é`", "x'", "r'",
]  # fmt: skip
_PIECE = re.compile(r"\w+|\s+|.", re.DOTALL)


def texts() -> list[str]:
    """What is damaged: every statement of the grammar table, every query of the golden file."""
    return [production.text for production in grammar.every()] + [case.query for case in golden()]


def damaged(text: str, rng: random.Random, times: int = 3) -> str:
    """*text* with some of it deleted, doubled, swapped, cut off or replaced."""
    for _ in range(rng.randrange(1, times + 1)):
        text = rng.choice(_DAMAGE)(text, rng)
    return text


def _range(text: str, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(text) + 1)
    return start, min(start + rng.choice((1, 1, 2, 5, 20)), len(text))


def _delete(text: str, rng: random.Random) -> str:
    start, end = _range(text, rng)
    return text[:start] + text[end:]


def _double(text: str, rng: random.Random) -> str:
    start, end = _range(text, rng)
    return text[:end] + text[start:end] * rng.choice((1, 1, 2, 30)) + text[end:]


def _cut(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] if rng.random() < 0.7 else text[at:]


def _insert(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    space = rng.choice(("", " "))
    return text[:at] + space + rng.choice(SCRAPS) + space + text[at:]


def _replace(text: str, rng: random.Random) -> str:
    start, end = _range(text, rng)
    return text[:start] + rng.choice(SCRAPS) + text[end:]


def _swap(text: str, rng: random.Random) -> str:
    pieces = _PIECE.findall(text)
    if len(pieces) < 2:
        return text
    one, other = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    pieces[one], pieces[other] = pieces[other], pieces[one]
    return "".join(pieces)


def _drop_word(text: str, rng: random.Random) -> str:
    pieces = _PIECE.findall(text)
    if pieces:
        del pieces[rng.randrange(len(pieces))]
    return "".join(pieces)


_DAMAGE: tuple[Callable[[str, random.Random], str], ...] = (
    _delete,
    _double,
    _cut,
    _insert,
    _insert,
    _replace,
    _swap,
    _drop_word,
)
