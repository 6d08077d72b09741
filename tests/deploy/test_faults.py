"""Whatever goes wrong at any request of a deploy: the next one ends as if nothing had."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.deploy import sign_in, workspace
from ldp_magic.emulator import workspace as emulated
from tests.deploy.lab import Lab, held
from tests.readme import ROOT

FAULTS: dict[str, dict[str, Any]] = {
    "429": {"status": 429},
    "429 with Retry-After": {"status": 429, "retry_after": "1"},
    "500": {"status": 500},
    "500 for long": {"status": 500, "times": 6},
    "504 after the effect": {"status": 504, "after": True},
    "504 after the effect for long": {"status": 504, "after": True, "times": 6},
    "dropped": {"drop": True},
    "dropped after the effect": {"drop": True, "after": True},
    "dropped for long": {"drop": True, "times": 6},
    "no JSON": {"body": b"<html>proxy</html>", "after": True},
    "no JSON for long": {"status": 502, "body": b"<html>proxy</html>", "times": 6},
    "refused": {"status": 403},
}
LOGIN = 3  # requests before the deploy itself
MOST = 60


def again(lab: Lab) -> None:
    """Begin anew with an empty workspace."""
    lab.emulator.faults.clear()
    assert lab.ldp("destroy", "--env", "dev", "--yes")[0] == 0
    lab.forget()


def undisturbed(lab: Lab) -> tuple[dict[str, Any], int]:
    """What a deploy without faults comes to, and how many requests it has."""
    lab.forget()
    assert lab.deploy()[0] == 0
    many = len(lab.emulator.requests)
    found = held(sign_in.sign_in())
    again(lab)
    return found, many


def check(lab: Lab, fault: dict[str, Any], at: int, right: dict[str, Any]) -> None:
    """A deploy that meets a fault, and one after it: the workspace is right, nothing is there twice, nothing is sent."""
    lab.emulator.faults.add("* /", skip=at, **fault)
    code, out, err = lab.deploy()
    assert code in (0, 2) and "Traceback" not in err, f"at {at}: {err}"
    assert lab.emulator.token not in out + err
    lab.emulator.faults.clear()
    time.sleep(2 * fault.get("delay", 0.0))  # what was given up is done after all
    code, _, err = lab.deploy()
    assert code == 0, f"at {at}: {err}"
    assert held(sign_in.sign_in()) == right, f"at {at}"
    lab.forget()
    assert lab.deploy()[0] == 0
    assert lab.sent == [], f"at {at}"
    again(lab)


def points(many: int, every: int, first: int) -> Iterator[int]:
    return iter(range(LOGIN + first % every, many, every))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_some_request(lab: Lab, name: str):
    right, many = undisturbed(lab)
    for at in points(many, 13 if "429" in name else 6, list(FAULTS).index(name)):
        check(lab, FAULTS[name], at, right)


@pytest.mark.soak
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_every_request(lab: Lab, name: str):
    right, many = undisturbed(lab)
    assert many < MOST
    for at in range(LOGIN, many):
        check(lab, FAULTS[name], at, right)


def test_a_stall_is_waited_for_or_given_up(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sign_in, "TIMEOUT", 0.5)
    right, many = undisturbed(lab)
    for at in points(many, 11, 1):
        check(lab, {"delay": 0.8}, at, right)


def test_a_fault_in_a_later_deploy(lab: Lab):
    """A change, a new file and one that is gone: each request of that deploy fails once for good."""
    lab.deploy()
    lab.write("days", "CREATE OR REFRESH MATERIALIZED VIEW days AS SELECT day FROM visits;\n")
    lab.write("more", "CREATE OR REFRESH MATERIALIZED VIEW more AS SELECT 1 AS x;\n")
    second = ("--schedule", "0 0 3 * * ?")
    at = LOGIN
    while True:
        lab.forget()
        lab.emulator.faults.add("* /", skip=at, status=500, after=True, times=5)
        code, _, err = lab.deploy(*second)
        met = lab.emulator.faults.rules[0].met
        lab.emulator.faults.clear()
        assert code in (0, 2), err
        if not met:
            break
        assert lab.deploy(*second)[0] == 0
        found = held(sign_in.sign_in())
        assert [len(found[kind]) for kind in ("pipelines", "jobs")] == [1, 1]
        assert found["jobs"][0][1]["schedule"]["quartz_cron_expression"] == "0 0 3 * * ?"
        assert sum(path.endswith(".sql") for path in found["files"]) == 3
        lab.deploy()  # back to two in the morning
        at += 4


def killed(lab: Lab, at: int) -> None:
    """A deploy in a process of its own, which is killed before the workspace does what a request asks for."""
    fault = lab.emulator.faults.add("* /", skip=at, delay=60.0, status=500)
    words = [sys.executable, "-m", "ldp_magic", "deploy", "--env", "dev", "--yes"]
    process = subprocess.Popen(words, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)
    until = time.monotonic() + 120
    while not fault.met and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    process.communicate()


@pytest.mark.parametrize("at", [LOGIN + 6, LOGIN + 14])
def test_a_deploy_that_was_killed_goes_on(lab: Lab, at: int):
    right, _ = undisturbed(lab)
    killed(lab, at)
    lab.emulator.faults.clear()
    code, _, err = lab.deploy()
    assert code == 0, err
    assert held(sign_in.sign_in()) == right


@pytest.mark.soak
def test_a_deploy_that_is_killed_at_every_request_goes_on(lab: Lab):
    right, many = undisturbed(lab)
    for at in range(LOGIN, many):
        killed(lab, at)
        lab.emulator.faults.clear()
        assert lab.deploy()[0] == 0, f"at {at}"
        assert held(sign_in.sign_in()) == right, f"at {at}"
        again(lab)


def test_the_service_says_when_to_come_again(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    lab.emulator.faults.add("POST /api/2.0/pipelines", status=429, retry_after="3600")
    monkeypatch.setattr(workspace, "PATIENCE", 5.0)
    code, _, err = lab.deploy()
    assert code == 2 and "pipeline shop" in err and "run the same command again" in err
    assert lab.deploy()[0] == 0


def test_another_workspace_is_not_touched(tmp_path: Path, lab: Lab):
    with emulated(scripted=True) as other:
        assert lab.deploy()[0] == 0
        assert other.requests == []
