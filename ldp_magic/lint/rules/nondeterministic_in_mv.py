from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.incremental import reasons
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned

_M = "CREATE OR REFRESH MATERIALIZED VIEW m AS "


@rule(
    code="LDP602",
    severity="warning",
    foresees=(
        "MATERIALIZED_VIEW_NOT_INCREMENTALIZABLE.EXPRESSION_NOT_DETERMINISTIC",
        "MATERIALIZED_VIEW_NOT_INCREMENTALIZABLE.UDF_NOT_DETERMINISTIC",
    ),
    verified="a summary of the vendor's page; Spark 4.3 accepts it",
    bad=[
        bad(_M + "SELECT uuid() AS sk, id FROM main.raw.orders;", marks=("uuid()",)),
        bad(
            _M
            + "with o as (\r\n  select id, current_timestamp as seen -- when\r\n  from main.raw.orders\r\n) select id, seen from o;",
            marks=("current_timestamp",),
        ),
        bad(_M + "SELECT id, ai_summarize(note) AS short FROM main.raw.orders WHERE rand() < 0.1;", count=2),
    ],
    good=[
        good(_M + "SELECT sha2(string(id), 256) AS sk, id FROM main.raw.orders;"),
        good(_M + "SELECT id FROM main.raw.orders WHERE at > now() - INTERVAL 1 DAY;"),
        good(_M + "SELECT id, unix_timestamp(at) AS seconds, t.now FROM main.raw.orders t;"),
    ],
)
def nondeterministic_in_mv(owned: Owned) -> Iterator[Finding]:
    """A materialized view with values that are others each time.

    A view is what its query gives over the rows of now. With `uuid()`, `rand()` or the time of day in it nothing can be kept
    from the last update: every refresh computes all rows anew and changes them all, also for whoever reads them. Derive
    keys from columns, and stamp rows where they arrive, in a streaming table.
    """
    if owned.kind != "materialized view":
        return
    for reason in reasons(owned.facts):
        if reason.why == "varies":
            yield Finding(
                owned.locate(reason.span),
                f"{reason.what} gives {owned.name} other values at each refresh",
                why="what is not the same each time cannot be kept: all rows are computed anew",
                mark="never twice the same",
                fixes=(Fix("derive it from columns, or add it in the streaming table that brings the rows"),),
            )
