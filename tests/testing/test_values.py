"""Values as they are written and as columns hold them."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pyarrow
import pytest

from ldp_magic.spec.documents import read_yaml
from ldp_magic.testing.values import plain, same, shown, typed

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("written", "type_", "value"),
    [
        ("7", pyarrow.int32(), 7),
        ("7.0", pyarrow.int64(), 7),
        ("2.5", pyarrow.decimal128(9, 2), Decimal("2.50")),
        ("1e3", pyarrow.float64(), 1000.0),
        ("true", pyarrow.bool_(), True),
        ("true", pyarrow.string(), "true"),
        ("007", pyarrow.string(), "007"),
        ("2026-01-01", pyarrow.date32(), date(2026, 1, 1)),
        ("2026-01-01T13:00:00+01:00", pyarrow.timestamp("us", "UTC"), NOON),
        ("2026-01-01 12:00:00", pyarrow.timestamp("us", "UTC"), NOON),
        ("2026-01-01 12:00:00", pyarrow.timestamp("us"), NOON.replace(tzinfo=None)),
        ("null", pyarrow.int32(), None),
        ("[1, 2]", pyarrow.list_(pyarrow.int32()), [1, 2]),
        ("{a: 1}", pyarrow.struct([("a", pyarrow.int32()), ("b", pyarrow.string())]), {"a": 1, "b": None}),
        ("{a: 1}", pyarrow.map_(pyarrow.string(), pyarrow.int32()), [("a", 1)]),
    ],
)
def test_yaml_as_values_of_columns(written: str, type_: Any, value: Any):
    assert typed(read_yaml(f"x: {written}", "a")["x"], type_) == value
    again = read_yaml(f"x: {shown(value)}", "a")["x"]
    assert typed(again, type_) == value


@pytest.mark.parametrize(
    ("written", "type_"),
    [
        ("many", pyarrow.int32()),
        ("1.5", pyarrow.int32()),
        ("2.555", pyarrow.decimal128(9, 2)),
        ("1", pyarrow.bool_()),
        ("[1]", pyarrow.string()),
        ("1", pyarrow.list_(pyarrow.int32())),
        ("2026-13-01", pyarrow.date32()),
        ("noon", pyarrow.timestamp("us", "UTC")),
    ],
)
def test_what_is_no_value_of_a_column(written: str, type_: Any):
    with pytest.raises(ValueError):
        typed(read_yaml(f"x: {written}", "a")["x"], type_)


def test_a_zone_of_the_session():
    assert typed("2026-01-01 13:00:00", pyarrow.timestamp("us", "UTC"), "Europe/Berlin") == NOON


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [(0.1 + 0.2, 0.3, True), (1.0, 1.0001, False), (float("nan"), float("nan"), True), (None, None, True),
     (None, 0, False), ({"a": 0.1 + 0.2}, {"a": 0.3}, True), ([1, 2], [2, 1], False)],
)  # fmt: skip
def test_the_same(one: Any, other: Any, equal: bool):
    assert same(one, other) is equal


def test_values_without_a_type():
    row = read_yaml('x: {a: 1, b: 1.5, c: yes, d: "1", e: 2026-01-01, f: null, g: [true]}', "a")["x"]
    assert plain(row) == {"a": 1, "b": 1.5, "c": "yes", "d": "1", "e": "2026-01-01", "f": None, "g": [True]}
