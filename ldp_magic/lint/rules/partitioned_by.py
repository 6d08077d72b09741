from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.words import has_comment, phrase_in
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Clause
from ldp_magic.text import Edit

_T = "CREATE OR REFRESH STREAMING TABLE t {} AS SELECT id, day FROM STREAM(main.raw.s);"
_PYTHON = 'from pyspark import pipelines as dp\n@dp.materialized_view({}=["day"])\ndef m():\n    return spark.read.table("main.raw.s")\n'
_MOST = 4  # columns that a table can be clustered by


@rule(
    code="LDP604",
    severity="info",
    spark="never",
    verified="Databricks documentation",
    bad=[
        bad(
            _T.format("PARTITIONED BY (day)"),
            fixed=_T.format("CLUSTER BY (day)"),
            safe=False,
            marks=("PARTITIONED BY",),
        ),
        bad(
            _T.format("comment 'x'\r\npartitioned by (day, id) -- by day\r\n"),
            fixed=_T.format("comment 'x'\r\ncluster by (day, id) -- by day\r\n"),
        ),
        bad(_PYTHON.format("partition_cols"), python=True, fixed=_PYTHON.format("cluster_by")),
    ],
    good=[
        good(_T.format("CLUSTER BY (day)")),
        good(_PYTHON.format("cluster_by"), python=True),
        good("CREATE MATERIALIZED VIEW m PARTITIONED BY (day) AS SELECT id, day FROM main.raw.s;", target="spark-4.3"),
    ],
)
def partitioned_by(dataset: Dataset) -> Iterator[Finding]:
    """A table in partitions, where clustering would do.

    Partitions fix the layout for ever and make many small files where their column has many values. Databricks recommends
    `CLUSTER BY` for new tables: it serves the same filters, and its columns can change.
    """
    definition = dataset.definition
    clause = definition.clause("partitioned by") or definition.clause("partition_cols")
    if clause is None or definition.clause("cluster by") or definition.clause("cluster_by") or not clause.value:
        return
    word = phrase_in(clause.location, "PARTITIONED", "BY") or clause.location.inside(0, len(clause.name))
    yield Finding(
        word,
        f"{dataset.name} is partitioned; clustering is recommended",
        why="partitions cannot change later, and many values make many small files",
        mark="say CLUSTER BY" if clause.name == "partitioned by" else "say cluster_by",
        fixes=(_fix(clause),),
    )


def _fix(clause: Clause) -> Fix:
    columns = clause.value if isinstance(clause.value, tuple) else ()
    title = "cluster by the same columns"
    plain = all(isinstance(c, str) and "(" not in c and "${" not in c for c in columns)
    word = clause.location.inside(0, len(clause.name))
    if not columns or len(columns) > _MOST or not plain:
        return Fix(title)
    if clause.name == "partition_cols":
        edits = (Edit(word, "cluster_by"),) if word.text == clause.name else ()
    else:
        held = phrase_in(clause.location, "PARTITIONED", "BY")
        edits = (Edit(held, cased("CLUSTER BY", held)),) if held is not None and not has_comment(held) else ()
    return Fix(title, edits, reason="an existing table is laid out anew")
