"""What the statements of batch SQL say, in the values that pipeline SQL is read into."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ldp_magic.author.convert.merge import refusal
from ldp_magic.author.convert.model import Left
from ldp_magic.author.convert.parts import Part
from ldp_magic.sql import read
from ldp_magic.sql.columns import ColumnList, column_list
from ldp_magic.sql.cursor import Cursor, Unread, shortened
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Clause, DatasetDef, Kind, Name, Problem, Query, Setting, Statement, Unsupported
from ldp_magic.sql.statements import clause_at
from ldp_magic.text import Location

Form: TypeAlias = Literal["table", "view", "temporary view", "query"]
_QUERY_STARTS = {"SELECT", "WITH", "FROM", "VALUES", "TABLE", "("}
_PIPELINE_WORDS = {"STREAMING", "MATERIALIZED", "LIVE", "INCREMENTAL", "PRIVATE", "FLOW", "REFRESH"}
_KINDS: dict[Form, Kind] = {
    "table": "materialized view",
    "view": "view",
    "temporary view": "temporary view",
    "query": "materialized view",
}
# Clauses that a table of a pipeline does not take, and why nothing is lost without them.
_DROPPED = {
    "location": "a pipeline keeps its tables itself, so LOCATION is gone",
    "options": "a pipeline's tables have no OPTIONS",
    "using": "a pipeline's tables are Delta, so USING is gone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A statement that makes a dataset: CREATE TABLE or VIEW ... AS, or a query by itself."""

    form: Form
    part: Part
    definition: DatasetDef
    head: Location  # from CREATE to the name; empty for a query
    dropped: tuple[Clause, ...] = ()
    notes: tuple[str, ...] = ()
    as_missing: bool = False

    @property
    def query(self) -> Query | None:
        query = self.definition.query
        return query if isinstance(query, Query) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """`INSERT {INTO | OVERWRITE} [TABLE] name [BY NAME] [(columns)] query`"""

    part: Part
    name: Name
    query: Query
    overwrite: bool = False
    by_name: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """Pipeline SQL, and settings: they stay in the text as they are."""

    part: Part
    statement: Statement


@dataclass(frozen=True, slots=True)
class Refused:
    """What a pipeline cannot hold."""

    part: Part
    left: Left


Said: TypeAlias = Made | Insert | Kept | Refused


def said_by(part: Part) -> Said:
    """What a part's statement says."""
    if part.broken:
        return unread(part, "a quote or a comment in it is never closed")
    try:
        return _statement(part)
    except Unread as error:
        return unread(part, error.message)
    except RecursionError:
        return unread(part, "it is nested too deeply")


def unread(part: Part, why: str) -> Refused:
    """A statement that is left because it cannot be read."""
    return refused(part, why, "mend it, then convert it")


def refused(part: Part, why: str, fix: str = "") -> Refused:
    """A statement that is left, with the reason."""
    words = " ".join(part.tokens.get(i) for i in range(part.first, min(part.first + 3, part.last)))
    return Refused(
        part,
        Left(words=shortened(words) or "a statement", location=part.location, why=why, fix=fix, text=part.own_text),
    )


def _statement(part: Part) -> Said:
    c = part.cursor()
    word = c.word()
    if word == "CREATE":
        return _create(part, c)
    if word == "INSERT":
        return _insert(part, c)
    if word in _QUERY_STARTS:
        return _bare_query(part)
    return _other(part)


def _other(part: Part) -> Said:
    """Everything that the reader of pipeline SQL knows better."""
    script = read(part.location)
    if not script.statements:
        return unread(part, script.problems[0].message if script.problems else "it says nothing")
    statement = script.statements[0]
    if isinstance(statement, Unsupported):
        return Refused(part, refusal(part, statement))
    return Kept(part, statement)


def _bare_query(part: Part) -> Said:
    location = part.location
    query = Query(location.text, location)
    if query.facts.failure is not None:
        return unread(part, query.facts.failure.message)
    empty = Location(part.source, location.start, location.start)
    definition = DatasetDef(kind=_KINDS["query"], name=Name(("result",), empty), location=location, head=empty)
    return Made(form="query", part=part, definition=replace(definition, query=query), head=empty)


