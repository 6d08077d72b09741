"""AUTO CDC from a feed of changes, as many turns as it takes.

All events that can still matter are kept beside the table; a turn looks up those of the keys that it touches and
computes the rows of these keys anew. So neither the order of arrival nor the borders of batches can be seen in the
table, and a full refresh gives the same rows. Deletes are kept for ever, unlike on Databricks, which forgets them after
two days: an older change that comes late never brings a row back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ldp_magic.engine.cdc import DELETE, END, NAMED, SEQUENCE, START, TRUNCATE, Changes
from ldp_magic.engine.child import EngineError
from ldp_magic.runs.changes.compared import Compared, compared, rows_of
from ldp_magic.runs.changes.memory import Memory, check_columns, check_terms, terms_of
from ldp_magic.runs.changes.needed import bound, group_of, needed
from ldp_magic.runs.changes.source import aligned, fields_in, has_rows, source_of, types_of
from ldp_magic.runs.work import Turn, Work
from ldp_magic.sql.model import AutoCdc
from ldp_magic.sql.writing import literal, quoted

EVENTS = "events"
NEW, _SAID = "__ldp_new", "__ldp_said"
SLACK = 1_000  # so many events too many are no reason to write the state anew
PIECES = 64  # so many turns may add to the state before it is written as one


def changes(turn: Turn, flow: AutoCdc, events: str, old: str | None) -> Work | None:
    """What a turn makes of new change rows, a quoted view, and of the table's rows, if there is a table.

    The parameters in the flow's texts are filled in. State and memory belong to the table: where several flows write
    into it, each has to be given what the last of them left.
    """
    feed = _feed(turn, flow, events)
    _check_beginning(turn, feed, old)
    new = turn.kept("changes", turn.views.spoken(feed.changes.events()))
    count, emptied = _counted(turn, feed, new)
    if not count and turn.memory and not (flow.where and has_rows(turn, events)):
        return None  # but the first turn makes the table, be it without rows: others may read it
    feed = replace(feed, new=new, count=count).settled(feed.memory.emptied or emptied)
    whole = emptied or old is None
    touched = _touched(turn, feed, whole=whole)
    done = _compared(turn, feed, touched)
    rows, replaces = rows_of(turn, done, old, whole=whole)
    state, adds, memory = _state(turn, feed)
    ties = _ties(turn, feed, touched)
    if ties:
        said = f"{ties:,} times there are different changes of one key at one moment"
        turn.views.seen.notes[f"{said}: a delete wins, else the one with the greater values"] = None
    return Work(
        rows=rows,
        replaces=replaces,
        state=state,
        adds=adds,
        memory=memory.json(),
        numbers={
            "upserted": done.upserted,
            "deleted": done.deleted,
            "ties": ties,
            "state_rows": memory.rows,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One turn's changes: what is asked of them, what is known from before, and the new ones."""

    changes: Changes
    memory: Memory
    terms: Mapping[str, str]
    types: Mapping[str, str]  # of the columns that are kept
    state: str | None = None  # a quoted view over the events of earlier turns
    new: str = ""  # the same over the new ones
    count: int = 0

    def settled(self, emptied: bool) -> Feed:
        """The rules have been applied to the events: only what they came to counts from now on."""
        plain = replace(self.changes, flow=replace(self.changes.flow, truncate_when=""), emptied=emptied)
        return replace(self, changes=plain)

    @property
    def stored(self) -> str:
        return ", ".join(map(quoted, self.changes.stored))

    def events(self, turn: Turn) -> str:
        """A query for the events of earlier turns."""
        assert self.state is not None
        have = types_of(turn, self.state)
        want = {name: self.types.get(name) or have[name] for name in self.changes.stored}
        return aligned(self.state, have, want)


