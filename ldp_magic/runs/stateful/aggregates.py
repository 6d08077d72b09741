"""Groups over event time: a group is written once, when the watermark has passed it, and never again.

What is kept between runs are rows, not sums: those that are in a group which is still open. So every aggregate works,
and the query runs as it was written, over the rows of the groups that end in this run.
"""

from __future__ import annotations

from collections.abc import Sequence

from ldp_magic.engine.child import EngineError
from ldp_magic.runs.stateful.asked import asked
from ldp_magic.runs.stateful.grouped import Grouped
from ldp_magic.runs.stateful.sources import sources
from ldp_magic.runs.stateful.watermarks import advanced, any_rows, late, memory, shown, watermark
from ldp_magic.runs.stateful.windows import TIME, Point, Session
from ldp_magic.runs.work import Turn, Work
from ldp_magic.sql.facts import Facts
from ldp_magic.sql.writing import quoted

_STATE = "rows"


def stateful(turn: Turn, facts: Facts, names: Sequence[str | None]) -> Work | None:
    """What one run of a query that groups over event time leaves; None if there is nothing new."""
    query = asked(turn, facts, names)
    if turn.memory and not any_rows(turn, query.new):
        return None
    before, after = watermark(turn), advanced(turn, sources(turn, query))
    grouped = Grouped(turn, query)
    columns = [quoted(each.name) for each in grouped.columns]
    new = turn.kept("new rows", grouped.rows())
    end = grouped.how.end
    rows = f"SELECT {_listed([*columns, TIME])} FROM {new} WHERE {end} > {before}"
    if _STATE in turn.state:
        rows = f"{rows} UNION ALL {_before(turn, new)}"
    if isinstance(grouped.how, Session):
        ready, state = _sessions(turn, grouped, grouped.how, rows, columns, after)
    else:
        opened = quoted(turn.views.view("open rows", rows))
        state = f"SELECT {_listed([*columns, TIME])} FROM {opened} WHERE {end} > {after}"
        ready = _ready(turn, grouped, opened, columns, before, after)
    count = f"SELECT count(*) FROM ({state})"
    (found,) = turn.session.spark.sql(
        f"SELECT (SELECT count(*) FROM {new} WHERE {late(end, before)}) AS late, ({count}) AS rows"
    ).collect()
    return Work(
        rows=grouped.over(ready),
        state={_STATE: state},
        memory=memory(after),
        numbers={"late": found[0], "watermark": shown(after), "state_rows": found[1]},
    )


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns)


def _before(turn: Turn, new: str) -> str:
    """The rows that the last run left, which have the columns that this run asks for."""
    spark = turn.session.spark
    state = turn.state[_STATE]
    wanted, found = (
        {each.name: each.dataType.simpleString() for each in spark.table(view).schema.fields} for view in (new, state)
    )
    if wanted != found:
        raise EngineError(
            "the rows that this flow has kept do not fit its query any more",
            why="the query, or a source of it, was changed while groups were open",
            fix="run a full refresh of the table",
        )
    return f"SELECT {_listed([quoted(name) for name in wanted])} FROM {state}"


def _ready(turn: Turn, grouped: Grouped, opened: str, columns: list[str], before: int, after: int) -> str:
    """A view over the rows whose groups end in this run, with their window."""
    how = grouped.how
    assert not isinstance(how, Session)
    if isinstance(how, Point):
        text = f"SELECT {_listed(columns)} FROM {opened} WHERE {TIME} > {before} AND {TIME} <= {after}"
    else:
        text = how.expanded(opened, columns, "window", before, after)
    return quoted(turn.views.view("ended groups", text))


def _sessions(turn: Turn, grouped: Grouped, how: Session, rows: str, columns: list[str], after: int) -> tuple[str, str]:
    """A view over the rows whose sessions end in this run, and a query for those that go on."""
    keys = grouped.session_keys
    named = [f"__ldp_key{n}" for n in range(len(keys))]
    keyed = "".join(f", {text} AS {name}" for text, name in zip(keys, named, strict=True))
    opened = quoted(turn.views.view("open rows", rows))
    alias = quoted(grouped.alias or "__ldp_rows")
    with_keys = turn.views.spoken(f"SELECT {alias}.*{keyed} FROM {grouped.named(opened)}")
    formed = turn.kept("sessions", how.formed(f"({with_keys})", columns, named))
    window = "'start', timestamp_micros(__ldp_from), 'end', timestamp_micros(__ldp_until)"
    ended = f"SELECT {_listed(columns)}, named_struct({window}) AS session_window FROM {formed}"
    view = turn.views.view("ended sessions", f"{ended} WHERE __ldp_until <= {after}")
    return quoted(view), f"SELECT {_listed([*columns, TIME])} FROM {formed} WHERE __ldp_until > {after}"
