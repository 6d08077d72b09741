"""`ldp quarantine`: the rows that were left out, and the pair of statements."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from ldp_magic.cli import main
from ldp_magic.errors import LdpError
from ldp_magic.verbs.quarantine import quarantine
from tests.runs.project import Project

TABLE = """CREATE OR REFRESH STREAMING TABLE t ({}
) AS SELECT {} FROM STREAM read_files('landing', format => 'csv', header => true, schema => 'id INT, a INT, b INT');
"""
SMALL = "CONSTRAINT small EXPECT (a BETWEEN 0 AND 9) ON VIOLATION DROP ROW"
BOTH = (
    f"CONSTRAINT warned EXPECT (id > 4),\n  {SMALL},\n  CONSTRAINT present EXPECT (b IS NOT NULL) ON VIOLATION DROP ROW"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    project.put("landing/1.csv", "id,a,b\n1,0,1\n2,-9,1\n3,,\n")
    monkeypatch.chdir(tmp_path)
    return project


def test_each_row_says_what_it_broke_newest_first(project: Project):
    project.sql(TABLE.format(SMALL, "*")).fine()
    project.put("landing/2.csv", "id,a,b\n4,1,\n5,99,\n")
    project.sql(TABLE.format(BOTH, "*, 'x' AS more")).fine()
    found = quarantine("t", project.root, limit=None)
    names = [name for name, _ in found.columns]
    rows = [dict(zip(names, row, strict=True)) for row in found.rows]
    assert [(row["id"], row["_dropped_by"], row["more"]) for row in rows] == [
        (4, ["present"], "x"), (5, ["small", "present"], "x"), (2, ["small"], None), (3, ["small"], None),
    ]  # fmt: skip
    moments = [row["_dropped_at"] for row in rows]
    assert moments[0] == moments[1] > moments[2] == moments[3] and found.answer.total == 4
    assert [row[names.index("id")] for row in quarantine("t", project.root, limit=3).rows] == [4, 5, 2]


def test_typed(project: Project, capsys: pytest.CaptureFixture[str]):
    project.sql(TABLE.format(BOTH, "*")).fine()
    assert main(["quarantine", "t"]) == 0
    out = capsys.readouterr().out
    assert "small, present" in out and "2 rows" in out and "newest first; times in UTC" in out
    assert main(["quarantine", "t", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["id"], row["_dropped_by"], row["a"]) for row in rows] == [
        ("2", "small", "-9"),
        ("3", "small, present", ""),
    ]
    assert main(["quarantine", "t", "--format", "json", "--limit", "1"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["total"] == 2 and data["rows"][0][0] == ["small"]
    assert main(["quarantine", "t", "--format", "html", "--out", "q.html"]) == 0
    assert "small, present" in (project.root / "q.html").read_text(encoding="utf-8")


def test_the_pair_is_text_that_a_shell_can_keep(project: Project, capsys: pytest.CaptureFixture[str]):
    project.sql(TABLE.format(SMALL, "*"))
    assert main(["quarantine", "t", "--sql"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("CREATE OR REFRESH STREAMING TABLE t (") and "TABLE t_quarantine\n" in out
    assert out.endswith("WHERE NOT COALESCE(a BETWEEN 0 AND 9, FALSE);\n")
    assert main(["quarantine", "t", "--sql", "--out", "both.sql"]) == 0
    assert (project.root / "both.sql").read_text(encoding="utf-8") == out


def test_rows_of_today_only(project: Project):
    """What was dropped before the rows were replaced is not among them."""
    project.sql(TABLE.format(SMALL, "*")).fine()
    project.put("landing/1.csv", "id,a,b\n1,0,1\n")
    project.fine(full_refresh=["all"])
    found = quarantine("t", project.root)
    assert found.rows == () and "no row of t is in quarantine" in found.text()


def test_changes_that_were_left_out(project: Project):
    project.put("landing/1.csv", "id,a,b\n1,1,1\n2,-2,1\n1,-5,2\n")
    project.sql(
        f"CREATE OR REFRESH STREAMING TABLE t ({SMALL});\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM "
        "read_files('landing', format => 'csv', header => true, schema => 'id INT, a INT, b INT') "
        "KEYS (id) SEQUENCE BY b COLUMNS * EXCEPT (b);\n"
    ).fine()
    found = quarantine("t", project.root)
    names = [name for name, _ in found.columns]
    assert sorted((row[names.index("id")], row[names.index("b")]) for row in found.rows) == [(1, 2), (2, 1)]


@pytest.mark.parametrize(
    ("name", "said"),
    [("v", "v is a temporary view, which keeps no rows"), ("late", "late was not written yet"), ("x", "is called x")],
)
def test_what_has_none(project: Project, name: str, said: str):
    project.sql(TABLE.format(SMALL, "*") + "CREATE TEMPORARY VIEW v AS SELECT * FROM t;\n").fine()
    project.sql(
        project.root.joinpath("pipeline.sql").read_text() + "CREATE MATERIALIZED VIEW late AS SELECT * FROM v;\n"
    )
    with pytest.raises(LdpError) as error:
        quarantine(name, project.root)
    assert said in error.value.what and error.value.fix


def test_no_dataset(capsys: pytest.CaptureFixture[str]):
    assert main(["quarantine"]) == 2
    assert "ldp quarantine needs a dataset" in capsys.readouterr().err
    assert main(["quarantine", "t", "--sql", "--format", "json"]) == 2
    assert "--sql writes no json" in capsys.readouterr().err
