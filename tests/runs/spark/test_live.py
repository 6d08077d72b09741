"""Apache Spark's pipelines beside ours, now: what is recorded in truth/ is no memory of another time."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import spark_server
from tests.runs.spark.case import Case, Step
from tests.runs.spark.local import difference
from tests.runs.spark.written import FIRST, HEAD, ORDERS, SECOND, source

TEXT = (
    "CREATE STREAMING TABLE clean AS SELECT id, upper(customer) AS customer, CAST(amount AS DECIMAL(14,2)) AS amount,\n"
    "  date(at) AS day FROM STREAM(orders) WHERE id IS NOT NULL;\n"
    "CREATE TEMPORARY VIEW tagged AS SELECT id, explode(tags) AS tag FROM STREAM(orders);\n"
    "CREATE STREAMING TABLE tags AS SELECT tag, id FROM STREAM(tagged) WHERE tag <> '';\n"
    "CREATE MATERIALIZED VIEW per_customer AS SELECT customer, count(*) AS n, sum(amount) AS total FROM clean GROUP BY customer;\n"
    "CREATE MATERIALIZED VIEW ranked AS SELECT customer, n, rank() OVER (ORDER BY total DESC) AS r FROM per_customer;\n"
)


@pytest.mark.xdist_group("spark")
def test_two_updates_beside_spark(tmp_path: Path):
    start = {"a.py": HEAD + source("orders", ORDERS), "b.sql": TEXT}
    case = Case("live", (Step({**start, "in/orders/1.json": FIRST}), Step({"in/orders/2.json": SECOND})))
    (tmp_path / "case.json").write_text(json.dumps(case.to_dict()), encoding="utf-8")
    python = spark_server.environment() / "bin" / "python"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "SPARK_"))}
    done = subprocess.run(
        [str(python), "-m", "tests.runs.spark.make_truth", "--case", str(tmp_path / "case.json")],
        cwd=spark_server.ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    truth = json.loads(done.stdout)["tables"]
    assert [len(step["clean"]["rows"]) for step in truth] == [4, 7]
    assert difference(case, truth, tmp_path / "here") == ""