def _create(part: Part, c: Cursor) -> Said:
    """`CREATE [OR REPLACE] [EXTERNAL | TEMP] {TABLE | VIEW} [IF NOT EXISTS] name ...`"""
    c.expect("CREATE")
    modifiers: list[str] = []
    while not c.done and c.word() not in ("TABLE", "VIEW") and len(modifiers) < 5:
        modifiers.append(c.word())
        c.index += 1
    thing = c.word()
    if thing not in ("TABLE", "VIEW") or _PIPELINE_WORDS & set(modifiers) or "FUNCTION" in modifiers:
        return _other(part)
    if "GLOBAL" in modifiers:
        return refused(part, "a pipeline has no global views", "make it a view, and read it without global_temp")
    c.index += 1
    c.take("IF", "NOT", "EXISTS")
    temporary = bool({"TEMP", "TEMPORARY"} & set(modifiers))
    form: Form = ("temporary view" if temporary else "view") if thing == "VIEW" else "table"
    return _definition(part, c, form)


def _definition(part: Part, c: Cursor, form: Form) -> Said:
    head = c.between(part.first, c.index)
    name = c.name()
    listed, clauses, unknown = ColumnList(), list[Clause](), ""
    problems: list[Problem] = []
    query: Query | None = None
    as_missing = False
    while not c.done and query is None:
        if c.word() == "(" and listed.location is None and c.word(1) not in _QUERY_STARTS:
            listed = column_list(c, problems)
        elif c.word() in _QUERY_STARTS or (c.at("AS") and c.index + 1 < c.stop):
            as_missing = not c.take("AS")
            query = _rest(c)
        elif c.at("FLOW"):
            return _other(part)
        elif (clause := clause_at(c)) is not None:
            clauses.append(clause)
        else:
            unknown = unknown or shortened(c.text())
            c.skip()
    if unknown or problems:
        return refused(part, f"no pipeline statement holds {unknown or problems[0].message}", "take it out")
    streaming = query is not None and query.facts.streaming
    if form != "table" and (streaming or listed.expectations):
        return _other(part)
    if query is not None and query.facts.failure is not None:
        return unread(part, query.facts.failure.message)
    dropped = tuple(cl for cl in clauses if _is_dropped(cl, form))
    definition = DatasetDef(
        kind=_KINDS[form],
        name=name,
        location=part.location,
        head=head,
        columns=listed.columns,
        expectations=listed.expectations,
        columns_location=listed.location,
        constraints=listed.constraints,
        clauses=tuple(clauses),
        query=query,
    )
    notes = tuple(dict.fromkeys(_DROPPED[cl.name] for cl in dropped))
    return Made(
        form=form, part=part, definition=definition, head=head, dropped=dropped, notes=notes, as_missing=as_missing
    )


def _is_dropped(clause: Clause, form: Form) -> bool:
    if clause.name == "using":
        return str(clause.value).lower() != "delta"
    return form == "table" and clause.name in _DROPPED


def _rest(c: Cursor) -> Query:
    location = c.between(c.index, c.stop)
    c.index = c.stop
    return Query(location.text, location)


def _insert(part: Part, c: Cursor) -> Said:
    c.expect("INSERT")
    overwrite = c.take("OVERWRITE")
    if not overwrite and not c.take("INTO"):
        raise c.unread("expected INTO or OVERWRITE")
    c.take("TABLE")
    if c.at("DIRECTORY") or c.at("LOCAL", "DIRECTORY"):
        return refused(part, "a pipeline writes tables, not folders", "make it a table, and export that")
    name = c.name()
    if c.at("PARTITION") or c.at("REPLACE"):
        what = "REPLACE WHERE" if c.at("REPLACE") else "PARTITION"
        return refused(part, f"a pipeline computes a table as a whole, not a {what} of it", "select all of its rows")
    by_name = c.take("BY", "NAME")
    columns: tuple[str, ...] = ()
    if c.word() == "(" and c.word(1) not in _QUERY_STARTS:
        columns = c.parenthesised().list_of(lambda part_: str(part_.name()))
    if c.word() not in _QUERY_STARTS:
        raise c.unread("expected a query")
    query = _rest(c)
    if query.facts.failure is not None:
        return unread(part, query.facts.failure.message)
    return Insert(part=part, name=name, query=query, overwrite=overwrite, by_name=by_name, columns=columns)


def is_setting(said: Said) -> bool:
    return isinstance(said, Kept) and isinstance(said.statement, Setting)


def same_text(one: str, other: str) -> bool:
    """Are these the same tokens, whatever the blanks, the comments and the case?"""
    a, b = tokens_of(one), tokens_of(other)
    return len(a) == len(b) and all(a.get(i).lower() == b.get(i).lower() for i in range(len(a)))
