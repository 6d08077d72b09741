"""`ldp cron`: the times of an expression as the real evaluator gives them, and what is said of mistakes."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

import ldp_magic
from ldp_magic import cli
from ldp_magic.errors import UsageError
from tests.test_cron import GOLDEN


def asked(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = cli.main(["cron", *words])
    return (code, *capsys.readouterr())


@pytest.mark.parametrize("row", GOLDEN["valid"], ids=lambda row: f"{row['expression']} {row['timezone_id']}")
def test_the_times_are_written_as_the_evaluator_writes_them(row: dict[str, str], capsys: pytest.CaptureFixture[str]):
    words = (row["expression"], "--zone", row["timezone_id"], "--after", row["after"], "--count", "5", "--json")
    code, out, err = asked(*words, capsys=capsys)
    assert (code, json.loads(out), err) == (0, {"next": row["next"]}, "")


@pytest.mark.parametrize("row", GOLDEN["invalid"], ids=lambda row: row["expression"])
def test_what_is_no_expression_is_told_and_why(row: dict[str, str], capsys: pytest.CaptureFixture[str]):
    code, out, err = asked(row["expression"], capsys=capsys)
    assert (code, out) == (2, "") and "  why  " in err and "  fix  " in err


@pytest.mark.parametrize(
    ("unix", "quartz"),
    [
        ("0 2 * * *", "0 0 2 * * ?"),
        ("*/15 * * * *", "0 */15 * * * ?"),
        ("30 6 * * 1-5", "0 30 6 ? * MON-FRI"),
        ("0 0 1 * *", "0 0 0 1 * ?"),
        ("@daily", "0 0 0 * * ?"),
    ],
)
def test_an_expression_of_unix_cron_is_told_in_quartz(unix: str, quartz: str, capsys: pytest.CaptureFixture[str]):
    code, _, err = asked(unix, capsys=capsys)
    assert code == 2 and f"write {quartz}\n" in err
    assert asked(quartz, capsys=capsys)[0] == 0


def test_the_times_for_people_name_the_zone_and_that_the_clocks_change(capsys: pytest.CaptureFixture[str]):
    words = ("0 0 2 * * ?", "--zone", "Europe/Berlin", "--after", "2026-03-28T00:00:00Z", "--count", "2")
    _, out, _ = asked(*words, capsys=capsys)
    assert out.splitlines() == [
        "0 0 2 * * ?  daily at 02:00, Europe/Berlin",
        "",
        "  Sat 28 Mar 2026  02:00:00  UTC+1",
        "  Mon 30 Mar 2026  02:00:00  UTC+2",
        "",
        "▲ the clocks of Europe/Berlin change in between; in UTC no time is left out and none comes twice",
    ]


def test_what_never_fires_says_so(capsys: pytest.CaptureFixture[str]):
    assert "it does not fire any more: no day fits" in asked("0 0 6 31 2 ?", capsys=capsys)[1]


def test_fields_may_stand_without_quotes(capsys: pytest.CaptureFixture[str]):
    assert asked("0", "0", "2", "1", "1", "?", "--json", capsys=capsys)[0] == 0


@pytest.mark.parametrize("words", [("--after", "soon"), ("--count", "0"), ("--count", "many"), ("--zone", "Berlin")])
def test_a_flag_that_cannot_be_followed(words: tuple[str, str], capsys: pytest.CaptureFixture[str]):
    code, _, err = asked("0 0 2 * * ?", *words, capsys=capsys)
    assert code == 2 and "  fix  " in err


def test_in_python_it_is_one_call():
    found = ldp_magic.cron("0 0 2 * * ?", after=datetime(2026, 1, 1, 3, tzinfo=timezone.utc), count=1)
    assert found.json() == {"next": ["2026-01-02T02:00:00Z"]}
    assert ldp_magic.cron("0 0 2 * * ?", after="2026-01-01", count=1).json() == {"next": ["2026-01-01T02:00:00Z"]}
    with pytest.raises(UsageError):
        ldp_magic.cron("0 0 2 * * ?", after="tomorrow")
