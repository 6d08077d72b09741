"""`ldp history`: the updates of a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ldp_magic.lake import Lake
from ldp_magic.verbs.history import history
from tests.verbs.test_events import ldp, tell


def test_the_newest_is_first(tmp_path: Path):
    for number, end in ((1, "FAILED"), (2, "COMPLETED"), (3, "CANCELED")):
        tell(tmp_path, number, end=end)
    found = history(tmp_path)
    assert [(each.number, each.word) for each in found.updates] == [(3, "stopped"), (2, "done"), (1, "failed")]
    assert [(each.sum_of("written"), each.sum_of("dropped")) for each in found.updates] == [(10, 2)] * 3
    assert [each.number for each in history(tmp_path, limit=1).updates] == [3] and history(tmp_path, limit=1).total == 3


def test_an_update_without_an_end_runs_only_while_somebody_holds_the_lake(tmp_path: Path):
    tell(tmp_path, 1, end="")
    tell(tmp_path, 2, end="")
    assert [each.word for each in history(tmp_path).updates] == ["cut short", "cut short"]
    with Lake.open(tmp_path).lock():
        assert [each.word for each in history(tmp_path).updates] == ["running", "cut short"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    for number in range(1, 31):
        tell(tmp_path, number, end="FAILED" if number == 30 else "COMPLETED")
    monkeypatch.chdir(tmp_path)
    code, out, err = ldp(capsys, "history")
    lines = out.splitlines()
    assert (code, err) == (0, "") and lines[0].startswith("history  30 updates · dev · times in UTC")
    assert lines[3].startswith("✗ failed      30  ") and lines[4] == ("  main.web.sums stopped: there is no column x")
    assert len(lines) == 3 + 20 + 1 + 1 and lines[-1] == "  … 10 earlier: --limit 30"
    said = json.loads(ldp(capsys, "history", "--format", "json")[1])
    assert len(said) == 30 and said[0]["problems"] == ["main.web.sums stopped: there is no column x"]
    assert (said[1]["rows_written"], said[1]["state"], said[1]["ended"]) == (10, "COMPLETED", True)
