from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.incremental import reasons
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned

_M = "CREATE OR REFRESH MATERIALIZED VIEW m AS "


@rule(
    code="LDP606",
    severity="warning",
    foresees=("MATERIALIZED_VIEW_NOT_INCREMENTALIZABLE.WINDOW_WITHOUT_PARTITION_BY",),
    verified="a summary of the vendor's page; a vendor's note",
    bad=[
        bad(
            _M + "SELECT id, sum(v) OVER (ORDER BY day) AS run FROM main.raw.s;",
            marks=("OVER (ORDER BY day)",),
        ),
        bad(
            _M + "select id, rank() over w as r -- best\r\nfrom main.raw.s window w as (order by v);",
            marks=("over w",),
        ),
        bad(
            _M + "SELECT shop, sum(v) / sum(sum(v)) OVER () AS share FROM main.raw.s GROUP BY shop;", marks=("OVER ()",)
        ),
    ],
    good=[
        good(_M + "SELECT id, sum(v) OVER (PARTITION BY shop ORDER BY day) AS run FROM main.raw.s;"),
        good(_M + "SELECT id, rank() OVER w AS r FROM main.raw.s WINDOW w AS (PARTITION BY shop ORDER BY v);"),
    ],
)
def window_without_partition(owned: Owned) -> Iterator[Finding]:
    """A window over all rows of a materialized view.

    Without `PARTITION BY` one task sorts and holds every row, and a single new row can change all the others, so the view
    is computed in full each time. Say within what the rows are ranked or summed.
    """
    if owned.kind != "materialized view":
        return
    for reason in reasons(owned.facts):
        if reason.why == "window":
            yield Finding(
                owned.locate(reason.span),
                f"{reason.what} in {owned.name} spans all rows",
                why="without PARTITION BY one task handles every row, and a new row can change all of them",
                mark="no PARTITION BY",
                fixes=(Fix("add PARTITION BY to the window"),),
            )
