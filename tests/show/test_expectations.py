"""Expectations as text, HTML and JSON: the reference output, narrow terminals, ASCII, hostile names, odd counts."""

from __future__ import annotations

import json as standard
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from wcwidth import wcswidth

from ldp_magic.engine.answer import Answer, Checked
from ldp_magic.events import Failure
from ldp_magic.lake import Cleaned
from ldp_magic.pipeline import build
from ldp_magic.pipeline.model import Dataset
from ldp_magic.runs.broken import Instead, Margin, Pattern, Reason, Row
from ldp_magic.runs.outcome import Outcome, Stop
from ldp_magic.runs.parts import Part, parts_of
from ldp_magic.show import cleaned
from ldp_magic.show.expectations import all_html, all_text, html, json, quarantine_html, quarantine_text, text
from ldp_magic.show.expectations.text import bar
from ldp_magic.show.expectations.words import steps
from ldp_magic.show.pen import Pen
from ldp_magic.sql import read
from ldp_magic.text import Source


def dataset(name: str = "daily_metrics", kind: str = "STREAMING TABLE") -> Dataset:
    source = Source("a.sql", None, f"CREATE {kind} `{name}` AS SELECT 1 AS one;")
    (found,) = build("p", [read(source.whole())]).datasets.values()
    return found


RANGE = "engagement_score >= 0 AND engagement_score <= 100000"
CHECKS = (
    Checked("user_present", "user_id IS NOT NULL", "drop", 858, 3),
    Checked("has_events", "total_events >= 1", "fail", 861, 0),
    Checked("score_in_range", RANGE, "drop", 849, 12),
    Checked("few_types", "unique_event_types <= 20 AND total_events <= 500", "warn", 853, 8),
)
OUTCOME = Outcome(dataset=dataset(), batches=(1, 1), checks=CHECKS, written=846, dropped=15, warned=8)
CURRENT = [(each.name, each.condition) for each in CHECKS]


def row(user: str, day: int, score: str | None, *parts: bool | None) -> Row:
    return Row((user, date(2026, 11, day), None if score is None else Decimal(score)), parts, kept=False)


REASON = Reason(
    check=CHECKS[2],
    parts=parts_of(RANGE),
    columns=(("user_id", "string"), ("day", "date"), ("engagement_score", "decimal(18,2)")),
    rows=(
        row("u007", 18, "-12.00", False, True),
        row("u031", 18, "-3.50", False, True),
        row("u031", 19, None, None, None),
        row("u058", 19, "104882.25", True, False),
    ),
    patterns=(
        Pattern((False, True), (), 5),
        Pattern((None, None), ("engagement_score",), 4),
        Pattern((True, False), (), 3),
    ),
    looked=12,
    reads=("engagement_score",),
    instead=Instead(858, 12),
)
PLAIN = Pen.of(100, False, "unicode")


def test_the_reference_output():
    assert text(OUTCOME, [REASON], CURRENT, PLAIN) == (
        "daily_metrics  ≈ streaming table  861 rows checked, batch 1\n"
        "▼ 15 rows dropped  ▲ 8 rows kept with a warning  846 rows written\n"
        "\n"
        "  result   expectation     on violation  passed  failed  share  0 to 5 %\n"
        "▼ dropped  score_in_range  drop row         849      12  1.4 %  █████▌··············\n"
        "▼ dropped  user_present    drop row         858       3  0.3 %  █▍··················\n"
        "▲ warned   few_types       keep, warn       853       8  0.9 %  ███▋················\n"
        "✓ passed   has_events      stop update      861       0    0 %  ····················\n"
        "\n"
        "why 12 rows failed score_in_range: engagement_score >= 0 AND engagement_score <= 100000\n"
        "\n"
        "  user_id  day         engagement_score  >= 0       <= 100000  whole condition\n"
        "  u007     2026-11-18            -12.00  ✗ false    ✓ true     false → dropped\n"
        "  u031     2026-11-18             -3.50  ✗ false    ✓ true     false → dropped\n"
        "  u031     2026-11-19              NULL  ? unknown  ? unknown  unknown → dropped\n"
        "  u058     2026-11-19         104882.25  ✓ true     ✗ false    false → dropped\n"
        "  … 8 more rows: --limit 12\n"
        "\n"
        "  >= 0 was false for 5 rows and <= 100000 for 3; 4 rows have no engagement_score: NULL makes both\n"
        "  parts unknown, and unknown counts as a violation\n"
        "\n"
        "  the dropped rows are kept beside the table: ldp quarantine daily_metrics"
    )


def test_the_page_says_the_same():
    page = html(OUTCOME, [REASON], CURRENT)
    for style in (
        "daily_metrics</samp></span>&ensp;",
        "<strong>15 rows dropped</strong>",
        "<strong>8 rows kept with a warning</strong>",
        "846 rows written",
        "0 to 5 %",
        "#914eb9 0px,#914eb9 39px,transparent 39px",
        "#8f680a 26px",
        'title="none of 861 rows failed"',
        "4 of 12 failing rows",
        "engagement_score &lt;= 100000</samp>",
        'title="NULL: no value">NULL</span>',
        "858 rows written, 12 of them marked",
        " lets 4 of the 12 pass",
        "ldp quarantine daily_metrics</samp> · counts are exact",
    ):
        assert style in page
    assert not re.search(r"<style|<script|\sid=|https?://", page)
    assert "--rows" in html(OUTCOME, None, CURRENT)


