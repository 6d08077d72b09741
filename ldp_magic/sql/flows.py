"""Flows: INSERT flows, AUTO CDC and its old spelling APPLY CHANGES, written alone or inside a table's statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ldp_magic.sql.cursor import Cursor, Unread, shortened
from ldp_magic.sql.model import AutoCdc, Clause, FlowDef, Name, Problem, Query

_QUERY_STARTS = (("SELECT",), ("WITH",), ("FROM",), ("VALUES",), ("TABLE",))


def create_flow(c: Cursor, start: int, problems: list[Problem]) -> FlowDef:
    """`CREATE FLOW name [COMMENT text] AS {INSERT ... | AUTO CDC ... | APPLY CHANGES ...}`"""
    c.take("IF", "NOT", "EXISTS")
    name = c.name()
    clauses: list[Clause] = []
    while not (c.done or c.at("AS")):
        clauses.append(_flow_clause(c))
    c.expect("AS")
    if c.at("INSERT"):
        return _insert(c, start, name, clauses, problems)
    if c.take("AUTO", "CDC") or c.take("APPLY", "CHANGES"):
        return _cdc_flow(c, start, name, clauses, problems)
    raise c.unread("expected INSERT INTO or AUTO CDC INTO")


def apply_changes(c: Cursor, problems: list[Problem]) -> FlowDef:
    """`APPLY CHANGES INTO target FROM ...`: a flow that has its target's name"""
    start = c.expect("APPLY", "CHANGES")
    return _cdc_flow(c, start, None, [], problems)


def inline_flow(c: Cursor, target: Name, problems: list[Problem]) -> FlowDef:
    """`FLOW INSERT [ONCE] BY NAME query`, `FLOW AUTO CDC ...`, `FLOW REPLACE {WHERE | USING} ... BY NAME query`"""
    start = c.expect("FLOW")
    if c.take("AUTO", "CDC"):
        once = c.take("ONCE")
        cdc = _cdc(c, problems)
        return FlowDef(
            name=target, target=target, body=cdc.source, cdc=cdc, once=once, implicit=True, location=c.since(start)
        )
    if not (c.at("INSERT") or c.at("REPLACE")):
        raise c.unread("expected INSERT, AUTO CDC or REPLACE")
    c.take("INSERT")
    return _insert_body(c, start, target, target, [], c.take("ONCE"), True, problems)


def _flow_clause(c: Cursor) -> Clause:
    start = c.index
    if c.take("COMMENT"):
        first = c.index
        text = c.string()
        return Clause(name="comment", location=c.since(start), value=text, value_location=c.since(first))
    raise c.unread("expected COMMENT or AS")


# -- INSERT ---------------------------------------------------------------------------------------------


def _insert(c: Cursor, start: int, name: Name, clauses: list[Clause], problems: list[Problem]) -> FlowDef:
    """`INSERT [ONCE] {INTO | OVERWRITE} [TABLE] [ONCE] target [extras] [BY NAME] [REPLACE ...] query`

    Spark also takes `INSERT WITH SCHEMA EVOLUTION INTO`.
    """
    first = c.expect("INSERT")
    if c.at("WITH", "SCHEMA", "EVOLUTION"):
        clauses.append(_words(c, "schema evolution", 3))
    once_first = c.index if c.at("ONCE") else None
    once = c.take("ONCE")
    if c.at("OVERWRITE"):
        clauses.append(_words(c, "overwrite", 1))
        c.take("INTO")
    else:
        c.expect("INTO")
    c.take("TABLE")
    if c.at("ONCE") and c.type(1) in ("word", "name") and c.word(1) not in ("BY", "."):
        once_first, once = c.index, True
        c.index += 1
    if once_first is not None:
        clauses.append(Clause(name="once", location=c.between(once_first, once_first + 1), value=once))
    clauses.append(Clause(name="insert", location=c.since(first)))
    target = c.name()
    _extras(c, clauses)
    return _insert_body(c, start, name, target, clauses, once, False, problems)


def _words(c: Cursor, name: str, count: int) -> Clause:
    c.index += count
    return Clause(name=name, location=c.since(c.index - count))


