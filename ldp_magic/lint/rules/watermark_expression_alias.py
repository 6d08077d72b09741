from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned
from ldp_magic.lint.watermarks import watermarks
from ldp_magic.sql.facts import Select, Watermark
from ldp_magic.sql.query import expression_facts
from ldp_magic.text import Edit, Span

_CAST = re.compile(r"[\w.`]+\s*::\s*\w+|cast\s*\(\s*[\w.`]+\s+as\s+\w+\s*\)", re.IGNORECASE)
_TABLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.clicks) WATERMARK {} DELAY OF INTERVAL 1 HOUR AS c;"


@rule(
    code="LDP009",
    foresees=("REQUIRES_EXPLICIT_NAME_IN_WATERMARK_CLAUSE", "CANNOT_USE_MULTI_ALIASES_IN_WATERMARK_CLAUSE"),
    verified="Spark 4.3, dry, for 30 expressions; the second condition from its list of errors",
    bad=[
        bad(
            _TABLE.format("to_timestamp(at_txt)"),
            fixed=_TABLE.format("to_timestamp(at_txt) AS event_time"),
            safe=False,
            marks=("to_timestamp(at_txt)",),
        ),
        bad(
            _TABLE.format("event_time + INTERVAL 1 HOUR").replace("WATERMARK", "watermark"),
            fixed=_TABLE.format("event_time + INTERVAL 1 HOUR as event_time_2").replace("WATERMARK", "watermark"),
        ),
        bad(_TABLE.format("explode(times) AS (a, b)"), marks=("explode(times) AS (a, b)",)),
    ],
    good=[
        good(_TABLE.format("to_timestamp(at_txt) AS at")),
        good(_TABLE.format("to_timestamp(at_txt) at")),
        good(_TABLE.format("`at`")),
        good(_TABLE.format("event_time::timestamp")),
    ],
)
def watermark_expression_alias(owned: Owned) -> Iterator[Finding]:
    """A WATERMARK over an expression that has no name.

    The watermark belongs to a column, and windows and joins have to name it: give the expression a name of its own with
    `AS`. The name is new, so GROUP BY and the select list have to use it too. A cast keeps the name of its column.
    """
    for mark in watermarks(owned.facts):
        text = _expression(owned, mark)
        root = expression_facts(text).root
        output = root.outputs[0] if isinstance(root, Select) and len(root.outputs) == 1 else None
        many = output is None and ")" in text and " as " in text.lower() and text.endswith(")")
        if many or (output is not None and not output.aliased and not output.plain and not _CAST.fullmatch(text)):
            yield _finding(owned, mark, text, many)


def _expression(owned: Owned, mark: Watermark) -> str:
    return mark.expression if not mark.aliased else f"{mark.expression} AS {mark.column}"


def _finding(owned: Owned, mark: Watermark, text: str, many: bool) -> Finding:
    at = owned.query.text.find(text, mark.span.start, mark.span.end)
    span = Span(at, at + len(text)) if at >= 0 else mark.span
    why = "a watermark belongs to one column; windows and joins have to name it"
    if many:
        return Finding(owned.locate(span), "a watermark takes one name", why=why)
    word = "as" if owned.text(mark.span).startswith("watermark") else "AS"
    name = _unused("event_time", owned.query.text)
    edit = Edit(owned.locate(Span(span.end, span.end)), f" {word} {name}")
    fix = Fix(f"name it: AS {name}", (edit,) if owned.query.exact else (), reason="only you know what to call it")
    return Finding(owned.locate(span), "the expression of this watermark has no name", why=why, fixes=(fix,))


def _unused(name: str, text: str) -> str:
    low, number = text.lower(), 2
    if name not in low:
        return name
    while f"{name}_{number}" in low:
        number += 1
    return f"{name}_{number}"
