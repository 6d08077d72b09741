"""The queries of a text, as far as expressions need them: select lists, what a FROM brings into scope, and every
expression of the other clauses."""

from __future__ import annotations

from dataclasses import dataclass, field

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.expressions import RESERVED, Node, Over, Reader, Unreadable

_QUERY = ("SELECT", "WITH", "FROM", "VALUES", "TABLE")
_NO_ALIAS = RESERVED | frozenset(["LEFT", "RIGHT", "ANTI", "SEMI", "ROWS", "OUTER", "WATERMARK"])


@dataclass(slots=True, eq=False)
class Output:
    """One item of a select list; `alias` is None where nobody wrote one."""

    value: Node
    alias: str | None = None


@dataclass(slots=True, eq=False)
class Source:
    """Something in FROM: a name, a query or rows in brackets. A source of which nothing is known is opaque."""

    name: tuple[str, ...] = ()
    query: Query | None = None
    rows: tuple[Node, ...] = ()  # of VALUES
    alias: str = ""
    columns: tuple[str, ...] = ()  # AS t(a, b)


@dataclass(slots=True, eq=False)
class Select:
    """One SELECT."""

    outputs: list[Output] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    roots: list[Node] = field(default_factory=list)  # expressions outside of the select list
    windows: dict[str, Over] = field(default_factory=dict)  # WINDOW w AS (...)
    outer: Query | None = None  # the query around it, for names that are not its own


@dataclass(slots=True, eq=False)
class Query:
    """A query: its SELECTs in text order, its CTEs, and the query around it."""

    outer: Select | None
    selects: list[Select] = field(default_factory=list)
    ctes: dict[str, Query] = field(default_factory=dict)
    parent: Query | None = None


