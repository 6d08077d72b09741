"""What tests of deploys share: a small project, a command, and what a workspace holds without ids and times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ldp_magic import cli
from ldp_magic.deploy.sign_in import sign_in
from ldp_magic.deploy.workspace import Workspace
from ldp_magic.emulator import Workspace as Emulator

SETTINGS = """
[env.dev]
catalog = "main"
schema = "default"
schedule = "0 0 2 * * ?"
schedule-time-zone = "Europe/Berlin"
permissions = { view = ["users"] }
notifications = { on-update-failure = ["team@example.com"] }
"""
SQL = {
    "visits": "CREATE OR REFRESH STREAMING TABLE visits AS SELECT * FROM STREAM read_files('/Volumes/main/default/in');\n",
    "days": "CREATE OR REFRESH MATERIALIZED VIEW days AS SELECT day, count(*) AS visits FROM visits GROUP BY day;\n",
}
BASE = "/Workspace/Users/someone@example.com"


@dataclass(slots=True)
class Lab:
    """A project, the emulated workspace that it is deployed to, and the command."""

    root: Path
    emulator: Emulator
    capsys: pytest.CaptureFixture[str]

    def ldp(self, *words: str) -> tuple[int, str, str]:
        """A command in the project's folder: exit code and both streams."""
        code = cli.main([*words])
        return (code, *self.capsys.readouterr())

    def deploy(self, *words: str) -> tuple[int, str, str]:
        return self.ldp("deploy", "--env", "dev", "--yes", *words)

    def write(self, name: str, text: str) -> None:
        path = self.root / "transformations" / f"{name}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @property
    def sent(self) -> list[str]:
        """The requests that were to change something."""
        return [f"{each.method} {each.path}" for each in self.emulator.requests if each.method != "GET"]

    def forget(self) -> None:
        """Let `sent` begin anew."""
        self.emulator.requests.clear()

    def holds(self) -> dict[str, Any]:
        return held(sign_in())


def held(workspace: Workspace) -> dict[str, Any]:
    """All files, pipelines, jobs and rights, each id in one form."""
    pipelines = {each["pipeline_id"]: each["name"] for each in workspace._pages("/api/2.0/pipelines", "statuses")}
    jobs = {str(each["job_id"]): each["settings"]["name"] for each in workspace.jobs()}
    found: dict[str, Any] = {"pipelines": [], "jobs": [], "files": dict(sorted(_files(workspace, BASE)))}
    for id_, name in pipelines.items():
        spec = dict((workspace.pipeline(id_) or {})["spec"])
        found["pipelines"].append([name, spec | {"id": "P"}, _rights(workspace, "pipelines", id_)])
    for id_, name in jobs.items():
        settings = (workspace.job(id_) or {})["settings"]
        text = json.dumps(settings, sort_keys=True)
        for pipeline, called in pipelines.items():
            text = text.replace(pipeline, f"<{called}>")
        found["jobs"].append([name, json.loads(text), _rights(workspace, "jobs", id_)])
    return found


def _rights(workspace: Workspace, kind: str, id_: str) -> list[Any]:
    found = workspace.ask(f"/api/2.0/permissions/{kind}/{id_}")["access_control_list"]
    return sorted(json.dumps({key: one for key, one in each.items() if key != "display_name"}) for each in found)


def _files(workspace: Workspace, folder: str) -> Iterator[tuple[str, str]]:
    for each in workspace.listed(folder) or ():
        path = "/Workspace" + each["path"].removeprefix("/Workspace")
        if each["object_type"] == "DIRECTORY":
            yield from _files(workspace, path)
        elif path.endswith("/state.json"):
            state = json.loads(workspace.download(path) or b"")
            yield path, f"{sorted(state['files'])} {sorted(state['resources'])} {sorted(state['tables'])}"
        else:
            yield path, (workspace.download(path) or b"").decode()
