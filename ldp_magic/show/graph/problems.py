"""What is wrong with a graph, or not known about it: the lines that stand before the picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ldp_magic.pipeline.model import Pipeline
from ldp_magic.show.graph.words import count
from ldp_magic.show.places import where
from ldp_magic.sql.model import Code, Problem, Unknown
from ldp_magic.text import Location, Source

__all__ = ["MAX_SHOWN", "Trouble", "summary", "troubles", "unknown"]

MAX_SHOWN = 50
MAX_ROUND = 6  # names of a cycle that are spelled out


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to look at: how bad, in one word, in a sentence, and where."""

    state: Literal["error", "warning", "unknown"]
    word: str
    text: str
    location: Location | None = None


def troubles(pipeline: Pipeline) -> tuple[Trouble, ...]:
    """Everything to look at, errors first, then in the order of the text."""
    errors = [*_syntax(pipeline), *_missing(pipeline), *_lost(pipeline), *_cycles(pipeline), *_duplicates(pipeline)]
    warnings = [*_unsupported(pipeline), *_unread(pipeline)]
    return (*errors, *warnings, *_unknown(pipeline))


def summary(found: tuple[Trouble, ...]) -> list[tuple[str, str]]:
    """`2 errors`, `1 warning`, `3 unknown`: (state, words), only those that occur."""
    many = {state: sum(1 for each in found if each.state == state) for state in ("error", "warning", "unknown")}
    return [(state, count(n, state, "unknown" if state == "unknown" else "")) for state, n in many.items() if n]


def _syntax(pipeline: Pipeline) -> Iterator[Trouble]:
    for problem in _once(pipeline.problems):
        state: Literal["error", "warning"] = "warning" if problem.kind == "unknown-clause" else "error"
        why = f": {problem.why}" if problem.why else ""
        yield Trouble(state, problem.kind, problem.message + why, problem.location)


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """The problems of each text in its order; what its statement and its query both say is said once, with the why."""
    texts: dict[Source, int] = {}
    for problem in problems:
        texts.setdefault(problem.location.source, len(texts))
    found: dict[tuple[int, int, str], Problem] = {}
    for problem in sorted(problems, key=lambda p: not p.why):
        found.setdefault((texts[problem.location.source], problem.location.start, problem.message), problem)
    return [found[place] for place in sorted(found)]


def _missing(pipeline: Pipeline) -> Iterator[Trouble]:
    for reader, read in pipeline.missing:
        near = f"; did you mean {read.suggestion}?" if read.suggestion else ""
        yield Trouble("error", "missing", f"{reader} reads {read.name}, which nothing here makes{near}", read.location)


def _lost(pipeline: Pipeline) -> Iterator[Trouble]:
    for flow in pipeline.flows:
        if not flow.target_found:
            said = f"flow {flow.name} writes {flow.target}, which nothing here makes"
            yield Trouble("error", "missing", said, flow.definition.target.location)


def _cycles(pipeline: Pipeline) -> Iterator[Trouble]:
    for cycle in pipeline.cycles:
        names = [*cycle, cycle[0]]
        if len(names) > MAX_ROUND:
            names = [*names[: MAX_ROUND - 2], f"{len(names) - MAX_ROUND + 1} more", *names[-1:]]
        said = f"{' reads '.join(names)}, so none of them can be made first"
        said = f"{names[0]} reads itself, so it cannot be made" if len(cycle) == 1 else said
        yield Trouble("error", "cycle", said, pipeline.datasets[cycle[0]].definition.name.location)


def _duplicates(pipeline: Pipeline) -> Iterator[Trouble]:
    for first, second in pipeline.duplicates:
        said = f"{second.name} is made twice; the first stands at {where(first.name.location)}"
        yield Trouble("error", "duplicate", said, second.name.location)


def _unsupported(pipeline: Pipeline) -> Iterator[Trouble]:
    for each in pipeline.unsupported:
        yield Trouble("warning", "unsupported", f"a pipeline cannot hold {each.words}; it is left out", each.location)


def _unread(pipeline: Pipeline) -> Iterator[Trouble]:
    for dataset in pipeline.datasets.values():
        if dataset.kind == "temporary view" and not dataset.readers:
            said = f"nothing reads the temporary view {dataset.name}"
            yield Trouble("warning", "unread", said, dataset.definition.name.location)


def _unknown(pipeline: Pipeline) -> Iterator[Trouble]:
    for each in unknown(pipeline):
        yield Trouble("unknown", "unknown", each.what, each.location)


def unknown(pipeline: Pipeline) -> tuple[Unknown, ...]:
    """What only a run could tell, about the texts and about single functions in them."""
    datasets = pipeline.datasets.values()
    bodies = [*(each.body for each in datasets), *(flow.definition.body for flow in pipeline.flows)]
    said = [each for body in bodies if isinstance(body, Code) for each in body.unknown]
    return tuple(dict.fromkeys((*pipeline.unknown, *said)))
