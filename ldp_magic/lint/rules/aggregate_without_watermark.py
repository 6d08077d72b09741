from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.instead import materialized
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Streaming


@rule(
    code="LDP107",
    severity="warning",
    spark="error",
    foresees=("STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION",),
    verified="Spark 4.3, when the flow starts; Databricks recomputes the result in each update",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE per_user AS SELECT user, count(*) AS n FROM STREAM(main.raw.e) GROUP BY user;",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW per_user AS SELECT user, count(*) AS n FROM main.raw.e GROUP BY user;",
            safe=False,
            marks=("count(*)",),
        ),
        bad(
            "create streaming table t as with e as (select * from stream main.raw.e) -- all\r\nselect max(at) as at from e",
            target="spark-4.3",
            fixed="create materialized view t as with e as (select * from main.raw.e) -- all\r\nselect max(at) as at from e",
        ),
        bad(
            "CREATE TEMPORARY VIEW v AS SELECT * FROM STREAM(main.raw.e);\n"
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT user FROM STREAM(v) GROUP BY user;",
            marks=("GROUP BY user",),
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW per_user AS SELECT user, count(*) AS n FROM main.raw.e GROUP BY user;"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT window(at, '1 day') AS w, user, count(*) AS n\n"
            "FROM STREAM(main.raw.e) WATERMARK at DELAY OF INTERVAL 1 HOUR GROUP BY window(at, '1 day'), user;"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT s.id, d.n FROM STREAM(main.raw.s) s\n"
            "JOIN (SELECT id, count(*) AS n FROM main.raw.d GROUP BY id) d ON d.id = s.id;"
        ),
    ],
)
def aggregate_without_watermark(streaming: Streaming, context: Context) -> Iterator[Finding]:
    """An aggregate over a stream without a watermark.

    Without a watermark no group is ever final, since a late row may still change it. Open-source Spark stops the flow
    when it starts; Databricks computes all groups again in each update, which costs as much as a materialized view and
    breaks whoever streams the table. A materialized view is usually what is meant; otherwise add a watermark and group
    by its column or by a window over it.
    """
    for seen in streaming.streamed():
        select = seen.select
        if select.distinct is not None and not select.aggregates and "group by" not in select.clauses:
            continue
        if not streaming.anew(seen) or streaming.marks(seen) or "pivot" in select.clauses or streaming.unsure:
            continue
        where = select.aggregates[0].span if select.aggregates else select.clauses["group by"]
        yield Finding(
            streaming.locate(where),
            f"{streaming.name} aggregates a stream without a watermark",
            why="no group is ever final without one, so "
            + ("Spark stops the flow" if context.spark else "each update computes all groups again"),
            fixes=(_fix(streaming),),
        )


def _fix(streaming: Streaming) -> Fix:
    title = f"make {streaming.name} a materialized view, or add a watermark and group by a window over it"
    return Fix(title, materialized(streaming), False, "its rows are then those of the whole source, computed anew")
