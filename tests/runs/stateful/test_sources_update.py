"""Groups over two streams in whole updates, where one of them often has nothing new."""

from __future__ import annotations

from pathlib import Path

from tests.runs.project import Project

READ = "STREAM read_files('{0}', format => 'json', schema => 'k STRING, at TIMESTAMP')"
PIPELINE = f"""
CREATE STREAMING TABLE a AS SELECT * FROM {READ.format("a")};
CREATE STREAMING TABLE b AS SELECT * FROM {READ.format("b")};
CREATE STREAMING TABLE hourly AS
SELECT k, window.start AS hour, count(*) AS n FROM (
  SELECT k, at FROM STREAM(a) WATERMARK at DELAY OF INTERVAL 10 MINUTES
  UNION ALL
  SELECT k, at FROM STREAM(b) WATERMARK at DELAY OF INTERVAL 10 MINUTES
) GROUP BY k, window(at, '1 hour');
CREATE STREAMING TABLE once_each AS
SELECT DISTINCT k, at FROM STREAM(a) WATERMARK at DELAY OF INTERVAL 10 MINUTES;
"""


def _land(project: Project, folder: str, name: str, *times: str) -> None:
    rows = "".join(f'{{"k": "x", "at": "2026-01-01T{time}:00Z"}}\n' for time in times)
    project.put(f"{folder}/{name}.json", rows, age=60)


def test_a_source_without_rows_holds_the_watermark_back_and_breaks_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path).sql(PIPELINE)
    _land(project, "a", "1", "01:00", "01:30", "01:30")
    _land(project, "b", "1", "01:10")
    project.fine()
    assert project.rows("hourly") == []
    assert len(project.rows("once_each")) == 1, "01:30 is not over before a later row comes"
    _land(project, "a", "2", "03:00")
    assert {flow.name: flow.watermark for flow in project.fine().flows}["hourly"] == "2026-01-01T01:00:00Z"
    assert project.rows("hourly") == [], "b has delivered nothing, so nobody knows how far it is"
    _land(project, "b", "2", "04:00")
    project.fine()
    assert project.rows("hourly") == [], "a has delivered nothing in this update"
    _land(project, "a", "3", "05:00")
    _land(project, "b", "3", "04:30", "01:59")
    project.fine()
    assert [row["n"] for row in project.rows("hourly")] == [5, 1]
    assert project.fine().sum_of("written") is None


def test_a_view_of_rows_needs_no_name_beside_a_watermark(tmp_path: Path) -> None:
    project = Project(tmp_path).sql(
        """
        CREATE STREAMING TABLE a AS SELECT * FROM STREAM read_files(
          'a', format => 'json', schema => 'k STRING, at TIMESTAMP, items ARRAY<STRUCT<p: STRING, n: INT>>');
        CREATE STREAMING TABLE hourly AS
        SELECT item.p, window.start AS hour, sum(line + item.n) AS total
        FROM STREAM(a) WATERMARK at DELAY OF INTERVAL 10 MINUTES LATERAL VIEW posexplode(items) AS line, item
        GROUP BY item.p, window(at, '1 hour');
        """
    )
    items = '[{"p": "x", "n": 5}, {"p": "y", "n": 7}]'
    rows = (f'{{"k": "k", "at": "2026-01-01T{time}:00Z", "items": {items}}}\n' for time in ("01:10", "01:20", "03:00"))
    project.put("a/1.json", "".join(rows), age=60)
    project.fine()
    assert [(row["p"], row["total"]) for row in project.rows("hourly")] == [("x", 10), ("y", 16)]
