from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming

_LATEST = "SELECT *, row_number() OVER (PARTITION BY id ORDER BY at DESC) AS rn FROM STREAM(main.raw.s)"


@rule(
    code="LDP112",
    foresees=("NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING",),
    verified="Spark 4.3, when the flow starts; a Databricks pipeline",
    bad=[
        bad(
            f"CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM ({_LATEST}) WHERE rn = 1;",
            marks=("row_number() OVER (PARTITION BY id ORDER BY at DESC)",),
        ),
        bad(
            "create or refresh streaming table t as\r\nselect id, at from stream main.raw.s -- the newest\r\n"
            "qualify rank() over (partition by id order by at desc) = 1",
            marks=("rank() over (partition by id order by at desc)",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT id, sum(v) FILTER (WHERE v > 0) OVER w AS s, lag(v) OVER w AS l\n"
            "FROM STREAM(main.raw.s) WINDOW w AS (PARTITION BY id ORDER BY at);",
            count=2,
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE latest;\n"
            "CREATE FLOW d AS AUTO CDC INTO latest FROM STREAM(main.raw.s) KEYS (id) SEQUENCE BY at STORED AS SCD TYPE 1;"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT s.id, d.name FROM STREAM(main.raw.s) s JOIN (\n"
            "  SELECT id, name, row_number() OVER (PARTITION BY id ORDER BY at DESC) AS rn FROM main.raw.d) d\n"
            "ON d.id = s.id AND d.rn = 1;"
        ),
    ],
)
def non_time_window_function(streaming: Streaming) -> Iterator[Finding]:
    """A window function (OVER, QUALIFY) over a stream.

    Its answer for a row depends on rows that are still to come, so Spark stops the flow when it starts. To keep the
    newest row of each key, use AUTO CDC with SCD type 1; to drop repeated rows, SELECT DISTINCT with a watermark; for
    anything else, a materialized view.
    """
    for seen in streaming.streamed():
        for call in seen.select.calls:
            if call.over is None:
                continue
            where = streaming.locate(call.span).upto(streaming.locate(call.over))
            yield Finding(
                where,
                f"{call.name}() OVER … cannot run on a stream",
                why="its answer for a row depends on rows that are still to come, so Spark stops the update",
                mark="needs all rows",
                fixes=(_advice(streaming, call.name),),
            )


def _advice(streaming: Streaming, function: str) -> Fix:
    if function in ("row_number", "rank", "dense_rank"):
        return Fix(f"keep the newest row of each key with AUTO CDC, or make {streaming.name} a materialized view")
    return Fix(f"make {streaming.name} a materialized view")
