"""The rows that expectations have left out of a table, newest first, with the names of what each of them broke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import groupby
from typing import Any

from ldp_magic.engine.answer import Answer, Fidelity
from ldp_magic.engine.session import Session
from ldp_magic.engine.views import Scene, Views
from ldp_magic.lake import Columns, Table
from ldp_magic.pipeline.model import ColumnType, Dataset
from ldp_magic.runs.broken import columns_in, over
from ldp_magic.runs.checks import FLAG
from ldp_magic.runs.outcome import checks_of
from ldp_magic.sql.writing import quoted

BY, AT = "_dropped_by", "_dropped_at"
TOGETHER = 50  # commits that one query reads


@dataclass(frozen=True, slots=True)
class Pile:
    """Files of one commit, whose rows have the same columns and were checked by the same expectations."""

    moment: float
    names: tuple[str, ...]
    drops: tuple[int, ...]  # which of the expectations leave rows out
    columns: Columns
    paths: tuple[str, ...]


def left_out(session: Session, scene: Scene, dataset: Dataset, table: Table, limit: int | None) -> Answer:
    """The rows as an answer with two columns of ours in front; to be called inside `session.call`."""
    total = sum(file.rows or 0 for each in table.quarantine() for file in each.files)
    rows: list[tuple[Any, ...]] = []
    views = Views(session, scene, whole=True)
    try:
        every = list(_piles(table)) if limit != 0 else []
        columns = _columns([pile.columns for pile in every] or [table.columns])
        for _, group in groupby(enumerate(every), key=lambda pair: (pair[0] // TOGETHER, pair[1].names)):
            piles = [pile for _, pile in group]
            rows += _rows(views, dataset, piles, columns, None if limit is None else limit - len(rows))
            if limit is not None and len(rows) >= limit:
                break
    finally:
        views.close()
    head = ((BY, "array<string>"), (AT, "timestamp"))
    notes = () if total else (f"no row of {dataset.name} is in quarantine",)
    fidelity = Fidelity(notes=notes)
    zone = session.engine.place.zone
    return Answer(
        dataset.name, dataset.kind, (*head, *columns.items()), tuple(rows), total, fidelity=fidelity, zone=zone
    )


def _piles(table: Table) -> Iterator[Pile]:
    metrics = {version: checks_of(found) for version, _, found in table.metrics()}
    for each in table.quarantine():
        checks = metrics.get(each.version, ())
        drops = tuple(n for n, check in enumerate(checks) if check.action == "drop")
        for columns, paths in columns_in(each.files, drops).items():
            yield Pile(each.moment, tuple(check.name for check in checks), drops, columns, tuple(paths))


def _columns(every: Sequence[Columns]) -> dict[str, str]:
    """All columns with their types; one that had several types is a text."""
    found: dict[str, str] = {}
    for each in (column for columns in every for column in columns):
        same = found.setdefault(each.name, each.type) == each.type
        found[each.name] = each.type if same else "string"
    return found


def _rows(
    views: Views, dataset: Dataset, piles: Sequence[Pile], columns: dict[str, str], limit: int | None
) -> Iterator[tuple[Any, ...]]:
    queries = []
    for n, pile in enumerate(piles):
        view = over(views, f"dropped {dataset.name}", pile.columns, pile.paths, pile.drops)
        have = {each.name: each for each in pile.columns}
        items = [_item(have.get(name), name, type_) for name, type_ in columns.items()]
        flags = [f"{FLAG}{number}" for number in pile.drops]
        queries.append(f"SELECT {n} AS __pile, {', '.join([*flags, *items])} FROM {view}")
    text = f"SELECT * FROM ({' UNION ALL '.join(queries)}) AS every ORDER BY __pile"
    frame = views.session.spark.sql(views.spoken(text))
    for row in map(tuple, (frame if limit is None else frame.limit(limit)).collect()):
        pile = piles[row[0]]
        many = len(pile.drops)
        broken = [pile.names[n] for n, kept in zip(pile.drops, row[1 : 1 + many], strict=True) if not kept]
        yield (broken, datetime.fromtimestamp(pile.moment, timezone.utc), *row[1 + many :])


def _item(have: ColumnType | None, name: str, type_: str) -> str:
    text = "NULL" if have is None else quoted(name)
    return f"{text if have and have.type == type_ else f'CAST({text} AS {type_})'} AS {quoted(name)}"
