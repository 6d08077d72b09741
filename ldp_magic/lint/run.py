"""Rules over a pipeline. A linter remembers: what did not change, and reads nothing changed, is not looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ldp_magic.lint.finding import Finding
from ldp_magic.lint.ignore import suppressed
from ldp_magic.lint.rule import Rule
from ldp_magic.lint.select import Selection
from ldp_magic.lint.subjects import Context, PythonText, SpecFile
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline
from ldp_magic.pipeline.order import components
from ldp_magic.sql.model import Statement

_Key: TypeAlias = tuple[object, ...]
# Subjects that belong to one dataset: their findings are kept until it, or something it reads, changes.
_PER_DATASET = ("Dataset", "Flow", "Owned", "Streaming", "PythonFunction")
_WHOLE: dict[str, Callable[[Context], Iterable[Any]]] = {
    "Pipeline": lambda c: (c.pipeline,),
    "Statement": lambda c: (s for script in c.pipeline.scripts for s in script.statements),
    "Problem": lambda c: c.pipeline.problems,
    "SpecFile": lambda c: c.specs,
}


@dataclass(slots=True)
class _Remembered:
    key: _Key
    held: tuple[object, ...]  # keeps what the key's ids stand for alive
    findings: tuple[Finding, ...]


class Linter:
    """Lints pipelines again and again, as they are being written."""

    def __init__(self, selection: Selection | None = None) -> None:
        self.selection = selection or Selection()
        self._remembered: dict[tuple[str, str], _Remembered] = {}

    def lint(
        self, pipeline: Pipeline, *, specs: Sequence[SpecFile] = (), pythons: Sequence[PythonText] = ()
    ) -> tuple[Finding, ...]:
        """Everything the selected rules find, in text order, without what is suppressed."""
        context = Context(pipeline, tuple(specs), tuple(pythons))
        rules = self.selection.rules(context.target)
        found = [f for r in rules if r.subject in _WHOLE for f in _checked(r, _WHOLE[r.subject](context), context)]
        found += self._per_file([r for r in rules if r.subject == "PythonText"], context)
        local = [r for r in rules if r.subject in _PER_DATASET]
        found += self._per_dataset(local, context)
        found += _of_lost_flows(local, context)
        kept = self.selection.kept(dict.fromkeys(found))
        return tuple(sorted(suppressed(kept, pipeline, self.selection), key=lambda f: f.order))

    def _per_file(self, rules: list[Rule], context: Context) -> Iterator[Finding]:
        """Rules over Python texts: what they find is kept until the file or notebook changes."""
        texts: dict[str, list[PythonText]] = {}
        for python in context.pythons:
            texts.setdefault(python.source.name, []).append(python)
        codes = tuple(r.code for r in rules)
        for name, some in texts.items():
            place, key = ("python", name), (context.python_files[name], context.target, codes)
            known = self._remembered.get(place)
            if known is None or known.key != key:
                findings = tuple(f for r in rules for f in _checked(r, some, context))
                known = self._remembered[place] = _Remembered(key, (), findings)
            yield from known.findings

    def _per_dataset(self, rules: list[Rule], context: Context) -> Iterator[Finding]:
        pipeline = context.pipeline
        keys = _keys(pipeline)
        for name, dataset in pipeline.datasets.items():
            place = (pipeline.name, name)
            known = self._remembered.get(place)
            if known is None or known.key != keys[name]:
                subjects = {kind: tuple(_subjects(kind, dataset, context)) for kind in {r.subject for r in rules}}
                findings = tuple(f for r in rules for f in _checked(r, subjects[r.subject], context))
                known = _Remembered(keys[name], _held(dataset, pipeline), findings)
                self._remembered[place] = known
            yield from known.findings


def _keys(pipeline: Pipeline) -> dict[str, _Key]:
    """What a dataset's findings depend on: itself and, by their keys, everything it reads."""
    edges = {n: tuple(r.name for r in d.reads if r.kind == "dataset") for n, d in pipeline.datasets.items()}
    keys: dict[str, _Key] = {}
    outside = hash(
        (
            pipeline.target,
            tuple(pipeline.parameters.items()),
            pipeline.catalog,
            pipeline.schema,
            id(pipeline.locked) if pipeline.locked else 0,
        )
    )
    for part in components(edges):
        own = tuple(_own_key(pipeline.datasets[name], pipeline) for name in part)
        below = tuple(hash(keys[r]) for name in part for r in edges[name] if r in keys)
        for name in part:
            keys[name] = (outside, name, own, below)
    return keys


def _own_key(dataset: Dataset, pipeline: Pipeline) -> _Key:
    flows = tuple(id(f.definition) for f in dataset.flows)
    outside = (pipeline.externals.get(r.name) if r.kind == "external" else None for r in dataset.reads)
    changing = tuple(external.streamness if external is not None else "" for external in outside)
    reads = (tuple((r.name, r.kind, r.suggestion) for r in dataset.reads), changing)
    return (id(dataset.definition), flows, dataset.streamness, bool(dataset.readers), hash(reads))


def _held(dataset: Dataset, pipeline: Pipeline) -> tuple[object, ...]:
    return (dataset.definition, tuple(f.definition for f in dataset.flows), pipeline.locked)


def _subjects(subject: str, dataset: Dataset, context: Context) -> Iterable[Any]:
    if subject == "Dataset":
        return (dataset,)
    if subject == "Flow":
        return dataset.flows
    if subject == "Owned":
        return context.owned_by(dataset)
    if subject == "Streaming":
        return (s for o in context.owned_by(dataset) if (s := context.streaming(o)) is not None)
    return context.functions_of(dataset)


def _of_lost_flows(rules: list[Rule], context: Context) -> Iterator[Finding]:
    """Flows whose target nobody defines still have a query to look at."""
    lost: list[Flow] = [f for f in context.pipeline.flows if not f.target_found]
    if not lost:
        return
    owned = [o for o in context.owned() if o.dataset is None]
    by_subject: dict[str, Sequence[Any]] = {
        "Flow": lost,
        "Owned": owned,
        "Streaming": [s for o in owned if (s := context.streaming(o)) is not None],
        "PythonFunction": [f for f in context.functions() if f.dataset is None],
    }
    for r in rules:
        yield from _checked(r, by_subject.get(r.subject, ()), context)


def _checked(rule: Rule, subjects: Iterable[Any], context: Context) -> Iterator[Finding]:
    level = rule.level(context.target)
    if level is None:
        return
    for subject in subjects:
        found = rule.check(subject, context) if rule.takes_context else rule.check(subject)
        for finding in found:
            yield replace(finding, code=rule.code, name=rule.name, severity=finding.severity or level)


__all__ = ["Linter", "Statement"]
