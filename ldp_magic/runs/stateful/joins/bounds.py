"""How long a row of one side can still meet rows of the other: what a condition over both event times says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ldp_magic.runs.stateful.durations import duration
from ldp_magic.runs.stateful.joins.conditions import Column, Part
from ldp_magic.sql.lexer import Tokens, tokens_of

Stretch = tuple[int, int]  # of tokens
_LESS = {"<": True, "<=": False}
_MORE = {">": True, ">=": False}


@dataclass(frozen=True, slots=True)
class Bound:
    """The event time of a side is at least that of the other plus *offset* (microseconds), or more than it."""

    offset: int
    strict: bool

    def passed(self, watermark: int) -> int:
        """Rows up to that event time meet nothing any more. Spark counts it in milliseconds, as it does watermarks."""
        return ((watermark + self.offset) // 1000 - (not self.strict)) * 1000


def bounds(parts: Iterable[Part], side: int, mark: str | None) -> list[tuple[str, Bound]]:
    """All lower bounds of a side's columns by the event time *mark* of the other, each with the column's name."""
    if mark is None:
        return []
    compared = ((part, *each) for part in parts for each in ordered(part))
    found = (_bound(part, less, more, strict, side, (1 - side, mark)) for part, less, more, strict in compared)
    return [each for each in found if each is not None]


def ordered(part: Part) -> list[tuple[Stretch, Stretch, bool]]:
    """The comparisons of a part: where the smaller one stands, where the larger, and whether they have to differ."""
    tokens = tokens_of(part.text)
    top, at = [], 0
    while at < len(tokens):
        if tokens.words[at] in (*_LESS, *_MORE, "BETWEEN", "AND", "NOT", "OR"):
            top.append((at, tokens.words[at]))
        at = max(tokens.pairs.get(at, at), at) + 1
    words, end = [word for _, word in top], len(tokens)
    if words == ["BETWEEN", "AND"]:
        between, and_ = top[0][0], top[1][0]
        what = (0, between)
        return [((between + 1, and_), what, False), (what, (and_ + 1, end), False)]
    if len(words) != 1 or words[0] not in (*_LESS, *_MORE):
        return []
    before, behind = (0, top[0][0]), (top[0][0] + 1, end)
    return [(before, behind, _LESS[words[0]])] if words[0] in _LESS else [(behind, before, _MORE[words[0]])]


def _bound(
    part: Part, less: Stretch, more: Stretch, strict: bool, side: int, other: Column
) -> tuple[str, Bound] | None:
    """*less* is at most *more*: what is left of that, once it says how early a column of *side* can be."""
    reading = _Reading(part, tokens_of(part.text))
    if not reading.side(*less, 1) or not reading.side(*more, -1):
        return None
    mine = [column for column, sign in reading.times.items() if sign == -1 and column[0] == side]
    if len(mine) != 1 or reading.times != {other: 1, mine[0]: -1}:
        return None
    return mine[0][1], Bound(reading.micros, strict)


class _Reading:
    """The event times and intervals of a comparison; `side` answers whether there was nothing else."""

    def __init__(self, part: Part, tokens: Tokens) -> None:
        self.tokens, self.times, self.micros, self.sign = tokens, dict[Column, int](), 0, 1
        self.refs = {ref.span: columns for ref, columns in part.refs}

    def side(self, first: int, last: int, sign: int) -> bool:
        """One side of a comparison. Spark finds no bound where times are subtracted from each other."""
        self.sign = sign
        return self.sum(first, last, sign)

    def sum(self, first: int, last: int, sign: int) -> bool:
        words, pairs, at = self.tokens.words, self.tokens.pairs, first
        if at >= last:
            return False
        while at < last:
            now = sign
            while at < last and words[at] in ("+", "-"):
                now, at = -now if words[at] == "-" else now, at + 1
            if at < last and words[at] == "(" and at in pairs:
                read, end = self.sum(at + 1, pairs[at], now), pairs[at] + 1
            elif at < last and words[at] == "INTERVAL":
                read, end = self.interval(at, last, now)
            else:
                read, end = self.column(at, last, now)
            if not read or (end < last and words[end] not in ("+", "-")):
                return False
            at = end
        return True

    def interval(self, first: int, last: int, sign: int) -> tuple[bool, int]:
        end = first + 1
        if end < last and self.tokens.words[end] in ("+", "-"):
            end += 1
        while end < last and self.tokens.types[end] in ("word", "string", "number"):
            end += 1
        found = duration(self.tokens.text[self.tokens.starts[first] : self.tokens.ends[end - 1]])
        if found is None or found.months:
            return False, end
        self.micros += sign * found.micros
        return True, end

    def column(self, first: int, last: int, sign: int) -> tuple[bool, int]:
        for span, columns in self.refs.items():
            if first < last and span.start == self.tokens.starts[first] and len(columns) == 1 and sign == self.sign:
                end = first
                while end < last and self.tokens.ends[end] <= span.end:
                    end += 1
                self.times[columns[0]] = self.times.get(columns[0], 0) + sign
                return True, end
        return False, last
