"""From one query's tree and tokens to its facts: sqlglot's tree says what things mean, our outline where they stand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from ldp_magic.sql import facts as f
from ldp_magic.sql.calls import Columns, calls_in
from ldp_magic.sql.outline import Block, JoinTokens, Outline
from ldp_magic.sql.parameters import parameters_in
from ldp_magic.sql.places import Places
from ldp_magic.sql.relations import Relations
from ldp_magic.text import Span

# Through which arguments of sqlglot's nodes a source of rows is reached; a query elsewhere is a subquery.
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
_LEAVES = frozenset({exp.Identifier, exp.Literal, exp.DataType, exp.Null, exp.Boolean})
_QUERIES = (exp.Select, exp.Subquery, exp.SetOperation)
_MADE_UP = "__tmp"  # sqlglot's names for the steps of a |> query
_HELD_BY_THE_WHOLE = {"order by": "order", "limit": "limit", "offset": "offset"}  # after a UNION


@dataclass(slots=True)
class _Part:
    """What belongs to one SELECT of the tree, collected in one walk."""

    tree: Any
    block: int = -1
    columns: list[f.ColumnRef] = field(default_factory=list)
    queries: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class _Source:
    """One table or query of a FROM clause, the join that brings it in, the alias of the brackets around it."""

    tree: Any
    join: Any = None
    alias: str = ""


class Reading:
    """One query being read."""

    def __init__(self, places: Places, outline: Outline, tree: Any) -> None:
        self.places, self.outline, self.tree = places, outline, tree
        self.words = places.words
        self.reader = Relations(places, outline)
        self.parts: dict[int, _Part] = {}
        self.relations: dict[int, f.Relation] = {}  # by id of the table node
        self.ctes: list[f.Cte] = []
        self.selects: list[f.Select] = []
        self.sets: list[f.SetOperation] = []
        self.set_starts = [first for first, _ in outline.set_words]
        self.seen: dict[int, f.ColumnRef | None] = {}  # by id of the column node

    def facts(self) -> f.Facts:
        """All that the query says."""
        self._walk()
        columns = sorted((c for p in self.parts.values() for c in p.columns), key=_start)
        self.calls = calls_in(self.places, self.outline, Columns(columns))
        root = self._node(self.tree, frozenset())
        places, outline = self.places, self.outline
        relations = [*self.relations.values(), *self.reader.handed_over()]
        return f.Facts(
            text=places.tokens.text[places.lead :],
            root=root,
            ctes=tuple(self.ctes),
            relations=tuple(sorted(relations, key=lambda r: r.span)),
            selects=tuple(self.selects),
            set_operations=tuple(self.sets),
            parameters=parameters_in(places.tokens, places.lead),
            pipes=outline.pipes,
            misplaced_watermarks=tuple(self._misplaced()),
            streams_over_queries=tuple(places.span(word, close + 1) for word, close in outline.over_queries),
            tree=self.tree,
            lead=places.lead,
        )

    def _misplaced(self) -> Iterator[f.Watermark]:
        """Watermarks that stand behind an alias: no relation or query ends directly before them."""
        if not self.outline.watermarks:
            return
        held = {r.watermark.span for r in self.relations.values() if r.watermark}
        for before, found in self.outline.watermarks.items():
            mark = self.reader.watermark(found)
            if mark.span not in held and self.words[before] != ")":
                yield mark

    # -- one walk over the tree --------------------------------------------------------------------------

    def _walk(self) -> None:
        """Give every column and every query inside an expression to the SELECT that it belongs to."""
        index_of, block_of, expression = self.places.index_of, self.outline.block_of, exp.Expr
        pipes = self.outline.pipes
        stack: list[tuple[Any, _Part, bool]] = [(self.tree, self._part(self.tree), True)]
        while stack:
            node, owner, source = stack.pop()
            kind = type(node)
            if pipes and kind in (exp.Table, exp.TableAlias) and node.name.startswith(_MADE_UP):
                continue
            if owner.block < 0 and (index := index_of(node)) >= 0:
                owner.block = block_of[index]
            if kind in _LEAVES:
                continue
            if kind is exp.Column:
                if self._note_column(node, owner):
                    continue
            elif isinstance(node, _QUERIES):
                if not source:
                    owner.queries.append(node)
                if kind is exp.Select and node is not owner.tree:
                    owner = self._part(node)
                source = True
            elif kind is exp.Star:  # what EXCEPT names is not used
                stack += [(child, owner, False) for child in node.args.get("replace") or ()]
                continue
            elif kind is exp.Anonymous and str(node.this).upper() == "TABLE":
                continue  # a table function is given a relation, not a column
            sources = _SOURCES.get(kind, _NOWHERE) if source else _NOWHERE
            for key, value in node.args.items():
                if kind is exp.Column and key != "this":
                    continue
                if type(value) is list:
                    stack += [(child, owner, key in sources) for child in value if isinstance(child, expression)]
                elif isinstance(value, expression):
                    stack.append((value, owner, key in sources))
        for part in self.parts.values():
            part.columns.sort(key=_start)
        self._place_the_rest()

    def _part(self, tree: Any) -> _Part:
        return self.parts.setdefault(id(tree), _Part(tree))

    def _note_column(self, node: Any, owner: _Part) -> bool:
        """Give a column to its SELECT; true if there is nothing below it."""
        if type(node.args.get("this")) is exp.Star:
            return False
        ref = self._column(node)
        if ref is not None:
            owner.columns.append(ref)
            if owner.block < 0:
                owner.block = self.outline.block_of[self.places.index_at(ref.span)]
        return type(node.args.get("this")) is exp.Identifier

    def _place_the_rest(self) -> None:
        """SELECTs without a single position, such as `SELECT *`: the blocks that are left, in order."""
        blocks = self.outline.blocks
        taken = {part.block for part in self.parts.values()}
        free = iter([n for n, b in enumerate(blocks) if n not in taken and b.select >= 0])
        for part in self.parts.values():
            if part.block < 0:
                part.block = next(free, -1)
            if part.block < 0 and self.outline.pipes:  # the SELECT that sqlglot adds around the steps of a |> query
                blocks.append(Block(0, 0))
                part.block = len(blocks) - 1

    def _column(self, node: Any) -> f.ColumnRef | None:
        if id(node) not in self.seen:
            self.seen[id(node)] = self._column_ref(node)
        return self.seen[id(node)]

    def _column_ref(self, node: Any) -> f.ColumnRef | None:
        places = self.places
        if node.args.get("table") is None:
            index = places.index_of(node.this)
            return f.ColumnRef(parts=(places.name(index),), span=places.span(index, index + 1)) if index >= 0 else None
        at = [places.index_of(part) for part in node.parts if type(part) is exp.Identifier]
        if not at or at[0] < 0 or at[-1] < 0:
            return None
        return f.ColumnRef(parts=tuple(places.name(i) for i in at), span=places.span(at[0], at[-1] + 1))

    # -- queries -----------------------------------------------------------------------------------------

    def _node(self, tree: Any, scope: frozenset[str]) -> f.Node:
        """A Select or a SetOperation; long chains of UNION are walked, not recursed into."""
        chain: list[tuple[Any, frozenset[str]]] = []
        while True:
            scope = self._with(tree, scope)
            if isinstance(tree, exp.SetOperation):
                chain.append((tree, scope))
                tree = tree.this
            elif type(tree) is exp.Subquery and not tree.args.get("joins"):
                tree = tree.this
            else:
                break
        node: f.Node = self._select(tree, scope)
        for operation, inside in reversed(chain):
            node = self._set_operation(operation, node, inside)
        return node

    def _with(self, tree: Any, scope: frozenset[str]) -> frozenset[str]:
        with_ = tree.args.get("with_")
        if with_ is None:
            return scope
        recursive = bool(with_.args.get("recursive"))
        for cte in with_.expressions:
            name = cte.alias
            node = self._node(cte.this, scope | {name.lower()} if recursive else scope)
            index = self._named_at(cte.args["alias"].this) if cte.args.get("alias") else -1
            where = self.places.span(index, index + 1) if index >= 0 else Span(node.span.start, node.span.start)
            self.ctes.append(f.Cte(name=name, query=node, span=where))
            scope = scope | {name.lower()}
        return scope

    def _set_operation(self, tree: Any, left: f.Node, scope: frozenset[str]) -> f.SetOperation:
        right = self._node(tree.expression, scope)
        at = bisect_left(self.set_starts, self.places.index_at(_first_select(right).span)) - 1
        where, clauses = f.NOWHERE, {}
        if at >= 0:
            first, last = self.outline.set_words[at]
            where, clauses = self.places.span(first, last), self._trailing_clauses(tree, last)
        kind = type(tree).__name__.lower() + ("" if tree.args.get("distinct") else " all")
        self.sets.append(f.SetOperation(kind=kind, left=left, right=right, span=where, clauses=clauses))
        return self.sets[-1]

    def _trailing_clauses(self, tree: Any, index: int) -> dict[str, Span]:
        """ORDER BY and LIMIT after the last part of a UNION belong to the whole; *index*: where that part begins."""
        wanted = [name for name, argument in _HELD_BY_THE_WHOLE.items() if tree.args.get(argument)]
        if not wanted or index >= len(self.outline.block_of):
            return {}
        held = self.outline.blocks[self.outline.block_of[index]].clauses
        return {name: self.places.span(*held[name]) for name in wanted if name in held}

    def _select(self, tree: Any, scope: frozenset[str]) -> f.Select:
        part = self.parts.get(id(tree)) or _Part(tree)
        block = self.outline.blocks[max(part.block, 0)]
        span, sources = self.places.span, list(self._sources(tree))
        inputs = [self._input(source, scope) for source in sources]
        keys = self._items(block, "group by", 2)
        grouped = block.clauses.get("group by")
        select = f.Select(
            span=span(block.first, block.last),
            keyword=span(block.select, block.select + 1) if block.select >= 0 else f.NOWHERE,
            inputs=tuple(inputs),
            joins=tuple(self._joins(block, sources, inputs)),
            outputs=tuple(self._outputs(tree, part, block)) if type(tree) is exp.Select else (),
            clauses=self._own_clauses(tree, block),
            group_keys=tuple(span(*self._grouping_key(*key)) for key in keys),
            group_columns=Columns(part.columns).inside(span(*grouped)) if grouped else (),
            calls=tuple(self.calls.get(part.block, ())),
            columns=tuple(part.columns),
            subqueries=tuple(self._node(query, scope) for query in reversed(part.queries)),
            distinct=span(block.select + 1, block.select + 2)
            if tree.args.get("distinct") and block.select >= 0
            else None,
        )
        self.selects.append(select)
        return select

    def _own_clauses(self, tree: Any, block: Block) -> dict[str, Span]:
        held, pipes = _HELD_BY_THE_WHOLE, self.outline.pipes
        return {
            name: self.places.span(first, last)
            for name, (first, last) in block.clauses.items()
            if name not in held or tree.args.get(held[name]) or pipes
        }

    def _items(self, block: Block, clause: str, skip: int) -> list[tuple[int, int]]:
        """The items of a clause, between the commas that stand in no bracket."""
        if clause not in block.clauses:
            return []
        first, last = block.clauses[clause]
        first += skip
        if clause == "select":
            while first < last and self.words[first] in ("DISTINCT", "ALL") and first + 1 < last:
                first += 1
        return list(self.places.between_commas(first, last))

    def _grouping_key(self, first: int, last: int) -> tuple[int, int]:
        """`b WITH ROLLUP`, `b GROUPING SETS (...)`: the key is b."""
        words = self.words
        if words[last - 2] == "WITH" and words[last - 1] in ("ROLLUP", "CUBE") and last - 2 > first:
            return first, last - 2
        sets = next((i for i in range(first + 1, last) if words[i : i + 2] == ["GROUPING", "SETS"]), last)
        return first, sets

    # -- outputs -----------------------------------------------------------------------------------------

    def _outputs(self, tree: Any, part: _Part, block: Block) -> Iterator[f.Output]:
        items, expressions = self._items(block, "select", 1), tree.expressions
        matched = len(items) == len(expressions)
        nowhere = (max(block.select, 0),) * 2
        columns = Columns(part.columns)
        for number, node in enumerate(expressions):
            first, last = items[number] if matched else nowhere
            aliased = isinstance(node, (exp.Alias, exp.Aliases))
            end = self._alias_start(node, first, last) if aliased and matched else last
            whole, inner = self.places.span(first, last), _unwrapped(node)
            star = inner.is_star and not isinstance(inner, (exp.Count, exp.Func))
            plain = (
                type(inner) in (exp.Column, exp.Dot) and not star and (not matched or self.places.is_name(first, end))
            )
            for name in self._output_names(node, inner, plain):
                yield f.Output(
                    name=name,
                    span=whole,
                    expression=self.places.span(first, end),
                    aliased=aliased,
                    star=star,
                    plain=plain,
                    columns=columns.inside(whole),
                )

    def _output_names(self, node: Any, inner: Any, plain: bool) -> list[str]:
        if type(node) is exp.Aliases:
            return [self._name_of(alias) for alias in node.aliases]
        if type(node) is exp.Alias:
            return [self._name_of(node.args["alias"])]
        if not plain:
            return [""]
        return [self._name_of(inner.parts[-1] if type(inner) is exp.Column else inner.expression)]

    def _name_of(self, identifier: Any) -> str:
        index = self.places.index_of(identifier)
        return self.places.name(index) if index >= 0 else str(identifier.name)

    def _alias_start(self, node: Any, first: int, last: int) -> int:
        alias = node.args["alias"] if type(node) is exp.Alias else node.aliases[0]
        index = self.places.index_of(alias)
        if not first < index < last:
            return last
        while index > first and self.words[index - 1] in ("(", "AS"):
            index -= 1
        return index

    # -- FROM --------------------------------------------------------------------------------------------

    def _sources(self, tree: Any) -> Iterator[_Source]:
        """What stands in FROM, in text order: `FROM (a JOIN b)` and `FROM a JOIN b` read the same."""
        from_ = tree.args.get("from_")
        if from_ is not None:
            yield from _flattened(_Source(from_.this))
        elif type(tree) in (exp.Table, exp.Values, exp.Subquery):
            yield from _flattened(_Source(tree))
            return
        for join in tree.args.get("joins") or ():
            yield from _flattened(_Source(join.this, join))
        for lateral in tree.args.get("laterals") or ():
            yield _Source(lateral)

    def _input(self, source: _Source, scope: frozenset[str]) -> f.Input:
        tree = source.tree
        alias = source.alias or self._alias(tree)
        if type(tree) is exp.Subquery:
            return self._derived(tree, alias, scope)
        if type(tree) is exp.Lateral and isinstance(tree.this, exp.Subquery):
            return self._derived(tree.this, alias, scope, lateral=True)
        if type(tree) is exp.Table:
            if tree.name.lower() in scope and not tree.db and type(tree.this) is exp.Identifier:
                return self._cte_input(tree, alias)
            relation = self._relation(tree, alias)
            if relation is not None:
                short = alias or (relation.name[-1] if relation.name else "")
                return f.Input(alias=short, relation=relation, span=relation.span)
        index = max((self.places.index_of(n) for n in tree.walk()), default=-1)
        where = self.places.span(index, index + 1) if index >= 0 else f.NOWHERE
        return f.Input(alias=alias, lateral=isinstance(tree, (exp.Lateral, exp.Unnest)), span=where)

    def _alias(self, tree: Any) -> str:
        """An alias as written; a parameter that stands alone where an alias may stand is none."""
        alias = tree.args.get("alias")
        index = self.places.index_of(alias.this) if alias is not None and alias.this is not None else -1
        if index < 0:
            return str(tree.alias)
        name = self.places.name(index)
        return "" if name.startswith("${") and self.words[index - 1] != "AS" else name

    def _derived(self, source: Any, alias: str, scope: frozenset[str], *, lateral: bool = False) -> f.Input:
        node = self._node(source.this, self._with(source, scope))
        bracket = self._bracket_around(node)
        close = self.places.closing(bracket)
        return f.Input(
            alias=alias,
            query=node,
            lateral=lateral,
            watermark=self.reader.watermark_after(close),
            span=self.places.span(bracket, close + 1) if close >= 0 else node.span,
        )

    def _bracket_around(self, node: f.Node) -> int:
        """The bracket in which a query stands; of several with nothing between them the outermost."""
        first = self.places.index_at(_first_select(node).span)
        last = self.places.index_at(_last_select(node).span)
        bracket = self.outline.blocks[self.outline.block_of[first]].bracket if first >= 0 else -1
        while (outer := self.outline.around.get(bracket, -1)) >= 0:
            close = self.places.closing(bracket)
            alone = outer == bracket - 1 and self.places.closing(outer) == close + 1
            if close >= last and not alone:
                break
            bracket = outer
        return bracket

    def _cte_input(self, source: Any, alias: str) -> f.Input:
        index = self._named_at(source.this)
        if index < 0:
            return f.Input(alias=alias or source.name, cte=source.name)
        stream = self.outline.streams.get(index)
        close = stream.close if stream and stream.close >= 0 else index
        where = self.places.span(index, index + 1)
        mark = self.reader.watermark_after(close)
        return f.Input(alias=alias or source.name, cte=source.name, watermark=mark, span=where)

    def _named_at(self, identifier: Any) -> int:
        """The token of a name, or -1 for the names of the steps of a |> query, which nobody wrote."""
        made_up = self.outline.pipes and identifier.name.startswith(_MADE_UP)
        return -1 if made_up else self.places.index_of(identifier)

    def _relation(self, table: Any, alias: str) -> f.Relation | None:
        if self.outline.pipes and table.name.startswith(_MADE_UP):
            return None
        index = min((i for i in map(self.places.index_of, _name_nodes(table)) if i >= 0), default=-1)
        if index < 0:
            return None
        if id(table) not in self.relations:
            self.relations[id(table)] = self.reader.at(index, alias)
        return self.relations[id(table)]

    # -- joins -------------------------------------------------------------------------------------------

    def _joins(self, block: Block, sources: list[_Source], inputs: list[f.Input]) -> Iterator[f.Join]:
        joined = [(s.join, i) for s, i in zip(sources, inputs, strict=True) if s.join is not None]
        known = len(block.joins) == len(joined)
        for number, (join, right) in enumerate(joined):
            tokens = block.joins[number] if known else JoinTokens(block.first, block.first + 1)
            yield self._join(join, right, tokens, self.places.span(tokens.first, tokens.last))

    def _join(self, join: Any, right: f.Input, tokens: JoinTokens, where: Span) -> f.Join:
        on = join.args.get("on")
        if tokens.on < 0 and isinstance(on, exp.Boolean):
            on = None  # sqlglot's own addition
        columns = sorted(self._columns_under(on), key=_start) if on is not None else []
        condition = Span(columns[0].span.start, columns[-1].span.end) if columns else None
        return f.Join(
            kind=_join_kind(join, conditioned=on is not None or bool(join.args.get("using"))),
            right=right,
            span=where,
            condition=self.places.span(tokens.on, tokens.on_last) if tokens.on >= 0 else condition,
            using=tuple(self._name_of(i) for i in join.args.get("using") or ()),
            natural=_is_natural(join),
            columns=tuple(columns),
            equalities=tuple(self._equalities(on)),
            comparisons=tuple(self._comparisons(on)),
            comma=self.words[tokens.first] == ",",
        )

    def _columns_under(self, tree: Any) -> Iterator[f.ColumnRef]:
        for node in tree.find_all(exp.Column):
            if type(node.args.get("this")) is not exp.Star and (ref := self._column(node)) is not None:
                yield ref

    def _equalities(self, on: Any) -> Iterator[tuple[f.ColumnRef, f.ColumnRef]]:
        for node in _conditions(on):
            if isinstance(node, (exp.EQ, exp.NullSafeEQ)):
                left, right = (next(self._columns_under(side), None) for side in (node.left, node.right))
                if left is not None and right is not None:
                    yield left, right

    def _comparisons(self, on: Any) -> Iterator[f.Comparison]:
        for node in _conditions(on):
            for low, high in _low_and_high(node):
                left, right = tuple(self._columns_under(low)), tuple(self._columns_under(high))
                if len(left) + len(right) > 1:
                    yield f.Comparison(left=left, right=right)


def _conditions(on: Any) -> Iterator[Any]:
    """The parts that AND puts together."""
    waiting = [on] if on is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, (exp.And, exp.Paren)):
            waiting += list(node.iter_expressions())
        else:
            yield node


def _low_and_high(node: Any) -> Iterator[tuple[Any, Any]]:
    """What a comparison says to be the smaller, and the larger."""
    if isinstance(node, (exp.LT, exp.LTE)):
        yield node.left, node.right
    elif isinstance(node, (exp.GT, exp.GTE)):
        yield node.right, node.left
    elif isinstance(node, exp.Between):
        yield node.args["low"], node.this
        yield node.this, node.args["high"]


def _flattened(source: _Source) -> Iterator[_Source]:
    """A source, then the joins inside its brackets or right behind it."""
    tree = source.tree
    if type(tree) is exp.Subquery and type(tree.this) in (exp.Table, exp.Subquery):
        yield from _flattened(_Source(tree.this, source.join, source.alias or tree.alias))
    else:
        yield source
    for join in tree.args.get("joins") or ():
        yield from _flattened(_Source(join.this, join))


def _unwrapped(node: Any) -> Any:
    """An item without its alias and brackets."""
    inner = node.this if type(node) is exp.Alias else node
    while type(inner) is exp.Paren:
        inner = inner.this
    return inner


def _start(column: f.ColumnRef) -> int:
    return column.span.start


def _name_nodes(table: Any) -> Iterator[Any]:
    yield table.this
    for part in ("db", "catalog"):
        if table.args.get(part) is not None:
            yield table.args[part]
    if isinstance(table.this, exp.Dot):
        yield from table.this.find_all(exp.Identifier)


def _is_natural(join: Any) -> bool:
    return str(join.args.get("method") or "").upper() == "NATURAL"


def _join_kind(join: Any, *, conditioned: bool) -> str:
    side, kind = (join.side or "").lower(), (join.kind or "").lower()
    kind = "" if kind in ("outer", "inner") else kind
    if kind in ("semi", "anti"):
        return f"{side or 'left'} {kind}"
    if kind == "cross" or (not side and not kind and not conditioned):
        return "inner" if _is_natural(join) else "cross"
    return side or "inner"


def _first_select(node: f.Node) -> f.Select:
    while isinstance(node, f.SetOperation):
        node = node.left
    return node


def _last_select(node: f.Node) -> f.Select:
    while isinstance(node, f.SetOperation):
        node = node.right
    return node
