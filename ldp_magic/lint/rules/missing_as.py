from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.model import Problem


@rule(
    code="LDP016",
    severity="warning",
    spark="error",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m SELECT 1 AS one;",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;",
            safe=True,
            marks=("SELECT",),
        ),
        bad(
            "create or refresh streaming table t comment 'x' with a as (select 1 as n from stream(s)) select n from a",
            fixed="create or refresh streaming table t comment 'x' as with a as (select 1 as n from stream(s)) select n from a",
        ),
    ],
    good=[good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;")],
)
def missing_as(problem: Problem) -> Iterator[Finding]:
    """AS is missing between a dataset's head and its query.

    Open-source Spark refuses the statement. Databricks pipelines are published with it, so there it is a warning, and the
    query is read as if AS stood there.
    """
    if problem.kind == "missing-as":
        fix = Fix("write AS", problem.edits, safe=True, reason="only one repair makes sense")
        yield Finding(problem.location, problem.message, why=problem.why, mark="the query begins here", fixes=(fix,))
