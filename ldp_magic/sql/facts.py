"""Facts about a query, computed once from its text. Spans are relative to that text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ldp_magic.text import Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """`WATERMARK column DELAY OF interval`"""

    expression: str
    column: str  # the alias where there is one, else the column itself
    delay: str
    span: Span
    aliased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Something a query reads: a name, a table function, or a path such as json.`/data`.

    `span` is the operand that STREAM would wrap, `whole` adds STREAM, options and watermark.
    """

    name: tuple[str, ...] = ()
    function: str = ""  # lower case; the name is then empty
    path: str = ""  # a literal path, from the first argument or from format.`path`
    format: str = ""
    span: Span = NOWHERE
    whole: Span = NOWHERE
    streaming: bool = False
    stream_span: Span | None = None  # the word STREAM
    parenthesised: bool = False  # STREAM(x) rather than STREAM x
    alias: str = ""
    arguments: tuple[tuple[str, str], ...] = ()  # (name or "", literal value or text)
    options: tuple[tuple[str, str], ...] = ()  # WITH (...), and .option(...) in Python
    watermark: Watermark | None = None

    @property
    def label(self) -> str:
        """The relation as a person names it."""
        if self.function:
            return f"{self.function}({self.path})" if self.path else f"{self.function}(…)"
        return f"{self.format}.`{self.path}`" if self.format else ".".join(self.name)

    def option(self, name: str) -> str | None:
        """An option's value; names do not care about case, and a Databricks option may omit `= true`."""
        low = name.lower()
        return next((v for k, v in (*self.options, *self.arguments) if k.lower() == low), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRef:
    """A column as written: qualifier parts and name."""

    parts: tuple[str, ...]
    span: Span

    @property
    def name(self) -> str:
        return self.parts[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function call, named as written but in lower case. `over` is the span of its OVER clause."""

    name: str
    span: Span
    arguments: tuple[Span, ...] = ()
    clause: str = ""  # the clause it stands in: select, where, group, having, qualify, order, join
    aggregate: bool = False
    distinct: bool = False
    over: Span | None = None
    partitioned: bool = False  # the OVER clause has a PARTITION BY
    columns: tuple[ColumnRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One item of a select list."""

    name: str  # what the column is called; empty for a star or an unnamed expression
    span: Span
    expression: Span  # without AS alias
    aliased: bool = False
    star: bool = False
    plain: bool = False  # nothing but a column
    columns: tuple[ColumnRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One item of a FROM clause: a relation, or a query in parentheses, or the name of a CTE."""

    alias: str
    relation: Relation | None = None
    query: Node | None = None
    cte: str = ""
    lateral: bool = False
    watermark: Watermark | None = None  # of a query in parentheses; a relation holds its own
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`left < right` (or `<=`), by the columns of its sides; BETWEEN is two of them."""

    left: tuple[ColumnRef, ...]
    right: tuple[ColumnRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """`kind` is inner, cross, left, right, full, left semi, left anti, right semi or right anti."""

    kind: str
    right: Input
    span: Span  # the words, such as LEFT JOIN; for a comma, the comma
    condition: Span | None = None
    using: tuple[str, ...] = ()
    natural: bool = False
    columns: tuple[ColumnRef, ...] = ()
    equalities: tuple[tuple[ColumnRef, ColumnRef], ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    comma: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """One SELECT, its own clauses only; queries inside it are in `inputs` and `subqueries`."""

    span: Span
    keyword: Span = NOWHERE  # the word SELECT
    inputs: tuple[Input, ...] = ()
    joins: tuple[Join, ...] = ()
    outputs: tuple[Output, ...] = ()
    clauses: dict[str, Span] = field(default_factory=dict)  # where, group by, order by, limit, ... keyword included
    group_keys: tuple[Span, ...] = ()
    group_columns: tuple[ColumnRef, ...] = ()
    calls: tuple[Call, ...] = ()
    subqueries: tuple[Node, ...] = ()
    columns: tuple[ColumnRef, ...] = ()
    distinct: Span | None = None

    @property
    def aggregates(self) -> tuple[Call, ...]:
        return tuple(c for c in self.calls if c.aggregate and c.over is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOperation:
    """`kind` is union, union all, intersect, intersect all, except or except all."""

    kind: str
    left: Node
    right: Node
    span: Span  # the words
    clauses: dict[str, Span] = field(default_factory=dict)  # ORDER BY, LIMIT of the whole


Node: TypeAlias = Select | SetOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class Cte:
    name: str
    query: Node
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a query could not be read, and where."""

    message: str
    span: Span
    kind: str = "syntax"  # or too-deep
    why: str = ""  # or how to go on


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """Everything known about one query text. Equal texts share one of these."""

    text: str
    root: Node | None = None
    ctes: tuple[Cte, ...] = ()
    relations: tuple[Relation, ...] = ()  # every relation read anywhere in it, in text order
    selects: tuple[Select, ...] = ()
    set_operations: tuple[SetOperation, ...] = ()
    parameters: tuple[tuple[str, Span], ...] = ()  # ${x} and :x
    pipes: bool = False  # FROM t |> ...
    misplaced_watermarks: tuple[Watermark, ...] = ()  # behind an alias, where Spark does not take them
    streams_over_queries: tuple[Span, ...] = ()  # STREAM(SELECT ...)
    failure: Failure | None = None
    tree: Any = None  # sqlglot's; for this room only
    lead: int = 0  # its positions are this far ahead of the text's

    @property
    def streaming(self) -> bool:
        return any(r.streaming for r in self.relations)
