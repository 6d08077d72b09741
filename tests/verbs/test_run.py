"""`ldp run` and `ldp_magic.run`: what would run, what has run, and how it is looked into."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.errors import LdpError
from ldp_magic.verbs.run import dry_run
from tests.runs.project import Project

PIPELINE = """
CREATE STREAMING TABLE raw (CONSTRAINT positive EXPECT (id > 0) ON VIOLATION DROP ROW)
AS SELECT * FROM STREAM read_files('in', format => 'json', schema => 'id INT, kind STRING');
CREATE MATERIALIZED VIEW kinds AS SELECT kind, count(*) AS n FROM raw GROUP BY kind;
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path).sql(PIPELINE)
    project.put("in/a.json", '{"id": 1, "kind": "x"}\n{"id": -1, "kind": "x"}\n', age=60)
    return project


def _ldp(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "ldp_magic", *words]
    env = {**os.environ, "PYTHONPATH": str(Path(ldp_magic.__file__).parents[1]), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=project.root, capture_output=True, text=True, encoding="utf-8", env=env)


def test_it_is_one_call_in_python(project: Project) -> None:
    ran = ldp_magic.run(project.root)
    assert ran.exit_code == 0 and [flow.written for flow in ran.updated.flows] == [1, 1]
    assert "raw" in ran.text() and "raw" in ran.html() and ran.json()
    assert ldp_magic.run(project.root, full_refresh="raw").updated.full_refresh == ("raw",)


def test_a_dry_run_says_what_would_run_and_writes_nothing(project: Project) -> None:
    ahead = dry_run(project.root)
    assert [(each.flow, each.unchanged, each.error) for each in ahead.flows] == [
        ("raw", False, None),
        ("kinds", False, None),
    ]
    assert ahead.flows[1].columns == (("kind", "string"), ("n", "bigint")) and ahead.exit_code == 0
    assert not project.lake.tables()
    project.fine()
    again = dry_run(project.root, full_refresh=["raw"])
    assert [each.anew for each in again.flows] == [True]
    assert dry_run(project.root).flows[1].unchanged
    project.sql(PIPELINE.replace("count(*)", "count(nobody)").replace("GROUP BY kind", "GROUP BY kind, lost"))
    shown = _ldp(project, "run", "--dry-run")
    assert shown.returncode == 1
    assert "✗ would fail" in shown.stdout and "1 of 2 flows would fail" in shown.stdout
    assert json.loads(_ldp(project, "run", "--dry-run", "--format", "json").stdout)["flows"][1]["error"]["what"]


def test_a_dry_run_names_what_cannot_stream(project: Project) -> None:
    project.sql(PIPELINE + "CREATE STREAMING TABLE last AS SELECT * FROM STREAM(raw) ORDER BY id;")
    (failed,) = [each for each in dry_run(project.root).flows if each.error]
    assert failed.flow == "last" and failed.error and "ORDER BY" in failed.error.what and failed.error.fix


def test_the_event_log_is_a_table(project: Project) -> None:
    project.fine()
    found = ldp_magic.sql(
        "SELECT origin.flow_name, details:flow_progress.metrics.num_output_rows AS written, "
        "details:flow_progress.data_quality.dropped_records AS dropped FROM event_log "
        "WHERE event_type = 'flow_progress' AND details:flow_progress.status = 'COMPLETED' ORDER BY sequence.data_plane_id.seq_no",
        project.root,
    )
    assert found.rows == (("raw", "1", "1"), ("kinds", "1", "0"))


def test_previews_read_what_updates_have_left(project: Project) -> None:
    project.fine()
    project.put("in/b.json", '{"id": 2, "kind": "y"}\n', age=60)
    assert ldp_magic.sql("SELECT count(*) FROM raw", project.root).rows == ((1,),)
    assert ldp_magic.sql("SELECT count(*) FROM raw", project.root, fresh=True).rows == ((2,),)
    kinds = ldp_magic.preview("kinds", project.root)
    assert kinds.rows == (("x", 1),) and any("last update" in note for note in kinds.fidelity.notes)
    assert sorted(ldp_magic.preview("kinds", project.root, fresh=True).rows) == [("x", 1), ("y", 1)]


