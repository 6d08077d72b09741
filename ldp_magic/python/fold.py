"""Constants computed from constants, in bounded time. None stands for "not known"."""

from __future__ import annotations

import ast
import operator
import posixpath
import re
from collections.abc import Callable, Iterable
from itertools import islice, product

from ldp_magic.python.values import (
    MOST_ALTERNATIVES,
    Const,
    Dict,
    OneOf,
    Opaque,
    Seq,
    Simple,
    Value,
    alternatives,
    either,
)
from ldp_magic.text import Location

LONGEST = 200_000
_BIGGEST = 10**30
_WIDE = re.compile(r"[0-9]{4}")
_ARITHMETIC: dict[type[ast.operator], Callable[[int | float, int | float], int | float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[str, str], bool] | Callable[[int | float, int | float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SIMPLE_METHODS = ("lower", "upper", "title", "capitalize", "swapcase", "casefold")
_STRIPS = ("strip", "lstrip", "rstrip", "removeprefix", "removesuffix")
_TESTS = ("startswith", "endswith", "isdigit", "isupper", "islower", "isalpha", "isidentifier")


def binary(kind: type[ast.operator], left: Value, right: Value, at: Location) -> Value | None:
    """`left + right` and the like."""
    if isinstance(left, OneOf) or isinstance(right, OneOf):
        return spread([left, right], at, lambda pair: binary(kind, pair[0], pair[1], at))
    if isinstance(left, Seq) and isinstance(right, Seq) and kind is ast.Add:
        items = [*left.items, *right.items]
        return Seq(items, at, left.more or right.more) if len(items) <= LONGEST else None
    if isinstance(left, Dict) and isinstance(right, Dict) and kind is ast.BitOr:
        return Dict({**left.entries, **right.entries}, at, left.more or right.more)
    if isinstance(left, Const) and isinstance(left.value, str) and kind is ast.Mod:
        return _percent(left.value, right, at)
    if isinstance(left, Const) and isinstance(right, Const):
        return _constants(kind, left.value, right.value, at)
    return None


def spread(values: list[Value], at: Location, make: Callable[[list[Value]], Value | None]) -> Value | None:
    """*make* over every combination of what *values* may be."""
    choices = product(*(alternatives(v) for v in values))
    made = [make(list(choice)) for choice in islice(choices, MOST_ALTERNATIVES + 1)]
    known = [m for m in made if m is not None]
    return either(known, at) if known and len(known) == len(made) else None


def _constants(kind: type[ast.operator], left: Simple, right: Simple, at: Location) -> Const | None:
    if isinstance(left, str) and isinstance(right, str):
        return string(left + right, at) if kind is ast.Add else None
    if isinstance(left, str) and isinstance(right, int) and kind is ast.Mult and len(left) * right <= LONGEST:
        return Const(left * right, at)
    if kind not in _ARITHMETIC or not isinstance(left, int | float) or not isinstance(right, int | float):
        return None
    if max(abs(left), abs(right)) > _BIGGEST or (not right and kind in (ast.Div, ast.FloorDiv, ast.Mod)):
        return None
    return Const(_ARITHMETIC[kind](left, right), at)


def string(value: str, at: Location) -> Const | None:
    return Const(value, at) if len(value) <= LONGEST else None


def _percent(template: str, right: Value, at: Location) -> Const | None:
    values = _all_constants(right.items) if isinstance(right, Seq) else None
    if isinstance(right, Dict):
        entries = {str(k): v.value for k, (_, v) in right.entries.items() if isinstance(v, Const)}
        return _formatted(template, lambda: template % entries, at)
    if isinstance(right, Const):
        values = [right.value]
    return None if values is None else _formatted(template, lambda: template % tuple(values), at)


def _formatted(template: str, make: Callable[[], str], at: Location) -> Const | None:
    if _WIDE.search(template) or "*" in template or len(template) > LONGEST:
        return None
    try:
        return string(make(), at)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        return None  # the program itself would fail here


def _all_constants(values: Iterable[Value]) -> list[Simple] | None:
    found = list(values)
    known = [v.value for v in found if isinstance(v, Const)]
    return known if len(known) == len(found) else None


def compare(kind: type[ast.cmpop], left: Value, right: Value) -> bool | None:
    """Whether `left == right` and the like holds; None if only a run could tell."""
    if kind in (ast.In, ast.NotIn):
        found = _contains(right, left)
        return None if found is None else found == (kind is ast.In)
    if kind in (ast.Is, ast.IsNot) and isinstance(right, Const) and right.value is None:
        same = _is_none(left)
        return None if same is None else same == (kind is ast.Is)
    if not isinstance(left, Const) or not isinstance(right, Const) or left.parametric or right.parametric:
        return None
    if kind in (ast.Eq, ast.NotEq, ast.Is, ast.IsNot):
        return (left.value == right.value) == (kind in (ast.Eq, ast.Is))
    return _ordered(kind, left.value, right.value)


def _ordered(kind: type[ast.cmpop], left: Simple, right: Simple) -> bool | None:
    order: Callable[..., bool] | None = _COMPARE.get(kind)
    if order and isinstance(left, str) and isinstance(right, str):
        return order(left, right)
    if order and isinstance(left, int | float) and isinstance(right, int | float):
        return order(left, right)
    return None


def _is_none(value: Value) -> bool | None:
    if isinstance(value, Opaque | OneOf):
        return None
    return isinstance(value, Const) and value.value is None


def _contains(holder: Value, item: Value) -> bool | None:
    if not isinstance(item, Const) or item.parametric:
        return None
    if isinstance(holder, Const) and isinstance(holder.value, str) and isinstance(item.value, str):
        return None if holder.parametric else item.value in holder.value
    if isinstance(holder, Dict):
        return True if item.value in holder.entries else None if holder.more else False
    if isinstance(holder, Seq):
        known = _all_constants(holder.items)
        if known is not None and item.value in known:
            return True
        return None if known is None or holder.more or any("${" in k for k in known if isinstance(k, str)) else False
    return None


def format_text(template: str, positional: list[Value], named: dict[str, Value], at: Location) -> Const | None:
    """`template.format(...)`"""
    values, names = _all_constants(positional), _all_constants(named.values())
    if values is None or names is None:
        return None
    keywords = dict(zip(named, names, strict=True))
    if re.search(r"\{[^{}]*[.\[][^{}]*\}", template):
        return None  # looks into its arguments
    return _formatted(template, lambda: template.format(*values, **keywords), at)


def interpolated(value: Simple, conversion: int, spec: str) -> str | None:
    """One `{value!r:spec}` of an f-string."""
    shown: object = repr(value) if conversion == ord("r") else str(value) if conversion == ord("s") else value
    if _WIDE.search(spec):
        return None
    try:
        return format(shown, spec)
    except (ValueError, TypeError):
        return None


def join(separator: str, items: Seq, at: Location) -> Value | None:
    """`separator.join(items)`"""
    if items.more:
        return None
    if any(isinstance(item, OneOf) for item in items.items):
        return spread(items.items, at, lambda chosen: join(separator, Seq(chosen, at), at))
    known = _all_constants(items.items)
    if known is None or not all(isinstance(k, str) for k in known):
        return None
    texts = [str(k) for k in known]
    size = sum(map(len, texts)) + len(separator) * len(texts)
    return Const(separator.join(texts), at) if size <= LONGEST else None


def path(parts: list[Value], at: Location) -> Value | None:
    """`os.path.join(...)`"""
    if any(isinstance(part, OneOf) for part in parts):
        return spread(parts, at, lambda chosen: path(chosen, at))
    known = _all_constants(parts)
    if not known or not all(isinstance(k, str) for k in known):
        return None
    return string(posixpath.join(*map(str, known)), at)


def method(subject: Const, name: str, arguments: list[Value], at: Location) -> Value | None:
    """A method of a string."""
    held, given = subject.value, _all_constants(arguments)
    if not isinstance(held, str) or given is None:
        return None
    if name in _STRIPS:
        return _strip(subject, held, name, given, at)
    if subject.parametric:
        return None
    try:
        return _method(held, name, given, at)
    except (TypeError, ValueError, AttributeError):
        return None  # the program itself would fail here


def _method(held: str, name: str, given: list[Simple], at: Location) -> Value | None:
    if name in (*_SIMPLE_METHODS, *_TESTS):
        return Const(getattr(held, name)(*given), at)
    if name == "replace" and len(given) == 2 and held.count(str(given[0])) * len(str(given[1])) <= LONGEST:
        return string(held.replace(str(given[0]), str(given[1])), at)
    if name in ("split", "rsplit", "splitlines"):
        parts: list[Value] = [Const(part, at) for part in getattr(held, name)(*given)]
        return Seq(parts, at)
    if name == "zfill" and given and isinstance(given[0], int) and given[0] < LONGEST:
        return Const(held.zfill(given[0]), at)
    return None


def _strip(subject: Const, held: str, name: str, given: list[Simple], at: Location) -> Const | None:
    """What is left after a strip still stands in the source if the whole did."""
    try:
        left: str = getattr(held, name)(*given)
    except TypeError:
        return None  # the program itself would fail here
    if not subject.exact:
        return Const(left, at)
    start = len(held) - len(left) if name in ("lstrip", "removeprefix") else 0
    if name == "strip":
        start = len(held) - len(held.lstrip(*(str(g) for g in given)))
    return Const(left, at, subject.exact.inside(start, start + len(left)))


def subscript(holder: Value, key: Value, at: Location) -> Value | None:
    """`holder[key]`"""
    if isinstance(holder, OneOf) or isinstance(key, OneOf):
        return spread([holder, key], at, lambda pair: subscript(pair[0], pair[1], at))
    if not isinstance(key, Const) or key.parametric:
        return None
    if isinstance(holder, Dict):
        entry = holder.entries.get(key.value)
        return entry[1] if entry else None
    if not isinstance(key.value, int):
        return None
    if isinstance(holder, Seq) and not holder.more and -len(holder.items) <= key.value < len(holder.items):
        return holder.items[key.value]
    if isinstance(holder, Const) and isinstance(holder.value, str) and not holder.parametric:
        return Const(holder.value[key.value], at) if -len(holder.value) <= key.value < len(holder.value) else None
    return None


def dedent(subject: Const, at: Location) -> Const:
    """`textwrap.dedent(...)`"""
    import textwrap

    return Const(textwrap.dedent(str(subject.value)), at)
