from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Column
from ldp_magic.text import Edit


@rule(
    code="LDP018",
    severity="info",
    spark="error",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3; Databricks documentation",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m (a COMMENT 'key') AS SELECT a FROM main.raw.t;",
            marks=("a",),
        ),
        bad(
            "create materialized view m (\r\n  a, -- the key\r\n  b\r\n) as select 1 as a, 'x' as b;",
            target="spark-4.3",
            marks=("a", "b"),
            count=2,
            fixed="create materialized view m (\r\n  a INT, -- the key\r\n  b STRING\r\n) as select 1 as a, 'x' as b;",
            safe=False,
        ),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW m (a BIGINT COMMENT 'key') AS SELECT a FROM main.raw.t;"),
        good(
            "CREATE TEMPORARY VIEW v (a COMMENT 'key') AS SELECT a FROM main.raw.t;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT a FROM v;"
        ),
        good("CREATE OR REFRESH MATERIALIZED VIEW m (a) AS SELECT a FROM main.raw.t;"),
    ],
)
def untyped_column_list(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A column of a table that is declared without a type.

    Open-source Spark stops at such a list; only views may leave types out. Databricks reads it, and skips the comments
    that stand in it.
    """
    definition = dataset.definition
    if definition.language != "sql" or definition.kind not in ("streaming table", "materialized view", "table"):
        return
    for column in definition.columns:
        if not column.type and (context.spark or column.comment is not None):
            yield _finding(dataset, column, context)


def _finding(dataset: Dataset, column: Column, context: Context) -> Finding:
    where = column.name_location
    message = f"column {column.name} of {dataset.name} has no type"
    why = "Databricks skips the comments of columns without a type"
    if context.spark:
        why = "a table's columns are declared with their types; only views may leave them out"
    type_ = context.column_type(dataset.name, column.name)
    fix = Fix("write its type")
    if type_:
        edit = Edit(where.source.at(where.end), " " + type_.upper())
        fix = Fix(f"write {type_.upper()}", (edit,), reason="a declared type does not follow the query any more")
    return Finding(where, message, why=why, mark="no type", fixes=(fix,))
