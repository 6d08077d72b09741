from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Script, Setting
from ldp_magic.sql.parameters import parameters_in

_SET = "SET region = 'eu';\n"


@rule(
    code="LDP015",
    severity="never",
    spark="warning",
    verified="Spark 4.3; the Databricks pages let a table see what SET defined before it",
    bad=[
        bad(
            _SET + "CREATE MATERIALIZED VIEW m AS SELECT '${region}' AS r;",
            target="spark-4.3",
            marks=("${region}",),
        ),
        bad(
            "set my.day = 9;\r\n-- later\r\ncreate materialized view m as with a as (select ${my.day} as d) select d from a;",
            target="spark-4.1",
            marks=("${my.day}",),
        ),
    ],
    good=[
        good("CREATE MATERIALIZED VIEW m AS SELECT '${region}' AS r;", target="spark-4.3", parameters={"region": "eu"}),
        good(_SET + "CREATE MATERIALIZED VIEW m AS SELECT 'eu' AS r; -- ${region}", target="spark-4.3"),
        good(_SET + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT '${region}' AS r;"),
    ],
)
def set_then_dollar(pipeline: Pipeline) -> Iterator[Finding]:
    """A parameter that only a SET in the same text gives a value.

    Open-source Spark puts parameters in while it reads the text; SET acts later, on the flows behind it. So the parameter
    is replaced by nothing, without a word. Give the value in the configuration of the pipeline.
    """
    for script in pipeline.scripts:
        yield from _in_script(script, pipeline)


def _in_script(script: Script, pipeline: Pipeline) -> Iterator[Finding]:
    given: dict[str, Setting] = {}
    for statement in script.statements:
        if isinstance(statement, Setting) and statement.kind == "set":
            given.setdefault(statement.key, statement)
        elif given and "${" in statement.location.text and getattr(statement, "language", "sql") == "sql":
            for name, span in parameters_in(tokens_of(statement.location.text)):
                where = statement.location.inside(span.start, span.end)
                if name in given and name not in pipeline.parameters and where.text.startswith("$"):
                    yield Finding(
                        where,
                        f"{name} has no value here: SET does not reach it",
                        why="Spark puts parameters in while it reads the text; SET acts only when it runs",
                        fixes=(Fix(f"move {name} to the configuration of the pipeline"),),
                        related=(Related(given[name].location, "set here"),),
                    )
