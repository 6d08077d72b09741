"""An update in every form, in the look of the house."""

from __future__ import annotations

import json as standard
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from ldp_magic.errors import LdpError
from ldp_magic.events import Checked, Event, FlowState, Recorder, Updated, folded
from ldp_magic.show import events as log
from ldp_magic.show import history
from ldp_magic.show.glyphs import wide
from ldp_magic.show.pen import Pen
from ldp_magic.show.updates import block, html, json, line_of, text

UTC = timezone.utc
UNKNOWN = Checked(name="known_user", passed=846_110, failed=2, action="fail")
DROPS = (
    Checked(name="score_in_range", passed=849_000, failed=12_204, action="drop"),
    Checked(name="user_present", passed=858_000, failed=3_000, action="drop"),
)


class Told:
    """An update whose clock is ours."""

    def __init__(self, number: int = 7) -> None:
        self.events: list[Event] = []
        self.time = datetime(2026, 11, 20, 2, 0, 3, tzinfo=UTC)
        where = {"pipeline": "user_analytics", "environment": "dev", "place": "embedded"}
        self.record = Recorder(self.events.append, update_id="6fc8a8-1", number=number, now=lambda: self.time, **where)

    def tick(self, seconds: float) -> Told:
        self.time += timedelta(seconds=seconds)
        return self

    @property
    def state(self) -> Updated:
        return folded(self.events)


def analytics(*, failed: bool = False) -> Told:
    """The update that the reference shows, while its fourth flow runs; or at its end."""
    run = Told()
    kinds = ["events", "user_profiles", "daily_metrics", "metrics_with_duration", "enriched_metrics", "final_metrics"]
    run.record.created(flows=6)
    run.record.update("INITIALIZING")
    run.tick(0.31).record.update("SETTING_UP_TABLES")
    for name in kinds:
        kind = "materialized view" if name in ("user_profiles", "final_metrics") else "streaming table"
        run.record.defined(name, kind, [name])
    run.tick(0.12).record.update("RUNNING")
    for name, read, written, dropped, seconds in (
        ("events", 2_400_000, 2_400_000, 0, 3.9),
        ("user_profiles", 100_000, 100_000, 0, 0.4),
        ("daily_metrics", 2_400_000, 846_112, 15_204, 2.7),
    ):
        run.record.flow(name, name, "RUNNING")
        run.tick(seconds)
        checks = DROPS if dropped else ()
        numbers = {"rows_read": read, "rows_written": written, "dropped": dropped, "seconds": seconds}
        run.record.flow(name, name, "COMPLETED", expectations=checks, **numbers)
    name = "metrics_with_duration"
    run.record.flow(name, name, "RUNNING", rows_read=846_112, rows_written=611_300, dropped=0)
    run.tick(2.4)
    if failed:
        run.record.flow(name, name, "COMPLETED", seconds=2.4)
        name = "enriched_metrics"
        run.record.flow(name, name, "RUNNING")
        error = LdpError(
            "expectation known_user failed for 2 of 846,112 rows",
            why="known_user says ON VIOLATION FAIL UPDATE, and u100, u101 have no row in user_profiles",
            fix="add the two profiles, or drop such rows instead: ON VIOLATION DROP ROW",
        )
        more = {"rows_read": 846_112, "seconds": 0.22, "expectations": [UNKNOWN]}
        run.tick(0.22).record.flow(name, name, "FAILED", error=error, place="flows/e.sql:3:9", **more)
        run.record.flow("final_metrics", "final_metrics", "SKIPPED", why="it reads enriched_metrics")
        run.record.update("FAILED")
    return run


def test_a_running_update_is_the_block_of_the_reference():
    run = analytics()
    lines = block(run.state, Pen(100), now=run.time)
    assert "\n".join(lines) == (
        "● running  update 7  dev · embedded · all flows                                      9.8 s so far\n"
        "✓ initialize 0.31 s › ✓ set up tables 0.12 s › ● run flows 3 of 6 done › ○ finish\n"
        "\n"
        "  state      flow                    kind       read     written  dropped   rows/s    time\n"
        "✓ done       events                  ≈     2,400,000   2,400,000        0  615,000   3.9 s\n"
        "✓ done       user_profiles           ■       100,000     100,000        0  250,000  0.40 s\n"
        "✓ done       daily_metrics           ≈     2,400,000     846,112   15,204  889,000   2.7 s\n"
        "● running    metrics_with_duration   ≈       846,112     611,300        0  353,000   2.4 s\n"
        "○ waiting    enriched_metrics        ≈             ·           ·        ·        ·       ·\n"
        "○ waiting    final_metrics           ■             ·           ·        ·        ·       ·"
    )


