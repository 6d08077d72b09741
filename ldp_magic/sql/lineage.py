"""Which input columns make each output column of a query, and which decide its rows.

Where the text leaves it open (two inputs without known columns, a PIVOT) every possible origin is named:
a lineage may be wider than the truth, never narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from sqlglot import exp

from ldp_magic.sql.facts import Facts, Relation
from ldp_magic.sql.functions import AGGREGATES
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.results import element, key_of
from ldp_magic.sql.types import common, field_of, fields_of, type_of
from ldp_magic.text import Span

Origin: TypeAlias = tuple[int, str]  # (index in Facts.relations, column); the column "*" stands for any of them
How: TypeAlias = Literal["copied", "cast", "aggregated", "computed", "constant", "unknown"]
Schema: TypeAlias = Callable[[Relation], Sequence[tuple[str, str]] | None]
_NONE: frozenset[Origin] = frozenset()
_ROW_CLAUSES = {"where": "filter", "having": "filter", "qualify": "filter", "group": "group", "limit": "limit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """One output column. A star whose columns are not known is one entry named `*`."""

    name: str
    type: str = ""
    how: How = "copied"
    expression: str = ""
    span: Span | None = None
    origins: frozenset[Origin] = _NONE
    per: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()  # of a star: what EXCEPT takes away, in lower case
    named: bool = True  # or else its name is only its text


@dataclass(frozen=True, slots=True, kw_only=True)
class Decides:
    """Something that decides which rows come out: filter, join, group, distinct, limit, set, watermark."""

    by: str
    text: str
    span: Span | None
    origins: frozenset[Origin]


@dataclass(frozen=True, slots=True)
class Resolved:
    columns: tuple[Out, ...] = ()
    rows: tuple[Decides, ...] = ()

    @property
    def complete(self) -> bool:
        """Are all columns known by name?"""
        return all(c.name != "*" for c in self.columns)

    def column(self, name: str) -> Out | None:
        """The column called *name*, through a star if need be."""
        low = name.lower()
        named = next((c for c in self.columns if c.name.lower() == low), None)
        if named is not None:
            return named
        stars = [c for c in self.columns if c.name == "*" and low not in c.hidden]
        if not stars:
            return None
        origins = frozenset((r, name if c == "*" else c) for star in stars for r, c in star.origins)
        return Out(name=name, expression=name, span=stars[0].span, origins=origins)


def resolve(facts: Facts, schema: Schema) -> Resolved | None:
    """The outputs of a query, or None if it cannot be read; *schema* gives a relation's (name, type) pairs, or None."""
    if facts.tree is None:
        return None
    try:
        return _Resolving(facts, schema).query(facts.tree, {})
    except RecursionError:
        return None


@dataclass(slots=True)
class _Input:
    """One source of a FROM clause: its name, its columns, and whether it has more than those."""

    alias: str
    names: tuple[str, ...]  # the relation's own name parts, in lower case
    columns: list[Out] = field(default_factory=list)
    hidden: bool = False  # the right side of a semi or anti join

    @property
    def open(self) -> bool:
        return any(c.name == "*" for c in self.columns)

    def find(self, name: str) -> Out | None:
        return Resolved(tuple(self.columns)).column(name)

    def has(self, name: str) -> bool:
        return any(c.name.lower() == name.lower() for c in self.columns)


@dataclass(slots=True)
class _Joined:
    """A FROM clause: its inputs, what a star shows of them in order, and what USING and NATURAL joins show once."""

    inputs: list[_Input] = field(default_factory=list)
    visible: list[Out] = field(default_factory=list)
    merged: dict[str, Out] = field(default_factory=dict)  # by name in lower case

    def add(self, items: Iterable[_Input]) -> None:
        for item in items:
            self.inputs.append(item)
            self.visible += [] if item.hidden else item.columns

    def join(self, items: list[_Input], join: Any) -> None:
        """Shared columns come first; a left join takes them from the left, a right join from the right."""
        used = list(dict.fromkeys(_shared(join, self.visible, items)))
        if not used:
            self.add(items)
            return
        left, right = Resolved(tuple(self.visible)), Resolved(tuple(c for i in items for c in i.columns))
        kept = {"RIGHT": (right,), "FULL": (left, right)}.get((join.side or "").upper(), (left,))
        for name in used:
            found = [c for side in kept if (c := side.column(name)) is not None]
            if found:
                self.merged[name] = replace(_all_of(found[0].name, found), how="copied", expression=found[0].name)
        first = [self.merged[name] for name in used if name in self.merged]
        self.inputs += items
        shown = [c for i in items if not i.hidden for c in i.columns]
        self.visible = [*first, *_without(self.visible, used), *_without(shown, used)]


