"""`ldp clean`: what goes, what stays, and who is waited for."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from ldp_magic.cli import main
from ldp_magic.errors import LdpError
from ldp_magic.verbs.clean import clean
from ldp_magic.verbs.quarantine import quarantine
from tests.runs.project import Project

SQL = """CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT small EXPECT (a < 9) ON VIOLATION DROP ROW)
AS SELECT * FROM STREAM read_files('landing', format => 'csv', header => true, schema => 'id INT, a INT');
CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t;
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three updates, each with a row that is kept and one that is not."""
    project = Project(tmp_path).sql(SQL)
    for n in range(3):
        project.put(f"landing/{n}.csv", f"id,a\n{n},1\n{n},10\n")
        project.fine()
    monkeypatch.chdir(tmp_path)
    return project


def test_nothing_to_clean(project: Project, capsys: pytest.CaptureFixture[str]):
    assert main(["clean"]) == 0
    assert capsys.readouterr().out.startswith("clean  nothing to remove; the lake holds ")


def test_what_goes_is_what_nothing_needs(project: Project, capsys: pytest.CaptureFixture[str]):
    before = project.rows("t"), project.rows("m")
    assert main(["clean", "--days", "0", "--quarantine", "0", "--updates", "1", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["files"] > 0 and set(data["freed"]) == {"t", "m", "events of updates"}
    assert sum(data["freed"].values()) == data["bytes"]
    assert data["left"] == sum(
        path.stat().st_size for path in (project.root / ".ldp/lake/dev").rglob("*") if path.is_file()
    )
    assert (project.rows("t"), project.rows("m")) == before
    assert quarantine("t", project.root).rows == ()
    assert main(["history", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1
    project.put("landing/9.csv", "id,a\n9,1\n")
    project.fine()  # what the flows remember is still there
    assert project.values("id") == [0, 1, 2, 9]
    assert main(["clean", "--days", "0"]) == 0


def test_the_newest_dropped_rows_stay_longest(project: Project):
    sizes = [sum(file.size for file in each.files) for each in project.table().quarantine()]
    clean(project.root, days=0, quarantine=(sizes[0] + 1) / 1_000_000)
    found = quarantine("t", project.root)
    assert [row[2] for row in found.rows] == [2]


def test_an_update_at_work_is_not_disturbed(project: Project):
    began = time.monotonic()
    with project.lake.lock(), pytest.raises(LdpError):
        clean(project.root, days=0, wait=0)
    assert time.monotonic() > began and len(project.rows("t")) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--days", "x"], "--days cannot be x"),
        (["--quarantine", "-1"], "--quarantine"),
        (["--updates", "0"], "--updates cannot be 0"),
        (["--updates", "1.5"], "--updates cannot be 1.5"),
        (["--env", "prod"], "no environment is called prod"),
    ],
)
def test_what_cannot_be_followed(project: Project, capsys: pytest.CaptureFixture[str], words: list[str], said: str):
    assert main(["clean", *words]) == 2
    assert said in capsys.readouterr().err


def test_where_nothing_was_run(tmp_path: Path):
    (tmp_path / "ldp.toml").write_text("")
    with pytest.raises(LdpError, match="nothing was run here yet"):
        clean(tmp_path)
    assert os.listdir(tmp_path) == ["ldp.toml"]