def test_the_end_of_a_failed_update():
    assert text(analytics(failed=True).state, Pen(100)).split("\n\n", 2)[2] == (
        "▼ 15,204 rows dropped by score_in_range and user_present\n"
        "○ final_metrics was skipped: it reads enriched_metrics\n"
        "\n"
        "✗ enriched_metrics stopped: expectation known_user failed for 2 of 846,112 rows\n"
        "  why   known_user says ON VIOLATION FAIL UPDATE, and u100, u101 have no row in user_profiles\n"
        "  at    flows/e.sql:3:9\n"
        "  fix   add the two profiles, or drop such rows instead: ON VIOLATION DROP ROW\n"
        "  kept  nothing of this flow was written; 4 flows are committed; the next update starts from here\n"
        "  see   ldp expectations enriched_metrics"
    )


def test_80_columns_and_ascii():
    said = text(analytics(failed=True).state, Pen(80, False, "ascii"))
    assert said.isascii() and max(map(len, said.splitlines())) <= 80
    assert said.split("\n\n")[:2] == [
        "x failed  update 7  dev * embedded * all flows                      took 10 s\n"
        "+ initialize 0.31 s -> + set up tables 0.12 s -> x run flows 4 of 6 done",
        "  state      flow                         read     written  dropped    time\n"
        "+ done       events                  2,400,000   2,400,000        0   3.9 s\n"
        "+ done       user_profiles             100,000     100,000        0  0.40 s\n"
        "+ done       daily_metrics           2,400,000     846,112   15,204   2.7 s\n"
        "+ done       metrics_with_duration     846,112     611,300        0   2.4 s\n"
        "x failed     enriched_metrics          846,112           0        .  0.22 s\n"
        "- skipped    final_metrics                   .           .        .       .",
    ]


def test_colour_adds_nothing_but_colour():
    state = analytics(failed=True).state
    coloured = text(state, Pen(100, True))
    assert re.sub(r"\x1b\[\d+m", "", coloured) == text(state, Pen(100))
    assert "\x1b[32m✓\x1b[0m done       events" in coloured and "\x1b[35m▼\x1b[0m 15,204 rows" in coloured
    assert "\x1b[31m✗\x1b[0m \x1b[1menriched_metrics stopped" in coloured


def test_lines_of_a_log():
    run = analytics(failed=True)
    lines = [line_of(event, Pen(), name="update 7", zone=UTC) for event in run.events]
    assert [line for line in lines if line] == [
        "02:00:03  ● update 7 started, dev, embedded, 6 flows",
        "02:00:07  ✓ events done: 2,400,000 rows in 3.9 s",
        "02:00:07  ✓ user_profiles done: 100,000 rows in 0.40 s",
        "02:00:10  ✓ daily_metrics done: 846,112 rows in 2.7 s, ▼ 15,204 dropped",
        "02:00:12  ✓ metrics_with_duration done: in 2.4 s",
        "02:00:13  ✗ enriched_metrics failed: expectation known_user failed for 2 of 846,112 rows",
        "02:00:13  ○ final_metrics skipped: it reads enriched_metrics",
        "02:00:13  ✗ update 7 failed after 10 s: 4 done, 1 failed, 1 skipped",
    ]


def test_columns_stay_where_they_are_while_numbers_grow():
    run = Told()
    run.record.defined("a", "streaming table", ["a"])
    run.record.flow("a", "a", "RUNNING")
    before = block(run.state, Pen(100))
    run.tick(61).record.flow("a", "a", "RUNNING", rows_read=9_999_999, rows_written=9_999_999, dropped=999_999)
    after = block(run.state, Pen(100))
    head = "  state      flow                    kind       read     written  dropped   rows/s    "
    assert before[3] == head + "time" and after[3].startswith(head)


def test_a_wide_terminal_has_bars_and_what_is_left():
    run = analytics()
    run.record.flow("metrics_with_duration", "metrics_with_duration", "RUNNING", backlog=1_692_224)
    lines = block(run.state, Pen(140), now=run.time)
    assert [line[92:].rstrip() for line in lines[3:]] == [
        "0 to 9.8 s",
        "·██████████·············",
        "···········█············",
        "············███████·····",
        "··················██████  4.8 s left",
        "························",
        "························",
    ]
    assert "left" not in "".join(block(run.state, Pen(100), now=run.time))
    assert block(run.state, Pen(110), now=run.time)[7].endswith("2.4 s  4.8 s left")
    assert all(len(line) <= 140 for line in block(run.state, Pen(140, False, "ascii"), now=run.time))
    assert "4.8 s left" in html(run.state, now=run.time)


