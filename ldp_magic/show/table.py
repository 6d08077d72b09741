"""Aligned columns: two spaces between them, numbers to the right, what is too long cut in its middle, never wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ldp_magic.show.glyphs import wide
from ldp_magic.show.pen import Pen, Run

__all__ = ["Column", "table"]

LEAST = 8  # cells that a name keeps, however narrow it gets
PROSE = 24  # cells that a text keeps while there is still a name to cut


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, where it is aligned, and which part of a long text is given up."""

    head: str = ""
    align: Literal["left", "right"] = "left"
    cuts: Literal["middle", "front", "end", "never"] = "middle"


def table(columns: Sequence[Column], rows: Sequence[Sequence[Run]], pen: Pen, indent: str = "  ") -> list[str]:
    """The lines of a table; the heads are left out if no column has one."""
    heads = [tuple(Run(column.head, "bold") for column in columns)] if any(c.head for c in columns) else []
    everything = [*heads, *rows]
    widths = [max((wide(row[n].text) for row in everything), default=0) for n in range(len(columns))]
    _narrow(widths, columns, pen.width - len(indent))
    return [pen.line([Run(indent), *_row(row, columns, widths, pen)]) for row in everything]


def _narrow(widths: list[int], columns: Sequence[Column], room: int) -> None:
    """Cut what is prose first, then from the widest column that may be cut, until all fit."""
    soft = [n for n, column in enumerate(columns) if column.cuts != "never"]
    prose = [n for n in soft if columns[n].cuts == "end"]
    for some, least in ((prose, PROSE), (soft, LEAST)):
        while sum(widths) + 2 * (len(widths) - 1) > room:
            widest = max(some, key=lambda n: widths[n], default=-1)
            if widest < 0 or widths[widest] <= least:
                break
            widths[widest] -= 1


def _row(row: Sequence[Run], columns: Sequence[Column], widths: Sequence[int], pen: Pen) -> list[Run]:
    runs: list[Run] = []
    for n, (run, column, room) in enumerate(zip(row, columns, widths, strict=True)):
        text = _shortened(run.text, column, room, pen)
        space = " " * (room - wide(text))
        left, right = (space, "") if column.align == "right" else ("", space)
        runs += [Run("  " if n else ""), Run(left), Run(text, run.style), Run(right)]
    return runs


def _shortened(text: str, column: Column, room: int, pen: Pen) -> str:
    if column.cuts == "front":
        return pen.cut_front(text, room)
    if column.cuts == "end" and wide(text) > room:
        gap = pen.ours("…")
        return pen.cut(text, room) if room <= len(gap) else _front(text, room - wide(gap)) + gap
    return pen.cut(text, room)


def _front(text: str, room: int) -> str:
    while wide(text) > room:
        text = text[: max(room, 0)] if len(text) > room else text[:-1]
    return text
