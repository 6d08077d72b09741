"""The pipeline API: what its decorators and calls define."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from ldp_magic.python import cdc, frames, schema
from ldp_magic.python.values import (
    Applied,
    Argument,
    Arguments,
    Column,
    Const,
    Dict,
    Function,
    Marked,
    Opaque,
    Reader,
    Registered,
    Symbol,
    Value,
    alternatives,
    frames_in,
    plain,
    text,
)
from ldp_magic.sql.model import (
    Action,
    Clause,
    Code,
    DatasetDef,
    Expectation,
    FlowDef,
    Kind,
    Name,
    Problem,
    Statement,
    Unknown,
)
from ldp_magic.text import Location

if TYPE_CHECKING:
    from ldp_magic.python.walk import Record, Walker

Role: TypeAlias = Literal["dataset", "flow", "expectation", "sink function", "table", "sink", "cdc", "read"]

NAMES: dict[str, Role] = {
    "table": "dataset",
    "create_table": "dataset",
    "materialized_view": "dataset",
    "view": "dataset",
    "create_view": "dataset",
    "temporary_view": "dataset",
    "append_flow": "flow",
    "update_flow": "flow",
    "replace_flow": "flow",
    "expect": "expectation",
    "expect_or_drop": "expectation",
    "expect_or_fail": "expectation",
    "expect_all": "expectation",
    "expect_all_or_drop": "expectation",
    "expect_all_or_fail": "expectation",
    "foreach_batch_sink": "sink function",
    "create_streaming_table": "table",
    "create_target_table": "table",
    "create_streaming_live_table": "table",
    "create_sink": "sink",
    "create_auto_cdc_flow": "cdc",
    "apply_changes": "cdc",
    "create_auto_cdc_from_snapshot_flow": "cdc",
    "apply_changes_from_snapshot": "cdc",
    "read": "read",
    "read_stream": "read",
    "readStream": "read",
}
_HOMES = {"dlt": "dlt", "pyspark.pipelines": "dp", "pyspark.pipelines.api": "dp"}
_KINDS: dict[str, Kind] = {
    "materialized_view": "materialized view",
    "view": "temporary view",
    "create_view": "temporary view",
    "temporary_view": "temporary view",
}
_POSITIONS = {"create_sink": ("name", "format", "options"), "foreach_batch_sink": ("name",)}


def home(path: str) -> str:
    """`dlt` or `dp` where the full name is one of the pipeline API's, else nothing."""
    room, _, name = path.rpartition(".")
    return _HOMES.get(room, "") if name in NAMES else ""


def spelled(path: str) -> str:
    """The name as people write it: `dp.table`."""
    return f"{home(path)}.{path.rpartition('.')[2]}"


def _last(path: str) -> str:
    return path.rpartition(".")[2]


# -- calls and decorators ---------------------------------------------------------------------------


def call(walker: Walker, symbol: Symbol, arguments: Arguments) -> Value:
    """`dp.table(...)`, `dp.create_sink(...)`, `dlt.read(...)`"""
    name, at = _last(symbol.path), arguments.at
    role = NAMES[name]
    if role == "read":
        end = symbol.at.end
        word = replace(symbol.at, start=max(symbol.at.start, end - len(name)))
        return frames.read_table(walker, arguments.find("name", 0), Reader(name != "read", at, word), at)
    applied = Applied(symbol.path, arguments, at)
    if role in ("table", "sink", "cdc"):
        path = walker.path
        walker.pending.append((lambda: _statement(walker, applied, role, path), at))
        return Const(None, at)
    first = arguments.positional[0].value if arguments.positional else None
    if isinstance(first, Function | Registered):
        return apply(walker, applied, first, at, at)
    return applied


def call_applied(walker: Walker, applied: Applied, arguments: Arguments) -> Value:
    """`dp.table(name="t")(f)`"""
    value = arguments.items[0].value if arguments.items else Opaque("a function that is not given", arguments.at)
    return apply(walker, applied, value, applied.at, arguments.at)


def stand_alone(walker: Walker, value: Value) -> None:
    """`dp.create_table(...)` on a line of its own makes a table; a decorator there does nothing."""
    if isinstance(value, Applied) and _last(value.api) == "create_table":
        path = walker.path
        walker.pending.append((lambda: _statement(walker, value, "table", path), value.at))


