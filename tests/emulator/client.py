"""What tests of the workspace do again and again, by the real SDK."""

from __future__ import annotations

import time
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.service import pipelines
from databricks.sdk.service.workspace import ImportFormat

from ldp_magic.emulator import Workspace

HOME = "/Workspace/Users/someone@example.com"
PATIENCE = 120.0
ENDS = ("COMPLETED", "FAILED", "CANCELED")
LANDING = "CREATE OR REFRESH STREAMING TABLE landed AS SELECT * FROM STREAM read_files('/Volumes/main/raw/in', format => 'json', schema => 'id INT');"
NUMBERS = "CREATE OR REFRESH MATERIALIZED VIEW numbers AS SELECT id FROM range(10);"


def connected(w: Workspace, token: str = "") -> WorkspaceClient:
    config = Config(
        host=w.url, token=token or w.token, auth_type="pat", retry_timeout_seconds=5, http_timeout_seconds=60
    )
    return WorkspaceClient(config=config)


def upload(client: WorkspaceClient, path: str, text: str, format: ImportFormat = ImportFormat.AUTO) -> str:
    """A file under the home folder; its full path."""
    full = f"{HOME}/{path}"
    client.workspace.mkdirs(full.rpartition("/")[0])
    client.workspace.upload(full, text.encode(), format=format, overwrite=True)
    return full


def pipeline(client: WorkspaceClient, name: str, *texts: str, **settings: Any) -> str:
    """A pipeline of SQL files; its id."""
    for n, text in enumerate(texts):
        upload(client, f"{name}/src/{n}.sql", text)
    client.workspace.mkdirs(f"{HOME}/{name}/src")
    said: dict[str, Any] = {"name": name, "catalog": "main", "schema": name.replace("-", "_"), "serverless": True}
    said |= {"root_path": f"{HOME}/{name}", "libraries": [library(f"{HOME}/{name}/src/**")]}
    made = client.pipelines.create(**said | settings).pipeline_id
    assert made
    return made


def library(include: str) -> pipelines.PipelineLibrary:
    return pipelines.PipelineLibrary(glob=pipelines.PathPattern(include=include))


def update(client: WorkspaceClient, id: str, **asked: Any) -> str:
    """Start an update and wait for its end; the state in which it ended."""
    return ended(client, id, client.pipelines.start_update(id, **asked).update_id)


def ended(client: WorkspaceClient, id: str, update_id: str) -> str:
    return until(lambda: state(client, id, update_id), lambda found: found in ENDS)


def state(client: WorkspaceClient, id: str, update_id: str) -> str:
    found = client.pipelines.get_update(id, update_id).update
    assert found and found.state
    return found.state.value


def until(look: Any, enough: Any = bool) -> Any:
    """What a look finds once it is enough."""
    before = time.monotonic()
    while not enough(found := look()):
        assert time.monotonic() - before < PATIENCE, found
        time.sleep(0.02)
    return found


def errors(w: Workspace, name: str) -> list[str]:
    """The messages of all exceptions in the log of a pipeline."""
    return [one["message"] for event in w.events(name) for one in event.get("error", {}).get("exceptions", ())]


def details(w: Workspace, name: str, event_type: str) -> list[dict[str, Any]]:
    return [event["details"][event_type] for event in w.events(name) if event["event_type"] == event_type]
