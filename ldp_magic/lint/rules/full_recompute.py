from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.incremental import Reason, Why, reasons
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned

_M = "CREATE OR REFRESH MATERIALIZED VIEW m AS "
_HELP: dict[Why, str] = {
    "aggregate": "make the aggregate a materialized view of its own, and read that here",
    "operator": "leave it to whoever reads the view, or write it as a join or a window with PARTITION BY",
    "subquery": "write it as a join",
}
_WHYS: dict[Why, str] = {
    "aggregate": "only an aggregate at the top of the query is kept up by new rows",
    "operator": "this operator is not kept up by new rows",
    "subquery": "a query inside an expression is not kept up by new rows",
}


@rule(
    code="LDP615",
    severity="info",
    spark="never",
    foresees=(
        "MATERIALIZED_VIEW_NOT_INCREMENTALIZABLE.AGGREGATE_NOT_TOP_NODE",
        "MATERIALIZED_VIEW_NOT_INCREMENTALIZABLE.OPERATOR_NOT_INCREMENTALIZABLE",
        "MATERIALIZED_VIEW_NOT_INCREMENTALIZABLE.SUBQUERY_EXPRESSION_NOT_INCREMENTALIZABLE",
    ),
    verified="a summary of the vendor's page",
    bad=[
        bad(
            _M
            + "WITH n AS (SELECT shop, count(*) AS n FROM main.raw.s GROUP BY shop) SELECT s.city, n.n FROM main.raw.shops s JOIN n ON n.shop = s.shop;",
            marks=("GROUP BY shop",),
        ),
        bad(
            _M
            + "select id from main.raw.a -- both\r\nintersect select id from main.raw.b where id in (select id from main.raw.c) limit 5;",
            marks=("intersect", "select id from main.raw.c"),
            count=2,
        ),
    ],
    good=[
        good(_M + "SELECT shop, count(*) AS n FROM main.raw.s GROUP BY shop;"),
        good(
            _M
            + "WITH n AS (SELECT shop, count(*) AS n FROM main.raw.s GROUP BY shop) SELECT shop, n AS orders FROM n WHERE n > 1;"
        ),
        good(
            _M.replace(" AS", " REFRESH POLICY FULL AS")
            + "SELECT id FROM main.raw.a INTERSECT SELECT id FROM main.raw.b;"
        ),
    ],
)
def full_recompute(owned: Owned) -> Iterator[Finding]:
    """A materialized view that each refresh computes in full.

    Databricks brings a view up to date by the new rows of its sources where the query allows. Some shapes do not: an
    aggregate that is joined or aggregated again, INTERSECT, EXCEPT, LIMIT, a query inside an expression. Each reason is said
    once. Others have rules of their own: LDP602 and LDP603 (values that vary), LDP606 (windows), LDP608 (files).
    """
    dataset = owned.dataset
    if dataset is None or dataset.kind != "materialized view":
        return
    policy = dataset.definition.clause("refresh policy") or dataset.definition.clause("refresh_policy")
    if policy is not None and str(policy.value).upper() != "AUTO":
        return  # the author has chosen, and LDP609 speaks of what conflicts
    said: set[Why] = set()
    for reason in reasons(owned.facts):
        if reason.why in _WHYS and reason.why not in said:
            said.add(reason.why)
            yield _finding(owned, reason)


def _finding(owned: Owned, reason: Reason) -> Finding:
    return Finding(
        owned.locate(reason.span),
        f"{reason.what} makes each refresh of {owned.name} a full one",
        why=_WHYS[reason.why],
        fixes=(Fix(_HELP[reason.why]),),
    )
