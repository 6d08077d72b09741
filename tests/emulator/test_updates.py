"""Updates that really run: tables, events and failures are those of the sources that were uploaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, ResourceConflict

from ldp_magic.emulator import Workspace
from ldp_magic.emulator.work import AT_ONCE
from tests.emulator.client import (
    HOME,
    LANDING,
    NUMBERS,
    connected,
    details,
    ended,
    errors,
    library,
    pipeline,
    state,
    until,
    update,
    upload,
)

CHECKED = "CREATE MATERIALIZED VIEW checked (CONSTRAINT even EXPECT (id % 2 = 0) ON VIOLATION DROP ROW) AS SELECT id FROM numbers;"
FAILS = "CREATE MATERIALIZED VIEW fails AS SELECT nobody FROM numbers;\nCREATE MATERIALIZED VIEW after AS SELECT * FROM fails;"

# the engine lets go of it between two batches: a cross join would compute on after it was stopped
SLOW = "CREATE MATERIALIZED VIEW slow AS SELECT max(id * 7 % 13) AS n FROM range(1000000000000);"


def test_tables_and_events_are_real(client: WorkspaceClient, w: Workspace):
    id = pipeline(client, "real", NUMBERS, CHECKED)
    assert update(client, id) == "COMPLETED"
    assert sorted(row["id"] for row in w.rows("main.real.checked")) == [0, 2, 4, 6, 8]
    states = [each["state"] for each in details(w, "real", "update_progress")]
    assert states == [
        "QUEUED",
        "CREATED",
        "WAITING_FOR_RESOURCES",
        "INITIALIZING",
        "SETTING_UP_TABLES",
        "RUNNING",
        "COMPLETED",
    ]
    quality = [each["data_quality"] for each in details(w, "real", "flow_progress") if "data_quality" in each]
    assert quality == [
        {
            "dropped_records": 5,
            "expectations": [
                {
                    "name": "even",
                    "dataset": "main.real.checked",
                    "passed_records": 5,
                    "failed_records": 5,
                    "action": "DROP",
                }
            ],
        }
    ]
    created = details(w, "real", "create_update")[0]
    assert created["cause"] == "API_CALL" and created["config"]["serverless"] == "true"
    defined = {each["output_dataset"]: each["input_datasets"] for each in details(w, "real", "flow_definition")}
    assert defined == {"main.real.numbers": [], "main.real.checked": ["main.real.numbers"]}
    assert not any("'ldp':" in str(event["details"]) for event in w.events("real")), "nothing of ours is told"


def test_only_what_is_new_is_read(client: WorkspaceClient, w: Workspace, tmp_path: Path):
    w.volumes["/Volumes/main/raw/in"] = tmp_path
    (tmp_path / "a.json").write_text('{"id": 1}\n')
    id = pipeline(client, "grows", LANDING)
    assert update(client, id) == "COMPLETED"
    (tmp_path / "b.json").write_text('{"id": 2}\n')
    assert update(client, id) == "COMPLETED"
    assert sorted(row["id"] for row in w.rows("main.grows.landed")) == [1, 2]
    (tmp_path / "a.json").unlink()
    assert update(client, id, full_refresh_selection=["landed"]) == "COMPLETED"
    assert [row["id"] for row in w.rows("main.grows.landed")] == [2]
    assert "RESETTING" in [each["state"] for each in details(w, "grows", "update_progress")]
    written = [each["metrics"]["num_output_rows"] for each in details(w, "grows", "flow_progress") if "metrics" in each]
    assert written == [1, 1, 1]


def test_a_flow_that_fails_names_the_file_and_line_of_the_workspace(client: WorkspaceClient, w: Workspace):
    id = pipeline(client, "broken", NUMBERS, FAILS)
    assert update(client, id) == "FAILED"
    ends = {
        event["origin"]["flow_name"]: event["details"]["flow_progress"]["status"]
        for event in w.events("broken")
        if event["event_type"] == "flow_progress"
    }
    assert ends == {"main.broken.numbers": "COMPLETED", "main.broken.fails": "FAILED", "main.broken.after": "SKIPPED"}
    failure = next(e for e in w.events("broken") if e["level"] == "ERROR")["error"]["exceptions"][0]
    assert "nobody" in failure["message"]
    assert failure["stack"][0]["file_name"] == f"{HOME}/broken/src/1.sql" and failure["stack"][0]["line_number"] == 1
    assert not any(str(w.home) in str(event) for event in w.events("broken"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("CREATE MATERIALIZED VIEW x AS SELEC 1", "", id="a source that cannot be read"),
        pytest.param(FAILS, "nobody", id="a query that cannot be"),
    ],
)
def test_a_validation_changes_no_table(client: WorkspaceClient, w: Workspace, text: str, said: str):
    id = pipeline(client, "dry", NUMBERS)
    assert update(client, id, validate_only=True) == "COMPLETED"
    assert not w.tables.all()
    upload(client, "dry/src/1.sql", text)
    assert update(client, id, validate_only=True) == "FAILED"
    assert said in " ".join(errors(w, "dry")) and errors(w, "dry")
    assert not w.tables.all() and not details(w, "dry", "flow_progress")


def test_python_sources_and_modules_beside_them(client: WorkspaceClient, w: Workspace):
    upload(client, "py/helpers.py", "ROWS = 3\n")
    upload(
        client,
        "py/src/a.py",
        "from pyspark import pipelines as dp\nfrom helpers import ROWS\n\n@dp.materialized_view\ndef three():\n    return spark.range(ROWS)\n",
    )
    id = pipeline(client, "py", root_path=f"{HOME}/py")
    assert update(client, id) == "COMPLETED", errors(w, "py")
    assert len(w.rows("main.py.three")) == 3


def test_a_notebook_is_a_source(client: WorkspaceClient, w: Workspace):
    path = upload(client, "nb/flow.sql", f"-- Databricks notebook source\n{NUMBERS}\n-- COMMAND ----------\n{CHECKED}")
    id = pipeline(client, "nb", libraries=[library(path.removesuffix(".sql"))])
    assert update(client, id) == "COMPLETED", errors(w, "nb")
    assert {each.name for each in w.tables.all()} == {"main.nb.numbers", "main.nb.checked"}


def test_configuration_and_parameters_are_those_of_the_pipeline(client: WorkspaceClient, w: Workspace):
    text = "CREATE MATERIALIZED VIEW p AS SELECT '${a}' AS a, '${b}' AS b;"
    id = pipeline(client, "set", text, configuration={"a": "1"}, parameters={"b": "2"})
    assert update(client, id) == "COMPLETED", errors(w, "set")
    assert w.rows("main.set.p") == [{"a": "1", "b": "2"}]


def test_one_pipeline_reads_the_table_of_another(client: WorkspaceClient, w: Workspace):
    first = pipeline(client, "first", NUMBERS)
    second = pipeline(
        client, "second", "CREATE MATERIALIZED VIEW doubled AS SELECT id * 2 AS id FROM main.first.numbers;"
    )
    assert update(client, second) == "FAILED"
    assert update(client, first) == "COMPLETED"
    assert update(client, second) == "COMPLETED", errors(w, "second")
    assert sum(row["id"] for row in w.rows("main.second.doubled")) == 90


def test_a_table_belongs_to_one_pipeline(client: WorkspaceClient, w: Workspace):
    assert update(client, pipeline(client, "mine", NUMBERS)) == "COMPLETED"
    other = pipeline(client, "yours", NUMBERS, schema="mine")
    assert update(client, other) == "FAILED"
    assert "already exists and is managed by pipeline" in errors(w, "yours")[0]


def test_one_update_at_a_time(client: WorkspaceClient, w: Workspace):
    id = pipeline(client, "one", NUMBERS)
    w.script("stuck")
    active = client.pipelines.start_update(id).update_id
    with pytest.raises(ResourceConflict) as error:
        client.pipelines.start_update(id)
    assert str(error.value) == f"An active update '{active}' already exists for pipeline '{id}'"
    client.pipelines.stop(id)
    assert ended(client, id, active) == "CANCELED"
    client.pipelines.stop(id)  # nothing runs: nothing happens
    assert update(client, id) == "COMPLETED"


def test_selections_that_make_no_sense(client: WorkspaceClient, w: Workspace):
    id = pipeline(client, "chosen", NUMBERS, CHECKED)
    with pytest.raises(BadRequest):
        client.pipelines.start_update(id, full_refresh=True, refresh_selection=["numbers"])
    assert update(client, id, refresh_selection=["numbrs"]) == "FAILED"
    assert "no table is called numbrs; numbers is" in errors(w, "chosen")[0]
    assert update(client, id, refresh_selection=["numbers"]) == "COMPLETED"
    assert [each.name for each in w.tables.all()] == ["main.chosen.numbers"]


def test_a_selection_by_path(client: WorkspaceClient, w: Workspace):
    id = pipeline(client, "paths", NUMBERS, CHECKED)
    body = {"refresh_selection_by_path": [f"{HOME}/paths/src/0.sql"]}
    started = client.api_client.do("POST", f"/api/2.0/pipelines/{id}/updates", body=body)
    assert ended(client, id, started["update_id"]) == "COMPLETED"
    assert [each.name for each in w.tables.all()] == ["main.paths.numbers"]


def test_a_running_update_can_be_stopped(client: WorkspaceClient, w: Workspace):
    id = pipeline(client, "slow", SLOW)
    started = client.pipelines.start_update(id).update_id
    until(lambda: state(client, id, started), lambda found: found == "RUNNING")
    client.pipelines.stop(id)
    assert ended(client, id, started) == "CANCELED"
    upload(client, "slow/src/0.sql", NUMBERS)
    assert update(client, id) == "COMPLETED"


def test_a_continuous_update_goes_on_until_it_is_stopped(client: WorkspaceClient, w: Workspace, tmp_path: Path):
    w.volumes["/Volumes/main/raw/in"] = tmp_path
    (tmp_path / "a.json").write_text('{"id": 1}\n')
    id = pipeline(client, "ever", LANDING, continuous=True)
    until(lambda: w.tables.get("main.ever.landed") and len(w.rows("main.ever.landed")) == 1)
    (tmp_path / "b.json").write_text('{"id": 2}\n')
    until(lambda: len(w.rows("main.ever.landed")) == 2)
    active = client.pipelines.get(id).latest_updates[0]
    assert active.state.value == "RUNNING"
    client.pipelines.stop(id)
    assert ended(client, id, active.update_id) == "CANCELED"


def test_a_catalog_that_is_not_there(client: WorkspaceClient, w: Workspace):
    id = pipeline(client, "lost", NUMBERS, catalog="nowhere")
    assert update(client, id) == "FAILED"
    assert errors(w, "lost") == ["[NO_SUCH_CATALOG_EXCEPTION] Catalog 'nowhere' was not found."]


def test_a_failed_update_is_tried_again_where_the_settings_say_so(client: WorkspaceClient, w: Workspace):
    id = pipeline(client, "again", FAILS + NUMBERS, configuration={"pipelines.numUpdateRetryAttempts": "1"})
    assert update(client, id) == "FAILED"
    until(lambda: len(client.pipelines.get(id).latest_updates) == 2)
    w.settle()
    assert [each["cause"] for each in details(w, "again", "create_update")] == ["API_CALL", "RETRY_ON_FAILURE"]


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [
        ("completes", ["COMPLETED"]),
        ("source fails", ["FAILED"]),
        ("flow fails", ["FAILED"]),
        ("retries", ["FAILED", "COMPLETED"]),
        ("canceled", ["CANCELED"]),
    ],
)
def test_an_update_that_follows_a_script(scripted: Workspace, outcome: str, ends: list[str]):
    client = connected(scripted)
    id = pipeline(client, "told", NUMBERS, CHECKED)
    scripted.script(outcome, "told")
    first = client.pipelines.start_update(id).update_id
    seen = [state(client, id, first)]
    while seen[-1] not in ("COMPLETED", "FAILED", "CANCELED"):
        seen.append(state(client, id, first))
    scripted.settle()
    assert [each.state.value for each in client.pipelines.list_updates(id).updates][::-1] == ends
    assert seen[:3] == ["CREATED", "WAITING_FOR_RESOURCES", "INITIALIZING"], "each look takes it one step further"
    assert bool(errors(scripted, "told")) == (ends[0] == "FAILED")


def test_notifications_are_written_down(client: WorkspaceClient, w: Workspace):
    from databricks.sdk.service.pipelines import Notifications

    mail = Notifications(alerts=["on-update-success", "on-update-failure"], email_recipients=["a@example.com"])
    id = pipeline(client, "mail", NUMBERS, notifications=[mail])
    assert update(client, id) == "COMPLETED"
    assert [(each.to, each.when) for each in w.notifications] == [("a@example.com", "on-update-success")]


def test_an_update_that_waits_for_its_turn_can_be_stopped(client: WorkspaceClient, w: Workspace):
    ids = [pipeline(client, f"slow{n}", SLOW) for n in range(AT_ONCE + 1)]
    started = [client.pipelines.start_update(id).update_id for id in ids]
    waits = until(
        lambda: [n for n, id in enumerate(ids) if state(client, id, started[n]) == "WAITING_FOR_RESOURCES"],
        lambda found: len(found) == 1,
    )[0]
    client.pipelines.stop(ids[waits])
    assert ended(client, ids[waits], started[waits]) == "CANCELED"
    for id, one in zip(ids, started, strict=True):
        client.pipelines.stop(id)
        assert ended(client, id, one) == "CANCELED"
