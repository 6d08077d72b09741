from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.sides import Side, Sides, sides_of
from ldp_magic.lint.subjects import Streaming

_GOOD = (
    "CREATE OR REFRESH STREAMING TABLE t AS SELECT a.id, b.paid_at FROM STREAM(main.raw.a) WATERMARK at DELAY OF INTERVAL 1 HOUR AS a\n"
    "{} STREAM(main.raw.b) WATERMARK paid_at DELAY OF INTERVAL 1 HOUR AS b\n  ON a.id = b.id AND {};"
)

_ADVICE = (
    "put WATERMARK … DELAY OF … on both streams and a time range in ON, "
    "such as b.at BETWEEN a.at AND a.at + INTERVAL 2 HOURS"
)


@rule(
    code="LDP114",
    foresees=("_LEGACY_ERROR_TEMP_3102",),
    verified="Spark 4.3, when the flow starts; it runs inner joins, with state that only grows",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.a) a LEFT JOIN STREAM(main.raw.b) b ON a.id = b.id;",
            marks=("LEFT JOIN",),
        ),
        bad(
            "create or refresh streaming table t as\r\nwith x as (select * from stream main.raw.a) -- orders\r\n"
            "select x.id from x join stream main.raw.b as b using (id)",
            marks=("join",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT a.id FROM STREAM(main.raw.a) WATERMARK at DELAY OF INTERVAL 1 HOUR AS a\n"
            "FULL OUTER JOIN STREAM(main.raw.b) WATERMARK paid_at DELAY OF INTERVAL 1 HOUR AS b ON a.id = b.id;",
        ),
    ],
    good=[
        good(_GOOD.format("LEFT JOIN", "b.paid_at BETWEEN a.at AND a.at + INTERVAL 2 HOURS")),
        good(_GOOD.format("FULL JOIN", "a.at = b.paid_at")),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT a.id, d.name FROM STREAM(main.raw.a) a LEFT JOIN main.raw.d d ON a.id = d.id;"
        ),
    ],
)
def stream_stream_join_watermark(streaming: Streaming) -> Iterator[Finding]:
    """A join of two streams that nothing allows to forget rows.

    A row of one stream waits for its partner in the other, and only watermarks with a time range, or an equality on a
    watermarked column, tell when waiting is over. An outer or semi join cannot say that a partner is missing without
    them, so Spark stops the flow when it starts; an inner join runs and keeps every row for ever.
    """
    if streaming.unsure:
        return
    for _, sides in sides_of(streaming):
        join = sides.join
        if sides.streams and not join.natural and join.kind not in ("cross", "left anti"):
            finding = _finding(streaming, sides)
            if finding is not None:
                yield finding


def _finding(streaming: Streaming, sides: Sides) -> Finding | None:
    join = sides.join
    inner = join.kind == "inner"
    if inner and (join.comma or not (join.equalities or join.using)):
        return None
    if _forgets(sides):
        return None
    words = " ".join(streaming.text(join.span).upper().split())
    why = "a row waits for its partner until a watermark and a time range say that it cannot come any more"
    what = "keeps every row for ever" if inner else "can never tell that a partner is missing"
    return Finding(
        streaming.locate(join.span),
        f"this {words} of two streams {what}: {_missing(sides)}",
        why=why,
        fixes=(Fix(_ADVICE),),
        severity="warning" if inner else None,
    )


def _forgets(sides: Sides) -> bool:
    left, right = sides.left, sides.right
    if sides.join.kind == "inner":
        both = bool(left.marks and right.marks)
        return both and (sides.marked_keys or sides.bounded(left, right) or sides.bounded(right, left))
    if sides.marked_keys:
        return True
    kept: dict[str, tuple[tuple[Side, Side], ...]] = {
        "left": ((left, right),),
        "left semi": ((left, right),),
        "right": ((right, left),),
    }
    return any(sides.bounded(one, other) for one, other in kept.get(sides.join.kind, ((left, right), (right, left))))


def _missing(sides: Sides) -> str:
    if not sides.left.marks and not sides.right.marks:
        return "neither has a watermark"
    if not sides.left.marks or not sides.right.marks:
        return f"the {'left' if not sides.left.marks else 'right'} one has no watermark"
    return "ON says nothing about their times"
