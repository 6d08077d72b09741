"""Permissions and catalogs by the real SDK: one owner, and places that are missing or forbidden."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, PermissionDenied
from databricks.sdk.service import catalog, jobs, pipelines

from ldp_magic.emulator import Workspace
from ldp_magic.emulator.catalogs import read
from ldp_magic.errors import LdpError
from tests.emulator.client import NUMBERS, connected, pipeline, update


@pytest.fixture
def client(scripted: Workspace) -> WorkspaceClient:
    return connected(scripted)


def level(who: str, what: str) -> pipelines.PipelineAccessControlRequest:
    return pipelines.PipelineAccessControlRequest(
        user_name=who, permission_level=pipelines.PipelinePermissionLevel(what)
    )


def held(found: pipelines.PipelinePermissions) -> dict[str, str]:
    return {
        (each.user_name or each.group_name): each.all_permissions[0].permission_level.value
        for each in found.access_control_list
    }


def test_who_makes_a_pipeline_owns_it_and_grants_are_added(client: WorkspaceClient, scripted: Workspace):
    id = client.pipelines.create(name="a").pipeline_id
    assert held(client.pipelines.get_permissions(id)) == {scripted.user: "IS_OWNER", "admins": "CAN_MANAGE"}
    found = client.pipelines.update_permissions(id, access_control_list=[level("b@x", "CAN_RUN")])
    assert held(found) == {scripted.user: "IS_OWNER", "b@x": "CAN_RUN", "admins": "CAN_MANAGE"}
    found = client.pipelines.set_permissions(id, access_control_list=[level("c@x", "IS_OWNER")])
    assert held(found) == {"c@x": "IS_OWNER", "admins": "CAN_MANAGE"}


@pytest.mark.parametrize("grants", [[], [("b@x", "CAN_RUN")], [("a@x", "IS_OWNER"), ("b@x", "IS_OWNER")]])
def test_there_is_exactly_one_owner(client: WorkspaceClient, grants: list[tuple[str, str]]):
    id = client.pipelines.create(name="a").pipeline_id
    with pytest.raises(BadRequest) as error:
        client.pipelines.set_permissions(id, access_control_list=[level(*each) for each in grants])
    assert str(error.value) == "The pipeline must have exactly one owner."


def test_levels_are_those_of_the_kind(client: WorkspaceClient):
    job = client.jobs.create(name="j").job_id
    run = jobs.JobAccessControlRequest(group_name="g", permission_level=jobs.JobPermissionLevel.CAN_MANAGE_RUN)
    assert len(client.jobs.update_permissions(str(job), access_control_list=[run]).access_control_list) == 3
    with pytest.raises(BadRequest):
        body = {"access_control_list": [{"group_name": "g", "permission_level": "CAN_RUN"}]}
        client.api_client.do("PATCH", f"/api/2.0/permissions/jobs/{job}", body=body)
    with pytest.raises(NotFound):
        client.jobs.get_permissions("77")
    assert len(client.pipelines.get_permission_levels("x").permission_levels) == 4


CATALOGS = """
main:
  schemas:
    web:
      grants: {"anna@example.com": [USE_SCHEMA, CREATE_TABLE]}
      tables: {orders: orders.csv}
      volumes: {landing: in}
    closed: {forbidden: true}
