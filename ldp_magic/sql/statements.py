"""The statements of pipeline SQL: datasets, flows, settings. The grammar stands in the docstrings.

A clause that nobody has heard of is kept out of the values, reported with its span, and the rest is read.
"""

from __future__ import annotations

from collections.abc import Callable

from ldp_magic.sql import flows
from ldp_magic.sql.columns import ColumnList, column_list
from ldp_magic.sql.cursor import Cursor, Unread, shortened
from ldp_magic.sql.functions import names
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.model import (
    Clause,
    DatasetDef,
    FlowDef,
    Kind,
    Problem,
    Query,
    Script,
    Setting,
    Statement,
    Unsupported,
)
from ldp_magic.sql.split import statements_in
from ldp_magic.text import Edit, Location

Value = tuple[object, Location]

KINDS: tuple[tuple[frozenset[str], Kind], ...] = (  # the first whose words all stand in the head
    (frozenset({"LIVE", "VIEW"}), "temporary view"),
    (frozenset({"MATERIALIZED", "VIEW"}), "materialized view"),
    (frozenset({"TEMPORARY", "VIEW"}), "temporary view"),
    (frozenset({"TEMP", "VIEW"}), "temporary view"),
    (frozenset({"VIEW"}), "view"),
    (frozenset({"STREAMING", "TABLE"}), "streaming table"),
    (frozenset({"INCREMENTAL", "TABLE"}), "streaming table"),
    (frozenset({"LIVE", "TABLE"}), "materialized view"),
    (frozenset({"TABLE"}), "table"),
)
MODIFIERS = {"STREAMING", "MATERIALIZED", "LIVE", "INCREMENTAL", "TEMPORARY", "TEMP", "PRIVATE", "GLOBAL"}
_QUERY_STARTS = {"SELECT", "WITH", "FROM", "VALUES", "TABLE"}
STATEMENTS = names(
    """ADD ALTER ANALYZE BEGIN CACHE CALL CLEAR COMMENT CONVERT COPY CREATE DECLARE DELETE DENY DESC DESCRIBE DROP END
    EXECUTE EXPLAIN FSCK GET GRANT IF INSERT LIST LOAD LOCK MERGE MSCK OPTIMIZE PUT REFRESH REMOVE REORG REPAIR REPLACE
    RESET RESTORE REVOKE SHOW SIGNAL SYNC TRUNCATE UNCACHE UNDROP UNLOCK UPDATE VACUUM SET USE APPLY AUTO"""
)


def read(location: Location, text: str | None = None) -> Script:
    """The statements in *location*. *text*, if given, is as long as it and has blanks where there is no SQL."""
    tokens = tokens_of(location.text if text is None else text)
    found: list[Statement] = []
    problems = [_unclosed(tokens, location, index) for index in range(len(tokens.open))]
    for first, last, missing in statements_in(tokens):
        cursor = Cursor(tokens, first, last, location.source, location.start)
        if missing:
            problems.append(_missing_semicolon(cursor))
        try:
            found.append(_statement(cursor, problems))
        except Unread as error:
            problems.append(_unread(cursor, error))
        except RecursionError:
            problems.append(_too_deep(cursor, first, last))
    return Script(tuple(found), tuple(sorted(problems, key=lambda p: p.location.start)))


def _unclosed(tokens: Tokens, location: Location, index: int) -> Problem:
    span, what = tokens.open[index]
    quote = "*/" if what == "comment" else tokens.text[span.start]
    return Problem(
        kind="syntax",
        message=f"this {what} is never closed",
        location=location.inside(span.start, span.end),
        why=f"it needs a closing {quote}; without one everything after it belongs to it",
    )


def _missing_semicolon(cursor: Cursor) -> Problem:
    before = cursor.base + cursor.tokens.ends[cursor.index - 1]
    place = Location(cursor.source, before, before)
    return Problem(
        kind="missing-semicolon",
        message="a semicolon is missing before this statement",
        location=cursor.between(cursor.index, cursor.index + 1),
        why="Spark reads the two statements as one and refuses it",
        edits=(Edit(place, ";"),),
    )


def _unread(cursor: Cursor, error: Unread) -> Problem:
    at = min(error.index, cursor.stop - 1)
    return Problem(kind="syntax", message=error.message, location=cursor.between(at, at + 1), why=error.why)


def _too_deep(cursor: Cursor, first: int, last: int) -> Problem:
    return Problem(
        kind="too-deep",
        message="this statement is nested too deeply to be read",
        location=cursor.between(first, last),
    )


