from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.pipeline.schemas import sole_query
from ldp_magic.sql.lineage import Out, Resolved
from ldp_magic.sql.model import Body, Column
from ldp_magic.sql.types import type_name
from ldp_magic.text import Location

_SOURCE = "CREATE OR REFRESH STREAMING TABLE s (id BIGINT, name STRING) AS SELECT id, name FROM STREAM(main.raw.s);\n"
_HIDDEN = {"_rescued_data", "_metadata"}
_TEXTS = ("string", "varchar", "char")


@rule(
    code="LDP020",
    foresees=("USER_SPECIFIED_AND_INFERRED_SCHEMA_NOT_COMPATIBLE",),
    verified="Spark 4.3; Databricks documentation for columns that are not listed",
    needs="the columns of what it reads",
    bad=[
        bad(
            _SOURCE + "CREATE OR REFRESH STREAMING TABLE t (id BIGINT) AS SELECT id, name FROM STREAM(s);",
            marks=("name",),
        ),
        bad(
            _SOURCE + "create or refresh materialized view m (id bigint) -- all\r\nas select * from s;",
            marks=("m",),
        ),
        bad(
            "CREATE MATERIALIZED VIEW m (id BIGINT, n STRING) AS SELECT 1L AS id, count(*) AS n FROM raw.t;",
            target="spark-4.3",
            marks=("STRING",),
        ),
    ],
    good=[
        good(
            _SOURCE + "CREATE OR REFRESH STREAMING TABLE t (id BIGINT, name STRING) AS SELECT id, name FROM STREAM(s);"
        ),
        good(
            _SOURCE
            + "CREATE OR REFRESH STREAMING TABLE t (NAME STRING, Id BIGINT, later DATE) AS SELECT * FROM STREAM(s);"
        ),
        good("CREATE OR REFRESH STREAMING TABLE t (id BIGINT) AS SELECT * FROM STREAM(main.raw.unknown);"),
    ],
)
def declared_schema_mismatch(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Declared columns that do not fit the query.

    The list has to name every column that the query gives, with the query's type; only a column that the query lacks may
    stand in it (it reads NULL). A type that differs is a warning on Databricks, whose pages do not speak of it.
    """
    definition = dataset.definition
    columns = {c.name.lower(): c for c in definition.columns}
    if definition.kind not in ("streaming table", "materialized view", "table") or not _whole(dataset):
        return
    context.columns(dataset.name)
    for body in dict.fromkeys(_bodies(dataset)):
        resolved = context.schemas.resolved(dataset, body)
        if resolved is not None and resolved.complete:
            yield from _unlisted(dataset, body, resolved, columns)
            yield from _other_types(resolved, columns, context)


def _whole(dataset: Dataset) -> bool:
    """Is the list all there, with types? A parameter may stand for more of it."""
    columns, constraints = dataset.definition.columns, dataset.definition.constraints
    return bool(columns) and all(c.type for c in columns) and all(c.name != "parameter" for c in constraints)


def _bodies(dataset: Dataset) -> Iterator[Body]:
    """The queries whose columns are the table's own."""
    for flow in dataset.flows:
        if flow.definition.body is not None and flow.definition.cdc is None:
            yield flow.definition.body
    if not dataset.flows and dataset.body is not None:
        yield dataset.body


def _unlisted(dataset: Dataset, body: Body, resolved: Resolved, columns: dict[str, Column]) -> Iterator[Finding]:
    missing = [c for c in resolved.columns if c.name.lower() not in columns | dict.fromkeys(_HIDDEN)]
    if not missing or any(not c.name or "${" in c.name for c in missing):
        return
    names = ", ".join(c.name for c in missing[:3]) + (" …" if len(missing) > 3 else "")
    where = _place(dataset, body, missing[0])
    yield Finding(
        where,
        f"{dataset.name} does not declare {names}, which its query gives",
        why="a list of columns has to name every column of the query",
        fixes=(Fix(f"add {names} to the list, or leave it out of the query"),),
        related=(Related(dataset.definition.name.location, "declared here"),),
    )


def _place(dataset: Dataset, body: Body, column: Out) -> Location:
    """The column in the select list, if it stands there; else the dataset's name."""
    query = sole_query(body)
    if query is not None and column.span is not None and query.exact:
        where = query.locate(column.span)
        if "*" not in where.text.rpartition(".")[2]:
            return where
    return dataset.definition.name.location


def _other_types(resolved: Resolved, columns: dict[str, Column], context: Context) -> Iterator[Finding]:
    for out in resolved.columns:
        column = columns.get(out.name.lower())
        declared = type_name(column.type) if column is not None and "${" not in column.type else ""
        if column is None or not _differ(declared, out.type):
            continue
        yield Finding(
            column.type_location or column.location,
            f"{column.name} is declared as {declared.upper()}, but the query gives {out.type.upper()}",
            why="a table's column has the type that its query gives",
            fixes=(Fix(f"declare it as {out.type.upper()}, or cast it in the query"),),
            severity=None if context.spark else "warning",
        )


def _differ(declared: str, given: str) -> bool:
    """Two types that are both known, simple, and not two words for text."""
    if not declared or not given or "<" in declared + given or "void" in (declared, given):
        return False
    return declared != given and not (declared.startswith(_TEXTS) and given.startswith(_TEXTS))
