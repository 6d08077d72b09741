"""The words for a graph's figures: counts, what happens to rows."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.pipeline.model import Dataset, Pipeline

__all__ = ["STREAMNESS", "count", "expectations", "figures"]

STREAMNESS = {"append": "appended", "changing": "changing", "snapshot": "replaced"}


def count(many: int, one: str, more: str = "") -> str:
    """`1 dataset`, `1,204 datasets`."""
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def figures(pipeline: Pipeline) -> list[str]:
    """What the first line says after the pipeline's name."""
    return list(_figures(pipeline))


def _figures(pipeline: Pipeline) -> Iterator[str]:
    yield count(len(pipeline.datasets), "dataset")
    if pipeline.datasets:
        yield count(1 + max(dataset.layer for dataset in pipeline.datasets.values()), "layer")
    if pipeline.externals:
        yield count(len(pipeline.externals), "external source")


def expectations(dataset: Dataset) -> str:
    """`2 expectations`; nothing where there are none."""
    return count(len(dataset.expectations), "expectation") if dataset.expectations else ""
