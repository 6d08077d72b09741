from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.model import FlowDef, Statement
from ldp_magic.text import Edit

_TABLE = "CREATE OR REFRESH STREAMING TABLE t;\n"


@rule(
    code="LDP012",
    severity="warning",
    spark="error",
    foresees=("PIPELINE_SQL_GRAPH_ELEMENT_REGISTRATION_ERROR",),
    verified="Spark 4.3; every edition of the Databricks grammar has BY NAME",
    bad=[
        bad(
            _TABLE + "CREATE FLOW f AS INSERT INTO t SELECT * FROM STREAM(main.raw.s);",
            fixed=_TABLE + "CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.s);",
            safe=False,
            marks=("t",),
        ),
        bad(
            "create streaming table t;\r\ncreate flow f as insert into a.b.`t` -- rows\r\nselect * from stream(raw.s);",
            target="spark-4.3",
            fixed="create streaming table t;\r\ncreate flow f as insert into a.b.`t` by name -- rows\r\nselect * from stream(raw.s);",
        ),
    ],
    good=[
        good(_TABLE + "CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.s);"),
        good("CREATE OR REFRESH STREAMING TABLE t FLOW INSERT BY NAME SELECT * FROM STREAM(main.raw.s);"),
    ],
)
def flow_by_name(statement: Statement) -> Iterator[Finding]:
    """An INSERT flow without BY NAME.

    Flows match columns by name; Spark knows no other. Without the words the columns seem to be matched by place, and two
    columns of one type could change places unseen.
    """
    if not isinstance(statement, FlowDef) or statement.language != "sql" or statement.by_name:
        return
    if statement.implicit or statement.cdc is not None:
        return
    target = statement.target.location
    edits = (Edit(target.source.at(target.end), " " + cased("BY NAME", statement.location)),)
    between = statement.clause("column list") or statement.clause("partition")
    yield Finding(
        target,
        f"flow {statement.name} inserts into {statement.target} without BY NAME",
        why="a flow matches columns by name, and says so",
        mark="BY NAME follows here",
        fixes=(
            Fix(
                "write BY NAME",
                () if between is not None else edits,
                reason="columns are matched by their names then, not by their places",
            ),
        ),
    )
