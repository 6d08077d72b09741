"""What can go wrong around a run: each time one clear error, the lake as it was, and a way out that works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ldp_magic.engine.place import Place
from ldp_magic.engine.session import engine_at
from ldp_magic.errors import LdpError
from tests.runs.project import LANDING, OLD, Project

JSON = LANDING.format(", format => 'json', schema => 'id INT, name STRING'")
READER = "CREATE OR REFRESH STREAMING TABLE u AS SELECT id FROM STREAM t;\n"
VIEW = "CREATE OR REFRESH MATERIALIZED VIEW v AS SELECT count(*) AS id FROM t;\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def one(project: Project, number: int = 1) -> None:
    project.put(f"landing/{number}.json", f'{{"id": {number}}}\n')


def raised(project: Project, **asked: object) -> str:
    """The one error that an update raises before it begins."""
    with pytest.raises(LdpError) as error:
        project.run(**asked)
    assert error.value.what and error.value.why and error.value.fix
    return " | ".join((error.value.what, error.value.why, error.value.fix))


# --- the lake ---------------------------------------------------------------------------------------------------------


def test_a_source_that_was_dropped_and_made_again(project: Project):
    project.sql(JSON + READER)
    one(project)
    project.fine()
    project.lake.drop(project.table("t").name)
    said = project.failure()
    assert "is not the table that was read before: it was dropped and made again" in said and "full refresh" in said
    assert project.values("id", "u") == [1] and project.values() == [1]
    project.fine(full_refresh=["u"])
    one(project, 2)
    project.fine()
    assert project.values("id", "u") == [1, 2]


def test_a_full_refresh_of_a_source_tells_its_readers(project: Project):
    project.sql(JSON + READER)
    one(project)
    project.fine()
    project.fine(full_refresh=["t"])
    said = project.failure()
    assert "rows of t were changed or removed" in said
    project.fine(full_refresh=["all"])
    assert project.values("id", "u") == [1]


def test_a_damaged_log(project: Project):
    project.sql(JSON + VIEW)
    one(project)
    project.fine()
    log = sorted((project.table().folder / "_delta_log").glob("*.json"))[-1]
    whole = log.read_bytes()
    log.write_bytes(whole[: len(whole) // 2])
    said = project.failure()
    assert log.name in said and "damaged" in said
    log.write_bytes(whole)
    one(project, 2)
    project.fine()
    assert project.values() == [1, 2] and project.values("id", "v") == [2]


def test_a_file_of_a_table_is_gone(project: Project):
    project.sql(JSON + VIEW)
    one(project)
    project.fine()
    Path(project.table().files[0].path).unlink()
    assert "is gone, and the table needs it" in project.failure(full_refresh=["v"])
    one(project, 2)
    project.fine(full_refresh=["all"])
    assert project.values() == [1, 2]


def test_a_list_of_files_that_were_read_is_gone(project: Project):
    project.sql(JSON)
    one(project)
    project.fine()
    ((path,),) = project.table().state("t").values()
    Path(path).unlink()
    one(project, 2)
    said = project.failure()
    assert "it held which files were read before" in said and "--full-refresh" in said
    assert project.values() == [1]
    project.fine(full_refresh=["t"])
    assert project.values() == [1, 2]


def test_a_lake_of_a_newer_version(project: Project):
    project.sql(JSON)
    one(project)
    project.fine()
    (project.lake.folder / "lake.json").write_text('{"version": 99}')
    assert "was made by a newer ldp" in raised(project)


def test_a_file_where_the_folder_of_a_table_should_be(project: Project):
    project.sql(JSON)
    one(project)
    project.fine()
    folder = project.table().folder
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("")
    assert str(folder) in project.failure()


CHILD = """
import os, resource, signal, sys
from pathlib import Path
sys.path.insert(0, {repository!r})
from ldp_magic.verbs.run import run
{before}
try:
    updated = run([{root!r}]).updated
except Exception as error:
    print(type(error).__name__, "|", error)
else:
    print(updated.state, [(flow.failure.what, flow.failure.why, flow.failure.fix) for flow in updated.flows if flow.failure])
