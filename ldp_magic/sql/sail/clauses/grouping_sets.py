"""Grouping sets as the engine reads them: without the list that older queries put before, and without positions."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "GROUP" in words and not words.isdisjoint({"GROUPING", "ROLLUP", "CUBE"})


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        if "group by" in block.clauses:
            yield _without_list(shape, block)
            yield _in_brackets(shape, block)
            yield from _positions(shape, select, block)


def _without_list(shape: Shape, block: Block) -> Group:
    """`GROUP BY a, b GROUPING SETS (...)` is `GROUP BY GROUPING SETS (...)`."""
    first, last = block.clauses["group by"]
    for at in range(first + 2, last):
        if shape.words[at : at + 2] == ["GROUPING", "SETS"]:
            listed = at > first + 2 and shape.words[at - 1] != ","
            return [shape.drop(first + 2, at)] if listed else []
    return []


def _in_brackets(shape: Shape, block: Block) -> Group:
    """`GROUPING SETS (a, ())` is `GROUPING SETS ((a), ())`."""
    first, last = block.clauses["group by"]
    at = next((n for n in range(first, last) if shape.words[n : n + 3] == ["GROUPING", "SETS", "("]), -1)
    group: Group = []
    for start, end in shape.places.between_commas(at + 3, max(shape.closing(at + 2), 0)) if at > 0 else ():
        if shape.words[start] not in ("(", "ROLLUP", "CUBE", "GROUPING"):
            group += [shape.before(start, "("), shape.after(end - 1, ")")]
    return group


def _positions(shape: Shape, select: Select, block: Block) -> Iterator[Group]:
    """`ROLLUP (1, 2)` means the first two items of the select list; so does `GROUP BY 1, 2 WITH ROLLUP`."""
    first, last = block.clauses["group by"]
    within = {"ROLLUP", "CUBE", "GROUPING"} & set(shape.words[first:last])
    if not within:
        return
    items = shape.items(select)
    stars = next((n for n, item in enumerate(items) if item.star), len(items))
    for at in range(first + 2, last):
        text = shape.slice(at, at + 1)
        alone = shape.words[at - 1] in ("(", ",", "BY") and shape.words[at + 1 : at + 2] in ([")"], [","], ["WITH"], [])
        if shape.tokens.types[at] == "number" and alone and text.isdigit() and 0 < int(text) <= stars:
            item = items[int(text) - 1]
            yield [shape.replace(at, at + 1, shape.slice(item.first, item.end))]
