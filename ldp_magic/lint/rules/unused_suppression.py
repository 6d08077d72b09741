from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Pipeline


@rule(
    code="LDP091",
    severity="warning",
    verified="this linter",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one; -- noqa: LDP101",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;",
            safe=True,
        )
    ],
    good=[good("CREATE OR REPLACE STREAMING TABLE t AS SELECT * FROM STREAM(s); -- noqa: LDP003")],
)
def unused_suppression(pipeline: Pipeline) -> Iterator[Finding]:
    """A `noqa` that suppresses nothing.

    It was needed once, or the code in it is misspelt; left where it is, it hides the next mistake on that line.
    """
    return iter(())  # ignore.py finds them: only after all other rules is it known what was needed
