from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import FlowDef, Statement
from ldp_magic.text import Edit

_TABLE = "CREATE OR REFRESH STREAMING TABLE t;\n"


@rule(
    code="LDP021",
    severity="info",
    spark="never",
    verified="two editions of the Databricks page; whether the older spelling is still read was not tried",
    bad=[
        bad(
            _TABLE + "CREATE FLOW f AS INSERT INTO ONCE t BY NAME SELECT * FROM main.archive.t;",
            fixed=_TABLE + "CREATE FLOW f AS INSERT ONCE INTO t BY NAME SELECT * FROM main.archive.t;",
            safe=False,
            marks=("ONCE",),
        ),
        bad(
            _TABLE + "create flow f as insert into /* for */ once t by name select * from main.archive.t;",
            fixed=_TABLE + "create flow f as insert once into /* for */ t by name select * from main.archive.t;",
        ),
    ],
    good=[
        good(_TABLE + "CREATE FLOW f AS INSERT ONCE INTO t BY NAME SELECT * FROM main.archive.t;"),
        good(
            "CREATE OR REFRESH STREAMING TABLE once;\nCREATE FLOW f AS INSERT INTO once BY NAME SELECT * FROM STREAM(main.raw.s);"
        ),
    ],
)
def once_position(statement: Statement) -> Iterator[Finding]:
    """ONCE behind INTO, where older editions of the manual had it.

    The page of today has `INSERT ONCE INTO`. Both mean a flow that runs one time, and again after a full refresh.
    """
    if not isinstance(statement, FlowDef) or statement.language != "sql":
        return
    once, insert = statement.clause("once"), statement.clause("insert")
    if once is None or insert is None or once.location.end != insert.location.end:
        return
    word, text = once.location, once.location.source.text
    after = word.end
    while text[after : after + 1] in (" ", "\t"):
        after += 1
    first = tokens_of(insert.location.text).ends[0]
    edits = (Edit(word.source.at(word.start, after), ""), Edit(insert.location.inside(first, first), f" {word.text}"))
    yield Finding(
        word,
        "ONCE stands behind INTO",
        why="the manual of today has INSERT ONCE INTO; this is its older spelling",
        fixes=(Fix("write it before INTO", edits, reason="the newer spelling needs a newer runtime"),),
    )
