from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.model import DatasetDef, Statement

_VIEWS = ("materialized view", "temporary view", "view")


@rule(
    code="LDP017",
    foresees=("_LEGACY_ERROR_TEMP_0035", "PARSE_SYNTAX_ERROR"),
    verified="Spark 4.3",
    bad=[
        bad("CREATE OR REFRESH MATERIALIZED VIEW m;", marks=("m",)),
        bad("create temporary view v comment 'later' -- as select 1\r\n;", marks=("v",)),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;"),
        good(
            "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.s);"
        ),
    ],
)
def mv_without_query(statement: Statement) -> Iterator[Finding]:
    """A view without a query.

    A view is its query: there is nothing else that could give it rows. Only a streaming table may stand alone, because
    flows fill it.
    """
    if not isinstance(statement, DatasetDef) or statement.language != "sql" or statement.kind not in _VIEWS:
        return
    if statement.query is not None or statement.flow is not None or "${" in statement.location.text:
        return
    yield Finding(
        statement.name.location,
        f"{statement.kind} {statement.name} has no query",
        why="a view is its query; only a streaming table can be filled by flows",
        fixes=(Fix("write AS SELECT … behind it, or make it a streaming table that flows fill"),),
    )
