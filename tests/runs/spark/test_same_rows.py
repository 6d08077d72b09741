"""An update here leaves the tables that the same update leaves in Apache Spark, after each of several."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.spark.case import Case
from tests.runs.spark.local import difference

TRUTH = sorted((Path(__file__).parent / "truth").glob("*.json"))


@pytest.mark.parametrize("path", TRUTH, ids=lambda path: path.stem)
def test_the_rows_are_those_of_spark(path: Path, tmp_path: Path):
    said = json.loads(path.read_text("utf-8"))
    assert difference(Case.from_dict(said["case"]), said["tables"], tmp_path) == ""