def _feed(turn: Turn, flow: AutoCdc, events: str) -> Feed:
    memory = Memory.of(turn.memory)
    source, types = source_of(turn, events, memory.columns)
    changes = Changes(source, tuple(types), flow, types=types)
    changes.check()
    sequence = turn.session.spark.sql(turn.views.spoken(changes.sequence())).schema.fields[0].dataType.simpleString()
    changes = replace(changes, fields=fields_in(sequence))
    kept = {name: types[name] for name in changes.kept}
    terms = terms_of(changes, sequence)
    check_terms(memory.terms, terms)
    check_columns(memory.columns, kept)
    return Feed(changes=changes, memory=memory, terms=terms, types=kept, state=turn.state.get(EVENTS))


def _check_beginning(turn: Turn, feed: Feed, old: str | None) -> None:
    if feed.memory.rows and feed.state is None:
        raise EngineError(
            "the changes that were kept with this table are gone",
            why="without them nobody knows which of its rows a late change may touch",
            fix="run it once with --full-refresh of this table",
        )
    if not feed.memory.terms and old is not None and has_rows(turn, old):
        raise EngineError(
            "the table has rows that this flow did not write",
            why="AUTO CDC knows nothing of when they changed, so it cannot place its changes before or after them",
            fix="run it once with --full-refresh of this table",
        )


def _counted(turn: Turn, feed: Feed, new: str) -> tuple[int, bool]:
    """How many changes there are, and whether one empties the table; changes that say too little are refused."""
    changes = feed.changes
    no_key = " OR ".join(f"{quoted(key)} IS NULL" for key in changes.keys)
    names = ", ".join(literal(name.lower()) for name in changes.kept)
    unnamed = f"{NAMED} IS NULL OR size(filter({NAMED}, x -> NOT (x IN ({names})))) > 0"
    marks = (
        f"{SEQUENCE} IS NULL OR (({no_key}) AND NOT {TRUNCATE})",
        TRUNCATE,
        f"NOT {DELETE} AND NOT {TRUNCATE} AND ({unnamed})" if changes.named else "false",
    )
    counts = ", ".join(f"count(CASE WHEN {mark} THEN 1 END)" for mark in marks)
    ((count, lost, truncates, silent),) = turn.session.spark.sql(f"SELECT count(*), {counts} FROM {new}").collect()
    if lost:
        flow = changes.flow
        raise EngineError(
            f"{lost:,} of the changes have no key, or nothing in SEQUENCE BY",
            why=f"where {', '.join((*flow.keys, flow.sequence_by))} is NULL nobody knows which row changes, or when",
            fix="leave them out before the flow, or count them with an expectation there",
        )
    if silent:
        raise EngineError(
            f"{silent:,} of the changes do not say which columns to update",
            why=f"{changes.named} is NULL there, or names what is no column of the table",
            fix="name columns of the table in it; an empty array sets none",
        )
    return count, bool(truncates)


def _touched(turn: Turn, feed: Feed, *, whole: bool) -> str:
    """A relation of all events of the keys that have new ones, or of all keys."""
    new = f"SELECT {feed.stored}, true AS {NEW} FROM {feed.new}"
    if feed.state is None:
        return f"({new})"
    before = feed.events(turn)
    if not whole:
        keys = feed.changes.keys
        news = f"SELECT DISTINCT {feed.changes.by_key} FROM {feed.new}"
        same = " AND ".join(f"s.{quoted(key)} = n.{quoted(key)}" for key in keys)
        own = f"SELECT {feed.stored} FROM ({before}) AS s LEFT SEMI JOIN ({news}) AS n ON {same}"
        emptied = f" UNION ALL SELECT {feed.stored} FROM ({before}) WHERE {TRUNCATE}" if feed.changes.emptied else ""
        before = own + emptied
    return turn.kept("touched", f"SELECT {feed.stored}, false AS {NEW} FROM ({before}) UNION ALL {new}")


def _compared(turn: Turn, feed: Feed, touched: str) -> Compared:
    changes = feed.changes
    columns = (*changes.kept, *((START, END) if changes.flow.scd_type == "2" else ()))
    if feed.state is None:
        return compared(turn, None, _apart(changes, touched), columns, changes.keys)
    before = changes.rows(f"(SELECT * FROM {touched} WHERE NOT {NEW})")
    return compared(turn, before, changes.rows(touched), columns, changes.keys)


