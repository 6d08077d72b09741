"""What a query does with the streams it reads: does it stream, over which watermark, and does it need all rows anew?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ldp_magic.sql.facts import Call, ColumnRef, Input, Node, Output, Relation, Select, SetOperation
from ldp_magic.sql.model import Body, Code

_TIME_WINDOWS = {"window", "session_window"}
_MANY_KEYS = re.compile(r"\(|(ROLLUP|CUBE|GROUPING\s+SETS)\b", re.IGNORECASE)
# distinct() and dropDuplicates() of a DataFrame only add rows; SELECT DISTINCT is an aggregate to Spark.
_GROUPING_CALLS = ("groupBy", "groupby", "rollup", "cube", "agg")


@dataclass(frozen=True, slots=True)
class Shape:
    """`complete` says why every update has to compute the result anew; empty where it adds rows."""

    streaming: bool = False
    watermarks: frozenset[str] = frozenset()  # columns, in lower case
    complete: str = ""


Views = Callable[[Relation], Shape | None]


@dataclass(frozen=True, slots=True)
class SeenSelect:
    """One SELECT of a query with what each of its inputs brings along."""

    select: Select
    inputs: tuple[tuple[Input, Shape], ...]
    shape: Shape
    subquery: bool  # it stands inside an expression


@dataclass(frozen=True, slots=True)
class SeenSet:
    """One UNION, INTERSECT or EXCEPT with what its sides bring along."""

    operation: SetOperation
    left: Shape
    right: Shape


Seen = list[SeenSelect | SeenSet]


def shape_of(body: Body | None, views: Views, seen: Seen | None = None) -> Shape:
    """The shape of a dataset's query; *views* tells what a relation brings along when it is a streaming view.

    *seen*, if given, receives every SELECT and set operation on the way, inner ones first.
    """
    if body is None:
        return Shape()
    if isinstance(body, Code):
        return _code_shape(body, views)
    facts = body.facts
    if facts.root is None:
        return Shape(streaming=_looks_streaming(body.text))
    walk = _Walk(views, seen if seen is not None else [], facts.text)
    for cte in facts.ctes:
        walk.ctes[cte.name.lower()] = walk.node(cte.query)
    return walk.node(facts.root)


def _looks_streaming(text: str) -> bool:
    from ldp_magic.sql.lexer import tokens_of

    words = tokens_of(text).words
    return any(w == "STREAM" and words[i - 1] in ("FROM", "JOIN", ",") for i, w in enumerate(words) if i)


def _code_shape(code: Code, views: Views) -> Shape:
    shapes = [_relation_shape(read, views) for read in code.reads]
    marks = frozenset(r.watermark.column.lower() for r in code.reads if r.watermark)
    streaming = any(s.streaming for s in shapes)
    marked = bool(marks) or any(s.watermarks for s in shapes)
    complete = next((s.complete for s in shapes if s.complete), "")
    grouped = next((name for name, _ in code.calls if name in _GROUPING_CALLS), "")
    if streaming and grouped and not marked and not any(q.facts.root is not None for q in code.queries):
        complete = complete or f"{grouped} without a watermark"
    return Shape(streaming, marks | frozenset().union(*(s.watermarks for s in shapes)), complete)


def _relation_shape(relation: Relation, views: Views) -> Shape:
    view = views(relation)
    base = view if view is not None and view.streaming else Shape(relation.streaming)
    if relation.watermark is not None:
        return Shape(base.streaming, base.watermarks | {relation.watermark.column.lower()}, base.complete)
    return base


class _Walk:
    """One query: the shapes of its CTEs so far, and everything it has passed."""

    def __init__(self, views: Views, seen: Seen, text: str) -> None:
        self.views, self.seen, self.text = views, seen, text
        self.ctes: dict[str, Shape] = {}

    def input(self, item: Input) -> Shape:
        if item.relation is not None:
            return _relation_shape(item.relation, self.views)
        shape = self.node(item.query) if item.query is not None else self.ctes.get(item.cte.lower(), Shape())
        if item.watermark is not None:
            return Shape(shape.streaming, shape.watermarks | {item.watermark.column.lower()}, shape.complete)
        return shape

    def node(self, node: Node, subquery: bool = False) -> Shape:
        chain: list[SetOperation] = []
        while isinstance(node, SetOperation):
            chain.append(node)
            node = node.left
        shape = self.select(node, subquery)
        for operation in reversed(chain):
            shape = self.set_operation(operation, shape)
        return shape

    def set_operation(self, operation: SetOperation, left: Shape) -> Shape:
        right = self.node(operation.right)
        self.seen.append(SeenSet(operation, left, right))
        complete = left.complete or right.complete
        streaming, marks = left.streaming or right.streaming, left.watermarks | right.watermarks
        if streaming and operation.kind != "union all" and not marks:
            complete = complete or f"{operation.kind} without a watermark"
        return Shape(streaming, marks, complete)

    def select(self, select: Select, subquery: bool) -> Shape:
        inputs = tuple((item, self.input(item)) for item in select.inputs)
        for inner in select.subqueries:
            self.node(inner, subquery=True)
        marks: frozenset[str] = frozenset().union(*(s.watermarks for _, s in inputs if s.streaming))
        streaming = any(s.streaming for _, s in inputs)
        complete = next((s.complete for _, s in inputs if s.complete), "")
        if streaming and not complete:
            complete = _needs_all_rows(select, marks, self.text)
        shape = Shape(streaming, _kept(select, marks), complete)
        self.seen.append(SeenSelect(select, inputs, shape, subquery))
        return shape


def _needs_all_rows(select: Select, marks: frozenset[str], text: str) -> str:
    """Why this SELECT over a stream cannot just add rows, or nothing.

    An aggregate can when one of its keys is a watermarked column as it is, or a time window over one, however the key
    is written (place, alias, ALL, inside ROLLUP); `date(ts)` is no such key. DISTINCT can when it selects one.
    """
    aggregates = bool(select.aggregates) or "group by" in select.clauses
    if not aggregates and select.distinct is None:
        return ""
    what = "an aggregate" if aggregates else "DISTINCT"
    if not marks:
        return f"{what} without a watermark"
    if aggregates:
        marked = any(_marked_key(select, key, marks, text) for key in select.group_keys)
    else:
        marked = any(o.star or _marked_output(select, o, marks) for o in select.outputs)
    return "" if marked else f"{what} whose keys leave the watermark out"


def _marked_key(select: Select, key: tuple[int, int], marks: frozenset[str], text: str) -> bool:
    said = text[key[0] : key[1]].strip()
    if said.isdigit():
        return any(_marked_output(select, o, marks) for o in select.outputs[int(said) - 1 : int(said)])
    if said.upper() == "ALL":
        return any(_marked_output(select, o, marks) for o in select.outputs)
    several = _MANY_KEYS.match(said) is not None
    columns = [c for c in select.group_columns if _inside(c.span, key) and (several or c.span == key)]
    if _marked(columns, marks) or _window_at(select, key, marks, inside=several):
        return True
    names = {c.name.lower() for c in columns if len(c.parts) == 1}
    return any(_marked_output(select, o, marks) for o in select.outputs if o.name.lower() in names)


def _marked_output(select: Select, output: Output, marks: frozenset[str]) -> bool:
    plain = output.plain and _marked(output.columns, marks)
    return plain or _window_at(select, output.expression, marks, inside=True)


def _marked(columns: Iterable[ColumnRef], marks: frozenset[str]) -> bool:
    """Is a watermarked column among these? Spark takes a time window for one, but not a field of it."""
    return any(c.name.lower() in marks | {"window"} for c in columns)


def _window_at(select: Select, place: tuple[int, int], marks: frozenset[str], *, inside: bool) -> bool:
    return any(
        _marked(call.columns, marks)
        for call in _windows(select)
        if call.span == place or (inside and _inside(call.span, place))
    )


def _windows(select: Select) -> Iterable[Call]:
    return (call for call in select.calls if call.name in _TIME_WINDOWS)


def _inside(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _kept(select: Select, marks: frozenset[str]) -> frozenset[str]:
    """The watermarked columns that are still there behind this SELECT, under their new names."""
    if not marks or not select.outputs:
        return marks
    kept = set(marks) if any(o.star for o in select.outputs) else set()
    for output in select.outputs:
        sources = {part.lower() for c in output.columns for part in c.parts}
        timed = any(c.name in _TIME_WINDOWS | {"window_time"} and _inside(c.span, output.span) for c in select.calls)
        if (output.plain or timed) and (sources & marks or "window" in sources):
            kept.add(output.name.lower() or "window")
    return frozenset(kept)