_Ctes: TypeAlias = dict[str, Resolved]


class _Resolving:
    def __init__(self, facts: Facts, schema: Schema) -> None:
        self.facts, self.schema = facts, schema
        self.tokens: Tokens = tokens_of(" " * facts.lead + facts.text) if facts.lead else tokens_of(facts.text)
        self.ends = dict(zip(self.tokens.starts, self.tokens.ends, strict=True))
        self.relation_at = {r.span.start + facts.lead: i for i, r in enumerate(facts.relations)}
        self.outputs = sorted(
            (o for s in facts.selects for o in s.outputs if o.span.end > o.span.start),
            key=lambda o: (o.span.start, -o.span.end),
        )

    # -- places ------------------------------------------------------------------------------------------

    def start(self, node: Any) -> int:
        """Where a node begins in the tree's text, as far as sqlglot remembers; -1 if it does not."""
        places = [n._meta["start"] for n in node.walk() if n._meta and "start" in n._meta]
        return min(places, default=-1)

    def name(self, node: Any) -> str:
        """A function's name as written, in lower case; empty for anything else."""
        if not isinstance(node, (exp.Func, exp.Anonymous)) or not node._meta:
            return ""
        at = node._meta.get("start", -1)
        end = self.ends.get(at, at)
        written = self.tokens.text[at:end].lower().strip("`").replace("windov", "window")
        # sqlglot fills in the unit that the form with two arguments lacks, and that form has another type
        if written in ("datediff", "date_diff") and _commas(self.tokens.text, end) == 2:
            return "timestampdiff"
        return written

    def text_of(self, node: Any) -> tuple[str, Span | None]:
        """The text of an output expression, found through the facts by any place inside it."""
        at = self.start(node) - self.facts.lead
        around = [o for o in self.outputs if o.span.start <= at < o.span.end]
        if not around:
            return "", None
        best = max(around, key=lambda o: (o.span.start, -o.span.end))
        return self.facts.text[best.expression.start : best.expression.end], best.expression

    def span_of(self, node: Any) -> Span | None:
        places = [(n._meta["start"], n._meta["end"]) for n in node.walk() if n._meta and "start" in n._meta]
        if not places:
            return None
        lead = self.facts.lead
        first, last = min(p[0] for p in places), max(p[1] for p in places) + 1
        return Span(max(first - lead, 0), max(self._closed(first, last) - lead, 0))

    def _closed(self, first: int, last: int) -> int:
        """*last* moved behind the brackets that open after *first*."""
        depth = 0
        for char in self.tokens.text[first:last]:
            depth += (char == "(") - (char == ")")
        while depth > 0 and last < len(self.tokens.text):
            depth += (self.tokens.text[last] == "(") - (self.tokens.text[last] == ")")
            last += 1
        return last

    # -- queries -----------------------------------------------------------------------------------------

    def query(self, tree: Any, ctes: _Ctes, outer: tuple[_Input, ...] = ()) -> Resolved:
        chain: list[tuple[Any, _Ctes]] = []
        while True:
            ctes = self.with_(tree, ctes, outer)
            if isinstance(tree, exp.SetOperation):
                chain.append((tree, ctes))
                tree = tree.this
            elif isinstance(tree, exp.Subquery) and not tree.args.get("joins") and not tree.args.get("pivots"):
                tree = tree.this
            else:
                break
        found = self.select(tree, ctes, outer)
        for operation, inside in reversed(chain):
            found = self.set_operation(operation, found, self.query(operation.expression, inside, outer))
        return found

    def with_(self, tree: Any, ctes: _Ctes, outer: tuple[_Input, ...]) -> _Ctes:
        with_ = tree.args.get("with_")
        if with_ is None:
            return ctes
        ctes = dict(ctes)
        for cte in with_.expressions:
            name = cte.alias.lower()
            if with_.args.get("recursive"):
                found = self.recursive(cte.this, name, ctes, outer)
            else:
                found = self.query(cte.this, ctes, outer)
            ctes[name] = _renamed(found, [c.name for c in cte.args["alias"].columns])
        return ctes

    def recursive(self, tree: Any, name: str, ctes: _Ctes, outer: tuple[_Input, ...]) -> Resolved:
        """Until nothing new comes in; origins only grow, so this ends."""
        found = Resolved((Out(name="*"),))
        anchor = tree.this if isinstance(tree, exp.SetOperation) else tree
        found = self.query(anchor, ctes, outer)
        for _ in range(len(found.columns) + len(self.facts.relations) + 2):
            again = self.query(tree, {**ctes, name: found}, outer)
            if [c.origins for c in again.columns] == [c.origins for c in found.columns] and len(again.rows) <= 64:
                return again
            found = Resolved(again.columns, again.rows[:64])
        return found

    def set_operation(self, tree: Any, left: Resolved, right: Resolved) -> Resolved:
        by_name = bool(tree.args.get("by_name"))
        columns = []
        for index, column in enumerate(left.columns):
            other = (
                right.column(column.name) if by_name else right.columns[index] if index < len(right.columns) else None
            )
            if (
                column.name == "*"
                or (other is not None and other.name == "*")
                or not (left.complete and right.complete)
            ):
                every = frozenset(o for c in right.columns for o in c.origins)
                columns.append(replace(column, origins=column.origins | every, type=""))
            elif other is not None:
                columns.append(_merged(column, other))
            else:
                columns.append(column)
        if by_name:
            columns += [c for c in right.columns if left.column(c.name) is None]
        rows = left.rows + right.rows
        if tree.args.get("distinct") or not isinstance(tree, exp.Union):
            every = frozenset(o for c in (*left.columns, *right.columns) for o in c.origins)
            rows += (Decides(by="set", text=type(tree).__name__.lower(), span=None, origins=every),)
        if tree.args.get("limit") or tree.args.get("offset"):
            rows += (
                Decides(by="limit", text="limit", span=None, origins=frozenset(o for c in columns for o in c.origins)),
            )
        return Resolved(tuple(columns), rows)

    def select(self, tree: Any, ctes: _Ctes, outer: tuple[_Input, ...]) -> Resolved:
        if isinstance(tree, (exp.Table, exp.Values)) or not isinstance(tree, exp.Select):
            rows: list[Decides] = []
            columns = [c for source in self.sources(tree, ctes, outer, rows) for c in source.columns]
            return Resolved(tuple(columns), tuple(rows))
        rows = []
        scope = _Scope(self, self.joined(tree, ctes, outer, rows), outer, ctes)
        scope.keep_window(tree.args.get("group"))
        columns = [out for node in tree.expressions for out in scope.outputs(node, tree)]
        rows += self.deciding(tree, scope, columns)
        if tree.args.get("operation"):
            columns = _blurred(columns)
        return Resolved(tuple(columns), tuple(rows))

    def deciding(self, tree: Any, scope: _Scope, columns: list[Out]) -> Iterator[Decides]:
        for key, by in _ROW_CLAUSES.items():
            node = tree.args.get(key)
            if node is None:
                continue
            origins = scope.origins(node)
            if key == "group":
                origins |= _keys(node, columns)
            if key == "limit":
                order = tree.args.get("order")
                origins |= scope.origins(order) | _keys(order, columns) if order is not None else _NONE
            span = self.span_of(node)
            yield Decides(by=by, text=self.said(span), span=span, origins=origins)
        if tree.args.get("distinct"):
            every = frozenset(o for c in columns for o in c.origins)
            yield Decides(by="distinct", text="distinct", span=None, origins=every)
        if any(_generates(self, n) for n in tree.expressions):
            every = frozenset(o for c in columns for o in c.origins)
            yield Decides(by="explode", text="explode", span=None, origins=every)
        for join in self.joins(tree):
            yield from self.join_rule(join, scope)

    def said(self, span: Span | None) -> str:
        return self.facts.text[span.start : span.end] if span else ""

    def join_rule(self, join: Any, scope: _Scope) -> Iterator[Decides]:
        on = join.args.get("on")
        using = [c.name for c in join.args.get("using") or ()]
        origins = scope.origins(on) if on is not None else _NONE
        for name in using:
            origins |= frozenset(o for i in scope.inputs if (c := i.find(name)) is not None for o in c.origins)
        if (join.args.get("method") or "").upper() == "NATURAL":
            origins |= frozenset(o for i in scope.inputs for c in i.columns for o in c.origins)
        kind = " ".join(w for w in (join.side, join.kind) if w).lower() or "inner"
        span = self.span_of(on) if on is not None else None
        text = self.said(span) or ", ".join(using)
        yield Decides(by="join", text=f"{kind} join" + (f" on {text}" if text else ""), span=span, origins=origins)

    # -- sources -----------------------------------------------------------------------------------------

    def joins(self, tree: Any) -> Iterator[Any]:
        from_ = tree.args.get("from_")
        stack = [from_.this] if from_ is not None else []
        while stack:
            node = stack.pop()
            if isinstance(node, exp.Subquery) and isinstance(node.this, (exp.Table, exp.Subquery)):
                stack.append(node.this)
            yield from node.args.get("joins") or ()
        yield from tree.args.get("joins") or ()

    def joined(self, tree: Any, ctes: _Ctes, outer: tuple[_Input, ...], rows: list[Decides]) -> _Joined:
        found = _Joined()
        from_ = tree.args.get("from_")
        if from_ is not None:
            found.add(self.sources(from_.this, ctes, outer, rows))
        for join in tree.args.get("joins") or ():
            items = list(self.sources(join.this, ctes, (*outer, *found.inputs), rows))
            for item in items:
                item.hidden = (join.kind or "").upper() in ("SEMI", "ANTI")
            found.join(items, join)
        for lateral in tree.args.get("laterals") or ():
            found.add([self.generated(lateral, _Scope(self, found, outer, ctes), rows)])
        return found

    def sources(self, node: Any, ctes: _Ctes, outer: tuple[_Input, ...], rows: list[Decides]) -> Iterator[_Input]:
        if isinstance(node, exp.Subquery) and isinstance(node.this, (exp.Table, exp.Subquery)) and not node.alias:
            yield from self.sources(node.this, ctes, outer, rows)
        else:
            yield self.pivoted(node, self.source(node, ctes, outer, rows))
        for join in node.args.get("joins") or ():
            yield from self.sources(join.this, ctes, outer, rows)

    def source(self, node: Any, ctes: _Ctes, outer: tuple[_Input, ...], rows: list[Decides]) -> _Input:
        alias = node.alias if isinstance(node, exp.Subquery) else node.alias_or_name
        renames = [c.name for c in getattr(node.args.get("alias"), "columns", ())]
        if isinstance(node, exp.Subquery):
            found = self.query(node, ctes, outer)
        elif (
            isinstance(node, exp.Table)
            and not node.db
            and node.name.lower() in ctes
            and isinstance(node.this, exp.Identifier)
        ):
            found = ctes[node.name.lower()]
        elif isinstance(node, exp.Table):
            found = self.relation(node)
        else:
            return self.generated(node, _Scope(self, _Joined(), outer, ctes), rows)
        rows += found.rows
        names = (
            tuple(
                p.name.lower()
                for p in (node.args.get("catalog"), node.args.get("db"), node.this)
                if isinstance(p, exp.Identifier)
            )
            if isinstance(node, exp.Table)
            else ()
        )
        return _Input(alias.lower(), names, list(_renamed(found, renames).columns))

    def relation(self, node: Any) -> Resolved:
        places = [p._meta["start"] for p in node.walk() if p._meta and "start" in p._meta]
        index = next((self.relation_at[p] for p in sorted(places) if p in self.relation_at), -1)
        if index < 0:
            return Resolved((Out(name="*"),))
        relation = self.facts.relations[index]
        known = self.schema(relation)
        if known is None:
            columns: tuple[Out, ...] = (Out(name="*", origins=frozenset({(index, "*")})),)
        else:
            columns = tuple(Out(name=n, type=t, expression=n, origins=frozenset({(index, n)})) for n, t in known)
        rows: tuple[Decides, ...] = ()
        if relation.watermark is not None:
            mark = relation.watermark
            column = Out(name=mark.column, origins=_watermark_origins(index, relation, known), how="computed")
            if mark.aliased:
                columns += (replace(column, type="timestamp", expression=mark.expression, span=mark.span),)
            rows = (
                Decides(by="watermark", text=f"{mark.column}, {mark.delay}", span=mark.span, origins=column.origins),
            )
        return Resolved(columns, rows)

    def generated(self, node: Any, scope: _Scope, rows: list[Decides]) -> _Input:
        """VALUES, LATERAL VIEW explode(x) AS y, table functions over columns: every column from every argument."""
        alias_node = node.args.get("alias")
        alias = (alias_node.name if alias_node is not None else "") or node.alias_or_name
        names = [c.name for c in getattr(alias_node, "columns", ())]
        origins = scope.origins(node)
        if origins:
            rows.append(
                Decides(by="explode", text=self.said(self.span_of(node)), span=self.span_of(node), origins=origins)
            )
        if not names and isinstance(node, exp.Values):
            first = node.expressions[0] if node.expressions else None
            names = [f"col{i + 1}" for i in range(len(first.expressions) if first is not None else 0)]
        elif not names:
            return _Input(alias.lower(), (), [Out(name="*", how="computed", origins=origins)])
        types = self.generated_types(node, scope)
        if len(types) != len(names):
            types = [""] * len(names)
        outs = [Out(name=n, type=t, how="computed", origins=origins) for n, t in zip(names, types, strict=True)]
        return _Input(alias.lower(), (), outs)

    def generated_types(self, node: Any, scope: _Scope) -> list[str]:
        """The types of the columns of VALUES, or of a table function that takes an array or a map apart."""
        if isinstance(node, exp.Values):
            rows = [row.expressions for row in node.expressions if isinstance(row, exp.Tuple)]
            return [common([scope.type(cell) for cell in cells]) for cells in zip(*rows, strict=False)]
        call = node.this if isinstance(node, exp.Lateral) else node
        written = self.name(call).removesuffix("_outer")
        given = scope.type(call.this) if written in ("explode", "posexplode", "inline") else ""
        if written == "inline":
            return [type_ for _, type_ in fields_of(element(given))]
        parts = [key_of(given), element(given)] if given.startswith("map<") else [element(given)]
        return ["int", *parts] if written == "posexplode" else parts

    def pivoted(self, node: Any, found: _Input) -> _Input:
        """PIVOT and UNPIVOT: what comes out depends on everything that goes in."""
        pivots = node.args.get("pivots")
        if not pivots:
            return found
        origins = frozenset(o for c in found.columns for o in c.origins)
        alias = pivots[-1].alias.lower() or found.alias
        return _Input(
            alias, found.names, [Out(name="*", how="computed", origins=frozenset((r, "*") for r, _ in origins))]
        )


