"""The names that Spark gives to columns without one, as far as they are simple; people have to give the others."""

from __future__ import annotations

from collections.abc import Mapping

from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Change
from ldp_magic.sql.sail.clauses.shape import Item, Shape, quoted
from ldp_magic.sql.sail.naming import Naming

_OPERATORS = frozenset({"+", "-", "*", "/", "%", "=", "<", ">", "<=", ">=", "||", "<=>"})
_NO_NAMES: Mapping[str, str] = {}


def name_of(shape: Shape, first: int, last: int, said: Mapping[str, str] = _NO_NAMES) -> str | None:
    """What Spark calls the expression in these tokens; *said*: names in lower case that it prints in another way."""
    words, types = shape.words, shape.tokens.types
    while last - first > 2 and words[first] == "(" and shape.closing(first) == last - 1:
        first, last = first + 1, last - 1
    if last - first == 1:
        if types[first] == "number":
            return shape.slice(first, last) if shape.slice(first, last).isdigit() else None
        if types[first] not in ("word", "name", "string"):
            return None
        name = shape.places.name(first)
        return said.get(name.lower(), name) if types[first] != "string" else name
    if shape.places.is_name(first, last):
        return shape.places.name(last - 1)
    if types[first] == "word" and words[first + 1] == "(" and shape.closing(first + 1) == last - 1:
        return _call(shape, first, last, said)
    return _operation(shape, first, last, said)


def _call(shape: Shape, first: int, last: int, said: Mapping[str, str]) -> str | None:
    words, start = shape.words, first + 2
    if words[first] in (
        "CAST",
        "TRY_CAST",
        "CASE",
        "IF",
        "STRUCT",
        "NAMED_STRUCT",
        "ARRAY",
        "MAP",
        "DATE",
        "TIMESTAMP",
    ):
        return None
    name = shape.slice(first, first + 1).lower()
    if words[first] == "COUNT" and words[start:last] == ["*", ")"]:
        return "count(1)"
    distinct = words[start] == "DISTINCT"
    parts = [name_of(shape, *part, said) for part in shape.places.between_commas(start + distinct, last - 1)]
    if any(part is None for part in parts):
        return None
    return f"{name}({'DISTINCT ' if distinct else ''}{', '.join(str(p) for p in parts)})"


def _operation(shape: Shape, first: int, last: int, said: Mapping[str, str]) -> str | None:
    """`a + b`, one operator and no more."""
    places, at = [], first
    while at < last:
        if shape.words[at] in _OPERATORS:
            places.append(at)
        elif shape.words[at] in ("AND", "OR", "NOT", "IS", "IN", "LIKE", "BETWEEN", "::", ":", "[", "CASE", "OVER"):
            return None
        at = max(shape.tokens.pairs.get(at, at), at) + 1
    if len(places) != 1 or not first < places[0] < last - 1:
        return None
    left, right = name_of(shape, first, places[0], said), name_of(shape, places[0] + 1, last, said)
    if left is None or right is None:
        return None
    return (
        f"concat({left}, {right})" if shape.words[places[0]] == "||" else f"({left} {shape.words[places[0]]} {right})"
    )


def item_name(shape: Shape, item: Item) -> str:
    """What an item of a select list is called."""
    name = item.name or _spark_name(shape, item)
    if name is None:
        raise unnamed(shape, item)
    return name


def _spark_name(shape: Shape, item: Item) -> str | None:
    try:
        queries, types = shape.expressions
    except RecursionError:
        return None
    for select in queries.every:
        for output in select.outputs:
            if output.value.first == item.first and output.value.last == item.last:
                return Naming(queries, types, select).of(output.value)
    return None


def unnamed(shape: Shape, item: Item) -> Refused:
    text = " ".join(shape.slice(item.first, item.last).split())
    shown = text if len(text) < 40 else text[:39] + "…"
    return Refused(
        f"a column without a name: {shown}",
        why="the embedded engine would give it another name than Spark",
        fix="give it one with AS",
    )


def name_unnamed(shape: Shape, first: int, last: int, name: str | None = None) -> list[Change]:
    """Where an item without a name is about to be rewritten: the name it has in Spark, or a refusal. *name*: that of
    the expression in these tokens."""
    for select, _ in shape.selects():
        for item in shape.items(select):
            if item.first <= first and last <= item.last and not item.name and not item.star:
                whole = item.first == first and item.last == last
                known = name if whole and name is not None else _spark_name(shape, item)
                if known is None:
                    raise unnamed(shape, item)
                return [shape.after(item.last - 1, f" AS {quoted(known)}")]
    return []
