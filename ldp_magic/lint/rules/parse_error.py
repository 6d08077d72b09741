from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.model import Problem

_SAID = {"syntax", "python", "too-deep", "missing-semicolon"}


@rule(
    code="LDP001",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELEC * FROM STREAM(s);\n"
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one",
        ),
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT 1 AS one\n"
            "CREATE OR REFRESH MATERIALIZED VIEW b AS SELECT 2 AS two;",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT 1 AS one;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW b AS SELECT 2 AS two;",
            marks=("CREATE",),
        ),
        bad("import dlt\n@dlt.table\ndef t(:\n    return 1\n", python=True),
    ],
    good=[
        good("CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(s);"),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one"),
    ],
)
def parse_error(problem: Problem) -> Iterator[Finding]:
    """A text that is no statement.

    Nothing of it reaches the pipeline: Databricks and Spark stop the update while they read the sources. The statements
    around it are read and checked all the same.
    """
    if problem.kind not in _SAID:
        return
    fixes: tuple[Fix, ...] = ()
    if problem.edits:
        reason = "it could not run as it was"
        fixes = (Fix("put it in", problem.edits, safe=problem.kind == "missing-semicolon", reason=reason),)
    yield Finding(problem.location, problem.message, why=problem.why, fixes=fixes)