def apply(walker: Walker, applied: Applied, value: Value, head: Location, at: Location) -> Value:
    """Put a decorator on a function. *head* is the decorator, *at* all of it."""
    role = NAMES[_last(applied.api)]
    if role == "expectation":
        return _mark(walker, value, Marked(applied, head))
    function = value.function if isinstance(value, Registered) else value
    number, path = len(walker.marks), walker.path
    walker.marks[number] = []
    finish: dict[str, Callable[..., None]] = {"dataset": _dataset, "flow": _flow, "sink function": _sink_function}
    held = _Put(applied, function, head, at, number, path)
    walker.pending.append((lambda: finish[role](walker, held), at))
    return Registered(function, number, at) if isinstance(function, Function) else value


def _mark(walker: Walker, value: Value, mark: Marked) -> Value:
    if isinstance(value, Function):
        return replace(value, expectations=(mark, *value.expectations))
    if isinstance(value, Registered):
        walker.marks[value.number].insert(0, mark)
    return value


class _Put:
    """A decorator with the function that it was put on."""

    __slots__ = ("applied", "at", "function", "head", "number", "path")

    def __init__(
        self,
        applied: Applied,
        function: Value,
        head: Location,
        at: Location,
        number: int,
        path: tuple[tuple[int, int], ...],
    ) -> None:
        self.applied, self.function, self.head, self.at = applied, function, head, at
        self.number, self.path = number, path

    @property
    def own_name(self) -> str:
        return self.function.name if isinstance(self.function, Function) else ""


# -- names ------------------------------------------------------------------------------------------


def names_of(walker: Walker, argument: Argument | None, what: str) -> list[Name]:
    """The names that an argument may give; what is not known is said."""
    names: list[Name] = []
    for value in alternatives(argument.value) if argument else ():
        held = text(value)
        parts = frames.split_name(held) if held else ()
        if argument and not (isinstance(value, Const) and parts):
            why = value.what if isinstance(value, Opaque) else "it is no text"
            walker.unknown.append(Unknown(f"{what}: {why}", argument.value_at))
        elif isinstance(value, Const):
            names.append(Name(parts, value.place))
    return names


def _given(argument: Argument | None) -> Argument | None:
    return None if argument and isinstance(argument.value, Const) and argument.value.value is None else argument


def _names(walker: Walker, put: _Put, what: str) -> list[Name]:
    arguments = put.applied.arguments
    positional = next((a for a in arguments.positional if text(a.value) is not None), None)
    argument = _given(arguments.find("name")) or positional
    if argument is None and put.own_name and isinstance(put.function, Function):
        node = put.function.node
        return [Name((put.own_name,), put.at if isinstance(node, ast.Lambda) else walker.places.name(node))]
    if argument is None:
        walker.unknown.append(Unknown(f"{what}: it has none", put.at))
    return names_of(walker, argument, what)


# -- datasets ---------------------------------------------------------------------------------------


def clauses_of(walker: Walker, arguments: Arguments, order: tuple[str, ...] = ()) -> tuple[Clause, ...]:
    """One clause for each argument; a positional one is called by its place, or nothing. None is none given."""
    made, position = list[Clause](), 0
    for argument in arguments.items:
        name = argument.name
        if argument.rest:
            walker.unknown.append(Unknown("more arguments, which are put together elsewhere", argument.at))
            continue
        if not name:
            name = order[position] if position < len(order) else ""
            position += 1
            if isinstance(argument.value, Function | Registered) and not name:
                continue
        if isinstance(argument.value, Const) and argument.value.value is None:
            continue
        made.append(
            Clause(name=name, location=argument.at, value=plain(argument.value), value_location=argument.value_at)
        )
    return tuple(made)


def code_of(walker: Walker, value: Value, arguments: Arguments) -> tuple[Code, bool]:
    """What a query function reads, and whether there may be more."""
    if isinstance(value, Registered):
        value = value.function
    if not isinstance(value, Function):
        what = value.what if isinstance(value, Opaque) else "a function that this text does not define"
        return Code(location=value.at, unknown=(Unknown(what, value.at),)), True
    record, result = walker.query(value, arguments)
    if not any(True for _ in frames_in(result)):
        for some in alternatives(result):
            if isinstance(some, Opaque):
                record.doubt(some.what, some.at)
    return _code(record, walker.places.body(value.node), value.name), record.open