class Queries:
    """Reads a text into queries; `held` gives the query of each node of that kind."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens, self.words = tokens, tokens.words
        self.reader = Reader(tokens, self.inner)
        self.held: dict[Node, Query] = {}
        self.every: list[Select] = []
        self.stack: list[tuple[Query, Select]] = []

    def read(self) -> Query:
        """The whole text."""
        return self.query(0, len(self.tokens))

    def inner(self, bracket: int, close: int) -> Node:
        node = Node("query", bracket, close + 1)
        self.held[node] = self.query(bracket + 1, close)
        return node

    def query(self, at: int, end: int) -> Query:
        parent, outer = self.stack[-1] if self.stack else (None, None)
        query = Query(outer, parent=parent)
        select = self.new_select(query)
        self.stack.append((query, select))
        try:
            self.clauses(query, at, end)
        finally:
            self.stack.pop()
        return query

    def new_select(self, query: Query) -> Select:
        select = Select(outer=query)
        query.selects.append(select)
        self.every.append(select)
        return select

    # -- clauses -----------------------------------------------------------------------------------------

    def clauses(self, query: Query, at: int, end: int) -> None:
        """Walk the tokens of one bracket; what is not known is passed over, word by word."""
        started = False
        while at < end:
            word = self.words[at]
            if word == "SELECT":
                if started:
                    self.stack[-1] = (query, self.new_select(query))
                started = True
                at = self.outputs(at + 1, end)
            elif word == "WITH" and not started:
                at = self.ctes(query, at + 1, end)
            elif word in ("FROM", "JOIN"):
                at = self.source(at + 1, end)
            elif word == "WINDOW":
                at = self.windows(at + 1, end)
            elif word == "VALUES":
                at = self.source(at, end)
            elif word == "(" and self.words[at + 1 : at + 2] and self.words[at + 1] in _QUERY:
                close = self.tokens.pairs.get(at, -1)
                if close < at:
                    at += 1
                    continue
                self.stack[-1][1].sources.append(Source(query=self.query(at + 1, close)))
                at = close + 1
            else:
                at = self.expressions(at, end)

    def outputs(self, at: int, end: int) -> int:
        """The select list."""
        if self.word(at, end) in ("DISTINCT", "ALL") and self.word(at + 1, end) != ",":
            at += 1
        select = self.stack[-1][1]
        while at < end:
            try:
                value = self.reader.expression(at)
            except Unreadable:
                return at
            if value.last > end:
                return end
            alias, at = self.alias(value.last, end)
            select.outputs.append(Output(value, alias))
            if self.word(at, end) != ",":
                break
            at += 1
        return at

    def alias(self, at: int, end: int) -> tuple[str | None, int]:
        """An alias behind a value: none, a name, or `AS (a, b)`, which is the empty one."""
        explicit = self.word(at, end) == "AS"
        at += explicit
        if explicit and self.word(at, end) == "(":
            return "", self.tokens.pairs.get(at, at) + 1
        if at < end and (self.tokens.types[at] == "name" or (self.tokens.types[at] == "word" and self.may_be(at))):
            return self.reader.name(at), at + 1
        return ("" if explicit else None), at

    def may_be(self, at: int) -> bool:
        return self.words[at] not in _NO_ALIAS

    def word(self, at: int, end: int) -> str:
        return self.words[at] if at < end else ""

    def ctes(self, query: Query, at: int, end: int) -> int:
        """`WITH a AS (...), b(x) AS (...)`"""
        at += self.word(at, end) == "RECURSIVE"
        while at < end and self.reader.is_name(at):
            name = self.reader.name(at).lower()
            at += 1
            named = self.word(at, end) == "("
            if named:
                at = self.tokens.pairs.get(at, at) + 1
            at += self.word(at, end) == "AS"
            close = self.tokens.pairs.get(at, -1)
            if self.word(at, end) != "(" or close < at:
                return at
            found = self.query(at + 1, close)
            query.ctes[name] = found if not named else Query(None)
            at = close + 1
            if self.word(at, end) != ",":
                break
            at += 1
        return at

    # -- FROM --------------------------------------------------------------------------------------------

    def source(self, at: int, end: int) -> int:
        """A source, its alias, and those behind its commas."""
        select = self.stack[-1][1]
        while at < end:
            source, at = self.one_source(at, end)
            at = self.source_alias(source, at, end)
            select.sources.append(source)
            if self.word(at, end) != ",":
                break
            at += 1
        return at

    def one_source(self, at: int, end: int) -> tuple[Source, int]:
        word, close = self.word(at, end), self.tokens.pairs.get(at, -1)
        if word in ("LATERAL", "STREAM") and at + 1 < end:
            return self.one_source(at + 1, end)
        if word == "VALUES":
            return self.rows(at + 1, end)
        if word == "(" and close > at:
            if self.word(at + 1, end) in _QUERY:
                return Source(query=self.query(at + 1, close)), close + 1
            self.source(at + 1, close)
            return Source(), close + 1
        if not self.reader.is_name(at):
            return Source(), at
        return self.named_source(at, end)

    def named_source(self, at: int, end: int) -> tuple[Source, int]:
        parts, here = [self.reader.name(at)], at + 1
        while self.word(here, end) == "." and self.reader.is_name(here + 1):
            parts.append(self.reader.name(here + 1))
            here += 2
        if self.word(here, end) != "(":
            return Source(tuple(parts)), here
        return Source(), self.expressions(at, end)  # a table function

    def rows(self, at: int, end: int) -> tuple[Source, int]:
        rows: list[Node] = []
        while at < end:
            try:
                rows.append(self.reader.expression(at))
            except Unreadable:
                break
            at = rows[-1].last
            if self.word(at, end) != ",":
                break
            at += 1
        self.stack[-1][1].roots += rows
        return Source(rows=tuple(rows)), at

    def source_alias(self, source: Source, at: int, end: int) -> int:
        at += self.word(at, end) == "AS"
        if (
            at < end
            and self.reader.is_name(at)
            and self.may_be(at)
            and self.words[at] not in ("FOR", "VERSION", "TIMESTAMP")
        ):
            source.alias = self.reader.name(at)
            at += 1
            close = self.tokens.pairs.get(at, -1)
            if self.word(at, end) == "(" and close > at:
                source.columns = tuple(self.reader.name(i) for i in range(at + 1, close) if self.reader.is_name(i))
                at = close + 1
        return at

    def windows(self, at: int, end: int) -> int:
        """`WINDOW w AS (...), v AS (...)`"""
        select = self.stack[-1][1]
        while self.word(at + 1, end) == "AS" and self.word(at + 2, end) == "(":
            close = self.tokens.pairs.get(at + 2, -1)
            if close < at:
                break
            try:
                over = self.reader.window(at + 2)
            except Unreadable:
                break
            select.windows[self.reader.name(at).lower()] = over
            select.roots += [*over.partition, *(sort.value for sort in over.order)]
            at = close + 1
            if self.word(at, end) != ",":
                break
            at += 1
        return at

    # -- the rest ----------------------------------------------------------------------------------------

    def expressions(self, at: int, end: int) -> int:
        """One expression outside of a select list, or one word that is none."""
        try:
            node = self.reader.expression(at)
        except Unreadable:
            return at + 1
        if node.last <= end:
            self.stack[-1][1].roots.append(node)
        return max(node.last, at + 1)
