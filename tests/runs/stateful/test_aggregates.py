"""What runs of stateful queries leave, beside what Apache Spark 4.3 recorded (make_truth.py), batch by batch."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code.frames import Frames
from ldp_magic.engine.code.swaps import Swaps
from ldp_magic.runs.stateful import kind_of, kind_of_frame, stateful, stateful_frame
from ldp_magic.runs.work import Work
from ldp_magic.sql.query import facts_of
from tests.runs.stateful.turns import Flow, Turn, flows

TRUTH = {file.stem: json.loads(file.read_text()) for file in sorted((Path(__file__).parent / "truth").glob("*.json"))}
ROW_BY_ROW = re.compile("tumbling|filter|join|by_|names|edges|semi|anti|before")
RUNS = 25
SCHEMA = "k string, ts timestamp, v int, x string"


@pytest.fixture(scope="module")
def flow() -> Iterator[Callable[[Callable[[Flow], None]], None]]:
    with flows() as each:
        yield each


def told(flow: Flow, truth: dict[str, Any]) -> list[list[Any]]:
    """The rows of each batch."""
    facts, outputs = facts_of(truth["query"]), []
    for number in range(len(truth["sources"]["s"])):
        views = {name: flow.view(name, batches[number], SCHEMA) for name, batches in truth["sources"].items()}
        if truth["static"]:
            views["d"] = flow.view("d", truth["static"][number], "k string, name string, low int")
        names = [views[each.name[-1]] for each in facts.relations]
        outputs.append(flow.run(lambda turn, names=names: stateful(turn, facts, names)))
    return outputs


class Reads:
    """What code reads: views of the session."""

    def __init__(self, flow: Flow, views: dict[str, str]) -> None:
        self.flow, self.views = flow, views

    def table(self, name: str, **_: Any) -> Any:
        return self.flow.session.spark.table(self.views[name].strip("`"))


def frame_told(flow: Flow, truth: dict[str, Any]) -> list[list[Any]]:
    """The rows of each batch of DataFrame code."""
    from pyspark.sql import functions as F

    outputs = []
    for number in range(len(truth["sources"]["s"])):
        views = {name: flow.view(name, batches[number], SCHEMA) for name, batches in truth["sources"].items()}
        static = truth["static"] and flow.view("d", truth["static"][number], "k string, name string, low int")
        frames = Frames(Reads(flow, {**views, "d": static}), flow.session.spark)  # type: ignore[arg-type]
        with Swaps() as swaps:
            frames.replace_methods(swaps)
            read = {name: frames.table(name, True, {}) for name in views}
            frame = eval(truth["code"], {"F": F, "d": static and frames.table("d", False, {}), **read})
        new = any(batches[number] for batches in truth["sources"].values())
        outputs.append(flow.run(lambda turn, f=frame: framed(turn, f) if new else None))  # noqa: B023
    return outputs


def framed(turn: Turn, frame: Any) -> Work | None:
    assert kind_of_frame(turn, frame) in ("aggregate", "deduplicate")
    return stateful_frame(turn, frame)


@pytest.mark.parametrize("name", [name for name, truth in TRUTH.items() if truth["code"]])
def test_a_frame_is_as_in_spark(name: str, flow: Callable[[Callable[[Flow], None]], None]):
    truth = TRUTH[name]

    def check(one: Flow) -> None:
        assert frame_told(one, truth) == [sorted(batch, key=repr) for batch in truth["outputs"]]
        assert one.columns == truth["columns"]
        if "dropDuplicates" in truth["code"]:
            assert one.late == truth["late"]

    flow(check)


@pytest.mark.parametrize("name", [name for name, truth in TRUTH.items() if truth["query"]])
def test_a_query_is_as_in_spark(name: str, flow: Callable[[Callable[[Flow], None]], None]):
    truth = TRUTH[name]

    def check(one: Flow) -> None:
        assert kind_of(facts_of(truth["query"])) in ("aggregate", "deduplicate")
        assert told(one, truth) == [sorted(batch, key=repr) for batch in truth["outputs"]]
        assert one.columns == truth["columns"]
        if ROW_BY_ROW.match(name):  # Spark counts the groups of late rows, and each window of a sliding one
            assert [many > 0 for many in one.late] == [many > 0 for many in truth["late"]]

    flow(check)


MARK = "WATERMARK ts DELAY OF INTERVAL 10 MINUTES"
ROWS = [["a", "2026-01-01 00:00:00", 1, "x"], ["b", "2026-01-01 01:00:00", 2, "x"]]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT x, count(*) FROM STREAM(s) WATERMARK x DELAY OF INTERVAL 1 HOUR GROUP BY x", "which is a string"),
        (f"SELECT ts FROM STREAM(s) {MARK.replace('10', '-10')} GROUP BY ts", "negative"),
        (f"SELECT ts FROM (SELECT * FROM STREAM(s) {MARK}) {MARK} GROUP BY ts", "above another"),
        (f"SELECT window(ts, '1 month') AS w FROM STREAM(s) {MARK} GROUP BY 1", "without months"),
        (f"SELECT window(ts, '1 hour', '2 hours') AS w FROM STREAM(s) {MARK} GROUP BY 1", "no window"),
        (
            f"SELECT window(ts, '1 hour') AS a, window(ts, '1 day') AS b FROM STREAM(s) {MARK} GROUP BY ALL",
            "two different",
        ),
        (f"SELECT session_window(ts, '1 hour') AS w FROM STREAM(s) {MARK} GROUP BY 1", "keys beside it"),
        (f"SELECT session_window(ts, '0 seconds') AS w, k FROM STREAM(s) {MARK} GROUP BY ALL", "no session"),
        (
            f"SELECT session_window(ts, '1 hour') AS w, k, v FROM STREAM(s) {MARK} GROUP BY session_window(ts, '1 hour'), ROLLUP(k, v)",
            "without ROLLUP",
        ),
        (f"SELECT session_window(ts, x) AS w, k FROM STREAM(s) {MARK} GROUP BY ALL", "the same for all rows"),
        (f"SELECT w FROM (SELECT window(ts, '1 hour') AS w FROM STREAM(s) {MARK}) GROUP BY w", "inside of this one"),
        (f"SELECT DISTINCT s.*, d.* FROM STREAM(s) {MARK} AS s JOIN s AS d USING (k)", "name the columns"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_kept(
    query: str, why: str, flow: Callable[[Callable[[Flow], None]], None]
):
    facts = facts_of(query)

    def check(one: Flow) -> None:
        assert kind_of(facts) in ("aggregate", "deduplicate")
        names = [one.view("s", ROWS, SCHEMA)] * len(facts.relations)
        with pytest.raises(EngineError) as refused:
            one.run(lambda turn: stateful(turn, facts, names))
        assert why in str(refused.value)
        assert one.files == 0

    flow(check)


def test_a_state_that_does_not_fit_the_query_is_refused(flow: Callable[[Callable[[Flow], None]], None]):
    before, after = (
        facts_of(f"SELECT window(ts, '1 hour') AS w, {what} FROM STREAM(s) {MARK} GROUP BY 1")
        for what in ("count(*)", "sum(v)")
    )

    def check(one: Flow) -> None:
        one.run(lambda turn: stateful(turn, before, [one.view("s", ROWS, SCHEMA)]))
        with pytest.raises(EngineError, match="do not fit"):
            one.run(lambda turn: stateful(turn, after, [one.view("s", ROWS, SCHEMA)]))

    flow(check)


def later(number: int) -> list[list[Any]]:
    """Ten events of one of many hours, one of a new key and one of the hour before."""
    hour = datetime(2026, 1, 1) + timedelta(hours=number)
    times = [hour + timedelta(minutes=5 * n) for n in range(10)]
    rows = [["a", time.isoformat(sep=" "), n, "x"] for n, time in enumerate(times)]
    before = hour - timedelta(minutes=7)
    return [*rows, [f"key {number}", hour.isoformat(sep=" "), 1, "x"], ["late", before.isoformat(sep=" "), 1, "x"]]


@pytest.mark.parametrize(
    ("group", "most"),
    [
        ("window(ts, '1 hour')", 24),
        ("window(ts, '2 hours', '20 minutes')", 48),
        ("session_window(ts, '2 minutes'), k", 12),
        ("ts", 12),
    ],
)
def test_state_stays_small_while_time_moves_on(group: str, most: int, flow: Callable[[Callable[[Flow], None]], None]):
    facts = facts_of(f"SELECT count(*) AS n FROM STREAM(s) {MARK} GROUP BY {group}")

    def check(one: Flow) -> None:
        sizes, written = [], 0
        for number in range(RUNS):
            found = one.run(lambda turn: stateful(turn, facts, [one.view("s", later(number), SCHEMA)]))  # noqa: B023
            sizes.append(one.numbers["state_rows"])
            written += sum(n for (n,) in found)
        assert 0 < max(sizes[3:]) <= most
        assert max(sizes[-5:]) <= max(sizes[3:8])
        assert written > RUNS * 8

    flow(check)


def test_keys_are_forgotten_while_time_moves_on(flow: Callable[[Callable[[Flow], None]], None]):
    def check(one: Flow) -> None:
        from pyspark.sql import DataFrame

        sizes = []
        for number in range(RUNS):
            view = one.view("s", later(number), SCHEMA).strip("`")
            frames = Frames(Reads(one, {"s": view}), one.session.spark)  # type: ignore[arg-type]
            with Swaps() as swaps:
                frames.replace_methods(swaps)
                read: DataFrame = frames.table("s", True, {})
                frame = read.withWatermark("ts", "90 minutes").dropDuplicatesWithinWatermark(["k"])
            one.run(lambda turn, f=frame: framed(turn, f))
            sizes.append(one.numbers["state_rows"])
        assert 0 < max(sizes) <= 6

    flow(check)
