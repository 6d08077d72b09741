"""The page of an update from values: its words, its looks, and texts that want to be more than texts."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from ldp_magic.engine.answer import Checked as Counted
from ldp_magic.events import Checked, Failure, FlowState, Updated
from ldp_magic.lint.finding import Finding
from ldp_magic.runs.outcome import Outcome
from ldp_magic.show.report import Facts, html, summary
from ldp_magic.show.report.style import SHEET
from ldp_magic.show.report.words import figures, tally, tiles
from ldp_magic.text import Location, Source
from tests.show.samples import SAMPLES, pipeline

BEGAN = datetime(2026, 1, 5, 2, 0, 3, tzinfo=timezone.utc)
EVIL = "</style><script>x</script>'\"><b>"


def update(*flows: FlowState, **more: object) -> Updated:
    words = [flow.word for flow in flows]
    said: dict[str, object] = {
        "id": "abc",
        "number": 5,
        "environment": "dev",
        "place": "embedded",
        "state": "COMPLETED",
        "began": BEGAN,
        "seen": BEGAN + timedelta(seconds=2),
        "seconds": 2.0,
        "flows": flows,
        "counts": {word: words.count(word) for word in words},
    }
    return Updated(**(said | more))  # type: ignore[arg-type]


def flow(name: str = "a", **more: object) -> FlowState:
    said = {"name": name, "dataset": name, "kind": "materialized view", "status": "COMPLETED", "seconds": 1.0}
    return FlowState(**(said | {"began": BEGAN, "written": 3, "read": 4} | more))  # type: ignore[arg-type]


def facts(updated: Updated, **more: object) -> Facts:
    graph = pipeline("CREATE MATERIALIZED VIEW a AS SELECT 1 AS x;\nCREATE MATERIALIZED VIEW b AS SELECT x FROM a;")
    return Facts(**({"pipeline": graph, "update": updated} | more))  # type: ignore[arg-type]


def finding(severity: str, message: str = "no") -> Finding:
    where = Location(Source("a.sql", None, "SELECT 1"), 0, 6)
    return Finding(where, message, severity=severity, code="LDP399", name="a-name")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("updated", "figure", "said", "state"),
    [
        (update(flow()), "completed", "1 of 1 flow done", "ok"),
        (update(flow(warnings=("w",))), "completed", "with 1 warning", "warning"),
        (update(flow(status="FAILED"), flow("b"), state="FAILED"), "failed", "1 of 2 flows failed", "error"),
        (update(flow(status="STOPPED"), state="CANCELED"), "stopped", "0 of 1 flow done", "warning"),
        (update(flow(status="STOPPED"), state="CUT_SHORT"), "cut short", "0 of 1 flow done", "warning"),
        (update(flow(status="RUNNING"), state="RUNNING", seconds=None), "running", "0 of 1 flow done", "unknown"),
    ],
)
def test_the_first_tile(updated: Updated, figure: str, said: str, state: str):
    first = next(iter(tiles(facts(updated))))
    assert (first.figure, first.said, first.state) == (figure, said, state)


def test_the_other_tiles():
    before = update(flow(), number=4, seconds=3.0)
    _, time, rows, checks = tiles(facts(update(flow(), flow("b", written=1_201)), before=before))
    assert (time.figure, time.said) == ("2.0 s", "update 4 took 3.0 s")
    assert (rows.figure, rows.said) == ("1,204", "rows written to 2 datasets")
    assert (checks.figure, checks.said) == ("none", "no expectation was checked")


def test_the_boxes():
    found = figures(facts(update(flow(dropped=2), flow("b", status="SKIPPED", written=None))))
    assert (found["a"].left, found["a"].right, found["a"].state) == ("3 written", "2 dropped", "dropped")
    assert (found["b"].left, found["b"].state) == ("skipped", "")
    failed = figures(facts(update(flow(status="FAILED"))))
    assert failed["a"].right == "failed" and "b" not in failed


@pytest.mark.parametrize(
    ("action", "failed", "said", "state"),
    [("warn", 3, "3 warned", "warning"), ("warn", 0, "1 of 1", "ok"), ("drop", 0, "1 of 1", "ok")],
)
def test_what_was_checked_is_in_the_box(action: str, failed: int, said: str, state: str):
    found = facts(update(flow()))
    checked = Counted("c", "x > 0", action, 7, failed)  # type: ignore[arg-type]
    outcome = Outcome(dataset=found.pipeline.datasets["a"], update=5, checks=(checked,))
    told = facts(update(flow()), outcomes=(outcome,))
    assert (figures(told)["a"].right, figures(told)["a"].state) == (said, state)
    assert [tile.figure for tile in tiles(told)][3] == f"{int(not failed)} of 1"


def test_findings_the_gravest_first():
    page = html(facts(update(flow()), findings=(finding("info"), finding("error"), finding("warning"))))
    found = re.findall(r"</i> (error|warning|info)</span>", page)
    assert found == ["error", "warning", "info"] and "1 error, 1 warning, 1 info" in page
    assert tally(()) == "none" and "lint findings" not in html(facts(update(flow())))


def test_many_findings_end():
    page = html(facts(update(flow()), findings=(finding("info"),) * 250))
    assert page.count("LDP399") == 100 and "… 150 more" in page


def test_texts_stay_texts():
    bad = flow(
        EVIL,
        warnings=(EVIL,),
        status="FAILED",
        failure=Failure(what=EVIL, why=EVIL, fix=EVIL, place=EVIL),
        expectations=(Checked(name=EVIL, failed=1, action="warn"),),
    )
    whole = update(bad, state="FAILED", environment=EVIL, place=EVIL, failure=Failure(what=EVIL))
    page = html(facts(whole, findings=(finding("error", EVIL),), remark=EVIL))
    assert "<script" not in page and page.count("</style>") == 1 and "&lt;script&gt;" in page
    assert "\x1b" not in html(facts(update(flow("a\x1b[31m\u202e"))))


@pytest.mark.parametrize("name", SAMPLES)
def test_any_pipeline(name: str):
    graph = SAMPLES[name]()
    flows = [flow(each) for each in graph.datasets]
    page = html(facts(update(*flows), pipeline=graph))
    assert "<script" not in page and "onerror=alert(1)>" not in page and page.endswith("</html>\n")


def test_the_sheet_knows_light_dark_and_paper():
    light, dark, paper = (SHEET.index(each) for each in ("light dark", "prefers-color-scheme:dark", "@media print"))
    assert light < dark < paper and "url(" not in SHEET and SHEET.count("{") == SHEET.count("}")
    used = set(re.findall(r"var\(--([\w-]+)\)", SHEET))
    assert used <= set(re.findall(r"--([\w-]+):", SHEET))


def test_the_same_every_time():
    assert html(facts(update(flow()))) == html(facts(update(flow())))
    assert summary(facts(update(flow()))).endswith(": completed, 1 of 1 flow done")
