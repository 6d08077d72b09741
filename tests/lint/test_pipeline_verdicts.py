"""The rules of pipelines beside what Apache Spark 4.3 says of the same texts (make_pipeline_verdicts.py asked it)."""

import json
import re
from functools import lru_cache
from pathlib import Path

from ldp_magic.lint.example import findings_in
from ldp_magic.lint.finding import Finding
from ldp_magic.lint.rule import Example
from tests.lint.make_pipeline_verdicts import COLUMNS, LOCAL

HERE = Path(__file__).parent
VERDICTS = [tuple(v) for v in json.loads((HERE / "pipeline_verdicts.json").read_text("utf-8"))]
# Errors on what Spark runs: a part of the text, by rule, and why it is one all the same.
STRICTER = {
    ("LDP203", "@dp.table\n@dp.materialized_view"): "the upper decorator is given None, and makes nothing",
    (
        "LDP210",
        "",
    ): "a catalog that knows no case makes one table of the two, which both write (CANNOT_MERGE where they differ)",
}
# Refused by Spark and found by no rule: what Spark calls it, and a part of the text, with the reason.
UNSAID = {
    r"TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND|PATH_NOT_FOUND|DATA_SOURCE_NOT_FOUND|KAFKA_DATA_SOURCE": "what the catalog, "
    "the disk and the installation hold stands in no text (LDP201 warns of what looks like a slip)",
    r"UNRESOLVED_COLUMN|ASSIGNMENT_ARITY|COLUMN_IS_NOT_VARIANT|AMBIGUOUS_REF|UNABLE_TO_INFER|SQL_CONF_NOT_FOUND|"
    r"COLUMN_NOT_DEFINED|INVALID_PARTITION_COLUMN_DATA": "the columns and types of a query are the engine's to check",
    r"AUTOCDC_COLUMNS_NOT_FOUND": "columns of COLUMNS and TRACK HISTORY are not looked up; only keys are",
    r"UNBOUND_SQL_PARAMETER": "a parameter may be given where the pipeline is started",
    r"RUN_EMPTY_PIPELINE": "an empty file is no mistake of its text",
    r"USER_SPECIFIED_AND_INFERRED": "NOT NULL, VARCHAR, CHAR, collations, flows and Python functions are not compared",
    r"EVENT_TIME_IS_NOT_ON": "the type of an expression in WATERMARK is not worked out",
    r"BATCH_RELATION_FOR_STREAMING_TABLE.*(range|explode|spark\.|VALUES|SELECT)": "a generated table may be meant",
    r"AssertionError\) .*CATALOG": "Spark forgets the schema at SET CATALOG and wants it named again; not its last word",
    r"^run: SPECIFY_CLUSTER_BY.*MATERIALIZED VIEW": "clustered views fail on parquet, and run on Delta",
    r"^run: UnknownException.*CLUSTER BY \(nowhere\)": "clustering columns are not looked up",
    r"DUPLICATE_KEY|Values must be specified|TBLPROPERTIES \(\)|COMMENT = |4\+ part|INVALID_IDENTIFIER|INVALID_STATEMENT": "the "
    "grammar of clauses and names is read more kindly than Spark does",
    r"PARSE_SYNTAX_ERROR \| CREATE [\w ]*(VIEW|TABLE) t "
    r"(CLUSTER BY|PARTITIONED BY|COMMENT 'x' USING|\((id: |\)|id bigint, k string,\)))": "the same",
    r"PARSE_SYNTAX_ERROR \| (.*(WITH \(\)|TABLESAMPLE|id, FROM|\$\{nobody\})|CREATE (TEMPORARY STREAMING|STREAMING TABLE t;\s"
    r"CREATE (FLOW IF|OR RE)))": "the same",
    r"PARSE_SYNTAX_ERROR \| .*AUTO CDC": "a clause of AUTO CDC that is written a little wrong is read as it was meant",
    r"PARSE_SYNTAX_ERROR \| \ufeff": "Databricks reads a byte order mark; only Spark's loader trips over it",
    r"PARSE_\w+ \| (from pyspark|.*dp\.)": "names and schemas in Python texts are not parsed as SQL",
    r"_TEMP_0035.*(Bucketing|SerDe|AUTO CDC source)|_TEMP_0053": "clauses of tables that no pipeline page has; LDP024 warns",
    r"_LEGACY_ERROR_TEMP_2047": "sources that are loaded by path are not looked into",
    r"PIPELINE_SQL_GRAPH_ELEMENT.*STREAMING TABLE t \(id.*FLOW AUTO CDC": "declared columns with an inline flow: documented",
    r"PIPELINE_DUPLICATE_IDENTIFIERS\.FLOW.*CREATE FLOW m": "the query of a materialized view counts as a flow in Spark only",
    r"ATTEMPT_ANALYSIS|NOT_IMPLEMENTED|JVM_ATTRIBUTE": "rare methods (catalog, pivot, approxQuantile, rdd): not in LDP803's list",
    r"TypeError|NOT_EXPECTED_TYPE|ValueError|DECORATOR_ARGUMENT|AUTOCDC_NON_COLUMN": "arguments of Python calls: names and "
    "types are checked only where LDP808 and LDP812 say so",
    r"AttributeError: '\w+' object has no attribute '_plan'": "what a function returns is followed only as far as a frame",
    r"AttributeError: module|ImportError|ModuleNotFoundError|NameError|SyntaxError: keyword": "names of Databricks only, of "
    "other modules, or of nobody; LDP802 knows the old ones",
}


