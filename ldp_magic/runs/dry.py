"""What an update would do, without doing it: every query is understood by the engine, and no row is written."""

from __future__ import annotations

from dataclasses import dataclass

from ldp_magic.engine.failures import failure
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.engine.views import Scene, Views
from ldp_magic.errors import LdpError
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline
from ldp_magic.runs.chosen import Asked, chosen
from ldp_magic.runs.modes import WORDS, way_of
from ldp_magic.runs.tables import Left, Tables
from ldp_magic.runs.unchanged import fingerprint, idle
from ldp_magic.runs.update import Stage, flows_of


@dataclass(frozen=True, slots=True)
class Ahead:
    """One flow: how its rows would be got, or why it would fail."""

    flow: str
    dataset: str
    kind: str
    how: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    unchanged: bool = False  # nothing new is there to read
    anew: bool = False
    error: LdpError | None = None


def dry_run(stage: Stage, asked: Asked) -> tuple[Ahead, ...]:
    """The flows of an update in their order."""
    choice = chosen(stage.pipeline, asked)
    tables = Tables(stage.lake)
    with engine_at(stage.place).session() as session:
        scene = Scene(stage.scene.pipelines, stage.scene.members, stage.scene.settings, Left(stage.lake))
        views = Views(session, scene, whole=False)
        try:
            return session.call(
                lambda: tuple(
                    _ahead(stage, tables, views, session, dataset, name, flow, anew=dataset.name in choice.anew)
                    for dataset in choice.datasets
                    for name, flow in flows_of(dataset)
                )
            )
        finally:
            views.close()


def _ahead(
    stage: Stage,
    tables: Tables,
    views: Views,
    session: Session,
    dataset: Dataset,
    name: str,
    flow: Flow | None,
    *,
    anew: bool,
) -> Ahead:
    try:
        how = WORDS[way_of(stage.pipeline, dataset, flow).mode]
        with views.making(dataset):
            frame = session.spark.sql(views.rows(stage.pipeline, dataset))
            columns = tuple((each.name, each.dataType.simpleString()) for each in frame.schema.fields)
    except Exception as error:
        said = failure(error, stage.place)
        if not isinstance(said, LdpError):
            raise
        return Ahead(name, dataset.name, dataset.kind, error=said)
    unchanged = not anew and _unchanged(stage, tables, stage.pipeline, dataset, name, flow)
    return Ahead(name, dataset.name, dataset.kind, how, columns, unchanged, anew)


def _unchanged(
    stage: Stage, tables: Tables, pipeline: Pipeline, dataset: Dataset, name: str, flow: Flow | None
) -> bool:
    if flow is not None:
        return idle(stage.scene, tables, pipeline, dataset, flow)
    mark = fingerprint(stage.scene, stage.place.zone, tables, pipeline, dataset)
    glance = tables.glance(dataset)
    batch = glance.flows.get(name) if glance else None
    return mark is not None and batch is not None and batch.offsets.get("print") == mark.whole
