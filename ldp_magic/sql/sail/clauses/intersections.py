"""`INTERSECT ALL` as an INTERSECT of rows that are numbered among their equals."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape, quoted
from ldp_magic.sql.sail.clauses.terms import left_of, right_of

_NUMBERED = (
    "SELECT struct(*) AS __ldp_row, row_number() OVER (PARTITION BY struct(*) ORDER BY 1) AS __ldp_number FROM ("
)


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"INTERSECT", "ALL"} <= words


def changes(shape: Shape) -> Iterator[Group]:
    for first, last in shape.outline.set_words:
        if shape.words[first:last] == ["INTERSECT", "ALL"]:
            begin, end = left_of(shape, first), right_of(shape, last)
            columns = shape.shown(shape.slice(begin, first), begin)
            named = ", ".join(quoted(name) for name, _ in columns or () if name)
            alias = f" AS __ldp_right({named})" if columns and all(name for name, _ in columns) else ""
            yield [
                shape.before(begin, f"SELECT __ldp_row.* FROM ({_NUMBERED}"),
                shape.replace(first, last, f") INTERSECT {_NUMBERED}"),
                shape.after(end - 1, f"){alias})"),
            ]
