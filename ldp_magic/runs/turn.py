"""One turn of one flow: what it was left with, what it reads, and where it keeps rows meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from ldp_magic.engine.session import Session
from ldp_magic.engine.views import Scene
from ldp_magic.lake import Batch, Table
from ldp_magic.lake.batch import Json
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline
from ldp_magic.runs.inputs import Inputs, Scripts
from ldp_magic.runs.tables import Tables
from ldp_magic.sql.writing import quoted

ROWS = "rows "  # what the names of a mode's state begin with, beside the lists of files


class FlowTurn:
    """A flow without a `flow` is the query of a materialized view."""

    def __init__(
        self,
        session: Session,
        scene: Scene,
        tables: Tables,
        scripts: Scripts,
        pipeline: Pipeline,
        dataset: Dataset,
        flow: Flow | None,
        *,
        anew: bool = False,
    ) -> None:
        self.session, self.tables, self.pipeline, self.dataset, self.flow = session, tables, pipeline, dataset, flow
        self.name = flow.name if flow else dataset.name
        self.table: Table = tables.look(dataset)
        name, self.own = batch_of(dataset, flow)
        self.before: Batch = self.table.flow(name)
        self.views = Inputs(session, scene, tables, _of_flow(self.before, self.own), scripts, anew=anew)

    @cached_property
    def state(self) -> Mapping[str, str]:
        """By name, a quoted view over the state rows that the last turn left."""
        columns = self.before.offsets.get("state", {})
        kept = self.table.state(self.before.flow)
        return {
            name: self.views.over(
                f"state {name}", [(each, type_) for each, type_ in columns[name]], kept.get(ROWS + name, ())
            )
            for name in columns
        }

    @property
    def memory(self) -> Mapping[str, Json]:
        """The memory that the last turn left."""
        found: Mapping[str, Json] = self.before.offsets.get("memory", {})
        return found

    @property
    def began_anew(self) -> bool:
        """Has no turn of this flow left anything yet?"""
        return not self.before.offsets

    def old(self) -> str | None:
        """A quoted view over the rows that the table has; None if there are none."""
        if not self.table.files:
            return None
        return self.views.shown(f"old {self.dataset.name}", self.table.columns, self.table.files)

    def kept(self, name: str, text: str) -> str:
        """Run a query once and keep its rows for this turn; a quoted view over them."""
        path = str(self.views.scratch / f"{uuid.uuid4().hex}.parquet")
        frame = self.session.spark.sql(text)
        frame.write.parquet(path)
        schema = frame.schema
        return quoted(self.views.view(name, self.session.spark.read.schema(schema).parquet(path)))

    def close(self) -> None:
        self.views.close()


def batch_of(dataset: Dataset, flow: Flow | None) -> tuple[str, str]:
    """Under which name the lake keeps how far a flow has come, and what the names of its sources begin with there. All
    AUTO CDC flows into a table share one batch, as what they remember is the table's."""
    if flow is None:
        return dataset.name, ""
    return (dataset.name, f"flow {flow.name} ") if flow.definition.cdc is not None else (flow.name, "")


def _of_flow(batch: Batch, own: str) -> Batch:
    """The batch as its flow alone sees it."""
    if not own:
        return batch
    sources = batch.offsets.get("sources", {})
    mine = {name.removeprefix(own): position for name, position in sources.items() if name.startswith(own)}
    state = {name.removeprefix(own): paths for name, paths in batch.state.items() if name.startswith(own)}
    return replace(batch, offsets={**batch.offsets, "sources": mine}, state=state)
