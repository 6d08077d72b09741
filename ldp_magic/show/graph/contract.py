"""A graph as plain JSON values: a contract that other tools read. Keys are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ldp_magic.pipeline.model import ColumnType, Dataset, External, Flow, Pipeline, Read
from ldp_magic.show.graph.problems import troubles, unknown
from ldp_magic.show.places import place

__all__ = ["json", "json_of"]


def json(pipelines: Sequence[Pipeline]) -> dict[str, Any]:
    """The object of one pipeline; of several, or of none, `{"pipelines": [...]}` with such an object each."""
    objects = [json_of(pipeline) for pipeline in pipelines]
    return objects[0] if len(objects) == 1 else {"pipelines": objects}


def json_of(pipeline: Pipeline) -> dict[str, Any]:
    """One pipeline."""
    return {
        "pipeline": pipeline.name,
        "catalog": pipeline.catalog,
        "schema": pipeline.schema,
        "datasets": [_dataset(each) for each in pipeline.datasets.values()],
        "external": [_external(each) for each in pipeline.externals.values()],
        "cycles": [list(cycle) for cycle in pipeline.cycles],
        "duplicates": [
            {"name": str(second.name), "first": place(first.location), "second": place(second.location)}
            for first, second in pipeline.duplicates
        ],
        "missing": [
            {"name": read.name, "reader": reader, "suggestion": read.suggestion or None, **place(read.location)}
            for reader, read in pipeline.missing
        ],
        "problems": [
            {"state": each.state, "kind": each.word, "message": each.text, **place(each.location)}
            for each in troubles(pipeline)
            if each.state != "unknown"
        ],
        "unknown": [{"what": each.what, **place(each.location)} for each in unknown(pipeline)],
    }


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "qualified": list(dataset.qualified),
        "kind": dataset.kind,
        "language": dataset.language,
        "private": dataset.definition.private,
        "streamness": dataset.streamness,
        "reason": dataset.reason,
        "layer": dataset.layer,
        "reads": _reads(dataset.reads),
        "readers": list(dataset.readers),
        "flows": [_flow(flow) for flow in dataset.flows],
        "expectations": [
            {"name": each.name, "condition": each.condition, "action": each.on_violation}
            for each in dataset.expectations
        ],
        "columns": _columns(dataset.columns),
        **place(dataset.location),
    }


def _reads(reads: tuple[Read, ...]) -> list[dict[str, Any]]:
    pairs = dict.fromkeys((read.name, read.streaming) for read in reads)
    return [{"name": name, "streaming": streaming} for name, streaming in pairs]


def _flow(flow: Flow) -> dict[str, Any]:
    return {
        "name": flow.name,
        "cdc": flow.definition.cdc is not None,
        "once": flow.definition.once,
        "reads": _reads(flow.reads),
    }


def _external(external: External) -> dict[str, Any]:
    return {
        "name": external.name,
        "kind": external.kind,
        "format": external.format or None,
        "streamness": external.streamness,
        "reason": external.reason,
        "columns": _columns(external.columns),
        "readers": list(external.readers),
    }


def _columns(columns: tuple[ColumnType, ...] | None) -> list[dict[str, str]] | None:
    return None if columns is None else [{"name": each.name, "type": each.type} for each in columns]
