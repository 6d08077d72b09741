"""The rows of groups that are still open, and those whose groups end in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ldp_magic.engine.child import EngineError
from ldp_magic.runs.stateful.watermarks import late
from ldp_magic.runs.stateful.windows import TIME, Point, Session, Window
from ldp_magic.runs.work import Turn
from ldp_magic.sql.writing import quoted

ROWS = "rows"  # the name of the state


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of the rows of a run."""

    ready: str  # a quoted view of the rows to answer with
    state: dict[str, str]
    late: int
    rows: int  # how many the state has


def kept(
    turn: Turn,
    how: Point | Window | Session,
    text: str,
    names: Sequence[str],
    keys: Sequence[str],
    before: int,
    after: int,
) -> Kept:
    """*text* is a query for new rows with the columns *names*, *keys* and their time; the keys tell sessions apart."""
    new = turn.kept("new rows", text)
    columns = [quoted(name) for name in names]
    every = ", ".join([*columns, *keys, TIME])
    rows = f"SELECT {every} FROM {new} WHERE {how.end} > {before}"
    if ROWS in turn.state:
        fitting(turn, new, turn.state[ROWS])
        rows += f" UNION ALL SELECT {every} FROM {turn.state[ROWS]}"
    if isinstance(how, Session):
        opened = turn.kept("sessions", how.formed(f"({rows})", [*columns, *keys], keys))
        state = f"SELECT {every} FROM {opened} WHERE __ldp_until > {after}"
        window = "'start', timestamp_micros(__ldp_from), 'end', timestamp_micros(__ldp_until)"
        shown = ", ".join([*columns, f"named_struct({window}) AS session_window"])
        ready = f"SELECT {shown} FROM {opened} WHERE __ldp_until <= {after}"
    else:
        opened = quoted(turn.views.view("open rows", rows))
        state = f"SELECT {every} FROM {opened} WHERE {how.end} > {after}"
        ready = _ended(how, opened, columns, before, after)
    is_late = f"SELECT count(*) FROM {new} WHERE {late(how.end, before)}"
    return counted(turn, quoted(turn.views.view("ended groups", ready)), {ROWS: state}, is_late)


def _ended(how: Point | Window, opened: str, columns: Sequence[str], before: int, after: int) -> str:
    """The rows whose groups end in this run, with their window."""
    if isinstance(how, Point):
        shown = ", ".join(columns) or "1 AS __ldp_one"
        return f"SELECT {shown} FROM {opened} WHERE {TIME} > {before} AND {TIME} <= {after}"
    return how.expanded(opened, columns, "window", before, after)


def counted(turn: Turn, ready: str, state: dict[str, str], late: str) -> Kept:
    """The same with how many rows are late, and how many are remembered."""
    rows = " + ".join(f"(SELECT count(*) FROM ({text}))" for text in state.values())
    (found,) = turn.session.spark.sql(f"SELECT ({late}) AS late, {rows} AS rows").collect()
    return Kept(ready, state, found[0], found[1])


def fitting(turn: Turn, new: str, state: str, without: Sequence[str] = ()) -> None:
    """Refuse a state whose columns are not those that are asked for now."""
    wanted, found = (
        {
            each.name: each.dataType.simpleString()
            for each in turn.session.spark.table(view).schema.fields
            if each.name not in without
        }
        for view in (new, state)
    )
    if wanted != found:
        raise EngineError(
            "the rows that this flow has kept do not fit its query any more",
            why="the query, or a source of it, was changed while groups were open",
            fix="run a full refresh of the table",
        )
