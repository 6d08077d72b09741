from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.areas import areas, written
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.text import Edit

_FILES = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM read_files('{}/orders', format => 'json', schemaHints => 'id INT');"
_OLD = re.compile(r"(?:dbfs:)?/mnt/|/dbfs/(?:mnt/)?|dbfs:/(?!/?(?:Volumes|databricks-datasets)\b)/*", re.IGNORECASE)


@rule(
    code="LDP705",
    severity="warning",
    spark="never",
    verified="Databricks' own guidance for agents on Auto Loader",
    bad=[
        bad(_FILES.format("/mnt/raw"), marks=("/mnt/raw/orders",)),
        bad(
            _FILES.format("dbfs:/mnt/raw"),
            fixed=_FILES.format("/Volumes/main/sales/raw"),
            catalog="main",
            schema="sales",
            safe=False,
        ),
        bad(
            "import sys\nfrom pyspark import pipelines as dp\n\n\n@dp.materialized_view\ndef m():\n"
            '    return spark.read.json("/dbfs/raw/orders", schema="id INT")\n',
            python=True,
            marks=("/dbfs/raw/orders",),
        ),
    ],
    good=[
        good(_FILES.format("/Volumes/main/raw/landing")),
        good(_FILES.format("dbfs:/databricks-datasets/retail-org")),
        good(_FILES.format("/mnt/raw"), catalog="hive_metastore"),
    ],
)
def dbfs_path(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A path of DBFS or of a mount.

    A mount gives everybody who may start a cluster the rights of the account behind it, and pipelines with Unity
    Catalog, serverless ones above all, do not reach it. Put the files into a Volume, or name the storage through an
    external location. Auto Loader takes files under another path for new ones, so move them with a full refresh in
    mind. A pipeline of the Hive metastore may go on using mounts.
    """
    if context.pipeline.catalog.lower() in ("hive_metastore", "spark_catalog"):
        return
    for relation, area in areas(dataset):
        found, where = _OLD.match(relation.path), written(area, relation.path)
        if found is None or where is None:
            continue
        catalog, schema = context.pipeline.catalog, context.pipeline.schema
        edits = (Edit(where.inside(0, found.end()), f"/Volumes/{catalog}/{schema}/"),) if catalog and schema else ()
        yield Finding(
            where,
            f"{found[0]} is a path of DBFS, which Unity Catalog does not govern",
            why="mounts share one account's rights with everybody, and serverless pipelines do not reach them",
            fixes=(Fix("read it from a Volume", edits, False, "the files have to be there, and are read once more"),),
        )
