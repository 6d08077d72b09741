"""A thousand datasets: they are sent many at once, and a second deploy neither sends nor reads them one by one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ldp_magic.deploy.apply import Work, apply
from ldp_magic.deploy.reading import look
from ldp_magic.deploy.sign_in import sign_in
from ldp_magic.deploy.state import Folder, State
from ldp_magic.resources import File
from tests.deploy.lab import Lab

MANY = 1_000


def test_a_thousand_files(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    files = tuple(File(path=f"transformations/t{n}.sql", content=b"SELECT %d" % n) for n in range(MANY))
    workspace, folder = sign_in(), Folder("/Workspace/Users/someone@example.com/many")
    workspace.make_folder(f"{folder.path}/state")
    threads: set[str] = set()
    state = apply(
        workspace, folder, State.new(), Work(uploads=files), lambda done: threads.add(threading.current_thread().name)
    )
    assert len(state.files) == MANY and all(state.files.values())
    lab.forget()
    seen = look(workspace, folder)
    assert (seen.missing, seen.edited) == (frozenset(), frozenset())
    assert len(lab.emulator.requests) < 10
    assert threads == {threading.current_thread().name}, "what is done is told in one thread"


def test_a_file_that_no_workspace_takes_is_told_before_anything_is_sent(lab: Lab, tmp_path: Path):
    (lab.root / "transformations" / "big.sql").write_bytes(b"-- " + b"x" * 10_485_760)
    code, _, err = lab.deploy()
    assert code == 2 and "big.sql" in err
    assert lab.sent == []
