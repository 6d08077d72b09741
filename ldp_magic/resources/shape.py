"""What decides the rows of each table, as plain values that are kept until the next deploy and compared then."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from ldp_magic.lint.past import flow_name, words
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline, Read
from ldp_magic.pipeline.names import filled, written
from ldp_magic.pipeline.streams import Seen, SeenSelect, Shape, shape_of
from ldp_magic.resources.wanted import Json
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import AutoCdc, Body, Code, Query

__all__ = ["HELD", "shapes"]

HELD = ("streaming table", "materialized view", "table", "sink")  # what has rows of its own
_VIEWS = ("temporary view", "view")
_REMEMBERS = frozenset({"groupBy", "groupby", "agg", "rollup", "cube", "distinct", "dropDuplicates", "drop_duplicates"})
_REMEMBERS_TOO = _REMEMBERS | {"dropDuplicatesWithinWatermark", "join"}


def shapes(pipeline: Pipeline, file_of: Mapping[str, str]) -> dict[str, Mapping[str, Json]]:
    """By qualified name, what decides the rows of each table of a pipeline, in an order in which each stands after
    what it reads."""
    look = _Look(pipeline)
    held = [dataset for dataset in pipeline.datasets.values() if dataset.kind in HELD]
    return {".".join(each.qualified): look.table(each, file_of.get(each.name, "")) for each in held}


class _Look:
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.by_name = {each.qualified[-1].lower(): each for each in pipeline.datasets.values() if each.kind in _VIEWS}

    def table(self, dataset: Dataset, file: str) -> dict[str, Json]:
        definition = dataset.definition
        clause = definition.clause("partitioned by") or definition.clause("partition_cols")
        reads = dict(self.sources(dataset.reads))
        for flow in dataset.flows:
            for name, streamed in self.sources(flow.reads):
                reads[name] = streamed or reads.get(name, False)
        return {
            "name": dataset.name,
            "pipeline": self.pipeline.name,
            "kind": dataset.kind,
            "file": file,
            "columns": [[each.name, each.type] for each in dataset.columns or ()],
            "partition": " ".join(words(clause.location.text)) if clause else "",
            "expectations": {
                each.name: [" ".join(words(each.condition)), each.on_violation] for each in dataset.expectations
            },
            "query": self.text(dataset.body) if dataset.body is not None and not dataset.flows else "",
            "flows": {flow_name(flow, self.pipeline): self.flow(flow) for flow in dataset.flows},
            "reads": reads,
        }

    def flow(self, flow: Flow) -> dict[str, Json]:
        definition = flow.definition
        body = definition.body if definition.cdc is None else definition.cdc.source
        found: dict[str, Json] = {"query": self.text(body), "once": definition.once}
        found["sources"] = sorted(name for name, streamed in self.sources(flow.reads) if streamed)
        if definition.cdc is not None:
            return found | {"changes": _changes(definition.cdc)}
        shape, memory = self.memory(body, flow.reads)
        return found | {"memory": memory, "watermarks": self.marks(body), "anew": bool(shape.complete)}

    def sources(self, reads: Iterable[Read]) -> Iterator[tuple[str, bool]]:
        """What is read, through views; and whether it is read as a stream."""
        for read in reads:
            found = self.pipeline.datasets.get(read.name) if read.kind == "dataset" else None
            if found is not None and found.kind in _VIEWS:
                yield from self.sources(found.reads)
            elif found is not None:
                yield ".".join(found.qualified), read.streaming
            else:
                yield self.outside(read), read.streaming

    def outside(self, read: Read) -> str:
        if read.relation.name:
            return ".".join(written(read.relation.name, self.pipeline.parameters))
        return filled(read.name, self.pipeline.parameters)

    def text(self, body: Body | None) -> str:
        """A mark of what is asked, views that it goes through included; comments and layout aside."""
        return _mark("\0".join(self.asked(body, set()))) if body is not None else ""

    def asked(self, body: Body, seen: set[str]) -> Iterator[str]:
        if isinstance(body, Code):
            yield body.location.text
        else:
            yield _folded(filled(body.text, self.pipeline.parameters))
        for view in self.views(body):
            if view.name not in seen and view.body is not None:
                seen.add(view.name)
                yield from self.asked(view.body, seen)

    def views(self, body: Body) -> Iterator[Dataset]:
        for relation in body.reads:
            view = self.view(relation)
            if view is not None:
                yield view

    def view(self, relation: Relation) -> Dataset | None:
        if not relation.name:
            return None
        return self.by_name.get(written(relation.name, self.pipeline.parameters)[-1].lower())

    # --- what a stream has to remember --------------------------------------------------------------------------

    def memory(self, body: Body | None, reads: Iterable[Read]) -> tuple[Shape, list[Json]]:
        """What a flow keeps between updates besides how far it has read: one entry for each place that remembers."""
        if isinstance(body, Code):
            calls = [name for name, _ in body.calls if name in _REMEMBERS_TOO]
            shape = shape_of(body, self.brought)
            return shape, ([["code", _mark(body.location.text)]] if calls and shape.streaming else [])
        if body is None:
            return Shape(), []
        seen: Seen = []
        text = filled(body.text, self.pipeline.parameters)
        asked = Query(text, body.location, exact=False)
        shape = shape_of(asked, self.brought, seen)
        selects = (one for one in seen if isinstance(one, SeenSelect))
        found: list[Json] = [entry for one in selects for entry in _operators(one, text)]
        for view in self.views(body):
            if view.body is not None:
                found += self.memory(view.body, view.reads)[1]
        return shape, found

    def brought(self, relation: Relation) -> Shape | None:
        view = self.view(relation)
        return shape_of(view.body, self.brought) if view is not None else None

    def marks(self, body: Body | None) -> list[Json]:
        if body is None:
            return []
        own: list[Json] = [
            [_folded(r.watermark.expression), _folded(r.watermark.delay)] for r in body.reads if r.watermark is not None
        ]
        return own + [mark for view in self.views(body) for mark in self.marks(view.body)]


def _operators(one: SeenSelect, text: str) -> Iterator[Json]:
    """Each thing that a SELECT over streams has to remember, with what its memory is laid out for."""
    streams = [shape for _, shape in one.inputs if shape.streaming]
    if not streams:
        return
    select = one.select
    if len(streams) > 1:
        yield [
            "join",
            *(_folded(text[j.condition.start : j.condition.end]) if j.condition else "" for j in select.joins),
        ]
    if select.aggregates or "group by" in select.clauses:
        keys = [_folded(text[key.start : key.end]) for key in select.group_keys]
        yield ["groups", sorted(keys), sorted(_folded(text[c.span.start : c.span.end]) for c in select.aggregates)]
    if select.distinct is not None:
        yield ["distinct", [_folded(text[o.span.start : o.span.end]) for o in select.outputs]]


def _changes(cdc: AutoCdc) -> dict[str, Json]:
    def names(some: tuple[str, ...] | None) -> list[Json]:
        return [*sorted(name.lower() for name in some or ())]

    return {
        "keys": names(cdc.keys),
        "sequence": _folded(cdc.sequence_by),
        "history": cdc.scd_type,
        "tracked": [names(cdc.track_history), names(cdc.track_history_except)],
        "columns": [names(cdc.columns), names(cdc.except_columns)],
        "rules": [_folded(cdc.delete_when), _folded(cdc.truncate_when), _folded(cdc.where), cdc.ignore_null_updates],
        "snapshot": cdc.from_snapshot,
    }


@lru_cache(maxsize=16_384)
def _folded(text: str) -> str:
    return " ".join(words(text))


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]
