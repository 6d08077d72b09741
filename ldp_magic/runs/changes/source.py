"""The columns of a view, and a source whose columns can be kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ldp_magic.engine.child import EngineError
from ldp_magic.runs.work import Turn
from ldp_magic.sql.types import fields_of
from ldp_magic.sql.writing import quoted

_NOT_KEPT = re.compile(r"\b(interval|variant)\b")
_NO_ORDER = re.compile(r"(map|array|struct|variant|interval|void)\b")


def types_of(turn: Turn, view: str) -> dict[str, str]:
    """The columns of a quoted view, with their types."""
    return {each.name: each.dataType.simpleString() for each in turn.session.spark.table(view).schema.fields}


def source_of(turn: Turn, view: str, known: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """What to read, and its columns as they are kept: spelled as before, and a column that is only NULL with a type."""
    spelled = {name.lower(): name for name in known}
    types, casts, changed = dict[str, str](), list[str](), False
    for name, type_ in types_of(turn, view).items():
        own = spelled.get(name.lower(), name)
        types[own] = known.get(own, "string") if type_ == "void" else type_
        if _NOT_KEPT.search(types[own]) or "void" in types[own]:
            raise EngineError(
                f"the column {name} is {type_}, which cannot be kept with the table",
                why="the changes of AUTO CDC are kept as Parquet files",
                fix="cast it in the source, or leave it out with COLUMNS * EXCEPT and cast it there",
            )
        changed |= own != name or type_ == "void"
        value = f"CAST({quoted(name)} AS {types[own]})" if type_ == "void" else quoted(name)
        casts.append(f"{value} AS {quoted(own)}")
    return (f"(SELECT {', '.join(casts)} FROM {view})" if changed else view), types


def fields_in(sequence: str) -> tuple[str, ...]:
    """The fields of a sequence that is a struct; a type that has no order here is refused."""
    fields = tuple(fields_of(sequence))
    for name, type_ in fields or (("", sequence),):
        if _NO_ORDER.match(type_):
            raise EngineError(
                f"SEQUENCE BY cannot be {type_}" + (f" in its field {name}" if name else ""),
                why="it has to say which of two changes is the later",
                fix="sequence by a number, a time, a text, or a struct of these",
            )
    return tuple(name for name, _ in fields)


def aligned(view: str, have: Mapping[str, str], want: Mapping[str, str]) -> str:
    """A query for the columns that are wanted, of their types; one that there is not is NULL."""
    own = {name.lower(): (name, type_) for name, type_ in have.items()}
    return f"SELECT {', '.join(_aligned(name, type_, own) for name, type_ in want.items())} FROM {view}"


def _aligned(name: str, type_: str, own: Mapping[str, tuple[str, str]]) -> str:
    there, has = own.get(name.lower(), ("", ""))
    value = quoted(there) if there else "NULL"
    return f"{value} AS {quoted(name)}" if has == type_ else f"CAST({value} AS {type_}) AS {quoted(name)}"


def same_keys(keys: Sequence[str], one: str, other: str, types: Mapping[str, str]) -> str:
    """Are the keys of two relations equal? The other's are read as the first has them."""
    low = {name.lower(): type_ for name, type_ in types.items()}
    return " AND ".join(f"{one}.{quoted(key)} = CAST({other}.{quoted(key)} AS {low[key.lower()]})" for key in keys)


def has_rows(turn: Turn, view: str) -> bool:
    """Is there any row?"""
    return bool(turn.session.spark.sql(f"SELECT 1 AS one FROM {view} LIMIT 1").collect())
