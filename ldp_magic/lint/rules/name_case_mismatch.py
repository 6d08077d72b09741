from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset, Pipeline, Read
from ldp_magic.text import Edit

_ORDERS = "CREATE MATERIALIZED VIEW Orders AS SELECT 1 AS id;\n"


@rule(
    code="LDP210",
    severity="info",
    spark="error",
    foresees=("TABLE_OR_VIEW_NOT_FOUND",),
    verified="Spark 4.3; Databricks compares names without case",
    bad=[
        bad(
            _ORDERS + "CREATE MATERIALIZED VIEW n AS SELECT * FROM orders;",
            fixed=_ORDERS + "CREATE MATERIALIZED VIEW n AS SELECT * FROM Orders;",
            safe=True,
            marks=("orders",),
            target="spark-4.3",
        ),
        bad(
            _ORDERS + "create materialized view n as\r\nselect * from `ORDERS` o -- all\r\n",
            fixed=_ORDERS + "create materialized view n as\r\nselect * from `Orders` o -- all\r\n",
            safe=True,
        ),
        bad(
            _ORDERS + "CREATE MATERIALIZED VIEW ORDERS AS SELECT 2 AS id;",
            marks=("ORDERS",),
            target="spark-4.3",
        ),
    ],
    good=[
        good(
            "CREATE MATERIALIZED VIEW orders AS SELECT 1 AS id;\nCREATE MATERIALIZED VIEW n AS SELECT id FROM orders;",
            target="spark-4.3",
        ),
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW orders AS SELECT 1 AS id;\nCREATE OR REFRESH MATERIALIZED VIEW n AS SELECT id FROM orders;"
        ),
    ],
)
def name_case_mismatch(pipeline: Pipeline) -> Iterator[Finding]:
    """A dataset's name in another case than it is defined with.

    Databricks compares names without case; open-source Spark with it, so there the name is not found, or means another
    dataset. Written alike everywhere, the pipeline runs on both.
    """
    by_lower: dict[str, list[Dataset]] = {}
    for dataset in pipeline.datasets.values():
        by_lower.setdefault(dataset.name.lower(), []).append(dataset)
    for alike in by_lower.values():
        first, *others = sorted(alike, key=_place) if len(alike) > 1 else alike
        yield from (_pair(first, other) for other in others if other.name != first.name)
    for dataset in pipeline.datasets.values():
        for read in {id(r): r for r in dataset.reads}.values():
            known = by_lower.get(_bare(read).lower()) if read.kind != "dataset" else None
            meant = min(known, key=_place) if known else pipeline.datasets.get(read.name)
            if meant is not None and _differs(read, meant):
                yield _finding(read, meant)


def _place(dataset: Dataset) -> tuple[str, str, int]:
    where = dataset.location
    return (where.source.name, where.source.cell or "", where.start)


def _bare(read: Read) -> str:
    return ".".join(read.relation.name[1:] if read.relation.name[:1] in (("LIVE",), ("live",)) else read.relation.name)


def _differs(read: Read, meant: Dataset) -> bool:
    last = read.relation.name[-1] if read.relation.name else ""
    own = meant.qualified[-1]
    return bool(last) and last != own and last.lower() == own.lower() and _written(read).endswith(last)


def _written(read: Read) -> str:
    return read.location.text.rstrip("'\"`")


def _finding(read: Read, meant: Dataset) -> Finding:
    own, end = meant.qualified[-1], len(_written(read))
    edit = Edit(read.location.inside(end - len(own), end), own)
    return Finding(
        read.location,
        f"{read.relation.name[-1]} is defined as {own}",
        why="open-source Spark compares names with their case",
        fixes=(Fix(f"write {own}", (edit,), True, "it names the same dataset"),),
        related=(Related(meant.definition.name.location, f"{own} is made here"),),
    )


def _pair(first: Dataset, second: Dataset) -> Finding:
    return Finding(
        second.definition.name.location,
        f"{second.name} and {first.name} differ only in case",
        why="open-source Spark makes two tables of them, which collide in a catalog that does not look at case",
        fixes=(Fix("rename one of them"),),
        related=(Related(first.definition.name.location, f"{first.name} is made here"),),
    )
