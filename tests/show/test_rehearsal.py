"""A rehearsal in every form, in the look of the house."""

from __future__ import annotations

import json as standard
from datetime import datetime, timezone

import pytest

from ldp_magic.events import Checked, Failure, FlowState
from ldp_magic.show.glyphs import wide
from ldp_magic.show.pen import Pen
from ldp_magic.show.rehearsal import html, json, text
from ldp_magic.testing.rehearsal import Batch, Compared, Line, Made, Passed, Rehearsal
from ldp_magic.testing.rehearsal.model import Other

# rows in, late, groups out, dropped, state rows, watermark after, first and last event time
STEPS = (
    (400, 0, 0, 0, 180, "10:52", "09:58", "11:52"),
    (350, 2, 122, 3, 154, "11:40", "10:31", "12:40"),
    (250, 9, 101, 1, 123, "12:25", "10:40", "13:25"),
)


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20T{clock}:00+00:00")


def _mark(clock: str) -> str:
    return f"2026-11-20T{clock}:00Z" if clock else ""


def sample(dataset: str = "daily_metrics", **more: object) -> Rehearsal:
    """The rehearsal that the reference shows."""
    batches, before = [], ""
    for number, (came, late, made, dropped, state, after, first, last) in enumerate(STEPS, 1):
        left, out = came - late, made - dropped
        marks = {"before": _mark(before), "after": _mark(after)}
        lines = (
            Line(what="read", subject="STREAM(events)", came=came, out=came),
            Line(what="watermark", subject="event_time, 1 hour", came=came, out=left, late=late, **marks),
            Line(what="group by", subject="user_id, 1 hour window", came=left, out=made, state=state),
            Line(what="expectations", came=made, out=out, dropped=dropped),
            Line(what="write", came=out, out=out),
        )
        whole = Line(what="daily_metrics", came=came, out=out, dropped=dropped, late=late, state=state, **marks)
        check = Checked(name="score_in_range", dataset="daily_metrics", passed=out, failed=dropped, action="drop")
        flow = FlowState(
            name="daily_metrics", dataset="daily_metrics", read=came, written=out, dropped=dropped, late=late,
            state_rows=state, expectations=(check,), status="COMPLETED",
        )  # fmt: skip
        passed = Passed(flow=flow, lines=lines, whole=whole)
        batches.append(Batch(number=number, rows=came, first=_at(first), last=_at(last), flows=(passed,)))
        before = after
    differs = Other(key=(("user_id", "u1"), ("hour", "10")), differs=(("many", "3", "4"),))
    compared = Compared(
        dataset="daily_metrics", kind="streaming table", remembers="aggregate", rows=219, whole=342, same=210,
        keys=("user_id", "hour"), missing=123, other=9, open=123, state=123, late=11, examples=(differs,),
    )  # fmt: skip
    said = {"pipeline": "web", "made": Made(), "batches": tuple(batches), "compared": (compared,), "enough": 7_100.0}
    kind = "streaming table" if dataset else ""
    return Rehearsal(dataset=dataset, kind=kind, **{**said, **more})  # type: ignore[arg-type]


WANTED = """\
rehearsal of daily_metrics  ≈ streaming table  3 batches · 1,000 rows in, 219 out
▼ 11 late rows  ▼ 4 dropped by expectations  ● 123 groups still open

batch 1  400 rows arrive · event times 20 Nov 09:58 to 11:52
  step                             rows in  out  dropped  late  state rows  watermark
  read STREAM(events)                  400  400        ·     ·           ·  ·
  watermark event_time, 1 hour         400  400        ·     0           ·  none → 20 Nov 10:52
  group by user_id, 1 hour window      400    0        ·     ·         180  ·
  expectations                           0    0        0     ·           ·  ·
  write                                  0    0        ·     ·           ·  ·

batch 2  350 rows arrive · event times 20 Nov 10:31 to 12:40
  read STREAM(events)                  350  350        ·     ·           ·  ·
  watermark event_time, 1 hour         350  348        ·     2           ·  10:52 → 11:40
  group by user_id, 1 hour window      348  122        ·     ·         154  ·
  expectations                         122  119        3     ·           ·  ·
  write                                119  119        ·     ·           ·  ·

batch 3  250 rows arrive · event times 20 Nov 10:40 to 13:25
  read STREAM(events)                  250  250        ·     ·           ·  ·
  watermark event_time, 1 hour         250  241        ·     9           ·  11:40 → 12:25
  group by user_id, 1 hour window      241  101        ·     ·         123  ·
  expectations                         101  100        1     ·           ·  ·
  write                                100  100        ·     ·           ·  ·

▼ score_in_range dropped 4 of 223 rows
i batch 1 wrote nothing: a window closes when the watermark passes its end
▲ not the same as all rows at once: 210 of 342 rows are equal
● 123 groups have not come out: their windows are still open, until the watermark passes the end
▲ 9 rows have other values: late rows are missing in them; told apart by user_id, hour
▼ 11 rows came after the watermark and are lost; a delay of 119 minutes would have kept all

  row     column  in steps  at once
  u1, 10  many           3        4"""


