"""The pytest fixture `ldp_workspace`: a workspace of its own for each test, to which the Databricks SDK connects.

def test_the_nightly_job(ldp_workspace, tmp_path):
    ldp_workspace.volumes["/Volumes/main/web/landing"] = tmp_path  # files of the test
    (tmp_path / "a.json").write_text('{"id": 1}')
    deploy_my_pipeline()  # your own code: WorkspaceClient() connects to this workspace
    ldp_workspace.clock.advance(days=1)  # the schedule fires, and the update really runs
    assert ldp_workspace.runs("nightly")[0].result == "SUCCESS"
    assert ldp_workspace.rows("main.web.visits") == [{"id": 1}]
    ldp_workspace.faults.add("POST /api/2.0/pipelines", status=504, after=True)  # made, and answered as a failure
    deploy_my_pipeline()  # has to find what is there
    assert len(ldp_workspace.pipelines) == 1
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

# what would lead the SDK elsewhere, or ask it to choose between two ways to sign in
_OTHERS = (
    "DATABRICKS_CONFIG_PROFILE",
    "DATABRICKS_CONFIG_FILE",
    "DATABRICKS_CLIENT_ID",
    "DATABRICKS_CLIENT_SECRET",
    "DATABRICKS_ACCOUNT_ID",
    "DATABRICKS_WORKSPACE_ID",
    "DATABRICKS_USERNAME",
    "DATABRICKS_PASSWORD",
)


@pytest.fixture
def ldp_workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """An emulated Databricks workspace: `WorkspaceClient()` connects to it, and updates of pipelines really run."""
    from ldp_magic.emulator.workspace import workspace

    with workspace() as one:
        for name in _OTHERS:
            monkeypatch.delenv(name, raising=False)
        for name, value in (one.environment | {"DATABRICKS_AUTH_TYPE": "pat"}).items():
            monkeypatch.setenv(name, value)
        yield one
