"""From the work of a turn to one commit: rows in the columns of the table, their expectations, and the state."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ldp_magic.engine.answer import Checked
from ldp_magic.lake import Batch, Columns, DataFile, Table, columns_of
from ldp_magic.lake.batch import Files, Json
from ldp_magic.lake.seen import added
from ldp_magic.runs.checks import FLAG, KEEP, counts_in, flags, stop_at_failures
from ldp_magic.runs.columns import arranged, check_declared
from ldp_magic.runs.turn import ROWS, FlowTurn
from ldp_magic.runs.work import Work
from ldp_magic.sql.model import Expectation
from ldp_magic.sql.writing import quoted

PARTS = 20  # of a state that is added to, before it is written as one


@dataclass(frozen=True, slots=True)
class Done:
    """What a turn has left behind."""

    table: Table
    written: int
    dropped: int
    checks: tuple[Checked, ...] = ()


def finish(turn: FlowTurn, work: Work, extra: Json = None) -> Done:
    """Write what a turn has computed and commit it, all of it or nothing."""
    expectations = turn.views.expectations(turn.pipeline, turn.dataset) if work.checks is None else ()
    frame = turn.session.spark.sql(turn.views.typed(work.rows, turn.pipeline, turn.dataset))
    columns = columns_of(frame.schema.json())
    table = turn.table if work.replaces and turn.table.exists else turn.table.begin(columns)
    wanted = columns if work.replaces else table.columns
    folder = table.fresh_folder()
    try:
        frame = _arranged(turn, frame, wanted, expectations)
        drops = any(each.on_violation == "drop" for each in expectations)
        (frame.write.partitionBy(KEEP) if drops else frame.write).parquet(str(folder))
        rows = table.written(folder, wanted)
        checks = counts_in(folder, expectations) if work.checks is None else work.checks
        check_declared(turn.dataset, rows, turn.pipeline.parameters)
        stop_at_failures(turn.dataset.name, folder, [each.name for each in wanted], checks)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if work.left_out:
        rows = replace(rows, dropped=_left_out(turn, table, work.left_out))
    batch = turn.before.next(offsets=_offsets(turn, work, extra), state={})
    batch = _with_state(turn, table, work, batch)
    dropped = sum(file.rows or 0 for file in rows.dropped)
    metrics = _metrics(turn, work, rows.rows, dropped, checks)
    turn.session.go_on()
    done = table.swap(batch, rows, metrics) if work.replaces else table.append(batch, rows, metrics)
    turn.tables.left(turn.dataset, done)
    return Done(done, rows.rows, dropped, checks)


# --- rows ------------------------------------------------------------------------------------------------------------


def _arranged(turn: FlowTurn, frame: Any, wanted: Columns, expectations: Sequence[Expectation]) -> Any:
    """The rows with the columns of the table in their order, and a flag for each expectation."""
    items = arranged(frame, wanted)
    if items is None and not expectations:
        return frame
    items = [*(items or [quoted(each.name) for each in wanted]), *flags(expectations)]
    view = quoted(turn.views.view(turn.dataset.name, frame))
    relation = quoted(turn.dataset.qualified[-1])
    return turn.session.spark.sql(turn.views.spoken(f"SELECT {', '.join(items)} FROM {view} AS {relation}"))


def _left_out(turn: FlowTurn, table: Table, query: str) -> tuple[DataFile, ...]:
    """Files of the rows that were dropped before they could become rows of the table."""
    frame, folder = turn.session.spark.sql(query), table.fresh_folder()
    frame.write.parquet(str(folder))
    columns = [each for each in columns_of(frame.schema.json()) if not each.name.startswith(FLAG)]
    return table.written(folder, tuple(columns)).kept


# --- what goes with them ---------------------------------------------------------------------------------------------


def _offsets(turn: FlowTurn, work: Work, extra: Json) -> dict[str, Json]:
    new = {turn.own + name: position for name, position in turn.views.read.offsets.items()}
    sources = {**turn.before.offsets.get("sources", {}), **new}
    return {
        "sources": sources,
        "kind": turn.dataset.kind,
        **({"memory": dict(work.memory)} if work.memory else {}),
        **({"print": extra} if extra is not None else {}),
    }


def _with_state(turn: FlowTurn, table: Table, work: Work, batch: Batch) -> Batch:
    """The batch with the lists of files that were read, and the state that the mode leaves."""
    state: dict[str, tuple[str, ...]] = {
        name: parts for name, parts in turn.before.state.items() if not name.startswith(ROWS)
    }
    for name, files in turn.views.read.files.items():
        state[turn.own + name] = added(state.get(turn.own + name, ()), files, table.fresh_folder())
    columns: dict[str, Json] = {}
    before: Files = turn.before.state
    known = turn.before.offsets.get("state", {})
    for name, query in work.state.items():
        state[ROWS + name], columns[name] = _stored(turn, table, turn.session.spark.sql(query))
    for name, query in work.adds.items():
        frame, parts = turn.session.spark.sql(query), before.get(ROWS + name, ())
        if len(parts) >= PARTS:
            frame = turn.session.spark.table(turn.state[name].strip("`")).unionByName(frame, allowMissingColumns=True)
            parts = ()
        new, had = _stored(turn, table, frame)
        state[ROWS + name] = (*parts, *new)
        columns[name] = [*(known.get(name, ()) if parts else ()), *had]
        columns[name] = [list(each) for each in {each[0]: tuple(each) for each in columns[name]}.values()]
    for name in known.keys() - columns.keys():  # what a mode does not mention stays
        columns[name], state[ROWS + name] = known[name], before.get(ROWS + name, ())
    return Batch(batch.flow, batch.number, {**batch.offsets, **({"state": columns} if columns else {})}, state)


def _stored(turn: FlowTurn, table: Table, frame: Any) -> tuple[tuple[str, ...], Json]:
    """Write the rows of a frame into files of the table's folder; their paths and columns."""
    columns = columns_of(frame.schema.json())
    void = {each.name for each in frame.schema.fields if each.dataType.simpleString() == "void"}
    if void:
        frame = frame.selectExpr(
            *(
                f"CAST({quoted(c.name)} AS {c.type}) AS {quoted(c.name)}" if c.name in void else quoted(c.name)
                for c in columns
            )
        )
    folder = table.fresh_folder()
    frame.write.parquet(str(folder))
    paths = tuple(str(path) for path in sorted(folder.rglob("*.parquet")))
    return paths, [[each.name, each.type] for each in columns]


def _metrics(turn: FlowTurn, work: Work, written: int, dropped: int, checks: Sequence[Checked]) -> dict[str, Json]:
    return {
        "read": turn.views.read.rows,
        "written": written,
        "dropped": dropped,
        "checks": [[each.name, each.action, each.passed, each.failed, each.condition] for each in checks],
        **dict(work.numbers),
    }
