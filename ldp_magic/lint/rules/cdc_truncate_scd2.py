from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import clause_of
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Flow

_T = (
    "CREATE OR REFRESH STREAMING TABLE t;\n"
    "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id){} SEQUENCE BY seq STORED AS SCD TYPE {};"
)


@rule(
    code="LDP406",
    spark="never",
    verified="a summary of the vendor's page; a vendor's note",
    bad=[
        bad(_T.format(" APPLY AS TRUNCATE WHEN op = 'T'", 2), marks=("APPLY AS TRUNCATE WHEN op = 'T'",)),
        bad(_T.format("\r\n  /* wipe */ apply as truncate when op = 'T'\r\n ", 2)),
    ],
    good=[
        good(_T.format(" APPLY AS TRUNCATE WHEN op = 'T'", 1)),
        good(_T.format(" APPLY AS DELETE WHEN op = 'D'", 2)),
    ],
)
def cdc_truncate_scd2(flow: Flow) -> Iterator[Finding]:
    """APPLY AS TRUNCATE on a table that keeps history.

    A truncate empties the target, and a history (SCD type 2) is never emptied: Databricks takes the clause with SCD type 1
    only. Let deletes end the rows instead, or keep only the newest rows.
    """
    cdc = flow.definition.cdc
    clause = clause_of(cdc, "apply as truncate when") if cdc is not None else None
    if cdc is None or clause is None or cdc.scd_type != "2":
        return
    stored = clause_of(cdc, "stored as")
    related = (Related(stored.location, "history is kept here"),) if stored is not None else ()
    yield Finding(
        clause.location,
        f"{flow.target} keeps history, which cannot be truncated",
        why="a truncate empties the target; SCD type 2 only ends rows",
        mark="SCD TYPE 1 only",
        fixes=(Fix("end the rows with APPLY AS DELETE WHEN, or store SCD TYPE 1"),),
        related=related,
    )
