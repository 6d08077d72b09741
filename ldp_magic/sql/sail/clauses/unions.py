"""Parts of a set operation whose columns differ in type: the engine would say the first part's type for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.names import item_name
from ldp_magic.sql.sail.clauses.shape import Listed, Shape, quoted
from ldp_magic.sql.sail.clauses.terms import levels
from ldp_magic.sql.sail.ddl import ddl
from ldp_magic.sql.types import common

_WORDS = frozenset({"UNION", "INTERSECT", "EXCEPT", "MINUS"})


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return not _WORDS.isdisjoint(words)


def changes(shape: Shape) -> Iterator[Group]:
    for parts in levels(shape):
        columns = [shape.shown(shape.slice(*part), part[0]) for part in parts]
        if any(found is None or len(found) != len(columns[0] or ()) for found in columns):
            continue
        known = [found for found in columns if found is not None]
        known[0] = _named(shape, parts[0], known[0])
        types = [_common(n, [found[n] for found in known]) for n in range(len(known[0]))]
        for number, (part, found) in enumerate(zip(parts, known, strict=True)):
            if any(type_ and type_ != had for type_, (_, had) in zip(types, found, strict=True)):
                yield _cast(shape, part, known[0], types, first=number == 0)


def _named(shape: Shape, part: tuple[int, int], columns: Listed) -> Listed:
    """The columns of the first part, which names those of the whole, with Spark's names for those that nobody named."""
    if all(name for name, _ in columns):
        return columns
    items = next((shape.items(select) for select, block in shape.selects() if block.select == part[0]), [])
    if len(items) != len(columns):
        return columns
    return [(name or item_name(shape, item), type_) for item, (name, type_) in zip(items, columns, strict=True)]


def _common(number: int, columns: Sequence[tuple[str, str]]) -> str:
    """The type that Spark gives to a column of the whole; empty if that of some part is not known."""
    types = [type_ for _, type_ in columns]
    if all(types) and not common(types):
        raise Refused(
            f"column {columns[0][0] or number + 1} is {' here and '.join(dict.fromkeys(types))} there",
            why="it is not certain what Spark makes of them, and the engine would keep the first",
            fix="CAST them to one type",
        )
    return common(types) if all(types) else ""


def _cast(
    shape: Shape, part: tuple[int, int], names: Sequence[tuple[str, str]], types: Sequence[str], *, first: bool
) -> Group:
    items = []
    for number, (type_, (name, _)) in enumerate(zip(types, names, strict=True)):
        if first and not name:
            raise Refused(
                f"column {number + 1} of this set operation has no name",
                why="its parts differ in type, which has to be spelled out for the embedded engine",
                fix="give it one with AS in the first part",
            )
        value = f"CAST(__ldp_c{number} AS {ddl(type_)})" if type_ else f"__ldp_c{number}"
        items.append(f"{value} AS {quoted(name)}" if name else value)
    listed = ", ".join(f"__ldp_c{number}" for number in range(len(types)))
    begin, end = part
    return [
        shape.before(begin, f"SELECT {', '.join(items)} FROM ("),
        shape.after(end - 1, f") AS __ldp_part({listed})"),
    ]
