"""What a bundle tool asks, in its order, as it asks it: plain HTTP, with the addresses that no sdk has."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest

from ldp_magic.emulator import Workspace

ROOT = "/Workspace/Users/someone@example.com/.bundle/shop/dev"
PIPELINE = {
    "name": "[dev someone] shop",
    "catalog": "main",
    "schema": "shop",
    "channel": "CURRENT",
    "edition": "ADVANCED",
    "development": True,
    "serverless": True,
    "root_path": f"{ROOT}/files/src",
    "libraries": [{"glob": {"include": f"{ROOT}/files/src/**"}}],
    "tags": {"dev": "someone"},
    "deployment": {"kind": "BUNDLE", "metadata_file_path": f"{ROOT}/state/metadata.json"},
}
JOB = {
    "name": "[dev someone] nightly",
    "format": "MULTI_TASK",
    "edit_mode": "UI_LOCKED",
    "max_concurrent_runs": 4,
    "queue": {"enabled": True},
    "deployment": {"kind": "BUNDLE", "metadata_file_path": f"{ROOT}/state/metadata.json"},
    "schedule": {"quartz_cron_expression": "0 0 2 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"},
}


class Tool:
    """Asks, and says status and answer."""

    def __init__(self, w: Workspace) -> None:
        self.w = w

    def ask(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> tuple[int, Any]:
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.w.url + path, data, method=method)
        request.add_header("Authorization", f"Bearer {self.w.token}")
        request.add_header("Content-Type", "application/json" if raw is None else "application/octet-stream")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def fine(self, *said: Any, **more: Any) -> Any:
        status, answer = self.ask(*said, **more)
        assert status == 200, (said, answer)
        return answer

    def write(self, path: str, data: bytes, *, overwrite: bool) -> tuple[int, Any]:
        address = f"/api/2.0/workspace-files/import-file/{quote(path.lstrip('/'), safe='')}"
        return self.ask("POST", f"{address}?overwrite={str(overwrite).lower()}", raw=data)

    def read(self, path: str) -> tuple[int, Any]:
        return self.ask("GET", f"/api/2.0/workspace/export?path={quote(path)}&direct_download=true")


@pytest.fixture
def tool(w: Workspace) -> Tool:
    return Tool(w)


def test_deploy_plan_run_and_destroy(tool: Tool, w: Workspace):
    assert tool.ask("GET", "/.well-known/databricks-config")[0] == 200
    assert tool.fine("GET", "/api/2.0/preview/scim/v2/Me")["userName"] == w.user
    assert tool.ask("POST", "/telemetry-ext", {})[0] == 404
    # the lock: the folder is made when it is missed, and a second one is refused
    lock = f"{ROOT}/state/deploy.lock"
    status, said = tool.write(lock, b"{}", overwrite=False)
    assert (status, said["message"]) == (404, f"The parent folder ({ROOT}/state) does not exist.")
    tool.fine("POST", "/api/2.0/workspace/mkdirs", {"path": f"{ROOT}/state"})
    assert tool.write(lock, b'{"ID": "1"}', overwrite=False)[0] == 200
    assert tool.write(lock, b'{"ID": "2"}', overwrite=False)[0] == 409
    assert tool.read(lock) == (200, {"ID": "1"})
    assert tool.read(f"{ROOT}/state/resources.json")[0] == 404
    status = tool.fine("GET", f"/api/2.0/workspace/get-status?path={quote(ROOT)}&return_export_info=true")
    # files
    tool.fine("POST", "/api/2.0/workspace/mkdirs", {"path": f"{ROOT}/files/src"})
    assert (
        tool.write(f"{ROOT}/files/src/a.sql", b"CREATE MATERIALIZED VIEW a AS SELECT 1 AS x", overwrite=True)[0] == 200
    )
    # pipeline, job and rights
    id = tool.fine("POST", "/api/2.0/pipelines", PIPELINE)["pipeline_id"]
    task = {"task_key": "update", "pipeline_task": {"pipeline_id": id}}
    job = tool.fine("POST", "/api/2.2/jobs/create", JOB | {"tasks": [task]})["job_id"]
    grants = [
        {"group_name": "team", "permission_level": "CAN_VIEW"},
        {"user_name": w.user, "permission_level": "IS_OWNER"},
    ]
    tool.fine("PUT", f"/api/2.0/permissions/pipelines/{id}", {"access_control_list": grants})
    tool.fine("PUT", f"/api/2.0/permissions/jobs/{job}", {"access_control_list": grants})
    folder = {"access_control_list": [{"group_name": "team", "permission_level": "CAN_READ"}]}
    tool.fine("PUT", f"/api/2.0/permissions/directories/{status['object_id']}", folder)
    # a plan after it: what is there is what was sent, but for what the service is known to add
    assert tool.fine("GET", f"/api/2.0/pipelines/{id}")["spec"] == PIPELINE | {"id": id}
    added = {"email_notifications": {}, "webhook_notifications": {}, "timeout_seconds": 0}
    now = tool.fine("GET", f"/api/2.2/jobs/get?job_id={job}")["settings"]
    assert now == JOB | added | {
        "tasks": [task | {"run_if": "ALL_SUCCESS", "timeout_seconds": 0, "email_notifications": {}}]
    }
    # a run
    update = tool.fine("POST", f"/api/2.0/pipelines/{id}/updates", {})["update_id"]
    w.settle()
    assert tool.fine("GET", f"/api/2.0/pipelines/{id}/updates/{update}")["update"]["state"] == "COMPLETED"
    filter = quote(f"update_id = '{update}' AND timestamp > '2020-01-01T00:00:00.000Z'")
    assert tool.fine("GET", f"/api/2.0/pipelines/{id}/events?filter={filter}&max_results=100")["events"]
    assert w.rows("main.shop.a") == [{"x": 1}]
    # the end of it
    tool.fine("POST", "/api/2.2/jobs/delete", {"job_id": job})
    tool.fine("DELETE", f"/api/2.0/pipelines/{id}")
    tool.fine("POST", "/api/2.0/workspace/delete", {"path": ROOT, "recursive": True})
    assert not w.tables.all() and not len(w.jobs) and not len(w.pipelines)
    assert tool.ask("GET", f"/api/2.0/workspace/get-status?path={quote(ROOT)}")[0] == 404
    assert tool.ask("GET", f"/api/2.0/pipelines/{id}")[0] == 404
