from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.words import phrase_in
from ldp_magic.pipeline.model import Flow
from ldp_magic.sql.model import Clause
from ldp_magic.text import Edit, Location

_ORDER = (
    "keys",
    "where",
    "ignore null updates",
    "apply as delete when",
    "apply as truncate when",
    "sequence by",
    "system sequence by",
    "columns",
    "stored as",
    "track history",
    "columns to update",
)
_F = "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) "
_T = "CREATE OR REFRESH STREAMING TABLE t;\n" + _F


@rule(
    code="LDP411",
    severity="warning",
    spark="never",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="a vendor's note; Spark 4.3 takes any order",
    bad=[
        bad(
            _T + "SEQUENCE BY seq APPLY AS DELETE WHEN op = 'D';",
            fixed=_T + "APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq;",
            safe=True,
            marks=("APPLY AS DELETE WHEN",),
        ),
        bad(
            _T + "\r\n  sequence by seq -- newest\r\n  stored as scd type 2\r\n  columns * except (op);",
            fixed=_T + "\r\n  sequence by seq -- newest\r\n  columns * except (op)\r\n  stored as scd type 2;",
        ),
    ],
    good=[
        good(_T + "APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS * EXCEPT (op) STORED AS SCD TYPE 2;"),
        good(
            "create streaming table t;\n" + _F + "SEQUENCE BY seq APPLY AS DELETE WHEN op = 'D';",
            target="spark-4.3",
        ),
    ],
)
def cdc_clause_order(flow: Flow) -> Iterator[Finding]:
    """Clauses of AUTO CDC that stand in another order than Databricks writes them.

    Databricks has been seen to refuse `APPLY AS DELETE WHEN` behind `SEQUENCE BY`; open-source Spark takes any order. The
    documented one is read by both: KEYS, APPLY AS ..., SEQUENCE BY, COLUMNS, STORED AS, TRACK HISTORY.
    """
    definition = flow.definition
    cdc = definition.cdc
    if cdc is None or definition.language == "python" or cdc.from_snapshot:
        return
    ranks = [_ORDER.index(c.name) for c in cdc.clauses if c.name in _ORDER]
    if ranks == sorted(ranks) or len(set(ranks)) < len(ranks) or len(ranks) < len(cdc.clauses):
        return
    late = next(c for n, c in enumerate(cdc.clauses) if n and ranks[n] < max(ranks[:n]))
    fix = Fix("put the clauses into the documented order", _sorted(cdc.clauses), safe=True, reason="means the same")
    yield Finding(
        _words(late),
        f"{late.name.upper()} belongs before {_last_before(late, cdc.clauses).name.upper()}",
        why="Databricks reads the clauses of AUTO CDC in the documented order",
        mark="too late",
        fixes=(fix,),
    )


def _words(clause: Clause) -> Location:
    """The words of a clause without what it holds."""
    return phrase_in(clause.location, *clause.name.upper().split()) or clause.location


def _last_before(late: Clause, clauses: tuple[Clause, ...]) -> Clause:
    return max(clauses[: clauses.index(late)], key=lambda c: _ORDER.index(c.name))


def _sorted(clauses: tuple[Clause, ...]) -> tuple[Edit, ...]:
    """Each place gets the text of the clause that belongs there; what stands between the places stays."""
    wanted = sorted(clauses, key=lambda c: _ORDER.index(c.name))
    return tuple(
        Edit(place.location, clause.location.text)
        for place, clause in zip(clauses, wanted, strict=True)
        if place is not clause
    )
