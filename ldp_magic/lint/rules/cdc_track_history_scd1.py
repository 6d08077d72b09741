from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased, removed
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.words import has_comment
from ldp_magic.pipeline.model import Flow
from ldp_magic.sql.model import AutoCdc, Clause
from ldp_magic.text import Edit

_T = "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq "


@rule(
    code="LDP405",
    foresees=("PIPELINE_SQL_GRAPH_ELEMENT_REGISTRATION_ERROR", "AUTOCDC_TRACK_HISTORY_REQUIRES_SCD2"),
    verified="Spark 4.3",
    bad=[
        bad(
            _T + "TRACK HISTORY ON city;",
            fixed=_T + "STORED AS SCD TYPE 2 TRACK HISTORY ON city;",
            safe=False,
            marks=("TRACK HISTORY ON city",),
        ),
        bad(
            _T + "STORED AS scd type 1 -- current rows\r\nTRACK HISTORY ON * EXCEPT (city);",
            fixed=_T + "STORED AS scd type 2 -- current rows\r\nTRACK HISTORY ON * EXCEPT (city);",
        ),
    ],
    good=[
        good(_T + "STORED AS SCD TYPE 2 TRACK HISTORY ON city;"),
        good(_T + "STORED AS SCD TYPE 1;"),
    ],
)
def cdc_track_history_scd1(flow: Flow) -> Iterator[Finding]:
    """TRACK HISTORY on a table that keeps no history.

    SCD type 1, which is also what is meant where nothing is said, keeps only the newest row of each key, so there is no
    history to track and the flow is refused. Keep history with `STORED AS SCD TYPE 2`, or leave the clause out.
    """
    definition = flow.definition
    cdc = definition.cdc
    clause = cdc.clause("track history") if cdc is not None else None
    if cdc is None or clause is None or cdc.scd_type != "1":
        return
    yield Finding(
        clause.location,
        f"{flow.target} keeps no history that could be tracked",
        why="SCD type 1 keeps only the newest row of each key",
        mark="needs SCD TYPE 2",
        fixes=(_history(cdc, clause, flow), _without(clause)),
    )


def _history(cdc: AutoCdc, clause: Clause, flow: Flow) -> Fix:
    stored = cdc.clause("stored as")
    if stored is None:
        words = cased("STORED AS SCD TYPE 2", flow.definition.location)
        edit = Edit(clause.location.inside(0, 0), f"{words} ")
    else:
        end = stored.location.end - stored.location.start
        edit = Edit(stored.location.inside(end - 1, end), "2")
        if stored.location.text[-1:] != "1":
            return Fix("write STORED AS SCD TYPE 2")
    return Fix("keep history: STORED AS SCD TYPE 2", (edit,), reason="the target gets __START_AT and __END_AT")


def _without(clause: Clause) -> Fix:
    if has_comment(clause.location):
        return Fix("leave TRACK HISTORY out")
    edit = removed(clause.location)
    return Fix("leave TRACK HISTORY out", (edit,), reason="only the newest row of each key stays")
