from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.areas import areas
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.text import Edit, Location

_QUERY = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM {};"
_ENVIRONMENTS = {
    "dev", "develop", "development", "test", "tst", "qa", "uat", "stage", "staging", "stg", "preprod", "prod",
    "production", "prd", "sandbox",
}  # fmt: skip


@rule(
    code="LDP706",
    severity="info",
    verified="Databricks' page on parameters of pipelines",
    bad=[
        bad(
            _QUERY.format("prod.sales.orders"),
            fixed=_QUERY.format("${catalog}.sales.orders"),
            safe=False,
            marks=("prod.sales.orders",),
        ),
        bad(
            "create or refresh materialized view analytics_dev.gold.m\r\nas select 1 as one",
            fixed="create or refresh materialized view ${env_catalog}.gold.m\r\nas select 1 as one",
            parameters={"env_catalog": "analytics_dev"},
        ),
        bad(
            'from pyspark import pipelines as dp\n\n\n@dp.table\ndef t():\n    return spark.readStream.table("dev.raw.orders")\n',
            python=True,
            marks=("dev.raw.orders",),
        ),
    ],
    good=[
        good(_QUERY.format("${catalog}.sales.orders"), parameters={"catalog": "prod"}),
        good(_QUERY.format("main.production_lines.orders")),
    ],
)
def hard_coded_catalog(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The name of an environment in the name of a table.

    The same file is meant to run in development and in production, and a name such as `prod.sales.orders` makes both
    read, or write, the same table. Leave the catalog to the pipeline's settings, or put it into a parameter.
    """
    name = dataset.definition.name
    if _environment(name.parts):
        yield _finding(name.parts, name.location, dataset, context)
    for relation, area in areas(dataset):
        if _environment(relation.name):
            at = area.text.find(relation.name[0])
            whole = area.text.find(relation.label)
            place = area.inside(whole, whole + len(relation.label)) if whole >= 0 else area
            if at >= 0:
                yield _finding(relation.name, place, dataset, context)


def _environment(parts: tuple[str, ...]) -> bool:
    """Is the first part of a name an environment, or does it end or begin with one?"""
    if len(parts) < 2 or "$" in parts[0]:
        return False
    words = set(re.split(r"[_\-]", parts[0].lower())) if len(parts) > 2 else {parts[0].lower()}
    return bool(words & _ENVIRONMENTS)


def _finding(parts: tuple[str, ...], place: Location, dataset: Dataset, context: Context) -> Finding:
    known = next((n for n, v in context.pipeline.parameters.items() if v == parts[0]), "")
    name = known or ("catalog" if len(parts) > 2 else "schema")
    first = place.inside(0, len(parts[0]))
    edits = (Edit(first, "${" + name + "}"),) if dataset.language == "sql" and first.text == parts[0] else ()
    title = f"write ${{{name}}}, or leave it to the pipeline's settings"
    return Finding(
        place,
        f"{'.'.join(parts)} belongs to one environment",
        why="the same file runs in each environment, and all of them would use this one",
        fixes=(Fix(title, edits, False, f"{name} has to be set where the pipeline is"),),
    )
