"""A project of two tables, each in a cold process: checked and run here, and by `spark-pipelines` of Apache Spark.

It needs `LDP_TEST_SPARK`, the environment that holds Spark 4.3, and is left out without.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import Figure

SPEC = "name: two\nstorage: file://{0}/storage\nlibraries:\n  - glob:\n      include: transformations/**\n"
TEXT = (
    "CREATE MATERIALIZED VIEW numbers AS SELECT id, id % 7 AS rest FROM range(1000);\n"
    "CREATE MATERIALIZED VIEW rests AS SELECT rest, count(*) AS n FROM numbers GROUP BY rest;\n"
)


def measure() -> list[Figure]:
    """By the wall clock: most of it is starting."""
    spark = os.environ.get("LDP_TEST_SPARK")
    if not spark:
        return []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "transformations").mkdir()
        (root / "transformations" / "two.sql").write_text(TEXT)
        (root / "spark-pipeline.yml").write_text(SPEC.format(root))
        (root / "ldp.toml").write_text('target = "spark-4.3"\n')
        ldp = [sys.executable, "-m", "ldp_magic"]
        checked = min(_timed([*ldp, "lint"], root) for _ in range(3))
        ran = min(_timed([*ldp, "run", "--full-refresh", "all"], root) for _ in range(3))
        dry, theirs = (_timed([f"{spark}/bin/spark-pipelines", verb], root, spark) for verb in ("dry-run", "run"))
    return [
        Figure("check of two tables, cold", checked, dry, 1 / 25, "spark-pipelines dry-run"),
        Figure("run of two tables, cold", ran, theirs, 1 / 5, "spark-pipelines run"),
    ]


def _timed(command: list[str], folder: Path, spark: str = "") -> float:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as users have it
    env |= {"PYTHONPATH": str(Path(__file__).parents[2])} if not spark else {"PATH": f"{spark}/bin:{env['PATH']}"}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    return time.perf_counter() - began