"""


def in_a_child(root: Path, before: str) -> str:
    """What an update says in a process of its own."""
    text = CHILD.format(repository=str(Path(__file__).parents[2]), root=str(root), before=before)
    ended = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_disk_without_room(project: Project):
    project.sql(
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT id, uuid() AS name FROM STREAM read_files('landing', format => 'json');\n"
    )
    one(project)
    project.fine()
    project.put("landing/2.json", "".join(f'{{"id": {n}}}\n' for n in range(2, 50_000)))
    limit = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))"
    )
    said = in_a_child(project.root, limit)
    assert said.startswith("FAILED [(") and said.count("('") == 1, said
    assert "the engine cannot write rows to this disk: File too large" in said
    assert project.values() == [1]
    project.fine()
    assert len(project.rows()) == 49_999


POWERLESS = """
import ctypes  # who is root here may write everywhere, until he gives it up
header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert os.getuid() != 0 or ctypes.CDLL(None, use_errno=True).capset(header, nothing) == 0
"""


def test_a_lake_that_may_not_be_written_to(project: Project):
    project.sql(JSON)
    one(project)
    project.fine()
    one(project, 2)
    paths = [project.root / ".ldp", *(project.root / ".ldp").rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    said = in_a_child(project.root, POWERLESS)
    for path, mode in modes.items():
        path.chmod(mode)
    assert "LakeError" in said and "permission denied" in said, said
    assert project.values() == [1]
    project.fine()
    assert project.values() == [1, 2]


# --- the engine -------------------------------------------------------------------------------------------------------


def test_an_engine_that_dies_in_the_middle(project: Project):
    project.sql(
        JSON + "CREATE OR REFRESH MATERIALIZED VIEW v AS SELECT count(DISTINCT a.id * b.id) AS id"
        " FROM range(0, 30000) a CROSS JOIN range(0, 30000) b;\nCREATE OR REFRESH MATERIALIZED VIEW w AS SELECT * FROM v;\n"
    )
    one(project)
    ended = []

    def run() -> None:
        try:
            ended.append(project.run())
        except LdpError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not any(event.message.startswith("v ") for event in project.events):
        time.sleep(0.05)
    time.sleep(0.5)
    child = engine_at(Place()).child
    assert child is not None
    os.kill(child.process.pid, signal.SIGKILL)
    thread.join(60)
    assert not thread.is_alive() and len(ended) == 1
    (updated,) = ended
    assert updated.state == "FAILED"
    assert {flow.name: flow.failure.what for flow in updated.flows if flow.failure} == {
        "v": "the embedded engine ended (signal 9) while it was at work"
    }
    assert "w" not in {flow.name for flow in updated.flows if flow.status in ("COMPLETED", "FAILED")}
    project.sql(JSON)
    one(project, 2)
    project.fine()
    assert project.values() == [1, 2]


# --- clocks, paths and names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [1.0, 4_000_000_000.0])
def test_files_from_the_past_and_from_the_future(project: Project, moment: float):
    project.sql(JSON)
    one(project)
    project.fine()
    one(project, 2)
    project.put("landing/3.json", '{"id": 3}\n{"id": 4, "na')
    for name in ("2", "3"):
        os.utime(project.root / f"landing/{name}.json", (moment, moment))
    project.fine()
    assert project.values() == [1, 2, 3, None]
    assert [flow.status for flow in project.fine().flows] == ["IDLE"]


def test_a_clock_that_goes_back(project: Project, monkeypatch: pytest.MonkeyPatch):
    project.sql(JSON + READER)
    one(project)
    project.fine()
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 86_400)
    one(project, 2)
    project.fine()
    monkeypatch.undo()
    assert project.values("id", "u") == [1, 2]
    events = project.lake.events
    assert [events.of(each)[0]["message"].split()[1] for each in events.updates()] == ["2", "1"]
    one(project, 3)
    project.fine()
    assert project.values("id", "u") == [1, 2, 3]


@pytest.mark.parametrize("name", ["my project", "größe", "a#b", "data[1]", "it's", "{x}", "a*b", "100%"])
def test_paths_of_projects(tmp_path: Path, name: str):
    project = Project(tmp_path / name).sql(JSON + READER + VIEW)
    one(project)
    project.fine()
    one(project, 2)
    project.put("landing/ö #[1].json", '{"id": 3}\n')
    project.fine()
    assert project.values("id", "u") == [1, 2, 3] and project.values("id", "v") == [3]


def test_a_path_that_reads_like_an_address_is_refused(tmp_path: Path):
    project = Project(tmp_path / "a%20b").sql(JSON)
    one(project)
    assert "holds characters that the engine cannot read" in raised(project)


def test_names_that_are_no_plain_words(project: Project):
    project.sql(
        "CREATE OR REFRESH STREAMING TABLE `my-table` AS SELECT id AS `a b`, id AS `c.d`, id AS `é` FROM STREAM"
        " read_files('landing', format => 'json');\n"
        "CREATE MATERIALIZED VIEW `with space` AS SELECT `a b` + 1 AS `x``y`, `c.d`, `é` FROM `my-table`;\n"
        "CREATE STREAMING TABLE cat.other.t AS SELECT `a b` AS id FROM STREAM `my-table`;\n"
        "CREATE STREAMING TABLE another.t AS SELECT id + 1 AS id FROM STREAM cat.other.t;\n"
        "CREATE MATERIALIZED VIEW `select` AS SELECT a.id, b.id AS b FROM another.t a, cat.other.t b;\n"
    )
    one(project)
    project.fine()
    one(project, 2)
    project.fine()
    assert project.values("a b", "my-table") == [1, 2]
    assert project.values("x`y", "with space") == [2, 3]
    assert project.values("id", "other.t") == [1, 2] and project.values("id", "another.t") == [2, 3]
    assert len(project.rows("select")) == 4


# --- the pipeline -----------------------------------------------------------------------------------------------------


def test_a_dataset_that_vanished_keeps_its_table(project: Project):
    project.sql(JSON + VIEW)
    one(project)
    project.fine()
    project.sql(JSON)
    one(project, 2)
    project.fine()
    assert project.values("id", "v") == [1]
    project.sql(JSON + VIEW)
    project.fine()
    assert project.values("id", "v") == [2]


def test_a_circle(project: Project):
    project.sql(
        JSON + "CREATE MATERIALIZED VIEW a AS SELECT * FROM b;\nCREATE MATERIALIZED VIEW b AS SELECT * FROM c;\n"
        "CREATE MATERIALIZED VIEW c AS SELECT * FROM a;\nCREATE MATERIALIZED VIEW me AS SELECT * FROM me;\n"
    )
    one(project)
    updated = project.run()
    assert updated.state == "FAILED" and project.values() == [1]
    failures = [flow.failure for flow in updated.flows if flow.failure]
    skipped = [flow.name for flow in updated.flows if flow.status == "SKIPPED"]
    assert len(failures) == 2 and len(skipped) == 2, updated.flows
    assert all("reads itself" in failure.what or "circle" in failure.what for failure in failures), failures


def test_pipelines_without_a_table(project: Project):
    project.sql("CREATE TEMPORARY VIEW v AS SELECT 1 AS x;\n")
    assert "has no table to update" in raised(project)
    project.sql("-- nothing\n")
    assert "no" in raised(project)
    project.sql("")
    assert "no" in raised(project)


def test_lines_that_end_as_on_windows(project: Project):
    project.put("ldp.toml", "")
    project.put("pipeline.sql", (JSON + READER).replace("\n", "\r\n"))
    project.put("landing/1.json", '{"id": 1, "name": "a"}\r\n{"id": 2, "name": "b"}\r\n')
    project.fine()
    assert project.values("id", "u") == [1, 2] and project.values("name") == ["a", "b"]


def test_no_rows_at_all(project: Project):
    project.sql(JSON + READER + VIEW + "CREATE MATERIALIZED VIEW none AS SELECT * FROM t WHERE id > 5;\n")
    project.put("landing/1.json", "")
    project.fine()
    assert project.rows() == project.rows("u") == project.rows("none") == [] and project.values("id", "v") == [0]
    one(project, 2)
    project.fine()
    assert project.values("id", "u") == [2] and project.values("id", "v") == [1]


def test_two_thousand_columns(project: Project):
    names = [f"c{n}" for n in range(2000)]
    project.put("landing/1.json", json.dumps(dict.fromkeys(names, 1)) + "\n")
    project.sql(LANDING.format(", format => 'json'") + "CREATE MATERIALIZED VIEW v AS SELECT * FROM t;\n")
    project.fine()
    project.put("landing/2.json", json.dumps(dict.fromkeys([*names, "more"], 2)) + "\n")
    project.fine()
    assert len(project.columns()) == len(project.columns("v")) == 2002
    assert project.values("c1999", "v") == [1, 2] and project.values("more", "v") == [2, None]


def test_the_schema_of_a_source_changes_in_the_middle(project: Project):
    project.sql(
        LANDING.format(", format => 'json'") + "CREATE STREAMING TABLE u AS SELECT id + 1 AS id FROM STREAM t;\n"
    )
    one(project)
    project.fine()
    project.put("landing/2.json", '{"id": {"deep": 1}}\n')
    project.fine()
    assert project.values() == [1, None] and project.values("id", "u") == [2, None]
    project.put("landing/3.json", "no json at all\n", age=OLD)
    project.fine()
    assert len(project.rows("u")) == 3
