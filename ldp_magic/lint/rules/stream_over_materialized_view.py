from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.instead import materialized
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset, Read
from ldp_magic.sql.model import Code

_DAILY = "CREATE OR REFRESH MATERIALIZED VIEW daily AS SELECT day, count(*) AS n FROM main.raw.orders GROUP BY day;\n"


@rule(
    code="LDP102",
    spark="warning",
    foresees=("STREAMING_FROM_MATERIALIZED_VIEW",),
    verified="Databricks field reports; Spark 4.3 runs it and reads every row again after each refresh",
    bad=[
        bad(
            _DAILY + "CREATE OR REFRESH STREAMING TABLE a AS SELECT * FROM STREAM(daily) WHERE n > 1;",
            fixed=_DAILY + "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT * FROM daily WHERE n > 1;",
            safe=False,
            marks=("daily",),
        ),
        bad(
            _DAILY
            + "create or refresh streaming table a -- kept\r\nas with d as (select * from stream daily) select n from d",
            fixed=_DAILY
            + "create or refresh materialized view a -- kept\r\nas with d as (select * from daily) select n from d",
        ),
        bad(
            "from pyspark import pipelines as dp\n\n@dp.materialized_view\ndef m():\n    return spark.read.table('main.a.b')\n\n"
            "@dp.table\ndef t():\n    return spark.readStream.table('m')\n",
            python=True,
        ),
    ],
    good=[
        good(_DAILY + "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT * FROM daily;"),
        good(
            _DAILY
            + "CREATE OR REFRESH STREAMING TABLE a AS SELECT o.id, d.n FROM STREAM(main.raw.orders) o JOIN daily d ON d.day = o.day;"
        ),
    ],
)
def stream_over_materialized_view(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A stream over a materialized view.

    A refresh may rewrite any row of a materialized view, so there is no list of new rows to follow. Databricks refuses
    the read; open-source Spark runs it and takes every row in again after each refresh. Read it whole in another
    materialized view, or stream the table that it is made from.
    """
    for read in dataset.reads:
        source = context.pipeline.datasets.get(read.name) if read.kind == "dataset" else None
        if source is None or not read.streaming or source.kind != "materialized view":
            continue
        if read.relation.option("readChangeFeed") or (isinstance(source.body, Code) and source.body.unknown):
            continue
        yield Finding(
            read.location,
            f"{dataset.name} streams {source.name}, which is a materialized view",
            why="a refresh rewrites rows of a materialized view, so it has no new rows to follow",
            mark="its rows change",
            fixes=(_fix(dataset, read, context),),
            related=(Related(source.definition.name.location, f"{source.name} is made here"),),
        )


def _fix(dataset: Dataset, read: Read, context: Context) -> Fix:
    owned = next((o for o in context.owned_by(dataset) if any(r is read.relation for r in o.facts.relations)), None)
    edits = materialized(owned) if owned is not None else ()
    reason = f"{dataset.name} is then computed anew and loses what only its old rows hold"
    return Fix(f"make {dataset.name} a materialized view, or stream what {read.name} reads", edits, False, reason)
