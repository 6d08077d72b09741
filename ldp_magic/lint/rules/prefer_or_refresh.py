from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import DatasetDef, Statement
from ldp_magic.text import Edit

_OTHERS = {
    "OR",
    "IF",
    "LIVE",
    "INCREMENTAL",
    "TEMPORARY",
    "TEMP",
}  # said already, or older spellings with rules of their own


@rule(
    code="LDP005",
    severity="info",
    spark="never",
    verified="vendor's advice for agents; both forms run",
    bad=[
        bad(
            "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;",
            safe=True,
            marks=("CREATE MATERIALIZED VIEW",),
        ),
        bad(
            "-- all of them\r\ncreate  private streaming table t;",
            fixed="-- all of them\r\ncreate or refresh  private streaming table t;",
            marks=("create  private streaming table",),
        ),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;"),
        good("CREATE STREAMING TABLE IF NOT EXISTS t AS SELECT * FROM STREAM(main.raw.s);"),
        good("CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;", target="spark-4.3"),
    ],
)
def prefer_or_refresh(statement: Statement) -> Iterator[Finding]:
    """A table of the pipeline without OR REFRESH.

    Both forms do the same in a pipeline. OR REFRESH says what an update does (it refreshes, it never makes the table anew),
    and the same text then also runs as a statement by itself.
    """
    if not isinstance(statement, DatasetDef) or statement.language != "sql":
        return
    if statement.kind not in ("streaming table", "materialized view") or _OTHERS & set(statement.words):
        return
    at = tokens_of(statement.head.text).ends[0]
    edit = Edit(statement.head.inside(at, at), " " + cased("OR REFRESH", statement.head))
    yield Finding(
        statement.head,
        f"{statement.name} is created without OR REFRESH",
        why="an update refreshes its tables; the usual spelling says so",
        fixes=(Fix("write OR REFRESH", (edit,), safe=True, reason="means the same"),),
    )