secret: {forbidden: true}
"""


@pytest.fixture
def governed(tmp_path: Path, start) -> Workspace:
    (tmp_path / "catalogs.yml").write_text(CATALOGS)
    (tmp_path / "orders.csv").write_text("id,price\n1,10\n2,20\n")
    return start(catalogs=read(tmp_path / "catalogs.yml"))


def test_places_that_are_missing_or_forbidden(governed: Workspace):
    client = connected(governed)
    assert client.catalogs.get("main").name == "main" and client.schemas.get("main.web").full_name == "main.web"
    for ask, kind, said in (
        (lambda: client.schemas.get("main.none"), NotFound, "Schema 'main.none' does not exist."),
        (lambda: client.catalogs.get("none"), NotFound, "Catalog 'none' does not exist."),
        (
            lambda: client.catalogs.get("secret"),
            PermissionDenied,
            "User does not have USE CATALOG on Catalog 'secret'.",
        ),
        (lambda: client.schemas.get("main.closed"), PermissionDenied, "User does not have USE SCHEMA"),
        (lambda: client.tables.get("main.web.none"), NotFound, "Table 'main.web.none' does not exist."),
    ):
        with pytest.raises(kind) as error:
            ask()
        assert said in str(error.value)
    assert [each.name for each in client.schemas.list("main")] == ["web"]
    governed.catalogs.forbid("main.web")
    with pytest.raises(PermissionDenied):
        client.schemas.get("main.web")


def test_grants(governed: Workspace):
    client = connected(governed)

    def of(who: str) -> set[str]:
        found = client.grants.get_effective("schema", "main.web", principal=who).privilege_assignments or []
        return {one.privilege.value for each in found for one in each.privileges if each.principal == who}

    assert of("anna@example.com") == {"ALL_PRIVILEGES", "USE_SCHEMA", "CREATE_TABLE"}, "all of it from the catalog"
    more = catalog.PermissionsChange(principal="bob", add=[catalog.Privilege.SELECT])
    client.grants.update("schema", "main.web", changes=[more])
    assert "SELECT" in of("bob")
    less = catalog.PermissionsChange(principal="bob", remove=[catalog.Privilege.SELECT])
    client.grants.update("schema", "main.web", changes=[less])
    assert "SELECT" not in of("bob")


def test_schemas_and_volumes_are_made(governed: Workspace):
    client = connected(governed)
    client.schemas.create("fresh", "main")
    with pytest.raises(DatabricksError):
        client.schemas.create("fresh", "main")
    client.volumes.create("main", "fresh", "v", catalog.VolumeType.MANAGED)
    assert client.volumes.read("main.fresh.v").name == "v"
    assert [each.name for each in client.volumes.list("main", "web")] == ["landing"]
    client.volumes.delete("main.fresh.v")
    client.schemas.delete("main.fresh")
    with pytest.raises(NotFound):
        client.schemas.get("main.fresh")


def test_tables_and_volumes_of_the_file_are_read(governed: Workspace, tmp_path: Path):
    client = connected(governed)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text('{"id": 7}\n')
    landed = "CREATE STREAMING TABLE landed AS SELECT * FROM STREAM read_files('/Volumes/main/web/landing', format => 'json', schema => 'id INT');"
    total = "CREATE MATERIALIZED VIEW total AS SELECT sum(price) AS price FROM main.web.orders;"
    assert update(client, pipeline(client, "outside", landed, total)) == "COMPLETED"
    assert governed.rows("main.outside.landed") == [{"id": 7}]
    assert int(governed.rows("main.outside.total")[0]["price"]) == 30


@pytest.mark.parametrize(
    "text", ["- main", "main: 1", "main: {schemas: {a: {tabels: {}}}}", "main: {", "main: {color: red}"]
)
def test_a_file_of_catalogs_that_cannot_be_understood(tmp_path: Path, text: str, start):
    (tmp_path / "c.yml").write_text(text)
    with pytest.raises(LdpError) as error:
        start(catalogs=read(tmp_path / "c.yml"))
    assert error.value.what and error.value.fix


def test_a_file_of_catalogs_that_is_not_there(tmp_path: Path):
    with pytest.raises(LdpError, match="cannot be read"):
        read(tmp_path / "none.yml")


def test_tables_are_looked_up_and_dropped(w: Workspace):
    client = connected(w)
    assert update(client, pipeline(client, "look", NUMBERS)) == "COMPLETED"
    found = client.tables.get("main.look.numbers")
    assert found.table_type == catalog.TableType.MATERIALIZED_VIEW and found.pipeline_id
    assert [(each.name, each.type_text) for each in found.columns] == [("id", "bigint")]
    assert client.tables.exists("main.look.numbers").table_exists
    with pytest.raises(BadRequest):
        client.schemas.delete("main.look")
    client.tables.delete("main.look.numbers")
    assert not client.tables.exists("main.look.numbers").table_exists


def test_folders_have_no_owner(client: WorkspaceClient):
    number = str(client.workspace.get_status("/Shared").object_id)
    body = {"access_control_list": [{"group_name": "g", "permission_level": "CAN_MANAGE"}]}
    found = client.api_client.do("PUT", f"/api/2.0/permissions/directories/{number}", body=body)
    assert found["access_control_list"][0]["group_name"] == "g"
    with pytest.raises(BadRequest, match="not emulated"):
        client.api_client.do("GET", "/api/2.0/permissions/clusters/1")


def test_files_in_volumes(client: WorkspaceClient, scripted: Workspace):
    client.volumes.create("main", "default", "v", catalog.VolumeType.MANAGED)
    root = "/Volumes/main/default/v"
    client.files.create_directory(f"{root}/a b")
    client.files.upload(f"{root}/a b/x.json", BytesIO(b"{}"), overwrite=True)
    assert client.files.download(f"{root}/a b/x.json").contents.read() == b"{}"
    assert client.files.get_metadata(f"{root}/a b/x.json").content_length == 2
    assert [each.path for each in client.files.list_directory_contents(f"{root}/a b")] == [f"{root}/a b/x.json"]
    assert (scripted.disk(root) / "a b" / "x.json").read_bytes() == b"{}"
    with pytest.raises(DatabricksError):
        client.files.delete_directory(f"{root}/a b")
    client.files.delete(f"{root}/a b/x.json")
    client.files.delete_directory(f"{root}/a b")
    for path in (f"{root}/none", "/Volumes/main/default/none/x"):
        with pytest.raises(NotFound):
            client.files.download(path)
    with pytest.raises(BadRequest):
        client.files.download("/Volumes/main/../../etc/passwd")