@pytest.mark.parametrize("flows", [0, 1, 500])
def test_few_and_many_flows(flows: int):
    run = Told()
    run.record.created(flows=flows)
    run.record.update("RUNNING")
    for n in range(flows):
        run.record.flow(f"f{n:03}", f"f{n:03}", "QUEUED")
    for n in range(min(flows, 450)):
        run.record.flow(f"f{n:03}", f"f{n:03}", "FAILED" if n == 7 else "COMPLETED", rows_written=1)
    if flows > 460:
        run.record.flow("f460", "f460", "RUNNING")
    lines = block(run.state, Pen(100), most=10)
    if flows == 500:
        names = [line.split()[2] for line in lines[4:-1]]
        assert names == ["f007", *(f"f{n}" for n in range(450, 458)), "f460"]
        assert lines[-1] == "  … 490 more: 449 done, 41 waiting"
    run.record.update("COMPLETED")
    said = text(run.state, Pen(100))
    assert ("no flows" in said) == (flows == 0) and len(said.splitlines()) < 70


def test_long_and_hostile_names():
    run = Told()
    names = ["a_" + "long_" * 30 + "name", "emoji 🚲 表表", "\x1b[2J\u202eevil\n", "<b>&"]
    for name in names:
        run.record.defined(name, "streaming table", [name])
        error = LdpError(f"no \x1b[1m{name}", why="w" * 300, fix="f")
        run.record.flow(name, name, "FAILED", error=error, rows_read=10_000_000_000)
    run.record.update("FAILED")
    for pen in (Pen(80), Pen(100), Pen(140), Pen(80, False, "ascii")):
        said = text(run.state, pen)
        lines = said.splitlines()
        table = [line for line in lines if line.startswith(("✗ failed  ", "x failed  "))][1:]
        assert len(table) == 4 and max(map(wide, table)) <= pen.width
        assert "\x1b" not in said and "\u202e" not in said
        assert pen.glyphs == "unicode" or said.isascii()
    page = html(run.state)
    assert "<b>&" not in page and "&lt;b&gt;&amp;" in page and "\x1b" not in page and "\u202e" not in page


def test_failures_with_several_causes_and_of_the_update_itself():
    run = Told()
    run.record.created()
    try:
        try:
            raise ValueError("the file ends too soon")
        except ValueError as cause:
            raise LdpError("landing/a.json cannot be read", why="it is damaged") from cause
    except LdpError as error:
        run.record.flow("a", "a", "FAILED", error=error)
    for n in range(12):
        run.record.flow(f"b{n}", "b", "FAILED")
    run.record.update("FAILED", error=LdpError("the disk is full", fix="make room"))
    said = text(run.state, Pen(100))
    assert "✗ update 7 failed: the disk is full\n  fix   make room\n  kept  the next update" in said
    assert "✗ a stopped: landing/a.json cannot be read\n  why   it is damaged\n  cause the file ends too soon\n" in said
    assert "✗ b1 stopped: it does not say why" in said and "… 4 more failed: ldp events --level error" in said


def test_what_has_to_be_known_beside_the_figures():
    run = Told()
    warned = Checked(name="few_types", passed=9, failed=8, action="warn")
    run.record.flow("a", "a", "COMPLETED", late=12, warnings=["it is computed anew"], expectations=[warned])
    for name in "bcdef":
        run.record.flow(name, name, "SKIPPED", why="it reads a")
    notes = text(run.state, Pen(100)).split("\n\n")[-1].splitlines()
    assert notes == [
        "▼ 12 rows came too late for a",
        "▲ 8 rows kept that broke few_types",
        "▲ a: it is computed anew",
        "○ b, c and 3 more were skipped: they read a",
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "all flows"),
        ({"refresh": ["a", "b"]}, "only a and b"),
        ({"full_refresh": ["all"]}, "full refresh"),
        ({"full_refresh": ["a"], "refresh": ["b"]}, "only b, full refresh of a"),
        ({"full_refresh": list("abcdef"), "flows": 6}, "full refresh"),
    ],
    ids=str,
)
def test_which_flows(asked: dict[str, object], said: str):
    run = Told()
    run.record.created(**asked)  # type: ignore[arg-type]
    assert f"dev · embedded · {said}  " in text(run.state, Pen(100)).splitlines()[0]


# a page


def test_the_page_says_all_facts_in_words_and_survives_sanitisers():
    page = html(analytics(failed=True).state)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page).replace("&ensp;", " "))
    for fact in (
        "✗ failed update 7 dev · embedded · all flows · started 02:00:03 UTC · took 10 s",
        "✓ initialize 0.31 s › ✓ set up tables 0.12 s › ✗ run flows 4 of 6 done",
        "state flow kind read written dropped rows/s time 0 to 10 s",
        "✓ done daily_metrics ≈ 2,400,000 846,112 15,204 889,000 2.7 s",
        "✗ failed enriched_metrics ≈ 846,112 0 · · 0.22 s",
        "○ skipped final_metrics ■ · · · · ·",
        "enriched_metrics stopped: expectation known_user failed for 2 of 846,112 rows why known_user says",
        "at flows/e.sql:3:9 fix add the two profiles",
        "▼ 15,204 rows dropped by score_in_range and user_present · ○ final_metrics was skipped",
    ):
        assert fact in words, words
    assert not re.search(r"<style|<script|<svg| id=|var\(|font-family|https?:", page)
    assert '<samp style="font-size:12px">known_user</samp>' in page


