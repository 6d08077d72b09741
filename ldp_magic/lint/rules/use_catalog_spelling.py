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
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3",
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
    ],
    good=[
        good("SET CATALOG sales;\nUSE SCHEMA raw;" + _VIEW, target="spark-4.3"),
        good("USE CATALOG sales;\nCREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;"),
    ],
)
def use_catalog_spelling(statement: Statement) -> Iterator[Finding]:
    """USE CATALOG, which open-source Spark does not read.

    Spark spells it `SET CATALOG`; USE takes a schema. Both forget the schema that was set before.
    """
    if not isinstance(statement, Setting) or statement.words != "USE CATALOG":
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
