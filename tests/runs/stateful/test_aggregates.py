"""What runs of stateful queries leave, beside what Apache Spark 4.3 recorded (make_truth.py), batch by batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.engine.code.frames import Frames
from ldp_magic.engine.code.swaps import Swaps
from ldp_magic.runs.stateful import kind_of, kind_of_frame, stateful, stateful_frame
from ldp_magic.runs.work import Work
from ldp_magic.sql.query import facts_of
from tests.runs.stateful.turns import Flow, Turn, flows

TRUTH = {file.stem: json.loads(file.read_text()) for file in sorted((Path(__file__).parent / "truth").glob("*.json"))}
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
    for batch in truth["sources"]["s"]:
        frames = Frames(Reads(flow, {"s": flow.view("s", batch, SCHEMA)}), flow.session.spark)  # type: ignore[arg-type]
        with Swaps() as swaps:
            frames.replace_methods(swaps)
            frame = eval(truth["code"], {"F": F, "s": frames.table("s", True, {})})
            streams = {plan._plan_id for plan in frames._streams.values()}
        outputs.append(flow.run(lambda turn, f=frame, s=streams: framed(turn, f, s)) if batch else [])
    return outputs


def framed(turn: Turn, frame: Any, streams: set[int]) -> Work:
    assert kind_of_frame(turn, frame, streams) in ("aggregate", "deduplicate")
    return stateful_frame(turn, frame, streams)


@pytest.mark.parametrize("name", [name for name, truth in TRUTH.items() if truth["code"]])
def test_a_frame_is_as_in_spark(name: str, flow: Callable[[Callable[[Flow], None]], None]):
    truth = TRUTH[name]

    def check(one: Flow) -> None:
        assert frame_told(one, truth) == [sorted(batch, key=repr) for batch in truth["outputs"]]
        assert one.columns == truth["columns"]

    flow(check)


@pytest.mark.parametrize("name", [name for name, truth in TRUTH.items() if truth["query"]])
def test_a_query_is_as_in_spark(name: str, flow: Callable[[Callable[[Flow], None]], None]):
    truth = TRUTH[name]

    def check(one: Flow) -> None:
        assert kind_of(facts_of(truth["query"])) in ("aggregate", "deduplicate")
        assert told(one, truth) == [sorted(batch, key=repr) for batch in truth["outputs"]]
        assert one.columns == truth["columns"]

    flow(check)
