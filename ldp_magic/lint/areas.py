"""Where a dataset's reads are written, with all that belongs to them: options, arguments, the path."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import Body, Query
from ldp_magic.text import Location, line_starts

_LINE_COMMENT = re.compile(r"--|#|/\*")


def areas(dataset: Dataset) -> Iterator[tuple[Relation, Location]]:
    """Each relation that the dataset and its flows read, and the text that says so."""
    bodies = [dataset.body, *(flow.definition.body for flow in dataset.flows)]
    for body in {id(b): b for b in bodies if b is not None}.values():
        for relation in _reads(body):
            yield relation, body.locate(relation.whole)


def _reads(body: Body) -> tuple[Relation, ...]:
    return body.facts.relations if isinstance(body, Query) else body.reads


def written(area: Location, value: str) -> Location | None:
    """Where *value* stands in a read word for word; None if it is put together elsewhere."""
    at = area.text.find(value) if value else -1
    return area.inside(at, at + len(value)) if at >= 0 else None


def option_in(area: Location, name: str) -> Location | None:
    """An option with its value: `name => value`, `'name', 'value'`, `"name" = value`."""
    pattern = rf"(?i)[`'\"]?(?<![\w.]){re.escape(name)}[`'\"]?\s*(?:=>|=|,|:)\s*(?:'[^']*'|\"[^\"]*\"|[\w.]+)"
    found = re.search(pattern, area.text)
    return area.inside(*found.span()) if found else None


def commented(place: Location) -> bool:
    """Is there a comment on the line, or on the line above it?"""
    text, line = place.source.text, place.first.line
    starts = (*line_starts(text), len(text))
    here, above = text[place.end : starts[place.last.line]], text[starts[max(line - 2, 0)] : starts[line - 1]]
    return bool(_LINE_COMMENT.search(here)) or above.lstrip().startswith(("--", "#", "/*", "*"))
