"""One text of a query as the rewrites look at it: its facts, its tokens, and what its FROM clauses show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from ldp_magic.sql.facts import Facts, Relation, Select
from ldp_magic.sql.functions import names
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.lineage import resolve
from ldp_magic.sql.outline import Block, Outline, outline_of
from ldp_magic.sql.places import Places
from ldp_magic.sql.query import facts_of
from ldp_magic.sql.sail.answer import Columns, Refused
from ldp_magic.sql.sail.clauses.change import Change
from ldp_magic.sql.sail.expressions import Unreadable
from ldp_magic.sql.sail.queries import Queries
from ldp_magic.sql.sail.typed import Types
from ldp_magic.text import Span

HIDDEN = "_metadata"  # a column of file sources that no star shows
# What may stand behind a relation and is not its alias.
GO_ON = names(
    """WHERE GROUP ORDER SORT CLUSTER DISTRIBUTE HAVING QUALIFY LIMIT OFFSET WINDOW UNION INTERSECT EXCEPT MINUS JOIN
    LEFT RIGHT FULL INNER CROSS SEMI ANTI NATURAL LATERAL ON USING PIVOT UNPIVOT SELECT"""
)
Listed: TypeAlias = Sequence[tuple[str, str]]  # (name, Spark's type or nothing)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a select list, in tokens: the whole, and where its expression ends."""

    first: int
    last: int
    end: int
    name: str  # empty for a star and for an expression without a name
    aliased: bool
    star: bool
    number: int  # in Select.outputs