def _extras(c: Cursor, clauses: list[Clause]) -> None:
    """What INSERT allows elsewhere and a flow does not: kept, so that it can be named."""
    while True:
        start = c.index
        if c.take("PARTITION"):
            c.parenthesised()
            clauses.append(Clause(name="partition", location=c.since(start)))
        elif c.at("(") and not c.sub(c.index + 1, c.stop).at_any(_QUERY_STARTS):
            inner = c.parenthesised()
            columns = inner.list_of(lambda part: str(part.name()))
            clauses.append(Clause(name="column list", location=c.since(start), value=columns))
        elif c.take("IF", "NOT", "EXISTS"):
            clauses.append(Clause(name="if not exists", location=c.since(start)))
        else:
            return


def _insert_body(
    c: Cursor,
    start: int,
    name: Name,
    target: Name,
    clauses: list[Clause],
    once: bool,
    implicit: bool,
    problems: list[Problem],
) -> FlowDef:
    """`[BY NAME] [REPLACE WHERE condition | REPLACE USING (..) SEQUENCE BY c] [BY NAME] query`"""
    by_name = _by_name(c, clauses)
    where, using = "", tuple[str, ...]()
    if c.at("REPLACE"):
        where, using = _replace(c, clauses)
        by_name = _by_name(c, clauses) or by_name
    if not (c.at("(") or c.at_any(_QUERY_STARTS)):
        raise c.unread("expected the flow's query")
    location = c.between(c.index, c.stop)
    c.index = c.stop
    query = Query(c.tokens.text[location.start - c.base : location.end - c.base], location)
    return FlowDef(
        name=name,
        target=target,
        body=query,
        location=c.since(start),
        once=once,
        by_name=by_name,
        implicit=implicit,
        replace_where=where,
        replace_using=using,
        clauses=tuple(clauses),
    )


def _by_name(c: Cursor, clauses: list[Clause]) -> bool:
    if not c.at("BY", "NAME"):
        return False
    clauses.append(_words(c, "by name", 2))
    return True


def _replace(c: Cursor, clauses: list[Clause]) -> tuple[str, tuple[str, ...]]:
    start = c.expect("REPLACE")
    if c.take("WHERE"):
        first = c.index
        c.skip_to(("BY", "NAME"), *_QUERY_STARTS)
        clauses.append(
            Clause(
                name="replace where", location=c.since(start), value=c.since(first).text, value_location=c.since(first)
            )
        )
        return c.since(first).text, ()
    c.expect("USING")
    first = c.index
    columns = c.parenthesised().list_of(lambda part: str(part.name()))
    clauses.append(Clause(name="replace using", location=c.since(start), value=columns, value_location=c.since(first)))
    if c.at("SEQUENCE", "BY"):
        begin = c.index
        c.index += 2
        first = c.index
        c.skip_to(("BY", "NAME"), *_QUERY_STARTS)
        clauses.append(
            Clause(
                name="sequence by", location=c.since(begin), value=c.since(first).text, value_location=c.since(first)
            )
        )
    return "", columns


# -- AUTO CDC -------------------------------------------------------------------------------------------


def _cdc_flow(c: Cursor, start: int, name: Name | None, clauses: list[Clause], problems: list[Problem]) -> FlowDef:
    """`[ONCE] INTO [ONCE] target FROM ...`"""
    once = c.take("ONCE")
    c.expect("INTO")
    c.take("TABLE")
    if c.at("ONCE") and c.word(1) not in ("FROM", "."):
        once = c.take("ONCE")
    target = c.name()
    cdc = _cdc(c, problems)
    return FlowDef(
        name=name or target,
        target=target,
        body=cdc.source,
        cdc=cdc,
        once=once,
        implicit=False,
        location=c.since(start),
        clauses=tuple(clauses),
    )


def _cdc(c: Cursor, problems: list[Problem]) -> AutoCdc:
    """`FROM source clause ...`, the clauses in any order"""
    c.expect("FROM")
    snapshot = c.take("SNAPSHOT") if c.word(1) == "(" else False
    first = c.index
    c.skip_to(*CDC_CLAUSES)
    location = c.since(first)
    if not location.text:
        raise c.unread("expected the source of the changes")
    source = Query(c.tokens.text[location.start - c.base : location.end - c.base], location)
    clauses: list[Clause] = []
    while not c.done:
        clauses.append(_cdc_clause(c, problems))
    return AutoCdc(source=source, from_snapshot=snapshot, clauses=tuple(clauses), **_said(clauses))


