from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.model import FlowDef, Statement

_TABLE = "CREATE OR REFRESH STREAMING TABLE t;\n"
_EXTRAS = {
    "overwrite": ("OVERWRITE", "write INSERT INTO; a full refresh of the table starts over"),
    "column list": ("a column list", "name the columns in the SELECT; BY NAME matches them"),
    "partition": ("PARTITION", "select the partition column like any other"),
    "if not exists": ("IF NOT EXISTS", "leave it out; the table is defined by the pipeline"),
}


@rule(
    code="LDP013",
    foresees=("PIPELINE_SQL_GRAPH_ELEMENT_REGISTRATION_ERROR",),
    verified="Spark 4.3",
    bad=[
        bad(
            _TABLE + "CREATE FLOW f AS INSERT OVERWRITE t BY NAME SELECT * FROM STREAM(main.raw.s);",
            marks=("OVERWRITE",),
        ),
        bad(
            _TABLE + "create flow f as insert into t (id, /* and */ name) select id, name from stream(main.raw.s);",
            marks=("(id, /* and */ name)",),
        ),
        bad(
            _TABLE + "CREATE FLOW f AS INSERT INTO t PARTITION (d = 1) BY NAME SELECT * FROM STREAM(main.raw.s);",
            marks=("PARTITION (d = 1)",),
        ),
    ],
    good=[
        good(_TABLE + "CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.s);"),
        good(_TABLE + "CREATE FLOW f AS INSERT INTO t BY NAME (SELECT id, name FROM STREAM(main.raw.s));"),
    ],
)
def flow_insert_extras(statement: Statement) -> Iterator[Finding]:
    """A flow that uses parts of INSERT that flows do not have.

    A flow only adds rows to its target and matches them by name: it overwrites nothing, takes no column list and no
    partition.
    """
    if not isinstance(statement, FlowDef) or statement.language != "sql":
        return
    for clause in statement.clauses:
        if clause.name in _EXTRAS:
            said, advice = _EXTRAS[clause.name]
            yield Finding(
                clause.location,
                f"flow {statement.name} inserts with {said}",
                why="a flow only adds rows, and matches columns by name",
                fixes=(Fix(advice),),
            )
