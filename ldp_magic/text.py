"""Where things stand in a text: sources, locations, lines and columns, edits.

Every offset in this package counts code points of the raw file or cell. This file alone turns
them into lines and columns, and into UTF-16 units for JavaScript and language servers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\r|\n")


class Span(NamedTuple):
    """A half-open range of code points in some text."""

    start: int
    end: int


class Position(NamedTuple):
    """A place as people count it: line and column start at 1, a column is a code point."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """One text as its author wrote it: a file, or one cell of a notebook."""

    name: str
    cell: str | None
    text: str = field(repr=False)

    def at(self, start: int, end: int | None = None) -> Location:
        """The location from *start* to *end* (or the empty one at *start*)."""
        return Location(self, start, start if end is None else end)

    def whole(self) -> Location:
        return Location(self, 0, len(self.text))


@dataclass(frozen=True, slots=True)
class Location:
    """A half-open range of code points in one source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def first(self) -> Position:
        return position(self.source.text, self.start)

    @property
    def last(self) -> Position:
        return position(self.source.text, self.end)

    def inside(self, start: int, end: int) -> Location:
        """The part of this location that lies *start* to *end* after its own start."""
        return Location(self.source, self.start + start, self.start + end)

    def upto(self, other: Location) -> Location:
        return Location(self.source, self.start, other.end)


@dataclass(frozen=True, slots=True)
class Edit:
    """Put *text* where *location* is."""

    location: Location
    text: str


class OverlappingEdits(ValueError):
    """Two edits want the same characters."""


def apply_edits(edits: Iterable[Edit]) -> dict[Source, str]:
    """The new text of every source that *edits* touch; what lies outside their spans is kept as it was.

    The same edit given twice counts once. Insertions at one place keep their order.
    """
    by_source: dict[Source, list[Edit]] = {}
    for edit in dict.fromkeys(edits):
        by_source.setdefault(edit.location.source, []).append(edit)
    return {source: _apply(source.text, some) for source, some in by_source.items()}


def _apply(text: str, edits: list[Edit]) -> str:
    pieces, done = [], 0
    for edit in sorted(edits, key=lambda e: (e.location.start, e.location.end)):
        start, end = edit.location.start, edit.location.end
        if not done <= start <= end <= len(text):
            raise OverlappingEdits(f"characters {start} to {end} are edited twice or lie outside the text")
        pieces += [text[done:start], edit.text]
        done = end
    return "".join([*pieces, text[done:]])


@lru_cache(maxsize=256)
def line_starts(text: str) -> tuple[int, ...]:
    """The offset at which each line begins; lines end with LF, CRLF or CR."""
    return (0, *(end.end() for end in _LINE_END.finditer(text)))


def position(text: str, offset: int) -> Position:
    starts = line_starts(text)
    line = bisect_right(starts, offset)
    return Position(line, offset - starts[line - 1] + 1)


def offset(text: str, line: int, column: int) -> int:
    """The code point at a line and column (both from 1); places outside the text move to its nearest edge."""
    starts = line_starts(text)
    if line < 1:
        return 0
    if line > len(starts):
        return len(text)
    start = starts[line - 1]
    end = starts[line] if line < len(starts) else len(text)
    return min(start + max(column, 1) - 1, end)


def line_text(text: str, line: int) -> str:
    """One line without its line end."""
    starts = line_starts(text)
    end = starts[line] if line < len(starts) else len(text)
    return text[starts[line - 1] : end].rstrip("\r\n")


def utf16_length(text: str) -> int:
    return len(text) + sum(1 for c in text if ord(c) > 0xFFFF) if not text.isascii() else len(text)


def utf16_offset(text: str, offset: int) -> int:
    """How many UTF-16 units lie before the code point *offset*: what JavaScript calls its index."""
    return utf16_length(text[:offset])


def from_utf16_offset(text: str, units: int) -> int:
    """The code point at a UTF-16 index; an index inside a surrogate pair means the pair's start."""
    if text.isascii():
        return min(max(units, 0), len(text))
    seen = 0
    for index, char in enumerate(text):
        seen += 2 if ord(char) > 0xFFFF else 1
        if seen > units:
            return index
    return len(text)


def utf16_position(text: str, offset: int) -> Position:
    """Line and character from 0, the character in UTF-16 units: what a language server speaks."""
    line, _ = position(text, offset)
    start = line_starts(text)[line - 1]
    return Position(line - 1, utf16_length(text[start:offset]))


def from_utf16_position(text: str, line: int, character: int) -> int:
    """The code point at a language server's line and character; places past a line's end mean that end."""
    starts = line_starts(text)
    if line < 0:
        return 0
    if line >= len(starts):
        return len(text)
    inside = line_text(text, line + 1)
    return starts[line] + from_utf16_offset(inside, character)
