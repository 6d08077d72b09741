from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset, Pipeline


@rule(
    code="LDP211",
    severity="warning",
    foresees=("readers silently get the view",),
    verified="Spark 4.3 takes both; Databricks documentation",
    bad=[
        bad(
            "CREATE TEMPORARY VIEW orders AS SELECT id FROM main.raw.o;\nCREATE OR REFRESH MATERIALIZED VIEW orders AS SELECT 2 AS id;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW n AS SELECT id FROM orders;",
            marks=("orders",),
        ),
        bad(
            "create or refresh materialized view shop.orders as select 2 as id; -- kept\r\n"
            "create temporary view `Orders` as select id from main.raw.o;\r\ncreate or refresh materialized view n as select id from Orders",
            marks=("`Orders`",),
        ),
    ],
    good=[
        good(
            "CREATE TEMPORARY VIEW orders_src AS SELECT id FROM main.raw.orders;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW orders AS SELECT id FROM orders_src;"
        ),
        good(
            "CREATE TEMPORARY VIEW orders AS SELECT id FROM main.raw.orders;\nCREATE OR REFRESH MATERIALIZED VIEW n AS SELECT id FROM orders;"
        ),
    ],
)
def shadowed_name(pipeline: Pipeline) -> Iterator[Finding]:
    """A temporary view or private dataset with the name of another dataset.

    Whoever reads the short name gets the view, whatever was meant, and nothing says so. Give the view a name of its own.
    """
    seen: dict[str, Dataset] = {}
    for dataset in pipeline.datasets.values():
        if not _hidden(dataset):
            seen.setdefault(dataset.qualified[-1].lower(), dataset)
    for dataset in pipeline.datasets.values():
        other = seen.get(dataset.qualified[-1].lower()) if _hidden(dataset) else None
        if other is not None and (pipeline.target == "databricks" or other.qualified[-1] == dataset.qualified[-1]):
            what = "temporary view" if dataset.kind == "temporary view" else "private dataset"
            yield Finding(
                dataset.definition.name.location,
                f"the {what} {dataset.qualified[-1]} hides the {other.kind} of that name",
                why="the short name means what only this pipeline can see",
                fixes=(Fix(f"give the {what} a name of its own"),),
                related=(Related(other.definition.name.location, f"the {other.kind} is made here"),),
            )


def _hidden(dataset: Dataset) -> bool:
    return dataset.kind == "temporary view" or dataset.definition.private