class Shape:
    """A query's text, read once."""

    def __init__(self, text: str, tokens: Tokens, columns: Columns) -> None:
        self.text, self.tokens, self.columns = text, tokens, columns
        self.words = tokens.words
        self.places = Places(tokens, 0)

    @cached_property
    def facts(self) -> Facts:
        return facts_of(self.text)

    @cached_property
    def expressions(self) -> tuple[Queries, Types]:
        """The same text read for its expressions."""
        queries = Queries(self.tokens)
        queries.read()
        return queries, Types(queries, self.columns)

    @cached_property
    def outline(self) -> Outline:
        return outline_of(self.tokens)

    # -- places ----------------------------------------------------------------------------------------------

    def slice(self, first: int, last: int) -> str:
        """The text of the tokens *first* up to, not including, *last*."""
        return self.places.text(first, last)

    def replace(self, first: int, last: int, text: str) -> Change:
        """Put *text* where those tokens are."""
        return Change(self.tokens.starts[first], self.tokens.ends[last - 1], text)

    def before(self, index: int, text: str) -> Change:
        return Change(self.tokens.starts[index], self.tokens.starts[index], text)

    def after(self, index: int, text: str) -> Change:
        return Change(self.tokens.ends[index], self.tokens.ends[index], text)

    def drop(self, first: int, last: int) -> Change:
        return self.replace(first, last, "")

    def tokens_in(self, span: Span) -> tuple[int, int]:
        """The tokens of a range of characters that begins and ends with a token."""
        first = self.places.index_at(span)
        last = first
        while last < len(self.tokens) and self.tokens.starts[last] < span.end:
            last += 1
        return first, last

    def closing(self, index: int) -> int:
        return self.places.closing(index)

    def beside(self, first: int, last: int) -> Iterator[int]:
        """The tokens of a range that stand in no bracket of it."""
        at = first
        while at < last:
            yield at
            at = max(self.tokens.pairs.get(at, at), at) + 1

    def enclosing(self, index: int) -> int:
        """The innermost bracket around a token, or -1."""
        while index >= 0:
            index -= 1
            if index >= 0 and self.words[index] in (")", "]", "}"):
                index = self.tokens.pairs.get(index, index)
            elif index >= 0 and self.words[index] in ("(", "[", "{"):
                return index
        return -1

    # -- selects -----------------------------------------------------------------------------------------------

    @cached_property
    def blocks(self) -> dict[int, Block]:
        """By the token of their word SELECT."""
        return {b.select: b for b in self.outline.blocks if b.select >= 0}

    def selects(self) -> Iterator[tuple[Select, Block]]:
        """Every SELECT that the text spells out, with its clauses in tokens."""
        for select in self.facts.selects:
            block = self.blocks.get(self.places.index_at(select.keyword)) if select.keyword.end else None
            if block is not None:
                yield select, block

    def items(self, select: Select) -> list[Item]:
        """The items of a select list."""
        found: list[Item] = []
        for number, output in enumerate(select.outputs):
            if output.span.end <= output.span.start or (
                found and self.tokens.starts[found[-1].first] == output.span.start
            ):
                continue
            first, last = self.tokens_in(output.span)
            _, end = self.tokens_in(Span(output.span.start, output.expression.end))
            found.append(Item(first, last, end, output.name, output.aliased, output.star, number))
        return found

    def every_item(self, select: Select, block: Block) -> list[Item]:
        """The items of a select list that has to be known from end to end."""
        found = self.items(select)
        if not found or len(found) != len(
            list(self.places.between_commas(self.list_start(block), self.list_end(block)))
        ):
            raise Refused(
                "the columns of this select list cannot be told apart",
                why="the embedded engine has to be told each of them",
                fix="preview it with --place databricks",
            )
        return found

    def list_end(self, block: Block) -> int:
        return block.clauses["select"][1]

    def list_start(self, block: Block) -> int:
        """The first token of the select list."""
        first, last = block.clauses["select"]
        first += 1
        while first < last and self.words[first] in ("DISTINCT", "ALL") and first + 1 < last:
            first += 1
        return first

    # -- columns -----------------------------------------------------------------------------------------------

    def around(self, index: int) -> str:
        """The WITH clauses whose names can be used at the token *index*, as the beginning of a query; each but the
        outermost opens a bracket that `closed` closes."""
        openings = sorted(o for o, c in self.tokens.pairs.items() if o < index < c and self.words[o] == "(")
        found = []
        for first in [0, *(o + 1 for o in openings)]:
            if self.words[first] == "WITH" and (ctes := self._ctes_before(first, index)):
                found.append(ctes)
        return " SELECT * FROM (".join(found)

    def _ctes_before(self, first: int, index: int) -> str:
        """`WITH a AS (...), b AS (...)`: those of this WITH clause that end before *index*."""
        at = first + 1 + (self.words[first + 1] == "RECURSIVE")
        last = first
        while at < len(self.tokens) and self.tokens.types[at] in ("word", "name"):
            at += 1
            if self.words[at : at + 1] == ["("]:
                at = self.closing(at) + 1
            if self.words[at : at + 2] != ["AS", "("] or (close := self.closing(at + 1)) < 0 or close >= index:
                break
            last, at = close, close + 1
            if self.words[at : at + 1] != [","]:
                break
            at += 1
        return self.slice(first, last + 1) if last > first else ""

    def listed(self, select: Select, block: Block, star: str = "*") -> Listed | None:
        """The columns that *star* (`*`, `t.*`) shows in a SELECT, or None if some are not known."""
        if "from" not in block.clauses:
            return ()
        first, last = block.clauses["from"]
        return self.shown(f"SELECT {star} {self.slice(first, last)}", first)

    def shown(self, query: str, index: int) -> Listed | None:
        """The columns of a query that stands at the token *index*, or None if some are not known; a column that nobody
        named has an empty name."""
        prefix = self.around(index)
        text = f"{prefix} {query}{')' * prefix.count(' SELECT * FROM (WITH ')}"
        found = resolve(facts_of(text), self._schema)
        if found is None or not found.complete:
            return None
        columns = [(c.name if c.named else "", c.type) for c in found.columns]
        return columns if all(type_ for _, type_ in columns) else self._typed(text, columns)

    def _typed(self, text: str, columns: Listed) -> Listed:
        """The same columns, with the types that only their expressions tell."""
        queries = Queries(tokens_of(text))
        try:
            found = Types(queries, self.columns).of_query(queries.read()) or ()
        except RecursionError:
            return columns
        pairs = zip(columns, found, strict=False)
        if len(found) != len(columns) or any(a and a.lower() != b.lower() for (a, _), (b, _) in pairs):
            return columns
        return [(name, type_ or seen) for (name, type_), (_, seen) in zip(columns, found, strict=True)]

    def type_at(self, index: int) -> str:
        """The type of the expression that begins at a token; empty if it is not known."""
        try:
            queries, types = self.expressions
            node = queries.reader.expression(index)
            around = [s for s in queries.every if any(o.value.first <= index < o.value.last for o in s.outputs)]
            before = [s for s in queries.every if s.outputs and s.outputs[0].value.first < index]
            return types.of(node, (around or before)[-1]) if around or before else ""
        except (RecursionError, Unreadable):
            return ""

    def _schema(self, relation: Relation) -> Listed | None:
        if relation.function == "range":
            return [("id", "bigint")]
        found = self.columns(relation.name) if relation.name else None
        return found if found is None else [pair for pair in found if pair[0].lower() != HIDDEN]

    def hides(self, relation: Relation | None) -> bool:
        """Has this relation a column that no star shows?"""
        found = self.columns(relation.name) if relation is not None and relation.name else None
        return found is not None and any(name.lower() == HIDDEN for name, _ in found)


def quoted(name: str) -> str:
    """A name in back-ticks."""
    return "`" + name.replace("`", "``") + "`"


def ours(name: str) -> bool:
    """Is this a name that a rewrite made up?"""
    return name.startswith("__ldp_")
