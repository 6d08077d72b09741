"""`UNPIVOT (v FOR k IN (a, b))` as one row for each column of a list: the engine's own fails or keeps NULLs."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import operand_end
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.pivots import source_start
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "UNPIVOT" in words


def changes(shape: Shape) -> Iterator[Group]:
    words = shape.words
    for index, word in enumerate(words):
        kept = words[index + 1 : index + 3] == ["INCLUDE", "NULLS"]
        opening = index + 1 + 2 * (kept or words[index + 1 : index + 3] == ["EXCLUDE", "NULLS"])
        if word == "UNPIVOT" and index and words[opening : opening + 1] == ["("] and shape.closing(opening) > 0:
            yield _rows(shape, index, opening, kept=kept)


def _rows(shape: Shape, index: int, opening: int, *, kept: bool) -> Group:
    words, close, first = shape.words, shape.closing(opening), source_start(shape, index)
    inside = list(shape.beside(opening + 1, close))
    at = next((i for i in inside if words[i] == "FOR"), -1)
    listed = next((i for i in inside if words[i] == "IN"), -1)
    if first < 0 or at < 0 or listed < at:
        return []
    values, key = _names(shape, opening + 1, at), shape.slice(at + 1, listed)
    rows, taken = [], []
    for part in shape.places.between_commas(listed + 2, shape.closing(listed + 1)):
        columns, name = _columns(shape, *part)
        taken += columns
        label = "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
        pairs = "".join(f", {column} AS {value}" for column, value in zip(columns, values, strict=False))
        rows.append(f"struct({label} AS {key}{pairs})")
    source = shape.slice(first, index)
    names = ", ".join([key, *values])
    view = f"LATERAL VIEW inline(array({', '.join(rows)})) __ldp_view AS {names}"
    others = f"__ldp_rows.* EXCEPT ({', '.join(dict.fromkeys(taken))})"
    made = ", ".join(f"__ldp_view.{name}" for name in [key, *values])
    query = f"SELECT {others}, {made} FROM (SELECT * FROM {source}) AS __ldp_rows {view}"
    if not kept:
        query = f"SELECT * FROM ({query}) WHERE {' OR '.join(f'{value} IS NOT NULL' for value in values)}"
    return [shape.replace(first, close + 1, f"({query})")]


def _names(shape: Shape, first: int, last: int) -> list[str]:
    """`v`, or `(v, w)`"""
    if shape.words[first] == "(":
        first, last = first + 1, last - 1
    parts = shape.places.between_commas(first, last)
    return [shape.slice(stop - 1, stop) for _, stop in parts]  # `t.a` is a: the source stands in brackets


def _columns(shape: Shape, first: int, last: int) -> tuple[list[str], str]:
    """The columns of one item of the list, and what the item is called."""
    end = shape.closing(first) + 1 if shape.words[first] == "(" else operand_end(shape.tokens, first)
    columns = _names(shape, first, end)
    if end < last:
        return columns, shape.places.name(last - 1)
    parts = [(first + 1, end - 1)] if shape.words[first] == "(" else [(first, end)]
    names = [shape.places.name(stop - 1) for part in parts for _, stop in shape.places.between_commas(*part)]
    return columns, "_".join(names)
