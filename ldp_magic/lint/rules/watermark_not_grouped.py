from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.pipeline.streams import SeenSelect
from ldp_magic.sql.facts import Call
from ldp_magic.text import Edit

_TABLE = (
    "CREATE OR REFRESH STREAMING TABLE t AS SELECT {0} AS d, count(*) AS n\n"
    "FROM STREAM(main.raw.e) WATERMARK at DELAY OF INTERVAL 1 HOUR GROUP BY {0}{1};"
)
_DAYS = {"date", "to_date"}


@rule(
    code="LDP108",
    foresees=("STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION",),
    verified="Spark 4.3, when the flow starts",
    bad=[
        bad(
            _TABLE.format("date(at)", ""),
            fixed=_TABLE.format("window(at, '1 day')", ""),
            safe=False,
            marks=("GROUP BY date(at)",),
        ),
        bad(
            _TABLE.format("date_trunc('HOUR', at)", ", user").lower(),
            fixed=_TABLE.format("window(at, '1 hour')", ", user").lower(),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS WITH e AS (\r\n  SELECT * FROM STREAM(main.raw.e) WATERMARK at DELAY OF INTERVAL 1 HOUR)\r\n"
            "SELECT user, count(*) AS n FROM e GROUP BY user;",
            marks=("GROUP BY user",),
        ),
    ],
    good=[
        good(_TABLE.format("window(at, '1 day')", "")),
        good(_TABLE.format("at", ", user")),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT window(at, '1 day') AS d, count(*) AS n\n"
            "FROM STREAM(main.raw.e) WATERMARK at DELAY OF INTERVAL 1 HOUR GROUP BY d;"
        ),
    ],
)
def watermark_not_grouped(streaming: Streaming) -> Iterator[Finding]:
    """An aggregate over a stream whose keys leave the watermarked column out.

    A group is final when the watermark has passed it, and only the watermarked column itself or a window over it tells
    when that is; `date(at)` does not. Spark stops the flow when it starts. Group by `window(at, '1 day')` instead of a
    day, or make the dataset a materialized view.
    """
    for seen in streaming.streamed():
        marks, select = streaming.marks(seen), seen.select
        if not marks or not streaming.anew(seen) or "pivot" in select.clauses:
            continue
        if not select.aggregates and "group by" not in select.clauses:
            continue
        where = select.clauses.get("group by") or select.aggregates[0].span
        yield Finding(
            streaming.locate(where),
            f"{streaming.name} has a watermark on {' and '.join(sorted(marks))}, but groups by something else",
            why="a group is final when the watermark has passed it: a key has to be its column or a window over it",
            fixes=(_fix(streaming, seen, marks),),
        )


def _fix(streaming: Streaming, seen: SeenSelect, marks: frozenset[str]) -> Fix:
    edits: list[Edit] = []
    for call in seen.select.calls:
        length = _length(streaming, call, marks)
        if length and streaming.query.exact:
            column = streaming.text(call.columns[0].span)
            edits.append(Edit(streaming.locate(call.span), f"window({column}, '1 {length}')"))
    column = min(marks)
    title = f"group by window({column}, '1 day'), or make {streaming.name} a materialized view"
    grouped = any(c.clause == "group by" and _length(streaming, c, marks) for c in seen.select.calls)
    return Fix(title, tuple(edits) if grouped else (), False, "the key is then a window, with a start and an end")


def _length(streaming: Streaming, call: Call, marks: frozenset[str]) -> str:
    """How long the time is that a call such as date(at) or date_trunc('hour', at) names."""
    if len(call.columns) != 1 or call.columns[0].name.lower() not in marks:
        return ""
    if call.name in _DAYS and len(call.arguments) == 1:
        return "day" if call.arguments[0] == call.columns[0].span else ""
    if call.name == "date_trunc" and len(call.arguments) == 2 and call.arguments[1] == call.columns[0].span:
        unit = streaming.text(call.arguments[0]).strip("'\"").lower()
        return unit if unit in ("minute", "hour", "day", "week") else ""
    return ""
