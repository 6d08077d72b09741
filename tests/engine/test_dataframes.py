"""Functions in DataFrame code that the embedded engine answers otherwise are named beside the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

import ldp_magic

CODE = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F

@dp.materialized_view
def plain():
    return spark.range(3).withColumn("x", F.col("id") + 1).where("x > 1")

@dp.materialized_view
def odd():
    return spark.range(3).select(F.initcap(F.lit("a-b")).alias("a")).selectExpr("a", "weekday(current_date()) AS w")

@dp.materialized_view
def by_sql():
    return spark.sql("SELECT initcap('a-b') AS a")
"""


@pytest.mark.parametrize(("name", "labels"), [("plain", []), ("odd", ["initcap", "weekday"]), ("by_sql", [])])
def test_labels(tmp_path: Path, name: str, labels: list[str]):
    (tmp_path / "a.py").write_text(CODE)
    found = ldp_magic.preview(name, tmp_path)
    assert [each.what for each in found.fidelity.approximate] == labels
    assert found.fidelity.exact == (not labels)
