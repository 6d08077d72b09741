"""Edits that several rules offer: a clause taken out, a streaming table turned into a materialized view."""

from __future__ import annotations

import re

from ldp_magic.lint.subjects import Owned
from ldp_magic.lint.wrap import unwrapping
from ldp_magic.text import Edit, Location, Span

_STREAMING_TABLE = re.compile(r"STREAMING\s+TABLE\b", re.IGNORECASE)


def without(owned: Owned, span: Span) -> tuple[Edit, ...]:
    """Take a clause out of a query, with the blanks before it. Nothing where a comment would be lost."""
    where = owned.locate(span)
    if not owned.query.exact or owned.facts.pipes or "--" in where.text or "/*" in where.text:
        return ()
    return (Edit(where.source.at(_before(where), where.end), ""),)


def _before(where: Location) -> int:
    """Where the blanks before a place begin; behind a comment the line end stays."""
    text = where.source.text
    blanks = len(text[: where.start]) - len(text[: where.start].rstrip())
    start = where.start - blanks
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if "--" not in line:
        return start
    return where.start - (len(text[: where.start]) - len(text[: where.start].rstrip(" \t")))


def materialized(owned: Owned) -> tuple[Edit, ...]:
    """What makes `CREATE STREAMING TABLE ... AS query` a materialized view; nothing where that takes more."""
    dataset, flow = owned.dataset, owned.flow
    if dataset is None or flow is None or not flow.definition.implicit or dataset.kind != "streaming table":
        return ()
    word = _STREAMING_TABLE.search(dataset.definition.head.text)
    streams = [r for r in owned.facts.relations if r.streaming]
    if word is None or len(dataset.flows) > 1 or not all(r.stream_span for r in streams) or _streaming_views(owned):
        return ()
    name = "materialized view" if word.group().islower() else "MATERIALIZED VIEW"
    edits = [Edit(dataset.definition.head.inside(*word.span()), name)]
    for relation in streams:
        edits += unwrapping(owned, relation)
    return tuple(edits)


def _streaming_views(owned: Owned) -> bool:
    shapes = (owned.context.view_shape(owned, relation) for relation in owned.facts.relations)
    return any(shape is not None and shape.streaming for shape in shapes)
