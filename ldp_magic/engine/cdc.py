"""AUTO CDC as SQL: what the table holds when these events have arrived, in whatever order.

Of events of one key with equal sequences a delete is the last; of two changes it is the one whose values are the
greater. Spark leaves that open, and the order of arrival cannot decide it: files are read side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ldp_magic.engine.child import EngineError
from ldp_magic.sql.model import AutoCdc, Clause
from ldp_magic.sql.types import fields_of
from ldp_magic.sql.writing import literal, quoted

PREFIX = "__ldp_"
SEQUENCE, DELETE, TRUNCATE, NAMED = (PREFIX + name for name in ("sequence", "delete", "truncate", "named"))
START, END = "__START_AT", "__END_AT"
PLACE, LIFE = PREFIX + "place", PREFIX + "life"
_RANK, _GOING, _FOLLOWS = (PREFIX + name for name in ("rank", "going", "follows"))
_CUT, _EMPTIED = PREFIX + "cut", PREFIX + "emptied"
_RESERVED = (PREFIX, "__spark_autocdc_")
_SO_FAR = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
_ARGUMENTS = {  # of a call in Python, which may say something that its text does not show
    "keys",
    "sequence_by",
    "apply_as_deletes",
    "apply_as_truncates",
    "where",
    "column_list",
    "except_column_list",
    "stored_as_scd_type",
    "track_history_column_list",
    "track_history_except_column_list",
    "ignore_null_updates",
    "ignore_null_updates_column_list",
    "ignore_null_updates_except_column_list",
    "columns_to_update",
}
_UNORDERED = ("map<", "struct<", "array<", "variant")


@dataclass(frozen=True, slots=True)
class Changes:
    """A flow of changes: the relation that holds the source's rows, its columns, and what is done with them."""

    source: str
    columns: tuple[str, ...]
    flow: AutoCdc
    fields: tuple[str, ...] = ()  # of the sequence, where it is a struct
    types: Mapping[str, str] = field(default_factory=dict)  # of the columns, as far as they are known
    emptied: bool = False  # may the events hold a truncate although the flow has no rule for it?

    def query(self) -> str:
        """The rows of the target after all rows of the source."""
        return self.rows(f"({self.events()})")

    def events(self) -> str:
        """The source's rows as events: the columns that are kept, the sequence, and what is done.

        Only a condition that is true deletes or truncates.
        """
        self.check()
        flow = self.flow
        said = {SEQUENCE: f"({flow.sequence_by})", DELETE: true(flow.delete_when), TRUNCATE: true(flow.truncate_when)}
        if self.named:
            said[NAMED] = f"transform(({self.named}), x -> lower(x))"
        columns = [*map(quoted, self.kept), *(f"{text} AS {name}" for name, text in said.items())]
        return f"SELECT {', '.join(columns)} FROM {self.source}{self._where}"

    def rows(self, events: str) -> str:
        """The rows of the target after all *events*, a relation with the columns of `events()`."""
        events = self.living(events)
        if self.partial:
            events = f"({self._filled(events)})"
        return self._history(events) if self.flow.scd_type == "2" else self._latest(events)

    def unordered(self) -> str:
        """A query for the number of changes that have no key or no place in the sequence."""
        self.check()
        keys = " OR ".join(f"{quoted(key)} IS NULL" for key in self.keys)
        where = f"({self.flow.where}) AND " if self.flow.where else ""
        lacking = f"({self.flow.sequence_by}) IS NULL OR (({keys}) AND NOT {true(self.flow.truncate_when)})"
        return f"SELECT count(*) AS n FROM {self.source} WHERE {where}({lacking})"

    def sequence(self) -> str:
        """A query whose one column is the sequence, so that its type can be asked for."""
        return f"SELECT ({self.flow.sequence_by}) AS {SEQUENCE} FROM {self.source}"

    # --- what the flow says ----------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what is not computed here, and names that are no columns."""
        flow = self.flow
        if clause(flow, "system sequence by") is not None:
            raise _refused("SYSTEM SEQUENCE BY")
        for each in flow.clauses:
            if each.value is None and each.name in _ARGUMENTS:
                raise EngineError(
                    f"what {each.name} says cannot be read",
                    why="it is computed where only a run of the code could tell",
                    fix="write it where the flow is made, as a text, a list of texts or a column",
                )
        if flow.scd_type not in ("1", "2"):
            raise _refused(f"STORED AS {flow.scd_type.upper()}")
        if flow.scd_type == "2" and flow.truncate_when:
            raise EngineError(
                "APPLY AS TRUNCATE WHEN does not go with SCD TYPE 2",
                why="a truncate empties the table, and a history keeps what there was",
                fix="take it out, or store as SCD TYPE 1",
            )
        if self.named and (flow.scd_type == "2" or flow.ignore_null_updates):
            other = "SCD TYPE 2" if flow.scd_type == "2" else "IGNORE NULL UPDATES"
            raise _refused(f"COLUMNS TO UPDATE together with {other}")
        if not flow.keys:
            raise EngineError("the changes have no keys", fix="name columns of the source in KEYS")
        if not flow.sequence_by:
            raise EngineError(
                "the changes have no SEQUENCE BY",
                why="without an order nobody knows which of two changes of a key is the later",
                fix="say SEQUENCE BY with the column that orders them",
            )
        self._check_names()

    def _check_names(self) -> None:
        known = {name.lower() for name in self.columns}
        for name in known:
            if name in (START.lower(), END.lower()) or name.startswith(_RESERVED):
                raise EngineError(
                    f"the changes have a column {name}",
                    why="AUTO CDC writes a column of that name itself",
                    fix="give it another name in the source",
                )
        for key in self.flow.keys:
            if key.lower() not in known:
                raise _no_column(f"the key {key} is no column of the changes", self.columns)
        for name in self.flow.columns or ():
            if name.lower() not in known:
                raise _no_column(f"COLUMNS names {name}, which is no column of the changes", self.columns)
        kept = {name.lower() for name in self.kept}
        for key in self.flow.keys:
            if key.lower() not in kept:
                raise _no_column(f"COLUMNS leaves out the key {key}", self.columns)
        for name in self.flow.track_history or ():
            if name.lower() not in kept:
                raise _no_column(f"TRACK HISTORY ON names {name}, which is no column of the table", self.kept)
        only, others = self.ignoring
        for name in (*only, *others):
            if name.lower() not in known:
                raise _no_column(
                    f"IGNORE NULL UPDATES ON names {name}, which is no column of the changes", self.columns
                )

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns of the table that come from the source."""
        if self.flow.columns is not None:
            spelled = {name.lower(): name for name in self.columns}
            return tuple(spelled.get(name.lower(), name) for name in self.flow.columns)
        out = {name.lower() for name in self.flow.except_columns or ()}
        return tuple(name for name in self.columns if name.lower() not in out)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, spelled as the source spells them."""
        spelled = {name.lower(): name for name in self.columns}
        return tuple(spelled.get(key.lower(), key) for key in self.flow.keys)

    @property
    def named(self) -> str:
        """What says, event by event, which columns are set."""
        found = clause(self.flow, "columns to update")
        return found.value if found is not None and isinstance(found.value, str) else ""

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns of events."""
        return (*self.kept, SEQUENCE, DELETE, TRUNCATE, *([NAMED] if self.named else []))

    @property
    def may_empty(self) -> bool:
        """May there be a truncate among the events?"""
        return self.emptied or bool(self.flow.truncate_when)

    @property
    def by_key(self) -> str:
        return ", ".join(map(quoted, self.keys))

    @property
    def moment(self) -> tuple[str, ...]:
        """What the sequence is ordered by; the engine does not order by structs."""
        return tuple(f"{SEQUENCE}.{quoted(name)}" for name in self.fields) or (SEQUENCE,)

    def order(self, way: str = "") -> str:
        """The order of the events of a key."""
        return ", ".join(f"{each}{way}" for each in (*self.moment, DELETE, *self._last))

    @property
    def _last(self) -> Sequence[str]:
        """What decides between two changes with one sequence: their values, column by column."""
        values = [name for name in self.kept if name not in self.keys]
        if not self.types:
            return [f"to_json(struct({', '.join(map(quoted, values))}))"] if values else []
        return [self._ordered(name) for name in values]

    def _ordered(self, name: str) -> str:
        nested = self.types[name].startswith(_UNORDERED)
        return f"to_json(struct({quoted(name)}))" if nested else quoted(name)

    @property
    def _where(self) -> str:
        return f" WHERE {self.flow.where}" if self.flow.where else ""

    # --- partial changes -------------------------------------------------------------------------------------------

    @property
    def partial(self) -> bool:
        """May a change leave a column as it was?"""
        return bool(self.named or self.patient)

    @property
    def patient(self) -> tuple[str, ...]:
        """The columns in which a null changes nothing."""
        if not self.flow.ignore_null_updates:
            return ()
        only, others = self.ignoring
        low = {name.lower() for name in only}, {name.lower() for name in others}
        return tuple(
            name
            for name in self.kept
            if name not in self.keys and (name.lower() in low[0] if only else name.lower() not in low[1])
        )

    @property
    def ignoring(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The columns that IGNORE NULL UPDATES names, and those that it excepts."""
        own = self.flow.clause("ignore null updates")
        kind, names = own.value if own is not None and isinstance(own.value, tuple) else ("all", ())
        only, others = (self.flow.clause(f"ignore_null_updates_{which}column_list") for which in ("", "except_"))
        listed: Any = names if kind == "only" else only.value if only is not None else ()
        excepted: Any = names if kind == "except" else others.value if others is not None else ()
        return tuple(map(str, listed or ())), tuple(map(str, excepted or ()))

    def settings(self) -> tuple[tuple[str, str], ...]:
        """For each value that a change may leave as it was: the value, and when a change sets it."""
        if self.named:
            others = [name for name in self.kept if name not in self.keys]
            return tuple((quoted(name), f"array_contains({NAMED}, {literal(name.lower())})") for name in others)
        leaves = [leaf for name in self.patient for leaf in _leaves(quoted(name), self.types.get(name, ""))]
        return tuple((leaf, f"{leaf} IS NOT NULL") for leaf in leaves)

    def lives(self, events: str, group: str) -> str:
        """The events with their place in the group, and with the number of deletes up to each."""
        over = f"OVER (PARTITION BY {group} ORDER BY {self.order()}"
        life = f"sum(CASE WHEN {DELETE} THEN 1 ELSE 0 END) {over} {_SO_FAR}) AS {LIFE}"
        return f"SELECT *, row_number() {over}) AS {PLACE}, {life} FROM {events}"

    def _filled(self, events: str) -> str:
        """The events, where a value that a change does not set is the one that was set since the last delete."""
        life = f"PARTITION BY {self.by_key}, {LIFE} ORDER BY {PLACE} {_SO_FAR}"
        events = self.lives(events, self.by_key)
        columns = dict(zip(self.kept, map(quoted, self.kept), strict=True))
        if self.named:
            # a value that was set may be null: it is looked for in a box
            boxes = {name: f"{PREFIX}{n}" for n, name in enumerate(self.kept) if name not in self.keys}
            filled = [
                f"{_boxed(*each, life)} AS {box}" for each, box in zip(self.settings(), boxes.values(), strict=True)
            ]
            events = f"SELECT *, {', '.join(filled)} FROM ({events})" if filled else events
            columns |= {name: f"{box}.v" for name, box in boxes.items()}
        else:
            columns |= {name: _last_set(quoted(name), self.types.get(name, ""), life) for name in self.patient}
        kept = ", ".join(f"{text} AS {quoted(name)}" for name, text in columns.items())
        return f"SELECT {kept}, {SEQUENCE}, {DELETE}, {PLACE} FROM ({events})"

    # --- rows ------------------------------------------------------------------------------------------------------

    def living(self, events: str) -> str:
        """The events after the last truncate."""
        if not self.may_empty:
            return events
        latest = ", ".join(f"{each} DESC" for each in self.moment)
        cut = (
            f"SELECT {SEQUENCE} AS {_CUT}, true AS {_EMPTIED} FROM {events} WHERE {TRUNCATE} ORDER BY {latest} LIMIT 1"
        )
        after = _after(self.moment, tuple(each.replace(SEQUENCE, _CUT, 1) for each in self.moment))
        columns = ", ".join(map(quoted, self.stored))
        return (
            f"(SELECT {columns} FROM {events} AS e LEFT JOIN ({cut}) AS c ON true"
            f" WHERE NOT {TRUNCATE} AND ({_EMPTIED} IS NULL OR {after}))"
        )

    def _ranked(self, way: str = "") -> str:
        return f"{PLACE}{way}" if self.partial else self.order(way)

    def _latest(self, events: str) -> str:
        columns = ", ".join(map(quoted, self.kept))
        rank = f"row_number() OVER (PARTITION BY {self.by_key} ORDER BY {self._ranked(' DESC')}) AS {_RANK}"
        return f"SELECT {columns} FROM (SELECT *, {rank} FROM {events}) WHERE {_RANK} = 1 AND NOT {DELETE}"

    def _history(self, events: str) -> str:
        """Runs of changes whose tracked columns are equal; each shows the last values of its run.

        Of the events of a run only the edges are kept, so that the last one finds the first right before it.
        """
        over = f"OVER (PARTITION BY {self.by_key} ORDER BY {self._ranked()})"
        ends = f"SELECT *, lead({SEQUENCE}) {over} AS {END} FROM {events}"
        once = f"SELECT * FROM ({ends}) WHERE {END} IS NULL OR NOT ({END} <=> {SEQUENCE})"
        tracked = f"struct({', '.join(map(quoted, self.tracked))})"
        going = f"NOT {DELETE} AND {tracked} <=> lead(CASE WHEN NOT {DELETE} THEN {tracked} END) {over}"
        marked = f"SELECT *, {going} AS {_GOING} FROM ({once})"
        edges = f"SELECT *, lag({_GOING}, 1, false) {over} AS {_FOLLOWS} FROM ({marked})"
        edges = f"SELECT * FROM ({edges}) WHERE NOT {DELETE} AND NOT ({_GOING} AND {_FOLLOWS})"
        first = f"CASE WHEN {_FOLLOWS} THEN lag({SEQUENCE}) {over} ELSE {SEQUENCE} END AS {START}"
        columns = ", ".join(map(quoted, self.kept))
        return f"SELECT {columns}, {START}, {END} FROM (SELECT *, {first} FROM ({edges})) WHERE NOT {_GOING}"

    @property
    def tracked(self) -> Sequence[str]:
        """The columns whose values make a row of history."""
        flow = self.flow
        if flow.track_history is not None:
            return flow.track_history
        out = {name.lower() for name in (*(flow.track_history_except or ()), *flow.keys)}
        tracked = [name for name in self.kept if name.lower() not in out]
        return tracked or self.keys