def _code(record: Record, location: Location, function: str) -> Code:
    return Code(
        location=location,
        reads=tuple(sorted(dict.fromkeys(record.reads.values()), key=lambda r: r.span)),
        unknown=tuple(dict.fromkeys(record.unknown)),
        queries=tuple(sorted(dict.fromkeys(record.queries), key=lambda q: q.location.start)),
        function=function,
        calls=tuple(sorted(dict.fromkeys(record.calls), key=lambda c: (c[1].start, c[1].end))),
    )


def _kind(api: str, code: Code, doubtful: bool) -> Kind:
    """A table whose function reads a stream is a streaming table, else Databricks makes a materialized view of it."""
    known = _KINDS.get(_last(api))
    if known:
        return known
    if any(read.streaming for read in code.reads) or (doubtful and home(api) == "dp"):
        return "streaming table"
    return "materialized view"


def _dataset(walker: Walker, put: _Put) -> None:
    applied = put.applied
    names = _names(walker, put, "the name of a dataset")
    code, doubtful = code_of(walker, put.function, Arguments((), put.at))
    kind = _kind(applied.api, code, doubtful)
    marks = [*walker.marks[put.number], *(put.function.expectations if isinstance(put.function, Function) else ())]
    expectations = tuple(e for m in marks for e in _expectations(walker, m.applied.api, m.applied.arguments, m.at))
    clauses = clauses_of(walker, applied.arguments)
    for name in names:
        flow = FlowDef(name=name, target=name, body=code, location=code.location, language="python", implicit=True)
        made = DatasetDef(
            kind=kind,
            name=name,
            location=put.at,
            head=put.head,
            words=("@" + spelled(applied.api),),
            language="python",
            private=_private(clauses),
            expectations=expectations,
            clauses=clauses,
            query=code,
            flow=flow if kind == "streaming table" else None,
        )
        _found(walker, schema.declared(walker, made, applied.arguments.find("schema")), put.path)


def _private(clauses: tuple[Clause, ...]) -> bool:
    return any(c.name in ("private", "temporary") and c.value is True for c in clauses)


def _found(walker: Walker, made: Statement, path: tuple[tuple[int, int], ...]) -> None:
    walker.found.append((made, path))


# -- expectations -----------------------------------------------------------------------------------


def _expectations(walker: Walker, api: str, arguments: Arguments, at: Location) -> Iterator[Expectation]:
    """`@dp.expect(name, condition)`, `@dp.expect_all_or_drop({name: condition})`"""
    name = _last(api)
    action = _action(name)
    word = _word(at, name)
    if name.startswith("expect_all"):
        held = arguments.find("expectations", 0)
        yield from expectations_in(walker, held, action, word) if held else ()
        return
    first, second = arguments.find("name", 0), arguments.find("inv") or arguments.find("condition", 1)
    if second is None or first is None:
        walker.unknown.append(Unknown("an expectation without a name or a condition", at))
        return
    made = _expectation(first.value, second.value, action, at, word)
    if made is None:
        walker.unknown.append(Unknown("the name or the condition of an expectation", at))
    else:
        yield made


def _action(name: str) -> Action:
    return "drop" if name.endswith("_or_drop") else "fail" if name.endswith("_or_fail") else "warn"


def _word(at: Location, name: str) -> Location:
    start = at.source.text.find(name, at.start, at.end)
    return at if start < 0 else Location(at.source, start, start + len(name))


def expectations_in(walker: Walker, argument: Argument, action: Action, word: Location) -> Iterator[Expectation]:
    """The expectations of a dictionary, wherever it was written."""
    for held in alternatives(argument.value):
        if isinstance(held, Const) and held.value is None:
            continue
        if not isinstance(held, Dict) or held.more:
            walker.unknown.append(Unknown("some expectations, which are put together in a run", argument.value_at))
        for key, value in held.entries.values() if isinstance(held, Dict) else ():
            at = (
                key.at.upto(value.at)
                if key.at.start <= value.at.start and key.at.source is value.at.source
                else value.at
            )
            made = _expectation(key, value, action, at, word)
            if made is None:
                walker.unknown.append(Unknown(f"the condition of the expectation {key.value!r}", value.at))
            else:
                yield made


