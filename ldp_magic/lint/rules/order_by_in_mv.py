from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import removed
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned
from ldp_magic.lint.words import has_comment

_M = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id, day FROM main.raw.s"


@rule(
    code="LDP611",
    severity="info",
    verified="Spark 4.3 accepts it; what it does is from memory",
    bad=[
        bad(_M + " ORDER BY day;", fixed=_M + ";", safe=True, marks=("ORDER BY day",)),
        bad(_M + " -- all\r\norder by day desc,\r\n  id;", fixed=_M + " -- all\r\n;"),
        bad(_M + " ORDER BY day /* newest */, id;"),
        bad(
            _M + " UNION ALL SELECT id, day FROM main.raw.u ORDER BY 2;",
            fixed=_M + " UNION ALL SELECT id, day FROM main.raw.u;",
        ),
    ],
    good=[
        good(_M + " ORDER BY day LIMIT 10;"),
        good(_M.replace("m AS", "m CLUSTER BY (day) AS") + ";"),
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id, rank() OVER (PARTITION BY day ORDER BY id) AS r FROM main.raw.s;"
        ),
    ],
)
def order_by_in_mv(owned: Owned) -> Iterator[Finding]:
    """A materialized view that is sorted as a whole.

    Rows of a table have no order, so whoever reads the view has to sort anyway; the sort only costs time at each refresh.
    To make reading by a column fast, cluster by it.
    """
    dataset, root = owned.dataset, owned.facts.root
    if dataset is None or dataset.kind != "materialized view" or owned.query is not dataset.body or owned.facts.pipes:
        return
    clauses = root.clauses if root is not None else {}
    span = clauses.get("order by")
    if span is None or "limit" in clauses or "offset" in clauses:
        return
    where = owned.locate(span)
    edits = () if has_comment(where) or not owned.query.exact else (removed(where),)
    yield Finding(
        where,
        f"the order of {owned.name} is not kept",
        why="rows of a table have no order; the sort only costs time at each refresh",
        fixes=(Fix("leave ORDER BY out", edits, safe=True, reason="a table has no order, so it means the same"),),
    )
