"""What goes wrong because a test wants it to."""

from __future__ import annotations

import time

import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, DeadlineExceeded, InternalError

from ldp_magic.emulator import Workspace
from tests.emulator.client import connected

CREATE = "POST /api/2.0/pipelines"


@pytest.fixture
def client(scripted: Workspace) -> WorkspaceClient:
    return connected(scripted)


def made(w: Workspace) -> int:
    return len(w.pipelines)


def test_a_status_before_and_after_the_effect(client: WorkspaceClient, scripted: Workspace):
    scripted.faults.add(CREATE, status=500, message="not today")
    with pytest.raises(InternalError, match="not today"):
        client.pipelines.create(name="a")
    assert made(scripted) == 0
    scripted.faults.add(CREATE, status=504, after=True)
    with pytest.raises(DeadlineExceeded):
        client.pipelines.create(name="a")
    assert made(scripted) == 1
    client.pipelines.create(name="b")
    assert [each.status for each in scripted.requests if each.path == "/api/2.0/pipelines"] == [500, 504, 200]


def test_a_limit_that_the_sdk_waits_for(client: WorkspaceClient, scripted: Workspace):
    scripted.faults.add(CREATE, status=429, retry_after="0", times=2)
    client.pipelines.create(name="a")
    assert made(scripted) == 1 and len([e for e in scripted.requests if e.status == 429]) == 2


def test_a_connection_that_is_dropped(scripted: Workspace):
    headers = {"Authorization": f"Bearer {scripted.token}"}
    for after, left in ((False, 0), (True, 1)):
        scripted.faults.add(CREATE, drop=True, after=after)
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.post(f"{scripted.url}/api/2.0/pipelines", json={"name": "a"}, headers=headers, timeout=30)
        assert made(scripted) == left


def test_an_answer_that_is_late(client: WorkspaceClient, scripted: Workspace):
    scripted.faults.add("GET /api/2.0/preview/scim", delay=0.3)
    before = time.monotonic()
    assert client.current_user.me().user_name == scripted.user
    assert time.monotonic() - before >= 0.3


def test_a_body_that_is_garbage(client: WorkspaceClient, scripted: Workspace):
    scripted.faults.add("* /api/2.0/pipelines", body=b"<html>Bad Gateway</html>", status=400)
    with pytest.raises(DatabricksError):
        client.pipelines.create(name="a")
    scripted.faults.add(CREATE, body=b"{", after=True)
    with pytest.raises(ValueError):
        client.pipelines.create(name="a")
    assert made(scripted) == 1


def test_the_third_request_and_no_other(client: WorkspaceClient, scripted: Workspace):
    scripted.faults.add(CREATE, status=500, skip=2)
    ends = []
    for name in "abcd":
        try:
            client.pipelines.create(name=name)
            ends.append(name)
        except InternalError:
            ends.append("-")
    assert ends == ["a", "b", "-", "d"]
    scripted.faults.add(CREATE, status=500, times=100)
    scripted.faults.clear()
    client.pipelines.create(name="e")


def test_the_same_from_another_language(client: WorkspaceClient, scripted: Workspace):
    client.api_client.do("POST", "/emulator/faults", body={"where": CREATE, "status": 500})
    with pytest.raises(InternalError):
        client.pipelines.create(name="a")
    client.api_client.do("POST", "/emulator/scripts", body={"outcome": "stuck"})
    with pytest.raises(DatabricksError, match="no outcome is called lost"):
        client.api_client.do("POST", "/emulator/scripts", body={"outcome": "lost"})
    told = client.api_client.do("GET", "/emulator/requests")["requests"]
    assert {"method": "POST", "path": "/api/2.0/pipelines", "query": {}, "status": 500} in told
    before = client.api_client.do("GET", "/emulator/clock")["now"]
    after = client.api_client.do("POST", "/emulator/clock", body={"seconds": 86400})["now"]
    assert before[:10] < after[:10]
    client.api_client.do("DELETE", "/emulator/faults")
    assert not scripted.faults.rules
