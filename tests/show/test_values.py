"""What a value looks like in a cell, in JSON and in CSV."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp_magic.show.values import cell, is_number, literal, plain, type_shown


def local(text: str) -> datetime:
    """A moment as the Spark client gives it: in this machine's zone, without saying so."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).astimezone().replace(tzinfo=None)


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        (None, "int", "NULL"),
        (True, "boolean", "true"),
        (10**12, "bigint", "1000000000000"),
        (Decimal("1E+2"), "decimal(10,2)", "100"),
        (Decimal("-0.50"), "decimal(10,2)", "-0.50"),
        (float("nan"), "double", "NaN"),
        (float("-inf"), "double", "-Infinity"),
        (0.1, "double", "0.1"),
        (1e20, "double", "1.0E20"),
        (1e7, "double", "1.0E7"),
        (9999999.5, "double", "9999999.5"),
        (123456789.5, "double", "1.234567895E8"),
        (1e-4, "double", "1.0E-4"),
        (0.001, "double", "0.001"),
        (123456.789, "double", "123456.789"),
        (-0.0, "double", "-0.0"),
        (5e-324, "double", "4.9E-324"),
        (0.10000000149011612, "float", "0.1"),
        (16777216.0, "float", "1.6777216E7"),
        (3.4028234663852886e38, "float", "3.4028235E38"),
        ([0.10000000149011612], "array<float>", "[0.1]"),
        ({"a": 0.10000000149011612}, "map<string,float>", "{a: 0.1}"),
        (["NULL", None], "array<string>", '["NULL", NULL]'),
        (["a\x1b\n"], "array<string>", "[a\\u001b↵]"),
        ("", "string", '""'),
        (" a ", "string", "·a·"),
        ("   ", "string", "···"),
        ("a\nb\tc", "string", "a↵b⇥c"),
        ("\u202eevil\x1b[31m", "string", "\\u202eevil\\u001b[31m"),
        ("x" * 100, "string", "x" * 24 + "…"),
        (date(2026, 11, 20), "date", "2026-11-20"),
        (local("2026-11-20 12:00:00.250"), "timestamp", "2026-11-20 12:00:00.250"),
        (datetime(2026, 11, 20, 12), "timestamp_ntz", "2026-11-20 12:00:00"),
        (b"ab", "binary", "0x6162"),
        (bytes(20_000), "binary", "0x00000000… 20.0 KB"),
        ([1, None, "a"], "array<string>", "[1, NULL, a]"),
        ({"k": [1]}, "map<string,array<int>>", "{k: [1]}"),
        (timedelta(days=2, seconds=5), "interval day to second", "2 days 0:00:05"),
    ],
)
def test_a_cell(value: Any, type_: str, text: str):
    assert cell(value, type_, "UTC").text == text


def test_what_is_cut_is_kept_whole_elsewhere():
    shown = cell("x" * 100, "string", "UTC")
    assert (shown.whole, shown.length) == ("x" * 100, 100)
    nested = cell({f"key {n}": "a long value" for n in range(20)}, "map<string,string>", "UTC")
    assert nested.text.endswith("…}") and len(nested.text) < 60 and nested.whole.count("key") == 20


def test_moments_are_shown_in_the_zone_of_the_session():
    assert cell(local("2026-11-20 12:00:00"), "timestamp", "Asia/Tokyo").text == "2026-11-20 21:00:00"
    assert plain(local("2026-11-20 12:00:00"), "timestamp", "Europe/Berlin") == "2026-11-20 13:00:00+01:00"
    assert cell(local("2026-11-20 12:00:00"), "timestamp", "+02:00").text == "2026-11-20 14:00:00"


@pytest.mark.parametrize("value", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)])
def test_the_ends_of_time(value: datetime):
    assert str(value.year) in cell(value, "timestamp", "UTC").text


def test_plain_and_literal():
    from pyspark.sql import Row

    row = Row(a=1, b=Row(c=Decimal("1.10"), d=None))
    assert plain(row, "struct<...>", "UTC") == {"a": 1, "b": {"c": "1.10", "d": None}}
    assert plain({1: "x"}, "map<int,string>", "UTC") == [[1, "x"]]
    assert plain(float("inf"), "double", "UTC") == "Infinity" and plain(b"\x00", "binary", "UTC") == "0x00"
    assert literal([1, "ü"], "array<string>", "UTC") == '[1,"ü"]' and literal(False, "boolean", "UTC") == "false"


def test_floats_keep_their_digits_everywhere():
    from pyspark.sql import Row

    tenth = 0.10000000149011612
    row, type_ = Row(a=tenth, b=[tenth], c=tenth), "struct<a:float,b:array<float>,c:double>"
    assert cell(row, type_, "UTC").text == "{a: 0.1, b: [0.1], c: 0.10000000149011612}"
    assert plain(row, type_, "UTC") == {"a": 0.1, "b": [0.1], "c": tenth}
    assert plain(tenth, "float", "UTC") == 0.1 and plain(1e20, "double", "UTC") == 1e20
    assert literal(tenth, "float", "UTC") == "0.1" and literal(1e20, "double", "UTC") == "1.0E20"


def test_values_that_nobody_knows():
    from pyspark.sql.types import VariantVal

    class Strange:
        def __str__(self) -> str:
            return "strange"

    assert (
        cell(Strange(), "udt", "UTC").text == "strange" and cell([Strange()], "array<udt>", "UTC").text == "[strange]"
    )
    variant = VariantVal.parseJson('{"a": [1, null]}')
    for zone in ("UTC", "+02:00"):
        assert cell(variant, "variant", zone).text == plain(variant, "variant", zone) == '{"a":[1,null]}'
        assert literal([variant], "array<variant>", zone) == r'["{\"a\":[1,null]}"]'


def test_a_nested_value_may_take_more_room():
    window = {"start": "2026-10-01 10:30:00", "end": "2026-10-01 10:35:00"}
    type_ = "map<string,string>"
    assert cell(window, type_, "UTC").text == "{start: 2026-10-01 10:30…}"
    assert cell(window, type_, "UTC", 60).text == "{start: 2026-10-01 10:30:00, end: 2026-10-01 10:35:00}"


def test_types():
    assert type_shown("struct<a:int,b:struct<c:string,d:int>,e:date,f:int>") == "struct<a, b, e, …>"
    assert type_shown("array<struct<a:int>>") == "array<struct<a>>"
    assert is_number("decimal(9,2)") and not is_number("string") and not is_number("interval day")


@given(st.text() | st.binary() | st.floats() | st.decimals(allow_nan=False) | st.lists(st.text()) | st.datetimes())
def test_any_value_is_one_line(value: Any):
    shown = cell(value, "timestamp" if isinstance(value, datetime) else "string", "UTC")
    assert shown.text and "\n" not in shown.text and "\x1b" not in shown.text and len(shown.text) < 400
