"""`ldp events`: the stored events of an update."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ldp_magic import cli
from ldp_magic.errors import LdpError
from ldp_magic.events import Event, Recorder
from ldp_magic.lake import Lake
from ldp_magic.verbs.events import events

Tell = Callable[..., None]


def tell(root: Path, number: int, *, env: str = "dev", end: str = "COMPLETED") -> None:
    """An update of two flows, of which one fails if the update is to; without an end it is cut short."""
    lake = Lake.open(root, env)
    id_ = f"{number}abc{'0' * 8}"

    def emit(event: Event) -> None:
        lake.events.add(id_, event.to_dict())

    record = Recorder(emit, update_id=id_, number=number, pipeline="web", environment=env, place="embedded")
    record.created(flows=2)
    record.update("RUNNING")
    record.flow("orders", "orders", "RUNNING")
    record.flow("orders", "orders", "COMPLETED", rows_read=10, rows_written=10, dropped=2, seconds=0.2)
    if end == "FAILED":
        record.flow("main.web.sums", "main.web.sums", "FAILED", error=LdpError("there is no column x", fix="say y"))
    if end:
        record.update(end)


def ldp(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(words)
    return (code, *capsys.readouterr())


def messages(found: object) -> list[str]:
    return [event.message for event in found.events]  # type: ignore[attr-defined]


def test_the_newest_update_in_its_order(tmp_path: Path):
    tell(tmp_path, 1)
    tell(tmp_path, 2, end="FAILED")
    found = events(tmp_path)
    assert (found.update.name, found.total, found.exit_code) == ("update 2", 6, 0)
    assert messages(found)[0] == "update 2 started, dev, embedded, 2 flows"
    assert messages(found)[3:5] == [
        "orders done: 10 rows in 0.20 s, 2 dropped",
        "main.web.sums failed: there is no column x",
    ]


@pytest.mark.parametrize("said", [1, "1", "1abc", "1abc00000000"], ids=str)
def test_an_update_by_number_or_id(tmp_path: Path, said: int | str):
    for number in (1, 2, 12):
        tell(tmp_path, number)
    assert events(tmp_path, update=said).update.number == 1


def test_only_what_is_asked_for(tmp_path: Path):
    tell(tmp_path, 1, end="FAILED")
    assert messages(events(tmp_path, level="error")) == [
        "main.web.sums failed: there is no column x",
        events(tmp_path).events[-1].message,
    ]
    assert [event.flow for event in events(tmp_path, flow="SUMS").events] == ["main.web.sums"]
    assert {event.flow for event in events(tmp_path, flow="orders").events} == {"orders"}
    last = events(tmp_path, limit=1)
    assert (len(last.events), last.total) == (1, 6) and last.events[0].event_type == "update_progress"


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    tell(tmp_path, 1, end="FAILED")
    monkeypatch.chdir(tmp_path)
    code, out, err = ldp(capsys, "events", "--level", "error", "--limit", "1")
    assert (code, err) == (0, "") and "… 1 earlier: --limit 2" in out and "update 1 failed after" in out
    code, out, _ = ldp(capsys, "events", "--format", "json", "--flow", "orders")
    records = json.loads(out)
    assert code == 0 and records[1]["details"]["flow_progress"]["metrics"] == {"num_output_rows": 10}
    assert "say y" in ldp(capsys, "events")[1]


@pytest.mark.parametrize(
    ("asked", "what", "fix"),
    [
        ({"update": 9}, "there is no update 9", "ldp history shows them"),
        ({"update": "zz"}, "there is no update zz", "ldp history shows them"),
        ({"flow": "order"}, "no flow of this update is called order; orders is", "say --flow orders"),
    ],
    ids=str,
)
def test_what_is_not_there(tmp_path: Path, asked: dict[str, str], what: str, fix: str):
    tell(tmp_path, 1)
    with pytest.raises(LdpError) as error:
        events(tmp_path, **asked)  # type: ignore[arg-type]
    assert (error.value.what, error.value.fix) == (what, fix)


@pytest.mark.parametrize("limit", ["0", "-1", "many", "²"])
def test_a_limit_is_a_number(capsys: pytest.CaptureFixture[str], limit: str):
    code, _, err = ldp(capsys, "events", f"--limit={limit}")
    assert code == 2 and f"--limit cannot be {limit}" in err


def test_a_project_that_never_ran(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for verb in ("events", "history"):
        code, out, err = ldp(capsys, verb)
        assert (code, out) == (2, "") and err.splitlines()[0] == "✗ nothing was run here yet"
        assert err.splitlines()[-1] == "  fix  ldp run"
    assert list(tmp_path.iterdir()) == [], "a look makes no lake"


def test_another_environment_did(tmp_path: Path):
    (tmp_path / "ldp.toml").write_text("[env.prod]\n[env.stage]\n")
    tell(tmp_path, 1, env="prod")
    with pytest.raises(LdpError, match="nothing was run here in the environment dev") as error:
        events(tmp_path)
    assert error.value.fix.startswith("say --env prod")
    assert not (tmp_path / ".ldp/lake/dev").exists()
    assert events(tmp_path, env="prod").update.environment == "prod"


def test_an_odd_record_and_a_cut_line_are_no_end_of_it(tmp_path: Path):
    tell(tmp_path, 1)
    lake = Lake.open(tmp_path)
    lake.events.add("1abc00000000", {"event_type": 3, "details": "no", "timestamp": "soon", "neu": [1]})
    (path,) = (lake.folder / "events").iterdir()
    path.write_bytes(path.read_bytes() + b'{"id": "x", "mess')
    found = events(tmp_path)
    assert found.total == 6 and "done: 10 rows" in found.text()
    assert {"event_type": 3, "details": "no", "timestamp": "soon", "neu": [1]} in found.json()