def _statement(c: Cursor, problems: list[Problem]) -> Statement:
    start = c.index
    word = c.word()
    if word == "CREATE":
        return _create(c, problems)
    if c.at("APPLY", "CHANGES"):
        return flows.apply_changes(c, problems)
    if word == "SET":
        return _set(c)
    if word == "USE":
        return _use(c)
    if word in _QUERY_STARTS or word == "(":
        return Unsupported(words="SELECT", location=c.between(start, c.stop), query=_query(c))
    if word in STATEMENTS:
        return _unsupported(c, start)
    known = sorted(STATEMENTS | _QUERY_STARTS)
    near = _nearest(word, known)
    raise c.unread(f"no statement begins like this{f' (did you mean {near}?)' if near else ''}")


def _nearest(word: str, known: list[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, known, 1, 0.7)), "") if word else ""


_TWO_WORDS = names("CREATE ALTER DROP REFRESH SHOW DESCRIBE EXPLAIN CACHE TRUNCATE EXECUTE AUTO")
_INTO = names("INSERT MERGE COPY")
_OBJECTS = names("TABLE VIEW FUNCTION SCHEMA DATABASE CATALOG VOLUME WIDGET SINK")


def _unsupported(c: Cursor, start: int) -> Unsupported:
    """A statement that a pipeline cannot hold, called by its first words: INSERT INTO, DROP TABLE, MERGE INTO."""
    words = [c.word()]
    c.index += 1
    most = 3 if words[0] in _TWO_WORDS else 2 if words[0] in _INTO and c.word() == "INTO" else 1
    while len(words) < most and c.type() == "word" and words[-1] not in _OBJECTS:
        words.append(c.word())
        c.index += 1
    return Unsupported(words=" ".join(words), location=c.between(start, c.stop))


# -- CREATE ---------------------------------------------------------------------------------------------


def _create(c: Cursor, problems: list[Problem]) -> Statement:
    """`CREATE [OR REFRESH | OR REPLACE] [modifier ...] {TABLE | VIEW} [IF NOT EXISTS] name ...`, `CREATE FLOW ...`"""
    start = c.index
    c.expect("CREATE")
    c.take("OR", "REFRESH") or c.take("OR", "REPLACE")
    while c.word() in MODIFIERS:
        c.index += 1
    if c.take("FLOW"):
        return flows.create_flow(c, start, problems)
    if not (c.take("TABLE") or c.take("VIEW")):
        _refuse_misspelt(c, start)
        c.index = start
        return _unsupported(c, start)
    words = tuple(c.tokens.words[start : c.index])
    kind = next(kind for needed, kind in KINDS if needed <= set(words))
    head = c.since(start)
    if kind == "table" and not _has_flow(c):
        c.index = start
        return _unsupported(c, start)
    if c.take("IF", "NOT", "EXISTS"):
        words += ("IF", "NOT", "EXISTS")
    return _dataset(c, start, kind, words, head, problems)


def _refuse_misspelt(c: Cursor, start: int) -> None:
    """`CREATE STREAMING TABEL`, `CREATE OR REFRESH t`: no other statement, but a dataset with a word that is wrong."""
    word, said = c.word(), set(c.tokens.words[start : c.index])
    if word in _OBJECTS:
        return
    why = "a pipeline creates STREAMING TABLE, MATERIALIZED VIEW, VIEW, TEMPORARY VIEW and FLOW"
    if near := _nearest(word, ["TABLE", "VIEW", "FLOW", *sorted(MODIFIERS)]):
        raise Unread(f"nothing is called {shortened(c.text())} here; {near} is", c.index, why)
    if said & {"REFRESH", "STREAMING", "MATERIALIZED", "LIVE"}:
        raise c.unread("TABLE is missing" if "STREAMING" in said else "TABLE or VIEW is missing", why)


def _has_flow(c: Cursor) -> bool:
    ahead = c.sub(c.index, c.stop)
    ahead.skip_to(("FLOW", "INSERT"), ("FLOW", "AUTO"), ("FLOW", "REPLACE"), ("AS",))
    return ahead.word() == "FLOW"


def _dataset(
    c: Cursor, start: int, kind: Kind, words: tuple[str, ...], head: Location, problems: list[Problem]
) -> DatasetDef:
    name = c.name()
    listed = ColumnList()
    clauses: list[Clause] = []
    query: Query | None = None
    flow: FlowDef | None = None
    while not c.done and query is None and flow is None:
        if c.word() == "(" and listed.location is None and c.word(1) not in _QUERY_STARTS:
            listed = column_list(c, problems)
        elif c.at("AS") and c.index + 1 < c.stop:
            c.index += 1
            query = _query(c)
        elif c.at("FLOW"):
            flow = flows.inline_flow(c, name, problems)
        elif kind != "view" and c.at_any(CLAUSES)[:2] == ("WITH", "SCHEMA"):
            problems.append(_unknown_clause(c))
        elif (clause := clause_at(c)) is not None:
            clauses.append(clause)
        elif c.word() in _QUERY_STARTS or (c.word() == "(" and c.word(1) in _QUERY_STARTS):
            problems.append(_missing_as(c))
            query = _query(c)
        else:
            problems.append(_unknown_clause(c))
    location = c.between(start, c.stop)
    if query is not None and kind in ("streaming table", "table"):
        flow = FlowDef(name=name, target=name, body=query, location=query.location, implicit=True)
    return DatasetDef(
        kind=kind,
        name=name,
        location=location,
        head=head,
        words=words,
        private="PRIVATE" in words or (kind != "temporary view" and bool({"TEMPORARY", "TEMP"} & set(words))),
        columns=listed.columns,
        columns_location=listed.location,
        expectations=listed.expectations,
        constraints=listed.constraints,
        clauses=tuple(clauses),
        query=query if query is not None else (flow.body if flow is not None else None),
        flow=flow,
    )


