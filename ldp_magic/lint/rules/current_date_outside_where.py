from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.incremental import reasons
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned

_M = "CREATE OR REFRESH MATERIALIZED VIEW m AS "


@rule(
    code="LDP603",
    severity="info",
    spark="never",
    verified="a vendor's note",
    bad=[
        bad(
            _M + "SELECT id, datediff(current_date(), day) AS age FROM main.raw.orders;",
            marks=("current_date()",),
        ),
        bad(
            _M + "select o.id from main.raw.orders o join main.raw.days d\r\non d.day = current_date -- today\r\n",
            marks=("current_date",),
        ),
    ],
    good=[
        good(_M + "SELECT id FROM main.raw.orders WHERE day >= current_date() - INTERVAL 30 DAYS;"),
        good(_M + "SELECT id, o.current_date AS day FROM main.raw.orders o;"),
    ],
)
def current_date_outside_where(owned: Owned) -> Iterator[Finding]:
    """The date of today in a materialized view, outside WHERE.

    In `WHERE` Databricks lets the window of days move on and refreshes the view by its new rows. Anywhere else the date
    changes the rows themselves, so that all are computed anew. Keep the date itself, and reckon the age where it is read.
    """
    if owned.kind != "materialized view":
        return
    for reason in reasons(owned.facts):
        if reason.why == "clock":
            yield Finding(
                owned.locate(reason.span),
                f"{reason.what} outside WHERE makes {owned.name} be computed in full",
                why="the date of today is allowed for incremental refresh in WHERE only",
                fixes=(Fix("reckon it where the view is read, or filter by it in WHERE"),),
            )