def test_json_is_json():
    said = standard.loads(standard.dumps(json(OUTCOME, [REASON]), allow_nan=False))
    assert (said["checked"], said["written"], said["dropped"], said["kept_with_warning"]) == (861, 846, 15, 8)
    (one,) = said["reasons"]
    assert one["rows"][2] == {
        "values": {"user_id": "u031", "day": "2026-11-19", "engagement_score": None},
        "parts": ["unknown", "unknown"],
        "whole": "unknown",
        "became": "dropped",
    }
    assert one["said"].startswith(">= 0 was false for 5 rows and <= 100000 for 3; 4 rows have no engagement_score")
    assert said["stopped"] is None and "reasons" not in json(OUTCOME, None)


STOPPED = replace(
    OUTCOME,
    stop=Stop(
        7,
        ("known_user",),
        2,
        846,
        Failure(
            what="daily_metrics stopped: expectation known_user failed for 2 of 846 rows",
            why="known_user says ON VIOLATION FAIL UPDATE, and u100, u101 have no row in user_profiles",
            fix="drop such rows instead: ON VIOLATION DROP ROW",
        ),
    ),
)


def test_an_update_that_stopped_comes_first():
    lines = text(STOPPED, None, CURRENT, PLAIN).splitlines()
    assert lines[2:8] == [
        "✗ daily_metrics stopped: expectation known_user failed for 2 of 846 rows",
        "  why   known_user says ON VIOLATION FAIL UPDATE, and u100, u101 have no row in user_profiles",
        "  fix   drop such rows instead: ON VIOLATION DROP ROW",
        "  kept  nothing of this flow was written by update 7",
        "",
        "before that: ▼ 15 rows dropped  ▲ 8 rows kept with a warning  846 rows written",
    ]
    assert "✗ stopped" in html(STOPPED, None, CURRENT) and "before that" in html(STOPPED, None, CURRENT)
    assert json(STOPPED, None)["stopped"]["expectations"] == ["known_user"]
    alone = Outcome(dataset=dataset(), stop=STOPPED.stop)
    assert text(alone, None, CURRENT, PLAIN).splitlines()[0].endswith("  846 rows checked, update 7")
    assert "not checked yet" not in all_text("web", [alone], PLAIN)


def test_all_datasets_in_one_table():
    other = replace(
        OUTCOME, dataset=dataset("users", "MATERIALIZED VIEW"), update=3, checks=CHECKS[:1], dropped=3, warned=0
    )
    new = Outcome(dataset=dataset("late"))
    said = all_text("web", [replace(OUTCOME, update=3), other, new], PLAIN)
    assert said == (
        "web  2 datasets · 5 expectations · update 3\n"
        "▼ 18 rows dropped  ▲ 8 rows kept with a warning\n"
        "\n"
        "  result   dataset        expectation     on violation  passed  failed  share  0 to 5 %\n"
        "▼ dropped  daily_metrics  score_in_range  drop row         849      12  1.4 %  █████▌··············\n"
        "▼ dropped  daily_metrics  user_present    drop row         858       3  0.3 %  █▍··················\n"
        "▲ warned   daily_metrics  few_types       keep, warn       853       8  0.9 %  ███▋················\n"
        "✓ passed   daily_metrics  has_events      stop update      861       0    0 %  ····················\n"
        "▼ dropped  users          user_present    drop row         858       3  0.3 %  █▍··················\n"
        "\n"
        "  not checked yet: late; ldp run checks it"
    )
    page = all_html("web", [OUTCOME, other, STOPPED, new])
    assert page.count("<tr") == 1 + 9 + 3 and "not checked yet: late" in page


def sentence(reason: Reason) -> str:
    return str(json(OUTCOME, [reason])["reasons"][0]["said"])