def test_two_pipelines_are_not_guessed_between(project: Project, tmp_path: Path) -> None:
    project.put("ldp.toml", '[pipelines.a]\nsources = ["pipeline.sql"]\n[pipelines.b]\nsources = ["other.sql"]\n')
    project.put("other.sql", "CREATE MATERIALIZED VIEW one AS SELECT 1 AS x;")
    with pytest.raises(LdpError, match="2 pipelines") as caught:
        ldp_magic.run(project.root)
    assert "--pipeline a" in caught.value.fix
    assert ldp_magic.run(project.root, pipeline="b").exit_code == 0


def test_a_watch_runs_again_when_data_comes(project: Project) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "ldp_magic", "run", "--watch"]
    env = {**os.environ, "PYTHONPATH": str(Path(ldp_magic.__file__).parents[1]), "CI": "1"}
    out = project.root / "out.txt"
    with out.open("w") as file:
        process = subprocess.Popen(command, cwd=project.root, stdout=file, stderr=subprocess.STDOUT, env=env)
    try:
        _wait(out, "update 1 done")
        project.put("in/b.json", '{"id": 2, "kind": "y"}\n', age=60)
        _wait(out, "update 2 done")
        project.put("pipeline.sql", PIPELINE.replace("count(*)", "count(*"))
        _wait(out, "update 3 failed", "cannot be read")
        project.sql(PIPELINE.replace("count(*) AS n", "max(id) AS most"))
        _wait(out, "update 4 done", "update 3 done")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    assert sorted(map(str, project.rows("kinds"))) == ["{'kind': 'x', 'most': 1}", "{'kind': 'y', 'most': 2}"]


def _wait(path: Path, *words: str) -> None:
    until = time.monotonic() + 120
    while not any(word in path.read_text(encoding="utf-8") for word in words):
        assert time.monotonic() < until, path.read_text(encoding="utf-8")
        time.sleep(0.1)


EXAMPLE = Path(ldp_magic.__file__).parents[1] / "examples" / "user_analytics"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "it", ignore=shutil.ignore_patterns(".ldp", "data"))
    return tmp_path / "it"


def _part(example: Path, part: str) -> None:
    subprocess.run([sys.executable, str(example / "generate.py"), "--part", part], check=True)


def test_the_example_in_two_parts_and_an_update_without_news(example: Path) -> None:
    for part in ("1/2", "2/2"):
        _part(example, part)
        assert ldp_magic.run(example).exit_code == 0
    third = ldp_magic.run(example)
    assert third.exit_code == 0 and {flow.word for flow in third.updated.flows} == {"unchanged"}
    names = ("events", "user_profiles", "daily_metrics", "metrics_with_duration", "enriched_metrics", "final_metrics")
    counts = ", ".join(f"(SELECT count(*) FROM {name}) AS {name}" for name in names)
    assert ldp_magic.sql(f"SELECT {counts}", example).rows == ((1000, 100, 846, 846, 846, 846),)
    assert not ldp_magic.lint(example).findings


def test_the_naive_version_gets_the_findings_that_the_readme_names_and_fails_as_it_says(example: Path) -> None:
    found = {(Path(each.location.source.name).name, each.code) for each in ldp_magic.lint(example / "naive").findings}
    wanted = {("daily_metrics.sql", code) for code in ("LDP106", "LDP107", "LDP614")} | {("engagement.sql", "LDP126")}
    assert found == wanted
    readme = (example / "README.md").read_text(encoding="utf-8")
    assert all(code in readme for _, code in wanted)
    _part(example, "1/2")
    assert ldp_magic.run(example / "naive").exit_code == 0
    _part(example, "2/2")
    failed = {flow.name: flow for flow in ldp_magic.run(example / "naive").updated.flows}
    assert {name: flow.word for name, flow in failed.items()} == {
        "events": "done",
        "daily_metrics": "done",
        "engagement": "failed",
    }
    failure = failed["engagement"].failure
    assert failure and "rows of daily_metrics were changed" in failure.what and "skipChangeCommits" in failure.fix
