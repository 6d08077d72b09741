"""Pipelines by the real SDK: settings, names, moves, lists and what a deletion takes along."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service import pipelines as p

from ldp_magic.emulator import Workspace
from tests.emulator.client import HOME, NUMBERS, connected, library, pipeline, update

A = {"name": "a", "catalog": "main", "schema": "a"}


@pytest.fixture
def client(scripted: Workspace) -> WorkspaceClient:
    return connected(scripted)


def test_what_a_look_tells(client: WorkspaceClient, scripted: Workspace):
    id = client.pipelines.create(
        **A, libraries=[library("/x/**")], configuration={"k": "v"}, parameters={"day": "1"}, tags={"team": "web"}
    ).pipeline_id
    found = client.pipelines.get(id)
    assert (found.name, found.state, found.creator_user_name) == ("a", p.PipelineState.IDLE, scripted.user)
    assert found.run_as_user_name == scripted.user and found.run_as is None
    assert found.spec.id == id and found.spec.configuration == {"k": "v"} and found.spec.tags == {"team": "web"}
    assert found.spec.storage is None
    told = client.api_client.do("GET", f"/api/2.0/pipelines/{id}")
    assert told["effective_publishing_mode"] == "DEFAULT_PUBLISHING_MODE"
    assert told["parameters"] == {"day": "1"} and "parameters" not in told["spec"]
    assert set(told["spec"]) == {"name", "catalog", "schema", "libraries", "configuration", "tags", "id"}
    legacy = client.pipelines.create(name="b", allow_duplicate_names=True).pipeline_id
    assert client.pipelines.get(legacy).spec.as_dict() == {
        "name": "b",
        "id": legacy,
        "storage": f"dbfs:/pipelines/{legacy}",
    }


def test_a_dry_run_makes_nothing(client: WorkspaceClient):
    settings = client.pipelines.create(**A, dry_run=True).effective_settings
    assert settings.name == "a" and not list(client.pipelines.list_pipelines())


def test_names_are_unique_unless_that_is_waived(client: WorkspaceClient):
    first = client.pipelines.create(**A).pipeline_id
    other = client.pipelines.create(**A | {"name": "b"}).pipeline_id
    said = (
        "The pipeline name 'a' is already used by another pipeline. This check can be skipped by setting "
        "`allow_duplicate_names = true` in the request."
    )
    for ask in (lambda: client.pipelines.create(**A), lambda: client.pipelines.update(other, **A)):
        with pytest.raises(ResourceConflict) as error:
            ask()
        assert str(error.value) == said and error.value.error_code == "RESOURCE_CONFLICT"
    client.pipelines.update(first, **A)
    assert client.pipelines.create(**A, allow_duplicate_names=True).pipeline_id


def test_a_change_replaces_everything(client: WorkspaceClient):
    id = client.pipelines.create(**A, configuration={"k": "v"}, development=True).pipeline_id
    before = client.pipelines.get(id).last_modified
    client.pipelines.update(id, **A)
    now = client.pipelines.get(id)
    assert now.spec.configuration is None and not now.spec.development and now.last_modified > before


def test_a_change_that_expects_another_state_is_refused(client: WorkspaceClient):
    id = client.pipelines.create(**A).pipeline_id
    seen = client.pipelines.get(id).last_modified
    client.pipelines.update(id, **A, expected_last_modified=seen)
    with pytest.raises(ResourceConflict):
        client.pipelines.update(id, **A, expected_last_modified=seen)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"target": "a"}, "Only one of 'schema' and 'target'", id="schema and target"),
        pytest.param({"schema": None, "target": "a.b"}, "Invalid target 'a.b'", id="a dotted target"),
        pytest.param(
            {"libraries": [p.PipelineLibrary(file=p.FileLibrary(path="/a.txt"))]},
            "Invalid file path: '/a.txt'. Only Python and SQL files are currently supported.",
            id="a file of another kind",
        ),
        pytest.param({"libraries": [p.PipelineLibrary()]}, "exactly one of", id="an empty library"),
        pytest.param(
            {"serverless": True, "clusters": [p.PipelineCluster(label="default")]},
            "You cannot provide cluster settings when using serverless compute.",
            id="serverless with a cluster",
        ),
        pytest.param({"edition": "ADVANCE"}, "Invalid edition 'ADVANCE'", id="edition"),
        pytest.param({"channel": "NIGHTLY"}, "Invalid channel 'NIGHTLY'", id="channel"),
        pytest.param(
            {"notifications": [p.Notifications(alerts=["on-success"])]}, "Invalid alert 'on-success'", id="alert"
        ),
        pytest.param({"tags": {str(n): "" for n in range(26)}}, "at most 25 tags", id="tags"),
        pytest.param({"parameters": {"a": "x" * 10_000}}, "10000 characters", id="parameters"),
        pytest.param({"event_log": p.EventLogSpec(schema="a")}, "event_log.name", id="event log"),
        pytest.param({"name": None}, "name must not be empty", id="no name"),
    ],
)
def test_settings_that_are_refused(client: WorkspaceClient, settings: dict[str, Any], said: str):
    with pytest.raises(BadRequest) as error:
        client.pipelines.create(**A | settings)
    assert said in str(error.value)


def test_nobody_runs_as_somebody_else(client: WorkspaceClient, scripted: Workspace):
    with pytest.raises(PermissionDenied):
        client.pipelines.create(**A, run_as=p.RunAs(user_name="boss@example.com"))
    id = client.pipelines.create(**A, run_as=p.RunAs(service_principal_name="1-2-3")).pipeline_id
    assert client.pipelines.get(id).run_as_user_name == "1-2-3"


def test_a_legacy_pipeline_stays_in_its_catalog(client: WorkspaceClient):
    legacy = {"name": "old", "target": "t"}
    id = client.pipelines.create(**legacy, catalog="a").pipeline_id
    with pytest.raises(BadRequest) as error:
        client.pipelines.update(id, **legacy, catalog="b")
    assert str(error.value) == (
        "Cannot modify catalog of an existing pipeline. Existing catalog: 'a'. Requested catalog: 'b'"
    )
    moves = client.pipelines.create(**A).pipeline_id
    client.pipelines.update(moves, **A | {"catalog": "b"})


def test_an_unknown_pipeline(client: WorkspaceClient):
    for ask in (client.pipelines.get, client.pipelines.stop, client.pipelines.delete, client.pipelines.start_update):
        with pytest.raises(NotFound) as error:
            ask("no-such-id")
        assert str(error.value) == "The specified pipeline no-such-id was not found."


def test_lists_come_in_pages_and_filtered(client: WorkspaceClient):
    for name in ("web_one", "webXtwo", "other's"):
        client.pipelines.create(**A | {"name": name})
    assert {each.name for each in client.pipelines.list_pipelines(max_results=1)} == {"web_one", "webXtwo", "other's"}

    def found(filter: str) -> set[str]:
        return {each.name for each in client.pipelines.list_pipelines(filter=filter)}

    assert found("name LIKE 'web%'") == {"web_one", "webXtwo"}
    assert found("name LIKE 'web_one'") == {"web_one"}
    assert found("name LIKE 'other''s'") == {"other's"}
    assert found("name LIKE 'none'") == found("notebook='/x'") == set()
    with pytest.raises(BadRequest):
        found("name = 'web_one'")
    assert next(each.name for each in client.pipelines.list_pipelines(order_by=["name desc"])) == "web_one"
    assert "spec" not in client.api_client.do("GET", "/api/2.0/pipelines")["statuses"][0]


def test_a_deletion_takes_the_tables_along_unless_it_is_told_not_to(w: Workspace):
    client = connected(w)
    for cascade, left in ((None, []), (False, ["main.kept.numbers"])):
        id = pipeline(client, "kept", NUMBERS)
        assert update(client, id) == "COMPLETED"
        assert [each.full_name for each in client.tables.list("main", "kept")] == ["main.kept.numbers"]
        client.pipelines.delete(id, cascade=cascade)
        assert [each.name for each in w.tables.all()] == left
    assert len(w.rows("main.kept.numbers")) == 10
    assert not list(client.pipelines.list_pipelines())


def test_a_pipeline_that_is_continuous_begins_at_once(client: WorkspaceClient):
    id = client.pipelines.create(**A, continuous=True).pipeline_id
    assert client.pipelines.get(id).state != p.PipelineState.IDLE


def test_a_glob_is_looked_at_when_it_runs(w: Workspace):
    client = connected(w)
    id = pipeline(client, "globs", libraries=[library(f"{HOME}/nowhere/**")])
    assert update(client, id) == "FAILED"
    client.pipelines.update(
        id, name="globs", catalog="main", schema="globs", libraries=[library(f"{HOME}/globs/*.sql")]
    )
    assert update(client, id) == "FAILED"


def test_errors_are_database_errors(client: WorkspaceClient):
    with pytest.raises(DatabricksError):
        client.pipelines.get_update(client.pipelines.create(**A).pipeline_id, "none")
