"""Events of local runs and of workspaces become one state of an update."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp_magic.errors import LdpError
from ldp_magic.events import Checked, Event, Failure, Fold, Recorder, Updated, events_table, folded, ordered, told
from ldp_magic.lake import arrow_schema
from ldp_magic.pipeline.model import ColumnType

START = datetime(2026, 11, 20, 2, 0, 3, tzinfo=timezone.utc)
UPDATE = "6fc8a8d1-0000"


class Told:
    """A local update whose clock is ours."""

    def __init__(self, number: int = 7) -> None:
        self.events: list[Event] = []
        self.time = START
        where = {"pipeline": "web", "environment": "dev", "place": "embedded"}
        self.recorder = Recorder(self.events.append, update_id=UPDATE, number=number, now=lambda: self.time, **where)

    def tick(self, seconds: float) -> Told:
        self.time += timedelta(seconds=seconds)
        return self

    @property
    def state(self) -> Updated:
        stored = [json.loads(json.dumps(event.to_dict())) for event in self.events]
        assert folded(stored) == folded(self.events) == folded(reversed(stored)) == folded([*stored, *stored])
        return folded(stored)


def flow_progress(status: str = "RUNNING", at: str = "2026-11-20T02:00:04.000Z", **said: Any) -> dict[str, Any]:
    """A record as a workspace writes it."""
    return {
        "id": said.pop("id", ""),
        "timestamp": at,
        "event_type": "flow_progress",
        "level": "INFO",
        "origin": {"update_id": UPDATE, "flow_name": "`main`.`web`.`orders`", "dataset_name": "main.web.orders"},
        "details": {"flow_progress": {"status": status, **said}},
    }


def test_a_local_update_from_its_beginning_to_its_end():
    run = Told()
    run.recorder.created(flows=2, refresh=["a"])
    run.recorder.update("INITIALIZING")
    run.tick(0.5).recorder.update("SETTING_UP_TABLES")
    run.recorder.defined("a", "streaming table", ["a"])
    run.recorder.defined("b", "materialized view", ["b"])
    run.tick(0.25).recorder.update("RUNNING")
    state = run.state
    assert (state.name, state.word, state.environment, state.place) == ("update 7", "running", "dev", "embedded")
    assert [(each.name, each.state, each.seconds) for each in state.phases] == [
        ("initialize", "done", 0.5),
        ("set up tables", "done", 0.25),
        ("run flows", "running", None),
        ("finish", "waiting", None),
    ]
    assert [(flow.name, flow.kind, flow.word) for flow in state.flows] == [
        ("a", "streaming table", "waiting"),
        ("b", "materialized view", "waiting"),
    ]
    run.recorder.flow("a", "a", "RUNNING")
    running = run.tick(2).state.flows[0]
    assert running.elapsed(START + timedelta(seconds=2.75)) == 2 and running.seconds is None
    run.recorder.flow("a", "a", "RUNNING", rows_read=10, rows_written=8, dropped=2, state_rows=5, watermark="w1")
    checked = Checked(name="e", passed=7, failed=3, action="drop")
    more = {"rows_read": 10, "rows_written": 7, "dropped": 3, "late": 1, "state_rows": 2, "watermark": "w2"}
    run.recorder.flow("a", "a", "COMPLETED", seconds=2.0, expectations=[checked, checked], **more)
    done = run.state.flows[0]
    assert (done.word, done.read, done.written, done.dropped, done.late) == ("done", 20, 15, 5, 1)
    assert (done.state_rows, done.watermark, done.seconds, done.rate()) == (2, "w2", 2.0, 10)
    assert done.expectations == (Checked(name="e", dataset="a", passed=14, failed=6, action="drop"),)
    run.recorder.flow("b", "b", "FAILED", error=LdpError("no", why="w", fix="f"), place="b.sql:1:1", seconds=0.1)
    run.recorder.update("FAILED")
    state = run.state
    assert state.flows[1].failure == Failure(what="no", why="w", fix="f", place="b.sql:1:1")
    assert (state.word, state.seconds, state.counts) == ("failed", 2.75, {"done": 1, "failed": 1})
    assert [(each.name, each.state) for each in state.phases][2:] == [("run flows", "failed")]
    assert state.sum_of("written") == 15 and state.sum_of("upserted") is None


def test_a_flow_that_is_tried_again_and_succeeds_has_not_failed():
    run = Told()
    run.recorder.flow("a", "a", "FAILED", error=LdpError("conflict"))
    run.recorder.flow("a", "a", "RUNNING")
    run.tick(3).recorder.flow("a", "a", "COMPLETED", rows_written=1)
    (flow,) = run.state.flows
    assert (flow.word, flow.failure, flow.seconds) == ("done", None, 3)


@pytest.mark.parametrize(
    ("state", "words"), [("CANCELED", ("stopped", "skipped")), ("FAILED", ("stopped", "skipped"))], ids=str
)
def test_what_an_end_found_unfinished(state: str, words: tuple[str, str]):
    run = Told()
    run.recorder.update("RUNNING")
    run.recorder.flow("a", "a", "RUNNING")
    run.recorder.flow("b", "b", "QUEUED")
    run.recorder.update(state, error=LdpError("the disk is full") if state == "FAILED" else None)
    assert tuple(flow.word for flow in run.state.flows) == words
    assert run.events[-1].ours["flows"] == {"skipped": 1, "stopped": 1}
    assert run.state.failure == (Failure(what="the disk is full") if state == "FAILED" else None)
    assert run.state.phases[-1].state == ("failed" if state == "FAILED" else "stopped")


def test_a_process_that_died_left_an_update_without_an_end():
    run = Told()
    run.recorder.update("RUNNING")
    run.recorder.flow("a", "a", "RUNNING")
    run.tick(4).recorder.flow("b", "b", "RUNNING")
    assert run.state.word == "running" and not run.state.ended
    state = folded(run.events, over=True)
    assert (state.word, state.ended, state.seconds) == ("cut short", True, 4)
    assert [flow.word for flow in state.flows] == ["stopped", "stopped"] and state.phases[-1].state == "stopped"


def test_what_comes_behind_the_end_changes_nothing_of_it():
    run = Told()
    run.recorder.update("RUNNING")
    run.recorder.update("COMPLETED")
    run.tick(5).recorder.update("RUNNING")
    assert (run.state.word, run.state.seconds) == ("done", 0)


# a workspace


def test_records_of_a_workspace():
    expectation = {"name": "has_id", "dataset": "orders", "passed_records": "7", "failed_records": 3}
    quality = {"dropped_records": "3", "expectations": [expectation]}
    records: list[dict[str, Any]] = [
        {
            "id": "1",
            "timestamp": "2026-11-20T02:00:03.000Z",
            "event_type": "create_update",
            "origin": {"update_id": UPDATE, "pipeline_name": "web"},
            "details": {"create_update": {"cause": "JOB_TASK", "full_refresh": "true", "config": {"x": 1}}},
        },
        {
            "id": "2",
            "timestamp": "2026-11-20T02:00:03.500Z",
            "event_type": "flow_definition",
            "origin": {"update_id": UPDATE, "flow_name": "main.web.orders", "dataset_name": "main.web.orders"},
            "details": '{"flow_definition": {"flow_type": "MATERIALIZED_VIEW"}}',
        },
        flow_progress(id="3"),
        flow_progress(id="4", at="2026-11-20T02:00:05Z", metrics={"num_output_rows": "7"}, data_quality=quality),
        flow_progress("COMPLETED", id="5", at="2026-11-20T04:00:06.5+02:00"),
        {
            **flow_progress("COMPLETED", id="6"),
            "origin": {"update_id": UPDATE, "flow_name": "pipelines.flowTimeMetrics.missingFlowName"},
        },
        {
            **flow_progress(id="7", metrics={"num_output_rows": 1_000}),
            "origin": {"update_id": "another", "flow_name": "other"},
        },
    ]
    state = folded([*reversed(records), records[3]])  # newest first, and one of them twice
    (flow,) = state.flows
    assert (state.name, state.cause, state.full_refresh) == ("update 6fc8a8", "JOB_TASK", ("all",))
    assert (flow.name, flow.kind, flow.word, flow.written, flow.dropped) == (
        "main.web.orders",
        "materialized view",
        "done",
        7,
        3,
    )
    assert flow.seconds == 2.5 and flow.expectations == (Checked(name="has_id", dataset="orders", passed=7, failed=3),)


def test_states_that_nobody_knows_are_still_going():
    record = {"event_type": "update_progress", "origin": {"update_id": UPDATE}, "details": {}}
    state = folded([{**record, "details": {"update_progress": {"state": "BREWING"}}}, flow_progress("PONDERING")])
    assert (state.word, state.ended, state.flows[0].word) == ("running", False, "pondering")


def test_an_error_of_a_workspace_with_several_causes():
    exceptions = [{"class_name": "a.B", "message": "first"}, {"message": "second"}, {"class_name": "c.D"}, 3]
    record = {**flow_progress("FAILED"), "error": {"fatal": True, "exceptions": exceptions}}
    assert folded([record]).flows[0].failure == Failure(what="first", causes=("second", "c.D"))


# records that are kept as they are

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=8,
)
KEYS = ("id", "event_type", "timestamp", "message", "level", "maturity_level", "sequence", "origin", "details", "error")
RECORDS = st.dictionaries(st.sampled_from([*KEYS, "truncation", "neu"]), JSON, max_size=8)
DETAILS = st.fixed_dictionaries(
    {
        "event_type": st.sampled_from(["create_update", "update_progress", "flow_progress", "flow_definition", "x"]),
        "details": st.dictionaries(
            st.sampled_from(["create_update", "update_progress", "flow_progress", "flow_definition"]),
            st.dictionaries(
                st.sampled_from(["status", "state", "metrics", "data_quality", "ldp", "full_refresh", "flow_type"]),
                JSON,
            ),
        ),
        "origin": st.dictionaries(st.sampled_from(["flow_name", "update_id", "dataset_name"]), JSON),
        "error": JSON,
    }
)


@given(st.lists(RECORDS | DETAILS, max_size=4))
def test_odd_records_never_crash_and_lose_nothing(records: list[dict[str, Any]]):
    events = [Event.from_dict(record) for record in records]
    for event, record in zip(events, records, strict=True):
        for key, value in record.items():
            kept = event.to_dict()[key]
            assert kept == value or (isinstance(value, str) and kept == json.loads(value))
        assert told(event).sentence is not None and event.order and event.reaches("error") in (True, False)
    assert folded(records).elapsed() is None or folded(records).ended is not None
    columns, rows = events_table(records)
    assert all(len(row) == len(columns) for row in rows)


def test_the_order_is_that_of_time_and_sequence():
    times = ["2026-11-20T02:00:03.001Z", "2026-11-20T02:00:03.000Z", "odd", "2026-11-20T02:00:03.000Z"]
    numbers = [1, 3, 4, 2]
    events = [
        Event(id=str(n), timestamp=time, sequence={"data_plane_id": {"instance": 1, "seq_no": str(n)}})
        for n, time in zip(numbers, times, strict=True)
    ]
    assert [event.id for event in ordered(events)] == ["4", "2", "3", "1"]


def test_a_thousand_events_fold_one_by_one_as_all_together():
    run = Told()
    run.recorder.created(flows=50)
    fold = Fold()
    for n in range(1_000):
        run.tick(0.01).recorder.flow(f"f{n % 50}", f"f{n % 50}", "COMPLETED" if n >= 950 else "RUNNING", rows_read=1)
    for event in run.events:
        fold.add(event)
    assert fold.updated() == run.state and run.state.sum_of("read") == 1_000


# as a table


def test_the_event_log_as_a_table():
    import pyarrow

    run = Told()
    run.recorder.created()
    run.recorder.flow("a", "a", "FAILED", error=LdpError("no"))
    columns, rows = events_table([*run.events, {"timestamp": "odd", "origin": {"org_id": "12", "batch_id": 1 << 70}}])
    assert [name for name, _ in columns] == [
        *("id", "sequence", "origin", "timestamp", "message", "level", "maturity_level", "error", "details"),
        "event_type",
    ]
    names = [name for name, _ in columns]
    schema = arrow_schema(tuple(ColumnType(name=name, type=type_) for name, type_ in columns))
    found = pyarrow.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema)
    created, failed, odd = found.to_pylist()
    assert created["timestamp"] == START and created["origin"]["update_id"] == UPDATE
    assert failed["error"] == {
        "fatal": False,
        "exceptions": [{"class_name": "ldp_magic.errors.LdpError", "message": "no"}],
    }
    assert json.loads(failed["details"])["flow_progress"]["status"] == "FAILED"
    assert failed["sequence"] == {"control_plane_seq_no": None, "data_plane_id": {"instance": 7, "seq_no": 2}}
    assert (odd["timestamp"], odd["origin"]["org_id"], odd["origin"]["batch_id"]) == (None, 12, None)
