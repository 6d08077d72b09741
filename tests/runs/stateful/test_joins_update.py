"""Joins of two streams in whole updates: the table after each holds what Spark has written until then."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.runs.project import Project
from tests.runs.stateful.joins_turn import STREAMS, TRUTH

READ = "CREATE STREAMING TABLE {0} AS SELECT * FROM STREAM read_files('{0}', format => 'json', schema => '{1}');\n"
TABLES = "".join(READ.format(name, STREAMS[name]) for name in "ab")
DATA: dict[str, list[dict[str, list[list[Any]]]]] = json.loads((TRUTH / "data.json").read_text())
VIEWS = (
    "CREATE TEMPORARY VIEW late_a AS SELECT k, ts, v FROM STREAM a WATERMARK ts DELAY OF INTERVAL 10 MINUTES;\n"
    "CREATE TEMPORARY VIEW late_b AS SELECT * FROM STREAM b WATERMARK ts DELAY OF INTERVAL 5 MINUTES;\n"
)
OVER_VIEWS = (
    "SELECT l.k, l.ts, l.v, r.k AS bk, r.ts AS bts, r.w FROM STREAM late_a AS l LEFT JOIN STREAM(late_b) AS r"
    " ON l.k = r.k AND r.ts BETWEEN l.ts - INTERVAL 5 MINUTES AND l.ts + INTERVAL 10 MINUTES"
)


def arrive(project: Project, number: int, rows: dict[str, list[list[Any]]]) -> None:
    for name in "ab":
        columns = [each.split()[0] for each in STREAMS[name].split(", ")]
        lines = [json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows.get(name, [])]
        if lines or not number:
            project.put(f"{name}/{number}.json", "".join(lines), age=60)


def written(project: Project) -> list[list[Any]]:
    rows = ([plain(value) for value in row.values()] for row in project.rows("t"))
    return sorted(rows, key=json.dumps)


def plain(value: Any) -> Any:
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value


@pytest.mark.parametrize(
    ("case", "pipeline", "query"),
    [
        pytest.param("left-edges", TABLES, "", id="as it is written"),
        pytest.param("left-edges", TABLES + VIEWS, OVER_VIEWS, id="over temporary views with watermarks"),
        pytest.param("semi-edges", TABLES, "", id="a semi join"),
    ],
)
def test_each_update_adds_what_spark_adds(case: str, pipeline: str, query: str, tmp_path: Path):
    truth = json.loads((TRUTH / f"{case}.json").read_text())
    project = Project(tmp_path).sql(f"{pipeline}CREATE STREAMING TABLE t AS {query or truth['query']};\n")
    expected: list[list[Any]] = []
    for number, (rows, run) in enumerate(zip(DATA[truth["arrives"]], truth["runs"], strict=True)):
        arrive(project, number, rows)
        project.fine()
        expected += run["rows"]
        assert written(project) == sorted(expected, key=json.dumps)
    project.fine()
    assert len(written(project)) == len(expected), "an update without news adds nothing"


def test_a_full_refresh_joins_all_that_there_is(tmp_path: Path):
    truth = json.loads((TRUTH / "inner-where.json").read_text())
    project = Project(tmp_path).sql(f"{TABLES}CREATE STREAMING TABLE t AS {truth['query']};\n")
    for number, rows in enumerate(DATA["fine 2"][:2]):
        arrive(project, number, rows)
        project.fine()
    before = written(project)
    project.fine(full_refresh=["t"])
    after = written(project)
    assert before and len(after) >= len(before), "in one batch no row is late"
