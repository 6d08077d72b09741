from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Streaming
from ldp_magic.pipeline.streams import SeenSelect, SeenSet
from ldp_magic.text import Edit


@rule(
    code="LDP113",
    severity="warning",
    spark="error",
    foresees=("STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION",),
    verified="Spark 4.3, when the flow starts; Databricks recomputes the result in each update",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT DISTINCT id FROM STREAM(main.raw.s);",
            marks=("DISTINCT",),
        ),
        bad(
            "create streaming table t as\r\nselect distinct id from stream(main.raw.s) watermark at delay of interval 1 day",
            target="spark-4.3",
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS\nSELECT id FROM STREAM(main.raw.a) -- ours\nUNION\nSELECT id FROM STREAM(main.raw.b);",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS\nSELECT id FROM STREAM(main.raw.a) -- ours\nUNION ALL\nSELECT id FROM STREAM(main.raw.b);",
            safe=False,
            marks=("UNION",),
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT DISTINCT id, at FROM STREAM(main.raw.s) WATERMARK at DELAY OF INTERVAL 1 DAY;"
        ),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT DISTINCT id FROM main.raw.s;"),
    ],
)
def distinct_without_watermark(streaming: Streaming, context: Context) -> Iterator[Finding]:
    """SELECT DISTINCT or UNION over streams where no selected column carries a watermark.

    To drop a repeated row, every row ever seen has to be remembered. Open-source Spark stops the flow when it starts;
    Databricks computes everything again in each update. Add a watermark and keep its column in the list, so that old
    rows can be forgotten; or, where no row can come twice, use UNION ALL.
    """
    if streaming.unsure:
        return
    for seen in streaming.streamed():
        grouped = seen.select.aggregates or "group by" in seen.select.clauses
        if seen.select.distinct is not None and streaming.anew(seen) and not grouped:
            yield _of_select(streaming, seen)
    for both in streaming.sets:
        complete = both.left.complete or both.right.complete
        streams = both.left.streaming and both.right.streaming and not complete
        if both.operation.kind == "union" and streams and not both.left.watermarks | both.right.watermarks:
            yield _of_union(streaming, both)


_WHY = "without a watermark every row ever seen has to be remembered"


def _of_select(streaming: Streaming, seen: SeenSelect) -> Finding:
    marks = sorted(streaming.marks(seen))
    left_out = f"; {' and '.join(marks)} is not in the list" if marks else ""
    return Finding(
        streaming.locate(seen.select.distinct or seen.select.keyword),
        f"{streaming.name} drops repeated rows of a stream without a watermarked column{left_out}",
        why=_WHY,
        fixes=(Fix("add WATERMARK … DELAY OF … to the source and its column to the list"),),
    )


def _of_union(streaming: Streaming, both: SeenSet) -> Finding:
    words = streaming.locate(both.operation.span)
    word = "union all" if words.text.islower() else "UNION ALL"
    rest = " ".join(words.text.split()[1:]).upper()
    edits = (Edit(words, word),) if rest in ("", "DISTINCT") and streaming.query.exact else ()
    return Finding(
        words,
        f"{streaming.name} drops rows that two streams have in common",
        why=_WHY,
        fixes=(Fix(f"write {word}", edits, False, "rows that come twice stay"),),
    )
