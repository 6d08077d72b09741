from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.instead import without
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Streaming
from ldp_magic.text import Span


@rule(
    code="LDP109",
    foresees=("_LEGACY_ERROR_TEMP_3102",),
    verified="Spark 4.3, when the flow starts; its dry run does not see it",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s) ORDER BY at;",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s);",
            safe=True,
            marks=("ORDER BY at",),
        ),
        bad(
            "create or refresh streaming table t as\r\nselect * from stream(main.raw.s) -- new ones\r\nsort by at desc, id\r\n;",
            fixed="create or refresh streaming table t as\r\nselect * from stream(main.raw.s) -- new ones\r\n\r\n;",
            safe=True,
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM (SELECT * FROM STREAM(main.raw.s) ORDER BY at) AS x;",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM (SELECT * FROM STREAM(main.raw.s)) AS x;",
            safe=False,
        ),
    ],
    good=[
        good("CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s);"),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id, at FROM main.raw.s ORDER BY at LIMIT 10;"),
    ],
)
def order_by_in_stream(streaming: Streaming, context: Context) -> Iterator[Finding]:
    """ORDER BY or SORT BY over a stream.

    A stream has no last row, so there is nothing to sort, and Spark stops the flow when it starts. A table keeps no
    order either: leave the clause out and order where the table is read, or use CLUSTER BY on the table to read it fast.
    """
    for clauses, outermost, complete in _places(streaming):
        for name in ("order by", "sort by"):
            if name in clauses:
                safe = outermost and "limit" not in clauses and not complete
                yield _finding(streaming, clauses[name], safe=safe, late=complete and not context.spark)


def _places(streaming: Streaming) -> Iterator[tuple[dict[str, Span], bool, bool]]:
    for seen in streaming.streamed():
        yield seen.select.clauses, streaming.outermost(seen.select), bool(seen.shape.complete)
    for both in streaming.sets:
        if both.left.streaming or both.right.streaming:
            complete = bool(both.left.complete or both.right.complete or both.operation.kind != "union all")
            yield both.operation.clauses, streaming.facts.root is both.operation, complete


def _finding(streaming: Streaming, clause: Span, *, safe: bool, late: bool) -> Finding:
    reason = "it could not run, and a table keeps no order" if safe else "what comes after may depend on the order"
    return Finding(
        streaming.locate(clause),
        f"{streaming.name} sorts a stream",
        why="a stream has no last row, so it cannot be sorted; a table keeps no order anyway",
        fixes=(Fix("leave it out", without(streaming, clause), safe, reason),),
        severity="warning" if late else None,  # after an aggregate that is computed anew, Databricks does sort
    )
