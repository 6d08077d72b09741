"""How a flow gets its rows: what its statement asks for decides, never the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.queries import changes_with_values, filled
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline, Read
from ldp_magic.runs import incremental
from ldp_magic.runs.checks import on_the_way
from ldp_magic.runs.inlined import inlined
from ldp_magic.runs.turn import FlowTurn
from ldp_magic.runs.work import Work
from ldp_magic.sql.facts import Facts
from ldp_magic.sql.model import AutoCdc, Query
from ldp_magic.sql.writing import quoted

ELSE = "make it a materialized view, or split it"
ONCE = "once"  # what stands among the sources of a flow that has run once

# view      computed anew, in the place of what was there
# once      rows of a batch query, the first time only
# append    each new row by itself
# stateful  windows, groups or distinct rows, written when the watermark has passed them
# joined    two streams
# complete  groups without a watermark: computed anew from all rows
# changes   AUTO CDC; snapshot: the same from whole snapshots
# code      DataFrame code over streams
Mode: TypeAlias = Literal[
    "view", "once", "append", "stateful", "joined", "complete", "changes", "snapshot", "code"
]  # fmt: skip


class AllRows(Exception):
    """DataFrame code turns out to need all rows, not only the new ones."""


WORDS: dict[Mode, str] = {
    "view": "computed anew",
    "once": "a batch query, once",
    "append": "each new row",
    "stateful": "behind a watermark",
    "joined": "two streams joined",
    "complete": "anew: no watermark",
    "changes": "changes by key",
    "snapshot": "snapshots compared",
    "code": "DataFrame code",
}


@dataclass(frozen=True, slots=True)
class Way:
    """The mode of a flow, and its query as it is looked at."""

    mode: Mode
    text: str = ""


def way_of(pipeline: Pipeline, dataset: Dataset, flow: Flow | None) -> Way:
    """How the rows of a flow, or of a materialized view, are got."""
    if flow is None:
        return Way("view")
    definition = flow.definition
    if definition.cdc is not None:
        return Way("snapshot" if definition.cdc.from_snapshot else "changes")
    if definition.replace_where or definition.replace_using:
        raise EngineError(
            f"the flow {flow.name} replaces rows of {flow.target}, which is not run here",
            why="REPLACE WHERE and REPLACE USING are in beta, and what they do at their edges is not documented",
            fix="run it on Databricks, or write it as AUTO CDC",
        )
    if dataset.kind == "materialized view":
        return Way("view")
    if definition.once:
        return Way("once")
    if not isinstance(definition.body, Query):
        return Way("code")
    from ldp_magic.runs.stateful import kind_of

    text = inlined(definition.body.text, pipeline)
    kind = kind_of(filled(text, pipeline.parameters).facts)
    if kind == "complete":
        _check_target(pipeline, flow)
        return Way("complete")
    if kind in ("aggregate", "deduplicate"):
        return Way("stateful", text)
    if kind == "join":
        return Way("joined", text)
    if kind == "stateless":
        return Way("append")
    raise EngineError(f"{flow.name} cannot run as a stream: {kind}", why="Spark does not run it either", fix=ELSE)


def _check_target(pipeline: Pipeline, flow: Flow) -> None:
    if pipeline.target != "databricks":
        raise EngineError(
            f"{flow.name} groups a stream without a watermark",
            why=f"{pipeline.target} cannot tell when a group is complete, so it refuses the query",
            fix="add WATERMARK column DELAY OF INTERVAL 1 HOUR behind the source, or make it a materialized view",
        )


def work_of(turn: FlowTurn, way: Way, query: str | None = None) -> Work | None:
    """What a turn of the flow is to leave; None if there is nothing to do. *query* is a mark of what a view asks."""
    views, pipeline, dataset, flow = turn.views, turn.pipeline, turn.dataset, turn.flow
    if way.mode == "view":
        memory = {"query": query} if query else {}
        merged = incremental.work(turn, query) if query else None
        return merged or Work(rows=views.rows(pipeline, dataset), replaces=True, memory=memory)
    assert flow is not None
    _check_kind(turn)
    if way.mode == "once":
        if views.before.offsets.get("sources", {}).get(ONCE):
            return None
        views.read.offsets[ONCE] = True
        return Work(rows=views.body(pipeline, dataset, flow))
    if way.mode in ("changes", "snapshot"):
        return _changes(turn, flow, way)
    if way.mode in ("stateful", "joined"):
        return _stateful(turn, flow, way)
    if way.mode == "code":
        return _code(turn, flow)
    rows = views.body(pipeline, dataset, flow)
    if not views.read.news and not turn.began_anew:
        return None
    return Work(rows=rows, replaces=way.mode == "complete")


def _check_kind(turn: FlowTurn) -> None:
    """Rows that a view has left are no rows of a stream, which would add the same ones to them."""
    if any(batch.offsets.get("kind") == "materialized view" for batch in turn.table.flows.values()):
        raise EngineError(
            f"{turn.dataset.name} was a materialized view and is a {turn.dataset.kind} now",
            why="its rows are those of the view, and nobody can tell which of them the flow would add again",
            fix=f"ldp run --full-refresh {turn.dataset.name}, or give it another name",
        )


def _code(turn: FlowTurn, flow: Flow) -> Work | None:
    from ldp_magic.runs.stateful import kind_of_frame, stateful_frame

    frame = turn.views.frame(turn.pipeline, turn.dataset, flow)
    if not turn.views.read.news and not turn.began_anew:
        return None
    kind = kind_of_frame(turn, frame)
    if kind == "complete":
        _check_target(turn.pipeline, flow)
        raise AllRows
    if kind in ("aggregate", "deduplicate"):
        return stateful_frame(turn, frame)
    if kind == "join":
        raise EngineError(
            f"{flow.name} joins two streams in DataFrame code, which is not run here",
            why="which rows have to be kept is told from SQL only",
            fix="write the query in SQL, or join a stream with a table that is read whole",
        )
    if kind != "stateless":
        raise EngineError(f"{flow.name} cannot run as a stream: {kind}", why="Spark does not run it either", fix=ELSE)
    return Work(rows=f"SELECT * FROM {quoted(turn.views.view(f'{flow.name} code', frame))}")


def _stateful(turn: FlowTurn, flow: Flow, way: Way) -> Work | None:
    facts, names = _asked(turn, way.text, flow.reads)
    if not turn.views.read.news and not turn.began_anew:
        return None
    if way.mode == "joined":
        from ldp_magic.runs.stateful.joins import joined

        return joined(turn, facts, names)
    from ldp_magic.runs.stateful import stateful

    return stateful(turn, facts, names)


def _asked(turn: FlowTurn, text: str, reads: tuple[Read, ...]) -> tuple[Facts, list[str | None]]:
    """The facts of a query, and the views of what it reads."""
    query = filled(text, turn.pipeline.parameters)
    known = {id(read.relation): read for read in reads}
    turn.views.metadata = "_metadata" in query.facts.text
    names = [turn.views.relation(turn.pipeline, here, known.get(id(said))) for here, said in query.relations]
    turn.views.metadata = False
    return query.facts, names


def _changes(turn: FlowTurn, flow: Flow, way: Way) -> Work | None:
    from ldp_magic.runs import changes

    assert flow.definition.cdc is not None
    cdc, views = changes_with_values(flow.definition.cdc, turn.pipeline.parameters), turn.views
    if way.mode == "snapshot":
        return _snapshot(turn, flow, cdc)
    if flow.definition.once and views.before.offsets.get("sources", {}).get(ONCE):
        return None
    events = _events(turn, flow, cdc)
    if flow.definition.once:
        views.read.offsets[ONCE] = True
    elif not views.read.news and not turn.began_anew:
        return None
    checked = on_the_way(turn, events)
    work = changes.changes(turn, cdc, checked.rows, turn.old())
    return replace(work, left_out=checked.left_out, checks=checked.checks) if work else None


def _snapshot(turn: FlowTurn, flow: Flow, cdc: AutoCdc) -> Work | None:
    from ldp_magic.runs import changes

    source = None
    if flow.definition.language == "python":
        source = turn.views.code(turn.pipeline).snapshots(turn.dataset)
    if source is None:
        work = changes.snapshot(turn, cdc, _events(turn, flow, cdc), None, turn.old())
        same = work is not None and not any(work.numbers.values()) and not turn.began_anew
        return None if same else work
    found = source(changes.last_version(turn))
    if found is None:
        return None
    frame, version = found
    turn.views.read.more = True
    rows = quoted(turn.views.view(f"{flow.name} snapshot", frame))
    return changes.snapshot(turn, cdc, rows, version, turn.old())


def _events(turn: FlowTurn, flow: Flow, cdc: AutoCdc) -> str:
    """A quoted view over the change rows."""
    if isinstance(cdc.source, Query):
        text = turn.views.ready(cdc.source.text, turn.pipeline, flow.reads)
    else:
        names = [turn.views.relation(turn.pipeline, read.relation, read) for read in flow.reads]
        text = f"SELECT * FROM {names[0]}"
    return quoted(turn.views.view(f"{flow.name} events", text))
