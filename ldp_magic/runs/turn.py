"""One turn of one flow: what it was left with, what it reads, and where it keeps rows meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from ldp_magic.engine.session import Session
from ldp_magic.engine.views import Scene
from ldp_magic.lake import Batch, Table
from ldp_magic.lake.batch import Json
from ldp_magic.pipeline.model import ColumnType, Dataset, Flow, Pipeline
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
        self.before: Batch = self.table.flow(self.name)
        self.views = Inputs(session, scene, tables, self.before, scripts, anew=anew)

    @cached_property
    def state(self) -> Mapping[str, str]:
        """By name, a quoted view over the state rows that the last turn left."""
        columns = self.before.offsets.get("state", {})
        kept = self.table.state(self.name)
        return {
            name: self.views.over(f"state {name}", _columns(columns[name]), kept.get(ROWS + name, ()))
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
        """A quoted view over the rows that the table has."""
        if not self.table.exists:
            return None
        return self.views.shown(f"old {self.dataset.name}", self.table.columns, self.table.files)

    def kept(self, name: str, text: str) -> str:
        """Run a query once and keep its rows for this turn; a quoted view over them."""
        path = str(self.views.scratch / f"{len(self.views.made)}-{len(self.views._names)}.parquet")
        frame = self.session.spark.sql(text)
        frame.write.parquet(path)
        schema = frame.schema
        return quoted(self.views.view(name, self.session.spark.read.schema(schema).parquet(path)))

    def close(self) -> None:
        self.views.close()


def _columns(said: Json) -> tuple[ColumnType, ...]:
    return tuple(ColumnType(name=name, type=type_) for name, type_ in said)
