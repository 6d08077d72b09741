from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related, Severity
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.sql.model import DatasetDef


@rule(
    code="LDP203",
    foresees=("PIPELINE_DUPLICATE_IDENTIFIERS.OUTPUT",),
    verified="Spark 4.3, dry, in SQL and Python; of two sinks it takes the later one",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS a;\nCREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 2 AS a;",
            marks=("m",),
        ),
        bad(
            "create or refresh materialized view m as select 1 as a; -- one\r\n"
            "CREATE STREAMING TABLE IF NOT EXISTS `M` AS SELECT * FROM STREAM(main.raw.s);",
            marks=("`M`",),
        ),
        bad(
            "from pyspark import pipelines as dp\n@dp.materialized_view\ndef m():\n    return spark.read.table('main.a.b')\n"
            "@dp.table(name='m')\ndef n():\n    return spark.readStream.table('main.a.c')\n",
            python=True,
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS a;\nCREATE OR REFRESH MATERIALIZED VIEW n AS SELECT 2 AS a;"
        ),
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW eu.m AS SELECT 1 AS a;\nCREATE OR REFRESH MATERIALIZED VIEW us.m AS SELECT 2 AS a;"
        ),
    ],
)
def duplicate_dataset(pipeline: Pipeline) -> Iterator[Finding]:
    """Two definitions of one name.

    A pipeline makes each dataset once, whatever cell or file it stands in, so the update stops before it begins.
    IF NOT EXISTS does not help. Rename one of them, or let several flows write one table. Where nothing says that two
    files belong to one pipeline it is a warning.
    """
    for first, later in pipeline.duplicates:
        source = first.location.source
        cell = f"[{source.cell}]" if source.cell else ""
        yield Finding(
            later.name.location,
            f"{later.name} is defined twice, first in {source.name}{cell} line {first.location.first.line}",
            why="a pipeline makes each dataset once",
            fixes=(Fix("rename one of them, or write both into one streaming table with CREATE FLOW"),),
            related=(Related(first.name.location, f"{first.name} is defined here"),),
            severity=_severity(first, later, pipeline),
        )


def _severity(first: DatasetDef, later: DatasetDef, pipeline: Pipeline) -> Severity | None:
    """Spark takes the later one of two sinks without a word."""
    together = pipeline.declared or first.location.source == later.location.source
    replaced = later.kind == "sink" and pipeline.target.startswith("spark")
    return None if together and not replaced else "warning"
