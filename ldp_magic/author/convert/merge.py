"""Why a statement cannot be part of a pipeline, and what to write instead."""

from __future__ import annotations

from ldp_magic.author.convert.model import Left
from ldp_magic.author.convert.parts import Part
from ldp_magic.sql.cursor import Cursor, Unread, shortened
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Query, Unsupported

_MAINTENANCE = ("a pipeline looks after its tables itself", "leave it out, or run it as a task of its own")
_WRITES = ("rows of a pipeline's tables come from queries alone", "put the change into the query that makes the rows")
_REASONS = {
    "UPDATE": _WRITES,
    "DELETE": ("rows of a pipeline's tables come from queries alone", "filter the rows in the query that makes them"),
    "TRUNCATE": ("rows of a pipeline's tables come from queries alone", "a full refresh computes a table anew"),
    "COPY": ("a pipeline loads files with a streaming table", "select from STREAM read_files('path', format => '...')"),
    "DROP": ("a pipeline drops what it no longer defines, and replaces the rest itself", "leave it out"),
    "ALTER": ("a pipeline's tables are what their statements say", "write the change into the statement itself"),
    "GRANT": ("rights are not part of a pipeline's code", "run it once, outside"),
    "REVOKE": ("rights are not part of a pipeline's code", "run it once, outside"),
    "BEGIN": ("a script runs step by step; a pipeline says what its tables are", "make one query of what it computes"),
    "DECLARE": ("a pipeline has no variables", "use a parameter: ${name}"),
    "CREATE": ("a pipeline defines tables and views alone", "run it once, outside"),
    **dict.fromkeys(("OPTIMIZE", "VACUUM", "ANALYZE", "REFRESH", "CACHE", "UNCACHE", "MSCK", "REORG"), _MAINTENANCE),
}


def refusal(part: Part, statement: Unsupported) -> Left:
    """Why this statement is left."""
    word = statement.words.split(" ", 1)[0]
    why, fix = _REASONS.get(word, ("a pipeline cannot hold it", "run it outside of the pipeline"))
    if word == "MERGE":
        why, fix = "rows change only through AUTO CDC", _auto_cdc(part.cursor())
    return Left(words=statement.words, location=part.location, why=why, fix=fix, text=part.own_text)


def changed_by(left: Left) -> str:
    """The table whose rows a left statement changes, in lower case; empty if it changes none."""
    tokens = tokens_of(left.location.text)
    c = Cursor(tokens, 0, len(tokens), left.location.source, left.location.start)
    known = c.take("UPDATE") or c.take("DELETE", "FROM") or c.take("MERGE", "INTO") or c.take("TRUNCATE", "TABLE")
    try:
        return str(c.name()).lower() if known else ""
    except Unread:
        return ""


def _auto_cdc(c: Cursor) -> str:
    """The flow that does what a MERGE does, as far as its text tells."""
    try:
        c.expect("MERGE")
        c.take("INTO")
        target = c.name()
        own = _alias(c) or target.last
        c.expect("USING")
        source, other = _source(c)
        first = c.expect("ON")
        c.skip_to(("WHEN",))
        condition = c.between(first + 1, c.index).text
    except Unread:
        return "write a flow: AUTO CDC INTO target FROM STREAM(changes) KEYS (...) SEQUENCE BY ..."
    keys = ", ".join(_keys(own, other, condition)) or "..."
    deletes = _deletes(c)
    return (
        f"CREATE OR REFRESH STREAMING TABLE {target.location.text}; "
        f"CREATE FLOW {target.last}_changes AS AUTO CDC INTO {target.location.text} FROM {source} KEYS ({keys})"
        f"{f' APPLY AS DELETE WHEN {deletes}' if deletes else ''}"
        " SEQUENCE BY <the column that orders the changes>"
    )


def _alias(c: Cursor) -> str:
    if c.take("AS") or (c.type() in ("word", "name") and c.word() not in ("USING", "ON")):
        return str(c.name())
    return ""


def _source(c: Cursor) -> tuple[str, str]:
    """What is read, as the source of a flow, and the name that the condition gives it."""
    if c.word() == "(":
        c.parenthesised()
        return "STREAM(<a streaming table with the query of its USING>)", _alias(c)
    name = c.name()
    return f"STREAM({name.location.text})", _alias(c) or name.last


def _keys(own: str, other: str, condition: str) -> list[str]:
    from ldp_magic.sql.query import facts_of

    joins = [
        j for s in facts_of(f"SELECT * FROM {own} JOIN {other or 'source'} ON {condition}").selects for j in s.joins
    ]
    pairs = [pair for join in joins for pair in join.equalities if pair[0].name.lower() == pair[1].name.lower()]
    return list(dict.fromkeys(left.name for left, _ in sorted(pairs, key=lambda pair: pair[0].span)))


def _deletes(c: Cursor) -> str:
    """The condition of `WHEN MATCHED AND condition THEN DELETE`, without the source's alias."""
    while not c.done:
        c.skip_to(("WHEN", "MATCHED", "AND"))
        if c.done:
            return ""
        c.index += 3
        first = c.index
        c.skip_to(("THEN",))
        condition = c.between(first, c.index)
        if c.at("THEN", "DELETE"):
            return shortened(_unqualified(Query(condition.text, condition).text), 80)
    return ""


def _unqualified(condition: str) -> str:
    from ldp_magic.sql.query import expression_facts

    text = condition
    for select in expression_facts(condition).selects:
        for column in sorted(select.columns, key=lambda col: -col.span.start):
            text = text[: column.span.start] + column.name + text[column.span.end :]
    return text
