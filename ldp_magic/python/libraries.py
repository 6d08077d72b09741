"""Calls of things by their full name: the pipeline API, Spark, the standard library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING

from ldp_magic.python import columns, definitions, expressions, fold, frames
from ldp_magic.python.values import (
    Argument,
    Arguments,
    Const,
    Dict,
    Frame,
    Function,
    Opaque,
    Seq,
    Symbol,
    Value,
    alternatives,
    either,
    frames_in,
    items_of,
    truth,
    union,
)

if TYPE_CHECKING:
    from ldp_magic.python.walk import Walker

_MOST_ITEMS = 10_000


def call(walker: Walker, symbol: Symbol, arguments: Arguments) -> Value:
    """`symbol(...)`"""
    path, at = symbol.path, arguments.at
    room, _, name = path.rpartition(".")
    if definitions.home(path):
        return definitions.call(walker, symbol, arguments)
    if path.startswith("spark."):
        return frames.session_call(walker, path[6:], arguments)
    if name in ("getOrCreate", "getActiveSession") and "Session" in path:
        return Symbol("spark", at)
    if ".builder" in path:
        return Symbol(path, at)
    if room in ("pyspark.sql.functions", "pyspark.sql.column"):
        return columns.function(name, arguments)
    if room == "pyspark.sql.types":
        return columns.type_call(name, arguments)
    if path.endswith((".DeltaTable.forName", ".DeltaTable.forPath")):
        return frames.delta_table(walker, name, arguments)
    known = _KNOWN.get(path)
    made = known(walker, arguments) if known else None
    return made or _unknown(walker, path, arguments)


def _unknown(walker: Walker, path: str, arguments: Arguments) -> Value:
    if not expressions.known_module(path):
        return expressions.unknown_call(walker, f"what `{path}()` does, which is not in this text", arguments)
    given = [frame for a in arguments.items for frame in frames_in(a.value)]
    what = f"what `{path.removeprefix('builtins.')}()` gives"
    return Frame(union(given), arguments.at) if given else Opaque(what, arguments.at)


def _parameter(walker: Walker, arguments: Arguments) -> Value:
    return frames.parameter(
        Arguments(tuple(Argument("", a.value, a.at, a.value_at) for a in arguments.items[:1]), arguments.at), "a widget"
    )


def _join_paths(walker: Walker, arguments: Arguments) -> Value | None:
    return fold.path([a.value for a in arguments.items], arguments.at)


def _string(walker: Walker, arguments: Arguments) -> Value | None:
    first = arguments.items[0].value if arguments.items else Const("", arguments.at)
    made = [Const(str(v.value), arguments.at, v.exact) for v in alternatives(first) if isinstance(v, Const)]
    return either(list(made), arguments.at) if len(made) == len(alternatives(first)) else None


def _number(walker: Walker, arguments: Arguments) -> Value | None:
    first = arguments.items[0].value if arguments.items else None
    if not isinstance(first, Const) or first.parametric or not isinstance(first.value, str | int | float):
        return None
    try:
        return Const(int(first.value), arguments.at)
    except (ValueError, OverflowError):
        return None  # the program itself would fail here


def _boolean(walker: Walker, arguments: Arguments) -> Value | None:
    holds = truth(arguments.items[0].value) if arguments.items else False
    return None if holds is None else Const(holds, arguments.at)


def _length(walker: Walker, arguments: Arguments) -> Value | None:
    first = arguments.items[0].value if arguments.items else None
    if isinstance(first, Seq) and not first.more:
        return Const(len(first.items), arguments.at)
    if isinstance(first, Dict) and not first.more:
        return Const(len(first.entries), arguments.at)
    if isinstance(first, Const) and isinstance(first.value, str) and not first.parametric:
        return Const(len(first.value), arguments.at)
    return None


def _list(walker: Walker, arguments: Arguments) -> Value | None:
    if not arguments.items:
        return Seq([], arguments.at)
    held = items_of(arguments.items[0].value)
    return Seq(list(held.items), arguments.at, held.more) if held else None


def _set(walker: Walker, arguments: Arguments) -> Value | None:
    made = _list(walker, arguments)
    if isinstance(made, Seq):
        made.items = list({_identity(v): v for v in made.items}.values())
    return made


def _identity(value: Value) -> object:
    return value.value if isinstance(value, Const) else value


def _sorted(walker: Walker, arguments: Arguments) -> Value | None:
    made = _list(walker, Arguments(tuple(arguments.positional), arguments.at))
    if not isinstance(made, Seq) or made.more or arguments.keywords:
        return made
    texts = {id(v): v.value for v in made.items if isinstance(v, Const) and isinstance(v.value, str)}
    if len(texts) == len(made.items):
        made.items.sort(key=lambda v: texts[id(v)])
    return made


def _dict(walker: Walker, arguments: Arguments) -> Value | None:
    made = Dict({}, arguments.at)
    for argument in arguments.items:
        if argument.name:
            made.entries[argument.name] = (Const(argument.name, argument.at), argument.value)
        elif isinstance(argument.value, Dict):
            made.entries |= argument.value.entries
            made.more |= argument.value.more
        elif isinstance(argument.value, Seq):
            _pairs(made, argument.value)
        else:
            made.more = True
    return made


def _pairs(made: Dict, given: Seq) -> None:
    made.more |= given.more
    for pair in given.items:
        key = pair.items[0] if isinstance(pair, Seq) and len(pair.items) == 2 else None
        if isinstance(pair, Seq) and isinstance(key, Const):
            made.entries[key.value] = (key, pair.items[1])
        else:
            made.more = True


def _range(walker: Walker, arguments: Arguments) -> Value | None:
    given = [a.value.value for a in arguments.items if isinstance(a.value, Const)]
    numbers = [n for n in given if isinstance(n, int)]
    if not 1 <= len(numbers) <= 3 or len(numbers) != len(arguments.items) or (len(numbers) == 3 and not numbers[2]):
        return None
    known = range(*numbers)
    made: list[Value] = [Const(n, arguments.at) for n in known[:_MOST_ITEMS]]
    return Seq(made, arguments.at, known[_MOST_ITEMS:] != range(0))


def _zip(walker: Walker, arguments: Arguments) -> Value | None:
    lists = [items_of(a.value) for a in arguments.positional]
    known = [held for held in lists if held is not None]
    if len(known) < len(lists):
        return None
    rows = [Seq(list(row), arguments.at) for row in zip(*(held.items for held in known), strict=False)]
    return Seq(list(rows), arguments.at, any(held.more for held in known))


def _enumerate(walker: Walker, arguments: Arguments) -> Value | None:
    held = items_of(arguments.items[0].value) if arguments.items else None
    start = arguments.value("start", 1)
    first = start.value if isinstance(start, Const) and isinstance(start.value, int) else 0
    if held is None or (start is not None and not isinstance(start, Const)):
        return None
    at = arguments.at
    return Seq([Seq([Const(i, at), item], at) for i, item in enumerate(held.items, first)], at, held.more)


def _reversed(walker: Walker, arguments: Arguments) -> Value | None:
    held = items_of(arguments.items[0].value) if arguments.items else None
    return Seq(held.items[::-1], arguments.at, held.more) if held else None


def _product(walker: Walker, arguments: Arguments) -> Value | None:
    lists = [items_of(a.value) for a in arguments.positional]
    known = [held for held in lists if held is not None]
    if len(known) < len(lists):
        return None
    rows = [Seq(list(row), arguments.at) for row in islice(product(*(h.items for h in known)), _MOST_ITEMS)]
    more = len(rows) == _MOST_ITEMS or any(h.more for h in known)
    return Seq(list(rows), arguments.at, more)


def _chain(walker: Walker, arguments: Arguments) -> Value | None:
    lists = [items_of(a.value) for a in arguments.positional]
    known = [held for held in lists if held is not None]
    if len(known) < len(lists):
        return None
    return Seq([i for h in known for i in h.items], arguments.at, any(h.more for h in known))


def _map(walker: Walker, arguments: Arguments) -> Value | None:
    """`map(f, items)`: f is followed for each item."""
    given = [a.value for a in arguments.positional]
    held = items_of(given[1]) if len(given) == 2 else None
    if held is None or not isinstance(given[0], Function | Symbol):
        return None
    made: list[Value] = []
    for item in held.items:
        if walker.spent:
            return Seq(made, arguments.at, more=True)
        walker.turns += 1
        one = Arguments((Argument("", item, arguments.at, arguments.at),), arguments.at)
        made.append(expressions.call(walker, given[0], one))
    return Seq(made, arguments.at, held.more)


def _same(walker: Walker, arguments: Arguments) -> Value | None:
    return arguments.items[0].value if arguments.items else None


def _dedent(walker: Walker, arguments: Arguments) -> Value | None:
    first = arguments.items[0].value if arguments.items else None
    return fold.dedent(first, arguments.at) if isinstance(first, Const) and isinstance(first.value, str) else None


def _get_attribute(walker: Walker, arguments: Arguments) -> Value | None:
    """`getattr(dlt, "table")`"""
    owner, name = arguments.value("", 0), arguments.value("", 1)
    if isinstance(owner, Symbol) and isinstance(name, Const) and isinstance(name.value, str):
        return Symbol(f"{owner.path}.{name.value}", arguments.at)
    return None


def _partial(walker: Walker, arguments: Arguments) -> Value | None:
    """`functools.partial(f, ...)`"""
    first, *rest = arguments.items or (None,)
    if first is None or not isinstance(first.value, Function) or any(a.rest for a in rest):
        return None
    function = first.value
    named = {a.name: a.value for a in rest if a.name}
    given = (*function.bound, *(a.value for a in rest if not a.name))
    return replace(function, defaults={**function.defaults, **named}, bound=given)


_KNOWN: dict[str, Callable[[Walker, Arguments], Value | None]] = {
    "dbutils.widgets.get": _parameter,
    "os.path.join": _join_paths,
    "posixpath.join": _join_paths,
    "textwrap.dedent": _dedent,
    "builtins.str": _string,
    "builtins.int": _number,
    "builtins.bool": _boolean,
    "builtins.len": _length,
    "builtins.list": _list,
    "builtins.tuple": _list,
    "builtins.set": _set,
    "builtins.frozenset": _set,
    "builtins.iter": _list,
    "builtins.sorted": _sorted,
    "builtins.dict": _dict,
    "builtins.range": _range,
    "builtins.zip": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.reversed": _reversed,
    "builtins.map": _map,
    "builtins.getattr": _get_attribute,
    "itertools.product": _product,
    "itertools.chain": _chain,
    "functools.partial": _partial,
    "copy.copy": _same,
    "copy.deepcopy": _same,
}
