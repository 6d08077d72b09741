"""The two sides of a join as views over their new rows, and how far their event times have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ldp_magic.runs.stateful.durations import delay
from ldp_magic.runs.stateful.joins.conditions import Names, moved, outputs_of, part_of
from ldp_magic.runs.stateful.joins.shape import Chain, Shape, cut, edited, rendered
from ldp_magic.runs.stateful.watermarks import EVENT, Source, conjuncts
from ldp_magic.runs.work import Turn
from ldp_magic.sql.facts import Input, Select, Watermark
from ldp_magic.sql.writing import quoted
from ldp_magic.text import Span

_LOSES = ("inner", "cross", "left semi")  # joins in which a row without a partner is lost


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the join."""

    chain: Chain
    alias: str
    view: str  # quoted, over the new rows
    columns: tuple[str, ...]
    mark: str | None  # the column that holds the event time, in lower case
    below: str  # quoted, over the new rows as the watermark meets them
    below_columns: tuple[str, ...]

    @property
    def watermark(self) -> Watermark | None:
        source = self.chain.source
        return source.relation.watermark if source.relation is not None else source.watermark


def sides_of(turn: Turn, shape: Shape) -> tuple[Side, Side]:
    left, right = (
        _side(turn, shape, chain, read.alias) for chain, read in zip(shape.chains, shape.select.inputs[:2], strict=True)
    )
    return left, right


def _side(turn: Turn, shape: Shape, chain: Chain, alias: str) -> Side:
    text = chain.facts.text
    below = _below(turn, shape, chain)
    if chain.selects:
        start, end = _inside(chain.outer)
        source = _span(chain.source)
        named = (
            "" if chain.source.relation is None or chain.source.relation.alias else f" AS {quoted(chain.source.alias)}"
        )
        at = Span(source.start - start, source.end - start)
        view = _view(turn, "side", rendered(edited(text[start:end], [(at, below + named)]), shape.names))
    else:
        view = below
    columns, below_columns = _columns(turn, view), _columns(turn, below)
    mark = _mark(chain)
    return Side(chain, alias.lower(), view, columns, mark and mark.lower(), below, below_columns)


def _below(turn: Turn, shape: Shape, chain: Chain) -> str:
    """A view over what the watermark is said of, with the column that it computes in front."""
    read, text = chain.source, chain.facts.text
    if read.relation is not None:
        rows = shape.names.get(cut(text, read.relation.whole)) or cut(text, read.relation.span)
        mark, alias = read.relation.watermark, read.alias
    else:
        rows = _view(turn, "source", rendered(cut(text, _inside(read)), shape.names))
        mark, alias = read.watermark, ""
    if mark is None or not mark.aliased:
        return rows
    named = f" AS {quoted(alias)}" if alias else ""
    return _view(turn, "timed", f"SELECT {mark.expression} AS {quoted(mark.column)}, * FROM {rows}{named}")


def _inside(read: Input) -> Span:
    """The query of an input, without its brackets."""
    return Span(read.span.start + 1, read.span.end - 1)


def _span(read: Input) -> Span:
    if read.relation is not None:
        return read.relation.whole
    return Span(read.span.start, read.watermark.span.end if read.watermark is not None else read.span.end)


def _view(turn: Turn, name: str, text: str) -> str:
    return quoted(turn.views.view(name, turn.views.spoken(text)))


def _columns(turn: Turn, view: str) -> tuple[str, ...]:
    return tuple(name for name, _ in turn.views.columns((view[1:-1],)) or ())


def _mark(chain: Chain) -> str | None:
    """What the event time is called at the join; None if the SELECTs in between leave it out."""
    source = chain.source
    mark = source.relation.watermark if source.relation is not None else source.watermark
    name = mark.column if mark is not None else None
    for select in reversed(chain.selects):
        if name is None:
            return None
        same = (each for each in select.outputs if each.plain and each.columns[0].name.lower() == name.lower())
        name = name if any(each.star for each in select.outputs) else next((each.name for each in same), None)
    return name


def source_of(turn: Turn, side: Side, filters: Sequence[str]) -> Source | None:
    """The event times that count: of the rows that Spark's filters below the watermark leave."""
    mark = side.watermark
    if mark is None:
        return None
    alias = side.chain.source.alias.lower()
    names = Names((alias, "\0"), (tuple(map(str.lower, side.below_columns)), ()))
    parts = [part_of(each, names) for each in _translated(side, names, filters)]
    kept = [each.text for each in parts if each.only_of(0) and (0, mark.column.lower()) not in each.columns]
    where = " AND ".join(f"({each})" for each in kept) or "true"
    named = f" AS {quoted(alias)}" if alias else ""
    text = f"SELECT {quoted(mark.column)} AS {EVENT} FROM {side.below}{named} WHERE {where}"
    return Source(turn.views.spoken(text), delay(mark.delay))


def _translated(side: Side, names: Names, filters: Sequence[str]) -> list[str]:
    """Filters over the side as filters over its source, with those of the SELECTs on the way."""
    text, found = side.chain.facts.text, list(filters)
    for select in side.chain.selects:
        outputs, star = outputs_of(select, text)
        found = [new for each in found if (new := moved(each, outputs, star=star)) is not None]
        found += _own(select, text, names)
    return found


def _own(select: Select, text: str, names: Names) -> list[str]:
    found = conjuncts(cut(text, select.clauses["where"])[len("where") :]) if "where" in select.clauses else []
    for join in select.joins:
        if join.kind in _LOSES and join.condition is not None:
            for each in conjuncts(cut(text, join.condition)):
                found += [f"{quoted(name)} IS NOT NULL" for at, name in part_of(each, names).never_null if at == 0]
    return found
