"""A part of a graph: what one dataset reads and what reads it, or the nearest around it where a picture has no room."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from ldp_magic.errors import LdpError
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.sql.writing import quoted

__all__ = ["MAX_NODES", "Part", "around", "find", "named", "pictured", "reduced", "unknown"]

MAX_NODES = 60
_BARE = re.compile(r"[\w.]+")  # needs no back-ticks


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a pipeline that a picture shows; `note` says so where it is not the whole."""

    pipeline: Pipeline
    note: str = ""


def find(pipelines: Iterable[Pipeline], name: str) -> tuple[tuple[Pipeline, Dataset], ...]:
    """The datasets that *name* can mean, qualified or not, in back-ticks or not, whatever its case."""
    parts = [part.strip("`") for part in name.strip().split(".")]
    return tuple((p, d) for p in pipelines for d in p.datasets.values() if named(d, parts))


def named(dataset: Dataset, parts: Sequence[str]) -> bool:
    """Whether *parts*, some or all of a qualified name, mean this dataset."""
    wanted = tuple(part.lower() for part in parts)
    own = tuple(part.lower() for part in dataset.qualified)
    return dataset.name.lower() == ".".join(wanted) or own[-len(wanted) :] == wanted


def unknown(pipelines: Iterable[Pipeline], name: str) -> LdpError:
    """No dataset has that name; the nearest that one has, as it has to be typed."""
    if not name.strip(" `."):
        return LdpError(
            "no dataset is named: the name is empty", why="a name is a word or more", fix="ldp graph lists them"
        )
    names = {dataset.lower(): dataset for p in pipelines for dataset in p.datasets}
    low = name.lower().replace("`", "")
    near = get_close_matches(low, names, 1) or get_close_matches(low.rpartition(".")[2], names, 1)
    return LdpError(
        f"no dataset is called {name[:80]}" + (f"; {names[near[0]]} is" if near else ""),
        why=f"there are {', '.join(list(names.values())[:12])}" if names else "no dataset was found",
        fix=_meant(names[near[0]]) if near else "ldp graph lists them",
    )


def _meant(name: str) -> str:
    return f"did you mean {name}?" if _BARE.fullmatch(name) else f"write it in back-ticks: {quoted(name)}"


def around(pipeline: Pipeline, name: str) -> Pipeline:
    """Only *name*, what it reads and what reads it, directly or through others."""
    up = {each: tuple(_sources(dataset)) for each, dataset in pipeline.datasets.items()}
    down = {each: dataset.readers for each, dataset in pipeline.datasets.items()}
    return reduced(pipeline, {*_reached(name, up), *_reached(name, down)})


def pictured(pipeline: Pipeline, selected: str = "", most: int = MAX_NODES) -> Part:
    """The pipeline if a picture has room for it, else the datasets nearest to *selected*, or to the busiest one."""
    if len(pipeline.datasets) <= most:
        return Part(pipeline)
    middle = selected or max(pipeline.datasets.values(), key=_busy).name
    both = {n: (*_sources(d), *d.readers) for n, d in pipeline.datasets.items()}
    near = list(_reached(middle, both))[:most]
    note = f"{len(near)} of {len(pipeline.datasets):,} datasets: those nearest to {middle}"
    return Part(reduced(pipeline, set(near)), note)


def _busy(dataset: Dataset) -> int:
    return len(set(_sources(dataset))) + len(dataset.readers)


def _sources(dataset: Dataset) -> list[str]:
    return [read.name for read in dataset.reads if read.kind == "dataset"]


def _reached(start: str, edges: Mapping[str, Iterable[str]]) -> dict[str, None]:
    """Everything that *edges* lead to from *start*, nearest first."""
    found, todo = {start: None}, deque([start])
    while todo:
        for each in edges[todo.popleft()]:
            if each not in found:
                found[each] = None
                todo.append(each)
    return found


def reduced(pipeline: Pipeline, names: set[str]) -> Pipeline:
    """The pipeline with only the datasets of *names*, and what belongs to them."""
    kept = {n: replace(d, readers=_only(d.readers, names)) for n, d in pipeline.datasets.items() if n in names}
    externals = {n: replace(e, readers=_only(e.readers, names)) for n, e in pipeline.externals.items()}
    own = {pipeline.datasets[name].definition for name in names}
    return replace(
        pipeline,
        datasets=kept,
        externals={name: external for name, external in externals.items() if external.readers},
        flows=tuple(flow for flow in pipeline.flows if flow.target in names and flow.target_found),
        cycles=tuple(cycle for cycle in pipeline.cycles if names.issuperset(cycle)),
        duplicates=tuple(pair for pair in pipeline.duplicates if pair[0] in own),
        missing=tuple((reader, read) for reader, read in pipeline.missing if reader in names),
    )


def _only(some: Iterable[str], names: set[str]) -> tuple[str, ...]:
    return tuple(name for name in some if name in names)
