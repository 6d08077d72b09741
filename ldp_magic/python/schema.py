"""The columns that `schema=` declares: a text as in CREATE TABLE, or a StructType."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ldp_magic.python.values import Argument, Const, Field, Struct, alternatives
from ldp_magic.sql.columns import ColumnList, column_list
from ldp_magic.sql.cursor import Cursor, Unread
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Clause, Column, DatasetDef, Problem
from ldp_magic.text import Location, Source

if TYPE_CHECKING:
    from ldp_magic.python.walk import Walker


def declared(walker: Walker, dataset: DatasetDef, argument: Argument | None) -> DatasetDef:
    """The dataset with the columns that its schema argument names."""
    value = alternatives(argument.value)[0] if argument else None
    if isinstance(value, Struct):
        columns = tuple(map(_column, value.fields))
        return replace(dataset, columns=columns, columns_location=value.at)
    if isinstance(value, Const) and isinstance(value.value, str) and value.value.strip():
        listed = _listed(walker, value, value.value)
        return replace(
            dataset,
            columns=listed.columns,
            columns_location=value.place,
            constraints=listed.constraints,
            expectations=(*dataset.expectations, *listed.expectations),
        )
    return dataset


def _column(field: Field) -> Column:
    return Column(
        name=field.name,
        type=field.type,
        location=field.at,
        name_location=field.name_at,
        type_location=field.type_at,
        not_null=field.not_null,
        comment=field.comment,
    )


def _listed(walker: Walker, value: Const, text: str) -> ColumnList:
    """The grammar of SQL's own column list; the parentheses around it are ours, so places move by one."""
    inside = "(" + text + ")"
    exact = value.exact
    source, base = (exact.source, exact.start - 1) if exact else (Source("schema", None, inside), 0)
    problems: list[Problem] = []
    tokens = tokens_of(inside)
    try:
        listed = column_list(Cursor(tokens, 0, len(tokens), source, base), problems)
    except Unread as error:
        problems = [
            Problem(kind="syntax", message=f"this schema cannot be read: {error.message}", location=value.place)
        ]
        listed = ColumnList()
    walker.problems += problems if exact else [replace(p, location=value.at, edits=()) for p in problems]
    return listed if exact else _all_at(listed, value.at)


def _all_at(listed: ColumnList, at: Location) -> ColumnList:
    """A text that does not stand in the source as it is: every place means the whole of it."""
    columns = tuple(
        replace(c, location=at, name_location=at, type_location=at if c.type else None, clauses=_moved(c.clauses, at))
        for c in listed.columns
    )
    expectations = tuple(
        replace(e, location=at, name_location=at, condition_location=at, action_location=None)
        for e in listed.expectations
    )
    return ColumnList(columns, expectations, _moved(listed.constraints, at))


def _moved(clauses: tuple[Clause, ...], at: Location) -> tuple[Clause, ...]:
    return tuple(replace(c, location=at, value_location=at) for c in clauses)
