from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.instead import without
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.text import Span


@rule(
    code="LDP111",
    foresees=("_LEGACY_ERROR_TEMP_3102",),
    verified="Spark 4.3, when the flow starts",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s) OFFSET 10;",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s);",
            safe=False,
            marks=("OFFSET 10",),
        ),
        bad(
            "create or refresh streaming table t as select * from (select * from stream main.raw.s\r\noffset 1) -- the header\r\n",
            fixed="create or refresh streaming table t as select * from (select * from stream main.raw.s) -- the header\r\n",
        ),
    ],
    good=[
        good("CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s);"),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM main.raw.s ORDER BY id LIMIT 10 OFFSET 10;"),
        good("CREATE OR REFRESH STREAMING TABLE t AS FROM STREAM(main.raw.s) |> SELECT topic, offset, v;"),
    ],
)
def offset_in_stream(streaming: Streaming) -> Iterator[Finding]:
    """OFFSET over a stream.

    The rows of a stream come in no particular order, so there are no first ones to skip, and Spark stops the flow when
    it starts. Name the rows to leave out in a WHERE clause, or use a materialized view with an ORDER BY.
    """
    clauses = [seen.select.clauses for seen in streaming.streamed()]
    clauses += [s.operation.clauses for s in streaming.sets if s.left.streaming or s.right.streaming]
    for held in clauses:
        if "offset" in held:
            yield _finding(streaming, held["offset"])


def _finding(streaming: Streaming, clause: Span) -> Finding:
    return Finding(
        streaming.locate(clause),
        f"{streaming.name} skips rows of a stream",
        why="a stream has no first rows, so none of them can be skipped",
        fixes=(Fix("leave it out", without(streaming, clause), False, "all rows come through"),),
    )
