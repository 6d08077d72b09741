"""The rows of a dataset or a query, computed from its sources; nothing is written."""

from __future__ import annotations

from typing import Any

from ldp_magic.engine.answer import Answer, Checked, Fidelity
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.engine.views import Scene, Views, true
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.sql.writing import quoted

LIMIT = 20


def preview(place: Place, scene: Scene, pipeline: Pipeline, dataset: Dataset, limit: int | None = LIMIT) -> Answer:
    """The first *limit* rows of a dataset, None for all, and what its expectations say of them."""
    with engine_at(place).session() as session:
        return session.call(lambda: _dataset(session, scene, pipeline, dataset, limit))


def query(place: Place, scene: Scene, pipeline: Pipeline, text: str, limit: int | None = LIMIT) -> Answer:
    """The rows of a query over the datasets of a pipeline."""
    with engine_at(place).session() as session:
        return session.call(lambda: _query(session, scene, pipeline, text, limit))


def _dataset(session: Session, scene: Scene, pipeline: Pipeline, dataset: Dataset, limit: int | None) -> Answer:
    views = Views(session, scene, whole=limit is None)
    try:
        views.upstream_first(pipeline, dataset)
        with views.making(dataset):
            text = views.rows(pipeline, dataset)
            if not dataset.expectations:
                columns, rows, total = _rows(session, text, limit)
                return _answer(views, dataset, columns, rows, total, None, ())
            expectations = views.expectations(pipeline, dataset)
            rows_of = f"{quoted(views.view(dataset.name, text))} AS {quoted(dataset.qualified[-1])}"
            read, left, checked = views.checked(expectations, rows_of)
            kept = [true(each.condition) for each in expectations if each.on_violation == "drop"]
            where = f" WHERE {' AND '.join(kept)}" if kept else ""
            columns, rows, _ = _rows(session, views.spoken(f"SELECT * FROM {rows_of}{where}"), limit, count=False)
            return _answer(views, dataset, columns, rows, left, read, checked)
    finally:
        views.close()


def _query(session: Session, scene: Scene, pipeline: Pipeline, text: str, limit: int | None) -> Answer:
    views = Views(session, scene, whole=limit is None)
    try:
        columns, rows, total = _rows(session, views.ready(text, pipeline), limit)
        return Answer("query", "query", columns, rows, total, fidelity=_fidelity(views), zone=session.engine.place.zone)
    finally:
        views.close()


def _rows(
    session: Session, text: str, limit: int | None, *, count: bool = True
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[Any, ...], ...], int | None]:
    """Columns and rows, and how many there are in all, if that is known or soon counted."""
    frame = session.spark.sql(text)
    columns = tuple((each.name, each.dataType.simpleString()) for each in frame.schema.fields)
    if limit is None:
        rows = tuple(tuple(row) for row in frame.collect())
        return columns, rows, len(rows)
    rows = tuple(tuple(row) for row in frame.limit(limit + 1).collect())
    total = len(rows) if len(rows) <= limit else None
    if total is None and count and session.embedded:
        total = frame.count()
    return columns, rows[:limit], total


def _answer(
    views: Views,
    dataset: Dataset,
    columns: tuple[tuple[str, str], ...],
    rows: tuple[tuple[Any, ...], ...],
    total: int | None,
    read: int | None,
    checked: tuple[Checked, ...],
) -> Answer:
    return Answer(
        dataset.name,
        dataset.kind,
        columns,
        rows,
        total,
        read,
        checked,
        _fidelity(views),
        views.session.engine.place.zone,
    )


def _fidelity(views: Views) -> Fidelity:
    seen = views.seen
    return Fidelity(
        str(views.session.engine.place),
        tuple(seen.labels),
        tuple(seen.samples),
        tuple(seen.stand_ins),
        tuple(seen.notes),
    )
