"""The watermarked sources of a query: which of their rows count when the latest event time is looked for.

Spark looks for it behind the filters that it can move below the watermark, so a filter far above may count too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ldp_magic.engine.child import EngineError
from ldp_magic.runs.stateful.asked import Asked
from ldp_magic.runs.stateful.durations import delay
from ldp_magic.runs.stateful.watermarks import EVENT, Source, conjuncts, pushed
from ldp_magic.runs.work import Turn
from ldp_magic.sql.facts import ColumnRef, Input, Node, Output, Select, Watermark
from ldp_magic.sql.functions import GENERATORS, NONDETERMINISTIC
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.query import expression_facts
from ldp_magic.sql.writing import quoted
from ldp_magic.text import Edit, Span, apply_edits
from ldp_magic.text import Source as TextSource

_COMPARES = frozenset({"BETWEEN", "=", "==", "<", ">", "<=", ">=", "<>", "!="})
_LOOSE = frozenset({"OR", "NOT", "CASE", "(", "IS", "<=>", "["})
_WINDOWS = ("window", "session_window")
_FILTERING = ("inner", "cross", "left semi")


def sources(turn: Turn, asked: Asked) -> tuple[Source, ...]:
    """Every watermarked source of the query."""
    assert asked.facts.root is not None
    return tuple(_Walk(turn, asked).node(asked.facts.root, []))


class _Walk:
    """Goes down from the whole query to its sources, and takes along what filters say."""

    def __init__(self, turn: Turn, asked: Asked) -> None:
        self.turn, self.asked = turn, asked
        self.ctes = {each.name.lower(): each.query for each in asked.facts.ctes}
        self.blocks = {id(select): block for select, block in asked.shape.selects()}

    def node(self, node: Node, conditions: list[str]) -> Iterator[Source]:
        """*conditions* hold for the rows of *node*, and speak of its columns."""
        if isinstance(node, Select):
            yield from self.select(node, conditions)
            return
        yield from self.node(node.left, conditions)
        names, others = self.names(node.left), self.names(node.right)
        renamed = dict(zip(names, others, strict=False)) if len(names) == len(others) else {}
        moved = (_changed(each, lambda column: renamed.get(column.parts[0].lower())) for each in conditions)
        yield from self.node(node.right, [each for each in moved if each is not None])

    def names(self, node: Node) -> list[str]:
        """The columns of a query in lower case; none where they are not known."""
        while not isinstance(node, Select):
            node = node.left
        if all(output.name for output in node.outputs):
            return [output.name.lower() for output in node.outputs]
        block = self.blocks.get(id(node))
        shown = self.asked.shape.shown(self.asked.text(_own(node)), block.select) if block is not None else None
        return [name.lower() for name, _ in shown or ()]

    def select(self, select: Select, conditions: list[str]) -> Iterator[Source]:
        held = [inside for each in conditions if (inside := self.inside(each, select)) is not None]
        held += self.filters(select)
        held += [f"{text} IS NOT NULL" for each in held for text in _never_null(each)]
        for item in select.inputs:
            yield from self.input(item, [each for each in held if self.belongs(each, select, item)])

    def inside(self, condition: str, select: Select) -> str | None:
        """A condition on the columns of a SELECT, on those that it reads."""
        if "GROUP BY" in self.clause(select, "group by").upper() and _many(self.clause(select, "group by")):
            return None
        star = any(output.star for output in select.outputs)

        def meant(column: ColumnRef) -> str | None:
            name = column.parts[0].lower()
            output = next((each for each in select.outputs if each.name.lower() == name), None)
            if output is None:
                return quoted(column.parts[0]) if star else None
            return f"({self.asked.text(output.expression)})" if _moves(select, output) else None

        return _changed(condition, meant)

    def filters(self, select: Select) -> Iterator[str]:
        """What WHERE, the conditions of joins and HAVING ask for."""
        yield from conjuncts(self.clause(select, "where")[len("WHERE") :])
        for join in select.joins:
            if join.kind in _FILTERING and join.condition is not None:
                yield from conjuncts(self.asked.text(join.condition))
            if join.kind in _FILTERING:
                yield from (
                    f"{quoted(item.alias)}.{quoted(name)} IS NOT NULL"
                    for name in join.using
                    for item in select.inputs
                    if item.alias and self.has(select, item, name)
                )
        if not _many(self.clause(select, "group by")):
            for part in conjuncts(self.clause(select, "having")[len("HAVING") :]):
                found = self.inside_having(part, select)
                if found is not None:
                    yield found

    def inside_having(self, part: str, select: Select) -> str | None:
        """A part of HAVING that speaks of keys alone."""
        if any(each.aggregates for each in expression_facts(part).selects):
            return None

        def meant(column: ColumnRef) -> str | None:
            name = column.parts[0].lower()
            output = next((each for each in select.outputs if each.aliased and each.name.lower() == name), None)
            if name in _WINDOWS:
                return None
            if output is None:
                return ".".join(map(quoted, column.parts[: 1 + self.is_alias(select, name)]))
            return f"({self.asked.text(output.expression)})" if _moves(select, output) else None

        return _changed(part, meant, lambda column: 1 + self.is_alias(select, column.parts[0].lower()))

    def is_alias(self, select: Select, name: str) -> bool:
        return any(item.alias.lower() == name for item in select.inputs)

    def clause(self, select: Select, name: str) -> str:
        span = select.clauses.get(name)
        return self.asked.text(span) if span is not None else ""

    def belongs(self, condition: str, select: Select, item: Input) -> bool:
        """Does a condition speak of the columns of one input alone?"""
        if len(select.inputs) == 1:
            return True
        return all(self.owns(select, item, column) for column in _columns(condition))

    def owns(self, select: Select, item: Input, column: ColumnRef) -> bool:
        name = column.parts[0].lower()
        if len(column.parts) > 1 and self.is_alias(select, name):
            return name == item.alias.lower()
        return [each for each in select.inputs if self.has(select, each, name)] == [item]

    def has(self, select: Select, item: Input, name: str) -> bool:
        block = self.blocks.get(id(select))
        listed = self.asked.shape.listed(select, block, f"{quoted(item.alias)}.*") if block and item.alias else None
        return name.lower() in {each.lower() for each, _ in listed or ()}

    def input(self, item: Input, conditions: list[str]) -> Iterator[Source]:
        mark = item.watermark or (item.relation.watermark if item.relation is not None else None)
        below = item.query or self.ctes.get(item.cte.lower())
        if mark is not None:
            if below is not None and any(True for _ in self.node(below, [])):
                raise EngineError(
                    f"the watermark on {mark.column} stands above another one",
                    why="Spark refuses a second watermark over the same rows",
                    fix="keep the one that is nearer to the source",
                )
            kept = [part for each in conditions for part in pushed(each, mark.column, item.alias or " ")]
            yield self.source(item, mark, kept)
        elif below is not None:
            yield from self.node(below, [_unqualified(each, item.alias) for each in conditions])

    def source(self, item: Input, mark: Watermark, conditions: list[str]) -> Source:
        where = f" WHERE {' AND '.join(f'({part})' for part in conditions)}" if conditions else ""
        rows = item.cte or self.asked.text(item.span)
        alias = quoted(item.alias or "__ldp_source")
        text = f"SELECT {alias}.{quoted(mark.column)} AS {EVENT} FROM {rows} AS {alias}{where}"
        events = self.turn.views.spoken(self.asked.query(text, item.span))
        if not self.turn.memory:
            _check_type(self.turn, events, mark)
        return Source(events, delay(mark.delay))


def _check_type(turn: Turn, events: str, mark: Watermark) -> None:
    type_ = turn.session.spark.sql(events).schema.fields[0].dataType.simpleString()
    if type_ != "timestamp":
        raise EngineError(
            f"the watermark is on {mark.column}, which is a {type_}",
            why="event time is a TIMESTAMP, in Spark too",
            fix=f"write WATERMARK to_timestamp({mark.column}) AS event_time DELAY OF {mark.delay}",
        )


def _own(select: Select) -> Span:
    """A SELECT without the WITH clause before it."""
    first = min(select.keyword.start, select.clauses["from"].start if "from" in select.clauses else select.span.end)
    return Span(first, select.span.end)


def _many(group_by: str) -> bool:
    return not {"ROLLUP", "CUBE", "GROUPING"}.isdisjoint(tokens_of(group_by).words)


def _moves(select: Select, output: Output) -> bool:
    """Can a filter on this column be asked before the SELECT?"""
    inside = [call for call in select.calls if output.span.start <= call.span.start < output.span.end]
    return not any(call.aggregate or call.over or call.name in NONDETERMINISTIC | GENERATORS for call in inside)


def _columns(condition: str) -> list[ColumnRef]:
    return [column for select in expression_facts(condition).selects for column in select.columns]


def _changed(
    condition: str,
    meant: Callable[[ColumnRef], str | None],
    parts: Callable[[ColumnRef], int] = lambda column: 1,
) -> str | None:
    """The condition with its columns replaced, of which *parts* tells how many parts are; None where one has no
    meaning, or where a query is inside."""
    facts = expression_facts(condition)
    if facts.failure is not None or facts.relations:
        return None
    source, edits = TextSource("condition", None, condition), []
    for column in dict.fromkeys(_columns(condition)):
        text = meant(column)
        if text is None:
            return None
        rest = "".join(f".{quoted(part)}" for part in column.parts[parts(column) :])
        edits.append(Edit(source.at(*column.span), text + rest))
    return apply_edits(edits).get(source, condition) if edits else condition


def _unqualified(condition: str, alias: str) -> str:
    """The condition on the columns of a query, without the name that the query has."""

    def plain(column: ColumnRef) -> str:
        return quoted(column.parts[_skipped(column, alias)])

    return _changed(condition, plain, lambda column: 1 + _skipped(column, alias)) or "true"


def _skipped(column: ColumnRef, alias: str) -> int:
    return int(len(column.parts) > 1 and column.parts[0].lower() == alias.lower())


def _never_null(condition: str) -> Iterator[str]:
    """The columns without which a plain comparison is not true."""
    words = tokens_of(condition).words
    if _COMPARES.isdisjoint(words) or not _LOOSE.isdisjoint(words):
        return
    for column in _columns(condition):
        yield ".".join(map(quoted, column.parts))
