from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.sides import Sides, sides_of
from ldp_magic.lint.subjects import Streaming
from ldp_magic.text import Edit

_LEFT = {"left", "left semi", "left anti"}
_RIGHT = {"right", "right semi", "right anti"}


@rule(
    code="LDP115",
    foresees=("_LEGACY_ERROR_TEMP_3102",),
    verified="Spark 4.3, when the flow starts",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM main.raw.customers c LEFT JOIN STREAM(main.raw.orders) o ON o.cid = c.id;",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM main.raw.customers c RIGHT JOIN STREAM(main.raw.orders) o ON o.cid = c.id;",
            safe=False,
            marks=("LEFT JOIN",),
        ),
        bad(
            "create or refresh streaming table t as\r\nwith o as (select * from stream main.raw.orders) -- new\r\n"
            "select o.id from o right outer join main.raw.customers c on o.cid = c.id",
            fixed="create or refresh streaming table t as\r\nwith o as (select * from stream main.raw.orders) -- new\r\n"
            "select o.id from o left outer join main.raw.customers c on o.cid = c.id",
            marks=("right outer join",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.orders) o FULL JOIN main.raw.customers c ON o.cid = c.id;",
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.orders) o LEFT JOIN main.raw.customers c ON o.cid = c.id;"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT o.id FROM main.raw.customers c RIGHT JOIN STREAM(main.raw.orders) o ON o.cid = c.id;"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT o.id FROM STREAM(main.raw.orders) o LEFT ANTI JOIN main.raw.blocked b ON o.cid = b.id;"
        ),
    ],
)
def stream_static_outer_side(streaming: Streaming) -> Iterator[Finding]:
    """An outer join that keeps all rows of a table while the other side streams.

    Whether a row of the table has a partner is only known when the stream ends, which it never does, so Spark stops the
    flow when it starts. Keep the stream's rows instead (stream LEFT JOIN table), or make the dataset a materialized view.
    """
    if streaming.unsure:
        return
    for _, sides in sides_of(streaming):
        if _keeps_table(sides):
            kept = "left" if sides.right.streaming else "right"
            words = " ".join(streaming.text(sides.join.span).upper().split())
            yield Finding(
                streaming.locate(sides.join.span),
                f"this {words} keeps rows of the {kept} side, which is no stream",
                why="whether a row of a table has a partner in a stream is known only when the stream ends",
                fixes=(_fix(streaming, sides),),
            )


def _keeps_table(sides: Sides) -> bool:
    kind = sides.join.kind
    if sides.streams:
        return False
    if kind == "full":
        return True
    return kind in (_LEFT if sides.right.streaming else _RIGHT)


def _fix(streaming: Streaming, sides: Sides) -> Fix:
    where = streaming.locate(sides.join.span)
    words = where.text.split(None, 1)
    edits: tuple[Edit, ...] = ()
    if sides.join.kind in ("left", "right", "full") and words[0].upper() == sides.join.kind.upper():
        word = "LEFT" if sides.left.streaming else "RIGHT"
        word = word.lower() if words[0].islower() else word
        edits = (Edit(where.inside(0, len(words[0])), word),) if streaming.query.exact else ()
    title = f"let the join keep the stream's rows, or make {streaming.name} a materialized view"
    return Fix(title, edits, False, "other rows come out: those of the stream without a partner")
