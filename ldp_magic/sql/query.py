"""From the text of a query to its facts: sqlglot's tree for what things mean, our outline for where they stand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from ldp_magic.sql import facts as f
from ldp_magic.sql.cursor import shortened, unquoted
from ldp_magic.sql.functions import (
    AGGREGATES,
    CALLS_DESPITE_WORD,
    FILE_READERS,
    NOT_CALLS,
    PATH_FORMATS,
    STREAMING_READERS,
    TABLE_READERS,
)
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.outline import Block, Outline, masked, operand_end, outline_of, span
from ldp_magic.text import Span, offset

DEEPEST = 100  # brackets
MOST_PREFIXES = 100
_RECURSING = {"NOT", "-", "+", "~", "INTERVAL", "CASE", "PRIOR", "WITH", "EXISTS"}
LONGEST = 1_000_000  # characters of one query
_RELATION = "SELECT * FROM "
# Through which arguments of sqlglot's nodes a source of rows is reached; a query elsewhere is a subquery of an expression.
_SET_SOURCES = frozenset({"this", "expression", "with_"})
_SOURCES: dict[type, frozenset[str]] = {
    exp.Select: frozenset({"from_", "joins", "laterals", "with_"}),
    exp.Union: _SET_SOURCES,
    exp.Intersect: _SET_SOURCES,
    exp.Except: _SET_SOURCES,
    exp.Subquery: frozenset({"this", "joins", "with_"}),
    exp.From: frozenset({"this"}),
    exp.With: frozenset({"expressions"}),
    exp.CTE: frozenset({"this"}),
    exp.Join: frozenset({"this"}),
    exp.Table: frozenset({"joins", "this"}),
    exp.Lateral: frozenset({"this"}),
}
_NOWHERE: frozenset[str] = frozenset()
_QUERY_STARTS = {"SELECT", "WITH", "FROM", "VALUES", "TABLE", "("}


@lru_cache(maxsize=20_000)
def facts_of(text: str) -> f.Facts:
    """The facts about a query, or about a relation such as `STREAM(orders)`. Never raises: see `failure`."""
    tokens = tokens_of(text)
    lead = 0
    if len(tokens) and tokens.words[0] not in _QUERY_STARTS:
        lead, tokens = len(_RELATION), tokens_of(_RELATION + text)
    failure = _unreadable(tokens)
    if failure is None:
        try:
            return _Reading(tokens, lead).facts()
        except _Failed as error:
            failure = error.failure
        except RecursionError:
            failure = f.Failure(
                message="this query is nested too deeply", span=Span(lead, len(tokens.text)), kind="too-deep"
            )
    return f.Facts(
        text=text, failure=_moved_failure(failure, lead), relations=(), parameters=parameters_in(tokens, lead)
    )


def _unreadable(tokens: Tokens) -> f.Failure | None:
    whole = Span(0, len(tokens.text))
    if not len(tokens):
        return f.Failure(message="there is no query here", span=whole)
    if tokens.open:
        where, what = tokens.open[0]
        return f.Failure(message=f"this {what} is never closed", span=where)
    if tokens.depth > DEEPEST:
        return f.Failure(message=f"brackets are nested deeper than {DEEPEST}", span=whole, kind="too-deep")
    if _longest_run(tokens) > MOST_PREFIXES:
        return f.Failure(message=f"more than {MOST_PREFIXES} operators in a row", span=whole, kind="too-deep")
    if len(tokens.text) > LONGEST:
        return f.Failure(message=f"the query is longer than {LONGEST:,} characters", span=whole, kind="too-deep")
    return None


@lru_cache(maxsize=20_000)
def expression_facts(text: str) -> f.Facts:
    """The facts about one expression, such as the condition of an expectation, as a SELECT of it."""
    lead = len("SELECT ")
    tokens = tokens_of("SELECT " + text)
    failure = (
        _unreadable(tokens)
        if len(tokens) > 1
        else f.Failure(message="there is no expression here", span=Span(lead, lead))
    )
    try:
        found = _Reading(tokens, lead).facts() if failure is None else None
    except _Failed as error:
        found, failure = None, error.failure
    except RecursionError:
        found, failure = (
            None,
            f.Failure(message="this expression is nested too deeply", span=Span(lead, lead), kind="too-deep"),
        )
    if found is not None and (len(found.selects[-1].outputs) != 1 or len(found.selects[-1].clauses) != 1):
        found, failure = None, f.Failure(message="this is not one expression", span=Span(lead, len(tokens.text)))
    if found is not None:
        return found
    assert failure is not None
    return f.Facts(text=text, failure=_moved_failure(failure, lead), parameters=parameters_in(tokens, lead))


def _longest_run(tokens: Tokens) -> int:
    """The longest chain of words that each make sqlglot recurse without a bracket."""
    longest = run = 0
    for index, word in enumerate(tokens.words):
        if word in _RECURSING or (word == "[" and index and tokens.words[index - 1] == "]"):
            run += 1
            longest = max(longest, run)
        elif tokens.types[index] != "(" and word not in ("WHEN", "THEN"):
            run = 0 if word not in ("->",) else run
    return longest


class _Failed(Exception):
    def __init__(self, failure: f.Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def _moved_failure(failure: f.Failure, lead: int) -> f.Failure:
    return f.Failure(
        message=failure.message,
        span=Span(max(failure.span.start - lead, 0), max(failure.span.end - lead, 0)),
        kind=failure.kind,
    )


def parameters_in(tokens: Tokens, lead: int = 0) -> tuple[tuple[str, Span], ...]:
    """Every `${x}` (also inside strings and names) and `:x`, in text order."""
    found = []
    for index, type_ in enumerate(tokens.types):
        start, text = tokens.starts[index], tokens.get(index)
        at = text.find("${") if type_ in ("word", "string", "name") else -1
        while at >= 0 and (close := text.find("}", at)) > at:
            found.append((text[at + 2 : close].strip(), Span(start + at - lead, start + close + 1 - lead)))
            at = text.find("${", close)
        if tokens.words[index] == ":" and _is_marker(tokens, index):
            found.append((tokens.get(index + 1), Span(start - lead, tokens.ends[index + 1] - lead)))
    return tuple(found)


def _is_marker(tokens: Tokens, index: int) -> bool:
    """`:x` is a parameter unless something that can have a path stands directly before it."""
    if index + 1 >= len(tokens) or tokens.types[index + 1] != "word" or tokens.starts[index + 1] != tokens.ends[index]:
        return False
    if index == 0 or tokens.ends[index - 1] < tokens.starts[index]:
        return True
    return tokens.types[index - 1] not in ("word", "name", "string") and tokens.words[index - 1] not in (")", "]")


def _tree(tokens: Tokens, text: str) -> exp.Expression:
    try:
        with _room_for(tokens.depth):
            tree = parse_one(text, dialect="databricks")
    except RecursionError:
        raise
    except SqlglotError as error:
        raise _Failed(_parse_failure(tokens, error)) from None
    except Exception as error:  # what a parser that we do not own raises on hostile text
        whole = Span(0, len(tokens.text))
        raise _Failed(f.Failure(message=f"this query cannot be read ({type(error).__name__})", span=whole)) from None
    if not isinstance(tree, (exp.Query, exp.Values, exp.Table, exp.Alias, exp.Column)):
        raise _Failed(f.Failure(message="this is not a query", span=Span(0, len(tokens.text))))
    return tree


@contextmanager
def _room_for(depth: int) -> Iterator[None]:
    """sqlglot takes about 20 frames a bracket; Python's usual 1,000 end at 40 brackets, fewer inside IPython."""
    before = sys.getrecursionlimit()
    if depth > 15:
        sys.setrecursionlimit(max(before, 40 * DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _parse_failure(tokens: Tokens, error: SqlglotError) -> f.Failure:
    details = (getattr(error, "errors", None) or [{}])[0]
    line, column = details.get("line"), details.get("col")
    end = offset(tokens.text, line, column + 1) if line and column else len(tokens.text)
    index = next((i for i in range(len(tokens) - 1, -1, -1) if tokens.starts[i] < end), 0)
    where = Span(tokens.starts[index], tokens.ends[index])
    described = (details.get("description") or "").rstrip(".")
    word = shortened(tokens.get(index))
    said = {"Invalid expression / Unexpected token": f"{word} is not expected here"}.get(described)
    return f.Failure(message=said or f"this query cannot be read near {word}", span=where)


# -- the reading ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Parts:
    """What belongs to one SELECT of the tree, collected in one walk."""

    tree: exp.Expression
    block: int = -1
    columns: list[f.ColumnRef] = field(default_factory=list)
    queries: list[exp.Expression] = field(default_factory=list)


class _Reading:
    """One query being read. Spans are in the tokens' text; `lead` is taken off at the end."""

    def __init__(self, tokens: Tokens, lead: int) -> None:
        self.tokens, self.lead = tokens, lead
        self.outline: Outline = outline_of(tokens)
        self.tree = _tree(tokens, masked(self.outline))
        self.index_at = {start: index for index, start in enumerate(tokens.starts)}
        self.parts: dict[int, _Parts] = {}
        self.relations: dict[int, f.Relation] = {}  # by id of the table node
        self.ctes: list[f.Cte] = []
        self.selects: list[f.Select] = []
        self.sets: list[f.SetOperation] = []
        self.calls: dict[int, list[f.Call]] = {}

    def facts(self) -> f.Facts:
        self._walk()
        self._find_calls()
        root = self._node(self.tree, frozenset())
        relations = sorted(self.relations.values(), key=lambda r: r.span)
        return f.Facts(
            text=self.tokens.text[self.lead :],
            root=root,
            ctes=tuple(self.ctes),
            relations=tuple(relations),
            selects=tuple(self.selects),
            set_operations=tuple(self.sets),
            parameters=parameters_in(self.tokens, self.lead),
            pipes=self.outline.pipes,
            misplaced_watermarks=tuple(self._misplaced()),
            streams_over_queries=tuple(self._span(word, close + 1) for word, close in self.outline.over_queries),
            tree=self.tree,
            lead=self.lead,
        )

    def _span(self, first: int, last: int) -> Span:
        found = span(self.tokens, first, last)
        return Span(max(found.start - self.lead, 0), max(found.end - self.lead, 0))

    def _words(self, where: Span) -> str:
        return self.tokens.text[where.start + self.lead : where.end + self.lead]

    def _index_of(self, node: exp.Expression) -> int:
        """The token that a node of the tree was made from, or -1."""
        start = node._meta.get("start") if node._meta else None
        return self.index_at.get(start, -1) if start is not None else -1

    # -- one walk over the tree --------------------------------------------------------------------------

    def _walk(self) -> None:
        """Give every column and every query inside an expression to the SELECT that it belongs to."""
        expression, column, leaf = exp.Expression, exp.Column, (exp.Identifier, exp.Literal, exp.DataType)
        stack: list[tuple[Any, _Parts, bool]] = [(self.tree, self._part(self.tree), True)]
        while stack:
            node, owner, source = stack.pop()
            if owner.block < 0 and node._meta and (index := self.index_at.get(node._meta.get("start"), -1)) >= 0:
                owner.block = self.outline.block_of[index]
            if isinstance(node, leaf):
                continue
            if isinstance(node, column):
                if (ref := self._column(node)) is not None:
                    owner.columns.append(ref)
                    if owner.block < 0:
                        owner.block = self.outline.block_of[self.index_at[ref.span.start + self.lead]]
                    if type(node.this) is exp.Identifier:
                        continue
            elif isinstance(node, exp.Query):
                if not source:
                    owner.queries.append(node)
                if isinstance(node, exp.Select) and node is not owner.tree:
                    owner = self._part(node)
                source = True
            sources = _SOURCES.get(type(node), _NOWHERE) if source else _NOWHERE
            for key, value in node.args.items():
                inside = key in sources
                if type(value) is list:
                    stack += [(child, owner, inside) for child in value if isinstance(child, expression)]
                elif isinstance(value, expression):
                    stack.append((value, owner, inside))
        for part in self.parts.values():
            part.columns.sort(key=_start)
        self._place_the_rest()

    def _part(self, tree: exp.Expression) -> _Parts:
        return self.parts.setdefault(id(tree), _Parts(tree))

    def _place_the_rest(self) -> None:
        """SELECTs without a single position, such as `SELECT *`: the blocks that are left, in order."""
        taken = {part.block for part in self.parts.values()}
        free = iter([n for n, b in enumerate(self.outline.blocks) if n not in taken and b.select >= 0])
        for part in self.parts.values():
            if part.block < 0:
                part.block = next(free, 0)

    def _column(self, node: exp.Expression) -> f.ColumnRef | None:
        names = [p for p in node.parts if isinstance(p, exp.Identifier)]
        first, last = self._index_of(names[0]) if names else -1, self._index_of(names[-1]) if names else -1
        if first < 0 or last < 0:
            return None
        return f.ColumnRef(
            parts=tuple(unquoted(self.tokens.get(self._index_of(p))) for p in names), span=self._span(first, last + 1)
        )

    # -- queries -----------------------------------------------------------------------------------------

    def _node(self, tree: Any, scope: frozenset[str]) -> f.Node:
        """A Select or a SetOperation; long chains of UNION are walked, not recursed into."""
        chain: list[Any] = []
        scopes: list[frozenset[str]] = []
        while True:
            scope = self._with(tree, scope)
            if isinstance(tree, exp.SetOperation):
                chain.append(tree)
                scopes.append(scope)
                tree = tree.this
            elif isinstance(tree, exp.Subquery) and not tree.args.get("joins"):
                tree = tree.this
            else:
                break
        node = self._select(tree, scope)
        for operation, inside in zip(reversed(chain), reversed(scopes), strict=True):
            node = self._set_operation(operation, node, inside)
        return node

    def _with(self, tree: Any, scope: frozenset[str]) -> frozenset[str]:
        with_ = tree.args.get("with_")
        if with_ is None:
            return scope
        recursive = bool(with_.args.get("recursive"))
        for cte in with_.expressions:
            name = cte.alias
            inside = scope | {name.lower()} if recursive else scope
            node = self._node(cte.this, inside)
            index = self._index_of(cte.args["alias"].this) if cte.args.get("alias") else -1
            self.ctes.append(f.Cte(name=name, query=node, span=self._span(max(index, 0), max(index, 0) + 1)))
            scope = scope | {name.lower()}
        return scope

    def _set_operation(self, tree: Any, left: f.Node, scope: frozenset[str]) -> f.SetOperation:
        right = self._node(tree.expression, scope)
        first = _first_select(right).span.start + self.lead
        words = [w for w in self.outline.set_words if self.tokens.starts[w[0]] < first]
        where = self._span(*words[-1]) if words else Span(0, 0)
        kind = type(tree).__name__.lower() + ("" if tree.args.get("distinct") else " all")
        clauses = {}
        if tree.args.get("order") or tree.args.get("limit") or tree.args.get("offset"):
            clauses = self._trailing_clauses(tree, right)
        node = f.SetOperation(kind=kind, left=left, right=right, span=where, clauses=clauses)
        self.sets.append(node)
        return node

    def _trailing_clauses(self, tree: Any, right: f.Node) -> dict[str, Span]:
        """ORDER BY and LIMIT after the last part of a UNION belong to the whole."""
        names = {"order": "order by", "limit": "limit", "offset": "offset"}
        last = _last_select(right).clauses
        wanted = {names[arg] for arg in names if tree.args.get(arg)}
        return {name: where for name, where in last.items() if name in wanted}

    def _select(self, tree: Any, scope: frozenset[str]) -> f.Select:
        part = self.parts.get(id(tree)) or _Parts(tree)
        block = self.outline.blocks[max(part.block, 0)]
        items = self._items(block, "select", 1)
        node = f.Select(
            span=self._span(block.first, block.last),
            keyword=self._span(block.select, block.select + 1) if block.select >= 0 else Span(0, 0),
            inputs=tuple(self._inputs(tree, scope)),
            joins=tuple(self._joins(tree, block, scope)),
            outputs=tuple(self._outputs(tree, part, items)) if isinstance(tree, exp.Select) else (),
            clauses=self._own_clauses(tree, block),
            group_keys=tuple(self._span(a, b) for a, b in self._items(block, "group by", 2)),
            group_columns=tuple(c for c in part.columns if self._clause(c.span) == "group by"),
            calls=tuple(self.calls.get(part.block, ())),
            columns=tuple(part.columns),
            subqueries=tuple(self._node(query, scope) for query in reversed(part.queries)),
            distinct=self._distinct(tree, block),
        )
        self.selects.append(node)
        return node

    def _own_clauses(self, tree: Any, block: Block) -> dict[str, Span]:
        held = {"order by": "order", "limit": "limit", "offset": "offset"}  # after a UNION they belong to the whole
        return {
            name: self._span(first, last)
            for name, (first, last) in block.clauses.items()
            if name not in held or tree.args.get(held[name]) or self.outline.pipes
        }

    def _clause(self, where: Span) -> str:
        index = self.index_at.get(where.start + self.lead, -1)
        return self.outline.clause_of[index] if index >= 0 else ""

    def _distinct(self, tree: Any, block: Block) -> Span | None:
        if not tree.args.get("distinct") or block.select < 0:
            return None
        return self._span(block.select + 1, block.select + 2)

    def _items(self, block: Block, clause: str, skip: int) -> list[tuple[int, int]]:
        """The items of a clause, between the commas that stand in no bracket."""
        if clause not in block.clauses:
            return []
        first, last = block.clauses[clause]
        first += skip
        words, pairs = self.tokens.words, self.tokens.pairs
        if clause == "select":
            while (
                first < last
                and words[first] in ("DISTINCT", "ALL")
                and not (words[first] == "ALL" and first + 1 == last)
            ):
                first += 1
        items, start, index = [], first, first
        while index < last:
            if words[index] in ("(", "[", "{") and pairs.get(index, 0) > index:
                index = pairs[index]
            elif words[index] == ",":
                items.append((start, index))
                start = index + 1
            index += 1
        return [*items, (start, last)] if start < last else items

    def _outputs(self, tree: Any, part: _Parts, items: list[tuple[int, int]]) -> Iterator[f.Output]:
        expressions = tree.expressions
        for number, node in enumerate(expressions):
            matched = len(items) == len(expressions)
            first, last = items[number] if matched else (max(self.outline.blocks[part.block].select, 0),) * 2
            whole = self._span(first, last)
            end = last
            if isinstance(node, (exp.Alias, exp.Aliases)) and matched:
                end = self._alias_start(node, first, last)
            inside = tuple(_inside(part.columns, whole))
            inner = node.this if isinstance(node, exp.Alias) else node
            star = node.is_star and not isinstance(inner, (exp.Count, exp.Func))
            names = [i.name for i in node.aliases] if isinstance(node, exp.Aliases) else [self._output_name(node, star)]
            for name in names:
                yield f.Output(
                    name=name,
                    span=whole,
                    expression=self._span(first, end),
                    aliased=isinstance(node, (exp.Alias, exp.Aliases)),
                    star=star,
                    plain=isinstance(inner, (exp.Column, exp.Dot)) and not star and not inner.find(exp.Func),
                    columns=inside,
                )

    def _output_name(self, node: Any, star: bool) -> str:
        if star:
            return ""
        if isinstance(node, (exp.Column, exp.Dot)):
            last = node.parts[-1] if isinstance(node, exp.Column) else node.expression
            index = self._index_of(last)
            return unquoted(self.tokens.get(index)) if index >= 0 else str(node.name)
        if isinstance(node, exp.Alias):
            index = self._index_of(node.args["alias"])
            return unquoted(self.tokens.get(index)) if index >= 0 else str(node.alias)
        return ""

    def _alias_start(self, node: Any, first: int, last: int) -> int:
        alias = node.args["alias"] if isinstance(node, exp.Alias) else node.aliases[0]
        index = self._index_of(alias)
        if not first < index < last:
            return last
        while index > first and self.tokens.words[index - 1] in ("(", "AS"):
            index -= 1
        return index

    # -- FROM --------------------------------------------------------------------------------------------

    def _inputs(self, tree: Any, scope: frozenset[str]) -> Iterator[f.Input]:
        from_ = tree.args.get("from_")
        sources = [from_.this] if from_ is not None else []
        if isinstance(tree, (exp.Table, exp.Values, exp.Subquery)):
            sources = [tree]
        for source in sources:
            yield from self._flattened(source, scope)
        for join in tree.args.get("joins") or ():
            yield from self._flattened(join.this, scope)
        for lateral in tree.args.get("laterals") or ():
            yield self._input(lateral, scope)

    def _flattened(self, source: Any, scope: frozenset[str]) -> Iterator[f.Input]:
        """`FROM (a JOIN b)` and `FROM a JOIN b` read the same."""
        group = _join_group(source)
        if group is None:
            yield self._input(source, scope)
            return
        yield from self._flattened(group, scope) if group is not source else (self._input(group, scope),)
        for join in group.args.get("joins") or () if group is source else ():
            yield from self._flattened(join.this, scope)

    def _input(self, source: Any, scope: frozenset[str]) -> f.Input:
        alias = source.alias_or_name if not isinstance(source, exp.Subquery) else source.alias
        if isinstance(source, exp.Subquery):
            return self._derived(source, alias, scope)
        if isinstance(source, exp.Table):
            name = source.name.lower() if not source.db and not source.args.get("catalog") else ""
            if name and name in scope and isinstance(source.this, exp.Identifier):
                return self._cte_input(source, alias)
            relation = self._relation(source)
            if relation is not None:
                return f.Input(
                    alias=source.alias or (relation.name[-1] if relation.name else ""),
                    relation=relation,
                    span=relation.span,
                )
        index = max((self._index_of(n) for n in source.walk()), default=-1)
        return f.Input(
            alias=alias,
            lateral=isinstance(source, (exp.Lateral, exp.Unnest)),
            span=self._span(max(index, 0), max(index, 0) + 1),
        )

    def _derived(self, source: Any, alias: str, scope: frozenset[str]) -> f.Input:
        node = self._node(source.this, self._with(source, scope))
        first = _first_select(node)
        index = self.index_at.get(first.span.start + self.lead, 0)
        bracket = next(
            (
                i
                for i in range(index - 1, -1, -1)
                if self.tokens.words[i] == "(" and self.tokens.pairs.get(i, 0) > index
            ),
            index,
        )
        close = self.tokens.pairs.get(bracket, index)
        return f.Input(
            alias=alias,
            query=node,
            watermark=self._watermark_after(close),
            span=self._span(bracket, close + 1),
        )

    def _cte_input(self, source: Any, alias: str) -> f.Input:
        index = max(self._index_of(source.this), 0)
        stream = self.outline.streams.get(index)
        close = stream.close if stream and stream.close >= 0 else index
        return f.Input(
            alias=alias, cte=source.name, watermark=self._watermark_after(close), span=self._span(index, index + 1)
        )

    def _joins(self, tree: Any, block: Block, scope: frozenset[str]) -> Iterator[f.Join]:
        joins = [*_grouped_joins((tree.args.get("from_") or tree).this), *(tree.args.get("joins") or ())]
        known = len(block.joins) == len(joins)
        for number, join in enumerate(joins):
            first, last = block.joins[number] if known else (block.first, block.first + 1)
            on = join.args.get("on")
            columns = (
                tuple(sorted((c for c in self._columns_under(on)), key=lambda c: c.span)) if on is not None else ()
            )
            yield f.Join(
                kind=_join_kind(join),
                right=next(self._flattened(join.this, scope)),
                span=self._span(first, last),
                condition=Span(columns[0].span.start, columns[-1].span.end) if columns else None,
                using=tuple(i.name for i in join.args.get("using") or ()),
                natural=(join.args.get("method") or "").upper() == "NATURAL",
                columns=columns,
                equalities=tuple(self._equalities(on)),
                comma=known and self.tokens.words[first] == ",",
            )

    def _columns_under(self, tree: Any) -> Iterator[f.ColumnRef]:
        for node in tree.find_all(exp.Column):
            if (ref := self._column(node)) is not None:
                yield ref

    def _equalities(self, on: Any) -> Iterator[tuple[f.ColumnRef, f.ColumnRef]]:
        conditions = [on] if on is not None else []
        while conditions:
            node = conditions.pop()
            if isinstance(node, (exp.And, exp.Paren)):
                conditions += list(node.iter_expressions())
            elif isinstance(node, (exp.EQ, exp.NullSafeEQ)):
                sides = [next(self._columns_under(side), None) for side in (node.left, node.right)]
                if sides[0] is not None and sides[1] is not None:
                    yield sides[0], sides[1]

    # -- relations ---------------------------------------------------------------------------------------

    def _relation(self, table: Any) -> f.Relation | None:
        if id(table) in self.relations:
            return self.relations[id(table)]
        if table.name.startswith("__tmp") and self.outline.pipes:
            return None
        index = min((i for i in (self._index_of(p) for p in _name_nodes(table)) if i >= 0), default=-1)
        if index < 0:
            return None
        self.relations[id(table)] = relation = self._relation_at(index, table)
        return relation

    def _relation_at(self, index: int, table: Any) -> f.Relation:
        end = operand_end(self.tokens, index)
        stream = self.outline.streams.get(index)
        after = stream.close + 1 if stream is not None and stream.close >= 0 else end
        options, last, watermark = self._extras(after)
        parts = self._name_parts(index, end)
        function = parts[-1].lower() if self.tokens.words[end - 1] == ")" and parts[-1].upper() != "IDENTIFIER" else ""
        if parts[0].upper() == "IDENTIFIER" and self.tokens.words[end - 1] == ")":
            parts = (self._words(self._span(index, end)),)
        arguments = self._arguments(index, end) if function else ()
        if function == "cloud_files":
            arguments += tuple(self._map_options(index, end))
        path, format_ = _path_and_format(function, arguments)
        name = () if function else parts
        if len(name) == 2 and name[0].lower() in PATH_FORMATS and ("/" in name[1] or ":" in name[1] or "${" in name[1]):
            path, format_, name = name[1], name[0].lower(), ()
        return f.Relation(
            name=name,
            function=function,
            path=path,
            format=format_,
            span=self._span(index, end),
            whole=self._span(stream.word if stream else index, last),
            streaming=stream is not None or function in STREAMING_READERS,
            stream_span=self._span(stream.word, stream.word + 1) if stream else None,
            parenthesised=stream is not None and stream.close >= 0,
            alias=table.alias,
            arguments=arguments,
            options=options,
            watermark=watermark,
        )

    def _name_parts(self, index: int, end: int) -> tuple[str, ...]:
        parts = []
        while index < end and self.tokens.words[index] != "(":
            if self.tokens.words[index] != ".":
                parts.append(unquoted(self.tokens.get(index)))
            index += 1
        return tuple(parts)

    def _arguments(self, index: int, end: int) -> tuple[tuple[str, str], ...]:
        opening = next(i for i in range(index, end) if self.tokens.words[i] == "(")
        return tuple(self._argument(first, last) for first, last in self._comma_parts(opening + 1, end - 1))

    def _map_options(self, index: int, end: int) -> Iterator[tuple[str, str]]:
        """`map('cloudFiles.x', 'y', ...)` as options."""
        opening = next(
            (i for i in range(index + 1, end) if self.tokens.words[i] == "MAP" and i + 1 in self.tokens.pairs), -1
        )
        if opening >= 0:
            inside = self._comma_parts(opening + 2, self.tokens.pairs[opening + 1])
            values = [unquoted(self._words(self._span(a, b))) for a, b in inside]
            yield from zip(values[::2], values[1::2], strict=False)

    def _comma_parts(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        start = index = first
        while index < last:
            if self.tokens.types[index] == "(" and self.tokens.pairs.get(index, 0) > index:
                index = self.tokens.pairs[index]
            elif self.tokens.words[index] == ",":
                yield start, index
                start = index + 1
            index += 1
        if start < last:
            yield start, last

    def _argument(self, first: int, last: int) -> tuple[str, str]:
        name = ""
        arrow = next((i for i in range(first, last) if self.tokens.words[i] == "=>"), -1)
        if arrow > first:
            name = ".".join(self._name_parts(first, arrow))
            first = arrow + 1
        text = self._words(self._span(first, last))
        literal = last - first == 1 and self.tokens.types[first] == "string"
        return name, unquoted(text) if literal else text

    def _extras(self, after: int) -> tuple[tuple[tuple[str, str], ...], int, f.Watermark | None]:
        """Options and watermark behind an operand: (options, the token after it all, watermark)."""
        options: tuple[tuple[str, str], ...] = ()
        watermark, last, moved = None, after, True
        while moved:
            moved = False
            found = self.outline.watermarks.get(last - 1)
            if found is not None and found.word == last:
                watermark, last, moved = self._watermark(found), found.last, True
            for kind, first, end in self.outline.extras:
                if first == last:
                    if kind == "options":
                        options += tuple(self._option(a, b) for a, b in self._comma_parts(first + 2, end - 1))
                    else:
                        options += ((kind, self._words(self._span(first, end))),)
                    last, moved = end, True
        return options, last, watermark

    def _option(self, first: int, last: int) -> tuple[str, str]:
        equals = next((i for i in range(first, last) if self.tokens.words[i] in ("=", "=>", "==")), last)
        key = self._words(self._span(first, equals)).strip("`'\"")
        value = self._words(self._span(equals + 1, last)) if equals + 1 < last else "true"
        return key, unquoted(value)

    def _watermark_after(self, index: int) -> f.Watermark | None:
        found = self.outline.watermarks.get(index)
        return self._watermark(found) if found is not None else None

    def _watermark(self, found: Any) -> f.Watermark:
        first, last = found.word + 1, found.of - 1
        aliased = last - first > 2 and self.tokens.words[last - 2] == "AS"
        expression = self._words(self._span(first, last - 2 if aliased else last))
        column = unquoted(self.tokens.get(last - 1)) if last > first else ""
        return f.Watermark(
            expression=expression,
            column=column,
            delay=self._words(self._span(found.of + 1, found.last)),
            span=self._span(found.word, found.last),
            aliased=aliased,
        )

    def _misplaced(self) -> Iterator[f.Watermark]:
        """Watermarks that stand behind an alias: no relation or query ends directly before them."""
        held = {r.watermark.span for r in self.relations.values() if r.watermark}
        for before, found in self.outline.watermarks.items():
            mark = self._watermark(found)
            if mark.span not in held and self.tokens.words[before] != ")":
                yield mark

    # -- calls and subqueries ----------------------------------------------------------------------------

    def _find_calls(self) -> None:
        tokens, words = self.tokens, self.tokens.words
        columns = sorted((c for p in self.parts.values() for c in p.columns), key=lambda c: c.span)
        for index in range(len(tokens) - 1):
            if words[index + 1] != "(" or tokens.types[index] not in ("word", "name") or index + 1 not in tokens.pairs:
                continue
            if self._calls(index):
                self.calls.setdefault(self.outline.block_of[index], []).append(self._call(index, columns))

    def _calls(self, index: int) -> bool:
        word, clause = self.tokens.words[index], self.outline.clause_of[index]
        before = self.tokens.words[index - 1] if index else ""
        if word in CALLS_DESPITE_WORD:
            return word not in ("ANY", "SOME", "FILTER", "EXISTS") or (
                before in ("SELECT", ",", "(", "AND", "WHERE") and word != "EXISTS"
            )
        if word in NOT_CALLS or clause == "with" or before in (".", "AS"):
            return before == "." and word not in NOT_CALLS and clause != "from"
        return not (clause == "from" and before in ("FROM", "JOIN", ",", "STREAM")) or index in self.outline.streams

    def _call(self, index: int, columns: list[f.ColumnRef]) -> f.Call:
        tokens, words = self.tokens, self.tokens.words
        close = tokens.pairs[index + 1]
        whole = self._span(index, close + 1)
        name = unquoted(tokens.get(index)).lower()
        over = self._over(close + 1)
        return f.Call(
            name=name,
            span=whole,
            arguments=tuple(self._span(a, b) for a, b in self._comma_parts(index + 2, close)),
            clause=self.outline.clause_of[index],
            aggregate=name in AGGREGATES,
            distinct=index + 2 < close and words[index + 2] == "DISTINCT",
            over=over,
            partitioned=over is not None and "PARTITION" in words[close : close + 400] and self._partitioned(over),
            columns=tuple(_inside(columns, whole)),
        )

    def _over(self, index: int) -> Span | None:
        tokens, words = self.tokens, self.tokens.words
        while index + 1 < len(tokens):
            if words[index] in ("FILTER", "GROUP") and words[index + 1] == "(" and index + 1 in tokens.pairs:
                index = tokens.pairs[index + 1] + 1
            elif words[index] in ("IGNORE", "RESPECT", "WITHIN", "NULLS"):
                index += 1
            else:
                break
        if index + 1 >= len(tokens) or words[index] != "OVER":
            return None
        end = tokens.pairs.get(index + 1, index + 1) if words[index + 1] == "(" else index + 1
        return self._span(index, end + 1)

    def _partitioned(self, over: Span) -> bool:
        return "PARTITION" in self._words(over).upper()


def _join_group(source: Any) -> Any:
    """The table of `(a JOIN b)` or of `(a)`, or a table that carries joins of its own; None for anything else."""
    if isinstance(source, exp.Subquery) and isinstance(source.this, (exp.Table, exp.Subquery)) and not source.alias:
        return source.this
    return source if isinstance(source, exp.Table) and source.args.get("joins") else None


def _grouped_joins(source: Any) -> Iterator[Any]:
    while (group := _join_group(source)) is not None:
        if group is source:
            yield from group.args.get("joins") or ()
            return
        source = group


def _start(column: f.ColumnRef) -> int:
    return column.span.start


def _inside(columns: list[f.ColumnRef], where: Span) -> Iterator[f.ColumnRef]:
    from bisect import bisect_left

    index = bisect_left(columns, where.start, key=_start)
    while index < len(columns) and columns[index].span.start < where.end:
        yield columns[index]
        index += 1


def _name_nodes(table: Any) -> Iterator[Any]:
    yield table.this
    for part in ("db", "catalog"):
        if table.args.get(part) is not None:
            yield table.args[part]
    if isinstance(table.this, exp.Dot):
        yield from table.this.find_all(exp.Identifier)


def _path_and_format(function: str, arguments: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    if function not in FILE_READERS | TABLE_READERS:
        return "", ""
    plain = [value for name, value in arguments if not name]
    named = {name.lower(): value for name, value in arguments if name}
    path = named.get("path") or (plain[0] if plain else "")
    return path, named.get("format", plain[1] if function == "cloud_files" and len(plain) > 1 else "").lower()


def _join_kind(join: Any) -> str:
    side, kind = (join.side or "").lower(), (join.kind or "").lower()
    kind = "" if kind in ("outer", "inner") else kind
    if kind in ("semi", "anti"):
        return f"{side or 'left'} {kind}"
    if kind == "cross" or (not side and not kind and not (join.args.get("on") or join.args.get("using"))):
        return "cross" if (join.args.get("method") or "").upper() != "NATURAL" else "inner"
    return side or "inner"


def _first_select(node: f.Node) -> f.Select:
    while isinstance(node, f.SetOperation):
        node = node.left
    return node


def _last_select(node: f.Node) -> f.Select:
    while isinstance(node, f.SetOperation):
        node = node.right
    return node
