from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.incremental import files_of
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset


@rule(
    code="LDP608",
    severity="warning",
    spark="never",
    foresees=("MATERIALIZED_VIEW_NOT_INCREMENTALIZABLE.INPUT_NOT_IN_DELTA",),
    verified="a summary of the vendor's page; a vendor's note",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM read_files('/in', format => 'parquet');",
            marks=("read_files('/in', format => 'parquet')",),
        ),
        bad(
            "create or refresh materialized view m as\r\nselect id -- all\r\nfrom csv.`/in/orders`;",
            marks=("csv.`/in/orders`",),
        ),
        bad(
            'from pyspark import pipelines as dp\n@dp.materialized_view\ndef m():\n    return spark.read.format("json").load("/in")\n',
            python=True,
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE bronze AS SELECT * FROM STREAM read_files('/in', format => 'parquet');\n"
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id, amount FROM bronze;"
        ),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM delta.`/in/orders`;"),
    ],
)
def mv_over_files(dataset: Dataset) -> Iterator[Finding]:
    """A materialized view over files.

    Nobody keeps a record of which files the view has seen, so each refresh lists and reads all of them. A streaming table
    loads each file once; let the view read that.
    """
    if dataset.kind != "materialized view":
        return
    for read in files_of(dataset):
        yield Finding(
            read.location,
            f"{dataset.name} reads all files again at each refresh",
            why="only a streaming table remembers which files it has read",
            mark="read in full each time",
            fixes=(Fix("load the files into a streaming table, and read that here"),),
        )
