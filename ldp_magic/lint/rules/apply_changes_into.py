from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import legacy
from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.lint.words import rewritten
from ldp_magic.sql.model import FlowDef, Statement
from ldp_magic.text import Edit, Location

_T = "CREATE OR REFRESH STREAMING TABLE t;\n"
_REST = "INTO t FROM STREAM(main.raw.s) KEYS (id) SEQUENCE BY seq;"


@rule(
    code="LDP505",
    severity="warning",
    spark="error",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Databricks documentation; Spark 4.3",
    bad=[
        bad(
            _T + "APPLY CHANGES " + _REST,
            fixed=_T + "CREATE FLOW t_cdc AS AUTO CDC " + _REST,
            safe=False,
            marks=("APPLY CHANGES",),
        ),
        bad(
            _T + "create flow f as\r\napply changes -- the feed\r\n" + _REST,
            fixed=_T + "create flow f as\r\nauto cdc -- the feed\r\n" + _REST,
            safe=True,
        ),
        bad(_T + "APPLY CHANGES INTO t FROM STREAM(main.raw.s) KEYS (id) WHERE ok SEQUENCE BY seq;"),
    ],
    good=[
        good(_T + "CREATE FLOW t_cdc AS AUTO CDC " + _REST),
        good(_T + "-- was: APPLY CHANGES INTO t\nCREATE FLOW f COMMENT 'apply changes into' AS AUTO CDC " + _REST),
    ],
)
def apply_changes_into(statement: Statement, context: Context) -> Iterator[Finding]:
    """APPLY CHANGES, the old spelling of AUTO CDC.

    The words mean the same. A bare `APPLY CHANGES INTO` has no flow name of its own, and the name is what the progress of a
    flow is kept under: with a new one the source is read from the start. Inside `CREATE FLOW` nothing changes.
    """
    where = legacy(statement) if isinstance(statement, FlowDef) else None
    if where is None or not isinstance(statement, FlowDef):
        return
    yield Finding(
        where,
        "APPLY CHANGES is the old spelling",
        why="it still runs on Databricks; open-source Spark refuses it",
        mark="say AUTO CDC",
        fixes=(_fix(statement, where, context),),
    )


def _fix(flow: FlowDef, where: Location, context: Context) -> Fix:
    if flow.cdc is not None and flow.cdc.where:
        return Fix("write AUTO CDC, and put the WHERE into a temporary view that it reads")
    if where.start > flow.location.start:
        return Fix("write AUTO CDC", rewritten(where, ("AUTO", "CDC")), safe=True, reason="means the same")
    name = f"{flow.target.last}_cdc"
    if not name.replace("${", "").replace("}", "").isidentifier() or name.lower() in context.short_names:
        return Fix(f"write CREATE FLOW … AS AUTO CDC INTO {flow.target}")
    edit = Edit(where, cased("CREATE FLOW", where) + f" {name} " + cased("AS AUTO CDC", where))
    return Fix("write CREATE FLOW … AS AUTO CDC", (edit,), reason="a flow with a new name reads its source anew")
