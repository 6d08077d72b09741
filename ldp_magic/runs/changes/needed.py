"""Which of the events that arrived can still matter, whatever arrives later."""

from __future__ import annotations

from ldp_magic.engine.cdc import DELETE, LIFE, PLACE, TRUNCATE, Changes
from ldp_magic.sql.writing import quoted


def needed(changes: Changes, events: str) -> str:
    """A query for them: more events in, in any order, give the same table as with all of them.

    Of a key, or with history of each moment of a key, the last event is kept, a delete for ever: an older change that
    comes late must not bring the row back. Where changes are partial, also the last event that set each value.
    """
    columns = ", ".join(map(quoted, changes.stored))
    living = changes.living(events)
    kept = _setters(changes, living) if changes.partial else _last(changes, living)
    if not changes.may_empty:
        return f"SELECT {columns} FROM ({kept})"
    latest = ", ".join(f"{each} DESC" for each in changes.moment)
    emptied = f"SELECT {columns} FROM {events} WHERE {TRUNCATE} ORDER BY {latest} LIMIT 1"
    return f"SELECT {columns} FROM ({kept}) UNION ALL SELECT {columns} FROM ({emptied})"


def group_of(changes: Changes) -> str:
    """Within what the last event decides: a key, or with history a moment of a key."""
    return ", ".join((changes.by_key, *(changes.moment if changes.flow.scd_type == "2" else ())))


def bound(changes: Changes, groups: int) -> int:
    """So many events are needed at most for so many keys, or moments of keys."""
    return groups * (len(changes.settings()) + 2 if changes.partial else 1) + 1


def _last(changes: Changes, events: str) -> str:
    rank = f"row_number() OVER (PARTITION BY {group_of(changes)} ORDER BY {changes.order(' DESC')}) AS __ldp_rank"
    return f"SELECT * FROM (SELECT *, {rank} FROM {events}) WHERE __ldp_rank = 1"


def _setters(changes: Changes, events: str) -> str:
    """The last delete, the last event, and of the changes since the last delete the last setter of each value."""
    group = group_of(changes)
    life = f"OVER (PARTITION BY {group}, {LIFE})"
    latest = {
        "__ldp_lives": f"max({LIFE}) OVER (PARTITION BY {group})",
        "__ldp_end": f"max({PLACE}) OVER (PARTITION BY {group})",
    }
    setters = {
        f"__ldp_set{n}": f"max(CASE WHEN NOT {DELETE} AND {when} THEN {PLACE} END) {life}"
        for n, (_, when) in enumerate(changes.settings())
    }
    marks = ", ".join(f"{text} AS {name}" for name, text in {**latest, **setters}.items())
    inner = f"SELECT *, {marks} FROM ({changes.lives(events, group)})"
    last_of = " OR ".join(f"{PLACE} = {name}" for name in ("__ldp_end", *setters))
    return f"SELECT * FROM ({inner}) WHERE {LIFE} = __ldp_lives AND ({DELETE} OR {last_of})"
