"""Delays, and the parts of a filter that count below a watermark."""

from __future__ import annotations

import pytest

from ldp_magic.engine.child import EngineError
from ldp_magic.runs.stateful.durations import Duration, delay, duration
from ldp_magic.runs.stateful.watermarks import conjuncts, late, pushed, shown


@pytest.mark.parametrize(  # milliseconds as Spark 4.3 keeps them in the metadata of the column
    ("written", "milliseconds"),
    [
        ("INTERVAL 1 HOUR", 3_600_000),
        ("interval '10' minutes", 600_000),
        ("INTERVAL 1 MONTH", 2_678_400_000),
        ("INTERVAL 2 MONTHS", 5_356_800_000),
        ("INTERVAL 1 YEAR", 32_140_800_000),
        ("INTERVAL '1-2' YEAR TO MONTH", 37_497_600_000),
        ("INTERVAL '1 02:03:04.5' DAY TO SECOND", 93_784_500),
        ("INTERVAL '1:30' HOUR TO MINUTE", 5_400_000),
        ("INTERVAL 1 DAY 2 HOURS", 93_600_000),
        ("INTERVAL 1500 MICROSECONDS", 1),
        ("INTERVAL 1.5 SECONDS", 1_500),
        ("INTERVAL 0 SECONDS", 0),
        ("10 minutes", 600_000),
        ("interval 1 hour", 3_600_000),
        ("1 day 2 hours", 93_600_000),
        ("1 month 1 day", 2_764_800_000),
        ("2.0005 seconds", 2_000),
        ("1 week", 604_800_000),
    ],
)
def test_a_delay_is_as_long_as_in_spark(written: str, milliseconds: int):
    assert delay(written) == milliseconds * 1000


@pytest.mark.parametrize("written", ["INTERVAL -1 SECONDS", "-1 second", "INTERVAL '-1:30' HOUR TO MINUTE"])
def test_a_delay_below_zero_is_refused(written: str):
    with pytest.raises(EngineError, match="negative"):
        delay(written)


@pytest.mark.parametrize(
    "written", ["", "10", "ten minutes", "1 fortnight", "1 hour and 2 minutes", "'1:2:3' HOUR TO MINUTE", "1..5 hours"]
)
def test_what_is_no_duration(written: str):
    assert duration(written) is None
    with pytest.raises(EngineError, match="cannot be read"):
        delay(written)


def test_months_are_kept_apart():
    assert duration("INTERVAL '1-6' YEAR TO MONTH") == Duration(18, 0)
    assert duration("'-5 minutes'") == Duration(0, -300_000_000)


@pytest.mark.parametrize(
    ("condition", "parts"),
    [
        ("a = 1", ["a = 1"]),
        ("a AND b BETWEEN 1 AND 2 AND c", ["a", "b BETWEEN 1 AND 2", "c"]),
        ("(a AND (b AND (c OR d)))", ["a", "b", "c OR d"]),
        ("a OR b AND c", ["a OR b AND c"]),
        ("NOT (a OR (b AND c))", ["NOT (a)", "NOT (b AND c)"]),
        ("NOT (NOT (a AND b))", ["a", "b"]),
        ("CASE WHEN a AND b THEN c AND d END AND e", ["CASE WHEN a AND b THEN c AND d END", "e"]),
        ("a IN (1, 2) and b = ' AND '", ["a IN (1, 2)", "b = ' AND '"]),
    ],
)
def test_conjuncts(condition: str, parts: list[str]):
    assert conjuncts(condition) == parts


@pytest.mark.parametrize(
    ("condition", "parts"),
    [
        ("k = 'a' AND ts > 1 AND s.ts < 2 AND v > hour(ts)", ["k = 'a'"]),
        ("p.ts = 1", ["p.ts = 1"]),
        ("rand() > 0.5 AND v > 2", ["v > 2"]),
        (
            "k IN (SELECT k FROM d WHERE ts > 1) AND EXISTS (SELECT 1 FROM d WHERE d.k = s.ts)",
            ["k IN (SELECT k FROM d WHERE ts > 1)"],
        ),
        ("NOT (k = 'a' OR ts > 1)", ["NOT (k = 'a')"]),
    ],
)
def test_a_filter_is_moved_below_the_watermark_unless_it_asks_for_the_time(condition: str, parts: list[str]):
    assert pushed(condition, "ts", "s") == parts


def test_words():
    assert shown(0) == "1970-01-01T00:00:00Z"
    assert shown(1_767_225_600_500_000) == "2026-01-01T00:00:00.500000Z"
    assert late("x", 5) == "coalesce(x <= 5, false)"
