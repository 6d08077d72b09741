from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming


@rule(
    code="LDP119",
    foresees=("INVALID_SUBQUERY_EXPRESSION.STREAMING_QUERY",),
    verified="Spark 4.3",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.d) WHERE id IN (SELECT id FROM STREAM(main.raw.s));",
            marks=("main.raw.s",),
        ),
        bad(
            "create or refresh streaming table t as with s as (select * from stream main.raw.s)\r\n"
            "select * from stream main.raw.d d -- those that are there\r\nwhere exists (select 1 from s where s.id = d.id)",
            marks=("s",),
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s) WHERE id IN (SELECT id FROM main.raw.d);"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT *, (SELECT max(rate) FROM main.raw.rates) AS rate FROM STREAM(main.raw.s);"
        ),
    ],
)
def stream_in_subquery(streaming: Streaming) -> Iterator[Finding]:
    """A stream inside IN, EXISTS or a scalar subquery.

    The answer of a subquery has to be complete before a row can be compared with it, and a stream is never complete, so
    Spark refuses the query. Read that table without STREAM, or join the two streams with watermarks.
    """
    for seen in streaming.selects:
        if not seen.subquery:
            continue
        for item, _ in streaming.streams(seen):
            name = item.relation.label if item.relation is not None else item.alias or item.cte or "a query"
            yield Finding(
                streaming.locate(item.relation.span if item.relation is not None else item.span),
                f"{name} is read as a stream inside an expression",
                why="the answer of a subquery has to be complete, and a stream never is",
                fixes=(Fix(f"read {name} without STREAM, or join it"),),
            )
