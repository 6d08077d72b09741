"""`ldp expectations`, typed and called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ldp_magic.cli import main
from ldp_magic.errors import LdpError
from ldp_magic.verbs.expectations import Overview, expectations, name_and_paths
from tests.runs.project import Project

SQL = """CREATE OR REFRESH STREAMING TABLE t (
  CONSTRAINT small EXPECT (a BETWEEN 0 AND ${most}) ON VIOLATION DROP ROW,
  CONSTRAINT little EXPECT (b < 5)
) AS SELECT * FROM STREAM read_files('landing', format => 'csv', header => true, schema => 'id INT, a INT, b INT');
CREATE OR REFRESH MATERIALIZED VIEW m (CONSTRAINT some EXPECT (n > 0) ON VIOLATION FAIL UPDATE) AS SELECT count(*) AS n FROM t;
CREATE OR REFRESH MATERIALIZED VIEW bare AS SELECT id FROM t;
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    project.put("ldp.toml", '[parameters]\nmost = "9"\n')
    project.put("landing/1.csv", "id,a,b\n1,0,1\n2,9,1\n3,5,9\n4,-1,1\n5,10,1\n6,,1\n7,,\n")
    project.sql(SQL)
    monkeypatch.chdir(tmp_path)
    return project


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["expectations", *words]) == code
    return capsys.readouterr().out


def test_typed(project: Project, capsys: pytest.CaptureFixture[str]):
    project.fine()
    everything = said(capsys)
    assert "2 datasets · 3 expectations · update 1" in everything and "bare" not in everything
    assert said(capsys, ".") == everything
    one = said(capsys, "t")
    assert "7 rows checked, batch 1, update 1" in one and "▼ 4 rows dropped  ▲ 1 row kept with a warning" in one
    rows = said(capsys, "t", "--rows", "--limit", "2")
    assert "… 2 more rows: --limit 4" in rows and ">= 0 was false for 1 row and <= 9 for 1; 2 rows have no a" in rows
    assert "changed since" not in rows
    data = json.loads(said(capsys, "t", ".", "--rows", "--format", "json"))
    assert [each["expectation"] for each in data["reasons"]] == ["small", "little"]
    assert said(capsys, "t", "--rows", "--format", "html").startswith("<!doctype html>")
    assert {each["dataset"] for each in json.loads(said(capsys, "--format", "json"))["datasets"]} == {"t", "m"}


def test_the_exit_code_is_that_of_the_newest_update(project: Project, capsys: pytest.CaptureFixture[str]):
    project.put("landing/1.csv", "id,a,b\n4,-1,1\n")
    assert project.run().state == "FAILED"
    out = said(capsys, "m", code=1)
    assert "✗ m stopped: expectation some failed for 1 of 1 rows" in out and "fix" in out
    assert "m stopped" in said(capsys, code=1)
    assert said(capsys, "t")  # its own rows went well
    assert "wrote m.html" in said(capsys, "m", "--format", "html", "--out", "m.html", code=1)
    assert "stopped" in (project.root / "m.html").read_text(encoding="utf-8")
    project.put("landing/2.csv", "id,a,b\n1,1,1\n")
    project.fine()
    assert "stopped" not in said(capsys, "m")


def test_an_earlier_update(project: Project, capsys: pytest.CaptureFixture[str]):
    project.fine()
    project.put("landing/2.csv", "id,a,b\n8,99,1\n")
    project.fine()
    assert "7 rows checked, batch 1, update 1" in said(capsys, "t", "--update", "1")
    assert "1 row checked, batch 2, update 2" in said(capsys, "t")
    for number, what in (("9", "there is no update 9"), ("x", "--update cannot be x")):
        assert main(["expectations", "t", "--update", number]) == 2
        assert what in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["nope"], "no dataset is called nope"),
        (["bare"], "bare has no expectations"),
        (["--rows"], "--rows needs a dataset"),
        (["t", "--limit", "x"], "--limit cannot be x"),
        (["t", "--pipeline", "other"], "no pipeline is called other"),
        (["t", "--env", "prod"], "no environment is called prod"),
    ],
)
def test_what_cannot_be_followed(project: Project, capsys: pytest.CaptureFixture[str], words: list[str], what: str):
    project.fine()
    assert main(["expectations", *words]) == 2
    error = capsys.readouterr().err
    assert what in error and "fix" in error


def test_a_pipeline_without_any(project: Project):
    project.sql("CREATE OR REFRESH MATERIALIZED VIEW bare AS SELECT 1 AS id;\n").fine()
    with pytest.raises(LdpError, match="no dataset here has expectations"):
        expectations(None, project.root)


def test_one_that_was_not_written_yet_is_named(project: Project):
    project.fine()
    project.sql(SQL + "CREATE MATERIALIZED VIEW late (CONSTRAINT c EXPECT (id > 0)) AS SELECT id FROM t;\n")
    found = expectations(None, project.root)
    assert isinstance(found, Overview) and "not checked yet: late; ldp run checks it" in found.text()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], (None, ["."])),
        (["."], (None, ["."])),
        (["t"], ("t", ["."])),
        (["main.s.t", "a", "b"], ("main.s.t", ["a", "b"])),
        (["a/b"], (None, ["a/b"])),
    ],
)
def test_a_name_or_a_path(words: list[str], found: tuple[str | None, list[str]]):
    assert name_and_paths(words) == found
