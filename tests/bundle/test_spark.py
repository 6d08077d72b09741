"""The project for Apache Spark: its own `spark-pipelines` runs it, and the tables are ours; the rest is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from ldp_magic.errors import LdpError
from ldp_magic.verbs.export import export
from ldp_magic.verbs.run import run
from tests import spark_server
from tests.runs.spark.case import Rows
from tests.runs.spark.local import tables

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_analytics"
DATASETS = (
    "daily_metrics", "enriched_metrics", "events", "final_metrics", "metrics_with_duration", "user_profiles",
)  # fmt: skip


@pytest.mark.xdist_group("spark")
def test_the_example_runs_in_spark_and_its_tables_are_ours(tmp_path: Path):
    project = tmp_path / "user_analytics"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".ldp", "data", "dist"))
    rows = ["--events", "600", "--users", "40"]
    subprocess.run([sys.executable, "generate.py", *rows], cwd=project, check=True, capture_output=True)
    text = (project / "ldp.toml").read_text()
    (project / "ldp.toml").write_text(
        text.replace("schedule =", 'parameters = { "spark.sql.shuffle.partitions" = "2" }\nschedule =', 1)
    )
    done = export("spark", project)
    assert [each.severity for each in done.left] == ["warning"] * len(done.left) and done.exit_code == 0
    spark_pipelines(project / "dist" / "spark", "dry-run")
    spark_pipelines(project / "dist" / "spark", "run")
    run([project])
    ours = tables(project)
    for name in DATASETS:
        theirs = warehouse(project / "dist" / "spark" / "spark-warehouse" / name)
        assert [column for column, _ in ours[name].columns] == [column for column, _ in theirs.columns], name
        assert theirs.rows and ours[name].rows == theirs.rows, name


def spark_pipelines(folder: Path, word: str) -> None:
    """Run the command of Apache Spark in a project."""
    home = next(spark_server.environment().glob("lib/python3.*/site-packages/pyspark"))
    python = str(spark_server.environment() / "bin" / "python")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "SPARK_", "PYTHON"))}
    env |= {"SPARK_HOME": str(home), "PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python}
    env |= {"SPARK_TESTING": "1", "SPARK_LOCAL_IP": "127.0.0.1", "TZ": "UTC"}
    settings = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC"}
    words = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    command = [str(home / "bin" / "spark-pipelines"), word, *words]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def warehouse(folder: Path) -> Rows:
    """A table of Spark as it lies on the disk."""
    files = sorted(folder.glob("*.parquet"))
    found = [pq.read_table(file, coerce_int96_timestamp_unit="us", partitioning=None) for file in files]
    names = found[0].column_names
    rows = [row for each in found for row in zip(*(each.column(name).to_pylist() for name in names), strict=True)]
    return Rows.of([(name, "") for name in names], rows)


# --- what becomes of a text ----------------------------------------------------------------------------------------


def exported(folder: Path, text: str, more: str = "", **files: str) -> tuple[str, list[str], dict[str, Any]]:
    """A file of SQL in the words of Spark, what was named, and the spec."""
    (folder / "sql").mkdir(parents=True)
    (folder / "ldp.toml").write_text(
        f'catalog = "main"\nschema = "shop"\n{more}\n[pipelines.p]\nsources = ["sql/**"]\n'
    )
    (folder / "sql" / "größe.sql").write_bytes(text.encode())
    for name, content in files.items():
        (folder / "sql" / f"{name}.py").write_text(content)
    done = export("spark", folder, out=folder / "out")
    spec = yaml.safe_load((folder / "out" / "spark-pipeline.yml").read_bytes())
    return (folder / "out" / "sql" / "größe.sql").read_bytes().decode(), [each.what for each in done.left], spec


@pytest.mark.parametrize(
    ("text", "spark", "left"),
    [
        pytest.param(
            "CREATE OR REFRESH MATERIALIZED VIEW main.shop.a CLUSTER BY AUTO AS SELECT 1 AS one;\r\n",
            "CREATE MATERIALIZED VIEW a AS SELECT 1 AS one;\r\n",
            ["without CLUSTER BY AUTO: a"],
            id="layout and a qualified name",
        ),
        pytest.param(
            "CREATE OR REFRESH STREAMING TABLE a (CONSTRAINT ok EXPECT (id > 0) ON VIOLATION DROP ROW) AS SELECT id FROM STREAM(s) -- last\n;",
            "CREATE STREAMING TABLE a AS SELECT * FROM (\nSELECT id FROM STREAM(s)\n) WHERE coalesce((id > 0), false) -- last\n;",
            ["dropped rows that nobody counts: a.ok", "s has to be there"],
            id="rows that are dropped",
        ),
        pytest.param(
            "CREATE OR REFRESH MATERIALIZED VIEW a (id INT COMMENT 'x', CONSTRAINT ok EXPECT (id > 0), CONSTRAINT no EXPECT (id < 9) ON VIOLATION FAIL UPDATE) AS SELECT 1 AS id;",
            "CREATE MATERIALIZED VIEW a (id INT COMMENT 'x') AS SELECT 1 AS id;",
            ["a: no stops no update", "an expectation that counts nothing: a.ok"],
            id="expectations that cannot be held",
        ),
        pytest.param(
            "CREATE OR REFRESH STREAMING TABLE a AS SELECT * FROM STREAM read_files('/Volumes/x', format => 'json');",
            "CREATE STREAMING TABLE a AS SELECT * FROM STREAM read_files('/Volumes/x', format => 'json');",
            ["a: read_files says no schema"],
            id="files without a schema",
        ),
    ],
)
def test_a_text(tmp_path: Path, text: str, spark: str, left: list[str]):
    found, said, _ = exported(tmp_path, text)
    assert (found, said) == (spark, left)


def test_files_are_read_by_a_view(tmp_path: Path):
    text = (
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT * FROM STREAM read_files('${in}/b', format => 'csv', header => true,\n"
        "  schema => 'id INT, name STRING') WATERMARK at DELAY OF INTERVAL 1 HOUR;"
    )
    more = '[parameters]\nin = "/Volumes/main/in"\n[local]\n"/Volumes/main/in" = "data"'
    found, left, spec = exported(tmp_path, text, more)
    assert "FROM STREAM a_files WATERMARK at DELAY OF" in found
    assert spec["configuration"]["files.a_files"] == (tmp_path / "data" / "b").as_posix()
    reader = (tmp_path / "out" / "transformations" / "files.py").read_text()
    assert "spark.readStream.format('csv')" in reader and ".option('header', 'true')" in reader
    assert spec["libraries"] == [{"glob": {"include": "sql/**"}}, {"glob": {"include": "transformations/**"}}]
    assert left == []


def test_python_that_spark_does_not_take_is_named(tmp_path: Path):
    code = "import dlt\n\n@dlt.table\n@dlt.expect_or_drop('ok', 'id > 0')\ndef b():\n    return spark.range(3)\n"
    _, left, _ = exported(tmp_path, "CREATE MATERIALIZED VIEW a AS SELECT 1 AS one;", b=code)
    assert any("expect_or_drop" in each for each in left), left


def test_two_environments_are_too_many(tmp_path: Path):
    with pytest.raises(LdpError, match="one environment"):
        export("spark", tmp_path, env=("a", "b"))
