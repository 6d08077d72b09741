from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.pipeline.streams import SeenSelect
from ldp_magic.sql.facts import Input, Select, Watermark
from ldp_magic.sql.functions import CLOCK, NONDETERMINISTIC
from ldp_magic.text import Span

_CHANGING = CLOCK | NONDETERMINISTIC
_TABLE = (
    "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s) WATERMARK {} DELAY OF INTERVAL 5 MINUTES;"
)


@rule(
    code="LDP121",
    severity="warning",
    foresees=("rows that come and go with each retry",),
    verified="Databricks documentation; Spark 4.3 runs it",
    bad=[
        bad(
            _TABLE.format("current_timestamp() AS at"),
            marks=("WATERMARK current_timestamp() AS at DELAY OF INTERVAL 5 MINUTES",),
        ),
        bad(
            "create or refresh streaming table t as select * from (\r\n  select *, now() as seen_at from stream main.raw.s) -- arrival\r\n"
            "watermark seen_at delay of interval 5 minutes",
        ),
        bad(_TABLE.format("timestampadd(SECOND, rand() * 10, at) AS at2")),
    ],
    good=[good(_TABLE.format("event_at")), good(_TABLE.format("to_timestamp(event_day) AS at"))],
)
def watermark_nondeterministic(streaming: Streaming) -> Iterator[Finding]:
    """A watermark over a value that differs each time it is computed.

    A batch that has to be run again would get other times, so other rows would count as late. Databricks asks for a
    deterministic expression; open-source Spark does not look. Use the time at which the event happened, as a column of
    the source.
    """
    for seen in streaming.streamed():
        for item, _ in seen.inputs:
            mark = item.watermark or (item.relation.watermark if item.relation is not None else None)
            if mark is not None and (name := _changing(streaming, seen, item, mark)):
                yield Finding(
                    streaming.locate(mark.span),
                    f"the watermark {mark.column} comes from {name}, which differs each time it is computed",
                    why="when a batch is run again, other rows would be late",
                    fixes=(Fix("use the time of the event, a column of the source"),),
                )


def _changing(streaming: Streaming, seen: SeenSelect, item: Input, mark: Watermark) -> str:
    if mark.expression.strip().lower() in _CHANGING:
        return mark.expression.strip().lower()
    own = _calls(seen.select, mark.span)
    node = item.query or next((c.query for c in streaming.facts.ctes if c.name.lower() == item.cte.lower()), None)
    if own or not isinstance(node, Select) or mark.aliased:
        return own
    made = next((o for o in node.outputs if o.name.lower() == mark.column.lower() and not o.plain), None)
    return _calls(node, made.span) if made is not None else ""


def _calls(select: Select, where: Span) -> str:
    inside = (c for c in select.calls if where.start <= c.span.start and c.span.end <= where.end)
    return next(
        (f"{c.name}()" for c in inside if c.name in _CHANGING and not (c.name == "unix_timestamp" and c.arguments)), ""
    )
