"""Why Databricks cannot bring a materialized view up to date by its new rows alone, and computes it in full.

Each reason belongs to one rule, which alone speaks of it: what varies to LDP602 and LDP603, windows to LDP606, files
to LDP608, a sort to LDP611, all others to LDP615. LDP609 asks for every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ldp_magic.pipeline.model import Dataset, Read
from ldp_magic.sql.facts import Call, Facts, Input, Node, Select, SetOperation
from ldp_magic.sql.functions import CLOCK, FILE_READERS, NONDETERMINISTIC
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Span

Why = Literal["varies", "clock", "window", "aggregate", "operator", "subquery"]

_DATES = {"current_date", "curdate"}
_BARE = {"CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP"}
_NEEDS_NO_ARGUMENTS = {"unix_timestamp"}  # with one it converts
_SAID_ELSEWHERE = {"input_file_name"}  # LDP508
_OPEN_TABLES = {"delta", "iceberg"}
_OPERATORS = {"intersect", "intersect all", "except", "except all"}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, where (in the query's text), and in the words of the query."""

    why: Why
    span: Span
    what: str


@lru_cache(maxsize=4096)
def reasons(facts: Facts) -> tuple[Reason, ...]:
    """Every reason that a query's own text gives, in text order."""
    if facts.root is None:
        return ()
    found = [*_varying(facts), *_windows(facts), *_inner_aggregates(facts), *_operators(facts), *_subqueries(facts)]
    return tuple(sorted(dict.fromkeys(found), key=lambda r: r.span))


def files_of(dataset: Dataset) -> Iterator[Read]:
    """The reads of files that are listed and read anew at each refresh."""
    for read in dataset.reads:
        relation = read.relation
        if not relation.streaming and (
            relation.function in FILE_READERS or (relation.format and relation.format.lower() not in _OPEN_TABLES)
        ):
            yield read


# -- what varies ----------------------------------------------------------------------------------------


def _varying(facts: Facts) -> Iterator[Reason]:
    for select in facts.selects:
        for call in select.calls:
            why = _variation(call)
            if why is not None:
                yield Reason(why, call.span, f"{call.name}()")
    for span, name, clause in _bare_clocks(facts):
        if clause != "where":
            yield Reason("varies" if clause == "select" and name not in _DATES else "clock", span, name)


def _variation(call: Call) -> Why | None:
    if call.name in _SAID_ELSEWHERE:
        return None
    if call.name in NONDETERMINISTIC or call.name.startswith("ai_"):
        return "varies"
    if call.name not in CLOCK or call.clause == "where" or (call.name in _NEEDS_NO_ARGUMENTS and call.arguments):
        return None
    return "varies" if call.clause == "select" and call.name not in _DATES else "clock"


def _bare_clocks(facts: Facts) -> Iterator[tuple[Span, str, str]]:
    """`current_date` without brackets, with the clause that it stands in."""
    if not any(word.lower() in facts.text.lower() for word in _BARE):
        return
    tokens = tokens_of(facts.text)
    words = (*tokens.words, "")
    for index, word in enumerate(tokens.words):
        if word not in _BARE or words[index + 1] in ("(", ".") or words[index - 1 if index else -1] in ("AS", "."):
            continue
        span = Span(tokens.starts[index], tokens.ends[index])
        yield span, word.lower(), _clause_at(facts, span)


def _clause_at(facts: Facts, span: Span) -> str:
    around = [s for s in facts.selects if s.span.start <= span.start and span.end <= s.span.end]
    select = min(around, key=lambda s: s.span.end - s.span.start, default=None)
    clauses = select.clauses.items() if select is not None else ()
    return next((name for name, held in clauses if held.start <= span.start < held.end), "")


# -- windows --------------------------------------------------------------------------------------------


def _windows(facts: Facts) -> Iterator[Reason]:
    for select in facts.selects:
        for call in select.calls:
            if call.over is not None and not call.partitioned and not _named_and_partitioned(facts, call.over):
                yield Reason("window", call.over, f"the window of {call.name}()")


def _named_and_partitioned(facts: Facts, over: Span) -> bool:
    """`OVER w`, `OVER (DISTRIBUTE BY ...)`: only a window that is seen to have no PARTITION BY is one without."""
    tokens = tokens_of(facts.text[over.start : over.end])
    inner = [i for i in range(1, len(tokens)) if tokens.words[i] not in ("(", ")")]
    if "DISTRIBUTE" in tokens.words:
        return True
    if not inner or tokens.words[inner[0]] in ("ORDER", "SORT", "ROWS", "RANGE"):
        return False
    return not _defined_without(facts.text, tokens.get(inner[0]))


def _defined_without(text: str, name: str) -> bool:
    tokens = tokens_of(text)
    for index in range(len(tokens) - 2):
        if tokens.get(index).lower() == name.lower() and tokens.words[index + 1 : index + 3] == ["AS", "("]:
            close = tokens.pairs.get(index + 2, index + 2)
            return not {"PARTITION", "DISTRIBUTE"} & set(tokens.words[index + 2 : close])
    return False


# -- shape ----------------------------------------------------------------------------------------------


def _inner_aggregates(facts: Facts) -> Iterator[Reason]:
    """Aggregates whose rows are joined, aggregated or sorted once more."""
    ctes = {c.name.lower(): c.query for c in facts.ctes}
    seen: set[tuple[int, bool]] = set()
    stack: list[tuple[Node, bool]] = [(facts.root, False)] if facts.root is not None else []
    while stack:
        node, busy = stack.pop()
        if (id(node), busy) in seen:
            continue
        seen.add((id(node), busy))
        if isinstance(node, SetOperation):
            over = busy or node.kind != "union all"
            stack += [(node.left, over), (node.right, over)]
            continue
        if busy and _aggregates(node):
            yield Reason("aggregate", _aggregate_span(node), "an aggregate below the top of the query")
        stack += [(inner, busy or _busy(node)) for inner in _below(node, ctes)]


def _below(select: Select, ctes: dict[str, Node]) -> Iterator[Node]:
    for item in select.inputs:
        inner = _query_of(item, ctes)
        if inner is not None and inner is not select:
            yield inner


def _query_of(item: Input, ctes: dict[str, Node]) -> Node | None:
    return item.query if item.query is not None else ctes.get(item.cte.lower()) if item.cte else None


def _aggregates(select: Select) -> bool:
    return bool(select.aggregates) or "group by" in select.clauses


def _busy(select: Select) -> bool:
    """Does this SELECT more than pick, rename and filter rows?"""
    windows = any(c.over is not None for c in select.calls)
    return bool(select.joins) or _aggregates(select) or select.distinct is not None or windows


def _aggregate_span(select: Select) -> Span:
    return select.clauses.get("group by") or select.aggregates[0].span


def _operators(facts: Facts) -> Iterator[Reason]:
    for operation in facts.set_operations:
        if operation.kind in _OPERATORS:
            yield Reason("operator", operation.span, operation.kind.upper())
    nodes: list[Node] = [*facts.selects, *facts.set_operations]
    for node in nodes:
        for clause in ("limit", "offset"):
            if clause in node.clauses:
                yield Reason("operator", node.clauses[clause], clause.upper())


def _subqueries(facts: Facts) -> Iterator[Reason]:
    for select in facts.selects:
        for inner in select.subqueries:
            first = inner
            while isinstance(first, SetOperation):
                first = first.left
            yield Reason("subquery", first.span, "a query inside an expression")
