from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Pipeline


@rule(
    code="LDP205",
    foresees=("PIPELINE_DATASET_WITHOUT_FLOW",),
    verified="Spark 4.3",
    bad=[
        bad("CREATE OR REFRESH STREAMING TABLE inbox;", marks=("inbox",)),
        bad("create or refresh streaming table inbox (id int) -- later\r\ncomment 'what comes in'", marks=("inbox",)),
        bad("from pyspark import pipelines as dp\ndp.create_streaming_table('inbox')\n", python=True),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE inbox;\n"
            "CREATE FLOW f AS INSERT INTO inbox BY NAME SELECT * FROM STREAM(main.raw.mail);"
        ),
        good("CREATE OR REFRESH STREAMING TABLE inbox AS SELECT * FROM STREAM(main.raw.mail);"),
        good(
            "from pyspark import pipelines as dp\ndp.create_streaming_table('inbox')\n"
            "@dp.append_flow(target='inbox')\ndef f():\n    return spark.readStream.table('main.raw.mail')\n",
            python=True,
        ),
    ],
)
def dataset_without_flow(pipeline: Pipeline) -> Iterator[Finding]:
    """A streaming table that nothing writes.

    A streaming table gets its rows from flows: its own query after AS, or a CREATE FLOW or AUTO CDC that names it.
    Without one the update stops before it begins. If its flow stands in another file, add that file to the pipeline; a
    file, notebook or folder that nothing declares a pipeline may be a part of one, and only gets a warning.
    """
    if pipeline.unknown or any(p.kind in ("syntax", "python", "too-deep") for p in pipeline.problems):
        return  # what could not be read may be its flow
    for dataset in pipeline.datasets.values():
        if dataset.kind == "streaming table" and not dataset.flows and dataset.body is None:
            yield Finding(
                dataset.definition.name.location,
                f"no flow writes {dataset.name}",
                why="a streaming table gets its rows from its own query or from flows",
                fixes=(Fix(f"add AS SELECT …, or a CREATE FLOW … INSERT INTO {dataset.name} BY NAME"),),
                severity=None if pipeline.declared else "warning",
            )