def test_the_text_is_that_of_the_reference() -> None:
    assert text(sample(), Pen()) == WANTED


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
def test_no_line_is_wider_than_the_terminal(width: int, glyphs: str) -> None:
    for dataset in ("daily_metrics", ""):
        shown = text(sample(dataset), Pen.of(width, False, glyphs))  # type: ignore[arg-type]
        assert max(map(wide, shown.splitlines())) <= width
        assert glyphs == "unicode" or shown.isascii()
        assert "12:25" in shown and "11" in shown


def test_large_numbers_and_long_titles_fit_a_narrow_terminal() -> None:
    big = 123_456_789
    whole = Line(what="a" * 60, came=big, out=big, dropped=big, late=big, updated=big, state=big, after=_mark("10:00"))
    flow = FlowState(name="a", dataset="a", read=big, written=big, late=big, dropped=big, status="COMPLETED")
    one = Passed(flow=flow, lines=(whole,), whole=whole)
    batch = Batch(number=1, rows=big, late=big, twice=big, first=_at("10:00"), last=_at("11:00"), flows=(one,))
    made = Made(late=0.25, duplicate=0.125, shuffle=True, seed=987_654)
    shown = text(Rehearsal(pipeline="p" * 50, made=made, batches=(batch,)), Pen.of(80, False, "unicode"))
    assert max(map(wide, shown.splitlines())) <= 80 and "seed 987654" in " ".join(shown.split())


def test_without_a_dataset_a_flow_is_one_line() -> None:
    shown = text(sample(""), Pen())
    assert shown.count("daily_metrics  ") == 3 and "group by" not in shown and "1,000 rows arrived" in shown


def test_colour_stands_only_on_signs_and_names() -> None:
    shown = text(sample(), Pen(color=True))
    assert "\x1b[35m▼\x1b[0m 11 late rows" in shown and "\x1b[31m" not in shown


def test_the_page_has_the_same_facts_and_no_script() -> None:
    page = html(sample())
    for said in ("11 late rows", "123 groups still open", "10:52 → 11:40", "1 hour window", "a delay of 119 minutes"):
        assert said in page
    assert "<script" not in page and "<style" not in page and " id=" not in page and "class=" not in page


def test_names_of_other_people_are_escaped() -> None:
    odd = sample("<b>x</b>", pipeline="\x1b[31m", notes=("<i>n</i>\x1b[2J",))
    assert "<b>" not in html(odd) and "<i>" not in html(odd) and "\x1b" not in text(odd, Pen())


def test_a_failure_is_told_below_its_batch() -> None:
    failure = Failure(what="it <broke>", why="of this", fix="do that")
    failed = Rehearsal(
        pipeline="web", made=Made(), batches=(Batch(number=1, rows=3, failure=failure, at="daily_metrics"),)
    )
    shown = text(failed, Pen())
    assert "✗ daily_metrics failed: it <broke>" in shown and "why  of this" in shown and "fix  do that" in shown
    assert "it &lt;broke&gt;" in html(failed) and json(failed)["batches"][0]["failure"]["flow"] == "daily_metrics"


def test_what_was_not_compared_is_said() -> None:
    unknown = Compared(dataset="t", kind="streaming table", rows=7, open=2, why="t is made of snapshots")
    shown = text(sample(compared=(unknown,)), Pen())
    assert "? not compared with all rows at once: t is made of snapshots" in shown
    assert "1,000 rows in, 7 out" in shown and "2 groups have not come out" in shown


def test_the_json_holds_every_number() -> None:
    told = json(sample())
    assert standard.loads(standard.dumps(told)) == told
    step = told["batches"][1]["flows"][0]["steps"][1]
    assert (step["step"], step["in"], step["out"], step["late"]) == ("watermark", 350, 348, 2)
    assert (step["watermark_before"], step["watermark"]) == ("2026-11-20T10:52:00Z", "2026-11-20T11:40:00Z")
    (compared,) = told["compared"]
    assert (compared["equal"], compared["open"], compared["other_values"]) == (False, 123, 9)
    assert told["batches"][0]["first"] == datetime(2026, 11, 20, 9, 58, tzinfo=timezone.utc).isoformat()
    assert told["delay_that_keeps_all"] == 7_100.0
