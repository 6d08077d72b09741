from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset

_LAYER = re.compile(r"(?:^|[_.])(silver|gold)(?=$|[_.])", re.IGNORECASE)


@rule(
    code="LDP312",
    severity="info",
    on=False,
    spark="never",
    verified="a convention of projects",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE silver_orders AS SELECT * FROM STREAM(main.raw.orders);",
            marks=("silver_orders",),
        ),
        bad(
            "create or refresh materialized view totals tblproperties ('Quality' = 'Gold') -- for all\r\n"
            "as select 1 as one;",
            marks=("totals",),
        ),
        bad("CREATE OR REFRESH MATERIALIZED VIEW m (id BIGINT NOT NULL PRIMARY KEY) AS SELECT id FROM main.raw.t;"),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE silver_orders (CONSTRAINT id_set EXPECT (id IS NOT NULL))"
            " AS SELECT * FROM STREAM(main.raw.orders);"
        ),
        good("CREATE OR REFRESH STREAMING TABLE bronze_goldfish AS SELECT * FROM STREAM(main.raw.fish);"),
    ],
)
def quality_gap(dataset: Dataset) -> Iterator[Finding]:
    """A table that others rely on, without a single expectation.

    Tables called or tagged silver or gold, and tables with a declared key, are read by people who trust them. Say at least
    which column is never empty.
    """
    if dataset.expectations or dataset.kind not in ("streaming table", "materialized view", "table"):
        return
    why = _relied_on(dataset)
    if why:
        yield Finding(
            dataset.definition.name.location,
            f"{dataset.name} has no expectation, and {why}",
            why="what is not checked here is found by its readers",
            fixes=(Fix("add an expectation, such as CONSTRAINT has_id EXPECT (id IS NOT NULL)"),),
        )


def _relied_on(dataset: Dataset) -> str:
    layer = _layer(dataset)
    if layer:
        return f"it is a {layer} table"
    held = [c.name for c in dataset.definition.constraints]
    held += [c.name for column in dataset.definition.columns for c in column.clauses]
    return "it declares a key" if "primary key" in held else ""


def _layer(dataset: Dataset) -> str:
    properties = dataset.definition.clause("tblproperties") or dataset.definition.clause("table_properties")
    held = properties.value if properties is not None else ()
    pairs = held.items() if isinstance(held, dict) else held if isinstance(held, tuple) else ()
    tagged = next((str(v).lower() for k, v in pairs if str(k).lower() == "quality"), "")
    named = _LAYER.search(".".join(dataset.qualified))
    return tagged if tagged in ("silver", "gold") else named[1].lower() if named and not tagged else ""
