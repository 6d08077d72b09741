"""Beside a workspace: a bundle holds what the deployer really sent, and a pipeline comes back by its id."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.emulator.workspace import Workspace
from ldp_magic.errors import LdpError
from ldp_magic.verbs.check import sources
from ldp_magic.verbs.deploy import deploy
from ldp_magic.verbs.export import export
from ldp_magic.verbs.import_ import import_
from tests.bundle import resolved
from tests.bundle.test_import import described

NO_PIPELINE = "0f0f0f0f-1111-2222-3333-444444444444"


def bodies(there: Workspace, path: str) -> list[Any]:
    return [each.body for each in there.requests if each.method == "POST" and each.path == path]


def test_a_bundle_holds_what_the_deployer_sent(example: Path, there: Workspace):
    deploy(example, env="prod", yes=True)
    export("bundle", example)
    bundle = example / "dist" / "bundle"
    document = resolved.target(bundle, "prod")["resources"]
    (pipeline,), (job,) = bodies(there, "/api/2.0/pipelines"), bodies(there, "/api/2.2/jobs/create")
    theirs = placed(document["pipelines"]["user_analytics"], str(bundle / "src"), pipeline["root_path"])
    assert theirs == {key: value for key, value in pipeline.items() if key != "tags"}
    assert list(pipeline["tags"]) == ["ldp"], "by which a deploy finds its own; a bundle has a state for that"
    found = document["jobs"]["user_analytics"]
    assert found["tasks"][0]["pipeline_task"].pop("pipeline_id") == "${resources.pipelines.user_analytics.id}"
    del job["tasks"][0]["pipeline_task"]["pipeline_id"]
    assert job["schedule"].pop("pause_status") == "UNPAUSED", "the default"
    assert found == {key: value for key, value in job.items() if key != "tags"}


def placed(value: Any, root: str, folder: str) -> Any:
    if isinstance(value, dict):
        return {key: placed(one, root, folder) for key, one in value.items()}
    if isinstance(value, list):
        return [placed(one, root, folder) for one in value]
    return folder + value[len(root) :] if isinstance(value, str) and value.startswith(root) else value


def test_a_pipeline_of_a_workspace_becomes_a_project(
    example: Path, there: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    text = (example / "ldp.toml").read_text()
    more = 'parameters = { day = "1" }\nnotifications = { on-update-failure = ["ada@example.com"] }\nschedule ='
    (example / "ldp.toml").write_text(text.replace("schedule =", more, 1))
    (example / "transformations" / "größe.sql").write_bytes(
        b"CREATE OR REFRESH MATERIALIZED VIEW g AS\r\nSELECT 1 AS one;\r\n"
    )
    deploy(example, env="prod", yes=True)
    (id_,) = [each.id for each in there.pipelines]
    monkeypatch.chdir(tmp_path)
    done = import_(id_, out=tmp_path / "back")
    assert [each.what for each in done.left] == []
    was, now = sources([example], "prod", {})[0], sources([tmp_path / "back"], None, {})[0]
    assert described(now) == described(was)
    assert sorted(os.listdir(tmp_path / "back" / "transformations")) == sorted(os.listdir(example / "transformations"))


def test_an_unknown_id_is_one_message(there: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LdpError, match=f"there is no pipeline {NO_PIPELINE}"):
        import_(NO_PIPELINE)
    assert os.listdir(tmp_path) == []
