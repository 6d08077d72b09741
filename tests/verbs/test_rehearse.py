"""`ldp rehearse` and `ldp_magic.rehearse`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.errors import UsageError
from ldp_magic.verbs.rehearse import share_of
from tests.runs.project import Project

PIPELINE = """
CREATE STREAMING TABLE hourly AS SELECT window.start AS hour, count(*) AS many
FROM STREAM read_files('in', format => 'json', schema => 'at TIMESTAMP') WATERMARK at DELAY OF INTERVAL 1 MINUTE
GROUP BY window(at, '1 hour');
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path).sql(PIPELINE)
    made.put("in/a.json", "".join(f'{{"at": "2026-03-01T{n:02}:30:00Z"}}\n' for n in range(12)), age=60)
    return made


def _ldp(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "ldp_magic", "rehearse", *words]
    env = {**os.environ, "PYTHONPATH": str(Path(ldp_magic.__file__).parents[1]), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=project.root, capture_output=True, text=True, encoding="utf-8", env=env)


def test_it_is_one_call_in_python(project: Project) -> None:
    shown = ldp_magic.rehearse("hourly", project.root, batches=4)  # type: ignore[attr-defined]
    assert shown.exit_code == 0 and len(shown.rehearsal.batches) == 4
    assert "11 out" in shown.text() and "11 out" in shown.html() and shown.json()["compared"][0]["open"] == 1
    assert not project.lake.tables()


def test_it_is_a_command(project: Project) -> None:
    shown = _ldp(project, "hourly", "--batches", "2", "--duplicate", "50%", "--format", "json")
    assert shown.returncode == 0, shown.stderr
    told = json.loads(shown.stdout)
    assert sum(batch["rows"] for batch in told["batches"]) == 18
    assert not (project.root / ".ldp" / "lake").exists()
    every = _ldp(project, ".", "--batches", "2", "--out", "page.html")
    assert every.returncode == 0 and "<html" in (project.root / "page.html").read_text()


def test_a_failing_step_is_exit_code_1(project: Project) -> None:
    project.sql(PIPELINE.replace("hourly AS", "hourly (CONSTRAINT c EXPECT (many > 1) ON VIOLATION FAIL UPDATE) AS"))
    shown = _ldp(project, "hourly")
    assert (
        shown.returncode == 1
        and "✗ hourly failed" in shown.stdout
        and "expectation c" in shown.stdout.replace("\n  ", " ")
    )


@pytest.mark.parametrize(
    "flag, said", [("--late", "much"), ("--late", "120%"), ("--batches", "x"), ("--duplicate", "-1")]
)
def test_a_flag_that_makes_no_sense_is_said(project: Project, flag: str, said: str) -> None:
    shown = _ldp(project, "hourly", f"{flag}={said}")
    assert shown.returncode == 2 and flag in shown.stderr and "Traceback" not in shown.stderr


@pytest.mark.parametrize("said, share", [("5%", 0.05), ("5 %", 0.05), ("0.05", 0.05), ("0", 0.0), ("100%", 1.0)])
def test_a_share_is_a_percentage_or_a_number(said: str, share: float) -> None:
    assert share_of("--late", said) == pytest.approx(share)
    with pytest.raises(UsageError):
        share_of("--late", f"-{said}1")
