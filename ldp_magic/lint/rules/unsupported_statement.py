from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Severity
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import DatasetDef, FlowDef, Script, Unsupported
from ldp_magic.text import Location

# What Databricks is sure to refuse too: a pipeline's tables belong to its flows.
_CHANGES = {"INSERT", "MERGE", "UPDATE", "DELETE", "TRUNCATE", "DROP", "ALTER", "COPY", "OPTIMIZE", "VACUUM"}
_VIEW = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;\n"


@rule(
    code="LDP002",
    foresees=("PIPELINE_SQL_GRAPH_ELEMENT_REGISTRATION_ERROR",),
    verified="Spark 4.3, each of them, dry (which takes SET TIME ZONE, as a setting); on Databricks the list of statements is not published",
    bad=[
        bad("INSERT INTO daily_totals SELECT * FROM staging;", marks=("INSERT INTO",)),
        bad(_VIEW + "-- look at it\r\nselect * from m", marks=("select",)),
        bad(_VIEW + "DROP TABLE /* the old one */ old_m;", marks=("DROP TABLE",)),
        bad("CREATE TABLE t (id INT);\nCREATE FUNCTION f() RETURNS INT RETURN 1;", target="spark-4.3", count=2),
        bad(_VIEW + "WITH a AS (SELECT 1 AS n) SELECT n FROM a;", marks=("WITH",)),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW daily_totals AS SELECT day, total FROM main.raw.staging;"),
        good("USE SCHEMA sales;\nSET spark.sql.ansi.enabled = true;\n" + _VIEW),
        good("SET TIME ZONE 'UTC';\nCREATE MATERIALIZED VIEW m AS SELECT 1 AS one;", target="spark-4.3"),
        good("CREATE TABLE t FLOW INSERT ONCE BY NAME SELECT 1 AS one;"),
    ],
)
def unsupported_statement(pipeline: Pipeline, context: Context) -> Iterator[Finding]:
    """A statement that a pipeline source cannot hold.

    A pipeline's sources only say what its datasets are; Spark refuses anything else while it reads them. Rows come from a
    dataset's query or a flow, and whatever else has to be done once (schemas, functions, grants) belongs into a setup
    script or a task of its own. On Databricks it is a warning for statements that change no table.
    """
    defining = [_defines(script) for script in pipeline.scripts]
    for script, defines in zip(pipeline.scripts, defining, strict=True):
        beside = any(defining) and not defines
        for statement in script.statements:
            if isinstance(statement, Unsupported) and not (context.spark and statement.words == "SET TIME"):
                yield _finding(statement, _severity(statement, context, beside))


def _defines(script: Script) -> bool:
    return any(isinstance(s, DatasetDef | FlowDef) for s in script.statements)


def _severity(statement: Unsupported, context: Context, beside: bool) -> Severity:
    """*beside*: the source defines nothing while others do, so it may be no source of the pipeline at all."""
    changes = statement.words.split()[0] in _CHANGES or statement.words == "CREATE TABLE"
    return "error" if context.spark or (changes and not beside) else "warning"


def _finding(statement: Unsupported, severity: Severity) -> Finding:
    return Finding(
        _words(statement),
        f"a pipeline source cannot hold {statement.words}",
        why="a pipeline's sources say what its datasets are; nothing else runs in them",
        fixes=(Fix(_advice(statement)),),
        severity=severity,
    )


def _words(statement: Unsupported) -> Location:
    tokens = tokens_of(statement.location.text)
    count = min(len(statement.words.split()), len(tokens))
    return statement.location.inside(tokens.starts[0], tokens.ends[count - 1]) if count else statement.location


def _advice(statement: Unsupported) -> str:
    if statement.words in ("SELECT", "CREATE TABLE"):
        return "make it a dataset: CREATE OR REFRESH MATERIALIZED VIEW name AS SELECT …"
    if statement.words.split()[0] in ("INSERT", "MERGE", "COPY"):
        return "let a flow bring the rows: CREATE FLOW name AS INSERT INTO target BY NAME SELECT …"
    return "move it to a setup script, or to a task that runs beside the pipeline"
