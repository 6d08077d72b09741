"""AUTO CDC over all events at once, as SQL: what the table holds when every event has arrived, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ldp_magic.engine.child import EngineError
from ldp_magic.sql.model import AutoCdc
from ldp_magic.sql.writing import quoted

SEQUENCE, ORDER, DELETE, RUN, START, END = "__sequence", "__order", "__delete", "__run", "__START_AT", "__END_AT"
_SO_FAR = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


@dataclass(frozen=True, slots=True)
class Changes:
    """A flow of changes: the relation that holds the events, its columns, and what is done with them."""

    source: str
    columns: tuple[str, ...]
    flow: AutoCdc
    fields: tuple[str, ...] = ()  # of the sequence, where it is a struct

    def query(self) -> str:
        """The rows of the target."""
        return self._history() if self.flow.scd_type == "2" else self._latest()

    def unordered(self) -> str:
        """A query for the number of changes that have no key or no place in the sequence."""
        self._check()
        lacking = " OR ".join(
            f"{each} IS NULL" for each in (*map(quoted, self.flow.keys), f"({self.flow.sequence_by})")
        )
        where = f"({self.flow.where}) AND " if self.flow.where else ""
        return f"SELECT count(*) AS n FROM {self.source} WHERE {where}({lacking})"

    def sequence(self) -> str:
        """A query whose one column is the sequence, so that its type can be asked for."""
        return f"SELECT ({self.flow.sequence_by}) AS {SEQUENCE} FROM {self.source}"

    def _check(self) -> None:
        flow = self.flow
        for wanted in ("columns to update", "system sequence by"):
            if flow.clause(wanted):
                raise _refused(wanted.upper())
        if flow.scd_type not in ("1", "2"):
            raise _refused(f"STORED AS {flow.scd_type}")
        lacking = [key for key in flow.keys if key.lower() not in {name.lower() for name in self.columns}]
        if lacking or not flow.keys:
            raise EngineError(
                f"the key {lacking[0]} is no column of the changes" if lacking else "the changes have no keys",
                why=f"its columns are {', '.join(self.columns[:20])}",
                fix="name columns of the source in KEYS",
            )
        if not flow.sequence_by:
            raise EngineError(
                "the changes have no SEQUENCE BY",
                why="without an order nobody knows which of two changes of a key is the later",
                fix="say SEQUENCE BY with the column that orders them",
            )

    @property
    def _kept(self) -> tuple[str, ...]:
        flow = self.flow
        if flow.columns is not None:
            return flow.columns
        out = {name.lower() for name in flow.except_columns or ()}
        return tuple(name for name in self.columns if name.lower() not in out)

    @property
    def _keys(self) -> str:
        return ", ".join(map(quoted, self.flow.keys))

    def _events(self) -> str:
        """Every event with its sequence and whether it deletes; only a condition that is true does."""
        flow = self.flow
        where = f" WHERE {flow.where}" if flow.where else ""
        said = f"({flow.sequence_by}) AS {SEQUENCE}, {_true(flow.delete_when)} AS {DELETE}"
        events = f"SELECT *, {said} FROM {self.source}{where}"
        fields = ", ".join(f"{SEQUENCE}.{quoted(name)}" for name in self.fields)
        order = f"dense_rank() OVER (ORDER BY {fields})" if fields else SEQUENCE  # the engine does not order by structs
        events = f"SELECT *, {order} AS {ORDER} FROM ({events})"
        if not flow.truncate_when:
            return events
        truncated = f"max(CASE WHEN {_true(flow.truncate_when)} THEN {ORDER} END) OVER () AS __truncated"
        return (
            f"SELECT * FROM (SELECT *, {truncated} FROM ({events})) WHERE __truncated IS NULL OR {ORDER} > __truncated"
        )

    def _kept_values(self) -> str:
        """The events, where a null in a change says what an earlier change since the last delete said."""
        patient = self._patient
        if not patient:
            return self._events()
        lives = f"sum(CASE WHEN {DELETE} THEN 1 ELSE 0 END) OVER ({self._by_key} {_SO_FAR}) AS __life"
        life = f"PARTITION BY {self._keys}, __life ORDER BY {ORDER}"
        columns = ", ".join(
            f"last_value({quoted(name)}) IGNORE NULLS OVER ({life} {_SO_FAR}) AS {quoted(name)}"
            if name in patient
            else quoted(name)
            for name in self.columns
        )
        inner = f"SELECT *, {lives} FROM ({self._events()})"
        return f"SELECT {columns}, {SEQUENCE}, {ORDER}, {DELETE} FROM ({inner})"

    @property
    def _by_key(self) -> str:
        return f"PARTITION BY {self._keys} ORDER BY {ORDER}"

    @property
    def _patient(self) -> frozenset[str]:
        """The columns in which a null changes nothing."""
        if not self.flow.ignore_null_updates:
            return frozenset()
        keys = {key.lower() for key in self.flow.keys}
        named, others = self._ignoring
        return frozenset(
            name
            for name in self.columns
            if name.lower() not in keys and (name.lower() in named if named else name.lower() not in others)
        )

    @property
    def _ignoring(self) -> tuple[set[str], set[str]]:
        """The columns that IGNORE NULL UPDATES names, and those that it excepts."""
        said = self.flow.clause("ignore null updates")
        kind, names = said.value if said is not None and isinstance(said.value, tuple) else ("all", ())
        only, others = (self.flow.clause(f"ignore_null_updates_{which}column_list") for which in ("", "except_"))
        listed: Any = names if kind == "only" else only.value if only is not None else ()
        excepted: Any = names if kind == "except" else others.value if others is not None else ()
        return {str(n).lower() for n in listed or ()}, {str(n).lower() for n in excepted or ()}

    def _latest(self) -> str:
        columns = ", ".join(map(quoted, self._kept))
        newest = f"row_number() OVER (PARTITION BY {self._keys} ORDER BY {ORDER} DESC, {DELETE} DESC) AS {RUN}"
        return (
            f"SELECT {columns} FROM (SELECT *, {newest} FROM ({self._kept_values()})) WHERE {RUN} = 1 AND NOT {DELETE}"
        )

    def _history(self) -> str:
        """Runs of changes whose tracked columns are equal; each shows the last values of its run."""
        by_key = self._by_key
        once = f"row_number() OVER (PARTITION BY {self._keys}, {ORDER} ORDER BY {DELETE} DESC) AS __copy"
        events = f"SELECT * FROM (SELECT *, {once} FROM ({self._kept_values()})) WHERE __copy = 1"
        tracked = f"struct({', '.join(map(quoted, self._tracked))})"
        before = f"lag({tracked}) OVER ({by_key})"
        same = f"NOT {DELETE} AND NOT lag({DELETE}, 1, true) OVER ({by_key}) AND {tracked} <=> {before}"
        marked = f"SELECT *, CASE WHEN {same} THEN 0 ELSE 1 END AS __break FROM ({events})"
        numbered = f"SELECT *, sum(__break) OVER ({by_key} {_SO_FAR}) AS {RUN} FROM ({marked})"
        values = f"max_by(struct({', '.join(map(quoted, self._kept))}), {ORDER}) AS __values"
        starts = f"min({ORDER}) AS __first, min_by({SEQUENCE}, {ORDER}) AS {START}"
        keys = f"{self._keys}, {RUN}, {DELETE}"
        runs = f"SELECT {keys}, {starts}, {values} FROM ({numbered}) GROUP BY {keys}"
        ends = f"lead({START}) OVER (PARTITION BY {self._keys} ORDER BY __first) AS {END}"
        columns = ", ".join(f"__values.{quoted(name)} AS {quoted(name)}" for name in self._kept)
        return f"SELECT {columns}, {START}, {END} FROM (SELECT *, {ends} FROM ({runs})) WHERE NOT {DELETE}"

    @property
    def _tracked(self) -> Sequence[str]:
        flow = self.flow
        if flow.track_history is not None:
            return flow.track_history
        out = {name.lower() for name in (*(flow.track_history_except or ()), *flow.keys)}
        tracked = [name for name in self._kept if name.lower() not in out]
        return tracked or list(flow.keys)


def _true(condition: str) -> str:
    return f"coalesce(({condition}), false)" if condition else "false"


def _refused(what: str) -> EngineError:
    return EngineError(
        f"{what} is not computed here",
        why="its meaning is not documented well enough to answer as Databricks does",
        fix="preview it with --place databricks, where the table exists",
    )