def of(condition: str, *patterns: Pattern, reads: tuple[str, ...] = ("a",), **more: Any) -> Reason:
    many = sum(each.rows for each in patterns)
    check = Checked("c", condition, "drop", 1, more.pop("failed", many))
    return replace(REASON, check=check, parts=parts_of(condition), patterns=patterns, looked=many, reads=reads, **more)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (of("a > 0", Pattern((False,), (), 1)), "a > 0 was false for 1 row"),
        (of("a > 0", Pattern((None,), ("a",), 2)), "2 rows have no a: NULL makes the condition unknown, and unknown counts as a violation"),
        (of("a > 0 AND a < 9 AND a <> 5", Pattern((False, True, True), (), 1), Pattern((True, False, True), (), 2), Pattern((True, True, False), (), 1)),
         "> 0 was false for 1 row, < 9 for 2 and <> 5 for 1"),
        (of("a > 0 AND b > 0", Pattern((False, None), ("b",), 1), reads=("a", "b")),
         "a > 0 was false for 1 row; 1 row has no b: NULL makes b > 0 unknown, and unknown counts as a violation"),
        (of("a > 0 AND b > 0", Pattern((None, None), ("a", "b"), 3), reads=("a", "b")),
         "3 rows have no a and no b: NULL makes both parts unknown, and unknown counts as a violation"),
        (of("try_cast(a AS INT) > 0", Pattern((None,), (), 3)), "the condition was unknown for 3 rows, and unknown counts as a violation"),
        (of("at <= now()", Pattern((True,), (), 3)), "3 rows would pass now: the condition depends on when it is asked"),
        (of("a > 0", Pattern((False,), (), 5), failed=9), "of 9 rows 5 were looked at: a > 0 was false for 5 rows"),
    ],
)  # fmt: skip
def test_sentences(reason: Reason, said: str):
    assert sentence(reason) == said


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
def test_no_table_is_wider_than_the_terminal_whatever_the_names(width: int, glyphs: Any):
    name = "数据" * 30 + "\x1b[31m<b>\u202e"
    condition = " AND ".join(f"`{name}{n}` >= {n}" for n in range(9))
    check = Checked(name, condition, "drop", 10_000_000, 20_000_000)
    results = (True, False, None) * 3
    wide_row = Row(tuple("x" * 90 for _ in range(6)), results, kept=False)
    reason = replace(
        REASON,
        check=check,
        parts=tuple(Part(f"`{name}{n}` >= {n}") for n in range(9)),
        columns=tuple((f"{name}{n}", "string") for n in range(6)),
        rows=(wide_row,) * 3,
        patterns=(Pattern(results, (f"{name}3",), 20_000_000),),
        looked=20_000_000,
        reads=(f"{name}3",),
    )
    outcome = replace(OUTCOME, dataset=dataset(name.replace("\x1b", "")), checks=(check,))
    said = text(outcome, [reason], CURRENT, Pen.of(width, False, glyphs))
    tables = [line for line in said.splitlines() if line.startswith(("  result", "▼ dropped", "v dropped", "  x"))]
    assert tables and max(map(wcswidth, tables)) <= width
    assert "\x1b" not in said and (glyphs == "unicode" or said.isascii())
    assert "<b>" not in html(outcome, [reason], CURRENT)


@pytest.mark.parametrize(
    ("part", "shown"),
    [(0, "·" * 20), (1, "█" * 20), (1e-9, "▏" + "·" * 19), (0.999999, "█" * 19 + "▉"), (0.2787, "█████▌" + "·" * 14)],
)
def test_anything_but_nothing_is_seen_and_only_all_is_full(part: float, shown: str):
    assert bar(part, PLAIN) == shown
    plain = bar(part, Pen.of(100, False, "ascii"))
    assert len(plain) == 20 and ("#" in plain) == (part > 0) and ("." in plain) == (part < 1)


def test_counts_that_nobody_has():
    view = replace(
        OUTCOME, dataset=dataset("v", "TEMPORARY VIEW"), written=None, dropped=None, warned=None, batches=None, update=2
    )
    said = text(view, None, CURRENT, PLAIN)
    assert "not counted" in said and "a view keeps no rows: ldp preview v" in said and "written" not in said
    fine = replace(OUTCOME, checks=CHECKS[1:2], dropped=0, warned=0)
    assert "✓ every row passed  846 rows written" in text(fine, None, CURRENT[1:2], PLAIN)


def test_a_command_is_never_broken():
    said = text(OUTCOME, None, CURRENT, Pen.of(80, False, "unicode"))
    assert "ldp expectations daily_metrics --rows" in said.splitlines()[-1]


LEFT_OUT = Answer(
    name="t",
    kind="streaming table",
    columns=(("_dropped_by", "array<string>"), ("_dropped_at", "timestamp"), ("id", "int")),
    rows=((["small", "even"], date(2026, 11, 20), 7),),
    total=2,
)


def test_rows_that_were_left_out():
    said = quarantine_text(LEFT_OUT, PLAIN)
    assert "  small, even   2026-11-20" in said and "… 1 more row: --limit 2" in said and "times in UTC" in said
    assert "small, even" in quarantine_html(LEFT_OUT)


def test_what_was_swept():
    assert cleaned.text(Cleaned(), {}, 1_500, PLAIN) == "clean  nothing to remove; the lake holds 1.5 KB"
    said = cleaned.text(Cleaned(("a", "b"), 2_000_000), {"t": 1_999_000, "u": 1_000}, 1, PLAIN)
    assert said == (
        "clean  2 files removed, 2.0 MB; the lake holds 1 byte\n\n  of  removed\n  t    2.0 MB\n  u    1.0 KB"
    )


def test_of_many_bounds_some_are_told():
    every = tuple((float(n), n + 1) for n in range(50))
    found = steps(Margin("a", "<=", every))
    assert len(found) == 6 and found[0] == every[0] and found[-1] == every[-1]
    assert steps(Margin("a", "<=", every[:3])) == list(every[:3])
