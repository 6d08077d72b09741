"""Workspace files by the real SDK: what an import makes of its format, and what is refused."""

from __future__ import annotations

import base64
import urllib.request

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound
from databricks.sdk.service.workspace import ImportFormat, Language, ObjectType

from ldp_magic.emulator import Workspace
from tests.emulator.client import HOME, upload

NOTEBOOK = "# Databricks notebook source\nprint(1)\n"


def kinds(client: WorkspaceClient, path: str = HOME) -> dict[str, str]:
    return {each.path.rpartition("/")[2]: each.object_type.value for each in client.workspace.list(path)}


@pytest.mark.parametrize(
    ("name", "text", "format", "made", "kind"),
    [
        pytest.param("a.py", "x = 1", ImportFormat.AUTO, "a.py", "FILE", id="a file keeps its ending"),
        pytest.param("a.py", NOTEBOOK, ImportFormat.AUTO, "a", "NOTEBOOK", id="a notebook loses it"),
        pytest.param("a.sql", "-- Databricks notebook source\nSELECT 1", ImportFormat.AUTO, "a", "NOTEBOOK", id="sql"),
        pytest.param("a.py", NOTEBOOK, ImportFormat.RAW, "a.py", "FILE", id="raw is a file whatever it says"),
        pytest.param(
            "a.py", "x = 1", ImportFormat.SOURCE, "a.py", "NOTEBOOK", id="source is a notebook as it is called"
        ),
        pytest.param("a.ipynb", "{}", ImportFormat.AUTO, "a", "NOTEBOOK", id="jupyter"),
        pytest.param("a.txt", NOTEBOOK, ImportFormat.AUTO, "a.txt", "FILE", id="no language"),
    ],
)
def test_the_format_decides_what_is_made(client, name: str, text: str, format: ImportFormat, made: str, kind: str):
    client.workspace.upload(f"{HOME}/{name}", text.encode(), format=format, overwrite=True)
    assert kinds(client) == {made: kind}
    with client.workspace.download(f"{HOME}/{made}") as file:
        assert file.read().decode() == text


def test_json_and_forms_are_the_same(client: WorkspaceClient):
    text = base64.b64encode(b"SELECT 1").decode()
    client.workspace.import_(f"{HOME}/a.sql", content=text, format=ImportFormat.AUTO)
    assert kinds(client) == {"a.sql": "FILE"}
    assert client.workspace.export(f"{HOME}/a.sql").content == text
    client.workspace.import_(f"{HOME}/n", content=text, format=ImportFormat.SOURCE, language=Language.SQL)
    found = client.workspace.get_status(f"{HOME}/n")
    assert (found.object_type, found.language) == (ObjectType.NOTEBOOK, Language.SQL)


def test_a_path_means_one_place_with_and_without_its_prefix(client: WorkspaceClient):
    client.workspace.mkdirs("/Shared/deep/er")
    client.workspace.mkdirs("/Workspace/Shared/deep")
    assert client.workspace.get_status("/Shared/deep/er").path == "/Shared/deep/er"
    assert client.workspace.get_status("/Workspace/Shared/deep/er").path == "/Workspace/Shared/deep/er"


def test_a_folder_lists_what_is_in_it_and_a_file_itself(client: WorkspaceClient):
    path = upload(client, "one/two/a.sql", "SELECT 1")
    assert [each.path for each in client.workspace.list(path)] == [path]
    assert kinds(client, f"{HOME}/one") == {"two": "DIRECTORY"}
    assert next(client.workspace.list(f"{HOME}/one/two")).size == len("SELECT 1")


@pytest.mark.parametrize(
    ("ask", "kind", "said"),
    [
        pytest.param(
            lambda c: c.workspace.upload(f"{HOME}/no/a.sql", b"", format=ImportFormat.AUTO),
            NotFound,
            "The parent folder (/Workspace/Users/someone@example.com/no) does not exist.",
            id="no parent",
        ),
        pytest.param(lambda c: c.workspace.get_status("/no"), NotFound, "Path (/no) doesn't exist.", id="missing"),
        pytest.param(lambda c: c.workspace.delete(HOME), BadRequest, "is not empty", id="not empty"),
        pytest.param(
            lambda c: c.workspace.upload(f"{HOME}/a.sql", b"", format=ImportFormat.AUTO),
            DatabricksError,
            "already exists.",
            id="a file that exists",
        ),
        pytest.param(
            lambda c: c.workspace.upload(f"{HOME}/a.sql", b"", format=ImportFormat.SOURCE, overwrite=True),
            DatabricksError,
            "type mismatch",
            id="a notebook over a file",
        ),
        pytest.param(
            lambda c: c.workspace.upload(f"{HOME}/b.sql", bytes(10_485_761), format=ImportFormat.AUTO),
            BadRequest,
            "File size imported is (10485761 bytes), exceeded max size (10485760 bytes)",
            id="too large",
        ),
        pytest.param(
            lambda c: c.workspace.import_(f"{HOME}/b.sql", content="&&", format=ImportFormat.AUTO),
            BadRequest,
            "base64",
            id="no base64",
        ),
        pytest.param(
            lambda c: c.workspace.import_(f"{HOME}/b", content="", format=ImportFormat.SOURCE),
            BadRequest,
            "language",
            id="source without language",
        ),
    ],
)
def test_what_is_refused(client: WorkspaceClient, ask, kind: type[DatabricksError], said: str):
    upload(client, "a.sql", "SELECT 1")
    with pytest.raises(kind) as error:
        ask(client)
    assert said in str(error.value)


def test_codes_of_what_exists(client: WorkspaceClient):
    upload(client, "a.sql", "SELECT 1")
    upload(client, "n.py", NOTEBOOK)
    for name, code in (("a.sql", "ALREADY_EXISTS"), ("n.py", "RESOURCE_ALREADY_EXISTS")):
        with pytest.raises(DatabricksError) as error:
            client.workspace.upload(f"{HOME}/{name}", NOTEBOOK.encode(), format=ImportFormat.AUTO)
        assert error.value.error_code == code


def test_the_address_of_the_command_line_tool(client: WorkspaceClient, w: Workspace):
    address = f"{w.url}/api/2.0/workspace-files/import-file/Workspace%2FUsers%2Fsomeone%40example.com%2Fa%20b.sql"
    for overwrite, status in (("false", 200), ("false", 409), ("true", 200)):
        request = urllib.request.Request(f"{address}?overwrite={overwrite}", b"SELECT 1", method="POST")
        request.add_header("Authorization", f"Bearer {w.token}")
        request.add_header("Content-Type", "application/octet-stream")
        try:
            assert urllib.request.urlopen(request).status == status
        except urllib.error.HTTPError as error:
            assert error.code == status
    assert kinds(client) == {"a b.sql": "FILE"}


def test_deleting_takes_all_that_is_inside(client: WorkspaceClient):
    upload(client, "one/a.sql", "SELECT 1")
    client.workspace.delete(f"{HOME}/one", recursive=True)
    assert kinds(client) == {}
