from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Severity
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.sql.facts import Watermark

_AMOUNT = re.compile(r"""(-?)\s*['"]?\s*([+-]?\d+(?:\.\d+)?)\s*['"]?\s*([A-Za-z]+)""")
_DAYS = {
    "microsecond": 0.0,
    "millisecond": 0.0,
    "second": 1 / 86400,
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
}
_MONTHS = {"month": 31.0, "quarter": 92.0, "year": 366.0}
_MONTH = 31.0
_TABLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s) WATERMARK at DELAY OF {};"


@rule(
    code="LDP122",
    severity="warning",
    foresees=("a delay below zero is refused", "state that is kept for months"),
    verified="Spark 4.3 refuses a negative one; Databricks documentation",
    bad=[
        bad(_TABLE.format("INTERVAL 3 MONTHS"), marks=("WATERMARK at DELAY OF INTERVAL 3 MONTHS",)),
        bad(_TABLE.format("interval '0' seconds").lower()),
        bad(_TABLE.format("INTERVAL -5 MINUTES")),
        bad(_TABLE.format("INTERVAL '45 days 2 hours'")),
    ],
    good=[
        good(_TABLE.format("INTERVAL 7 DAYS")),
        good(_TABLE.format("INTERVAL '1 hour 30 minutes'")),
        good(_TABLE.format("INTERVAL '1:30' HOUR TO MINUTE")),
    ],
)
def watermark_delay_range(streaming: Streaming) -> Iterator[Finding]:
    """A watermark's delay of nothing, of less than nothing, or of a month and more.

    The delay says how late a row may come. With none at all every row out of order is lost; with months, every group
    and every waiting row of those months is kept in state. Databricks asks for a positive delay below a month, and no
    engine takes a negative one.
    """
    for seen in streaming.streamed():
        for item, _ in seen.inputs:
            mark = item.watermark or (item.relation.watermark if item.relation is not None else None)
            finding = _finding(streaming, mark) if mark is not None else None
            if finding is not None:
                yield finding


def _finding(streaming: Streaming, mark: Watermark) -> Finding | None:
    days = _days(mark.delay)
    if days is None or 0 < days < _MONTH:
        return None
    severity: Severity | None = "error" if days < 0 else None
    what = (
        "is negative" if days < 0 else "is zero: every row out of order is late" if not days else "is a month or more"
    )
    return Finding(
        streaming.locate(mark.span),
        f"the delay of the watermark on {mark.column} {what}",
        why="the delay is how late a row may come, and for that long all state is kept",
        fixes=(Fix("take the longest delay that rows really have, such as INTERVAL 1 HOUR"),),
        severity=severity,
    )


def _days(delay: str) -> float | None:
    """About how many days; None where it is written in a way that is not read here."""
    words = re.sub(r"^\s*INTERVAL\b", "", delay, flags=re.IGNORECASE)
    found = _AMOUNT.findall(words)
    if not found or "$" in words or re.search(r"\bTO\b|:", words, re.IGNORECASE):
        return None
    days = 0.0
    for sign, number, unit in found:
        name = unit.lower().removesuffix("s")
        if name not in _DAYS and name not in _MONTHS:
            return None
        amount = float(number) * (-1 if sign else 1)
        days += amount * (_DAYS.get(name) or _MONTHS.get(name) or 1e-9)
    return days
