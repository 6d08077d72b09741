"""The query of a flow over views of its rows: one text, in which only the watermarks still say that it is a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ldp_magic.engine.queries import replaced
from ldp_magic.pipeline.streams import Seen
from ldp_magic.pipeline.streams import Shape as StreamShape
from ldp_magic.runs.stateful.kinds import walked
from ldp_magic.runs.work import Turn
from ldp_magic.sql.facts import Facts, Input, Relation, Watermark
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.query import facts_of
from ldp_magic.sql.sail.clauses.shape import GO_ON, Shape
from ldp_magic.sql.writing import quoted
from ldp_magic.text import Edit, Source, Span, apply_edits


@dataclass(frozen=True, slots=True)
class Asked:
    """A flow's query in this run."""

    shape: Shape
    seen: Seen
    new: tuple[str, ...]  # the views of new rows

    @property
    def facts(self) -> Facts:
        return self.shape.facts

    def text(self, span: Span) -> str:
        return self.shape.text[span.start : span.end]

    def query(self, text: str, span: Span) -> str:
        """A query that stands where *span* begins, with the WITH clauses whose names it may use."""
        tokens = self.shape.tokens
        index = next((n for n, start in enumerate(tokens.starts) if start >= span.start), len(tokens))
        around = self.shape.around(index)
        return f"{around} {text}{')' * around.count(' SELECT * FROM (WITH ')}".strip()


def asked(turn: Turn, facts: Facts, names: Sequence[str | None]) -> Asked:
    """*facts* with its relations replaced by *names*."""
    streams = [relation.streaming for relation in facts.relations]
    facts = _with_columns(facts)
    text = replaced(facts, [_named(turn, *each) for each in zip(facts.relations, names, strict=True)])
    shape = Shape(text, tokens_of(text), turn.views.columns)
    new = tuple(name for name, stream in zip(names, streams, strict=True) if stream and name is not None)
    known = {
        relation.span: StreamShape(streaming=True)
        for relation, stream in zip(shape.facts.relations, streams, strict=True)
        if stream
    }
    return Asked(shape, walked(shape.facts, lambda relation: known.get(relation.span))[1], new)


def _named(turn: Turn, relation: Relation, name: str | None) -> str | None:
    """What stands for a relation: its view, and the watermark on it."""
    mark = relation.watermark
    if name is None or mark is None:
        return name
    if mark.aliased:
        text = turn.views.spoken(f"SELECT *, {mark.expression} AS {quoted(mark.column)} FROM {name}")
        name = quoted(turn.views.view("watermarked", text))
    return f"{name} {_plain(mark)}"


def _plain(mark: Watermark) -> str:
    return f"WATERMARK {quoted(mark.column)} DELAY OF {mark.delay}"


def _with_columns(facts: Facts) -> Facts:
    """The query with each `(SELECT ...) WATERMARK expression AS name` as a query that has the column."""
    source = Source("query", None, facts.text)
    edits = []
    for item in (item for select in facts.selects for item in select.inputs):
        mark = item.watermark
        if mark is not None and mark.aliased:
            before = f"(SELECT *, {mark.expression} AS {quoted(mark.column)} FROM "
            edits.append(Edit(source.at(item.span.start, item.span.start), before))
            edits.append(Edit(source.at(*mark.span), f") {_plain(mark)}{_alias(facts, item, mark)}"))
    return facts_of(apply_edits(edits)[source]) if edits else facts


def _alias(facts: Facts, item: Input, mark: Watermark) -> str:
    """The name of a CTE, where it is given no other."""
    tokens = tokens_of(facts.text)
    after = next((n for n, start in enumerate(tokens.starts) if start >= mark.span.end), len(tokens))
    named = after < len(tokens) and tokens.types[after] in ("word", "name") and tokens.words[after] not in GO_ON
    return f" AS {quoted(item.cte)}" if item.cte and not named else ""
