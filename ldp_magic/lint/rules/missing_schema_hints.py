from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.properties import properties_of
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset, Read
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import Code, Query

_T = "CREATE OR REFRESH STREAMING TABLE orders AS SELECT {} FROM STREAM read_files('/in', format => '{}'{});"
_PYTHON = (
    "from pyspark import pipelines as dp\n@dp.table\ndef orders():\n"
    '    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "json"){}.load("/in")\n'
)
_LOADERS = {"read_files", "cloud_files", "cloudfiles"}
_GUESSED = {"csv", "json"}
_RAW = re.compile(r"(^|[_.])(bronze|raw|landing|landed|stage|staging|stg|ingest\w*|load\w*|src|source)([_.\d]|$)")
_SAID = ("schema", "schemaHints", "schemaEvolutionMode")
_PICKED = {"select", "selectExpr", "withColumn", "withColumns", "to"}


@rule(
    code="LDP607",
    severity="warning",
    verified="Databricks documentation; a vendor's note",
    bad=[
        bad(_T.format("*", "csv", ""), marks=("read_files('/in', format => 'csv')",)),
        bad(_T.format("id,\r\n  cast(at as timestamp) as at -- when\r\n", "json", ", maxFilesPerTrigger => 10")),
        bad(_PYTHON.format(""), python=True),
    ],
    good=[
        good(_T.format("*", "csv", ", schemaHints => 'id BIGINT, amount DECIMAL(12,2)'")),
        good(_T.format("*", "json", "").replace("TABLE orders", "TABLE orders_raw")),
        good(_T.format("cast(id AS BIGINT) AS id", "csv", "")),
        good(_PYTHON.format('.option("cloudFiles.schemaHints", "id INT")'), python=True),
    ],
)
def missing_schema_hints(dataset: Dataset) -> Iterator[Finding]:
    """CSV or JSON files whose types are left to chance.

    Without `schema` or `schemaHints` the types come from a sample of the files, so a column can be another type than meant,
    and a new column stops the flow once. Tables that are called bronze, raw, landing or staging are left alone, and so are
    those that cast what they read.
    """
    if _raw(dataset) or (dataset.definition.columns and all(c.type for c in dataset.definition.columns)):
        return
    for read in dataset.reads:
        relation = read.relation
        guessed = relation.function.lower() in _LOADERS and _format(relation) in _GUESSED and not _typed(relation)
        if guessed and _taken_as_read(dataset):
            yield _finding(dataset, read)


def _raw(dataset: Dataset) -> bool:
    marked = any(
        p.key.lower() == "quality" and p.value.lower() in ("bronze", "raw") for p in properties_of(dataset.definition)
    )
    return marked or bool(_RAW.search(".".join(dataset.qualified).lower()))


def _format(relation: Relation) -> str:
    return (relation.format or relation.option("format") or relation.option("cloudFiles.format") or "").lower()


def _typed(relation: Relation) -> bool:
    said = any(relation.option(prefix + name) for name in _SAID for prefix in ("", "cloudFiles."))
    types = relation.option("inferColumnTypes") or relation.option("cloudFiles.inferColumnTypes") or ""
    return said or types.lower() == "false"


def _taken_as_read(dataset: Dataset) -> bool:
    """Does a column reach the table with the type that was guessed?"""
    body = dataset.body
    if isinstance(body, Code):
        return not body.queries and not any(name in _PICKED for name, _ in body.calls)
    if not isinstance(body, Query):
        return False
    selects = [s for s in body.facts.selects if any(i.relation is not None and i.relation.function for i in s.inputs)]
    return any(o.star or (o.plain and not _hidden(o.name)) for s in selects for o in s.outputs)


def _hidden(name: str) -> bool:
    return name.lower().startswith("_")


def _finding(dataset: Dataset, read: Read) -> Finding:
    kind = _format(read.relation).upper()
    message = f"the types of {dataset.name} are guessed from a sample of {kind} files"
    why = "a guessed type can be another than meant, and a new column stops the flow once"
    if _strings(read.relation):
        message = f"the columns of {dataset.name} come from {kind} files as strings"
        why = "Auto Loader reads text formats as strings unless types are said, and a new column stops the flow once"
    fix = Fix("say the types that matter: schemaHints => 'id BIGINT, …'")
    return Finding(read.location, message, why=why, mark="no schemaHints", fixes=(fix,))


def _strings(relation: Relation) -> bool:
    """read_files guesses types; the older loaders do so only when asked."""
    asked = relation.option("inferColumnTypes") or relation.option("cloudFiles.inferColumnTypes") or ""
    return relation.function.lower() != "read_files" and asked.lower() != "true"
