"""How many groups are still open after the last step: those that would come out if time went on without any new row."""

from __future__ import annotations

from contextlib import ExitStack

from ldp_magic.engine.queries import filled
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.engine.views import true
from ldp_magic.pipeline.model import Dataset, Flow
from ldp_magic.runs.inputs import Scripts
from ldp_magic.runs.modes import way_of
from ldp_magic.runs.stateful.asked import asked
from ldp_magic.runs.stateful.grouped import Grouped
from ldp_magic.runs.stateful.kept import kept
from ldp_magic.runs.stateful.watermarks import watermark
from ldp_magic.runs.stateful.windows import Session as SessionWindow
from ldp_magic.runs.tables import Tables
from ldp_magic.runs.turn import FlowTurn
from ldp_magic.runs.update import Stage
from ldp_magic.sql.writing import quoted

_LATEST = 253_402_300_799_000_000  # the end of the year 9999, in microseconds


def open_groups(stage: Stage, dataset: Dataset) -> int:
    """The rows that the groups of a dataset still owe, without those that its expectations would drop."""
    with engine_at(stage.place).session() as session:
        return session.call(lambda: sum(_open(session, stage, dataset, flow) for flow in dataset.flows))


def _open(session: Session, stage: Stage, dataset: Dataset, flow: Flow) -> int:
    way = way_of(stage.pipeline, dataset, flow)
    if way.mode != "stateful":
        return 0
    with ExitStack() as stack:
        tables, scripts = Tables(stage.lake), Scripts(stack)
        turn = FlowTurn(session, stage.scene, tables, scripts, stage.pipeline, dataset, flow)
        stack.callback(turn.close)
        return _counted(session, turn, dataset, _ended(turn, flow, way.text))


def _ended(turn: FlowTurn, flow: Flow, text: str) -> str:
    """A query for what would come out if all windows ended now."""
    query = filled(text, turn.pipeline.parameters)
    known = {id(read.relation): read for read in flow.reads}
    names = [turn.views._relation(turn.pipeline, here, known.get(id(said))) for here, said in query.relations]
    grouped = Grouped(turn, asked(turn, query.facts, names))
    keys = grouped.session_keys if isinstance(grouped.how, SessionWindow) else []
    named = [f"__ldp_key{n}" for n in range(len(keys))]
    rows = grouped.rows([f"{key} AS {name}" for key, name in zip(keys, named, strict=True)])
    columns = [each.name for each in grouped.columns]
    return grouped.over(kept(turn, grouped.how, rows, columns, named, watermark(turn), _LATEST).ready)


def _counted(session: Session, turn: FlowTurn, dataset: Dataset, text: str) -> int:
    view = quoted(turn.views.view("still open", turn.views.typed(text, turn.pipeline, dataset)))
    expectations = turn.views.expectations(turn.pipeline, dataset)
    kept_ones = [true(each.condition) for each in expectations if each.on_violation == "drop"]
    where = f" WHERE {' AND '.join(kept_ones)}" if kept_ones else ""
    rows = f"{view} AS {quoted(dataset.qualified[-1])}"
    (found,) = session.spark.sql(turn.views.spoken(f"SELECT count(*) AS n FROM {rows}{where}")).collect()
    return int(found[0])