class _Scope:
    """What a column name means inside one SELECT."""

    def __init__(self, resolving: _Resolving, joined: _Joined, outer: tuple[_Input, ...], ctes: _Ctes) -> None:
        self.resolving, self.joined, self.outer, self.ctes = resolving, joined, outer, ctes
        self.inputs = list(joined.inputs)
        self.aliases: dict[str, Out] = {}
        self.windows: dict[str, Out] = {}

    def keep_window(self, group: Any) -> None:
        """`GROUP BY window(ts, '1 day')` makes a column called window: a struct of its start and end."""
        for node in group.expressions if group is not None else ():
            name = self.resolving.name(node)
            if name in ("window", "session_window"):
                self.windows[name] = Out(name=name, type=self.type(node), how="computed", origins=self.origins(node))

    # -- names -------------------------------------------------------------------------------------------

    def column(self, node: Any) -> Out | None:
        return self.place(node)[0]

    def place(self, node: Any) -> tuple[Out | None, list[str]]:
        """The column that a name means, and the struct fields that follow it."""
        parts = [p.name for p in node.parts]
        for size in range(len(parts) - 1, 0, -1):
            qualifier = [p.lower() for p in parts[:size]]
            for item in (*self.inputs, *self.outer):
                if _means(item, qualifier):
                    return item.find(parts[size]), parts[size + 1 :]
        return self.unqualified(parts[0]), parts[1:]

    def unqualified(self, name: str) -> Out | None:
        if name.lower() in self.joined.merged:
            return self.joined.merged[name.lower()]
        visible = [i for i in self.inputs if not i.hidden] or self.inputs
        held = [i for i in visible if i.has(name)] or [i for i in self.inputs if i.has(name)]
        alias = self.aliases.get(name.lower())
        if held:
            return _all_of(name, [c for i in held if (c := i.find(name)) is not None])
        if name.lower() in self.windows:
            return self.windows[name.lower()]
        opened = [c for i in self.inputs if i.open and (c := i.find(name)) is not None]
        if opened:
            return _all_of(name, [*opened, alias] if alias is not None else opened)
        if alias is not None:
            return alias
        outside = [c for i in self.outer if (c := i.find(name)) is not None]
        return _all_of(name, outside) if outside else None

    def origins(self, node: Any) -> frozenset[Origin]:
        """Every origin of every column under *node*, queries inside it included."""
        found: set[Origin] = set()
        stack = [node]
        while stack:
            item = stack.pop()
            if isinstance(item, (exp.Query, exp.Subquery)):
                inner = self.resolving.query(item, self.ctes, (*self.inputs, *self.outer))
                found.update(o for c in inner.columns for o in c.origins)
                found.update(o for r in inner.rows for o in r.origins)
                continue
            if isinstance(item, exp.Column):
                column = self.column(item) if not isinstance(item.this, exp.Star) else None
                found.update(column.origins if column is not None else _NONE)
                if isinstance(item.this, exp.Star):
                    found.update(o for i in self.inputs for c in i.columns for o in c.origins)
                continue
            if isinstance(item, exp.Star) and not isinstance(item.parent, exp.Count):
                found.update(o for i in self.inputs for c in i.columns for o in c.origins)
            stack += item.iter_expressions()
        return frozenset(found)

    # -- the select list ---------------------------------------------------------------------------------

    def outputs(self, node: Any, select: Any) -> Iterator[Out]:
        if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
            yield from self.star(node)
            return
        text, span = self.resolving.text_of(node)
        if text.startswith("${") and text.find("}") == len(text) - 1:  # a parameter may stand for many columns
            origins = frozenset(o for i in self.inputs for c in i.columns for o in c.origins)
            yield Out(name="*", how="unknown", expression=text, span=span, origins=origins)
            return
        inner = node.this if isinstance(node, (exp.Alias, exp.Aliases)) else node
        made = Out(
            name="",
            type=self.type(inner),
            how=self.how(inner),
            expression=text,
            span=span,
            origins=self.origins(inner),
            per=self.per(select) if self.how(inner) == "aggregated" else (),
            named=isinstance(node, (exp.Alias, exp.Aliases, exp.Column, exp.Dot)),
        )
        for name in self.names(node, text):
            out = replace(made, name=name, type=made.type if not isinstance(node, exp.Aliases) else "")
            self.aliases.setdefault(name.lower(), out)
            yield out

    def names(self, node: Any, text: str) -> list[str]:
        if isinstance(node, exp.Aliases):
            return [i.name for i in node.aliases]
        if isinstance(node, exp.Alias):
            return [node.alias]
        if isinstance(node, exp.Column):
            return [node.name]
        if isinstance(node, exp.Dot):
            return [node.expression.name]
        return [" ".join(text.split()).lower() or "col"]

    def star(self, node: Any) -> Iterator[Out]:
        star = node.this if isinstance(node, exp.Column) else node
        removed = frozenset(_star_name(e) for e in star.args.get("except_") or star.args.get("except") or ())
        changed = {e.alias.lower(): e for e in star.args.get("replace") or ()}
        for column in self.shown(node):
            if column.name.lower() not in removed:
                yield self.starred(column, changed.get(column.name.lower()), removed)

    def shown(self, node: Any) -> list[Out]:
        """What `*` or `t.*` stands for."""
        if not isinstance(node, exp.Column):
            return self.joined.visible
        qualifier = [p.name.lower() for p in node.parts[:-1]]
        items = [i for i in self.inputs if _means(i, qualifier)]
        return [c for i in items for c in i.columns] if items else self.fields(qualifier)

    def fields(self, path: list[str]) -> list[Out]:
        """What `s.*` stands for over a struct; one star if its fields are not known."""
        owners = [i for i in self.inputs if len(path) > 1 and _means(i, path[:1])]
        columns = [c for i in owners for c in i.columns] or self.joined.visible
        name, *inner = path[1:] if owners else path
        found = next((c for c in columns if c.name.lower() == name), None)
        type_ = found.type if found is not None else ""
        for part in inner:
            type_ = field_of(type_, part)
        if found is not None and (fields := list(fields_of(type_))):
            return [replace(found, name=n, type=t, named=True) for n, t in fields]
        return [Out(name="*", origins=frozenset(o for c in columns for o in c.origins))]

    def starred(self, column: Out, changed: Any, removed: frozenset[str]) -> Out:
        if changed is not None:
            return next(replace(o, name=column.name) for o in self.outputs(changed, changed))
        if column.name == "*":
            return replace(column, hidden=column.hidden | removed)
        return replace(column, how="copied", expression=column.name, span=None, per=())

    # -- what an expression is ---------------------------------------------------------------------------

    def how(self, node: Any) -> How:
        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, (exp.Column, exp.Dot)) and not any(isinstance(n, exp.Func) for n in node.walk()):
            return "copied"
        if any(isinstance(n, exp.Func) and _aggregates(self.resolving, n) for n in node.walk()):
            return "aggregated"
        if isinstance(node, (exp.Cast, exp.TryCast)) and isinstance(node.this, exp.Column):
            return "cast"
        constant = not any(isinstance(n, (exp.Column, exp.Query)) for n in node.walk())
        return "constant" if constant else "computed"

    def per(self, select: Any) -> tuple[str, ...]:
        group = select.args.get("group")
        if group is None:
            return ()
        return tuple(said for key in group.expressions if (said := self._key_said(key, select.expressions)))

    def _key_said(self, key: Any, outputs: list[Any]) -> str:
        """A group key as written; `GROUP BY 1` means the first output."""
        if isinstance(key, exp.Literal) and key.this.isdigit() and 0 < int(key.this) <= len(outputs):
            before = outputs[: int(key.this)]
            if before[-1].alias and not any(each.is_star for each in before):
                return str(before[-1].alias)
            key = key if any(each.is_star for each in before) else before[-1]
        span = self.resolving.span_of(key)
        return self.resolving.said(span) if span else ""

    def type(self, node: Any) -> str:
        return type_of(node, self.column_type, self.resolving.name, self.scalar_type)

    def column_type(self, node: Any) -> str:
        found, fields = self.place(node)
        type_ = found.type if found is not None else ""
        for name in fields:
            type_ = field_of(type_, name)
        return type_

    def scalar_type(self, node: Any) -> str:
        inner = self.resolving.query(node, self.ctes, (*self.inputs, *self.outer))
        return inner.columns[0].type if len(inner.columns) == 1 and inner.complete else ""