def _apart(changes: Changes, events: str) -> str:
    """The rows after all events: a first load is mostly keys with one event, and these need no comparison."""
    if changes.partial:
        return changes.rows(events)
    events = changes.living(events)
    lone = f"SELECT {changes.by_key} FROM {events} GROUP BY {changes.by_key} HAVING count(*) = 1"
    same = " AND ".join(f"e.{quoted(key)} = l.{quoted(key)}" for key in changes.keys)
    columns = ", ".join(map(quoted, changes.kept))
    span = f", {SEQUENCE} AS {START}, NULL AS {END}" if changes.flow.scd_type == "2" else ""
    one = f"SELECT {columns}{span} FROM {events} AS e LEFT SEMI JOIN ({lone}) AS l ON {same} WHERE NOT {DELETE}"
    others = f"(SELECT * FROM {events} AS e LEFT ANTI JOIN ({lone}) AS l ON {same})"
    return f"{changes.rows(others)} UNION ALL {one}"


def _ties(turn: Turn, feed: Feed, touched: str) -> int:
    """At how many moments of a key a new change meets another that says something else."""
    values = ", ".join(_hashable(name, type_) for name, type_ in feed.types.items() if name not in feed.changes.keys)
    said = f"CASE WHEN {DELETE} THEN 0 ELSE xxhash64({values or '1'}) END"
    moments = ", ".join((feed.changes.by_key, SEQUENCE))
    ties = (
        f"SELECT 1 AS one FROM (SELECT {moments}, {NEW}, {said} AS {_SAID} FROM {touched} WHERE NOT {TRUNCATE})"
        f" GROUP BY {moments} HAVING count(*) > 1 AND min({_SAID}) <> max({_SAID})"
        f" AND max(CASE WHEN {NEW} THEN 1 END) = 1"
    )
    return int(turn.session.spark.sql(f"SELECT count(*) FROM ({ties})").collect()[0][0])


def _hashable(name: str, type_: str) -> str:
    """What takes part in a hash, which leaves nulls out and knows no nested values."""
    nested = type_.startswith(("struct<", "map<", "array<"))
    return f"{quoted(name)} IS NULL, {f'to_json(struct({quoted(name)}))' if nested else quoted(name)}"


# --- what is kept -----------------------------------------------------------------------------------------------------


def _state(turn: Turn, feed: Feed) -> tuple[dict[str, str], dict[str, str], Memory]:
    """The state as it is to be: added to, or written anew when it holds much that cannot matter any more."""
    memory = replace(
        feed.memory,
        terms=feed.terms,
        columns=feed.types,
        rows=feed.memory.rows + feed.count,
        pieces=feed.memory.pieces + 1,
        emptied=feed.changes.emptied,
    )
    new = f"SELECT {feed.stored} FROM {feed.new}"
    every = f"({new})" if feed.state is None else f"({feed.events(turn)} UNION ALL {new})"
    wider = feed.state is not None and feed.types != dict(feed.memory.columns)
    if not wider and memory.pieces < PIECES:
        if memory.rows <= 2 * memory.needed + SLACK:
            return {}, {EVENTS: new}, memory
        memory = replace(memory, needed=_most(turn, feed, every))
        if memory.rows <= 2 * memory.needed + SLACK:
            return {}, {EVENTS: new}, memory
    view = turn.kept("events", needed(feed.changes, every))
    rows = int(turn.session.spark.sql(f"SELECT count(*) FROM {view}").collect()[0][0])
    return {EVENTS: f"SELECT * FROM {view}"}, {}, replace(memory, rows=rows, needed=rows, pieces=0)


def _most(turn: Turn, feed: Feed, events: str) -> int:
    """How many of the events are needed at most."""
    group = group_of(feed.changes)
    groups = f"SELECT 1 AS one FROM {events} GROUP BY {group}"
    return bound(feed.changes, int(turn.session.spark.sql(f"SELECT count(*) FROM ({groups})").collect()[0][0]))
