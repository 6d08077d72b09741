"""Nothing that the workspace does not know passes unseen."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, Unauthenticated

from ldp_magic.emulator import Workspace
from tests.emulator import make_shapes
from tests.emulator.client import connected


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        pytest.param(
            "POST", "/api/2.0/pipelines", {"nmae": "x"}, "Unknown field 'nmae'; did you mean 'name'?", id="key"
        ),
        pytest.param("POST", "/api/2.0/pipelines", {"name": 1}, "'name' must be a string, not 1", id="type"),
        pytest.param(
            "POST",
            "/api/2.0/pipelines",
            {"name": "x", "configuration": {"a": True}},
            "'configuration.a' must be a string, not true",
            id="value",
        ),
        pytest.param(
            "POST",
            "/api/2.0/pipelines",
            {"name": "x", "libraries": [{"glob": {"includes": "x"}}]},
            "Unknown field 'libraries[0].glob.includes'; did you mean 'include'?",
            id="key inside",
        ),
        pytest.param(
            "POST",
            "/api/2.2/jobs/create",
            {"tasks": [{"task_key": "a", "run_if": "ALWAYS", "pipeline_task": {"pipeline_id": "x"}}]},
            "'tasks[0].run_if' cannot be \"ALWAYS\"",
            id="word",
        ),
        pytest.param(
            "POST", "/api/2.2/jobs/create", {"tasks": [{}]}, "Missing required field: tasks[0].task_key", id="needed"
        ),
        pytest.param(
            "POST", "/api/2.2/jobs/delete", {"job_id": "1"}, "'job_id' must be an integer", id="a number as text"
        ),
        pytest.param("POST", "/api/2.2/jobs/delete", [], "must be an object", id="a list"),
        pytest.param("GET", "/api/2.0/pipelines?color=red", None, "Unknown query parameter 'color'", id="query"),
        pytest.param("GET", "/api/2.0/pipelines?max_results=101", None, "max_results must be from 1 to 100", id="most"),
    ],
)
def test_it_is_refused(client: WorkspaceClient, method: str, path: str, body: Any, said: str):
    with pytest.raises(BadRequest) as error:
        client.api_client.do(method, path, body=body)
    assert said in str(error.value)


@pytest.mark.parametrize("path", ["/api/2.0/nothing", "/api/2.0/pipelines/x/y/z", "/api/2.1/jobs/list", "/"])
def test_an_unknown_address(client: WorkspaceClient, path: str):
    with pytest.raises(DatabricksError) as error:
        client.api_client.do("GET", path)
    assert error.value.error_code == "ENDPOINT_NOT_FOUND"


def test_a_method_that_an_address_does_not_have(client: WorkspaceClient):
    with pytest.raises(DatabricksError, match="No API found for 'PATCH"):
        client.api_client.do("PATCH", "/api/2.0/pipelines")


def test_without_the_token_nothing_is_told(w: Workspace):
    with pytest.raises(Unauthenticated):
        connected(w, "another").current_user.me()
    assert w.requests[-1].status == 401


def test_two_users(w: Workspace):
    anna = connected(w, w.token_of("anna@example.com"))
    assert anna.current_user.me().user_name == "anna@example.com"
    assert anna.workspace.get_status("/Users/anna@example.com").path == "/Users/anna@example.com"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"a": 1'])
def test_what_is_no_json(w: Workspace, body: bytes):
    connection = http.client.HTTPConnection("127.0.0.1", int(w.url.rpartition(":")[2]), timeout=30)
    for _ in range(2):  # the connection stays
        connection.request("POST", "/api/2.0/pipelines", body, {"Authorization": f"Bearer {w.token}"})
        answer = connection.getresponse()
        assert answer.status == 400 and json.loads(answer.read())["error_code"] == "MALFORMED_REQUEST"
    connection.close()


def test_a_body_in_chunks(w: Workspace):
    connection = http.client.HTTPConnection("127.0.0.1", int(w.url.rpartition(":")[2]), timeout=30)
    body = iter([b'{"path": ', b'"/Shared/chunks"}'])
    connection.request(
        "POST", "/api/2.0/workspace/mkdirs", body, {"Authorization": f"Bearer {w.token}"}, encode_chunked=True
    )
    assert connection.getresponse().status == 200
    assert w.files.get("/Shared/chunks")
    connection.close()


def test_a_lenient_workspace_takes_keys_that_it_does_not_know(start):
    w = start(strict=False)
    assert connected(w).api_client.do("POST", "/api/2.0/pipelines", body={"name": "x", "from_the_future": 1})


def test_the_sdk_sends_nothing_that_the_shapes_do_not_know():
    held = json.loads(make_shapes.FILE.read_text(encoding="utf-8"))
    now = make_shapes.shapes()
    for address, body in now["bodies"].items():
        assert set(body) <= set(held["bodies"][address]), f"python -m tests.emulator.make_shapes: {address}"
    for name, shape in now["types"].items():
        assert set(shape) <= set(held["types"][name]), f"python -m tests.emulator.make_shapes: {name}"


def test_requests_are_logged_as_they_came(client: WorkspaceClient, w: Workspace):
    w.requests.clear()
    client.workspace.mkdirs("/Shared/a b")
    client.workspace.get_status("/Shared/a b")
    assert [(each.method, each.path, each.body, dict(each.query), each.status) for each in w.requests] == [
        ("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared/a b"}, {}, 200),
        ("GET", "/api/2.0/workspace/get-status", None, {"path": "/Shared/a b"}, 200),
    ]
    assert [each.path for each in w.changes] == ["/api/2.0/workspace/mkdirs"]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"POST /api/2.0/pipelines HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/2.0/pipelines HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /api/2.0/pipelines HTTP/1.1\r\nContent-Length: five\r\n\r\n",
        b"POST /api/2.0/pipelines HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/2.0/pipelines HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"\x00\xff\xfe\r\n\r\n",
        b"GET",
    ],
)
def test_what_is_no_http_does_no_harm(w: Workspace, sent: bytes):
    with socket.create_connection(("127.0.0.1", int(w.url.rpartition(":")[2])), timeout=60) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass
    assert connected(w).current_user.me().user_name == w.user
