from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.instead import without
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.text import Span


@rule(
    code="LDP110",
    severity="warning",
    foresees=("_LEGACY_ERROR_TEMP_3102",),
    verified="Spark 4.3: two rows in the first update, none in the second",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s) LIMIT 1000;",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s);",
            safe=False,
            marks=("LIMIT 1000",),
        ),
        bad(
            "create or refresh streaming table t as\r\nwith s as (select * from stream main.raw.s\r\n  limit 5)\r\nselect * from s",
            fixed="create or refresh streaming table t as\r\nwith s as (select * from stream main.raw.s)\r\nselect * from s",
        ),
    ],
    good=[
        good("CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s);"),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT s.id, d.name FROM STREAM(main.raw.s) s\n"
            "JOIN (SELECT * FROM main.raw.d LIMIT 10) d ON d.id = s.id;"
        ),
    ],
)
def limit_in_stream(streaming: Streaming) -> Iterator[Finding]:
    """LIMIT over a stream.

    It caps the flow for ever, not each update: once that many rows have passed, the table never gets another one, and
    nothing says so. Leave it out; to try a pipeline on few rows, preview it or limit what each update takes in with
    `maxFilesPerTrigger`.
    """
    for seen in streaming.streamed():
        if "limit" in seen.select.clauses and not seen.shape.complete:
            yield _finding(streaming, seen.select.clauses["limit"])
    for both in streaming.sets:
        streams = both.left.streaming or both.right.streaming
        if streams and "limit" in both.operation.clauses and not (both.left.complete or both.right.complete):
            yield _finding(streaming, both.operation.clauses["limit"])


def _finding(streaming: Streaming, clause: Span) -> Finding:
    rows = streaming.text(clause).split(None, 1)[-1]
    return Finding(
        streaming.locate(clause),
        f"{streaming.name} stops for ever after {rows} rows",
        why="LIMIT counts all rows that a stream ever brings, over all updates",
        fixes=(Fix("leave it out", without(streaming, clause), False, "more rows come through"),),
    )
