from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.pipeline.streams import SeenSet


@rule(
    code="LDP118",
    foresees=("_LEGACY_ERROR_TEMP_3102", "UNSUPPORTED_STREAMING_OPERATOR_WITHOUT_WATERMARK"),
    verified="Spark 4.3, when the flow starts",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM STREAM(main.raw.s) EXCEPT SELECT id FROM main.raw.blocked;",
            marks=("EXCEPT",),
        ),
        bad(
            "create or refresh streaming table t as\r\nselect id from main.raw.a -- known\r\nintersect select id from stream main.raw.s",
            marks=("intersect",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM main.raw.a MINUS SELECT id FROM STREAM(main.raw.s);",
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT s.id FROM STREAM(main.raw.s) AS s LEFT ANTI JOIN main.raw.blocked AS b ON s.id = b.id;"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT s.id FROM STREAM(main.raw.s) AS s\n"
            "WHERE s.id IN (SELECT id FROM main.raw.a EXCEPT SELECT id FROM main.raw.b);"
        ),
    ],
)
def set_operation_in_stream(streaming: Streaming) -> Iterator[Finding]:
    """INTERSECT or EXCEPT with a stream.

    Both drop repeated rows, and both ask what the other side does not hold, which a stream can never answer; Spark
    stops the flow when it starts. Against a table, LEFT SEMI JOIN keeps the rows that it has and LEFT ANTI JOIN those
    that it has not.
    """
    for both in streaming.sets:
        kind = both.operation.kind.split()[0]
        if kind in ("intersect", "except") and _refused(kind, both):
            join = "LEFT SEMI JOIN" if kind == "intersect" else "LEFT ANTI JOIN"
            yield Finding(
                streaming.locate(both.operation.span),
                f"{kind.upper()} cannot run on a stream",
                why="it would have to know all rows of the stream before it could answer for one",
                fixes=(Fix(f"write a {join} with the table on its right side"),),
            )


def _refused(kind: str, both: SeenSet) -> bool:
    if kind == "intersect":
        return both.left.streaming or both.right.streaming
    return both.right.streaming or (both.left.streaming and not both.left.watermarks)
