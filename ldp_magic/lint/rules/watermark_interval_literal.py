from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.lint.watermarks import watermarks
from ldp_magic.sql.facts import Watermark
from ldp_magic.text import Edit, Span

_SAID = re.compile(
    r"""(?P<quote>['"])\s*(?P<count>\d+)\s*(?P<unit>(?:year|month|week|day|hour|minute|second|millisecond|microsecond)s?)\s*(?P=quote)""",
    re.IGNORECASE,
)
_TEXT = re.compile(r"""interval\s*('[^']*[a-z][^']*'|"[^"]*[a-z][^"]*")""", re.IGNORECASE)
_TABLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.clicks) WATERMARK at DELAY OF {};"


@rule(
    code="LDP008",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3, dry: 30 ways to write column and delay",
    bad=[
        bad(
            _TABLE.format("'5 minutes' AS c"),
            fixed=_TABLE.format("INTERVAL 5 minutes AS c"),
            safe=True,
            marks=("'5 minutes'",),
        ),
        bad(
            _TABLE.format('" 1 HOUR "').lower(),
            fixed=_TABLE.format("interval 1 hour").lower(),
        ),
        bad(_TABLE.format("600"), marks=("600",)),
        bad(
            _TABLE.format("INTERVAL '5 minutes'").replace("OR REFRESH ", ""),
            target="spark-4.3",
            fixed=_TABLE.format("INTERVAL 5 minutes").replace("OR REFRESH ", ""),
            safe=True,
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM (SELECT * FROM STREAM(main.raw.clicks))\r\n"
            "  WATERMARK at DELAY OF 'soon'",
            marks=("'soon'",),
        ),
    ],
    good=[
        good(_TABLE.format("INTERVAL 5 MINUTES AS c")),
        good(_TABLE.format("INTERVAL '5 minutes'")),
        good(_TABLE.format("${lateness}")),
    ],
)
def watermark_interval_literal(owned: Owned, context: Context) -> Iterator[Finding]:
    """The delay of a watermark is no INTERVAL.

    The clause takes an interval literal, such as `INTERVAL 5 MINUTES`. In Python's `withWatermark` a text is right;
    in SQL Spark stops at it, and at a unit inside of the quotes: `INTERVAL '5 minutes'`.
    """
    for mark in watermarks(owned.facts):
        if mark.delay[:1].isdigit() or mark.delay[:1] in ("'", '"') or (context.spark and _TEXT.fullmatch(mark.delay)):
            yield _finding(owned, mark)


def _finding(owned: Owned, mark: Watermark) -> Finding:
    where = owned.locate(Span(mark.span.end - len(mark.delay), mark.span.end))
    said = _SAID.fullmatch(_TEXT.sub(r"\1", mark.delay))
    fixes = (Fix("write an interval, such as INTERVAL 5 MINUTES"),)
    if said is not None and owned.query.exact:
        word = "interval" if owned.text(mark.span).startswith("watermark") else "INTERVAL"
        text = f"{word} {said['count']} {said['unit']}"
        fixes = (Fix(f"write {text}", (Edit(where, text),), safe=True, reason="it could not run as it was"),)
    why = "SQL takes the delay of a watermark as an interval literal only"
    return Finding(where, f"{mark.delay} is no interval", why=why, fixes=fixes)