def _commas(text: str, start: int) -> int:
    """How many commas stand directly between the brackets that open at *start*."""
    depth = commas = 0
    for char in text[start:]:
        depth += (char == "(") - (char == ")")
        if depth == 0 and char == ")":
            break
        commas += char == "," and depth == 1
    return commas


def _means(item: _Input, qualifier: list[str]) -> bool:
    return qualifier == [item.alias] or (
        len(qualifier) <= len(item.names)
        and list(item.names[-len(qualifier) :]) == qualifier
        and item.alias in ("", item.names[-1])
    )


def _all_of(name: str, columns: list[Out]) -> Out:
    if len(columns) == 1:
        return columns[0]
    return Out(
        name=name,
        type=common([c.type for c in columns]) if all(c.type for c in columns) else "",
        expression=name,
        origins=frozenset(o for c in columns for o in c.origins),
    )


def _merged(left: Out, right: Out) -> Out:
    how: How = left.how if left.how == right.how else "computed"
    return replace(left, type=common([left.type, right.type]), how=how, origins=left.origins | right.origins)


def _renamed(found: Resolved, names: list[str]) -> Resolved:
    if not names:
        return found
    if not found.complete:
        every = frozenset(o for c in found.columns for o in c.origins)
        return Resolved(tuple(Out(name=n, origins=every) for n in names), found.rows)
    renamed = [replace(c, name=n, named=True) for c, n in zip(found.columns, names, strict=False)]
    return Resolved((*renamed, *found.columns[len(names) :]), found.rows)


