"""Exactly once: runs that are killed at any moment, and processes that run at once, leave what one quiet run leaves."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ldp_magic.lake import Keep, Table, log
from tests.runs.project import Project

PIPELINE = """
CREATE STREAMING TABLE raw (
  CONSTRAINT has_user EXPECT (user IS NOT NULL) ON VIOLATION DROP ROW, CONSTRAINT small EXPECT (v < 90)
) AS SELECT * FROM STREAM read_files('in', format => 'json', schema => 'id INT, user STRING, v INT, at TIMESTAMP, op STRING');
CREATE STREAMING TABLE hourly AS
SELECT user, window.start AS hour, count(*) AS n, sum(v) AS total
FROM STREAM(raw) WATERMARK at DELAY OF INTERVAL 30 MINUTES GROUP BY user, window(at, '1 hour');
CREATE STREAMING TABLE latest;
CREATE FLOW latest_changes AS AUTO CDC INTO latest FROM STREAM(raw) KEYS (user)
APPLY AS DELETE WHEN op = 'D' SEQUENCE BY id COLUMNS * EXCEPT (op) STORED AS SCD TYPE 1;
CREATE STREAMING TABLE history;
CREATE FLOW history_changes AS AUTO CDC INTO history FROM STREAM(raw) KEYS (user)
APPLY AS DELETE WHEN op = 'D' SEQUENCE BY id COLUMNS * EXCEPT (op, at) STORED AS SCD TYPE 2;
CREATE STREAMING TABLE both;
CREATE FLOW low AS INSERT INTO both BY NAME SELECT id, v FROM STREAM(raw) WHERE v < 30;
CREATE FLOW high AS INSERT INTO both BY NAME SELECT id, v FROM STREAM(raw) WHERE v > 60;
CREATE MATERIALIZED VIEW totals AS SELECT user, count(*) AS n, sum(v) AS total FROM raw GROUP BY user;
"""
TABLES = ("raw", "hourly", "latest", "history", "both", "totals")
CHILD = """
import sys
from ldp_magic.verbs.run import run
def say(event):
    if event.event_type == "update_progress" and event.said["state"] == "RUNNING":
        print("running", flush=True)
ran = run([sys.argv[1]], say=say, wait=120)
assert ran.exit_code == 0, [flow.failure for flow in ran.updated.flows]
print("ended", flush=True)
"""


@dataclass
class Quiet(Project):
    """A project whose updates nobody disturbed, and how long the last of them worked."""

    seconds: float = 0.0


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Quiet:
    """What runs leave that nobody disturbs."""
    project = _project(tmp_path_factory.mktemp("quiet"))
    for batch in range(3):
        _land(project, batch)
        updated = project.fine()
    flows = [flow.seconds or 0.0 for flow in updated.flows]
    return Quiet(project.root, seconds=max(sum(flows), 0.2))


def test_killed_runs_leave_what_quiet_ones_leave(quiet: Quiet, tmp_path: Path) -> None:
    _killed(quiet, tmp_path, random.Random(1), 10)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_killed_runs(quiet: Quiet, tmp_path: Path, seed: int) -> None:
    _killed(quiet, tmp_path, random.Random(100 + seed), 20)


def _killed(quiet: Quiet, folder: Path, rng: random.Random, kills: int) -> None:
    longest = quiet.seconds / 2  # a run that was killed before has less to do
    project, hit = _project(folder), 0
    for batch in range(3):
        _land(project, batch)
        for _ in range(kills // 3 + 1):
            hit += _run_and_kill(project, rng.uniform(0.0, longest))
        project.fine()
    assert hit >= kills // 4, f"only {hit} runs were killed in the middle"
    _assert_same(quiet, project)
    lake = project.lake
    with lake.lock(wait=10):
        lake.clean(Keep(days=0), before=time.time() + 10)
    _assert_same(quiet, project)
    for name in TABLES:
        table = project.table(name)
        there = {str(path) for path in (table.folder / "data").rglob("*") if path.is_file()}
        assert there == _needed(table), "what a killed run has written is still there"


def test_processes_that_run_at_once_do_each_row_once(quiet: Quiet, tmp_path: Path) -> None:
    project = _project(tmp_path)
    for batch in range(3):
        _land(project, batch)
        running = [subprocess.Popen([sys.executable, "-c", CHILD, str(project.root)]) for _ in range(3)]
        assert [each.wait(timeout=300) for each in running] == [0, 0, 0]
    _assert_same(quiet, project)


def test_a_lake_of_many_commits_stays_quick(tmp_path: Path) -> None:
    """Opening and looking is bounded by the commits since the last checkpoint, not by all there are."""
    project = Project(tmp_path).sql(
        "CREATE STREAMING TABLE t AS SELECT * FROM STREAM read_files('in', format => 'json', schema => 'id INT');"
        "CREATE STREAMING TABLE u AS SELECT * FROM STREAM(t);"
    )
    for n in range(40):
        project.put(f"in/{n}.json", f'{{"id": {n}}}\n')
        project.fine()
    table = project.table()
    assert project.values() == list(range(40))
    _, checkpoints = log.listed(table.folder)
    assert table.version - max(checkpoints) <= 10
    assert len(table.flow("t").state["files in"]) <= 11
    assert len(table.files) == 1, "small files were not written together"
    assert project.values("id", "u") == list(range(40)), "a stream has lost rows, or has read some twice"


def _project(folder: Path) -> Project:
    folder.mkdir(exist_ok=True)
    return Project(folder).sql(PIPELINE)


def _land(project: Project, batch: int) -> None:
    rng = random.Random(batch)
    for part in range(3):
        rows: list[dict[str, Any]] = []
        for n in range(40):
            number = batch * 1000 + part * 100 + n
            rows.append(
                {
                    "id": number + rng.randint(-30, 30) * 100_000,
                    "user": rng.choice(["ann", "bob", "cyd", None]),
                    "v": rng.randint(0, 100),
                    "at": f"2026-01-01T{(batch * 5 + rng.randint(0, 5)) % 24:02}:{rng.randint(0, 59):02}:00Z",
                    "op": rng.choice("UUUD"),
                }
            )
        project.put(f"in/{batch}-{part}.json", "".join(json.dumps(row) + "\n" for row in rows), age=60)


def _run_and_kill(project: Project, after: float) -> bool:
    """Run and kill; whether it was killed before its end."""
    command = [sys.executable, "-W", "ignore", "-c", CHILD, str(project.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        return "ended" not in process.stdout.read()


def _assert_same(one: Project, other: Project) -> None:
    for name in TABLES:
        assert one.rows(name) == other.rows(name), name
        assert one.columns(name) == other.columns(name)
        mine, theirs = one.table(name), other.table(name)
        assert sorted(_counts(mine)) == sorted(_counts(theirs)), name
        assert _quarantined(mine) == _quarantined(theirs), name


def _counts(table: Table) -> Iterator[str]:
    for _, flow, metrics in table.metrics():
        yield json.dumps([flow, metrics], sort_keys=True)


def _quarantined(table: Table) -> list[str]:
    files = [file.path for each in table.quarantine() for file in each.files]
    return sorted(repr(row) for path in files for row in pq.read_table(path, partitioning=None).to_pylist())


def _needed(table: Table) -> set[str]:
    found = {file.path for file in table.files}
    found |= {file.path for each in table.quarantine() for file in each.files}
    return found | {path for batch in table.flows.values() for paths in batch.state.values() for path in paths}
