from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.sides import Sides, sides_of
from ldp_magic.lint.subjects import Streaming
from ldp_magic.pipeline.streams import SeenSelect


@rule(
    code="LDP116",
    foresees=("_LEGACY_ERROR_TEMP_3102",),
    verified="Spark 4.3: an anti join when the flow starts, a cross join when its first rows come",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.a) LEFT ANTI JOIN STREAM(main.raw.b) USING (id);",
            marks=("LEFT ANTI JOIN",),
        ),
        bad(
            "create or refresh streaming table t as\r\nselect a.id from stream main.raw.a a -- every pair\r\ncross join stream main.raw.b b",
            marks=("cross join",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT a.id FROM STREAM(main.raw.a) a JOIN STREAM(main.raw.b) b ON a.v < b.v;",
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.a) LEFT ANTI JOIN main.raw.blocked USING (id);"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT a.id, d.rate FROM STREAM(main.raw.a) a CROSS JOIN main.raw.rates d;"
        ),
    ],
)
def stream_anti_or_cross_join(streaming: Streaming) -> Iterator[Finding]:
    """An anti join of two streams, or a join of two streams without an equality.

    Spark finds partners in two streams by equal keys, so a join without one fails as soon as rows come. An anti join
    would have to wait for ever before it could say that no partner comes. Join on a key, read one side as a table, or
    make the dataset a materialized view.
    """
    for seen, sides in sides_of(streaming):
        if sides.streams and not sides.join.natural and (what := _what(seen, sides)):
            yield Finding(
                streaming.locate(sides.join.span),
                f"two streams cannot be joined {what}",
                why="partners in two streams are found by equal keys, and no partner is ever known not to come",
                fixes=(Fix(f"read one side without STREAM, or make {streaming.name} a materialized view"),),
            )


def _what(seen: SeenSelect, sides: Sides) -> str:
    join = sides.join
    if join.kind.endswith("anti"):
        return f"with {join.kind.upper()} JOIN"
    if join.equalities or join.using or "where" in seen.select.clauses:
        return ""  # a WHERE may hold the equality, and Spark moves it into the join
    return "without an equality" if join.kind in ("inner", "cross") else ""
