"""AUTO CDC from snapshots: each says what the table holds from its version on, whatever it held before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

from ldp_magic.engine.cdc import END, START, Changes
from ldp_magic.engine.child import EngineError
from ldp_magic.lake.batch import Json
from ldp_magic.runs.changes.compared import compared, rows_of
from ldp_magic.runs.changes.memory import Memory, check_columns, check_terms, terms_of
from ldp_magic.runs.changes.source import aligned, has_rows, source_of, types_of
from ldp_magic.runs.work import Turn, Work
from ldp_magic.sql.model import AutoCdc
from ldp_magic.sql.writing import literal, quoted

Version: TypeAlias = int | float | str | Decimal | date | datetime
_THERE = "__ldp_there"
_TICK = timedelta(microseconds=1)


def snapshot(turn: Turn, flow: AutoCdc, snapshot: str, version: Version | None, old: str | None) -> Work | None:
    """What a turn makes of a whole snapshot, a quoted view; without a version its time is its version.

    The table itself is what the last snapshot left, so nothing is kept beside it but the version.
    """
    memory = Memory.of(turn.memory)
    moment = _moment(turn, version)
    changes, types = _changes(turn, flow, snapshot, memory)
    if not memory.terms and old is not None and has_rows(turn, old):
        raise EngineError(
            "the table has rows that no snapshot left there",
            why="what is not in the snapshot would be deleted",
            fix="run it once with --full-refresh of this table",
        )
    now = turn.kept("snapshot", f"SELECT {', '.join(map(quoted, types))} FROM {changes.source}")
    _check_keys(turn, changes, now)
    history = flow.scd_type == "2"
    columns = (*types, *((START, END) if history else ()))
    want = {**types, **({START: moment.type, END: moment.type} if history else {})}
    if old is None:
        before, after = None, _first(now, types, moment) if history else f"SELECT * FROM {now}"
    else:
        before = aligned(old, types_of(turn, old), want)
        after = _history(changes, f"({before})", now, types, moment) if history else f"SELECT * FROM {now}"
    done = compared(turn, before, after, columns, changes.keys)
    rows, replaces = rows_of(turn, done, old, whole=True)
    kept = replace(memory, terms=terms_of(changes, moment.type), columns=types)
    return Work(
        rows=rows,
        replaces=replaces,
        memory={**kept.json(), "version": moment.json()},
        numbers={"upserted": done.upserted, "deleted": done.deleted},
    )


def last_version(turn: Turn) -> Version | None:
    """The version of the snapshot that the last turn took; None if there was none."""
    return Moment.of(turn.memory["version"]).value if "version" in turn.memory else None


_READ: Mapping[str, Callable[[str], Version]] = {
    "bigint": int,
    "double": float,
    "string": str,
    "decimal(38,18)": Decimal,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """The version of a snapshot, as SQL, as JSON and to be compared."""

    value: Version
    type: str

    def sql(self) -> str:
        return f"CAST({literal(self._text())} AS {self.type})"

    def json(self) -> Json:
        return {"value": self._text(), "type": self.type}

    @classmethod
    def of(cls, said: Mapping[str, Json]) -> Moment:
        """As `json` wrote it."""
        value, type_ = said["value"], said["type"]
        return cls(_READ[type_](value), type_)

    def _text(self) -> str:
        return self.value.isoformat() if isinstance(self.value, date) else str(self.value)

    def after(self, other: Moment) -> bool:
        """Is this the later one? Only versions of one type are compared."""
        return bool(self.value > other.value)  # type: ignore[operator]


def _moment(turn: Turn, version: Version | None) -> Moment:
    """The version of this snapshot, which is later than the last one's."""
    last = Moment.of(turn.memory["version"]) if "version" in turn.memory else None
    if version is None:
        now = datetime.now(timezone.utc)
        if last is not None and isinstance(last.value, datetime):
            now = max(now, last.value + _TICK)
        return _checked(Moment(now, "timestamp"), last)
    return _checked(Moment(*_typed(version, turn.session.engine.place.zone)), last)


