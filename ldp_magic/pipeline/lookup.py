"""Which dataset of a finished graph a name means, for whoever asks after the graph was built."""

from __future__ import annotations

from collections.abc import Sequence

from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.pipeline.names import Scope, written


def names_of(pipeline: Pipeline, parts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A table's name with its parameters filled in: as written, and as fully qualified as the pipeline can."""
    short = written(tuple(parts), pipeline.parameters)
    return short, Scope(pipeline.catalog, pipeline.schema).qualified(short)


def dataset_of(pipeline: Pipeline, parts: Sequence[str]) -> Dataset | None:
    """The dataset that *parts* mean: a temporary view, the one of that full name, or else the only one that ends so."""
    scope = Scope(pipeline.catalog, pipeline.schema, fold=pipeline.target == "databricks")
    short, full = (scope.key(each) for each in names_of(pipeline, parts))
    views: list[Dataset] = []
    exact: list[Dataset] = []
    last: list[Dataset] = []
    for dataset in pipeline.datasets.values():
        mine = scope.key(dataset.qualified)
        if dataset.kind == "temporary view":
            views += [dataset] if len(short) == 1 and mine[-1] == short[-1] else []
        elif mine == full:
            exact.append(dataset)
        elif _ends_alike(mine, full):
            last.append(dataset)
    found = views or exact or (last if len(last) == 1 else [])
    return found[0] if found else None


def _ends_alike(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Does one of the two names end with the other? A lone name is no end of a longer one that says a schema."""
    shorter = min(len(mine), len(theirs))
    return mine[-shorter:] == theirs[-shorter:] and (len(theirs) <= len(mine) or len(mine) > 1)
