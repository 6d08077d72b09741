from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.pipeline.streams import SeenSelect
from ldp_magic.sql.facts import Call, ColumnRef, Watermark

_T = "CREATE OR REFRESH STREAMING TABLE t AS SELECT {} FROM STREAM(main.raw.e) {}"
_MARK = "WATERMARK at DELAY OF INTERVAL {} "
_ID = re.compile(r"(^|_)(id|ids|uuid|guid|key|session|token|hash)$|^(user|session|device|customer|visitor)$")
_WINDOWS = {"window", "session_window"}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000}
_LENGTH = re.compile(r"['\"]?\s*(\d+)\s*['\"]?\s*(second|minute|hour|day|week|month)s?\b", re.IGNORECASE)
_FAR = 24  # windows that stay open beside the one being filled


@rule(
    code="LDP614",
    severity="info",
    verified="a vendor's note",
    bad=[
        bad(_T.format("session, count(*) AS n", "GROUP BY session;"), marks=("session",)),
        bad(
            _T.format(
                "window(at, '1 hour') AS w, count(*) AS n",
                _MARK.format("30 DAYS") + "-- late ones\r\ngroup by window(at, '1 hour')",
            ),
            marks=("WATERMARK at DELAY OF INTERVAL 30 DAYS",),
        ),
    ],
    good=[
        good(_T.format("session, window(at, '1 hour') AS w, count(*) AS n", _MARK.format("1 HOUR") + "GROUP BY 1, 2;")),
        good(
            _T.format(
                "window(at, '1 day') AS w, count(*) AS n", _MARK.format("2 DAYS") + "GROUP BY window(at, '1 day');"
            )
        ),
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT session, count(*) AS n FROM main.raw.e GROUP BY session;"
        ),
    ],
)
def high_cardinality_state(streaming: Streaming) -> Iterator[Finding]:
    """A streaming aggregate that has to remember very much.

    A stream keeps one row of state for each key until the watermark closes it. Keys such as an id without a time window are
    never closed, and a watermark that lags many windows behind keeps all of them open. Add a window, shorten the delay, or
    count in a materialized view.
    """
    for seen in streaming.streamed():
        if not seen.select.aggregates:
            continue
        windows = [c for c in seen.select.calls if c.name in _WINDOWS]
        marks = [
            w for item, _ in seen.inputs if item.relation is not None and (w := item.relation.watermark) is not None
        ]
        key = _endless(seen) if not windows and not seen.shape.watermarks and not marks else None
        if key is not None:
            yield _keyed(streaming, key)
        yield from (
            _late(streaming, mark, call) for mark in marks for call in windows[:1] if _far(streaming, mark, call)
        )


def _endless(seen: SeenSelect) -> ColumnRef | None:
    return next((c for c in seen.select.group_columns if _ID.search(c.name.lower())), None)


def _keyed(streaming: Streaming, key: ColumnRef) -> Finding:
    return Finding(
        streaming.locate(key.span),
        f"{streaming.name} remembers every {key.name} for ever",
        why="a key is only forgotten when a watermark closes its window",
        mark="no window closes it",
        fixes=(Fix("add a time window and a watermark, or make it a materialized view"),),
    )


def _far(streaming: Streaming, mark: Watermark, call: Call) -> bool:
    window = _seconds(streaming.text(call.arguments[1])) if len(call.arguments) > 1 else 0
    return bool(window) and _seconds(mark.delay) >= _FAR * window


def _seconds(text: str) -> int:
    match = _LENGTH.search(text)
    return int(match[1]) * _SECONDS[match[2].lower()] if match is not None else 0


def _late(streaming: Streaming, mark: Watermark, call: Call) -> Finding:
    many = _seconds(mark.delay) // _seconds(streaming.text(call.arguments[1]))
    return Finding(
        streaming.locate(mark.span),
        f"{streaming.name} keeps about {many} windows open",
        why="a window stays in memory until the watermark has passed its end",
        mark="far longer than the window",
        fixes=(Fix("shorten the delay to how late events really are"),),
    )
