from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Flow
from ldp_magic.sql.model import Code

_VIEW = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM main.raw.a;\n"


@rule(
    code="LDP207",
    foresees=("MATERIALIZED_VIEW_WITH_MULTIPLE_QUERIES",),
    verified="Spark 4.3",
    bad=[
        bad(_VIEW + "CREATE FLOW f AS INSERT INTO m BY NAME SELECT id FROM STREAM(main.raw.b);", marks=("m",)),
        bad(
            "create temporary view v as select id from main.raw.a;\r\ncreate flow f -- more\r\nas insert into v by name select id from stream(main.raw.b);\r\n"
            "create or refresh materialized view w as select id from v",
            marks=("v",),
        ),
        bad(
            "from pyspark import pipelines as dp\n@dp.materialized_view\ndef m():\n    return spark.read.table('main.raw.a')\n"
            "@dp.append_flow(target='m')\ndef f():\n    return spark.readStream.table('main.raw.b')\n",
            python=True,
        ),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM main.raw.a UNION ALL SELECT id FROM main.raw.b;"),
        good(
            "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM(main.raw.b);"
        ),
    ],
)
def flow_into_materialized_view(flow: Flow, context: Context) -> Iterator[Finding]:
    """A flow into a materialized view or a view.

    A materialized view is the result of its one query, and a view holds no rows at all, so neither can be written into.
    Put the second source into the query with UNION ALL, or make the target a streaming table.
    """
    target = context.pipeline.datasets.get(flow.target) if flow.target_found else None
    if target is None or flow.definition.implicit or target.kind not in ("materialized view", "temporary view", "view"):
        return
    if isinstance(target.body, Code) and target.body.unknown:
        return  # it may well be a streaming table
    yield Finding(
        flow.definition.target.location,
        f"flow {flow.name} writes {target.name}, which is a {target.kind}",
        why="a flow writes a streaming table; a materialized view is the result of one query",
        fixes=(Fix(f"make {target.name} a streaming table, or put this source into its query with UNION ALL"),),
        related=(Related(target.definition.name.location, f"{target.name} is made here"),),
    )
