from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Pipeline


@rule(
    code="LDP212",
    foresees=("RUN_EMPTY_PIPELINE",),
    verified="Spark 4.3",
    bad=[
        bad("CREATE TEMPORARY VIEW only_view AS SELECT 1 AS x;", marks=("only_view",)),
        bad(
            "create temporary view a as select 1 as x; -- one\r\ncreate temporary view b as select x from a;",
            marks=("a",),
        ),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS x;"),
        good("CREATE VIEW b AS SELECT x FROM main.raw.a;"),
        good("-- nothing yet\n"),
    ],
)
def empty_pipeline(pipeline: Pipeline) -> Iterator[Finding]:
    """A pipeline of temporary views only.

    Temporary views are gone when the update ends, so such a pipeline makes nothing, and the update stops before it
    begins. Add the table or materialized view that the views are for, or the file that it stands in. A file or notebook
    that no pipeline names may be a part of one, and only gets a warning.
    """
    if pipeline.unknown or pipeline.problems or not pipeline.datasets:
        return
    if any(d.kind != "temporary view" for d in pipeline.datasets.values()) or pipeline.flows:
        return
    first = min(pipeline.datasets.values(), key=lambda d: (d.location.source.name, d.location.start))
    yield Finding(
        first.definition.name.location,
        "this pipeline makes nothing: it has temporary views only",
        why="a temporary view is gone when the update ends",
        fixes=(Fix("add a streaming table or a materialized view that reads them"),),
        severity=None if pipeline.declared else "warning",
    )
