"""What a flow has to remember, read off its query."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.pipeline.streams import Seen, SeenSelect, SeenSet, Shape, Views, shape_of
from ldp_magic.sql.facts import Facts
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Query
from ldp_magic.text import Source

_TWICE = "it has to remember rows for two things; split it into two streaming tables"
_NEVER = {
    "order by": "ORDER BY needs all rows, and a stream has no last one",
    "sort by": "SORT BY needs all rows, and a stream has no last one",
    "limit": "LIMIT of a stream counts over all updates",
    "offset": "OFFSET of a stream counts over all updates",
    "pivot": "PIVOT of a stream cannot be run",
}

# joins with a table that a stream cannot have on its right (True) or on its left
_KEEPS = {"left": True, "right": False, "full": True, "left semi": True, "left anti": True}


def kind_of(facts: Facts) -> str:
    """`stateless`, `aggregate`, `deduplicate`, `join`, `complete` (computed anew from all rows), or else the reason
    why the query cannot run as a stream, in words that follow a colon."""
    if facts.failure is not None:
        return facts.failure.message
    if not facts.streaming:
        return "stateless"
    if facts.pipes and {"AGGREGATE", "DISTINCT", "JOIN"} & set(tokens_of(facts.text).words):
        return "its |> steps have to remember rows; write it with SELECT"
    shape, seen = walked(facts, lambda relation: None)
    if any(one.subquery and _streams(one) for one in seen if isinstance(one, SeenSelect)):
        return "a subquery inside an expression reads a stream"
    if shape.complete:
        return "complete"
    refused = next(_refused(seen), "")
    return refused or _operators(list(operators(seen)))


def walked(facts: Facts, views: Views) -> tuple[Shape, Seen]:
    """The shape of a query, and every SELECT and set operation in it."""
    seen: Seen = []
    text = facts.text
    return shape_of(Query(text, Source("query", None, text).at(0, len(text))), views, seen), seen


def operators(seen: Seen) -> Iterator[tuple[str, SeenSelect]]:
    """Each place that has to remember rows, and what it does."""
    for one in seen:
        if not isinstance(one, SeenSelect) or not _streams(one):
            continue
        if sum(shape.streaming for _, shape in one.inputs) > 1:
            yield "join", one
        if one.select.aggregates or "group by" in one.select.clauses:
            yield "aggregate", one
        if one.select.distinct is not None:
            yield "deduplicate", one


def _operators(found: list[tuple[str, SeenSelect]]) -> str:
    kinds = [kind for kind, _ in found]
    if not kinds:
        return "stateless"
    if len(kinds) == 1 or set(kinds) == {"join"}:
        return kinds[0]
    return _TWICE


def _refused(seen: Seen) -> Iterator[str]:
    for one in seen:
        if isinstance(one, SeenSet):
            yield from _refused_set(one)
        elif _streams(one):
            yield from (why for clause, why in _NEVER.items() if clause in one.select.clauses)
            yield from _refused_joins(one)
            if any(call.over is not None for call in one.select.calls):
                yield "a window function (OVER) needs all rows, and a stream has no last one"


def _refused_joins(one: SeenSelect) -> Iterator[str]:
    """Joins with a table that cannot be answered row by row: the side that is kept whole has to be the stream."""
    streams = {id(item): shape.streaming for item, shape in one.inputs}
    left = streams[id(one.select.inputs[0])]
    for join in one.select.joins:
        right = streams.get(id(join.right), False)
        if join.kind in _KEEPS and left != right and (join.kind == "full" or right == _KEEPS[join.kind]):
            yield f"a {join.kind} join whose {'right' if right else 'left'} side alone is a stream needs all rows"
        left = left or right


def _refused_set(one: SeenSet) -> Iterator[str]:
    sides = (one.left.streaming, one.right.streaming)
    if not any(sides):
        return
    if one.operation.kind == "union":
        yield "UNION has to remember rows; write UNION ALL in a subquery, and SELECT DISTINCT around it"
    elif one.operation.kind != "union all":
        yield f"{one.operation.kind.upper()} of a stream needs all rows"
    elif not all(sides):
        yield "UNION ALL puts rows of a stream beside those of a table that is read whole; write a flow for each"


def _streams(one: SeenSelect) -> bool:
    return any(shape.streaming for _, shape in one.inputs)
