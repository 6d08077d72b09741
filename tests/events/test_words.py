"""Figures in words."""

from __future__ import annotations

import pytest

from ldp_magic.events.values import moment, real, whole
from ldp_magic.events.words import duration, figure, listed, rate, rows


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "< 0.01 s"),
        (0.0099, "< 0.01 s"),
        (0.01, "0.01 s"),
        (0.994, "0.99 s"),
        (0.999, "1.0 s"),
        (9.94, "9.9 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3_599.6, "1 h 00 min"),
        (3_840, "1 h 04 min"),
        (86_399, "1 d 0 h"),
        (266_400, "3 d 2 h"),
    ],
)
def test_duration(seconds: float, said: str):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0"),
        (9_999_999, "9,999,999"),
        (10_000_000, "10.0M"),
        (4_123_456_789, "4.1B"),
        (2_000_000_000_000, "2.0T"),
        (-12_345_678, "-12.3M"),
    ],
)
def test_figure(number: int, said: str):
    assert figure(number) == said


def test_rows_and_rates_and_lists():
    assert [rows(1), rows(2, "upserted"), rows(0)] == ["1 row", "2 upserted rows", "0 rows"]
    assert [rate(2_400_000, 3.9), rate(7, 0.1), rate(1, 8), rate(123_456, 1)] == [615_000, 70, 0, 123_000]
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(list("abcdef"))] == [
        "",
        "a",
        "a and b",
        "a, b and 4 more",
    ]


@pytest.mark.parametrize(
    ("said", "iso"),
    [
        ("2026-11-20T06:37:33.083Z", "2026-11-20T06:37:33.083000+00:00"),
        ("2026-11-20 06:37:33", "2026-11-20T06:37:33+00:00"),
        ("2026-11-20T06:37:33.123456789+05:30", "2026-11-20T01:07:33.123456+00:00"),
        ("2026-11-20T06:37:33-0100", "2026-11-20T07:37:33+00:00"),
    ],
)
def test_moment(said: str, iso: str):
    found = moment(said)
    assert found and found.isoformat() == iso


@pytest.mark.parametrize(
    "said", ["", "soon", "2026-13-40T00:00:00Z", "0001-01-01T00:00:00+23:59", 3, None, "2026-11-20"]
)
def test_no_moment(said: object):
    assert moment(said) is None


def test_numbers_as_texts():
    assert [whole("12"), whole(12.0), whole("1e3"), real("1.5"), whole(True), whole("x"), whole(None), real("nan")] == [
        *(12, 12, 1000, 1.5),
        *(None, None, None, None),
    ]
