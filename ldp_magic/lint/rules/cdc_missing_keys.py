from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import words_of
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Flow

_T = "CREATE OR REFRESH STREAMING TABLE t;\n"


@rule(
    code="LDP401",
    foresees=("PARSE_SYNTAX_ERROR", "AUTOCDC_EMPTY_KEYS"),
    verified="the grammar of Spark 4.3",
    bad=[
        bad(
            _T + "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) SEQUENCE BY seq;",
            marks=("AUTO CDC",),
        ),
        bad(
            "create or refresh streaming table t;\r\n"
            "apply changes into t -- no key\r\nfrom stream(main.raw.changes) keys () sequence by seq;",
            marks=("()",),
        ),
    ],
    good=[
        good(_T + "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq;"),
        good(
            "CREATE OR REFRESH STREAMING TABLE t FLOW AUTO CDC FROM STREAM(main.raw.changes) KEYS (id, shop) SEQUENCE BY seq;"
        ),
    ],
)
def cdc_missing_keys(flow: Flow) -> Iterator[Finding]:
    """AUTO CDC without keys.

    The keys say which row of the target a change belongs to; without them nothing can be updated or deleted, and the
    statement is refused. Name the columns that identify a row, in brackets after the source: `KEYS (id)`.
    """
    definition = flow.definition
    cdc = definition.cdc
    if cdc is None or cdc.keys or definition.language == "python":  # LDP812 speaks of Python
        return
    clause = cdc.clause("keys")
    where = (clause.value_location or clause.location) if clause is not None else words_of(definition)
    yield Finding(
        where,
        f"the changes for {flow.target} have no keys",
        why="a change finds its row by its keys",
        mark="KEYS (…) is missing" if clause is None else "no column in it",
        fixes=(Fix("name the columns that identify a row: KEYS (…) after the source"),),
    )
