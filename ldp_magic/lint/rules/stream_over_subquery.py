from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned
from ldp_magic.lint.wrap import driving, wrapping
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Edit, Span

_ORDERS = "CREATE OR REFRESH STREAMING TABLE orders AS SELECT * FROM STREAM(main.raw.orders);\n"


@rule(
    code="LDP006",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3",
    bad=[
        bad(
            _ORDERS
            + "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(SELECT * FROM orders WHERE qty > 0);",
            fixed=_ORDERS
            + "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM (SELECT * FROM STREAM(orders) WHERE qty > 0);",
            safe=True,
            marks=("STREAM",),
        ),
        bad(
            "create or refresh streaming table t as select * from stream ((select id from main.raw.orders)) o;",
            fixed="create or refresh streaming table t as select * from ((select id from stream(main.raw.orders))) o;",
            safe=False,
            marks=("stream",),
        ),
    ],
    good=[
        good(
            _ORDERS
            + "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM (SELECT * FROM STREAM(orders) WHERE qty > 0);"
        ),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT * FROM (SELECT 1 AS one) AS stream;"),
    ],
)
def stream_over_subquery(owned: Owned) -> Iterator[Finding]:
    """STREAM around a query.

    STREAM takes the name of a table or a table function, because it is the table that remembers what has been read; a
    query remembers nothing. Put STREAM inside, around the table that brings the new rows.
    """
    spans = owned.facts.streams_over_queries
    for span in spans:
        yield Finding(
            owned.locate(_word(owned, span)),
            "STREAM stands around a query",
            why="STREAM takes a table or a table function: only they remember which rows have been read",
            mark="takes no query",
            fixes=(_fix(owned, span, len(spans) == 1),),
        )


def _word(owned: Owned, span: Span) -> Span:
    return Span(span.start, span.start + len("STREAM"))


def _fix(owned: Owned, span: Span, alone: bool) -> Fix:
    wrap = driving(owned)
    held = [s for s in wrap.sources if s.owned is owned and span.start < s.relation.span.start < span.end]
    if not alone or len(held) != len(wrap.sources) or not held or owned.facts.streaming:
        return Fix("write STREAM around the table inside it")
    names = " and ".join(dict.fromkeys(s.relation.label for s in held))
    bracket = tokens_of(owned.text(span)).starts[1]
    edits = (Edit(owned.locate(Span(span.start, span.start + bracket)), ""), *wrapping(wrap.sources))
    reason = "the file could not run as it was" if wrap.safe else f"only you know that the rows of {names} never change"
    return Fix(f"write STREAM({names}) inside instead", edits, safe=wrap.safe, reason=reason)
