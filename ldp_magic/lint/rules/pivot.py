from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.sql.facts import Select

_BY_SHOP = "SELECT * FROM (SELECT shop, month, v FROM {}) PIVOT (sum(v) FOR month IN (1, 2))"


@rule(
    code="LDP129",
    severity="warning",
    spark="warning",
    foresees=("STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION",),
    verified="Databricks documentation; Spark 4.3 runs it in a batch query, not over a stream",
    bad=[
        bad(
            f"CREATE OR REFRESH MATERIALIZED VIEW m AS {_BY_SHOP.format('main.raw.s')};",
            marks=("PIVOT (sum(v) FOR month IN (1, 2))",),
        ),
        bad(
            f"create streaming table t as\r\n{_BY_SHOP.format('stream main.raw.s').lower()} -- wide", target="spark-4.3"
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT shop, sum(v) FILTER (WHERE month = 1) AS m1,\n"
            "  sum(v) FILTER (WHERE month = 2) AS m2 FROM main.raw.s GROUP BY shop;"
        ),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT * FROM main.raw.s UNPIVOT (v FOR month IN (jan, feb));"),
    ],
)
def pivot(owned: Owned, context: Context) -> Iterator[Finding]:
    """PIVOT in a pipeline's query.

    The vendor's notes call the clause unsupported in pipelines, though materialized views that list their values do run.
    Over a stream it is an aggregate without a watermark, which stops the flow when it starts. Write one
    aggregate with FILTER (WHERE …) for each column.
    """
    streaming = context.streaming(owned)
    selects = streaming.streamed() if streaming is not None else ()
    streams = {id(s.select) for s in selects if streaming is not None and not streaming.marks(s)}
    for select in owned.facts.selects:
        if _pivots(owned, select):
            where = select.clauses["pivot"]
            yield Finding(
                owned.locate(where),
                f"{owned.name} uses PIVOT",
                why="a pipeline has to know its columns before it reads a row; PIVOT is not promised in it",
                fixes=(Fix("write an aggregate with FILTER (WHERE …) for each column"),),
                severity="error" if id(select) in streams else None,
            )


def _pivots(owned: Owned, select: Select) -> bool:
    return "pivot" in select.clauses and owned.text(select.clauses["pivot"])[:5].upper() == "PIVOT"
