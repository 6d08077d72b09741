from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix, Severity
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Clause, Expectation
from ldp_magic.text import Edit, Location

_TABLE = "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT {} ON VIOLATION DROP ROW) AS SELECT a FROM STREAM(main.raw.s);"


@rule(
    code="LDP308",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Databricks documentation; Spark 4.3",
    bad=[
        bad(
            "CREATE VIEW v (CONSTRAINT c EXPECT (a > 0)) AS SELECT a FROM main.raw.t;",
            fixed="CREATE TEMPORARY VIEW v (CONSTRAINT c EXPECT (a > 0)) AS SELECT a FROM main.raw.t;",
            safe=False,
            marks=("CONSTRAINT c EXPECT (a > 0)",),
        ),
        bad(
            _TABLE.format("a > 0"),
            fixed=_TABLE.format("(a > 0)"),
            safe=True,
            marks=("a > 0",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c CHECK (a > 0)) AS SELECT a FROM STREAM(main.raw.s);",
            fixed="CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT (a > 0)) AS SELECT a FROM STREAM(main.raw.s);",
            safe=False,
            marks=("CONSTRAINT c CHECK (a > 0)",),
        ),
        bad(
            "create or refresh streaming table t (\r\n  a int,\r\n  constraint c expect a > 0 and b < 3, -- both\r\n"
            "  constraint d expect (a > 0)\r\n) as select a from stream(main.raw.s);",
            fixed="create or refresh streaming table t (\r\n  a int,\r\n  constraint c expect (a > 0 and b < 3), -- both\r\n"
            "  constraint d expect (a > 0)\r\n) as select a from stream(main.raw.s);",
        ),
        bad(
            "CREATE MATERIALIZED VIEW m (CONSTRAINT c EXPECT (a > 0), CONSTRAINT d EXPECT (a < 9)) AS SELECT 1 AS a;",
            target="spark-4.3",
            marks=("CONSTRAINT c EXPECT (a > 0)",),
        ),
        bad(
            "import dlt\n"
            "dlt.create_streaming_table('t', expect_all={'c': 'a > 0'})\n"
            "dlt.create_auto_cdc_from_snapshot_flow(target='t', source='s', keys=['id'], stored_as_scd_type=2)\n",
            python=True,
        ),
    ],
    good=[
        good(
            "CREATE TEMPORARY VIEW v (CONSTRAINT c EXPECT (a > 0)) AS SELECT a FROM main.raw.t;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT a FROM v;"
        ),
        good(_TABLE.format("((a > 0) AND (a < 9))")),
        good("CREATE MATERIALIZED VIEW m COMMENT 'x' AS SELECT 1 AS a;", target="spark-4.3"),
    ],
)
def expectation_place(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """An expectation where there can be none, or not written as one.

    Streaming tables, materialized views and temporary views check their rows; persisted views, sinks and snapshots of
    changes do not, and open-source Spark knows no expectations in SQL at all. The condition stands in parentheses.
    """
    if not context.spark and dataset.language == "sql" and dataset.kind in ("streaming table", "materialized view"):
        yield from (_check(dataset, each) for each in dataset.definition.constraints if each.name == "check")
    if not dataset.expectations:
        return
    if context.spark:
        if dataset.language == "sql":
            yield _finding(dataset, f"{context.target} has no expectations", "they are a feature of Databricks")
    elif dataset.kind == "view":
        yield _finding(dataset, f"{dataset.name} is a persisted view and cannot check rows", _WHY, _temporary(dataset))
    elif dataset.kind == "sink":
        yield _finding(dataset, f"{dataset.name} is a sink and cannot check rows", _WHY)
    elif any(f.definition.cdc is not None and f.definition.cdc.from_snapshot for f in dataset.flows):
        message = f"{dataset.name} is filled from snapshots, whose rows are not checked"
        yield _finding(dataset, message, _WHY, severity="warning")
    if not context.spark:
        yield from (_bare(e) for e in dataset.expectations if not e.parenthesised)


_WHY_EXPECT = "tables of a pipeline have expectations instead: CONSTRAINT name EXPECT (condition)"
_WHY = "rows are checked where a table or a temporary view is computed"


def _temporary(dataset: Dataset) -> Fix:
    head = dataset.definition.head
    tokens = tokens_of(head.text)
    last = tokens.ends[len(tokens) - 2]
    edit = Edit(head.inside(last, last), " " + cased("TEMPORARY", head))
    return Fix("make it a temporary view", (edit,), reason="nobody outside the pipeline can read it then")


def _finding(
    dataset: Dataset, message: str, why: str, fix: Fix | None = None, severity: Severity | None = None
) -> Finding:
    where = dataset.expectations[0].location
    fixes = (fix or Fix("check the rows in a table or temporary view before it"),)
    return Finding(where, message, why=why, fixes=fixes, severity=severity)


def _check(dataset: Dataset, clause: Clause) -> Finding:
    where, word = clause.location, clause.value_location or clause.location
    edit = Edit(Location(word.source, word.start, word.start + len("CHECK")), cased("EXPECT", where))
    named = where.start < word.start  # an expectation has a name
    fix = Fix("write EXPECT", (edit,) if named else (), reason="rows that break it are then counted and kept")
    return Finding(
        where,
        f"{dataset.name} has a CHECK constraint, which nothing checks in a pipeline",
        why=_WHY_EXPECT,
        fixes=(fix,),
    )


def _bare(expectation: Expectation) -> Finding:
    where = expectation.condition_location
    edits = (Edit(where.source.at(where.start), "("), Edit(where.source.at(where.end), ")"))
    return Finding(
        where,
        f"the condition of {expectation.name} stands in no parentheses",
        why="EXPECT takes its condition in parentheses",
        fixes=(Fix("put it in parentheses", edits, safe=True, reason="it could not run as it was"),),
    )
