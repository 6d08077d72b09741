from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import DatasetDef, Statement
from ldp_magic.text import Edit


@rule(
    code="LDP003",
    foresees=("STREAMING_TABLE_OPERATION_NOT_ALLOWED.CREATE_OR_REPLACE", "PARSE_SYNTAX_ERROR"),
    verified="Spark 4.3; Databricks documentation",
    bad=[
        bad(
            "CREATE OR REPLACE STREAMING TABLE t AS SELECT * FROM STREAM(s);",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(s);",
            safe=True,
            marks=("REPLACE",),
        ),
        bad(
            "create or replace materialized view m as select 1 as one;",
            target="spark-4.3",
            fixed="create materialized view m as select 1 as one;",
        ),
    ],
    good=[
        good("CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(s);"),
        good(
            "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1 AS one; CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT * FROM v;"
        ),
    ],
)
def create_or_replace_dataset(statement: Statement, context: Context) -> Iterator[Finding]:
    """CREATE OR REPLACE on a streaming table or a materialized view.

    A pipeline never replaces its tables: it refreshes them. For a streaming table Databricks says so and stops. A
    materialized view may be replaced in Databricks SQL, but in a pipeline it is refreshed, so there it is a warning.
    Open-source Spark knows neither word.
    """
    if not isinstance(statement, DatasetDef) or statement.words[1:3] != ("OR", "REPLACE"):
        return
    if statement.kind not in ("streaming table", "materialized view"):
        return
    head, view = tokens_of(statement.head.text), statement.kind == "materialized view"
    word = statement.head.inside(head.starts[2], head.ends[2])
    if context.spark:
        fix = Fix(
            "drop OR REPLACE",
            (Edit(statement.head.inside(head.starts[1], head.starts[3]), ""),),
            True,
            "it could not run",
        )
    else:
        refresh = "refresh" if word.text.islower() else "REFRESH"
        reason = "an update refreshes it either way" if view else "it could not run as it was"
        fix = Fix("write OR REFRESH", (Edit(word, refresh),), True, reason)
    yield Finding(
        word,
        f"a {statement.kind} is refreshed, not replaced",
        why="an update keeps the table and its checkpoints",
        fixes=(fix,),
        severity="warning" if view and not context.spark else None,
    )
