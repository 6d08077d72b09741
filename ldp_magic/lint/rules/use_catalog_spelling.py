from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Setting, Statement
from ldp_magic.text import Edit

_VIEW = "\nCREATE MATERIALIZED VIEW m AS SELECT 1 AS one;"


@rule(
    code="LDP023",
    severity="never",
    spark="error",
    foresees=("PARSE_SYNTAX_ERROR", "PIPELINE_SQL_GRAPH_ELEMENT_REGISTRATION_ERROR"),
    verified="Spark 4.3, dry: each spelling of USE and of SET CATALOG",
    bad=[
        bad(
            "USE CATALOG sales;" + _VIEW,
            target="spark-4.3",
            fixed="SET CATALOG sales;" + _VIEW,
            safe=True,
            marks=("USE CATALOG",),
        ),
        bad(
            "-- where\r\nuse  catalog `sales`;" + _VIEW,
            target="spark-4.1",
            fixed="-- where\r\nset  catalog `sales`;" + _VIEW,
            marks=("use  catalog",),
        ),
        bad(
            "USE a.b;" + _VIEW,
            target="spark-4.3",
            fixed="USE SCHEMA a.b;" + _VIEW,
            safe=True,
            marks=("USE",),
        ),
    ],
    good=[
        good("SET CATALOG sales;\nUSE SCHEMA raw;" + _VIEW, target="spark-4.3"),
        good("USE CATALOG sales;\nCREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;"),
    ],
)
def use_catalog_spelling(statement: Statement) -> Iterator[Finding]:
    """USE CATALOG, or USE alone, which pipelines of open-source Spark do not take.

    Spark spells the first `SET CATALOG`, which forgets the schema that was set before, and has to be followed by
    `USE SCHEMA`. A pipeline takes USE only with the word SCHEMA, DATABASE or NAMESPACE behind it.
    """
    if not isinstance(statement, Setting) or statement.words not in ("USE", "USE CATALOG"):
        return
    if statement.words == "USE":
        yield _bare(statement)
        return
    tokens = tokens_of(statement.location.text)
    use = statement.location.inside(tokens.starts[0], tokens.ends[0])
    edit = Edit(use, "set" if use.text.islower() else "SET")
    yield Finding(
        statement.location.inside(tokens.starts[0], tokens.ends[1]),
        "Spark has no USE CATALOG",
        why="in Spark USE names a schema; SET CATALOG names the catalog",
        fixes=(Fix("write SET CATALOG", (edit,), safe=True, reason="it could not run as it was"),),
    )


def _bare(statement: Setting) -> Finding:
    tokens = tokens_of(statement.location.text)
    use = statement.location.inside(tokens.starts[0], tokens.ends[0])
    edit = Edit(use.source.at(use.end), " schema" if use.text.islower() else " SCHEMA")
    return Finding(
        use,
        "a pipeline of Spark does not take USE alone",
        why="it takes USE SCHEMA, and counts the short form among the statements that a source cannot hold",
        fixes=(Fix("write USE SCHEMA", (edit,), safe=True, reason="it could not run as it was"),),
    )
