"""What a picture of a graph shows, before it has places: boxes for datasets, signs for what lies outside, edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ldp_magic.pipeline.model import Pipeline
from ldp_magic.show.graph.order import ordered

__all__ = ["Figures", "Join", "Node", "Shape", "shape"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of a dataset, at the left and at the right of its box; `state` is the sign at the right."""

    left: str = ""
    right: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the picture; `kind` is a dataset's, or external, or missing."""

    key: str
    name: str
    kind: str
    streamness: str = ""
    expectations: int = 0
    trouble: str = ""
    figures: Figures | None = None  # None: what the code says of it is shown


@dataclass(frozen=True, slots=True)
class Join:
    """One reads the other, by keys; streamed or whole."""

    source: str
    target: str
    streamed: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """The picture's parts, sources before what reads them."""

    nodes: Mapping[str, Node]
    joins: tuple[Join, ...]


def shape(pipeline: Pipeline, figures: Mapping[str, Figures] | None = None) -> Shape:
    """The nodes and joins of a pipeline, each once; *figures* say of some datasets what became of them."""
    joins: dict[tuple[str, str], bool] = {}
    for dataset in pipeline.datasets.values():
        for read in dataset.reads:
            pair = (_key(pipeline, read.name), dataset.name)
            joins[pair] = joins.get(pair, False) or read.streaming
    nodes = {node.key: node for node in (*_outside(pipeline), *_datasets(pipeline, figures or {}))}
    kept = tuple(Join(s, t, streamed) for (s, t), streamed in joins.items() if s in nodes)
    return Shape(nodes, kept)


def _key(pipeline: Pipeline, name: str) -> str:
    return name if name in pipeline.datasets else f"\0{name}"  # an external may be called like a dataset


def _outside(pipeline: Pipeline) -> Iterator[Node]:
    """What is read and not made, in the order in which it is first read."""
    seen: dict[str, str] = {}
    for dataset in pipeline.datasets.values():
        for read in dataset.reads:
            if read.name not in pipeline.datasets and read.kind != "dataset":  # a part leaves some datasets out
                seen.setdefault(read.name, "missing" if read.kind == "missing" else "external")
    for name, kind in seen.items():
        external = pipeline.externals.get(name)
        trouble = "missing" if kind == "missing" else ""
        yield Node(f"\0{name}", name, kind, external.streamness if external else "", trouble=trouble)


def _datasets(pipeline: Pipeline, figures: Mapping[str, Figures]) -> Iterator[Node]:
    in_cycle = {name for cycle in pipeline.cycles for name in cycle}
    twice = {first for first, _ in pipeline.duplicates}
    for name in ordered(pipeline):
        dataset = pipeline.datasets[name]
        trouble = "in a cycle" if name in in_cycle else "made twice" if dataset.definition in twice else ""
        many = len(dataset.expectations)
        yield Node(name, name, dataset.kind, dataset.streamness, many, trouble, figures.get(name))
