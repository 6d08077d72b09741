from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Statement
from ldp_magic.sql.parameters import parameters_in
from ldp_magic.text import Edit, Location, Span

_MARKER = re.compile(r"\$\{|(?<![:\w)\]`'\"]):[A-Za-z_]")
# The session holds these without a pipeline's configuration.
_FROM_SESSION = ("spark.", "pipelines.", "env:", "system:", "hiveconf:", "hivevar:", "sparkconf:", "spark:")


@rule(
    code="LDP014",
    foresees=("UNRESOLVED_COLUMN", "TABLE_OR_VIEW_NOT_FOUND"),
    verified="Spark 4.3, which puts nothing in its place without a word; not verified on Databricks",
    needs="the pipeline's configuration",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT * FROM ${source_catlog}.sales.orders;",
            parameters={"source_catalog": "main"},
            fixed="CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT * FROM ${source_catalog}.sales.orders;",
            safe=False,
            marks=("${source_catlog}",),
        ),
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m\r\nCOMMENT 'of ${regoin}' -- ${nothing}\r\nAS SELECT '${region}' AS region;",
            parameters={"region": "eu"},
            marks=("${regoin}",),
        ),
        bad(
            "CREATE MATERIALIZED VIEW m AS SELECT '${of_nobody}' AS x;",
            parameters={"region": "eu"},
            target="spark-4.3",
            marks=("${of_nobody}",),
        ),
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT * FROM main.raw.s WHERE at > :start_dat;",
            parameters={"start_date": "2026-01-01"},
            marks=(":start_dat",),
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM ${source_catalog}.sales.orders;",
            parameters={"source_catalog": "main"},
        ),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM ${source_catalog}.sales.orders;"),
        good(
            "SET spark.my.day = 1;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM main.raw.s WHERE day > ${spark.my.day} AND a:day::int > :other;",
            parameters={"day": "1"},
        ),
    ],
)
def undefined_parameter(pipeline: Pipeline, context: Context) -> Iterator[Finding]:
    """A parameter that nobody gives a value.

    Spark puts nothing in the place of an unknown `${name}`, without a word: a name loses a part, a text becomes empty, and
    the rows may be wrong. Write the name as the configuration has it, or add it there. Nothing is said where no
    configuration is known.
    """
    if not pipeline.parameters:
        return
    known = {name.lower(): name for name in pipeline.parameters}
    known |= {s.key.lower(): s.key for s in pipeline.settings if s.kind == "set"}
    for script in pipeline.scripts:
        for statement in script.statements:
            for name, where in _parameters(statement):
                if name.lower() not in known and not name.lower().startswith(_FROM_SESSION):
                    yield from _finding(name, where, known, context)


def _parameters(statement: Statement) -> Iterator[tuple[str, Location]]:
    if getattr(statement, "language", "sql") == "sql":
        for name, span in _in_text(statement.location.text):
            yield name, statement.location.inside(span.start, span.end)


@lru_cache(maxsize=8192)
def _in_text(text: str) -> tuple[tuple[str, Span], ...]:
    return parameters_in(tokens_of(text)) if _MARKER.search(text) else ()


def _finding(name: str, where: Location, known: dict[str, str], context: Context) -> Iterator[Finding]:
    near = next(iter(get_close_matches(name.lower(), known, 1, 0.75)), "")
    marker = not where.text.startswith("$")
    if marker and not near:
        return  # named parameters can also be given to a single update
    advice = Fix(f"add {name} to the pipeline's configuration")
    if near:
        written = where.text.replace(name, known[near])
        advice = Fix(f"write {written}", (Edit(where, written),), reason="only you know which parameter was meant")
    yield Finding(
        where,
        f"no parameter is called {name}" + (f"; {known[near]} is" if near else ""),
        why="an unknown parameter is replaced by nothing, and nobody says so",
        fixes=(advice,),
        severity=None if near or context.spark else "warning",
    )
