from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.instead import flows
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.sql.facts import SetOperation


@rule(
    code="LDP128",
    severity="info",
    foresees=("a new source needs a full refresh",),
    verified="Spark 4.3 runs it; advice of Databricks",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.a) UNION ALL SELECT * FROM STREAM(main.raw.b);",
            fixed="CREATE OR REFRESH STREAMING TABLE t;\n"
            "CREATE FLOW t_1 AS INSERT INTO t BY NAME\nSELECT * FROM STREAM(main.raw.a);\n"
            "CREATE FLOW t_2 AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.b);",
            safe=False,
            marks=("UNION ALL",),
        ),
        bad(
            "create or refresh streaming table t as\r\nselect * from stream main.raw.a -- eu\r\nunion all select * from stream main.raw.b\r\n"
            "union all select * from stream main.raw.c",
            fixed="create or refresh streaming table t;\r\ncreate flow t_1 as insert into t by name\r\nselect * from stream main.raw.a -- eu\r\n"
            ";\r\ncreate flow t_2 as insert into t by name select * from stream main.raw.b;\r\ncreate flow t_3 as insert into t by name select * from stream main.raw.c",
            marks=("union all",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM STREAM(main.raw.a) UNION ALL SELECT no AS id2 FROM STREAM(main.raw.b);",
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE t;\n"
            "CREATE FLOW fa AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.a);\n"
            "CREATE FLOW fb AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.b);"
        ),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM main.raw.a UNION ALL SELECT id FROM main.raw.b;"),
    ],
)
def union_of_streams(streaming: Streaming) -> Iterator[Finding]:
    """UNION ALL of streams in one query.

    It runs, but all its sources share one checkpoint: adding or removing one later needs a full refresh, and the whole
    flow stops when one of them fails. One flow for each source keeps them apart, and a new one can join at any time.
    """
    root = streaming.facts.root
    flow = streaming.flow
    if (
        not isinstance(root, SetOperation)
        or root.kind != "union all"
        or flow is None
        or flow.definition.cdc is not None
    ):
        return
    both = next((s for s in streaming.sets if s.operation is root), None)
    if streaming.kind == "streaming table" and both is not None and both.left.streaming and both.right.streaming:
        yield Finding(
            streaming.locate(root.span),
            f"{streaming.name} reads several streams in one flow",
            why="the streams of one flow share a checkpoint, so adding one later needs a full refresh",
            fixes=(_fix(streaming),),
        )


def _fix(streaming: Streaming) -> Fix:
    title = f"write a CREATE FLOW … INSERT INTO {streaming.name} BY NAME for each stream"
    return Fix(title, flows(streaming), False, "each flow begins its source anew, and goes by the names of columns")
