"""Which datasets an update brings up to date, in which order, and which of them begin anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from ldp_magic.errors import LdpError, UsageError
from ldp_magic.lint.properties import properties_of
from ldp_magic.pipeline.lookup import dataset_of
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.pipeline.names import parts_in
from ldp_magic.runs.tables import STORED

ALL = "all"
RESET = "pipelines.reset.allowed"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for; nothing means all datasets."""

    refresh: tuple[str, ...] = ()
    full_refresh: tuple[str, ...] = ()  # names, or `all`


@dataclass(frozen=True, slots=True)
class Chosen:
    """The datasets of an update in the order of the graph."""

    datasets: tuple[Dataset, ...]
    anew: frozenset[str]  # names of those that give up all they have first
    spared: tuple[str, ...] = ()  # left out of a full refresh of all, as they say themselves
    before: dict[str, frozenset[str]] | None = None  # by name: those of this update that have to be done first


def chosen(pipeline: Pipeline, asked: Asked) -> Chosen:
    """What an update of *pipeline* does when that is *asked*."""
    stored = {name: each for name, each in pipeline.datasets.items() if each.kind in STORED}
    if not stored:
        raise LdpError(
            f"{pipeline.name or 'the pipeline'} has no table to update",
            why="it holds temporary views, or nothing",
            fix="add CREATE OR REFRESH STREAMING TABLE or MATERIALIZED VIEW",
        )
    everything = ALL in (name.lower() for name in asked.full_refresh)
    wanted = [_named(pipeline, stored, name) for name in asked.refresh]
    anew = [_named(pipeline, stored, name) for name in asked.full_refresh if name.lower() != ALL]
    for each in anew:
        if not _resettable(each):
            raise LdpError(
                f"{each.name} may not be refreshed in full",
                why=f"its table property {RESET} is false",
                fix=f"take it out of --full-refresh, or set {RESET} to true",
            )
    names = {each.name for each in (*wanted, *anew)}
    taken = [each for name, each in stored.items() if not names or everything or name in names]
    fresh = {each.name for each in anew} | {each.name for each in taken if everything and _resettable(each)}
    spared = tuple(each.name for each in taken if everything and each.name not in fresh)
    kept = {each.name for each in taken}
    before = {each.name: frozenset(_upstream(pipeline, each)) & kept - {each.name} for each in taken}
    return Chosen(tuple(taken), frozenset(fresh), spared, before)


def check_circle(pipeline: Pipeline, dataset: Dataset) -> None:
    """Refuse a dataset that is computed from its own rows."""
    todo: list[tuple[str, ...]] = [(dataset.name,)]
    seen = set[str]()
    while todo:
        path = todo.pop()
        for read in pipeline.datasets[path[-1]].reads:
            if read.kind != "dataset" or read.name not in pipeline.datasets:
                continue
            if read.name == dataset.name:
                raise LdpError(
                    f"{dataset.name} cannot be computed: it reads itself",
                    why=", which reads ".join((*path, dataset.name)),
                    fix="take one of these reads away",
                )
            if read.name not in seen:
                seen.add(read.name)
                todo.append((*path, read.name))


def _named(pipeline: Pipeline, stored: dict[str, Dataset], name: str) -> Dataset:
    found = stored.get(name) or dataset_of(pipeline, parts_in(name))
    if found is None or found.name not in stored:
        near = get_close_matches(name, stored, 1)
        kind = f"{name} is a {found.kind}" if found else f"no table is called {name}"
        raise UsageError(
            kind + (f"; {near[0]} is" if near and not found else ""),
            why=f"{pipeline.name} has {', '.join(list(stored)[:12])}",
            fix=f"say {near[0]}" if near else "name one of these",
        )
    return found


def _upstream(pipeline: Pipeline, dataset: Dataset) -> Iterator[str]:
    """The datasets with tables that one reads, itself or through views."""
    todo, seen = [dataset], set[str]()
    while todo:
        for read in todo.pop().reads:
            found = pipeline.datasets.get(read.name) if read.kind == "dataset" else None
            if found is None or found.name in seen:
                continue
            seen.add(found.name)
            if found.kind in STORED:
                yield found.name
            else:
                todo.append(found)


def _resettable(dataset: Dataset) -> bool:
    said = next((each.value.lower() for each in properties_of(dataset.definition) if each.key.lower() == RESET), "true")
    if said not in ("true", "false"):
        raise LdpError(
            f"{dataset.name}: {RESET} cannot be {said}", why="it is true or false", fix=f"set {RESET} to true or false"
        )
    return said != "false"
