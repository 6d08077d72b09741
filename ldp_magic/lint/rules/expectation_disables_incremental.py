from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset

_VIEW = "CREATE OR REFRESH MATERIALIZED VIEW m (CONSTRAINT c EXPECT (n > 0)) {}AS SELECT k, count(*) AS n FROM main.raw.t GROUP BY k;"


@rule(
    code="LDP307",
    severity="info",
    spark="never",
    verified="second-hand summary of the Databricks page; the vendor's advice for agents differs",
    bad=[
        bad(_VIEW.format(""), marks=("c",)),
        bad(_VIEW.format("REFRESH POLICY INCREMENTAL ").lower(), marks=("c",)),
    ],
    good=[
        good(
            "CREATE TEMPORARY VIEW t_ok (CONSTRAINT c EXPECT (k IS NOT NULL) ON VIOLATION DROP ROW) AS SELECT * FROM main.raw.t;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT k, count(*) AS n FROM t_ok GROUP BY k;"
        ),
        good(_VIEW.format("REFRESH POLICY FULL ")),
    ],
)
def expectation_disables_incremental(dataset: Dataset) -> Iterator[Finding]:
    """Expectations on a materialized view.

    Databricks computes such a view in full at every update, because each of its rows has to be checked. Where that costs
    too much, check the rows on their way: in a streaming table or a temporary view that the materialized view reads.
    """
    if dataset.kind != "materialized view" or not dataset.expectations or not dataset.reads:
        return
    policy = dataset.definition.clause("refresh policy") or dataset.definition.clause("refresh_policy")
    wanted = str(policy.value).upper() if policy is not None else ""
    if wanted == "FULL":
        return
    count = len(dataset.expectations)
    yield Finding(
        dataset.expectations[0].name_location,
        f"{dataset.name} is computed in full at every update: it has {count} expectation{'s' if count > 1 else ''}",
        why="to count violations every row has to be looked at again",
        fixes=(Fix("check the rows in a streaming table or temporary view that it reads"),),
        severity="warning" if wanted.startswith("INCREMENTAL") else None,
    )