def _shared(join: Any, left: list[Out], right: list[_Input]) -> Iterator[str]:
    """The columns that a join shows once, in lower case."""
    for column in join.args.get("using") or ():
        yield column.name.lower()
    if (join.args.get("method") or "").upper() == "NATURAL":
        names = {c.name.lower() for i in right for c in i.columns} - {"*"}
        yield from (c.name.lower() for c in left if c.name.lower() in names)


def _without(columns: Iterable[Out], names: Iterable[str]) -> Iterator[Out]:
    """The columns of other names; a star of unknown columns hides these names from now on."""
    gone = frozenset(names)
    for column in columns:
        if column.name == "*":
            yield replace(column, hidden=column.hidden | gone)
        elif column.name.lower() not in gone:
            yield column


def _keys(clause: Any, columns: list[Out]) -> frozenset[Origin]:
    """GROUP BY or ORDER BY 1, an alias, or ALL: the outputs that are meant."""
    found: set[Origin] = set()
    for key in clause.expressions:
        node = key.this if isinstance(key, exp.Ordered) else key
        if isinstance(node, exp.Literal) and node.this.isdigit() and 0 < int(node.this) <= len(columns):
            found |= columns[int(node.this) - 1].origins
        elif isinstance(node, exp.Column) and len(node.parts) == 1:
            found.update(o for c in columns if c.name.lower() == node.name.lower() for o in c.origins)
        if node.name.upper() == "ALL":
            found.update(o for c in columns for o in c.origins)
    if clause.args.get("all"):
        found.update(o for c in columns if c.how != "aggregated" for o in c.origins)
    return frozenset(found)


def _aggregates(resolving: _Resolving, node: Any) -> bool:
    return (isinstance(node, exp.AggFunc) or resolving.name(node) in AGGREGATES) and not isinstance(
        node.parent, exp.Window
    )


def _generates(resolving: _Resolving, node: Any) -> bool:
    from ldp_magic.sql.functions import GENERATORS

    return any(resolving.name(n) in GENERATORS for n in node.walk() if isinstance(n, exp.Func))


def _star_name(node: Any) -> str:
    return str(node.name).lower()


def _blurred(columns: Iterable[Out]) -> list[Out]:
    columns = list(columns)
    every = frozenset(o for c in columns for o in c.origins)
    return [replace(c, origins=every) for c in columns]


def _watermark_origins(index: int, relation: Relation, known: Sequence[tuple[str, str]] | None) -> frozenset[Origin]:
    mark = relation.watermark
    if mark is None:
        return _NONE
    if not mark.aliased:
        return frozenset({(index, mark.column)})
    words = {
        w.strip("`").lower()
        for w in (tokens_of(mark.expression).get(i) for i in range(len(tokens_of(mark.expression))))
    }
    if known is None:
        return frozenset({(index, "*")})
    return frozenset((index, n) for n, _ in known if n.lower() in words)
