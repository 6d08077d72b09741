from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.sql.facts import Call
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Edit

_TABLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT window(at, '1 hour') AS w, {} AS users FROM STREAM(e) WATERMARK at DELAY OF INTERVAL 1 HOUR GROUP BY window(at, '1 hour');"


@rule(
    code="LDP106",
    foresees=("_LEGACY_ERROR_TEMP_3102",),
    verified="Spark 4.3, when the flow starts; its dry run does not see it",
    bad=[
        bad(
            _TABLE.format("count(DISTINCT user)"),
            fixed=_TABLE.format("approx_count_distinct(user)"),
            safe=False,
            marks=("count(DISTINCT user)",),
        ),
        bad(_TABLE.format("sum(DISTINCT amount)")),
    ],
    good=[
        good(_TABLE.format("approx_count_distinct(user)")),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT count(DISTINCT user) AS users FROM e;"),
    ],
)
def count_distinct_in_stream(streaming: Streaming) -> Iterator[Finding]:
    """An exact distinct aggregate over a stream.

    A stream keeps bounded state; exact distinct counts need every value ever seen, so Spark stops the flow when it
    starts. `approx_count_distinct` keeps a sketch (about 5 % off by default); a materialized view counts exactly.
    """
    for seen in streaming.streamed():
        for call in seen.select.aggregates:
            if call.distinct:
                yield _finding(streaming, call)


def _finding(streaming: Streaming, call: Call) -> Finding:
    return Finding(
        streaming.locate(call.span),
        f"{call.name}(DISTINCT …) cannot run on a stream",
        why="a stream keeps bounded state; exact distinct aggregates need all values, so Spark stops the update",
        mark="needs every value ever seen",
        fixes=(_fix(streaming, call),),
    )


def _fix(streaming: Streaming, call: Call) -> Fix:
    text = streaming.text(call.span)
    tokens = tokens_of(text)
    if call.name != "count" or len(call.arguments) != 1 or len(tokens) < 4:
        return Fix(f"make {streaming.name} a materialized view")
    name = "approx_count_distinct" if not tokens.get(0).isupper() else "APPROX_COUNT_DISTINCT"
    whole = streaming.locate(call.span)
    edits = (
        Edit(whole.inside(0, tokens.ends[0]), name),
        Edit(whole.inside(tokens.starts[2], tokens.starts[3]), ""),
    )
    title = f"use approx_count_distinct, or make {streaming.name} a materialized view"
    return Fix(title, edits, safe=False, reason="an estimate")
