"""What a turn of AUTO CDC remembers for the next, and what must not change between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ldp_magic.engine.cdc import Changes
from ldp_magic.engine.child import EngineError
from ldp_magic.lake.batch import Json

_REFRESH = "run it once with --full-refresh of this table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The terms of a table, the columns of its events, and how much of them is kept."""

    terms: Mapping[str, str] = field(default_factory=dict)  # what the flow said, clause by clause
    columns: Mapping[str, str] = field(default_factory=dict)  # of the events, with their types
    rows: int = 0  # of the state
    needed: int = 0  # so many of them could matter, when they were last counted
    pieces: int = 0  # so many turns have added to the state since it was last written whole
    emptied: bool = False  # is there a truncate among the events?

    @classmethod
    def of(cls, said: Mapping[str, Json]) -> Memory:
        """What the last turn left; nothing at first."""
        return cls(**{name: said[name] for name in cls.__slots__ if name in said})

    def json(self) -> dict[str, Json]:
        """As values that JSON holds."""
        return {
            "terms": dict(self.terms),
            "columns": dict(self.columns),
            "rows": self.rows,
            "needed": self.needed,
            "pieces": self.pieces,
            "emptied": self.emptied,
        }


def terms_of(changes: Changes, sequence: str) -> dict[str, str]:
    """What makes the kept events and the table mean what they mean."""
    flow = changes.flow
    return {
        "KEYS": _listed(changes.keys),
        "STORED AS": f"SCD TYPE {flow.scd_type}",
        "SEQUENCE BY": sequence,
        "TRACK HISTORY": _chosen(flow.track_history, flow.track_history_except),
        "IGNORE NULL UPDATES": _chosen(*changes.ignoring) if flow.ignore_null_updates else "",
        "COLUMNS TO UPDATE": changes.named.lower(),
    }


def check_terms(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """A table is made on one set of terms from its first row on."""
    for clause, said in now.items():
        had = before.get(clause, said)
        if had != said:
            raise EngineError(
                f"{clause} says {said or 'nothing'} now, and the table was made with {had or 'nothing'}",
                why="its rows and the changes that are kept with them mean something else then",
                fix=f"{_REFRESH}; several flows into one table must say the same",
            )


def check_columns(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Columns may come; they may not go, and they keep their types."""
    for name, type_ in before.items():
        if name not in now:
            raise EngineError(
                f"the changes have no column {name} any more",
                why="whether its values are to stay or to become NULL cannot be known",
                fix=f"bring it back, or leave it out and {_REFRESH}",
            )
        if now[name] != type_:
            raise EngineError(
                f"the column {name} is {now[name]} now, and was {type_}",
                why="the changes that are kept with the table have the old type",
                fix=f"cast it to {type_} in the source, or {_REFRESH}",
            )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(sorted(name.lower() for name in names))


def _chosen(only: tuple[str, ...] | None, others: tuple[str, ...] | None) -> str:
    if only:
        return f"ON {_listed(only)}"
    return f"ON * EXCEPT {_listed(others)}" if others else "ON *"
