"""The event log as the real interface gives it: filters, orders, pages, and the oddities of real answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest

from ldp_magic.emulator import Workspace
from ldp_magic.events import folded
from tests.emulator.client import NUMBERS, connected, pipeline, update

CHECKED = "CREATE MATERIALIZED VIEW checked (CONSTRAINT even EXPECT (id % 2 = 0)) AS SELECT id FROM numbers;"


@pytest.fixture
def client(scripted: Workspace) -> WorkspaceClient:
    return connected(scripted)


@pytest.fixture
def logged(client: WorkspaceClient) -> str:
    """A pipeline after two updates."""
    id = pipeline(client, "log", NUMBERS, CHECKED)
    for _ in range(2):
        assert update(client, id) == "COMPLETED"
    return id


def page(client: WorkspaceClient, id: str, **query: Any) -> dict[str, Any]:
    return client.api_client.do("GET", f"/api/2.0/pipelines/{id}/events", query=query)


def pages(client: WorkspaceClient, id: str, **query: Any) -> list[dict[str, Any]]:
    """All events, page by page; a token goes with the size of a page only."""
    answer = page(client, id, **query)
    found = answer.get("events", [])
    while answer.get("next_page_token"):
        answer = page(client, id, page_token=answer["next_page_token"], max_results=query.get("max_results", 250))
        found += answer.get("events", [])
    return found


def test_the_newest_come_first_unless_it_is_said(client: WorkspaceClient, logged: str):
    down = [each["id"] for each in pages(client, logged)]
    assert [each["id"] for each in pages(client, logged, order_by="timestamp asc")] == down[::-1]
    assert [each["id"] for each in pages(client, logged, order_by="timestamp desc")] == down


@pytest.mark.parametrize("order", ["timestamp asc", "timestamp desc"])
@pytest.mark.parametrize("size", [1, 3, 250])
def test_pages_of_any_size_hold_every_event_once(
    client: WorkspaceClient, scripted: Workspace, logged: str, size, order
):
    whole = scripted.events(logged)
    found = pages(client, logged, max_results=size, order_by=order)
    assert sorted(each["id"] for each in found) == sorted(each["id"] for each in whole)


def test_pages_that_are_shorter_than_asked_for(client: WorkspaceClient, scripted: Workspace, logged: str):
    scripted.quirks.page_size = 1
    assert len(page(client, logged, max_results=250)["events"]) == 1
    assert len(pages(client, logged)) == len(scripted.events(logged))


@pytest.mark.parametrize(
    ("filter", "fits"),
    [
        ("level = 'INFO'", lambda e: e["level"] == "INFO"),
        ("level in ('WARN', 'ERROR')", lambda e: e["level"] in ("WARN", "ERROR")),
        ("timestamp > '2020-01-01T00:00:00.000Z'", lambda e: True),
        ("timestamp < '2020-01-01T00:00:00.000Z'", lambda e: False),
        ("update_id = 'none'", lambda e: False),
        ("level = 'INFO' AND timestamp >= '2020-01-01T00:00:00Z'", lambda e: e["level"] == "INFO"),
    ],
)
def test_filters(client: WorkspaceClient, scripted: Workspace, logged: str, filter: str, fits):
    wanted = {each["id"] for each in scripted.events(logged) if fits(each)}
    assert {each["id"] for each in pages(client, logged, filter=filter)} == wanted


def test_one_update_from_a_moment_on(client: WorkspaceClient, scripted: Workspace, logged: str):
    last = client.pipelines.list_updates(logged).updates[0].update_id
    found = pages(client, logged, filter=f"update_id = '{last}'", order_by="timestamp asc")
    assert {each["origin"]["update_id"] for each in found} == {last}
    some = found[len(found) // 2]
    more = pages(client, logged, filter=f"update_id = '{last}' AND timestamp >= '{some['timestamp']}'")
    assert some["id"] in {each["id"] for each in more} and len(more) < len(found)
    assert page(client, logged, filter=f"id = '{some['id']}'")["events"] == [some]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"filter": "event_type = 'flow_progress'"}, "Operation '=' not allowed on 'event_type'"),
        ({"filter": "level > 'INFO'"}, "Operation '>' not allowed on 'level'"),
        ({"filter": "nonsense"}, "Invalid filter: nonsense"),
        ({"filter": "timestamp > 'soon'"}, "Invalid timestamp"),
        ({"order_by": "id asc"}, "Invalid order_by"),
        ({"max_results": 251}, "max_results must be from 1 to 250"),
        ({"page_token": "x"}, "Invalid page token"),
    ],
)
def test_what_is_refused(client: WorkspaceClient, logged: str, query: dict[str, Any], said: str):
    with pytest.raises(BadRequest) as error:
        page(client, logged, **query)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "word"), [("order_by", "timestamp asc", "an ordering"), ("filter", "level = 'INFO'", "a filter")]
)
def test_a_token_goes_alone(client: WorkspaceClient, logged: str, name: str, value: str, word: str):
    token = page(client, logged, max_results=1)["next_page_token"]
    with pytest.raises(BadRequest) as error:
        page(client, logged, page_token=token, **{name: value})
    assert str(error.value) == f"You can provide a page token or specify {word}, but not both."


def test_numbers_as_text_and_details_as_text_mean_the_same(client: WorkspaceClient, scripted: Workspace, logged: str):
    plain = folded(pages(client, logged))
    scripted.quirks.numbers_as_text = True
    (rows,) = {
        e["details"]["flow_progress"]["metrics"]["num_output_rows"]
        for e in pages(client, logged)
        if "metrics" in str(e)
    }
    assert rows == "10"
    scripted.quirks.details_as_text = True
    odd = pages(client, logged)
    assert all(isinstance(each["details"], str) and json.loads(each["details"]) for each in odd)
    assert folded(odd).flows == plain.flows


def test_events_that_come_after_the_end(client: WorkspaceClient, scripted: Workspace):
    scripted.quirks.late_events = 2
    id = pipeline(client, "late", NUMBERS, CHECKED)
    started = client.pipelines.start_update(id).update_id
    while not any(each["details"].get("update_progress", {}).get("state") == "COMPLETED" for each in pages(client, id)):
        pass
    early = {each["id"] for each in pages(client, id)}
    assert client.pipelines.get_update(id, started).update.state.value == "COMPLETED"
    late = [each for each in pages(client, id) if each["id"] not in early]
    assert [each["event_type"] for each in late] == ["flow_progress"] * 2
    end = next(each for each in pages(client, id) if each["event_type"] == "update_progress")
    assert all(each["timestamp"] <= end["timestamp"] for each in late)


def test_times_that_are_not_in_their_order(client: WorkspaceClient, scripted: Workspace):
    scripted.quirks.shuffled_times = True
    id = pipeline(client, "odd", NUMBERS, CHECKED)
    assert update(client, id) == "COMPLETED"
    told = [each["timestamp"] for each in scripted.events(id)]
    assert told != sorted(told)
    assert len(pages(client, id, max_results=2)) == len(told)


def test_the_sdk_reads_what_it_knows_of_them(client: WorkspaceClient, logged: str):
    found = list(client.pipelines.list_pipeline_events(logged, max_results=250))
    assert {each.event_type for each in found} >= {"create_update", "update_progress", "flow_progress"}
    assert all(each.origin.pipeline_id == logged for each in found)
