"""The order in which a graph is drawn: sources before what reads them, as far as cycles allow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ldp_magic.pipeline.model import Pipeline

__all__ = ["ordered"]


def ordered(pipeline: Pipeline) -> list[str]:
    """The names of the datasets; where some read each other, few read one that stands behind them."""
    place = {name: n for n, name in enumerate(pipeline.datasets)}
    sources = {
        name: [read.name for read in dataset.reads if read.name in place] for name, dataset in pipeline.datasets.items()
    }
    tangled = {pipeline.datasets[n].layer for n in place if any(place[each] > place[n] for each in sources[n])}
    if not tangled:
        return list(place)
    rank = {name: n for n, name in enumerate(_sources_first(sources))}
    return sorted(place, key=lambda n: (pipeline.datasets[n].layer, rank[n]))


def _sources_first(sources: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Every name behind what it reads, but for the edges that close a circle."""
    entered: set[str] = set()
    for start in sources:
        stack: list[tuple[str, Iterator[str]]] = []
        if start not in entered:
            entered.add(start)
            stack.append((start, iter(sources[start])))
        while stack:
            name, rest = stack[-1]
            found = next((each for each in rest if each not in entered), None)
            if found is None:
                stack.pop()
                yield name
            else:
                entered.add(found)
                stack.append((found, iter(sources[found])))
