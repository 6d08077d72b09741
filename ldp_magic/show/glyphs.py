"""The signs of the house: what each state and each kind of dataset looks like, in every place it is shown.

Also what foreign text must lose before it stands in our lines: control characters, escapes, bidi overrides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["KINDS", "OURS", "STATES", "GlyphSet", "Sign", "clean", "cut", "cut_front", "fitted", "letters", "wide"]

GlyphSet: TypeAlias = Literal["unicode", "ascii"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One sign: its glyph, the ASCII form, its word, the terminal's colour, and the colours of pages and pictures."""

    glyph: str
    ascii: str
    word: str
    terminal: str = ""
    static: str = "#6d737a"  # legible on white and on dark
    dark: str = "#98a2ad"  # for pictures that know that they stand on dark

    def of(self, glyphs: GlyphSet) -> str:
        return self.glyph if glyphs == "unicode" else self.ascii


STATES: dict[str, Sign] = {
    "ok": Sign(glyph="✓", ascii="+", word="ok", terminal="green", static="#0c7f4f", dark="#5fd3a1"),
    "warning": Sign(glyph="▲", ascii="!", word="warning", terminal="yellow", static="#8f680a", dark="#dcae4a"),
    "error": Sign(glyph="✗", ascii="x", word="error", terminal="red", static="#d02c55", dark="#f9667f"),
    "dropped": Sign(glyph="▼", ascii="v", word="dropped", terminal="magenta", static="#914eb9", dark="#d89cf0"),
    "info": Sign(glyph="i", ascii="i", word="info", terminal="bright black"),
    "unknown": Sign(glyph="?", ascii="?", word="unknown", terminal="magenta", static="#914eb9", dark="#d89cf0"),
}
_VIEW = Sign(glyph="□", ascii="[v]", word="view", terminal="bright black")
KINDS: dict[str, Sign] = {
    "streaming table": Sign(
        glyph="≈", ascii="[st]", word="streaming table", terminal="cyan", static="#0a7c94", dark="#3fb2cc"
    ),
    "materialized view": Sign(
        glyph="■", ascii="[mv]", word="materialized view", terminal="blue", static="#6f63c9", dark="#a59bf2"
    ),
    "temporary view": Sign(glyph="□", ascii="[v]", word="temporary view", terminal="bright black"),
    "view": _VIEW,
    "table": Sign(glyph="▬", ascii="[t]", word="table", terminal="blue", static="#6f63c9", dark="#a59bf2"),
    "sink": Sign(glyph="►", ascii="[sink]", word="sink", static="#8a6534", dark="#c9a06a"),
    "external": Sign(glyph="◊", ascii="[ext]", word="external", terminal="bright black"),
    "missing": STATES["error"],
}

# what stands for each character of ours where only ASCII arrives
OURS = str.maketrans(
    {"│": "|", "├": "|", "└": "`", "─": "-", "╌": ".", "╎": ".", "→": "->", "…": "...", "·": "*", "−": "-", "—": "-"}
)
_KEPT = "\u200c\u200d"  # joiners: scripts and emoji are wrong without them
_DROPPED = frozenset({"Cc", "Cf", "Cn"})
_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x9b[0-?]*[ -/]*[@-~]")
_SPACE = re.compile(r"[\s\u2028\u2029\x85]+")
_PLAIN = re.compile(r"[ -~]*")
_MAX_CLEANED = 4_000


def clean(text: str, glyphs: GlyphSet = "unicode") -> str:
    """Foreign *text* on one line, without what moves a cursor, changes a colour or turns the reading direction.

    In the ASCII set everything else is escaped here, so that widths are those of what arrives.
    """
    text = text[:_MAX_CLEANED]
    if _PLAIN.fullmatch(text):
        return text if text.strip() or not text else f'"{text}"'
    text = _SPACE.sub(" ", _ESCAPE.sub("", text))
    text = "".join(map(_allowed, text)).strip() or '""'
    return text if glyphs == "unicode" else "".join(map(_escaped, text))


def _allowed(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    return "" if category in _DROPPED and char not in _KEPT else char


def _escaped(char: str) -> str:
    if char.isascii():
        return char
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{units[n : n + 4]}" for n in range(0, len(units), 4))


def wide(text: str) -> int:
    """How many cells of a terminal *text* takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0)


def letters(text: str) -> list[str]:
    """*text* in the pieces that a reader sees as one character each: a cut goes between them."""
    if text.isascii():
        return list(text)
    found: list[str] = []
    for char in text:
        joined = found and (found[-1].endswith("\u200d") or char in "\u200c\u200d" or _combines(char))
        if joined:
            found[-1] += char
        else:
            found.append(char)
    return found


def _combines(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Me", "Mc") or "\U0001f3fb" <= char <= "\U0001f3ff"


def cut(text: str, room: int, gap: str = "…") -> str:
    """*text* in at most *room* cells; what is too long loses its middle."""
    if wide(text) <= room:
        return text
    if room <= wide(gap):
        return gap[: max(room, 0)]
    left = (room - wide(gap) + 1) // 2
    pieces = letters(text)
    head = _taken(pieces, left)
    tail = _taken(reversed(pieces), room - wide(gap) - wide(head))
    return head + gap + "".join(reversed(letters(tail)))


def cut_front(text: str, room: int, gap: str = "…") -> str:
    """As `cut`, but the front is lost: a path's end says most."""
    if wide(text) <= room:
        return text
    if room <= wide(gap):
        return gap[: max(room, 0)]
    return gap + "".join(reversed(letters(_taken(reversed(letters(text)), room - wide(gap)))))


def fitted(text: str, room: int, gap: str = "…") -> str:
    """*text* in exactly *room* cells."""
    text = cut(text, room, gap)
    return text + " " * (room - wide(text))


def _taken(pieces: Iterable[str], room: int) -> str:
    taken: list[str] = []
    for piece in pieces:
        room -= wide(piece)
        if room < 0:
            break
        taken.append(piece)
    return "".join(taken)