@lru_cache(maxsize=1)
def _judged() -> tuple[tuple[str, str, tuple[Finding, ...]], ...]:
    """(text, what Spark said, what we say) for each."""
    return tuple((text, said, _found(text, python, columns)) for text, python, columns, said in VERDICTS)


def _found(text: str, python: bool, columns: dict[str, str]) -> tuple[Finding, ...]:
    names = {f"raw.{n.lower()}" for n in re.findall(r"(?i)\braw`?\.`?([a-z]\w*)", text)}
    made = names - {"raw.orders", "raw.orders2", "raw.m", "raw.unknown"}
    locked = dict.fromkeys([*made, *LOCAL], COLUMNS) | columns
    example = Example(
        text=text, python=python, target="spark-4.3", locked=locked, catalog="spark_catalog", schema="pipe"
    )
    return findings_in(example)


def _errors(findings: tuple[Finding, ...]) -> set[str]:
    return {f.code for f in findings if f.severity == "error"}


def _unsaid() -> list[str]:
    """What Spark refuses and no rule finds; an unknown clause (LDP024) is found, though only with a warning."""
    return [
        f"{said} | {text}"
        for text, said, findings in _judged()
        if said and not _errors(findings) and "LDP024" not in {f.code for f in findings}
    ]


def test_there_is_much_to_compare() -> None:
    runs = sum(1 for v in VERDICTS if not v[3])
    assert len(VERDICTS) > 2000 and sum(1 for v in VERDICTS if v[1]) > 600
    assert runs > 500 and len(VERDICTS) - runs > 1000


def test_nothing_is_an_error_that_spark_runs() -> None:
    wrong = [
        (code, text)
        for text, said, findings in _judged()
        for code in _errors(findings)
        if not said and not any(code == c and part in text for c, part in STRICTER)
    ]
    assert not wrong


def test_what_spark_refuses_is_found_or_has_a_reason() -> None:
    missed = [line for line in _unsaid() if not any(re.search(pattern, line, re.DOTALL) for pattern in UNSAID)]
    assert not missed


def test_no_exception_is_idle() -> None:
    lines = _unsaid()
    assert not [p for p in UNSAID if not any(re.search(p, line, re.DOTALL) for line in lines)]
    ran = [(text, _errors(findings)) for text, said, findings in _judged() if not said]
    assert not [(c, part) for c, part in STRICTER if not any(c in errors and part in text for text, errors in ran)]


def test_most_that_is_refused_is_found() -> None:
    refused = sum(1 for _, said, _ in _judged() if said)
    assert len(_unsaid()) < 0.25 * refused
