from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.past import kept
from ldp_magic.lint.rule import THE_PAST, bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.lint.words import phrase_in
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.text import Location

_TABLE = "CREATE OR REFRESH STREAMING TABLE sales AS SELECT * FROM STREAM(orders);"
_VIEW = "CREATE OR REFRESH MATERIALIZED VIEW sales AS SELECT * FROM orders;"
_READER = "\nCREATE OR REFRESH MATERIALIZED VIEW m AS SELECT count(*) AS n FROM sales;"
_KINDS = ("streaming table", "materialized view")
_PYTHON = "from pyspark import pipelines as dp\n\n@dp.{0}\ndef sales():\n    return spark.{1}.table('orders')\n"


@rule(
    code="LDP215",
    severity="warning",
    needs=THE_PAST,
    verified="Spark 4.3; second-hand for Databricks",
    bad=[
        bad(_VIEW, before=_TABLE, marks=("MATERIALIZED VIEW",)),
        bad(_TABLE.replace("sales", "`SALES`"), before=_VIEW, marks=("STREAMING TABLE",), target="databricks"),
        bad(_VIEW, before=_TABLE.replace("sales", "main.s.sales"), target="spark-4.3"),
        bad(
            _PYTHON.format("materialized_view", "read"),
            before=_PYTHON.format("table", "readStream"),
            python=True,
            marks=("@dp.materialized_view",),
        ),
    ],
    good=[
        good(_VIEW.replace("sales", "sales_mv"), before=_TABLE),
        good(_TABLE, before=_TABLE + " -- the same"),
        good(_VIEW.replace("sales", "b.sales"), before=_TABLE.replace("sales", "a.sales")),
        good(_VIEW.replace("MATER", "PRIVATE MATER") + _READER, before=_TABLE),
        good(_VIEW),
    ],
)
def dataset_kind_changed(pipeline: Pipeline, context: Context) -> Iterator[Finding]:
    """A streaming table that is a materialized view now, or the other way round.

    Under the name there is a table of the old kind, with rows and checkpoints that the new kind cannot go on with.
    Databricks refuses the update until that table is dropped; open-source Spark builds it anew. Whoever reads the
    table meets a gap either way, so a new name is the gentler way.
    """
    for was, now in kept(context.before, pipeline) if context.before is not None else ():
        private = was.definition.private or now.definition.private
        if was.kind != now.kind and was.kind in _KINDS and now.kind in _KINDS and not private:
            yield _finding(was, now, context.spark)


def _finding(was: Dataset, now: Dataset, spark: bool) -> Finding:
    why = "Spark builds it anew, from what its sources hold today"
    return Finding(
        _words(now),
        f"{now.name} was a {was.kind} and is a {now.kind} now",
        why=why if spark else "Databricks stops the update until the old table is dropped, and its rows with it",
        mark=f"was a {was.kind}",
        fixes=(Fix("give it a new name, or drop the old table before the next update"),),
    )


def _words(dataset: Dataset) -> Location:
    head = dataset.definition.head
    if dataset.language == "python":
        return head
    return phrase_in(head, *dataset.kind.upper().split()) or head
