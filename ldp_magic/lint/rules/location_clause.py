from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.text import Edit, Location


@rule(
    code="LDP710",
    severity="warning",
    spark="never",  # LDP004 says that Spark does not read it
    foresees=("_LEGACY_ERROR_TEMP_0035",),
    verified="Spark 4.3; a summary of Databricks' page second-hand",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m LOCATION '/data/m' AS SELECT 1 AS x;",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS x;",
            safe=False,
            marks=("LOCATION '/data/m'",),
        ),
        bad(
            "create or refresh streaming table t\r\ncomment 'x'\r\nlocation '/data/t' -- old\r\nas select * from stream(main.raw.s)",
            fixed="create or refresh streaming table t\r\ncomment 'x' -- old\r\nas select * from stream(main.raw.s)",
            catalog="main",
        ),
        bad(
            'from pyspark import pipelines as dp\n\n\n@dp.table(path="/data/t")\ndef t():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
            marks=('path="/data/t"',),
        ),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS x;"),
        good("CREATE OR REFRESH MATERIALIZED VIEW m LOCATION '/data/m' AS SELECT 1 AS x;", catalog="hive_metastore"),
    ],
)
def location_clause(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A dataset that says where its files lie.

    Unity Catalog decides that for the tables of a pipeline; only tables of the Hive metastore take a location, and
    open-source Spark does not read the clause at all (LDP004). Without it the table is made anew in the catalog's own storage, and
    the files at the old place stay behind.
    """
    definition = dataset.definition
    clause = definition.clause("location") or (definition.clause("path") if dataset.language == "python" else None)
    if clause is None or clause.value is None or dataset.kind == "sink":
        return
    # a pipeline that still says LIVE is most likely one of the Hive metastore
    if context.pipeline.catalog.lower() == "hive_metastore" or (
        not context.pipeline.catalog and "LIVE" in definition.words
    ):
        return
    edits = (Edit(_with_space(clause.location), ""),) if dataset.language == "sql" else ()
    yield Finding(
        clause.location,
        f"{dataset.name} says where its files lie, and Unity Catalog decides that",
        why="only tables of the Hive metastore take a location",
        fixes=(Fix("take it away", edits, False, "the table is made anew in the catalog's own storage"),),
    )


def _with_space(place: Location) -> Location:
    """The clause with the blanks before it."""
    text, start = place.source.text, place.start
    while start and text[start - 1] in " \t\r\n":
        start -= 1
    line = text.rfind("\n", 0, place.start) + 1
    hidden = "--" in text[text.rfind("\n", 0, start) + 1 : start]
    start = max(start, line) if hidden else start
    return Location(place.source, start, place.end)
