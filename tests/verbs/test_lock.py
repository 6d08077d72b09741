"""`ldp lock`, typed and called: what it writes, keeps and says, and when a lock is stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.cli import main
from ldp_magic.errors import SourceError
from ldp_magic.project import lockfile

READS = "CREATE STREAMING TABLE events AS SELECT * FROM STREAM read_files('/in', format => 'json', schema => '{}');"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "events.sql").write_text(READS.format("id INT, word STRING"))
    (tmp_path / "orders.sql").write_text("CREATE MATERIALIZED VIEW m AS SELECT * FROM main.raw.orders JOIN events;")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def locked(project: Path) -> dict[str, list[tuple[str, str]]]:
    return {each.name: [(c.name, c.type) for c in each.columns] for each in lockfile.load(project / "ldp.lock")}


def test_it_writes_what_is_read_from_outside(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["lock"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ldp.lock  2 external sources · 2 added · written\n") and "json files, 2 columns" in out
    assert "the columns of 1 source are unknown" in out
    assert locked(project) == {"/in": [("id", "int"), ("word", "string")], "main.raw.orders": []}


def test_a_second_time_there_is_nothing_to_do(project: Path, capsys: pytest.CaptureFixture[str]):
    main(["lock"])
    before = (project / "ldp.lock").stat().st_mtime_ns
    capsys.readouterr()
    assert main(["lock"]) == 0 and main(["lock", "--check"]) == 0
    assert "2 external sources · up to date" in capsys.readouterr().out
    assert (project / "ldp.lock").stat().st_mtime_ns == before


def test_check_writes_nothing_and_fails(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["lock", "--check"]) == 1
    assert not (project / "ldp.lock").exists()
    assert "ldp.lock is stale: ldp lock writes it" in capsys.readouterr().out


def test_what_changed_is_said(project: Path, capsys: pytest.CaptureFixture[str]):
    main(["lock"])
    (project / "events.sql").write_text(READS.format("id BIGINT, more DATE"))
    (project / "orders.sql").unlink()
    capsys.readouterr()
    assert main(["lock"]) == 0
    out = capsys.readouterr().out
    assert "~  change  /in" in out and "+ more date · − word · id int → bigint" in out
    assert "remove  main.raw.orders" in out
    assert locked(project) == {"/in": [("id", "bigint"), ("more", "date")]}


def test_what_was_added_by_hand_is_kept_and_used(project: Path):
    main(["lock"])
    path = project / "ldp.lock"
    text = path.read_text().replace('[source."main.raw.orders"]\nkind = "table"', HAND)
    path.write_text(text)
    assert ldp_magic.lock(check=True).changes == ()
    view = ldp_magic.graph().pipelines[0].datasets["m"]
    assert [(c.name, c.type) for c in view.columns or ()][:1] == [("order_id", "bigint")]


HAND = '[source."main.raw.orders"]\nkind = "table"\ncolumns = [ { name = "order_id", type = "bigint" } ]'


def test_another_layout_of_the_same_lock_is_not_stale(project: Path):
    main(["lock"])
    path = project / "ldp.lock"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert ldp_magic.lock(check=True).exit_code == 0


def test_a_part_of_the_project_takes_nothing_away(project: Path):
    (project / "ldp.toml").write_text(
        "[pipelines.one]\nsources = ['events.sql']\n[pipelines.two]\nsources = ['orders.sql']\n"
    )
    main(["lock"])
    assert main(["lock", "events.sql"]) == 0
    assert locked(project).keys() == {"/in", "main.raw.orders"}


def test_a_file_that_cannot_be_read_takes_nothing_away(project: Path, capsys: pytest.CaptureFixture[str]):
    main(["lock"])
    (project / "orders.sql").write_bytes(b"\0\0")
    assert main(["lock"]) == 0
    assert "orders.sql" in capsys.readouterr().err and "main.raw.orders" in locked(project)


def test_what_another_pipeline_makes_is_not_outside(project: Path):
    (project / "ldp.toml").write_text(
        "schema = 's'\n[pipelines.one]\nsources = ['events.sql']\n[pipelines.two]\nsources = ['orders.sql']\n"
    )
    ldp_magic.lock()
    assert locked(project).keys() == {"/in", "main.raw.orders"}


def test_a_new_source_is_found_although_there_is_a_lock(project: Path):
    main(["lock"])
    (project / "more.sql").write_text("CREATE MATERIALIZED VIEW n AS SELECT * FROM customers;")
    assert [change.name for change in ldp_magic.lock().changes] == ["customers"]


def test_a_locked_name_that_looks_like_a_slip_stays(project: Path):
    (project / "more.sql").write_text("CREATE MATERIALIZED VIEW n AS SELECT * FROM event;")
    (project / "ldp.lock").write_text('version = 1\n[source.event]\nkind = "table"\n')
    ldp_magic.lock()
    assert "event" in locked(project)


def test_nothing_to_lock(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a.sql").write_text("CREATE MATERIALIZED VIEW a AS SELECT 1")
    assert main(["lock", str(tmp_path)]) == 0 and main(["lock", "--check", str(tmp_path)]) == 0
    assert "nothing to lock" in capsys.readouterr().out and not (tmp_path / "ldp.lock").exists()


def test_a_damaged_lock_is_not_overwritten(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "ldp.lock").write_text("<<<<<<< ours\n")
    assert main(["lock"]) == 2
    assert "merge conflict" in capsys.readouterr().err
    assert (project / "ldp.lock").read_text() == "<<<<<<< ours\n"


def test_nothing_could_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "bad.ipynb").write_text("{")
    assert main(["lock", str(tmp_path)]) == 2
    assert capsys.readouterr().out == "" and not (tmp_path / "ldp.lock").exists()
    with pytest.raises(SourceError):
        ldp_magic.lock(tmp_path)


def test_as_json(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["lock", "--check", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["stale"] and [each["name"] for each in said["sources"]] == ["/in", "main.raw.orders"]


def test_the_example_is_locked():
    example = Path(__file__).parents[2] / "examples" / "user_analytics"
    assert ldp_magic.lock(example, check=True).exit_code == 0