def _expectation(name: Value, held: Value, action: Action, at: Location, word: Location) -> Expectation | None:
    condition = held.sql if isinstance(held, Column) else text(held)
    if not isinstance(name, Const) or not isinstance(name.value, str) or not condition:
        return None
    return Expectation(
        name=name.value,
        condition=condition,
        on_violation=action,
        location=at,
        name_location=name.place,
        condition_location=held.place if isinstance(held, Const) else held.at,
        action_location=word,
    )


# -- flows, tables, sinks ---------------------------------------------------------------------------


def _flow(walker: Walker, put: _Put) -> None:
    applied = put.applied
    target = applied.arguments.find("target") or next((a for a in applied.arguments.positional if text(a.value)), None)
    if target is None:
        walker.problems.append(_no_target(applied, put.head))
        return
    targets = names_of(walker, target, "the target of a flow")
    code, _ = code_of(walker, put.function, Arguments((), put.at))
    names = _names(walker, put, "the name of a flow") if applied.arguments.find("name") or put.own_name else targets
    clauses = (*clauses_of(walker, applied.arguments, ("target",)), *_marks(put))
    using = next((c.value for c in clauses if c.name == "replace_using"), None)
    for to, name in [(t, n) for t in targets for n in names]:
        made = FlowDef(
            name=name,
            target=to,
            body=code,
            location=put.at,
            language="python",
            once=any(c.name == "once" and c.value is True for c in clauses),
            replace_using=cdc.texts(using),
            clauses=clauses,
        )
        _found(walker, made, put.path)


def _marks(put: _Put) -> Iterator[Clause]:
    for mark in put.function.expectations if isinstance(put.function, Function) else ():
        given = tuple(plain(a.value) for a in mark.applied.arguments.items)
        yield Clause(
            name=_last(mark.applied.api), location=mark.at, value=given, value_location=mark.applied.arguments.at
        )


def _no_target(applied: Applied, at: Location) -> Problem:
    name = spelled(applied.api)
    return Problem(
        kind="shape",
        message=f"@{name} names no target",
        location=at,
        why=f'a flow writes into a table or sink; write @{name}(target="...")',
    )


def _sink_function(walker: Walker, put: _Put) -> None:
    clauses = clauses_of(walker, put.applied.arguments, _POSITIONS["foreach_batch_sink"])
    for name in _names(walker, put, "the name of a sink"):
        words = ("@" + spelled(put.applied.api),)
        made = DatasetDef(
            kind="sink", name=name, location=put.at, head=put.head, words=words, language="python", clauses=clauses
        )
        _found(walker, made, put.path)
    if isinstance(put.function, Function):
        walker.followed.add(put.function.node)


def _statement(walker: Walker, applied: Applied, role: Role, path: tuple[tuple[int, int], ...]) -> None:
    if role == "cdc":
        for flow in cdc.flows(walker, applied):
            _found(walker, flow, path)
        return
    api, arguments = _last(applied.api), applied.arguments
    order = _POSITIONS.get(api, ("name", "comment"))
    clauses = clauses_of(walker, arguments, order)
    kind: Kind = "sink" if role == "sink" else "table" if api == "create_table" else "streaming table"
    expectations = tuple(
        e
        for a in arguments.keywords
        if a.name in ("expect_all", "expect_all_or_drop", "expect_all_or_fail")
        for e in expectations_in(walker, a, _action(a.name), _word(a.at, a.name))
    )
    argument = arguments.find("name", 0)
    if argument is None:
        walker.unknown.append(Unknown("the name of a dataset: it has none", applied.at))
    for name in names_of(walker, argument, "the name of a dataset"):
        made = DatasetDef(
            kind=kind,
            name=name,
            location=applied.at,
            head=applied.at,
            words=(spelled(applied.api),),
            language="python",
            private=_private(clauses),
            expectations=expectations,
            clauses=clauses,
        )
        _found(walker, schema.declared(walker, made, arguments.find("schema")), path)
