"""A rehearsal for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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

_NARROW = 90  # cells below which a watermark is shown without the one before


def text(rehearsal: Rehearsal, pen: Pen) -> str:
    """The first line, a table for each batch, what they teach, and what has to be known beside that."""
    lines = [_head(rehearsal, pen), *_marks(rehearsal, pen)]
    names = heads(rehearsal)
    rows = [_row(line, names, pen) for batch in rehearsal.batches for line in lines_of(rehearsal, batch)]
    drawn = iter(_table(["step" if rehearsal.dataset else "flow", *names], rows, pen))
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


def _head(rehearsal: Rehearsal, pen: Pen) -> str:
    runs = [Run("rehearsal of "), Run(pen.theirs(rehearsal.dataset or rehearsal.pipeline or "the pipeline"), "bold")]
    if rehearsal.kind:
        runs += [Run("  "), pen.kind(rehearsal.kind), Run(f" {rehearsal.kind}" if pen.glyphs == "unicode" else "")]
    runs.append(Run("  " + pen.ours(figures(rehearsal))))
    how = disturbed(rehearsal)
    return pen.line([*runs, Run(pen.ours(f" · {how}") if how else "")])


def _marks(rehearsal: Rehearsal, pen: Pen) -> list[str]:
    runs: list[Run] = []
    for each in marks(rehearsal):
        runs += [*([Run("  ")] if runs else []), sign(each.state, pen), Run(f" {each.text}")]
    return [pen.line(runs)] if runs else []


def _batch(batch: Batch, pen: Pen) -> str:
    return pen.line([Run(f"batch {batch.number}", "bold"), Run(f"  {pen.ours(title(batch))}")])


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
