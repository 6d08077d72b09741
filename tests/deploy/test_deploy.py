"""Deploys against the emulated workspace: what is sent, what a second one sends, what others changed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.deploy.lab import Lab
from tests.readme import ROOT


def test_a_second_deploy_sends_nothing(lab: Lab):
    code, out, err = lab.deploy()
    assert code == 0, err
    assert "deployed" in out and "2 files" in out
    lab.forget()
    code, out, err = lab.deploy()
    assert (code, lab.sent) == (0, []) and "nothing was sent" in out


def test_a_deploy_to_somebody_elses_machine_finds_the_ids(lab: Lab):
    lab.deploy()
    before = lab.holds()
    lab.write("days", "CREATE OR REFRESH MATERIALIZED VIEW days AS SELECT day FROM visits;\n")
    assert lab.deploy()[0] == 0
    after = lab.holds()
    assert len(after["pipelines"]) == len(after["jobs"]) == 1
    assert after["pipelines"] == before["pipelines"] and after["files"] != before["files"]


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals there")
@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_a_terminal_asks(lab: Lab, answer: str, code: int):
    import pty

    main, other = pty.openpty()
    words = [sys.executable, "-m", "ldp_magic", "deploy", "--env", "dev"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "120"}
    process = subprocess.Popen(words, env=env, stdin=other, stderr=other, stdout=subprocess.PIPE, text=True)
    os.close(other)
    seen = b""
    while b"y/N" not in seen:
        seen += os.read(main, 10_000)
    assert b"plan for dev" in seen and b"ldp deploy --plan" in seen and lab.sent == []
    os.write(main, f"{answer}\n".encode())
    out, _ = process.communicate(timeout=120)
    os.close(main)
    assert process.returncode == code and ("deployed" in out) == (answer == "y")
    assert ("nothing was sent; later: ldp deploy --plan" in out) == (answer == "n")
