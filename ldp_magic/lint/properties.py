"""Table properties with the place of every key and value, in SQL and in Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldp_magic.lint.edits import cased
from ldp_magic.lint.words import cursor_over
from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.model import Clause, DatasetDef
from ldp_magic.text import Edit, Location

_NAMES = ("tblproperties", "table_properties")


@dataclass(frozen=True, slots=True)
class Property:
    """One `'key' = 'value'`; the places are the literals, quotes included."""

    key: str
    value: str
    key_at: Location
    value_at: Location
    whole: Location
    exact: bool = True  # the places are those of this property, not of all of them


def clause_of(definition: DatasetDef) -> Clause | None:
    return next((c for c in definition.clauses if c.name in _NAMES), None)


def properties_of(definition: DatasetDef) -> tuple[Property, ...]:
    """The properties of a dataset in text order."""
    clause = clause_of(definition)
    if clause is None or not isinstance(clause.value, tuple):
        return ()
    if definition.language == "python":
        return tuple(_in_python(clause))
    return tuple(_in_sql(clause))


def _in_sql(clause: Clause) -> Iterator[Property]:
    cursor = cursor_over(clause.value_location or clause.location)
    if cursor.word() != "(":
        return
    for part in cursor.parenthesised().parts():
        first = part.index
        key = part.string(most=1) if part.type() == "string" else str(part.name())
        key_at = part.since(first)
        part.take("=") or part.take("=>") or part.take("==")
        value_at = part.between(part.index, part.stop)
        yield Property(key, unquoted(value_at.text), key_at, value_at, part.between(first, part.stop))


def _in_python(clause: Clause) -> Iterator[Property]:
    where = clause.value_location or clause.location
    for pair in clause.value if isinstance(clause.value, tuple) else ():
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)):
            continue
        key, value = pair
        at = _only(where, key)
        yield Property(key, "" if value is None else str(value), at or where, at or where, at or where, at is not None)


def _only(where: Location, key: str) -> Location | None:
    for quote in "\"'":
        literal = quote + key + quote
        if where.text.count(literal) == 1:
            start = where.start + where.text.index(literal)
            return Location(where.source, start, start + len(literal))
    return None


def renamed(held: Property, key: str) -> tuple[Edit, ...]:
    """The edit that gives a property another key, in the quotes that it has."""
    if not held.exact:
        return ()
    quote = held.key_at.text[:1] if held.key_at.text[:1] in "'\"" else "'"
    return (Edit(held.key_at, f"{quote}{key}{quote}"),)


def added(definition: DatasetDef, text: str) -> tuple[Edit, ...]:
    """The edit that puts a property into a SQL statement, in the list that there is or in one of its own."""
    clause = clause_of(definition)
    if clause is not None:
        where = clause.value_location or clause.location
        if not where.text.startswith("("):
            return ()
        comma = ", " if where.text[1:].strip() != ")" else ""
        return (Edit(where.inside(1, 1), text + comma),)
    at = end_of_head(definition)
    return (Edit(at, f" {cased('TBLPROPERTIES', definition.head)} ({text})"),)


def end_of_head(definition: DatasetDef) -> Location:
    """The place behind the last thing before AS, where another clause may stand."""
    ends = [definition.name.location.end]
    ends += [c.location.end for c in definition.clauses]
    if definition.columns_location is not None:
        ends.append(definition.columns_location.end)
    return definition.location.source.at(max(ends))
