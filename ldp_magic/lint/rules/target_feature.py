from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldp_magic.lint.edits import removed
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.build import queries_in
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.functions import EVENT_READERS, TABLE_READERS
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import AutoCdc, Clause, DatasetDef, FlowDef, Query
from ldp_magic.text import Edit, Location

_OURS = "Databricks has it, Apache Spark does not"
_DATASET_CLAUSES = {"location", "options", "row filter", "refresh policy", "schedule", "trigger on update"}
_DATASET_ARGUMENTS = {"private", "path", "cluster_by_auto", "row_filter", "refresh_policy", "replace_using"}
_CDC_CLAUSES = {
    "apply as truncate when",
    "ignore null updates",
    "columns to update",
    "system sequence by",
    "with version",
    "apply_as_truncates",
    "ignore_null_updates",
    "ignore_null_updates_column_list",
    "ignore_null_updates_except_column_list",
    "columns_to_update",
    "system_sequence_by",
    "once",
}
_READERS = (EVENT_READERS | TABLE_READERS | {"read_files"}) - {"table_changes"}
_TABLES_ONLY = {"cluster by", "partitioned by", "using"}
_NOT_ON_VIEWS = {"temporary view": _TABLES_ONLY | {"tblproperties"}, "view": _TABLES_ONLY}
_UNTYPED = "a view's columns have the types of its query; the list gives names and comments"
_SPARK_ONLY = {"changes": "CHANGES", "identified by": "IDENTIFIED BY"}


@dataclass(frozen=True, slots=True)
class _Used:
    """A feature that stands in a text. `since`: the first Spark that has it."""

    what: str
    location: Location
    why: str = _OURS
    since: str = ""
    edits: tuple[Edit, ...] = ()


