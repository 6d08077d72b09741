"""The watermarks of a query, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Facts, Watermark


def watermarks(facts: Facts) -> Iterator[Watermark]:
    """Every watermark of a query once, in text order."""
    found = {r.watermark.span: r.watermark for r in facts.relations if r.watermark is not None}
    for select in facts.selects:
        found |= {item.watermark.span: item.watermark for item in select.inputs if item.watermark is not None}
    found |= {mark.span: mark for mark in facts.misplaced_watermarks}
    yield from (found[span] for span in sorted(found))
