"""Changes to a text, in groups that are made together or not at all."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias


class Change(NamedTuple):
    """Put *text* where the characters from *start* to *end* are."""

    start: int
    end: int
    text: str


Group: TypeAlias = list[Change]


def applied(text: str, groups: Iterable[Group]) -> str:
    """*text* with as many groups as fit beside each other, later places first; what does not fit has its turn in the
    next round."""
    taken: list[Change] = []
    for group in sorted(groups, key=lambda g: -min(c.start for c in g)):
        if all(_fits(change, taken) for change in group):
            for change in group:
                insort(taken, change, key=_place)
    pieces, done = [], 0
    for start, end, new in taken:
        pieces += [text[done:start], new]
        done = end
    return "".join([*pieces, text[done:]])


def _place(change: Change) -> tuple[int, int]:
    return change.start, change.end


def _fits(change: Change, taken: list[Change]) -> bool:
    """Is the place free? Two insertions at one place are in each other's way too."""
    at = bisect_left(taken, _place(change), key=_place)
    before, after = taken[at - 1 : at], taken[at : at + 1]
    free_before = not before or (before[0].end <= change.start and before[0].start < change.start)
    return free_before and (not after or (change.end <= after[0].start and change.start < after[0].start))
