from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.instead import without
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned, Streaming
from ldp_magic.sql.facts import Input, Node, Select

_VIEW = "CREATE TEMPORARY VIEW v AS SELECT * FROM STREAM(main.raw.s) WATERMARK at DELAY OF INTERVAL 1 HOUR;\n"


@rule(
    code="LDP123",
    foresees=("Redefining watermark is disallowed",),
    verified="Spark 4.3, when the first rows come",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM (SELECT * FROM STREAM(main.raw.s) WATERMARK at DELAY OF INTERVAL 1 HOUR)"
            " WATERMARK at DELAY OF INTERVAL 2 HOURS;",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM (SELECT * FROM STREAM(main.raw.s) WATERMARK at DELAY OF INTERVAL 1 HOUR);",
            safe=False,
            marks=("WATERMARK at DELAY OF INTERVAL 2 HOURS",),
        ),
        bad(
            _VIEW
            + "create or refresh streaming table t as\r\nselect * from stream(v) watermark other delay of interval 1 day as x -- twice\r\n",
            fixed=_VIEW + "create or refresh streaming table t as\r\nselect * from stream(v) as x -- twice\r\n",
        ),
    ],
    good=[
        good(_VIEW + "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(v);"),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM (\n"
            "  SELECT DISTINCT id, at FROM STREAM(main.raw.s) WATERMARK at DELAY OF INTERVAL 1 HOUR)\n"
            "WATERMARK at DELAY OF INTERVAL 2 HOURS;"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT a.id FROM STREAM(main.raw.a) WATERMARK at DELAY OF INTERVAL 1 HOUR AS a\n"
            "JOIN STREAM(main.raw.b) WATERMARK at DELAY OF INTERVAL 1 HOUR AS b ON a.id = b.id AND a.at = b.at;"
        ),
    ],
)
def watermark_twice(streaming: Streaming) -> Iterator[Finding]:
    """A second watermark on a stream that has one.

    A stream has one notion of how late a row may come. A second WATERMARK on the same path, in the reader of a view
    that has one, say, stops the flow when its first rows come. Keep one of them.
    """
    for seen in streaming.streamed():
        for item, _ in seen.inputs:
            mark = item.watermark or (item.relation.watermark if item.relation is not None else None)
            below = streaming.below(item).watermarks if mark is not None else frozenset()
            if mark is not None and below and _unbroken(streaming, item):
                yield Finding(
                    streaming.locate(mark.span),
                    f"this stream already has a watermark on {' and '.join(sorted(below))}",
                    why="a stream has one notion of how late a row may come",
                    fixes=(
                        Fix("leave this one out", without(streaming, mark.span), False, "the first one then rules"),
                    ),
                )


def _unbroken(streaming: Streaming, item: Input) -> bool:
    """Does a watermark come up from below without an aggregate or DISTINCT, behind which a new one may begin?"""
    if item.relation is None:
        return _comes_up(streaming, _node(streaming, item))
    view = streaming.source(item.relation)
    inner = next(iter(streaming.context.owned_by(view)), None) if view is not None else None
    return inner is None or inner.facts.root is None or _comes_up(inner, inner.facts.root)


def _node(owned: Owned, item: Input) -> Node | None:
    return item.query or next((c.query for c in owned.facts.ctes if c.name.lower() == item.cte.lower()), None)


def _comes_up(owned: Owned, node: Node | None) -> bool:
    if not isinstance(node, Select):
        return node is not None and node.kind == "union all"
    return not (node.aggregates or node.distinct or "group by" in node.clauses)