@rule(
    code="LDP004",
    foresees=("PARSE_SYNTAX_ERROR", "_LEGACY_ERROR_TEMP_0035", "UNRESOLVABLE_TABLE_VALUED_FUNCTION"),
    verified="Spark 4.3 by running, each clause on each kind of dataset; the grammars of Spark 4.1 and 4.2",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;",
            target="spark-4.3",
            fixed="CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;",
            safe=True,
            marks=("OR REFRESH",),
        ),
        bad(
            "create private materialized view m cluster by auto with row filter f on (a) as select a from s;",
            target="spark-4.2",
            marks=("private", "cluster by auto", "with row filter f on (a)"),
            count=3,
        ),
        bad(
            "CREATE STREAMING TABLE t (a STRING MASK hide);\n"
            "CREATE FLOW f AS INSERT ONCE INTO t BY NAME SELECT a FROM old;",
            target="spark-4.3",
            marks=("MASK hide", "ONCE"),
            count=2,
        ),
        bad(
            "CREATE STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM(s) KEYS (id) SEQUENCE BY v;",
            target="spark-4.2",
            marks=("AUTO CDC",),
        ),
        bad(
            "CREATE STREAMING TABLE t AS WITH a AS (SELECT * FROM STREAM read_files('/in', format => 'json')) SELECT * FROM a;",
            target="spark-4.3",
            marks=("read_files('/in', format => 'json')",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM main.raw.s CHANGES;",
            marks=("STREAM main.raw.s CHANGES",),
        ),
        bad(
            "from pyspark import pipelines as dp\n@dp.materialized_view(private=True)\ndef m():\n    return spark.range(3)\n",
            python=True,
            target="spark-4.3",
            marks=("private=True",),
        ),
        bad(
            "CREATE VIEW v (id BIGINT, k COMMENT 'x') CLUSTER BY (id) AS SELECT id, k FROM raw.t;",
            target="spark-4.3",
            marks=("id BIGINT", "CLUSTER BY (id)"),
            count=2,
        ),
    ],
    good=[
        good("CREATE MATERIALIZED VIEW m CLUSTER BY (one) COMMENT 'x' AS SELECT 1 AS one;", target="spark-4.3"),
        good("CREATE OR REFRESH MATERIALIZED VIEW m CLUSTER BY AUTO AS SELECT 1 AS one;"),
        good(
            "CREATE STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM(raw.s) KEYS (id) SEQUENCE BY v;",
            target="spark-4.3",
        ),
    ],
)
def target_feature(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A clause or function that the chosen target does not have.

    Databricks and the versions of Apache Spark read different grammars, so a text for one is seldom accepted by
    another. `OR REFRESH` can simply go; the others need another way, or another target. What only Spark has is a warning
    on Databricks, because its pages are silent about it.
    """
    for used in _features(dataset):
        if context.spark and not (used.since and used.since <= context.target):
            yield _finding(used, context.target)
        elif not context.spark and used.why not in (_OURS, _UNTYPED) and not used.since:
            yield _finding(used, "databricks", warn=True)


def _finding(used: _Used, target: str, warn: bool = False) -> Finding:
    fixes: tuple[Fix, ...] = ()
    if used.edits:
        fixes = (
            Fix(f"drop {used.what}", used.edits, safe=True, reason="it could not run; nothing else means it here"),
        )
    why = f"{used.since} is the first that has it" if used.since else used.why
    return Finding(
        used.location, f"{target} has no {used.what}", why=why, fixes=fixes, severity="warning" if warn else None
    )


def _features(dataset: Dataset) -> Iterator[_Used]:
    """What its statement and the flows into it use."""
    yield from _head_features(dataset.definition)
    yield from _clause_features(dataset.definition)
    yield from _query_features(dataset.definition)
    for flow in dataset.flows:
        if flow.definition is dataset.definition.flow:
            yield from _inline_features(dataset.definition, flow.definition)
        else:
            yield from _flow_features(flow.definition)
            yield from _query_features(flow.definition)


def _head_features(statement: DatasetDef) -> Iterator[_Used]:
    if statement.language != "sql":
        return
    head = tokens_of(statement.head.text)
    for index, word in enumerate(head.words):
        if word == "REFRESH" and head.words[index - 1] == "OR":
            where = statement.head.inside(head.starts[index - 1], head.ends[index])
            yield _Used("OR REFRESH", where, edits=(removed(where),))
        elif word == "PRIVATE":
            yield _Used("PRIVATE", statement.head.inside(head.starts[index], head.ends[index]))
    if statement.kind == "table":
        yield _Used("CREATE TABLE … FLOW", statement.head)


def _clause_features(statement: DatasetDef) -> Iterator[_Used]:
    for clause in statement.clauses:
        automatic = clause.name == "cluster by" and clause.value == ("AUTO",)
        on_view = clause.name in _NOT_ON_VIEWS.get(statement.kind, ())
        if statement.language == "python":
            if clause.name in _DATASET_ARGUMENTS and clause.value not in (None, False):
                yield _Used(f"argument {clause.name}", clause.location)
        elif clause.name in _DATASET_CLAUSES or automatic or on_view:
            yield _Used("CLUSTER BY AUTO" if automatic else _said(clause, on_view), clause.location)
    for column in statement.columns:
        yield from (_Used("MASK", clause.location) for clause in column.clauses if clause.name == "mask")

    if statement.language == "sql" and statement.kind in _NOT_ON_VIEWS:
        typed = (column for column in statement.columns if column.type_location is not None)
        yield from (_Used("types in the column list of a view", column.location, why=_UNTYPED) for column in typed)


def _said(clause: Clause, on_view: bool) -> str:
    return f"{clause.name.upper()}{' on views' if on_view else ''}"


def _inline_features(statement: DatasetDef, flow: FlowDef) -> Iterator[_Used]:
    if flow.cdc is not None:
        yield from _cdc_features(flow, flow.cdc)
    elif statement.language == "sql" and flow.body is not None and flow.location != flow.body.location:
        yield _Used("inline FLOW of INSERT or REPLACE", _word(flow.location, "FLOW"))


def _flow_features(flow: FlowDef) -> Iterator[_Used]:
    for clause in flow.clauses:
        given = clause.value not in (None, False)
        if (clause.name == "once" and given) or clause.name in ("replace where", "replace using", "replace_using"):
            yield _Used(clause.name.upper() if flow.language == "sql" else f"argument {clause.name}", clause.location)
    if flow.cdc is not None:
        yield from _cdc_features(flow, flow.cdc)


def _cdc_features(flow: FlowDef, cdc: AutoCdc) -> Iterator[_Used]:
    if flow.language == "sql" and not flow.location.text.lstrip().upper().startswith("APPLY"):
        yield _Used("AUTO CDC in SQL", _words(flow.location, "AUTO", "CDC"), since="spark-4.3")
    if flow.language == "sql" and flow.once:
        yield _Used("ONCE", _word(flow.location, "ONCE"))
    if cdc.from_snapshot:
        yield _Used("AUTO CDC from snapshots", _head(flow))
    for clause in cdc.clauses:
        if clause.name in _CDC_CLAUSES and clause.value not in (None, False):
            name = clause.name.upper() if flow.language == "sql" else f"argument {clause.name}"
            yield _Used(name, clause.location)
        elif clause.name in ("stored as", "stored_as_scd_type") and str(clause.value) == "bitemporal":
            yield _Used("BITEMPORAL", clause.location)


def _head(flow: FlowDef) -> Location:
    return _word(flow.location, "SNAPSHOT") if flow.language == "sql" else flow.location


def _word(where: Location, word: str) -> Location:
    return _words(where, word)


def _words(where: Location, *words: str) -> Location:
    """The first place where these words follow each other."""
    tokens, count = tokens_of(where.text), len(words)
    for index in range(len(tokens) - count + 1):
        if tuple(tokens.words[index : index + count]) == words:
            return where.inside(tokens.starts[index], tokens.ends[index + count - 1])
    return where


def _query_features(statement: DatasetDef | FlowDef) -> Iterator[_Used]:
    for query in queries_in(statement):
        yield from _relation_features(query)


def _relation_features(query: Query) -> Iterator[_Used]:
    for relation in query.facts.relations:
        if relation.function in _READERS:
            yield _Used(relation.function, query.locate(relation.span))
        elif relation.function and relation.stream_span is not None:
            yield _Used("STREAM of a table function", query.locate(relation.whole), since="spark-4.2")
        for key, said in _SPARK_ONLY.items():
            if relation.option(key) is not None:
                where = query.locate(relation.whole)
                yield _Used(
                    said, where, why="only Apache Spark is known to have it; the Databricks pages do not name it"
                )
