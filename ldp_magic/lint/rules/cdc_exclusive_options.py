from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import clause_of
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Flow
from ldp_magic.sql.model import AutoCdc, Clause

_T = "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) "


@rule(
    code="LDP416",
    foresees=("CANNOT_SET_TOGETHER", "AUTOCDC_BOTH_COLUMN_LIST_AND_EXCEPT_COLUMN_LIST"),
    verified="Spark 4.3 for the SCD type; a summary of the vendor's page for the rest",
    bad=[
        bad(
            _T + "IGNORE NULL UPDATES SEQUENCE BY seq COLUMNS TO UPDATE changed;",
            marks=("COLUMNS TO UPDATE changed",),
        ),
        bad(_T + "sequence by seq -- by the source\r\nsystem sequence by seen;", marks=("system sequence by seen",)),
        bad(_T + "SEQUENCE BY seq STORED AS SCD TYPE 3;", marks=("SCD TYPE 3",)),
        bad(_T + "SEQUENCE BY seq STORED AS BITEMPORAL;", marks=("STORED AS BITEMPORAL",)),
    ],
    good=[
        good(_T + "SEQUENCE BY seq COLUMNS TO UPDATE changed;"),
        good(_T + "IGNORE NULL UPDATES SEQUENCE BY seq STORED AS SCD TYPE 2;"),
        good(_T + "SEQUENCE BY seq SYSTEM SEQUENCE BY seen STORED AS BITEMPORAL;"),
    ],
)
def cdc_exclusive_options(flow: Flow) -> Iterator[Finding]:
    """Options of AUTO CDC that exclude each other, or need each other.

    `COLUMNS TO UPDATE` says itself which nulls count, so `IGNORE NULL UPDATES` cannot stand beside it. `SYSTEM SEQUENCE BY` and
    `BITEMPORAL` belong together. The only other kinds of storage are SCD type 1 and 2.
    """
    cdc = flow.definition.cdc
    if cdc is None:
        return
    ignore, update = clause_of(cdc, "ignore null updates"), clause_of(cdc, "columns to update")
    if update is not None and ignore is not None and cdc.ignore_null_updates:
        yield _finding(
            update, "COLUMNS TO UPDATE and IGNORE NULL UPDATES exclude each other", "drop one of them", ignore
        )
    yield from _system(cdc)
    stored = cdc.clause("stored as")
    if stored is not None and cdc.scd_type not in ("1", "2", "bitemporal") and "${" not in cdc.scd_type:
        message = f"there is no SCD type {cdc.scd_type}"
        where = stored.value_location or stored.location
        yield Finding(
            where, message, why="AUTO CDC keeps the newest rows (1) or their history (2)", fixes=(Fix("write 1 or 2"),)
        )


def _system(cdc: AutoCdc) -> Iterator[Finding]:
    system, stored = clause_of(cdc, "system sequence by"), clause_of(cdc, "stored as")
    if system is not None and cdc.scd_type in ("1", "2"):
        yield _finding(
            system, "SYSTEM SEQUENCE BY needs STORED AS BITEMPORAL", "store it BITEMPORAL, or drop the clause"
        )
    elif system is None and stored is not None and cdc.scd_type == "bitemporal":
        yield _finding(stored, "BITEMPORAL needs SYSTEM SEQUENCE BY", "say what orders the changes in system time")


def _finding(clause: Clause, message: str, title: str, other: Clause | None = None) -> Finding:
    related = (Related(other.location, "the other one"),) if other is not None else ()
    why = (
        "the two would say different things about one change"
        if other is not None
        else "one means nothing without the other"
    )
    return Finding(clause.location, message, why=why, fixes=(Fix(title),), related=related)
