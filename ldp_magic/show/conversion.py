"""What a conversion came to: a table of datasets with the reasons, the names of the files, and all of it as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from ldp_magic.author.convert.model import Conversion, Dataset, Left
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table

__all__ = ["as_json", "summary"]


def summary(conversion: Conversion, files: Sequence[str], pen: Pen) -> list[str]:
    """A headline, a row for each dataset, the notes, and the files that were written."""
    lines = [_headline(conversion, pen)]
    rows = [_row(dataset, pen) for dataset in conversion.datasets]
    if rows:
        lines += ["", *table([Column("dataset"), Column("kind", cuts="never"), Column("why", cuts="end")], rows, pen)]
    notes = [f"{pen.theirs(d.name)}: {pen.theirs(note)}" for d in conversion.datasets for note in d.notes]
    if notes:
        lines += ["", *(pen.hanging(f"  {pen.ours('·')} ", note) for note in notes)]
    if files:
        lines += ["", f"  {len(files)} file{'s' * (len(files) != 1)} written"]
    return lines


def _headline(conversion: Conversion, pen: Pen) -> str:
    new = sum(dataset.changed for dataset in conversion.datasets)
    same = len(conversion.datasets) - new
    parts = [f"{new} dataset{'s' * (new != 1)}"]
    parts += [f"{same} pipeline SQL already"] if same else []
    parts += [f"{len(conversion.left)} left as they were" if len(conversion.left) > 1 else "1 left as it was"] * bool(
        conversion.left
    )
    if not conversion.changed and conversion.datasets and not new:
        parts = ["nothing to convert", "it is pipeline SQL already"]
    return pen.line([Run("converted", "bold"), Run("  " + pen.ours(" · ").join(parts))])


def _row(dataset: Dataset, pen: Pen) -> list[Run]:
    return [Run(pen.theirs(dataset.name)), Run(dataset.kind), Run(pen.theirs(dataset.reason))]


def as_json(conversion: Conversion, text: str, files: Sequence[str]) -> dict[str, object]:
    """The contract of `ldp convert --json`."""
    return {
        "text": text,
        "datasets": [_dataset(dataset) for dataset in conversion.datasets],
        "left": [_left(one) for one in conversion.left],
        "files": list(files),
    }


def _dataset(dataset: Dataset) -> dict[str, object]:
    where = dataset.location
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "reason": dataset.reason,
        "notes": list(dataset.notes),
        "changed": dataset.changed,
        "path": where.source.name,
        "line": where.first.line,
        "text": dataset.text,
    }


def _left(one: Left) -> dict[str, object]:
    where = one.location
    said = {"what": one.words, "why": one.why, "fix": one.fix}
    return {**said, "path": where.source.name, "line": where.first.line, "text": one.text}