def _cdc_clause(c: Cursor, problems: list[Problem]) -> Clause:
    start = c.index
    phrase = c.at_any(CDC_CLAUSES)
    name, value = CDC_CLAUSES[phrase]
    c.index += len(phrase)
    first = c.index
    c.skip_to(*CDC_CLAUSES)
    inner = c.sub(first, c.index)
    held = value(inner)
    if not inner.done:
        unknown = inner.between(inner.index, inner.stop)
        problems.append(
            Problem(
                kind="unknown-clause",
                message=f"no clause of AUTO CDC is called {shortened(unknown.text)}",
                location=unknown,
                why="it is kept as it is; everything around it is read",
            )
        )
    return Clause(
        name=name, location=c.since(start), value=held, value_location=c.between(first, max(inner.index, first))
    )


def _names(c: Cursor) -> tuple[str, ...]:
    """`(a, b)` or, as the Databricks pages have it, `a, b`"""
    if c.word() == "(":
        return c.parenthesised().list_of(_one_name)
    names = [str(c.name())]
    while c.take(","):
        names.append(str(c.name()))
    return tuple(names)


def _one_name(c: Cursor) -> str:
    name = str(c.name())
    if not c.done:
        raise c.unread("expected a comma")
    return name


def _choice(c: Cursor) -> tuple[str, tuple[str, ...]]:
    """`a, b` or `*` or `* EXCEPT (a, b)`: which of the two, and the names"""
    if c.take("*"):
        if c.done:
            return "except", ()
        c.expect("EXCEPT")
        return "except", _names(c)
    return "only", _names(c)


def _ignore_nulls(c: Cursor) -> tuple[str, tuple[str, ...]]:
    return _choice(c) if c.take("ON") else ("all", ())


def _history(c: Cursor) -> tuple[str, tuple[str, ...]]:
    c.take("ON")
    return _choice(c)


def _whole(c: Cursor) -> str:
    location = c.between(c.index, c.stop)
    if not location.text:
        raise Unread("this clause holds nothing", max(c.index - 1, 0))
    c.index = c.stop
    return c.read(location)


def _stored(c: Cursor) -> str:
    """`SCD TYPE {1 | 2}` or `BITEMPORAL`"""
    if c.take("BITEMPORAL"):
        return "bitemporal"
    c.expect("SCD")
    c.take("TYPE")
    if c.done:
        raise c.unread("expected 1 or 2")
    c.index += 1
    return c.slice(c.index - 1, c.index).strip("'\"")


def _version(c: Cursor) -> str:
    inner = c.parenthesised()
    return inner.between(inner.index, inner.stop).text


CDC_CLAUSES: dict[tuple[str, ...], tuple[str, Callable[[Cursor], Any]]] = {
    ("KEYS",): ("keys", _names),
    ("IGNORE", "NULL", "UPDATES"): ("ignore null updates", _ignore_nulls),
    ("APPLY", "AS", "DELETE", "WHEN"): ("apply as delete when", _whole),
    ("APPLY", "AS", "TRUNCATE", "WHEN"): ("apply as truncate when", _whole),
    ("SEQUENCE", "BY"): ("sequence by", _whole),
    ("SYSTEM", "SEQUENCE", "BY"): ("system sequence by", _whole),
    ("COLUMNS", "TO", "UPDATE"): ("columns to update", _whole),
    ("COLUMNS",): ("columns", _choice),
    ("STORED", "AS"): ("stored as", _stored),
    ("TRACK", "HISTORY"): ("track history", _history),
    ("WITH", "VERSION"): ("with version", _version),
    ("WHERE",): ("where", _whole),
}


def _said(clauses: list[Clause]) -> dict[str, Any]:
    """The clauses as the fields of AutoCdc; of a clause that stands twice the first counts."""
    first: dict[str, Any] = {}
    for clause in clauses:
        first.setdefault(clause.name, clause.value)
    columns, history = first.get("columns", ("", None)), first.get("track history", ("", None))
    return {
        "keys": first.get("keys", ()),
        "sequence_by": first.get("sequence by", ""),
        "scd_type": first.get("stored as", "1"),
        "delete_when": first.get("apply as delete when", ""),
        "truncate_when": first.get("apply as truncate when", ""),
        "where": first.get("where", ""),
        "columns": columns[1] if columns[0] == "only" else None,
        "except_columns": columns[1] if columns[0] == "except" else None,
        "track_history": history[1] if history[0] == "only" else None,
        "track_history_except": history[1] if history[0] == "except" else None,
        "ignore_null_updates": "ignore null updates" in first,
    }
