"""`create_auto_cdc_flow`, `apply_changes` and their snapshot forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ldp_magic.python.frames import split_name
from ldp_magic.python.values import (
    Applied,
    Argument,
    Arguments,
    Column,
    Const,
    Frame,
    Function,
    Opaque,
    Registered,
    Seq,
    Value,
    alternatives,
    plain,
    text,
)
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import AutoCdc, Clause, Code, FlowDef, Name, Unknown
from ldp_magic.text import Location

if TYPE_CHECKING:
    from ldp_magic.python.walk import Walker

_ORDER = ("target", "source", "keys", "sequence_by")
_LATER = ("apply_as_deletes", "column_list", "except_column_list", "stored_as_scd_type", "name")
_SNAPSHOT = (
    "target",
    "source",
    "keys",
    "stored_as_scd_type",
    "track_history_column_list",
    "track_history_except_column_list",
)


def flows(walker: Walker, applied: Applied) -> Iterator[FlowDef]:
    """The flow that one call defines (one for each target that it may mean)."""
    from ldp_magic.python import definitions

    api, arguments = applied.api, applied.arguments
    snapshot = "snapshot" in api
    order = _SNAPSHOT if snapshot else (*_ORDER, *_LATER) if api.endswith("auto_cdc_flow") else _ORDER
    held = {name: arguments.find(name, position) for position, name in enumerate(order)}
    held |= {a.name: a for a in arguments.keywords}
    clauses = definitions.clauses_of(walker, arguments, order)
    target, name = held.get("target"), held.get("name")
    if target is None:
        walker.unknown.append(Unknown("the target of a flow: it has none", applied.at))
    named = name is not None and not (isinstance(name.value, Const) and name.value.value is None)
    body = _source(walker, held.get("source"), applied.at, snapshot)
    change = replace(_change(held, body, snapshot), clauses=clauses)
    for to in definitions.names_of(walker, target, "the target of a flow"):
        names = definitions.names_of(walker, name, "the name of a flow") if named else [to]
        for own in names:
            yield _flow(own, to, change, applied.at, held, clauses)


def _flow(
    name: Name,
    target: Name,
    change: AutoCdc,
    at: Location,
    held: dict[str, Argument | None],
    clauses: tuple[Clause, ...],
) -> FlowDef:
    return FlowDef(
        name=name,
        target=target,
        body=change.source,
        location=at,
        language="python",
        cdc=change,
        once=_flag(held.get("once")),
        clauses=clauses,
    )


def _change(held: dict[str, Argument | None], source: Code, snapshot: bool) -> AutoCdc:
    scd = plain(_value(held.get("stored_as_scd_type")))
    return AutoCdc(
        source=source,
        keys=_columns(held.get("keys")) or (),
        sequence_by=_expression(held.get("sequence_by")),
        scd_type="1" if scd is None else str(scd),
        delete_when=_expression(held.get("apply_as_deletes")),
        truncate_when=_expression(held.get("apply_as_truncates")),
        where=_expression(held.get("where")),
        columns=_columns(held.get("column_list")),
        except_columns=_columns(held.get("except_column_list")),
        track_history=_columns(held.get("track_history_column_list")),
        track_history_except=_columns(held.get("track_history_except_column_list")),
        ignore_null_updates=_flag(held.get("ignore_null_updates")),
        from_snapshot=snapshot,
    )


def _value(argument: Argument | None) -> Value | None:
    return argument.value if argument else None


def _flag(argument: Argument | None) -> bool:
    return plain(_value(argument)) is True


def _expression(argument: Argument | None) -> str:
    """A string is SQL, and so is a Column."""
    value = _value(argument)
    return value.sql if isinstance(value, Column) else text(value) or ""


def _columns(argument: Argument | None) -> tuple[str, ...] | None:
    value = _value(argument)
    if isinstance(value, Seq):
        names = [i.sql if isinstance(i, Column) else text(i) for i in value.items]
        return tuple(n for n in names if n)
    one = _expression(argument)
    return (one,) if one else None


def texts(value: object) -> tuple[str, ...]:
    """A clause's value as a tuple of texts."""
    held = value if isinstance(value, tuple) else (value,)
    return tuple(item for item in held if isinstance(item, str))


def _source(walker: Walker, argument: Argument | None, at: Location, snapshot: bool) -> Code:
    """A name, a function that gives snapshots, or (wrongly) a frame."""
    if argument is None:
        return Code(location=at, unknown=(Unknown("the source of a flow: it has none", at),))
    if isinstance(argument.value, Function | Registered) and snapshot:
        return _function(walker, argument)
    reads: list[Relation] = []
    unknown: list[Unknown] = []
    for value in alternatives(argument.value):
        held = text(value)
        if held and split_name(held):
            place = value.place if isinstance(value, Const) else argument.value_at
            reads.append(Relation(name=split_name(held), span=place.span, whole=place.span, streaming=not snapshot))
        elif isinstance(value, Frame):
            reads += [read.relation for read in value.reads]
        else:
            what = value.what if isinstance(value, Opaque) else "it is no text"
            unknown.append(Unknown(f"the source of a flow: {what}", argument.value_at))
    return Code(location=argument.value_at, reads=tuple(reads), unknown=tuple(unknown))


def _function(walker: Walker, argument: Argument) -> Code:
    from ldp_magic.python import definitions

    at = argument.value_at
    version = Argument("", Opaque("the last snapshot's version", at), at, at)
    return definitions.code_of(walker, argument.value, Arguments((version,), at))[0]