def _query(c: Cursor) -> Query:
    """All that is left of the statement."""
    location = c.between(c.index, c.stop)
    c.index = c.stop
    return Query(c.tokens.text[location.start - c.base : location.end - c.base], location)


def _missing_as(c: Cursor) -> Problem:
    here = c.here()
    as_ = "as " if head_is_lower(c) else "AS "
    return Problem(
        kind="missing-as",
        message=f"AS is missing before {c.text()}",
        location=here,
        why="the query of a dataset follows AS; Spark refuses it without",
        edits=(Edit(Location(c.source, here.start, here.start), as_),),
    )


def head_is_lower(c: Cursor) -> bool:
    """Does the author write keywords in lower case?"""
    return c.text().islower()


def _unknown_clause(c: Cursor) -> Problem:
    start = c.index
    c.skip()
    while not (c.done or c.at("AS") or c.at("FLOW") or c.word() in _QUERY_STARTS or c.at_any(CLAUSES)):
        c.skip()
    location = c.since(start)
    near = _clause_like(*c.tokens.words[start : start + 2])
    if c.tokens.words[start] == "CONSTRAINT":
        return Problem(
            kind="syntax",
            message=f"{shortened(location.text)} stands outside the parentheses",
            location=location,
            why="expectations and keys stand behind the name of the table: name (CONSTRAINT …, CONSTRAINT …) AS …",
        )
    return Problem(
        kind="unknown-clause",
        message=f"no clause is called {shortened(location.text)}" + (f"; {near} is" if near else ""),
        location=location,
        why="it is kept as it is; everything around it is read",
    )


def _clause_like(first: str, second: str = "") -> str:
    """The clause that is written nearly so."""
    phrases = [" ".join(phrase) for phrase in CLAUSES]
    return _nearest(f"{first} {second}".strip(), phrases) or _nearest(first, phrases)


# -- clauses of a dataset -------------------------------------------------------------------------------


def clause_at(c: Cursor) -> Clause | None:
    """The clause that begins here, if it is one that a dataset may have."""
    phrase = c.at_any(CLAUSES)
    if not phrase or (phrase == ("WITH",)):
        return None
    start = c.index
    name, value = CLAUSES[phrase]
    c.index += len(phrase)
    first = c.index
    held = value(c)
    return Clause(name=name, location=c.since(start), value=held, value_location=c.since(first))


def _word(c: Cursor) -> str:
    if c.done:
        raise c.unread("expected a word")
    c.index += 1
    return c.slice(c.index - 1, c.index)


def _columns(c: Cursor) -> tuple[str, ...]:
    """`(a, b.c, days(d))`, each as written, without back-ticks where it is a name"""
    if c.word() != "(":
        return (str(c.name()),)
    return c.parenthesised().list_of(_column)


def _column(c: Cursor) -> str:
    whole = c.sub(c.index, c.stop)
    try:
        name = whole.name()
    except Unread:
        return c.between(c.index, c.stop).text
    return str(name) if whole.done else c.between(c.index, c.stop).text


def _cluster(c: Cursor) -> tuple[str, ...]:
    """`{(a, b) | AUTO | NONE}`"""
    if c.word() in ("AUTO", "NONE"):
        return (_word(c).upper(),)
    return _columns(c)


def _properties(c: Cursor) -> tuple[tuple[str, str], ...]:
    """`(key [=] value, ...)`"""
    return c.parenthesised().list_of(_property)


def _property(c: Cursor) -> tuple[str, str]:
    key = c.string(most=1) if c.type() == "string" else str(c.name())
    c.take("=") or c.take("=>") or c.take("==")
    if c.done:
        return key, ""
    value = c.string() if c.type() == "string" else c.between(c.index, c.stop).text
    return key, value


def _row_filter(c: Cursor) -> tuple[str, ...]:
    """`function ON (a, ...)`: the function, then the columns"""
    function = str(c.name())
    if not c.take("ON"):
        c.expect("USING")
        c.take("COLUMNS")
    return (function, *_columns(c))


def _said_already(c: Cursor) -> None:
    """A clause that is nothing but its words"""