def test_what_a_view_leaves_out_is_not_added_to_what_a_table_drops():
    run = Told()
    run.record.created(flows=1)
    run.record.defined("orders", "streaming table", ["orders"])
    of_view = [
        Checked(name=name, dataset="valid", passed=90, failed=failed, action="drop")
        for name, failed in (("has_id", 4), ("has_time", 1_200))
    ]
    checks = (*of_view, Checked(name="small", dataset="orders", passed=9, failed=3, action="drop"))
    run.record.flow("orders", "orders", "COMPLETED", rows_read=96, rows_written=9, dropped=3, expectations=checks)
    words = text(run.state, Pen(width=100))
    assert "▼ 3 rows dropped by small\n" in words
    assert "▼ rows left out of valid that broke has_time (1,200) and has_id (4)" in words


def test_bars_lie_within_the_time_of_the_update():
    page = html(analytics(failed=True).state)
    bars = [(int(left), int(long)) for left, long in re.findall(r"margin:0 0 0 (\d+)px;width:(\d+)px", page)]
    assert len(bars) == 5 and all(long >= 2 and left + long <= 176 for left, long in bars)
    assert bars[0][0] < bars[2][0] < bars[4][0]


def test_a_running_page_has_what_waits():
    run = analytics()
    page = html(run.state, now=run.time)
    assert "● running" in page and "9.8 s so far" in page and "○ finish" in page and page.count("waiting") == 2


# other programs, and the past


def test_json():
    said = standard.loads(standard.dumps(json(analytics(failed=True).state)))
    assert (said["update"], said["state"], said["seconds"], said["counts"]) == (
        7,
        "FAILED",
        10.05,
        {"done": 4, "failed": 1, "skipped": 1},
    )
    daily, enriched = said["flows"][2], said["flows"][4]
    assert (daily["read"], daily["dropped"], daily["rows_per_second"]) == (2_400_000, 15_204, 889_000)
    assert daily["expectations"][0] == {
        "name": "score_in_range",
        "dataset": "daily_metrics",
        "action": "drop",
        "passed": 849_000,
        "failed": 12_204,
    }
    assert enriched["failure"]["place"] == "flows/e.sql:3:9" and enriched["written"] is None


def test_history_and_events():
    failed, full = analytics(failed=True).state, Told(8)
    full.record.created(full_refresh=["all"], flows=1)
    full.record.update("RUNNING")
    full.tick(2).record.flow("a", "a", "COMPLETED", rows_read=3, rows_written=3, dropped=0)
    full.record.update("COMPLETED")
    assert history.text([full.state, failed], 12, Pen(100), UTC) == (
        "history  12 updates · dev · times in UTC\n"
        "\n"
        "  state   update  started               time   flows    written  dropped\n"
        "✓ done         8  2026-11-20 02:00:03  2.0 s  1 of 1          3        0  full refresh\n"
        "✗ failed       7  2026-11-20 02:00:03   10 s  4 of 6  3,957,412   15,204\n"
        "  enriched_metrics stopped: expectation known_user failed for 2 of 846,112 rows\n"
        "  … 10 earlier: --limit 12"
    )
    plain = history.text([full.state, failed], 2, Pen(80, False, "ascii"), UTC)
    assert plain.isascii() and max(map(len, plain.splitlines())) <= 80
    assert log.text(full.state, full.events[1:], 4, Pen(100), timezone(timedelta(hours=5, minutes=30))) == (
        "update 8  ✓ done  4 events · dev · 2026-11-20 · times in UTC+5:30\n"
        "\n"
        "  … 1 earlier: --limit 4\n"
        "● 07:30:03.000  INFO     update 8: run flows\n"
        "✓ 07:30:05.000  INFO     a done: 3 rows\n"
        "✓ 07:30:05.000  INFO     update 8 done after 2.0 s: 1 done"
    )


def test_a_schema_that_all_flows_share_is_said_once():
    flows = tuple(FlowState(name=f"main.shop.{name}", status="COMPLETED") for name in ("orders", "per_customer"))
    update = Updated(id="6c9c42", state="COMPLETED", flows=flows)
    said = text(update, Pen())
    assert "in main.shop" in said and "main.shop.orders" not in said and "orders" in html(update)
    elsewhere = replace(update, flows=(*flows, FlowState(name="main.raw.orders", status="COMPLETED")))
    assert "main.shop.orders" in text(elsewhere, Pen()) and "in main.shop" not in text(elsewhere, Pen())
