"""Joins of two streams give what Apache Spark's Structured Streaming gives, run by run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.session import Session
from tests.runs.stateful.joins_turn import TRUTH, Flow, session

DATA: dict[str, list[Any]] = json.loads((TRUTH / "data.json").read_text())
CASES = {path.stem: json.loads(path.read_text()) for path in sorted(TRUTH.glob("*.json")) if path.stem != "data"}
REFUSED = [name for name, case in CASES.items() if "refused" in case]
# Where we do not follow Spark, and say so: FULL joins that match NULL with NULL, and a number that is taken for a time.
DIFFER = {
    "full-null_keys": "NULL",
    "full-nulls": "NULL",
    "full-of_both_sides": "v > 2",
    "left-of_the_left": "v > 2",
    "right-of_the_right": "w > 4",
}
# What each rule needs, so that a run of all tests stays short; `make soak` compares the rest.
SHORT = """inner-edges inner-microseconds inner-marks_without_range inner-marks_that_nobody_reads inner-strict
    inner-using inner-on_time-one_mark inner-more inner-filter_on_the_key inner-filter_on_early_time inner-coalesce
    inner-static_in_a_side inner-subquery_with_filter_on_time inner-cte inner-inside inner-computed_mark_in_a_star left
    left-edges left-microseconds left-two_bounds left-far left-on_time-right_mark left-less_of_the_left
    left-filter_right_or_nothing left-filter_both-none_null left-null_keys right-edges right-filter_left semi-edges
    semi-more full-edges full-using_time"""
OFTEN = SHORT.split()
EQUAL = [name for name in CASES if name not in (*REFUSED, *DIFFER)]


@pytest.fixture(scope="module")
def engine() -> Iterator[Session]:
    with session() as found:
        yield found


@pytest.fixture
def flow(engine: Session, tmp_path: Path) -> Callable[[str], Flow]:
    return lambda query: Flow(engine, query, tmp_path)


def said(flow: Flow) -> dict[str, Any]:
    """What the truth says beside the rows; a run without news says nothing."""
    if flow.work is None:
        return {}
    numbers = flow.work.numbers
    return {"late": numbers["late"], "state": numbers["state_rows"]}


@pytest.mark.parametrize(
    "name", [name if name in OFTEN else pytest.param(name, marks=pytest.mark.soak) for name in EQUAL]
)
def test_each_run_gives_what_spark_gives(name: str, flow: Callable[[str], Flow]):
    case = CASES[name]
    ours = flow(case["query"])
    for arrive, truth in zip(DATA[case["arrives"]], case["runs"], strict=True):
        assert ours.turn(arrive) == truth["rows"]
        assert said(ours) == ({"late": truth["late"], "state": truth["state"]} if "state" in truth else {})


@pytest.mark.parametrize("name", REFUSED)
def test_what_spark_refuses_is_refused(name: str, flow: Callable[[str], Flow]):
    case = CASES[name]
    with pytest.raises(EngineError, match="two streams") as found:
        flow(case["query"]).turn(DATA[case["arrives"]][0])
    assert found.value.why and found.value.fix


@pytest.mark.parametrize("name", DIFFER)
def test_where_spark_is_not_followed_it_is_said(name: str, flow: Callable[[str], Flow]):
    case = CASES[name]
    ours, more, less = flow(case["query"]), Counter[str](), Counter[str]()
    for arrive, truth in zip(DATA[case["arrives"]], case["runs"], strict=True):
        more.update(map(json.dumps, ours.turn(arrive)))
        less.update(map(json.dumps, truth["rows"]))
        assert not ours.work or any(DIFFER[name] in f"{label.what} {label.why}" for label in ours.labels)
    met = [json.loads(row) for row in less - more]
    assert all(row[0] is None and row[3] is None and row[1] and row[4] for row in met), "only pairs whose keys are NULL"
    assert all(None in (json.loads(row)[1], json.loads(row)[4]) for row in more - less), "only rows without a partner"
    assert more != less


def test_every_rule_has_cases_that_always_run():
    assert set(OFTEN) <= set(EQUAL)
    assert len(OFTEN) >= 30


def advancing(turns: int) -> Iterator[dict[str, list[list[Any]]]]:
    for n in range(turns):
        at = f"2026-01-01T{n // 4:02}:{n % 4 * 15:02}:00.000000Z"
        yield {side: [["xyz"[(n + i) % 3], at, i] for i in range(4)] for side in "ab"}


@pytest.mark.parametrize(
    ("kind", "on", "most"),
    [
        ("JOIN", "a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL 30 MINUTES AND a.ts + INTERVAL 30 MINUTES", 24),
        ("FULL JOIN", "a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL 30 MINUTES AND a.ts + INTERVAL 30 MINUTES", 24),
        ("LEFT SEMI JOIN", "a.k = b.k AND a.ts = b.ts", 8),
    ],
)
def test_what_is_remembered_stays_small(kind: str, on: str, most: int, flow: Callable[[str], Flow]):
    a, b = (f"STREAM {side} WATERMARK ts DELAY OF INTERVAL 0 SECONDS" for side in "ab")
    ours = flow(f"SELECT a.k, a.ts, a.v FROM {a} {kind} {b} ON {on}")
    for arrive in advancing(24):
        ours.turn(arrive)
        assert ours.work is not None and ours.work.numbers["state_rows"] <= most
        assert "unbounded" not in ours.work.numbers
    assert ours.remembered("left") + ours.remembered("right") == ours.work.numbers["state_rows"]
    assert sum(ours.remembered(name) for name in ours.files if name.endswith("met")) <= most


def test_without_an_end_rows_are_only_added_and_it_is_said(flow: Callable[[str], Flow]):
    ours = flow("SELECT a.v, b.w FROM STREAM a JOIN STREAM b ON a.k = b.k")
    for number, arrive in enumerate(advancing(3)):
        ours.turn(arrive)
        assert ours.work is not None and ours.work.numbers["unbounded"] is True
        assert set(ours.work.adds if number else ours.work.state) == {"left", "right"}
        assert not (ours.work.state if number else ours.work.adds)
    assert ours.work.numbers["state_rows"] == 24


def test_only_columns_that_are_read_are_remembered(flow: Callable[[str], Flow]):
    ours = flow("SELECT a.k FROM STREAM a JOIN STREAM b ON a.k = b.k")
    ours.turn(next(advancing(1)))
    assert [ours.schemas[side].names for side in ("left", "right")] == [["k"], ["k"]]


def test_a_query_that_reads_more_than_before_is_refused(flow: Callable[[str], Flow]):
    ours = flow("SELECT a.k FROM STREAM a JOIN STREAM b ON a.k = b.k")
    first, second = advancing(2)
    ours.turn(first)
    ours.query = "SELECT a.k, a.v FROM STREAM a JOIN STREAM b ON a.k = b.k"
    with pytest.raises(EngineError, match="other columns") as found:
        ours.turn(second)
    assert "full refresh" in found.value.fix


A, B = (f"STREAM {side} WATERMARK ts DELAY OF INTERVAL 5 MINUTES" for side in "ab")
MEET = f"FROM {A} JOIN {B} ON a.k = b.k AND a.ts = b.ts"


@pytest.mark.parametrize(
    ("query", "what", "fix"),
    [
        (f"SELECT a.k, count(*) AS n {MEET} GROUP BY a.k", "groups or counts", "two streaming tables"),
        (f"SELECT DISTINCT a.k {MEET}", "groups or counts", "two streaming tables"),
        (f"SELECT n FROM (SELECT count(*) AS n, a.ts {MEET} GROUP BY a.ts)", "groups or counts", "two streaming"),
        (f"SELECT a.k {MEET} LIMIT 3", "LIMIT", "two streaming tables"),
        (f"SELECT a.k, row_number() OVER (ORDER BY a.ts) AS n {MEET}", "OVER", "two streaming tables"),
        (f"SELECT a.k {MEET} JOIN STREAM c ON c.k = a.k", "3 streams", "two streaming tables"),
        (f"SELECT a.k FROM {A} JOIN s ON s.k = a.k JOIN {B} ON a.k = b.k", "between", "subquery"),
        (f"SELECT a.k {MEET} FULL JOIN s ON s.k = a.k", "no stream", "materialized view"),
        (f"SELECT a.k {MEET} RIGHT JOIN s ON s.k = a.k", "no stream", "materialized view"),
        (f"SELECT k FROM {A} NATURAL JOIN {B}", "NATURAL", "USING"),
        (f"SELECT a.k {MEET} UNION ALL SELECT k FROM STREAM a", "UNION", "flows"),
        ("SELECT r.k FROM (SELECT k FROM STREAM a UNION ALL SELECT k FROM STREAM b) r JOIN STREAM c ON r.k = c.k", "two streams", "two streaming tables"),
        ("WITH l (q) AS (SELECT k FROM STREAM a) SELECT q FROM l JOIN STREAM b ON l.q = b.k", "names its columns", "SELECT list"),
        ("SELECT c.* FROM STREAM c WATERMARK to_timestamp(at) AS t DELAY OF INTERVAL 1 HOUR JOIN STREAM a ON a.k = c.k", "c.*", "name the columns"),
    ],
)  # fmt: skip
def test_what_is_not_followed_is_refused(query: str, what: str, fix: str, flow: Callable[[str], Flow]):
    with pytest.raises(EngineError) as found:
        flow(query).turn({})
    assert what in found.value.what
    assert fix in found.value.fix


def test_the_first_turn_makes_an_empty_result_and_later_ones_nothing(flow: Callable[[str], Flow]):
    ours = flow(f"SELECT a.k {MEET}")
    assert ours.turn({}) == [] and ours.work is not None
    assert ours.turn({}) == [] and ours.work is None