def _typed(version: Version, zone: str) -> tuple[Version, str]:
    if isinstance(version, datetime):
        aware = version if version.tzinfo else version.replace(tzinfo=ZoneInfo(zone))
        return aware.astimezone(timezone.utc), "timestamp"
    for kind, type_ in ((date, "date"), (str, "string"), (float, "double"), (Decimal, "decimal(38,18)")):
        if isinstance(version, kind):
            return version, type_
    if isinstance(version, bool) or not isinstance(version, int):
        raise EngineError(
            f"a snapshot cannot have the version {version!r}",
            why="versions have an order: numbers, texts, dates and times do",
            fix="return (DataFrame, version) with one of these",
        )
    return version, "bigint"


def _checked(moment: Moment, last: Moment | None) -> Moment:
    if last is None:
        return moment
    if moment.type != last.type:
        raise EngineError(
            f"the version of the snapshot is a {moment.type} now, and was a {last.type}",
            why="versions of different types have no order",
            fix="return versions of one type, or run it once with --full-refresh of this table",
        )
    if not moment.after(last):
        raise EngineError(
            f"the snapshot has the version {moment.value}, and the last one had {last.value}",
            why="the versions of snapshots have to ascend",
            fix="return None where there is no newer snapshot",
        )
    return moment


def _changes(turn: Turn, flow: AutoCdc, snapshot: str, memory: Memory) -> tuple[Changes, dict[str, str]]:
    source, types = source_of(turn, snapshot, memory.columns)
    changes = Changes(source, tuple(types), replace(flow, sequence_by="0"), types=types)
    changes.check()
    kept = {name: types[name] for name in changes.kept}
    check_terms({name: said for name, said in memory.terms.items() if name != "SEQUENCE BY"}, terms_of(changes, ""))
    check_columns(memory.columns, kept)
    return changes, kept


def _check_keys(turn: Turn, changes: Changes, now: str) -> None:
    lacking = " OR ".join(f"{quoted(key)} IS NULL" for key in changes.keys)
    doubled = f"SELECT 1 AS one FROM {now} GROUP BY {changes.by_key} HAVING count(*) > 1"
    ((lost, twice),) = turn.session.spark.sql(
        f"SELECT (SELECT count(*) FROM {now} WHERE {lacking}) AS lost, (SELECT count(*) FROM ({doubled})) AS twice"
    ).collect()
    if lost or twice:
        what = (
            f"{lost:,} rows of the snapshot have no key"
            if lost
            else f"{twice:,} keys of the snapshot stand in it more than once"
        )
        raise EngineError(
            what,
            why=f"{', '.join(changes.keys)} has to say which row of the table is meant",
            fix="leave such rows out of the snapshot, or name more columns in keys",
        )


def _first(now: str, types: Mapping[str, str], moment: Moment) -> str:
    return f"SELECT {_of('', types)}, {moment.sql()} AS {START}, CAST(NULL AS {moment.type}) AS {END} FROM {now}"


def _history(changes: Changes, before: str, now: str, types: Mapping[str, str], moment: Moment) -> str:
    """The rows of the past, those that this snapshot ends, and its own."""
    tracked = ", ".join(f"{{0}}.{quoted(name)}" for name in changes.tracked)
    same = f"struct({tracked.format('n')}) <=> struct({tracked.format('o')})"
    keys = " AND ".join(f"n.{quoted(key)} = o.{quoted(key)}" for key in changes.keys)
    current = f"(SELECT *, true AS {_THERE} FROM {before} WHERE {END} IS NULL)"
    own = f"(SELECT *, true AS {_THERE} FROM {now})"
    past = f"SELECT {_of('', types)}, {START}, {END} FROM {before} WHERE {END} IS NOT NULL"
    ended = (
        f"SELECT {_of('o.', types)}, o.{START}, {moment.sql()} AS {END} FROM {current} AS o LEFT JOIN {own} AS n"
        f" ON {keys} WHERE n.{_THERE} IS NULL OR NOT ({same})"
    )
    start = f"CASE WHEN o.{_THERE} AND {same} THEN o.{START} ELSE {moment.sql()} END AS {START}"
    live = (
        f"SELECT {_of('n.', types)}, {start}, CAST(NULL AS {moment.type}) AS {END} FROM {own} AS n"
        f" LEFT JOIN {current} AS o ON {keys}"
    )
    return f"{past} UNION ALL {ended} UNION ALL {live}"


def _of(relation: str, types: Mapping[str, str]) -> str:
    return ", ".join(f"{relation}{quoted(name)} AS {quoted(name)}" for name in types)
