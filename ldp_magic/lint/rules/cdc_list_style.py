from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.lint.words import cursor_over
from ldp_magic.pipeline.model import Flow
from ldp_magic.sql.model import Clause
from ldp_magic.text import Edit, Location

_F = "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq {};"
_T = "CREATE OR REFRESH STREAMING TABLE t;\n" + _F
_SPARK = "CREATE STREAMING TABLE t;\n" + _F


@rule(
    code="LDP415",
    severity="warning",
    spark="error",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3; the grammar in the documentation of Databricks",
    bad=[
        bad(
            _SPARK.format("COLUMNS id, city"),
            target="spark-4.3",
            fixed=_SPARK.format("COLUMNS (id, city)"),
            safe=True,
            marks=("id, city",),
        ),
        bad(
            _SPARK.format("stored as scd type 2\r\n  track history on city, -- where\r\n  shop"),
            target="spark-4.3",
            fixed=_SPARK.format("stored as scd type 2\r\n  track history on (city, -- where\r\n  shop)"),
        ),
        bad(_T.format("COLUMNS (id, city)"), fixed=_T.format("COLUMNS id, city"), safe=True, marks=("(id, city)",)),
    ],
    good=[
        good(_T.format("COLUMNS id, city")),
        good(_T.format("COLUMNS * EXCEPT (city)")),
        good(_SPARK.format("COLUMNS (id, city) STORED AS SCD TYPE 2"), target="spark-4.3"),
    ],
)
def cdc_list_style(flow: Flow, context: Context) -> Iterator[Finding]:
    """A list of columns in the brackets, or without the brackets, of the other engine.

    Behind `COLUMNS` and `TRACK HISTORY ON` open-source Spark wants the names in brackets and refuses them bare; the grammar
    of Databricks has them bare. `* EXCEPT (…)` is written the same for both.
    """
    cdc = flow.definition.cdc
    if cdc is None or flow.definition.language == "python":
        return
    for clause in cdc.clauses:
        if clause.name in ("columns", "track history"):
            yield from _judged(clause, context.spark)


def _judged(clause: Clause, spark: bool) -> Iterator[Finding]:
    where = clause.value_location or clause.location
    cursor = cursor_over(where)
    cursor.take("ON")
    first, last = cursor.index, len(cursor.tokens)
    if cursor.word() == "*" or cursor.done or (cursor.word() == "(") == spark:
        return
    held = cursor.between(first, last)
    words = "TRACK HISTORY ON" if clause.name == "track history" else "COLUMNS"
    if spark:
        edits = (Edit(held.inside(0, 0), "("), Edit(held.source.at(held.end), ")"))
        yield _finding(
            held, f"the names behind {words} need brackets", "open-source Spark", "put them in brackets", edits
        )
    elif cursor.closing() == last - 1:
        edits = (Edit(cursor.between(first, first + 1), ""), Edit(cursor.between(last - 1, last), ""))
        yield _finding(
            held, f"the names behind {words} stand in brackets", "Databricks", "take the brackets off", edits
        )


def _finding(where: Location, message: str, engine: str, title: str, edits: tuple[Edit, ...]) -> Finding:
    reason = "it could not run as it was" if engine != "Databricks" else "means the same"
    why = f"the grammar of {engine} has them the other way"
    return Finding(where, message, why=why, fixes=(Fix(title, edits, safe=True, reason=reason),))
