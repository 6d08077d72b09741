"""Methods of strings, lists and dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ldp_magic.python import fold
from ldp_magic.python.values import Arguments, Const, Dict, OneOf, Opaque, Seq, Value, alternatives, either
from ldp_magic.text import Location

if TYPE_CHECKING:
    from ldp_magic.python.walk import Walker


def method(walker: Walker, receiver: Value, name: str, arguments: Arguments) -> Value | None:
    """`receiver.name(...)` for plain Python values; None if it is not known."""
    if isinstance(receiver, Const):
        return _text(receiver, name, arguments)
    if isinstance(receiver, Seq):
        return _list(receiver, name, arguments)
    return _dict(receiver, name, arguments) if isinstance(receiver, Dict) else None


def _text(receiver: Const, name: str, arguments: Arguments) -> Value | None:
    if not isinstance(receiver.value, str) or any(a.rest for a in arguments.items):
        return None
    held, at = receiver.value, arguments.at
    given = [a.value for a in arguments.items]
    if name == "join" and len(given) == 1:
        items = given[0]
        return fold.join(held, items, at) if isinstance(items, Seq) else None
    names = [a.name for a in arguments.items]
    if name == "format":
        return fold.spread(given, at, lambda chosen: _format(held, chosen, names, at)) if given else Const(held, at)
    return (
        fold.spread(given, at, lambda chosen: fold.method(receiver, name, chosen, at))
        if given
        else fold.method(receiver, name, [], at)
    )


def _format(template: str, values: list[Value], names: list[str], at: Location) -> Value | None:
    positional = [v for v, n in zip(values, names, strict=True) if not n]
    named = {n: v for v, n in zip(values, names, strict=True) if n}
    return fold.format_text(template, positional, named, at)


def _list(receiver: Seq, name: str, arguments: Arguments) -> Value | None:
    at, given = arguments.at, arguments.positional
    none = Const(None, at)
    if name in ("append", "add") and given:
        receiver.items.append(given[0].value)
        return none
    if name in ("extend", "update", "union") and given:
        added = given[0].value
        target = receiver if name != "union" else Seq(list(receiver.items), at, receiver.more)
        fits = isinstance(added, Seq) and len(target.items) + len(added.items) <= fold.LONGEST
        target.items += list(added.items) if fits and isinstance(added, Seq) else []
        target.more |= not fits or (isinstance(added, Seq) and added.more)
        return target if name == "union" else none
    if name == "copy":
        return Seq(list(receiver.items), at, receiver.more)
    if name in ("insert", "remove", "pop", "clear", "sort", "reverse", "discard"):
        receiver.more = receiver.more or name != "reverse"
        return Opaque("an item of a list that changes", at)
    return None


def _dict(receiver: Dict, name: str, arguments: Arguments) -> Value | None:
    at = arguments.at
    if name in ("items", "keys", "values"):
        return Seq(_VIEWS[name](receiver, at), at, receiver.more)
    if name == "copy":
        return Dict(dict(receiver.entries), at, receiver.more)
    if name == "update":
        return _update(receiver, arguments)
    if name in ("get", "setdefault", "pop"):
        return _get(receiver, name, arguments)
    if name == "clear":
        receiver.entries.clear()
    return None


_VIEWS: dict[str, Callable[[Dict, Location], list[Value]]] = {
    "items": lambda held, at: [Seq([key, value], at) for key, value in held.entries.values()],
    "keys": lambda held, at: [key for key, _ in held.entries.values()],
    "values": lambda held, at: [value for _, value in held.entries.values()],
}


def _update(receiver: Dict, arguments: Arguments) -> Value:
    for argument in arguments.items:
        if argument.name:
            receiver.entries[argument.name] = (Const(argument.name, argument.at), argument.value)
        elif isinstance(argument.value, Dict):
            receiver.entries |= argument.value.entries
            receiver.more |= argument.value.more
        else:
            receiver.more = True
    return Const(None, arguments.at)


def _get(receiver: Dict, name: str, arguments: Arguments) -> Value | None:
    key = arguments.value("", 0)
    default = arguments.value("default", 1) or Const(None, arguments.at)
    if isinstance(key, OneOf):
        found = [_entry(receiver, k, default) for k in alternatives(key)]
        known = [f for f in found if f is not None]
        return either(known, arguments.at) if len(known) == len(found) else None
    found_one = _entry(receiver, key, default)
    if name == "setdefault" and isinstance(key, Const) and found_one is default and not receiver.more:
        receiver.entries[key.value] = (key, default)
    return found_one


def _entry(receiver: Dict, key: Value | None, default: Value) -> Value | None:
    if not isinstance(key, Const) or key.parametric:
        return None
    entry = receiver.entries.get(key.value)
    if entry is not None:
        return entry[1]
    return None if receiver.more else default
