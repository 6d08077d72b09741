"""A rehearsal for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ldp_magic.show.glyphs import wide
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.rehearsal.words import (
    MOST_NOTES,
    Said,
    cells,
    disturbed,
    examples,
    figures,
    heads,
    lessons,
    lines_of,
    marks,
    title,
)
from ldp_magic.show.table import Column, table
from ldp_magic.show.updates.signs import mark as sign
from ldp_magic.testing.rehearsal import Batch, Line, Rehearsal

_SPARED = ("state rows", "updated", "dropped", "watermark")  # left out one after the other where there is no room
_NARROW = 90  # cells below which a watermark is shown without the one before


def text(rehearsal: Rehearsal, pen: Pen) -> str:
    """The first line, a table for each batch, what they teach, and what has to be known beside that."""
    lines = [*_head(rehearsal, pen), *_marks(rehearsal, pen)]
    drawn = iter(_steps(rehearsal, pen))
    head = next(drawn)
    for n, batch in enumerate(rehearsal.batches):
        lines += ["", _batch(batch, pen), *([head] if not n else [])]
        lines += [next(drawn) for _ in lines_of(rehearsal, batch)]
        lines += _failure(batch, pen)
    said = [_said(each, pen) for each in lessons(rehearsal)]
    lines += ["", *said] if said else []
    lines += _examples(rehearsal, pen)
    notes = [pen.hanging("  ", pen.theirs(pen.ours(note))) for note in rehearsal.notes[:MOST_NOTES]]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def _head(rehearsal: Rehearsal, pen: Pen) -> list[str]:
    name = [Run("rehearsal of "), Run(pen.theirs(rehearsal.dataset or rehearsal.pipeline or "the pipeline"), "bold")]
    if rehearsal.kind:
        name += [Run("  "), pen.kind(rehearsal.kind), Run(f" {rehearsal.kind}" if pen.glyphs == "unicode" else "")]
    said = pen.ours(" · ".join(each for each in (figures(rehearsal), disturbed(rehearsal)) if each))
    if sum(wide(run.text) for run in name) + 2 + wide(said) <= pen.width:
        return [pen.line([*name, Run(f"  {said}")])]
    return [pen.line(name), pen.hanging("  ", said)]


def _marks(rehearsal: Rehearsal, pen: Pen) -> list[str]:
    lines: list[list[Run]] = []
    for each in marks(rehearsal):
        runs = [sign(each.state, pen), Run(f" {each.text}")]
        if lines and sum(wide(run.text) for run in (*lines[-1], *runs)) + 2 <= pen.width:
            lines[-1] += [Run("  "), *runs]
        else:
            lines.append(runs)
    return [pen.line(runs) for runs in lines]


def _batch(batch: Batch, pen: Pen) -> str:
    name = f"batch {batch.number}"
    line = pen.hanging(f"{name}  ", pen.ours(title(batch)))
    return pen.line([Run(name, "bold")]) + line[len(name) :]


def _steps(rehearsal: Rehearsal, pen: Pen) -> list[str]:
    """The lines of all batches as one table; where it is too wide, numbers that matter less are left out."""
    names = heads(rehearsal)
    while True:
        every = [line for batch in rehearsal.batches for line in lines_of(rehearsal, batch)]
        rows = [_row(line, names, pen) for line in every]
        drawn = _table(["step" if rehearsal.dataset else "flow", *names], rows, replace(pen, color=False))
        less = next((name for name in _SPARED if name in names), None)
        if less is None or max(map(wide, drawn)) <= pen.width:
            return _table(["step" if rehearsal.dataset else "flow", *names], rows, pen)
        names = [name for name in names if name != less]


def _table(names: Sequence[str], rows: Sequence[Sequence[Run]], pen: Pen) -> list[str]:
    """One table for all batches, so that its columns stand below each other."""
    columns = [Column(names[0], cuts="end")]
    columns += [Column(name, "left" if name == "watermark" else "right", "never") for name in names[1:]]
    return table(columns, rows, pen)


def _row(line: Line, names: Sequence[str], pen: Pen) -> list[Run]:
    subject = pen.theirs(pen.ours(line.subject))
    what = f"{pen.theirs(line.what)} {subject}" if subject else pen.theirs(line.what)
    return [
        Run(what),
        *(
            Run(pen.ours(cell), "bright black" if cell == "·" else "")
            for cell in cells(line, names, narrow=pen.width < _NARROW)
        ),
    ]


def _failure(batch: Batch, pen: Pen) -> Iterator[str]:
    if batch.failure is None:
        return
    what = f"{batch.at} failed: {batch.failure.what}" if batch.at else batch.failure.what
    yield _said(Said("error", what), pen)
    for word, said in (("why", batch.failure.why), ("fix", batch.failure.fix)):
        if said:
            yield pen.hanging(f"  {word}  ", pen.theirs(pen.ours(said)))


def _said(each: Said, pen: Pen) -> str:
    mark = sign(each.state, pen)
    line = pen.hanging(f"{mark.text} ", pen.theirs(pen.ours(each.text)))
    return pen.line([mark]) + line[wide(mark.text) :]


def _examples(rehearsal: Rehearsal, pen: Pen) -> list[str]:
    found = examples(rehearsal)
    if not found:
        return []
    columns = [Column("row"), Column("column"), Column("in steps", "right"), Column("at once", "right")]
    return ["", *table(columns, [[Run(pen.theirs(each)) for each in row] for row in found], pen)]