def clause(flow: AutoCdc, name: str) -> Clause | None:
    """A clause, by its name in SQL or in Python."""
    return flow.clause(name) or flow.clause(name.replace(" ", "_"))


def true(condition: str) -> str:
    """A condition for which unknown is no; none at all is never true."""
    return f"coalesce(({condition}), false)" if condition else "false"


def _leaves(value: str, type_: str) -> list[str]:
    """The values in a value: those of its fields, and theirs."""
    inside = [leaf for name, inner in fields_of(type_) for leaf in _leaves(f"{value}.{quoted(name)}", inner)]
    return inside or [value]


def _boxed(value: str, when: str, life: str) -> str:
    """The last value of a life that was set, null or not."""
    return (
        f"last_value(CASE WHEN NOT {DELETE} AND {when} THEN named_struct('v', {value}) END) IGNORE NULLS OVER ({life})"
    )


def _last_set(value: str, type_: str, life: str) -> str:
    """The last value of a life that is not null, field by field."""
    fields = [(name, _last_set(f"{value}.{quoted(name)}", inner, life)) for name, inner in fields_of(type_)]
    if not fields:
        return f"last_value(CASE WHEN NOT {DELETE} THEN {value} END) IGNORE NULLS OVER ({life})"
    inside = ", ".join(f"{literal(name)}, {text}" for name, text in fields)
    there = f"max(CASE WHEN NOT {DELETE} AND {value} IS NOT NULL THEN 1 END) OVER ({life}) = 1"
    return f"CASE WHEN {there} THEN named_struct({inside}) END"


def _after(left: Sequence[str], right: Sequence[str]) -> str:
    """Is one moment later than another? A null is before everything."""
    one, other = left[0], right[0]
    later = f"{one} > {other} OR ({one} IS NOT NULL AND {other} IS NULL)"
    return f"({later} OR ({one} <=> {other} AND {_after(left[1:], right[1:])}))" if left[1:] else f"({later})"


def _no_column(what: str, columns: Sequence[str]) -> EngineError:
    return EngineError(what, why=f"there are {', '.join(columns[:20])}", fix="check the spelling, or keep the column")


def _refused(what: str) -> EngineError:
    return EngineError(
        f"{what} is not computed here",
        why="its meaning is not documented well enough to answer as Databricks does",
        fix="preview it with --place databricks, where the table exists",
    )
