"""A text cut into parts: every statement with the comments that stand before it and behind it on its line."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ldp_magic.sql.cursor import Cursor
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.split import statements_in
from ldp_magic.text import Location, Source, Span

_CELL_END = re.compile(r"-- COMMAND -{10}\s*$")
_BLANK_LINE = re.compile(r"\r\n[ \t]*\r\n|\n[ \t]*\n|\r[ \t]*\r(?!\n)")
_NOTEBOOK = re.compile(r"\ufeff?-- Databricks notebook source[ \t]*(?:\r\n|\r|\n)")
_REST_OF_LINE = re.compile(r"[ \t]*(?:--[^\r\n]*)?(?:\r\n|\r|\n|$)")


@dataclass(frozen=True, slots=True)
class Part:
    """One statement; `first` and `last` are its tokens. The parts of a text, joined, are the text."""

    source: Source
    tokens: Tokens
    first: int
    last: int
    start: int
    end: int

    @property
    def location(self) -> Location:
        """The statement alone, without its semicolon."""
        return Location(self.source, self.tokens.starts[self.first], self.tokens.ends[self.last - 1])

    @property
    def own_start(self) -> int:
        """Where what goes with the statement begins: comments that a blank line parts from it do not."""
        first = self.location.start
        comments = self._comments(self.start, first)
        blank = _BLANK_LINE.search(self.source.text, comments[-1].end if comments else first, first)
        for after, before in pairwise(reversed(comments)):
            blank = blank or _BLANK_LINE.search(self.source.text, before.end, after.start)
        notebook = _NOTEBOOK.match(self.source.text) if self.start == 0 else None
        return blank.end() if blank else notebook.end() if notebook else self.start

    @property
    def own_text(self) -> str:
        return self.source.text[self.own_start : self.end]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def broken(self) -> bool:
        """Does it hold a quote or a comment that is never closed?"""
        return any(self.start <= span.start < self.end for span, _ in self.tokens.open)

    def cursor(self) -> Cursor:
        return Cursor(self.tokens, self.first, self.last, self.source, 0)

    def comments(self, start: int, end: int) -> list[str]:
        """The comments that lie between two places of the source."""
        return [self.source.text[s:e] for s, e in self._comments(start, end)]

    def _comments(self, start: int, end: int) -> list[Span]:
        comments = self.tokens.comments
        first, last = bisect_left(comments, (start,)), bisect_left(comments, (end,))
        return [span for span in comments[first:last] if span.end <= end]


def parts_of(source: Source) -> list[Part]:
    """The parts of a text, in order; what follows the last statement belongs to it."""
    tokens = tokens_of(source.text)
    ranges = list(_scripts_together(tokens))
    parts: list[Part] = []
    start = 0
    for number, (first, last) in enumerate(ranges):
        end = len(source.text) if number + 1 == len(ranges) else _end(tokens, last)
        parts.append(Part(source, tokens, first, last, start, end))
        start = end
    return parts


def _end(tokens: Tokens, last: int) -> int:
    """Behind the semicolon, and behind the rest of its line if only a comment stands there."""
    if tokens.words[last : last + 1] != [";"]:
        return tokens.ends[last - 1]
    end = tokens.ends[last]
    rest = _REST_OF_LINE.match(tokens.text, end)
    return rest.end() if rest else end


def _cells_apart(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """The statements; in an exported notebook a cell ends its last one, with or without a semicolon."""
    cuts = [bisect_left(tokens.starts, s) for s, e in tokens.comments if _CELL_END.match(tokens.text, s, e)]
    for first, last, _ in statements_in(tokens):
        inside = cuts[bisect_right(cuts, first) : bisect_left(cuts, last)]
        for start, stop in pairwise([first, *inside, last]):
            if start < stop:
                yield start, stop


def _scripts_together(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """The statements; a BEGIN ... END with all that it holds counts as one."""
    opened, begin = 0, 0
    last = 0
    for first, last in _cells_apart(tokens):
        words = tokens.words[first:last]
        begins = words[0] == "BEGIN" and len(words) > 1 and words[1] not in ("TRANSACTION", "WORK")
        if begins and not opened:
            begin = first
        opened += begins
        if not opened:
            yield first, last
        elif words[0] == "END" and words[1:2] in ([], ["AND"]):
            opened -= 1
            if not opened:
                yield begin, last
    if opened:
        yield begin, last
