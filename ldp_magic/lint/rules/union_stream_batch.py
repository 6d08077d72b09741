from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.instead import flows
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.pipeline.streams import SeenSet
from ldp_magic.sql.facts import Select


@rule(
    code="LDP117",
    foresees=("_LEGACY_ERROR_TEMP_3102",),
    verified="Spark 4.3, when the flow starts; its dry run does not see it",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.live) UNION ALL SELECT * FROM main.raw.history;",
            fixed="CREATE OR REFRESH STREAMING TABLE t;\n"
            "CREATE FLOW t_1 AS INSERT INTO t BY NAME\nSELECT * FROM STREAM(main.raw.live);\n"
            "CREATE FLOW t_2 AS INSERT ONCE INTO t BY NAME SELECT * FROM main.raw.history;",
            safe=False,
            marks=("UNION ALL",),
        ),
        bad(
            "create or refresh streaming table t as\r\nwith h as (select * from main.raw.history) -- once\r\n"
            "select * from h union select * from stream main.raw.live",
            marks=("union",),
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE t;\n"
            "CREATE FLOW h AS INSERT ONCE INTO t BY NAME SELECT * FROM main.raw.history;\n"
            "CREATE FLOW l AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.live);"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT s.id, d.name FROM STREAM(main.raw.s) s JOIN (\n"
            "  SELECT id, name FROM main.raw.a UNION ALL SELECT id, name FROM main.raw.b) d ON d.id = s.id;"
        ),
    ],
)
def union_stream_batch(streaming: Streaming) -> Iterator[Finding]:
    """A UNION of a stream and a table.

    A stream brings each row once, a table all its rows every time, so the two cannot be one stream; Spark stops the flow
    when it starts. Write two flows into the table: one for the stream, and an INSERT ONCE for what the table holds.
    """
    if streaming.unsure:
        return
    for both in streaming.sets:
        if both.operation.kind.startswith("union") and both.left.streaming != both.right.streaming:
            side = "right" if both.left.streaming else "left"
            yield Finding(
                streaming.locate(both.operation.span),
                f"{streaming.name} puts a stream and a table together: the {side} side is read whole",
                why="a stream brings each row once, a table brings all its rows every time",
                mark=f"the {side} side is no stream",
                fixes=(_fix(streaming, both),),
            )


def _fix(streaming: Streaming, both: SeenSet) -> Fix:
    title = "write two flows into the table, the one for the whole table with INSERT ONCE"
    whole = both.operation.left if both.right.streaming else both.operation.right
    alone = streaming.facts.root is both.operation and isinstance(both.operation.left, Select)
    if not alone or not isinstance(whole, Select) or streaming.context.spark:
        return Fix(title)
    return Fix(title, flows(streaming, once=(whole,)), False, "what the table gains later is not taken in")
