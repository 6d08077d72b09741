from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.model import Problem


@rule(
    code="LDP024",
    severity="warning",
    verified="the grammar of Databricks and of Spark 4.3",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t RETAIN 7 DAYS AS SELECT * FROM STREAM(s);",
            marks=("RETAIN 7 DAYS",),
        ),
    ],
    good=[good("CREATE OR REFRESH STREAMING TABLE t COMMENT 'seven days' AS SELECT * FROM STREAM(s);")],
)
def unknown_clause(problem: Problem) -> Iterator[Finding]:
    """A clause that no grammar we know has.

    It is left as it is and everything around it is read and checked. Either it is misspelt, or it is newer than this
    release; then silence it with `-- noqa: LDP024` and tell us.
    """
    if problem.kind == "unknown-clause":
        yield Finding(problem.location, problem.message, why=problem.why)
