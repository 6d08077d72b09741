from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Clause
from ldp_magic.text import Location

_TABLE = (
    "CREATE OR REFRESH STREAMING TABLE t (id INT, ssn STRING MASK {}) AS SELECT id, ssn FROM STREAM(main.raw.people);"
)
_FUNCTION = re.compile(r"(?:(?:WITH\s+)?ROW\s+FILTER\s+|MASK\s+)?([\w.`${}\-]+)", re.IGNORECASE)


@rule(
    code="LDP708",
    severity="warning",
    spark="never",
    verified="Databricks' own guidance for agents on streaming tables",
    bad=[
        bad(_TABLE.format("hide_ssn"), marks=("hide_ssn",)),
        bad(
            "create or refresh materialized view m with row filter policies.own_region on (region)\r\nas select region from main.raw.sales",
            marks=("policies.own_region",),
        ),
        bad(
            'from pyspark import pipelines as dp\n\n\n@dp.table(row_filter="ROW FILTER own_region ON (region)")\ndef t():\n'
            '    return spark.readStream.table("main.raw.sales")\n',
            python=True,
            marks=("own_region",),
        ),
    ],
    good=[
        good(_TABLE.format("gov.policies.hide_ssn USING COLUMNS (id)")),
        good(_TABLE.format("${gov}.hide_ssn"), parameters={"gov": "gov.policies"}),
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW m WITH ROW FILTER gov.policies.own_region ON (region) AS SELECT region FROM main.raw.sales;"
        ),
    ],
)
def filter_function_name(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A mask or row filter whose function is not named in full.

    The function is one of Unity Catalog, made before the pipeline runs, and it is looked up again by everybody who
    reads the table, with their own current catalog and schema. Name it with catalog and schema, so that it is always
    the same one.
    """
    clauses = [c for column in dataset.definition.columns for c in column.clauses if c.name == "mask"]
    clauses += [c for name in ("row filter", "row_filter") if (c := dataset.definition.clause(name)) is not None]
    for clause in clauses:
        where = _function(clause)
        name = where.text if where is not None else ""
        if where is not None and name and "${" not in name and len(name.split(".")) < 3:
            yield Finding(
                where,
                f"{name} is not named with its catalog and schema",
                why="whoever reads the table looks the function up with their own catalog and schema",
                fixes=(Fix(f"write catalog.schema.{name.rpartition('.')[2]}"),),
            )


def _function(clause: Clause) -> Location | None:
    place = clause.value_location or clause.location
    inner = place.text.lstrip("\"'")
    before = len(place.text) - len(inner)
    found = _FUNCTION.match(inner)
    return place.inside(before + found.start(1), before + found.end(1)) if found else None
