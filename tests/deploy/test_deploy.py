"""Deploys against the emulated workspace: what is sent, what a second one sends, what others changed."""

from __future__ import annotations

from tests.deploy.lab import Lab


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
