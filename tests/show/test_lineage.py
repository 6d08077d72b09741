"""A column's way as whole files, and what must hold for any."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from wcwidth import wcswidth

from ldp_magic.pipeline.lineage import Lineage, RowRule, Step, lineage_of
from ldp_magic.show import lineage
from ldp_magic.show.lineage import Way
from ldp_magic.show.pen import Pen
from ldp_magic.text import Source
from tests.show.samples import pipeline
from tests.show.test_graph import ATTRIBUTES, DROPPED_STYLES, MOVES, TAGS, Page

GOLDEN = Path(__file__).parent / "golden" / "lineage"
AT = Source("transformations/daily_metrics.sql", None, "line\n" * 20).at(12, 16)
PIPELINE = pipeline(
    """CREATE STREAMING TABLE events AS SELECT * FROM STREAM read_files('/landing/events', format => 'json');
    CREATE STREAMING TABLE daily_metrics AS SELECT * FROM STREAM(events);
    CREATE MATERIALIZED VIEW final_metrics AS SELECT * FROM daily_metrics"""
)
STEPS = (
    Step(dataset="/landing/events", column="eventTime", type="string", how="source"),
    Step(
        dataset="events",
        column="event_time",
        type="timestamp",
        how="cast",
        made_by="CAST(eventTime\n  AS TIMESTAMP)",
        location=AT,
        uses=(("/landing/events", "eventTime"),),
    ),
    Step(
        dataset="daily_metrics",
        column="first_event",
        type="timestamp",
        how="aggregated",
        made_by="min(event_time)",
        location=AT,
        uses=(("events", "event_time"),),
        per=("user_id", "day"),
    ),
)
MADE = Lineage(
    dataset="daily_metrics",
    column="first_event",
    type="timestamp",
    steps=STEPS,
    rows=(
        RowRule(by="watermark", dataset="daily_metrics", what="event_time, INTERVAL 1 HOUR", location=AT),
        RowRule(by="expectation", dataset="daily_metrics", what="user_present: drop row", location=AT),
    ),
    readers=(Step(dataset="final_metrics", column="avg_start", how="aggregated", made_by="avg(first_event)"),),
    unknown=("helper: its code is Python",),
    reach=3,
    touched=(Step(dataset="final_metrics", column="avg_start", how="aggregated", made_by="avg(first_event)"),),
)
WAY, DOWN = Way(PIPELINE, MADE), Way(PIPELINE, MADE, down=True)


@pytest.mark.parametrize(
    ("file", "pen"),
    [("text-100.txt", Pen()), ("text-80-ascii.txt", Pen(80, False, "ascii")), ("text-100-color.txt", Pen(100, True))],
)
def test_text(file: str, pen: Pen, golden: Callable[[Path, str], None]):
    golden(GOLDEN / file, lineage.text(WAY, pen) + "\n")


def test_down(golden: Callable[[Path, str], None]):
    golden(GOLDEN / "down.txt", lineage.text(DOWN, Pen()) + "\n")


def test_html(golden: Callable[[Path, str], None]):
    golden(GOLDEN / "lineage.html", lineage.html(WAY))


def test_json(golden: Callable[[Path, str], None]):
    golden(GOLDEN / "lineage.json", json.dumps(lineage.json(WAY), indent=1) + "\n")


def test_the_columns_it_is_made_from_are_marked():
    marked = re.findall(r'<span style="background-color[^>]*>(\w+)</span>', lineage.html(WAY))
    assert marked == ["eventTime", "event_time"]


def test_nothing_is_made_from_it():
    said = lineage.text(Way(PIPELINE, Lineage(dataset="a", column="b"), down=True), Pen())
    assert "nothing reads it" in said and "touches 0 columns" in said


HOSTILE = """CREATE MATERIALIZED VIEW `<script>` AS
SELECT '\x1b[31m<b onclick=1>' || x AS `"><img src=x>` FROM `\u202eevil`;
CREATE MATERIALIZED VIEW `\u202eevil` AS SELECT 1 + 1 AS x"""


@pytest.mark.parametrize("width", [80, 140])
def test_hostile_names(width: int):
    drawn = pipeline(HOSTILE)
    way = Way(drawn, lineage_of(drawn, "<script>", '"><img src=x>'))
    page = Page(lineage.html(way))
    assert page.open == [] and {tag for tag, _ in page.seen} <= TAGS - {"img"}
    assert all(a.keys() <= ATTRIBUTES and not DROPPED_STYLES.search(a.get("style") or "") for _, a in page.seen)
    for text in (lineage.text(way, Pen(width)), lineage.text(way, Pen(width, False, "ascii"))):
        assert not MOVES.search(text) and all(0 <= wcswidth(line) <= width for line in text.split("\n"))


def test_long_ways_are_cut_and_say_so():
    steps = tuple(Step(dataset="t", column=f"c{n}", how="copied", made_by="x" * 900) for n in range(70))
    way = Way(PIPELINE, Lineage(dataset="t", column="c69", steps=steps))
    assert "20 more" in lineage.text(way, Pen()) and "20 more" in lineage.html(way)
    assert all(wcswidth(line) <= 100 for line in lineage.text(way, Pen()).split("\n"))
    assert len(lineage.json(way)["steps"]) == 70
