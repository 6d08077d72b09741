from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ldp_magic.lint.edits import cased, removed
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Expectation
from ldp_magic.text import Edit

_TABLE = "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT id_set EXPECT (id IS NOT NULL){}) AS SELECT * FROM STREAM(main.raw.s);"
# What people write for an action that there is no word for: rows are kept and counted anyway.
_KEEP = {"WARN", "WARNING", "IGNORE", "RECORD", "LOG", "KEEP", "ALERT", "NOTHING", "CONTINUE", "COUNT"}
_ACTIONS = {
    **dict.fromkeys(("DROP", "DROPS", "DELETE", "DISCARD", "REMOVE", "SKIP"), "DROP ROW"),
    **dict.fromkeys(("FAIL", "FAILS", "STOP", "ABORT", "ERROR"), "FAIL UPDATE"),
}


@rule(
    code="LDP302",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="the grammar of the Databricks pages",
    bad=[
        bad(
            _TABLE.format(" ON VIOLATION DROP"),
            fixed=_TABLE.format(" ON VIOLATION DROP ROW"),
            safe=True,
            marks=("ON VIOLATION DROP",),
        ),
        bad(_TABLE.format(" on violation record"), fixed=_TABLE.format(""), safe=True),
        bad(
            _TABLE.format("\r\n  on violations fail pipeline -- stop\r\n"),
            fixed=_TABLE.format("\r\n  on violation fail update -- stop\r\n"),
            marks=("on violations fail pipeline",),
        ),
        bad(_TABLE.format(" ON VIOLATE DROP ROWS"), fixed=_TABLE.format(" ON VIOLATION DROP ROW")),
        bad(_TABLE.format(" FAIL UPDATE"), fixed=_TABLE.format(" ON VIOLATION FAIL UPDATE")),
        bad(_TABLE.format(" ON VIOLATION QUARANTINE ROW"), marks=("ON VIOLATION QUARANTINE ROW",)),
        bad(_TABLE.format(" ON VIOLATION"), marks=("ON VIOLATION",)),
    ],
    good=[
        good(_TABLE.format(" ON VIOLATION DROP ROW")),
        good(_TABLE.format(" on  violation -- all of it\r\n fail update")),
        good(_TABLE.format("")),
    ],
)
def on_violation_spelling(dataset: Dataset) -> Iterator[Finding]:
    """An ON VIOLATION that says neither DROP ROW nor FAIL UPDATE.

    There are these two actions and no third: a row that breaks the condition is dropped, or it stops the update. Without
    the clause it is kept and counted, so a word such as WARN or RECORD simply goes.
    """
    for expectation in dataset.expectations:
        clause = expectation.clause_location
        if clause is None:
            continue
        words = tuple(tokens_of(clause.text).words)
        if words not in (("ON", "VIOLATION", "DROP", "ROW"), ("ON", "VIOLATION", "FAIL", "UPDATE")):
            yield _finding(expectation, words)


def _finding(expectation: Expectation, words: tuple[str, ...]) -> Finding:
    clause = expectation.clause_location or expectation.location
    said = " ".join(clause.text.split())
    action = words[2] if words[:1] == ("ON",) and len(words) > 2 else "" if words[:1] == ("ON",) else words[0]
    return Finding(
        clause,
        f"{said} is no action of an expectation" if action else f"{said} names no action",
        why="rows that break an expectation are dropped (DROP ROW), stop the update (FAIL UPDATE), or are kept and counted",
        fixes=(_fix(expectation, action),),
    )


def _fix(expectation: Expectation, action: str) -> Fix:
    clause, reason = expectation.clause_location, "it could not run, and this is the only word it can mean"
    if clause is None or not action:
        return Fix("write DROP ROW or FAIL UPDATE behind it, or leave it out")
    if action in _KEEP:
        return Fix("leave it out: such rows are kept and counted", (removed(clause),), safe=True, reason=reason)
    near = _ACTIONS.get(action) or next((_ACTIONS[n] for n in get_close_matches(action, _ACTIONS, 1, 0.75)), "")
    if not near:
        return Fix("write DROP ROW or FAIL UPDATE, or leave it out")
    text = cased(f"ON VIOLATION {near}", clause)
    return Fix(f"write {text}", (Edit(clause, text),), safe=action in ("DROP", "FAIL"), reason=reason)
