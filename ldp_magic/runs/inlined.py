"""A query with the streaming views that it reads written out in it, so that its watermarks and groups are in sight."""

from __future__ import annotations

from ldp_magic.engine.queries import with_values
from ldp_magic.engine.views import true
from ldp_magic.pipeline.lookup import dataset_of
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import Query
from ldp_magic.sql.query import facts_of
from ldp_magic.sql.writing import quoted
from ldp_magic.text import Edit, Source, apply_edits

DEEPEST = 20  # views over views


def inlined(text: str, pipeline: Pipeline, depth: int = 0) -> str:
    """The query with `STREAM(view)` replaced by the view's own query."""
    text = with_values(text, pipeline.parameters)
    facts = facts_of(text)
    source = Source("query", None, text)
    edits = []
    for relation in facts.relations:
        view = dataset_of(pipeline, relation.name) if relation.streaming and relation.name else None
        if view is not None and view.kind == "temporary view" and isinstance(view.body, Query) and depth < DEEPEST:
            inner = inlined(view.body.text, pipeline, depth + 1)
            edits.append(Edit(source.at(*relation.whole), _instead(text, relation, view, inner, pipeline)))
    return apply_edits(edits).get(source, text) if edits else text


def _instead(text: str, relation: Relation, view: Dataset, inner: str, pipeline: Pipeline) -> str:
    dropping = [each for each in view.expectations if each.on_violation == "drop"]
    if dropping:
        where = " AND ".join(true(with_values(each.condition, pipeline.parameters)) for each in dropping)
        inner = f"SELECT * FROM ({inner}) AS {quoted(view.qualified[-1])} WHERE {where}"
    mark = text[relation.watermark.span.start : relation.watermark.span.end] if relation.watermark else ""
    alias = "" if relation.alias else f" AS {quoted(relation.name[-1])}"
    return f"({inner}) {mark}{alias}"
