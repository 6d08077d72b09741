"""What a run says becomes events in the order in which they happened, whatever the clock does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from ldp_magic.errors import LdpError
from ldp_magic.events import Checked, Event, Recorder, folded, ordered
from ldp_magic.text import Source

START = datetime(2026, 11, 20, 2, 0, 3, tzinfo=timezone.utc)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def tick(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def recorder(emit: Callable[[Event], None], now: Callable[[], datetime] | None = None) -> Recorder:
    where = {"pipeline": "web", "environment": "dev", "place": "embedded"}
    return Recorder(emit, update_id="6fc8a8-17", number=7, now=now, **where)


def test_the_documented_record():
    said: list[Event] = []
    recorder(said.append, Clock()).flow(
        "web_orders",
        "orders",
        "COMPLETED",
        rows_read=10,
        rows_written=7,
        dropped=3,
        late=1,
        watermark="2026-01-01T00:00:00Z",
        state_rows=4,
        seconds=0.25,
        expectations=[Checked(name="has_id", passed=7, failed=3, action="drop")],
    )
    event = json.loads(json.dumps(said[0].to_dict()))
    assert event.pop("id")
    assert event == {
        "event_type": "flow_progress",
        "timestamp": "2026-11-20T02:00:03.000Z",
        "message": "web_orders done: 7 rows in 0.25 s, 1 late, 3 dropped",
        "level": "INFO",
        "maturity_level": "STABLE",
        "sequence": {"data_plane_id": {"instance": 7, "seq_no": 1}},
        "origin": {
            "pipeline_name": "web",
            "update_id": "6fc8a8-17",
            "flow_name": "web_orders",
            "dataset_name": "orders",
        },
        "details": {
            "flow_progress": {
                "status": "COMPLETED",
                "metrics": {"num_output_rows": 7},
                "data_quality": {
                    "dropped_records": 3,
                    "expectations": [
                        {
                            "name": "has_id",
                            "dataset": "orders",
                            "passed_records": 7,
                            "failed_records": 3,
                            "action": "DROP",
                        }
                    ],
                },
                "ldp": {
                    "rows_read": 10,
                    "late": 1,
                    "watermark": "2026-01-01T00:00:00Z",
                    "state_rows": 4,
                    "seconds": 0.25,
                },
            }
        },
    }


def test_a_failure_says_what_why_fix_where_and_what_caused_it():
    said: list[Event] = []
    place = Source("flows/a.sql", None, "SELECT 1;\nSELECT x").at(17)
    try:
        try:
            raise ValueError("no x")
        except ValueError as cause:
            raise LdpError("there is no column x", why="a has y", fix="say y") from cause
    except LdpError as error:
        recorder(said.append).flow("a", "a", "FAILED", error=error, place=place)
    (event,) = said
    assert (event.level, event.message) == ("ERROR", "a failed: there is no column x")
    assert event.error == {
        "fatal": False,
        "exceptions": [
            {"class_name": "ldp_magic.errors.LdpError", "message": "there is no column x"},
            {"class_name": "ValueError", "message": "no x"},
        ],
    }
    assert event.ours["failure"] == {
        "place": "flows/a.sql:2:8",
        "location": {"path": "flows/a.sql", "cell": None, "line": 2, "column": 8},
        "what": "there is no column x",
        "why": "a has y",
        "fix": "say y",
    }


def test_causes_that_go_round_in_a_circle_end():
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    said: list[Event] = []
    recorder(said.append).update("FAILED", error=one)
    assert said[0].error == {
        "fatal": True,
        "exceptions": [{"class_name": "ValueError", "message": text} for text in ("one", "two")],
    }


def test_a_clock_that_goes_backwards_changes_no_order():
    said: list[Event] = []
    clock = Clock()
    record = recorder(said.append, clock)
    record.created()
    for state, tick in (("INITIALIZING", 5), ("SETTING_UP_TABLES", -3_600), ("RUNNING", 1), ("COMPLETED", 4_000)):
        clock.tick(tick)
        record.update(state)
    times = [event.timestamp for event in said]
    assert times == sorted(times) and times[1] == times[2] == times[3]
    assert ordered(reversed(said)) == said
    state = folded(reversed(said))
    assert state.ended and [phase.seconds for phase in state.phases] == [0, 0, 401]


def test_flows_side_by_side_lose_nothing():
    said: list[Event] = []
    record = recorder(said.append)
    record.created()
    both = threading.Barrier(8)

    def flow(name: str) -> None:
        both.wait()
        record.flow(name, name, "RUNNING")
        for _ in range(50):
            record.flow(name, name, "RUNNING", rows_read=2, rows_written=1)
        record.flow(name, name, "COMPLETED")

    threads = [threading.Thread(target=flow, args=(f"f{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.sequence["data_plane_id"]["seq_no"] for event in said] == list(range(1, 8 * 52 + 2))
    assert len({event.id for event in said}) == len(said)
    state = folded(said)
    assert {(flow.word, flow.read, flow.written) for flow in state.flows} == {("done", 100, 50)}


def test_what_a_listener_raises_reaches_who_spoke():
    def full(event: Event) -> None:
        raise OSError("no space left")

    record = recorder(full)
    with pytest.raises(OSError, match="no space"):
        record.created()


@pytest.mark.parametrize(
    ("call", "level", "message"),
    [
        pytest.param(lambda r: r.created(flows=6), "INFO", "update 7 started, dev, embedded, 6 flows", id="start"),
        pytest.param(
            lambda r: r.created(refresh=["a", "b"], flows=1),
            "INFO",
            "update 7 started, dev, embedded, 1 flow, only a and b",
            id="some",
        ),
        pytest.param(
            lambda r: r.created(full_refresh=["all"]),
            "INFO",
            "update 7 started, dev, embedded, full refresh",
            id="full",
        ),
        pytest.param(lambda r: r.update("RUNNING"), "INFO", "update 7: run flows", id="phase"),
        pytest.param(lambda r: r.update("RUNNING", "as you like"), "INFO", "as you like", id="own words"),
        pytest.param(lambda r: r.update("CANCELED"), "WARN", "update 7 stopped after < 0.01 s", id="canceled"),
        pytest.param(
            lambda r: r.update("FAILED", error=LdpError("there are two a")),
            "ERROR",
            "update 7 failed after < 0.01 s: there are two a",
            id="failed",
        ),
        pytest.param(
            lambda r: r.flow("a", "a", "FAILED", error=LdpError("a stopped: x is 3")),
            "ERROR",
            "a failed: x is 3",
            id="no name twice",
        ),
        pytest.param(
            lambda r: r.flow("a", "a", "IDLE", why="nothing new to read", seconds=0.1),
            "INFO",
            "a is unchanged: nothing new to read",
            id="unchanged",
        ),
        pytest.param(lambda r: r.flow("a", "a", "QUEUED"), "INFO", "a is waiting", id="waiting"),
        pytest.param(
            lambda r: r.flow("c", "b", "SKIPPED", why="it reads a"), "WARN", "c skipped: it reads a", id="skipped"
        ),
        pytest.param(
            lambda r: r.flow("a", "a", "COMPLETED", rows_written=0, seconds=0.004, why="nothing is new"),
            "INFO",
            "a done: 0 rows in < 0.01 s, nothing is new",
            id="nothing new",
        ),
        pytest.param(
            lambda r: r.flow("a", "a", "COMPLETED", upserted=2, deleted=1, seconds=61),
            "INFO",
            "a done: 2 upserted rows, 1 deleted row in 1 min 01 s",
            id="changes",
        ),
        pytest.param(
            lambda r: r.flow("a", "a", "RUNNING", warnings=["it has no watermark"]), "WARN", "a is running", id="warned"
        ),
        pytest.param(
            lambda r: r.defined("t", "streaming table", ["f"], reads={"f": ["a", "b"]}),
            "INFO",
            "f writes into t, from a and b",
            id="definition",
        ),
    ],
)
def test_every_message_is_one_sentence(call: Callable[[Recorder], None], level: str, message: str):
    said: list[Event] = []
    call(recorder(said.append, Clock()))
    assert (said[-1].level, said[-1].message) == (level, message)
