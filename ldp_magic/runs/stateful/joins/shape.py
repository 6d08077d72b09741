"""The shape of a query that joins two streams: where its join stands, and what it joins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.queries import replaced
from ldp_magic.sql.facts import Facts, Input, Join, Node, Select
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.query import facts_of
from ldp_magic.sql.writing import quoted
from ldp_magic.text import Edit, Source, Span, apply_edits

SIDES = ("__ldp_left", "__ldp_right")  # how a text names the two sides until views take their places
_ALLOWED = frozenset({"select", "from", "where"})
_BEHIND = frozenset({"inner", "cross", "left", "left semi", "left anti"})
_IN_FRONT = frozenset({"inner", "cross", "right"})
_OPERAND = re.compile(r"\s*(LATERAL\b)?\s*(STREAM\s*\(?)?\s*", re.IGNORECASE)
_SPLIT = "split it into two streaming tables: one for the join, and one that reads it"


@dataclass(frozen=True, slots=True)
class Chain:
    """One side of a join: the SELECTs around its stream, outer ones first, and the input in the innermost of them."""

    facts: Facts
    selects: tuple[Select, ...]
    inputs: tuple[Input, ...]  # of the join, then of each SELECT: the one that streams

    @property
    def outer(self) -> Input:
        return self.inputs[0]

    @property
    def source(self) -> Input:
        """What has the watermark; without one, the relation."""
        return self.inputs[-1]


@dataclass(frozen=True, slots=True)
class Shape:
    """A query whose sides are `__ldp_left` and `__ldp_right`, and what stands behind these names."""

    facts: Facts
    levels: tuple[Select, ...]  # the SELECTs of the query down to the one that joins
    chains: tuple[Chain, Chain]
    names: Mapping[str, str]  # relations as they are written -> views

    @property
    def select(self) -> Select:
        return self.levels[-1]

    @property
    def join(self) -> Join:
        return self.select.joins[0]

    def over(self, left: str, right: str, kind: str | None = None) -> str:
        """The query with views in the places of its sides, joined as *kind* says."""
        facts = self.facts
        if kind is not None and not self.join.comma:
            facts = facts_of(edited(facts.text, [(self.join.span, kind)]))
        views = dict(zip(SIDES, (left, right), strict=True))
        return replaced(facts, [views.get(each.name[-1]) if each.name else None for each in facts.relations])


def edited(text: str, edits: Sequence[tuple[Span, str]]) -> str:
    """The text with other words at some places."""
    source = Source("query", None, text)
    return apply_edits(Edit(source.at(*span), new) for span, new in edits).get(source, text)


def cut(text: str, span: Span) -> str:
    return text[span.start : span.end]


def shape_of(facts: Facts, names: Sequence[str | None]) -> Shape:
    """The shape of a query; *names* are the views of its relations."""
    known = {cut(facts.text, each.whole): name for each, name in zip(facts.relations, names, strict=True) if name}
    flat = facts_of(_without_ctes(facts))
    select = _path(flat)[-1]
    streams = [each for each in select.inputs if streams_in(each)]
    _check(flat, select, streams)
    left, right = (_chain(flat, each) for each in streams)
    text = _with_sides(flat, (left, right), known)
    final = facts_of(text)
    return Shape(final, tuple(_named_path(final)), (left, right), known)


def streams_in(node: Node | Input) -> int:
    """How many streams are read there."""
    if isinstance(node, Input):
        if node.relation is not None:
            return int(node.relation.streaming)
        return streams_in(node.query) if node.query is not None else 0
    if isinstance(node, Select):
        return sum(map(streams_in, node.inputs)) + sum(map(streams_in, node.subqueries))
    return streams_in(node.left) + streams_in(node.right)


def rendered(text: str, names: Mapping[str, str]) -> str:
    """A query with views in the places of the relations that *names* knows."""
    facts = facts_of(text)
    return replaced(facts, [names.get(cut(text, each.whole)) for each in facts.relations])


# -- common table expressions ------------------------------------------------------------------------------------


def _without_ctes(facts: Facts) -> str:
    """The query with each common table expression written where it is read."""
    if not facts.ctes:
        return facts.text
    tokens = tokens_of(facts.text)
    at = {start: index for index, start in enumerate(tokens.starts)}
    bodies, written = dict[str, str](), list[Span]()
    for cte in facts.ctes:
        index = at[cte.span.start] + 1
        if tokens.words[index : index + 1] != ["AS"] or tokens.words[index + 1] != "(":
            raise EngineError(
                f"the common table expression {cte.name} of a join of streams names its columns in front",
                why="which of them is the event time is followed only through SELECT lists",
                fix="name the columns in its SELECT list",
            )
        body = Span(tokens.ends[index + 1], tokens.starts[tokens.pairs[index + 1]])
        bodies[cte.name.lower()] = _inlined(facts, body, bodies, written)
        written.append(body)
    return _inlined(facts, Span(0, len(facts.text)), bodies, written)


def _inlined(facts: Facts, span: Span, bodies: Mapping[str, str], written: Sequence[Span]) -> str:
    inside = [each for each in facts.selects if span.start <= each.span.start and each.span.end <= span.end]
    gone = [Span(each.span.start, each.keyword.start) for each in inside if each.span.start < each.keyword.start]
    edits = [(each, "") for each in gone]
    for select in inside:
        for read in select.inputs:
            if not read.cte or any(each.start <= read.span.start < each.end for each in gone):
                continue
            behind = read.watermark.span.end if read.watermark is not None else read.span.end
            edits.append((read.span, f"({bodies[read.cte.lower()]})"))
            if read.alias.lower() == read.cte.lower() and not _named_again(facts.text, behind, read.alias):
                edits.append((Span(behind, behind), f" AS {quoted(read.cte)}"))
    moved = [(Span(each.start - span.start, each.end - span.start), new) for each, new in dict.fromkeys(edits)]
    return edited(cut(facts.text, span), moved)


def _named_again(text: str, end: int, alias: str) -> bool:
    """Does an alias of the same name follow? `l AS l`"""
    return re.match(rf"\s*(AS\s+)?`?{re.escape(alias)}\b(?!\s*\.)", text[end:], re.IGNORECASE) is not None


# -- the way to the join, and from it to the streams -------------------------------------------------------------


def _path(facts: Facts) -> list[Select]:
    """The SELECTs from the query itself to the one in which two streams meet."""
    node, found = facts.root, list[Select]()
    while isinstance(node, Select):
        found.append(node)
        inputs = [each for each in node.inputs if streams_in(each)]
        if len(inputs) != 1 or inputs[0].query is None:
            return found
        node = inputs[0].query
    raise _not_simple("a UNION stands around a join of streams", "write the parts as flows of their own into the table")


def _named_path(facts: Facts) -> Iterator[Select]:
    """The same once the sides have their names."""
    node = facts.root
    while isinstance(node, Select):
        yield node
        if any(_is_side(each) for each in node.inputs):
            return
        node = next((each.query for each in node.inputs if each.query is not None and _has_side(each.query)), None)


def _has_side(node: Node) -> bool:
    if isinstance(node, Select):
        return any(_is_side(each) or (each.query is not None and _has_side(each.query)) for each in node.inputs)
    return _has_side(node.left) or _has_side(node.right)


def _is_side(read: Input) -> bool:
    return read.relation is not None and bool(read.relation.name) and read.relation.name[-1] in SIDES


def _chain(facts: Facts, read: Input) -> Chain:
    selects, inputs = list[Select](), [read]
    while inputs[-1].relation is None and inputs[-1].watermark is None:
        select = inputs[-1].query
        inside = [each for each in select.inputs if streams_in(each)] if isinstance(select, Select) else []
        if not isinstance(select, Select) or len(inside) != 1:
            raise _not_simple(
                f"{read.alias or 'a side'} of a join of streams reads two streams without a watermark", _SPLIT
            )
        _check_plain(facts, select)
        selects.append(select)
        inputs.append(inside[0])
    return Chain(facts, tuple(selects), tuple(inputs))


def _with_sides(facts: Facts, chains: tuple[Chain, Chain], known: Mapping[str, str]) -> str:
    """The text with `__ldp_left` and `__ldp_right` for the sides, and views for all other relations."""
    queries, views = list[tuple[Span, str]](), dict[Span, str | None]()
    for name, chain in zip(SIDES, chains, strict=True):
        read = chain.outer
        if read.relation is not None:
            views[read.relation.whole] = quoted(name)
        else:
            end = read.watermark.span.end if read.watermark is not None else read.span.end
            queries.append((Span(read.span.start, end), quoted(name)))
    outside = [r for r in facts.relations if not any(s.start <= r.whole.start < s.end for s, _ in queries)]
    rest = iter([views.get(each.whole) or known.get(cut(facts.text, each.whole)) for each in outside])
    half = facts_of(edited(facts.text, queries))
    return replaced(half, [None if _is_placeholder(each.name) else next(rest) for each in half.relations])


def _is_placeholder(name: tuple[str, ...]) -> bool:
    return bool(name) and name[-1] in SIDES


# -- what is refused ---------------------------------------------------------------------------------------------


def _check(facts: Facts, select: Select, streams: Sequence[Input]) -> None:
    for each in _path(facts):
        _check_plain(facts, each)
    if len(streams) != 2 or any(map(streams_in, select.subqueries)):
        raise _not_simple(f"{len(streams)} streams are joined in one query", _SPLIT)
    join = select.joins[0]
    between = facts.text[join.span.end : join.right.span.start]
    if list(select.inputs[:2]) != list(streams) or join.right.lateral or not _OPERAND.fullmatch(between):
        raise _not_simple(
            "something else stands between two streams that are joined",
            "join the two streams first, and what is no stream behind them; or join it in a subquery around its stream",
        )
    if join.natural:
        raise _not_simple("a NATURAL JOIN of two streams does not say what has to be equal", "write USING (columns)")


def _check_plain(facts: Facts, select: Select) -> None:
    """Only rows one by one: nothing that groups, counts, sorts or cuts."""
    _check_static(select)
    more = sorted(set(select.clauses) - _ALLOWED)
    if select.aggregates or select.distinct is not None or "group by" in more:
        raise EngineError(
            "a query joins two streams and groups or counts rows",
            why="both would have to remember rows of their own, each until the watermark has passed them",
            fix=_SPLIT,
        )
    if more or any(call.over is not None for call in select.calls):
        what = more[0].upper() if more else "OVER"
        raise EngineError(
            f"{what} stands in a query that joins two streams",
            why="it would need all rows, and a stream never has them all",
            fix=_SPLIT,
        )


def _check_static(select: Select) -> None:
    """What is no stream may only add columns to rows of streams, or take rows away, one by one."""
    before = streams_in(select.inputs[0]) if select.inputs else 0
    for join in select.joins:
        here = streams_in(join.right)
        if bool(before) != bool(here) and join.kind not in (_BEHIND if before else _IN_FRONT):
            raise EngineError(
                f"a {join.kind.upper()} JOIN keeps rows of what is no stream",
                why="whether a row there has no partner is never known; Spark does not run it either",
                fix="put the stream on the side whose rows are kept, or make it a materialized view",
            )
        before += here


def _not_simple(what: str, fix: str) -> EngineError:
    return EngineError(what, why="what such a query has to remember is not followed here", fix=fix)
