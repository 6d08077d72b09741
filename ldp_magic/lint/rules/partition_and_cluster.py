from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import removed
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Clause, DatasetDef, Statement
from ldp_magic.text import Edit

_NAMES = ("partitioned by", "partition_cols")
_CLUSTERS = ("cluster by", "cluster_by", "cluster_by_auto")


@rule(
    code="LDP011",
    foresees=("SPECIFY_CLUSTER_BY_WITH_PARTITIONED_BY_IS_NOT_ALLOWED",),
    verified="Spark 4.3; Databricks documentation",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m PARTITIONED BY (d) CLUSTER BY (id) AS SELECT id, d FROM main.raw.t;",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW m CLUSTER BY (d, id) AS SELECT id, d FROM main.raw.t;",
            safe=False,
            marks=("PARTITIONED BY (d)",),
        ),
        bad(
            "create or refresh streaming table t\r\ncluster by auto\r\npartitioned by (`d`)\r\nas select * from stream(main.raw.s);",
            fixed="create or refresh streaming table t\r\ncluster by auto\r\nas select * from stream(main.raw.s);",
        ),
        bad(
            "from pyspark import pipelines as dp\n"
            "@dp.table(partition_cols=['d'], cluster_by=['id'])\n"
            "def t():\n    return spark.readStream.table('main.raw.s')\n",
            python=True,
            marks=("partition_cols=['d']",),
        ),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW m CLUSTER BY (d, id) AS SELECT id, d FROM main.raw.t;"),
        good(
            "from pyspark import pipelines as dp\n"
            "@dp.table(partition_cols=None, cluster_by=['id'])\n"
            "def t():\n    return spark.readStream.table('main.raw.s')\n",
            python=True,
        ),
    ],
)
def partition_and_cluster(statement: Statement) -> Iterator[Finding]:
    """A table both partitioned and clustered.

    Both decide which rows share a file, so a table has one or the other. Clustering takes the partition columns as keys
    too, and they can be changed later.
    """
    if not isinstance(statement, DatasetDef):
        return
    partition = next((c for c in statement.clauses if c.name in _NAMES and c.value), None)
    cluster = next((c for c in statement.clauses if c.name in _CLUSTERS and c.value), None)
    if partition is None or cluster is None or cluster.value == ("NONE",):
        return
    yield Finding(
        partition.location,
        f"{statement.name} is partitioned and clustered",
        why="both decide which rows share a file; a table has one of them",
        fixes=(_fix(statement, partition, cluster),),
        related=(Related(cluster.location, "the clustering"),),
    )


def _fix(statement: DatasetDef, partition: Clause, cluster: Clause) -> Fix:
    reason = "the table is written anew, in other files"
    columns, title = _columns(partition), "drop the partitioning"
    if statement.language != "sql" or cluster.value_location is None or columns is None:
        return Fix("keep one of them")
    if cluster.value == ("AUTO",):
        return Fix(title, (removed(partition.location),), reason=reason)
    held = tokens_of(cluster.value_location.text)
    if not len(held) or held.words[0] != "(":
        return Fix("keep one of them")
    known = {str(name).lower() for name in cluster.value} if isinstance(cluster.value, tuple) else set()
    more = [c for c in columns if c.strip("`").lower() not in known]
    insert = Edit(cluster.value_location.inside(held.ends[0], held.ends[0]), "".join(f"{c}, " for c in more))
    edits = (removed(partition.location), *((insert,) if more else ()))
    return Fix(f"cluster by {', '.join(more)} too" if more else title, edits, reason=reason)


def _columns(partition: Clause) -> list[str] | None:
    """The partition columns as written; None if one is more than a column."""
    if partition.value_location is None:
        return None
    tokens = tokens_of(partition.value_location.text)
    inner = range(1, len(tokens) - 1)
    if any(tokens.types[i] not in ("word", "name") and tokens.words[i] != "," for i in inner):
        return None
    return [tokens.get(i) for i in inner if tokens.words[i] != ","]
