from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.sql.facts import Watermark

_TABLE = (
    "CREATE OR REFRESH STREAMING TABLE t AS SELECT window(at, '1 day') AS d, sum(v) AS v\n"
    "FROM STREAM(main.raw.s) WATERMARK at DELAY OF INTERVAL 2 DAYS GROUP BY {};"
)


@rule(
    code="LDP127",
    severity="info",
    foresees=("the newest windows are missing",),
    verified="Spark 4.3: a window appears when its end is at or before the watermark",
    bad=[
        bad(_TABLE.format("window(at, '1 day')"), marks=("window(at, '1 day')",)),
        bad(_TABLE.format("1 -- the day\r\n").lower()),
    ],
    good=[
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT date(at) AS d, sum(v) AS v FROM main.raw.s GROUP BY date(at);"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT id, at FROM STREAM(main.raw.s) WATERMARK at DELAY OF INTERVAL 1 DAY;"
        ),
    ],
)
def last_window_stays_open(streaming: Streaming) -> Iterator[Finding]:
    """Windows over a stream appear only after they are final.

    A window is written when the watermark has passed its end, and the watermark moves only when later rows come. After
    an update the newest windows are therefore missing from the table, by the delay and then some. Where the day so far
    is wanted, a materialized view shows it.
    """
    for seen in streaming.streamed():
        select = seen.select
        windows = [
            c for c in select.calls if c.name in ("window", "session_window") and c.clause in ("select", "group by")
        ]
        grouped = "group by" in select.clauses and streaming.marks(seen)
        if not windows or not grouped or seen.shape.complete:
            continue
        marks = [r.watermark for r in streaming.facts.relations if r.watermark is not None]
        yield Finding(
            streaming.locate(next((c for c in windows if c.clause == "group by"), windows[0]).span),
            f"the newest windows of {streaming.name} appear only after later rows{_late(marks)}",
            why="a window is written when the watermark has passed its end",
            fixes=(Fix("use a materialized view where the newest, unfinished window is wanted"),),
        )


def _late(marks: list[Watermark]) -> str:
    return f", {marks[0].delay.lower().removeprefix('interval').strip()} after their end" if len(marks) == 1 else ""
