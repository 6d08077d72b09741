"""The rows that came out in steps beside those of the same query over all rows at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ldp_magic.engine.answer import Answer
from ldp_magic.engine.preview import preview, query
from ldp_magic.errors import LdpError
from ldp_magic.pipeline.model import Dataset
from ldp_magic.runs.tables import Left, name_of
from ldp_magic.runs.update import Stage
from ldp_magic.sql.writing import quoted
from ldp_magic.testing.rehearsal.closing import open_groups
from ldp_magic.testing.rehearsal.model import Compared, Other

EXAMPLES = 3
MOST = 500_000  # rows of a table that are looked at one by one
_DIGITS = 9  # of numbers with a point: sums in another order differ behind that


def compared(stage: Stage, dataset: Dataset, said: Compared) -> Compared:
    """What the lake holds of a dataset, and what it would hold if everything had come at once."""
    table = stage.lake.look(name_of(dataset))
    if not table.exists:
        return replace(said, why="it has no table, as its flow has not run")
    if sum(file.rows or 0 for file in table.files) > MOST:
        return replace(said, why=f"it has more than {MOST:,} rows")
    left = replace(stage.scene, tables=Left(stage.lake))
    name = ".".join(map(quoted, dataset.qualified))
    try:
        here = query(stage.place, left, stage.pipeline, f"SELECT * FROM {name}", None)
        owed = open_groups(stage, dataset) if said.remembers == "aggregate" and said.state else 0
        said = replace(said, rows=len(here.rows), open=owed)
        return differences(said, here, preview(stage.place, stage.scene, stage.pipeline, dataset, None))
    except LdpError as error:
        return replace(said, why=error.what)


def differences(said: Compared, here: Answer, there: Answer) -> Compared:
    """Equal rows, rows that are the same by their key, and the rest."""
    names = [name for name, _ in here.columns]
    ours, theirs = _shown(here, names), _shown(there, names)
    same = Counter(ours) & Counter(theirs)
    lone, whole = list((Counter(ours) - same).elements()), list((Counter(theirs) - same).elements())
    said = replace(said, rows=len(ours), whole=len(theirs), same=same.total())
    width = _key(ours, theirs) if lone and whole else 0
    if not width:
        examples = [Other(key=_named(names, row)) for row in sorted(lone)[:EXAMPLES]]
        return replace(said, missing=len(whole), extra=len(lone), examples=tuple(examples))
    mine = {row[:width]: row for row in lone}
    pairs = [(mine[row[:width]], row) for row in sorted(whole) if row[:width] in mine]
    return replace(
        said,
        keys=tuple(names[:width]),
        other=len(pairs),
        missing=len(whole) - len(pairs),
        extra=len(lone) - len(pairs),
        examples=tuple(_pair(names, width, *pair) for pair in pairs[:EXAMPLES]),
    )


def _pair(names: Sequence[str], width: int, ours: tuple[str, ...], theirs: tuple[str, ...]) -> Other:
    differs = [(name, a, b) for name, a, b in zip(names, ours, theirs, strict=True) if a != b]
    return Other(key=_named(names[:width], ours), differs=tuple(differs))


def _named(names: Sequence[str], row: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(names, row, strict=False))


def _key(ours: Sequence[tuple[str, ...]], theirs: Sequence[tuple[str, ...]]) -> int:
    """How many columns from the first on tell every row from the others, on both sides; 0 if nothing but all do."""
    most = len(ours[0]) if ours else 0
    for width in range(1, most):
        if all(len({row[:width] for row in rows}) == len(rows) for rows in (ours, theirs)):
            return width
    return 0


def _shown(answer: Answer, names: Sequence[str]) -> list[tuple[str, ...]]:
    place = {name.lower(): n for n, (name, _) in enumerate(answer.columns)}
    at = [place.get(name.lower()) for name in names]
    return [tuple("NULL" if n is None else _text(row[n]) for n in at) for row in answer.rows]


def _text(value: Any) -> str:
    """A value as text, the same for equal values."""
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(sorted(f"{_text(key)}: {_text(each)}" for key, each in value.items())) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_text, value)) + "]"
    return str(value)
