from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import removed
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Clause

_ONCE_A_COLUMN = {"comment", "not null", "default", "mask", "generated", "collate"}


@rule(
    code="LDP010",
    foresees=("DUPLICATE_CLAUSES",),
    verified="Spark 4.3 (COMMENT, SEQUENCE BY)",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m COMMENT 'a' COMMENT 'b' AS SELECT 1 AS one;",
            marks=("COMMENT 'b'",),
        ),
        bad(
            "create or refresh materialized view m\r\n  comment 'a' -- what\r\n  comment 'a'\r\nas select 1 as one;",
            fixed="create or refresh materialized view m\r\n  comment 'a' -- what\r\nas select 1 as one;",
            safe=True,
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t;\n"
            "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.s) KEYS (id) SEQUENCE BY v STORED AS SCD TYPE 2 SEQUENCE BY w;",
            marks=("SEQUENCE BY w",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t (id INT COMMENT 'x' COMMENT 'x') AS SELECT id FROM STREAM(main.raw.s);",
            fixed="CREATE OR REFRESH STREAMING TABLE t (id INT COMMENT 'x') AS SELECT id FROM STREAM(main.raw.s);",
        ),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW m COMMENT 'a' TBLPROPERTIES ('b' = 'c') AS SELECT 1 AS one;"),
        good(
            "CREATE OR REFRESH STREAMING TABLE t (id INT COMMENT 'id') COMMENT 't' AS SELECT id FROM STREAM(main.raw.s);"
        ),
    ],
)
def duplicate_clause(dataset: Dataset) -> Iterator[Finding]:
    """The same clause twice on one statement.

    Spark and Databricks take each clause once and stop at the second. Where both say the same the second goes; where they
    differ only you know which was meant.
    """
    for clauses in _lists(dataset):
        first: dict[str, Clause] = {}
        for clause in clauses:
            if clause.name in first:
                yield _finding(first[clause.name], clause)
            first.setdefault(clause.name, clause)


def _lists(dataset: Dataset) -> Iterator[tuple[Clause, ...]]:
    """The clauses of its statement, of each of its columns, and of the flows into it."""
    definition = dataset.definition
    if definition.language == "sql":
        yield definition.clauses
    for column in definition.columns:
        if len(column.clauses) > 1:
            yield tuple(c for c in column.clauses if c.name in _ONCE_A_COLUMN)
    for flow in dataset.flows:
        if flow.definition.language == "sql":
            yield flow.definition.clauses
            yield flow.definition.cdc.clauses if flow.definition.cdc is not None else ()


def _finding(first: Clause, again: Clause) -> Finding:
    same = " ".join(first.location.text.split()) == " ".join(again.location.text.split())
    fix = Fix("remove the second", (removed(again.location),), safe=True, reason="both say the same")
    return Finding(
        again.location,
        f"{again.name.upper()} stands twice",
        why="a statement has each of its clauses once; Spark stops at the second",
        fixes=(fix,) if same else (Fix("keep the one that is meant"),),
        related=(Related(first.location, "the first"),),
    )
