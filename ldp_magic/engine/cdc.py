"""AUTO CDC over all events at once, as SQL: what the table holds when every event has arrived, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ldp_magic.engine.child import EngineError
from ldp_magic.sql.model import AutoCdc
from ldp_magic.sql.writing import quoted

SEQUENCE, DELETE, RUN, START, END = "__sequence", "__delete", "__run", "__START_AT", "__END_AT"


@dataclass(frozen=True, slots=True)
class Changes:
    """A flow of changes: the relation that holds the events, its columns, and what is done with them."""

    source: str
    columns: tuple[str, ...]
    flow: AutoCdc

    def query(self) -> str:
        """The rows of the target."""
        self._check()
        return self._history() if self.flow.scd_type == "2" else self._latest()

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
        sequence, deletes = f"({flow.sequence_by}) AS {SEQUENCE}", f"{_true(flow.delete_when)} AS {DELETE}"
        if not flow.truncate_when:
            return f"SELECT *, {sequence}, {deletes} FROM {self.source}{where}"
        truncated = f"max(CASE WHEN {_true(flow.truncate_when)} THEN ({flow.sequence_by}) END) OVER () AS __truncated"
        inner = f"SELECT *, {sequence}, {deletes}, {truncated} FROM {self.source}{where}"
        return f"SELECT * FROM ({inner}) WHERE __truncated IS NULL OR {SEQUENCE} > __truncated"

    def _latest(self) -> str:
        columns = ", ".join(map(quoted, self._kept))
        newest = f"row_number() OVER (PARTITION BY {self._keys} ORDER BY {SEQUENCE} DESC, {DELETE} DESC) AS {RUN}"
        last = f"SELECT *, {newest} FROM ({self._events()})"
        if not self.flow.ignore_null_updates:
            return f"SELECT {columns} FROM ({last}) WHERE {RUN} = 1 AND NOT {DELETE}"
        return self._without_nulls()

    def _without_nulls(self) -> str:
        """A null in a change keeps what an earlier change since the last delete said."""
        keys = {key.lower() for key in self.flow.keys}
        kept = ", ".join(
            quoted(name)
            if name.lower() in keys
            else f"max_by({quoted(name)}, {SEQUENCE}) FILTER (WHERE {quoted(name)} IS NOT NULL) AS {quoted(name)}"
            for name in self._kept
        )
        gone = f"max(CASE WHEN {DELETE} THEN {SEQUENCE} END) OVER (PARTITION BY {self._keys}) AS __gone"
        alive = f"SELECT *, {gone} FROM ({self._events()})"
        return f"SELECT {kept} FROM ({alive}) WHERE __gone IS NULL OR {SEQUENCE} > __gone GROUP BY {self._keys}"

    def _history(self) -> str:
        """Runs of changes whose tracked columns are equal; each shows the last values of its run."""
        by_key = f"PARTITION BY {self._keys} ORDER BY {SEQUENCE}"
        once = f"row_number() OVER (PARTITION BY {self._keys}, {SEQUENCE} ORDER BY {DELETE} DESC) AS __copy"
        events = f"SELECT * FROM (SELECT *, {once} FROM ({self._events()})) WHERE __copy = 1"
        tracked = f"struct({', '.join(map(quoted, self._tracked))})"
        before = f"lag({tracked}) OVER ({by_key})"
        same = f"NOT {DELETE} AND NOT lag({DELETE}, 1, true) OVER ({by_key}) AND {tracked} <=> {before}"
        marked = f"SELECT *, CASE WHEN {same} THEN 0 ELSE 1 END AS __break FROM ({events})"
        numbered = f"SELECT *, sum(__break) OVER ({by_key}) AS {RUN} FROM ({marked})"
        values = f"max_by(struct({', '.join(map(quoted, self._kept))}), {SEQUENCE}) AS __values"
        runs = (
            f"SELECT {self._keys}, {RUN}, {DELETE}, min({SEQUENCE}) AS {START}, {values}"
            f" FROM ({numbered}) GROUP BY {self._keys}, {RUN}, {DELETE}"
        )
        ends = f"lead({START}) OVER (PARTITION BY {self._keys} ORDER BY {START}) AS {END}"
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