def _schedule(c: Cursor) -> str:
    """`[REFRESH] {EVERY n unit | CRON 'quartz' [AT TIME ZONE 'zone']}`"""
    first = c.index
    c.take("REFRESH")
    if c.take("CRON"):
        c.string()
        if c.take("AT", "TIME", "ZONE"):
            c.take("LOCAL") or c.string()
    elif c.take("EVERY"):
        _word(c)
        _word(c)
    else:
        raise c.unread("expected EVERY or CRON")
    return c.since(first).text


def _every(c: Cursor) -> str:
    """`n unit`"""
    first = c.index
    _word(c)
    _word(c)
    return c.since(first).text


def _trigger(c: Cursor) -> str:
    """`[AT MOST EVERY interval]`"""
    first = c.index
    if c.take("AT", "MOST", "EVERY"):
        c.take("INTERVAL")
        while not (c.done or c.at("AS") or c.at("FLOW") or c.at_any(CLAUSES)):
            c.skip()
    return c.since(first).text


def _policy(c: Cursor) -> str:
    """`{AUTO | INCREMENTAL [STRICT] | FULL}`"""
    policy = _word(c).upper()
    return "INCREMENTAL STRICT" if policy == "INCREMENTAL" and c.take("STRICT") else policy


def _string(c: Cursor) -> str:
    c.take("=")
    return c.string()


CLAUSES: dict[tuple[str, ...], tuple[str, Callable[[Cursor], object]]] = {
    ("USING",): ("using", _word),
    ("PARTITIONED", "BY"): ("partitioned by", _columns),
    ("CLUSTER", "BY"): ("cluster by", _cluster),
    ("LOCATION",): ("location", _string),
    ("COMMENT",): ("comment", _string),
    ("TBLPROPERTIES",): ("tblproperties", _properties),
    ("OPTIONS",): ("options", _properties),
    ("WITH", "ROW", "FILTER"): ("row filter", _row_filter),
    ("ROW", "FILTER"): ("row filter", _row_filter),
    ("WITH", "SCHEMA", "BINDING"): ("schema binding", _said_already),
    ("WITH", "SCHEMA", "COMPENSATION"): ("schema binding", _said_already),
    ("WITH", "SCHEMA", "EVOLUTION"): ("schema binding", _said_already),
    ("WITH", "SCHEMA", "TYPE", "EVOLUTION"): ("schema binding", _said_already),
    ("DEFAULT", "COLLATION"): ("default collation", _word),
    ("SCHEDULE",): ("schedule", _schedule),
    ("REFRESH", "EVERY"): ("schedule", _every),
    ("REFRESH", "POLICY"): ("refresh policy", _policy),
    ("TRIGGER", "ON", "UPDATE"): ("trigger on update", _trigger),
}


# -- settings -------------------------------------------------------------------------------------------


def _set(c: Cursor) -> Statement:
    """`SET key = value`, `SET CATALOG name`"""
    start = c.index
    c.expect("SET")
    if c.at("CATALOG") and c.word(1) != "=":
        c.index += 1
        return _setting(c, start, "catalog")
    first = c.index
    while not c.done and c.word() != "=":
        c.index += 1
    key = c.since(first).text
    if c.done or not key or c.tokens.words[first] in ("VAR", "VARIABLE", "TIME"):
        words = (
            "SET " + c.tokens.words[first]
            if c.tokens.words[first : first + 1] in (["VAR"], ["VARIABLE"], ["TIME"])
            else "SET"
        )
        return Unsupported(words=words, location=c.between(start, c.stop))
    c.expect("=")
    value = c.between(c.index, c.stop)
    c.index = c.stop
    return Setting(
        kind="set",
        key=key.strip("`"),
        value=_unquoted_value(value.text),
        words="SET",
        location=c.since(start),
        value_location=value,
    )


def _unquoted_value(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _use(c: Cursor) -> Statement:
    """`USE CATALOG name`, `USE [SCHEMA | DATABASE | NAMESPACE] name`"""
    start = c.index
    c.expect("USE")
    if c.at("CATALOG") and c.type(1):
        c.index += 1
        return _setting(c, start, "catalog")
    if c.word() in ("SCHEMA", "DATABASE", "NAMESPACE") and c.type(1):
        c.index += 1
    return _setting(c, start, "schema")


def _setting(c: Cursor, start: int, kind: str) -> Setting:
    words = " ".join(c.tokens.words[start : c.index])
    value = c.string() if c.type() == "string" else ""
    name = None if value else c.name()
    if not c.done:
        raise c.unread("expected the end of the statement")
    return Setting(
        kind="catalog" if kind == "catalog" else "schema",
        key=kind,
        value=value or str(name),
        words=words,
        location=c.since(start),
        value_location=name.location if name else c.between(c.stop - 1, c.stop),
    )
