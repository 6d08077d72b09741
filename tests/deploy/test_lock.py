"""Two deployers at once: one wins, the other learns who holds the lock; what a dead process held is taken over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest

import ldp_magic
from ldp_magic.deploy.lock import Locked, _machine, locked
from ldp_magic.deploy.sign_in import sign_in
from ldp_magic.deploy.state import Folder
from ldp_magic.errors import LdpError
from tests.deploy.lab import Lab

FOLDER = Folder("/Workspace/Users/someone@example.com/.ldp/shop/dev")


def put(lab: Lab, **said: object) -> None:
    """A lock that somebody left."""
    workspace = sign_in()
    workspace.make_folder(FOLDER.lock.rpartition("/")[0])
    workspace.upload(FOLDER.lock, json.dumps({"id": "theirs", "user": "eve@example.com", **said}).encode())


def test_the_second_of_two_deployers_learns_who_is_at_work(lab: Lab):
    fault = lab.emulator.faults.add("POST /api/2.0/pipelines", delay=3.0)
    first = threading.Thread(target=lambda: ldp_magic.deploy(env="dev", yes=True))
    first.start()
    until = time.monotonic() + 60
    while not fault.met and time.monotonic() < until:
        time.sleep(0.01)
    code, _, err = lab.deploy()
    first.join()
    assert code == 2 and "someone@example.com is deploying this" in err and "--take-lock" in err
    lab.forget()
    assert lab.deploy()[0] == 0 and lab.sent == []


def test_both_begin_at_the_same_moment(lab: Lab):
    ends: list[object] = []

    def deploy() -> None:
        try:
            ends.append(ldp_magic.deploy(env="dev", yes=True).applied)
        except LdpError as error:
            ends.append(error)

    threads = [threading.Thread(target=deploy) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert True in ends
    found = lab.holds()
    assert [len(found[kind]) for kind in ("pipelines", "jobs")] == [1, 1]
    assert lab.deploy()[0] == 0


def test_the_lock_of_another_machine_is_kept_and_can_be_taken(lab: Lab):
    put(lab, since="2026-11-20T10:00:00+00:00", machine="build-7/x/eve", process=1)
    code, _, err = lab.deploy()
    assert code == 2 and "eve@example.com is deploying this from build-7 since 2026-11-20 10:00:00 UTC" in err
    assert lab.deploy("--take-lock")[0] == 0


@pytest.mark.parametrize("said", [{"process": "many"}, {"since": 7}, {}])
def test_a_lock_that_says_odd_things_is_a_lock(lab: Lab, said: dict[str, object]):
    put(lab, **said)
    assert lab.deploy()[0] == 2
    assert lab.deploy("--take-lock")[0] == 0


@pytest.mark.skipif(os.name == "nt", reason="there nobody can tell whether a process lives")
def test_the_lock_of_a_process_that_has_died_is_taken_over(lab: Lab):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    put(lab, machine=_machine(), process=process.pid)
    assert lab.deploy()[0] == 0


def test_an_answer_that_was_lost_does_not_lock_its_own_deploy_out(lab: Lab):
    workspace = sign_in()
    workspace.make_folder(FOLDER.lock.rpartition("/")[0])
    lab.emulator.faults.add("POST /api/2.0/workspace/import", status=504, after=True)
    with locked(workspace, FOLDER), pytest.raises(Locked), locked(workspace, FOLDER):
        pass
    assert workspace.download(FOLDER.lock) is None
