"""An update for a terminal: the block that is redrawn while it runs, and what is said at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ldp_magic.events import FlowState, Phase, Updated
from ldp_magic.events.words import duration
from ldp_magic.show.glyphs import KINDS, wide
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table
from ldp_magic.show.updates.signs import mark
from ldp_magic.show.updates.words import (
    Note,
    Problem,
    chosen,
    columns,
    figure_of,
    left,
    name_in,
    notes,
    numbers,
    problems,
    scope,
    span,
    took,
)

MOST_FLOWS, MOST_PROBLEMS = 50, 10
_NARROW = 90  # cells below which rates and kinds are left out
_MARGIN = 3  # between the time in the first line and the right edge
_LEAST_NAME, _BAR = 22, 24
_WIDTHS = {"read": 9, "written": 10, "dropped": 7, "rows/s": 7, "time": 6}


def text(update: Updated, pen: Pen) -> str:
    """The update with what has to be known about it, and why it failed."""
    lines = block(update, pen)
    said = [_note(note, pen) for note in notes(update)]
    lines += ["", *said] if said else []
    found = list(problems(update))
    for problem in found[:MOST_PROBLEMS]:
        lines += ["", *_problem(problem, pen)]
    more = len(found) - MOST_PROBLEMS
    lines += ["", pen.ours(f"… {more:,} more failed: ldp events --level error")] if more > 0 else []
    return "\n".join(lines)


def _note(note: Note, pen: Pen) -> str:
    sign = mark(note.state, pen)
    return _signed(sign, pen.hanging(f"{sign.text} ", pen.theirs(note.text)), pen)


def _signed(sign: Run, line: str, pen: Pen) -> str:
    """A line with its first sign in its colour."""
    return pen.line([sign]) + line[wide(sign.text) :]


def block(update: Updated, pen: Pen, *, now: datetime | None = None, most: int = MOST_FLOWS) -> list[str]:
    """State, phases and at most that many flows."""
    now = now or update.seen
    lines = [_head(update, pen, now), *_phases(update, pen)]
    if not update.flows:
        return [*lines, *(["", "  no flows"] if update.ended and not update.failure else [])]
    shown, rest = chosen(update.flows, most)
    lines += ["", *_table(update, shown, pen, now)]
    return [*lines, pen.ours(f"  {rest}")] if rest else lines


def _head(update: Updated, pen: Pen, now: datetime | None) -> str:
    time = took(update, now)
    word = Run(f" {update.word}  ", "bold" if update.word == "failed" else "")
    start = [mark(update.word, pen), word, Run(pen.theirs(update.name), "bold")]
    used = _width(start)
    said = pen.ours(" · ").join(map(pen.theirs, scope(update)))
    said = pen.cut(said, max(pen.width - _MARGIN - used - wide(time) - 4, 8))
    space = max(pen.width - _MARGIN - used - 2 - wide(said) - wide(time), 2)
    return pen.line([*start, Run(f"  {said}"), Run(" " * space + time)])


def _phases(update: Updated, pen: Pen) -> Iterator[str]:
    """`✓ initialize 0.31 s › ● run flows 3 of 6 done › ○ finish`"""
    between = Run(" › " if pen.glyphs == "unicode" else " -> ")
    parts = [_phase(phase, update, pen) for phase in update.phases]
    while sum(_width(part) + len(between.text) for part in parts) > pen.width + len(between.text) and len(parts) > 2:
        del parts[0]  # what was first is said by what follows
    if parts:
        yield pen.line([run for part in parts for run in (between, *part)][1:])


def _width(runs: Sequence[Run]) -> int:
    return sum(wide(run.text) for run in runs)


def _phase(phase: Phase, update: Updated, pen: Pen) -> list[Run]:
    figure = figure_of(phase, update)
    return [mark(phase.state, pen), Run(f" {phase.name}" + (f" {figure}" if figure else ""))]


def _table(update: Updated, flows: Sequence[FlowState], pen: Pen, now: datetime | None) -> list[str]:
    """Columns that keep their width while numbers grow; on a narrow terminal names give way."""
    wanted = [each for each in columns(update) if each != "rows/s" or pen.width >= _NARROW]
    kinds = pen.width >= _NARROW
    cells = [numbers(flow, now) for flow in flows]
    widths = {each: max([_WIDTHS[each], *(wide(row[each] or "") for row in cells)]) for each in wanted}
    kind = max([4, *(wide(_kind(flow, pen).text) for flow in flows)]) if kinds else -2
    state = max([9, *(wide(flow.word) for flow in flows)])
    room = pen.width - 2 - state - 2 - kind - 2 - sum(width + 2 for width in widths.values())
    names = [pen.cut(pen.theirs(name_in(flow, update)), max(room, 8)) for flow in flows]
    name = max([min(_LEAST_NAME, max(room, 8)), *map(wide, names)])
    heads = [Column("state".ljust(state), cuts="never"), Column("flow".ljust(name), cuts="never")]
    heads += [Column("kind".ljust(kind), cuts="never")] if kinds else []
    heads += [Column(each.rjust(widths[each]), "right", "never") for each in wanted]
    nothing = "·" if pen.glyphs == "unicode" else "."
    more, extra = _when(update, flows, pen, now, room - name)
    heads += more
    rows = []
    for flow, row, called, when in zip(flows, cells, names, extra, strict=True):
        line = [Run(flow.word), Run(called), *([_kind(flow, pen)] if kinds else [])]
        rows.append([*line, *(Run(row[each] or nothing) for each in wanted), *when])
    head, *lines = table(heads, rows, pen, indent="")
    return [
        f"  {head}",
        *(_signed(mark(flow.word, pen), f"  {line}", pen) for flow, line in zip(flows, lines, strict=True)),
    ]


def _when(
    update: Updated, flows: Sequence[FlowState], pen: Pen, now: datetime | None, room: int
) -> tuple[list[Column], list[list[Run]]]:
    """Where there is room: a bar for the time in which each flow ran, and how long those that run still need."""
    heads: list[Column] = []
    cells: list[list[Run]] = [[] for _ in flows]
    rest = [left(flow, now) for flow in flows]
    need = max(map(wide, rest)) + 2 if any(rest) else 0
    whole = update.elapsed(now)
    if whole and room >= _BAR + 2 + need:
        heads.append(Column(f"0 to {duration(whole)}".ljust(_BAR), cuts="never"))
        cells = [[Run(_bar(flow, update, pen, now))] for flow in flows]
        room -= _BAR + 2
    if need and room >= need:
        heads.append(Column(cuts="never"))
        cells = [[*cell, Run(words)] for cell, words in zip(cells, rest, strict=True)]
    return heads, cells


def _bar(flow: FlowState, update: Updated, pen: Pen, now: datetime | None) -> str:
    track, full = ("·", "█") if pen.glyphs == "unicode" else (".", "#")
    begins, long = span(flow, update, now, _BAR) or (0, 0)
    return track * begins + full * long + track * (_BAR - begins - long)


def _kind(flow: FlowState, pen: Pen) -> Run:
    return pen.kind(flow.kind) if flow.kind in KINDS else Run("·" if pen.glyphs == "unicode" else ".")


def _problem(problem: Problem, pen: Pen) -> Iterator[str]:
    sign = mark("failed", pen)
    lines = pen.hanging(f"{sign.text} ", pen.theirs(problem.what)).split("\n")
    yield pen.line([sign, Run(" "), Run(lines[0][2:], "bold")])
    yield from (pen.line([Run(line, "bold")]) for line in lines[1:])
    for word, said in problem.said:
        head = f"  {word:<4}  " if len(word) < 5 else f"  {word} "
        if word in ("at", "see", "fix"):
            yield head + pen.theirs(said)  # what may be copied is never broken
        else:
            yield pen.hanging(head, pen.theirs(said))
