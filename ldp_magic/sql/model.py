"""What pipeline code says, as plain values. Nothing here runs, prints or calls anything.

Statements carry the exact location of everything a user can point at. Facts about a query (`facts.py`)
are relative to the query's own text, so that equal texts share them; `Query.locate` brings them home.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from ldp_magic.text import Edit, Location, Span

if TYPE_CHECKING:
    from ldp_magic.sql.facts import Facts, Relation


@lru_cache(maxsize=1)
def _facts_of() -> Callable[[str], Facts]:
    from ldp_magic.sql.query import facts_of  # sqlglot loads with the first query, not with the model

    return facts_of


Kind: TypeAlias = Literal["streaming table", "materialized view", "temporary view", "view", "table", "sink"]
Action: TypeAlias = Literal["warn", "drop", "fail"]
Language: TypeAlias = Literal["sql", "python"]


@dataclass(frozen=True, slots=True)
class Name:
    """A name of one to three parts, without back-ticks; `${x}` stays in the parts as written."""

    parts: tuple[str, ...]
    location: Location

    def __str__(self) -> str:
        return ".".join(self.parts)

    @property
    def last(self) -> str:
        return self.parts[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause of a statement: what it is called, what it holds, where it stands.

    The value is a string, a tuple of strings, or pairs, whatever the clause is made of.
    """

    name: str
    location: Location
    value: object = None
    value_location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A declared column. `type` is the text as written, empty where the author left it out."""

    name: str
    type: str
    location: Location
    name_location: Location
    type_location: Location | None = None
    not_null: bool = False
    comment: str | None = None
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A data-quality rule of a dataset. `on_violation` is what happens to a row that breaks it."""

    name: str
    condition: str
    on_violation: Action
    location: Location
    name_location: Location
    condition_location: Location
    action_location: Location | None = None
    clause_location: Location | None = None  # ON VIOLATION with its action, in SQL
    parenthesised: bool = True  # the condition, as SQL wants it


@dataclass(frozen=True, slots=True)
class Query:
    """The text of a query, where it stands, and (on demand) the facts about it.

    `exact` is False where the text does not stand in the source as it is, such as a Python string
    with escapes or values put into it: then every location means the whole string.
    """

    text: str
    location: Location
    exact: bool = True

    @property
    def facts(self) -> Facts:
        return _facts_of()(self.text)

    def locate(self, span: Span) -> Location:
        return self.location.inside(span.start, span.end) if self.exact else self.location

    @property
    def reads(self) -> tuple[Relation, ...]:
        return self.facts.relations


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that only a run could tell: said, never guessed."""

    what: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The body of a Python query function: what it reads and how, and what could not be read."""

    location: Location
    reads: tuple[Relation, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    queries: tuple[Query, ...] = ()
    function: str = ""
    # what the chained DataFrame calls do: (method, location), in text order
    calls: tuple[tuple[str, Location], ...] = ()

    def locate(self, span: Span) -> Location:
        return Location(self.location.source, span.start, span.end)


Body: TypeAlias = Query | Code


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoCdc:
    """`AUTO CDC`, `APPLY CHANGES` and their Python forms: how change rows become a table."""

    source: Body
    keys: tuple[str, ...] = ()
    sequence_by: str = ""
    scd_type: str = "1"
    delete_when: str = ""
    truncate_when: str = ""
    where: str = ""
    columns: tuple[str, ...] | None = None
    except_columns: tuple[str, ...] | None = None
    track_history: tuple[str, ...] | None = None
    track_history_except: tuple[str, ...] | None = None
    ignore_null_updates: bool = False
    from_snapshot: bool = False
    clauses: tuple[Clause, ...] = ()

    def clause(self, name: str) -> Clause | None:
        return next((c for c in self.clauses if c.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDef:
    """What writes rows into a dataset. A dataset with a query has one flow of its own name."""

    name: Name
    target: Name
    body: Body | None
    location: Location
    language: Language = "sql"
    cdc: AutoCdc | None = None
    once: bool = False
    by_name: bool = True
    implicit: bool = False  # written inside the dataset's own statement
    replace_where: str = ""
    replace_using: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()
    # Python only: expectations on the flow's function, spark_conf and the like stand in the clauses

    def clause(self, name: str) -> Clause | None:
        return next((c for c in self.clauses if c.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDef:
    """One statement, or one decorated function, that makes a dataset."""

    kind: Kind
    name: Name
    location: Location
    head: Location  # the words from CREATE to TABLE or VIEW, or the decorator
    words: tuple[str, ...] = ()  # those words in upper case, such as CREATE OR REFRESH STREAMING LIVE TABLE
    language: Language = "sql"
    private: bool = False
    columns: tuple[Column, ...] = ()
    columns_location: Location | None = None  # the parentheses around columns and expectations
    expectations: tuple[Expectation, ...] = ()
    constraints: tuple[Clause, ...] = ()
    clauses: tuple[Clause, ...] = ()
    query: Body | None = None
    flow: FlowDef | None = None  # what fills it, if this statement says so

    def clause(self, name: str) -> Clause | None:
        return next((c for c in self.clauses if c.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """`SET key = value`, `SET CATALOG c`, `USE CATALOG c`, `USE [SCHEMA] s`."""

    kind: Literal["set", "catalog", "schema"]
    key: str
    value: str
    words: str
    location: Location
    value_location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """A statement that a pipeline cannot hold, such as INSERT or DROP, or a bare SELECT (with its query)."""

    words: str
    location: Location
    query: Query | None = None


Statement: TypeAlias = DatasetDef | FlowDef | Setting | Unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a text that could not be read as it stands; the rest of the text was."""

    kind: Literal["syntax", "unknown-clause", "missing-as", "missing-semicolon", "python", "shape", "too-deep"]
    message: str
    location: Location
    why: str = ""
    edits: tuple[Edit, ...] = ()  # the one repair that makes sense, if there is one


@dataclass(frozen=True, slots=True)
class Script:
    """What one source says, in text order."""

    statements: tuple[Statement, ...] = ()
    problems: tuple[Problem, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __add__(self, other: Script) -> Script:
        return Script(self.statements + other.statements, self.problems + other.problems, self.unknown + other.unknown)


Reader: TypeAlias = Callable[[Location], Script]
