from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import removed
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned
from ldp_magic.sql.facts import Input, Watermark
from ldp_magic.text import Edit, Span

_TABLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT c.at FROM {};"


@rule(
    code="LDP007",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3",
    bad=[
        bad(
            _TABLE.format("STREAM(main.raw.clicks) c WATERMARK at DELAY OF INTERVAL 5 MINUTES"),
            fixed=_TABLE.format("STREAM(main.raw.clicks) WATERMARK at DELAY OF INTERVAL 5 MINUTES c"),
            safe=True,
            marks=("WATERMARK at DELAY OF INTERVAL 5 MINUTES",),
        ),
        bad(
            _TABLE.format(
                "STREAM main.raw.clicks AS c -- by user\r\n  WATERMARK at DELAY OF INTERVAL 5 MINUTES\r\nWHERE c.id > 0"
            ),
            fixed=_TABLE.format(
                "STREAM main.raw.clicks WATERMARK at DELAY OF INTERVAL 5 MINUTES AS c -- by user\r\nWHERE c.id > 0"
            ),
        ),
        bad(
            _TABLE.format(
                "STREAM main.raw.clicks WATERMARK at DELAY OF INTERVAL 5 MINUTES WITH (maxFilesPerTrigger = 10) AS c"
            ),
            fixed=_TABLE.format(
                "STREAM main.raw.clicks WITH (maxFilesPerTrigger = 10) WATERMARK at DELAY OF INTERVAL 5 MINUTES AS c"
            ),
        ),
    ],
    good=[
        good(_TABLE.format("STREAM(main.raw.clicks) WATERMARK at DELAY OF INTERVAL 5 MINUTES AS c")),
        good(
            _TABLE.format(
                "STREAM main.raw.clicks WITH (maxFilesPerTrigger = 10) WATERMARK at DELAY OF INTERVAL 5 MINUTES AS c"
            )
        ),
    ],
)
def watermark_position(owned: Owned) -> Iterator[Finding]:
    """A WATERMARK behind the alias, or before the options of its source.

    What stands behind a source has a fixed order: options, watermark, alias. In any other Spark stops at the first word
    that comes too late.
    """
    for mark in owned.facts.misplaced_watermarks:
        yield _finding(owned, mark, "the watermark stands behind the alias", _before_alias(owned, mark.span))
    for relation in owned.facts.relations:
        mark_, last = relation.watermark, relation.whole.end
        if mark_ is not None and relation.options and last > mark_.span.end:
            yield _finding(owned, mark_, "the watermark stands before the source's options", last)


def _finding(owned: Owned, mark: Watermark, message: str, to: int) -> Finding:
    where = owned.locate(mark.span)
    fixes: tuple[Fix, ...] = ()
    if to >= 0 and owned.query.exact:
        place = owned.locate(Span(to, to))
        edits = (removed(where), Edit(place, " " + where.text))
        fixes = (Fix("move it to its place", edits, safe=True, reason="it could not run as it was"),)
    why = "behind a source stand its options, its watermark and its alias, in this order"
    return Finding(where, message, why=why, fixes=fixes)


def _before_alias(owned: Owned, mark: Span) -> int:
    """The end of the source that stands before the alias, or -1."""
    ends = [end for select in owned.facts.selects for item in select.inputs if (end := _end(owned, item)) <= mark.start]
    return max(ends, default=-1)


def _end(owned: Owned, item: Input) -> int:
    if item.relation is not None:
        return item.relation.whole.end
    behind = owned.query.text[item.span.end : item.span.end + 1]
    return item.span.end + 1 if item.cte and behind == ")" else item.span.end
