from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset


@rule(
    code="LDP707",
    severity="info",
    on=False,
    verified="a matter of taste",
    bad=[
        bad("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS x; -- one row", marks=("m",)),
        bad(
            'from pyspark import pipelines as dp\n\n\n@dp.table(name="t")\ndef f():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
            marks=("t",),
        ),
    ],
    good=[
        good("create or refresh materialized view m comment 'one row' as select 1 as x"),
        good(
            "CREATE OR REFRESH PRIVATE MATERIALIZED VIEW p AS SELECT 1 AS x;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW m COMMENT 'one row' AS SELECT x FROM p;"
        ),
        good(
            'from pyspark import pipelines as dp\n\n\n@dp.table(comment="all of it")\ndef t():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
        ),
    ],
)
def missing_comment(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A published table without a comment.

    Whoever finds it in the catalog sees the comment first, and people and assistants choose tables by it. A sentence
    about what one row is goes furthest. Private tables and temporary views need none. Off unless selected.
    """
    published = dataset.kind in ("streaming table", "materialized view", "table", "view")
    if published and not dataset.definition.private and dataset.definition.clause("comment") is None:
        written = "COMMENT '...'" if dataset.language == "sql" else 'comment="..."'
        yield Finding(
            dataset.definition.name.location,
            f"{dataset.name} has no comment",
            why="it is what people see first in the catalog",
            fixes=(Fix(f"add {written} with what one row is"),),
        )
