"""Rules over a pipeline. A linter remembers: what did not change, and reads nothing changed, is not looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ldp_magic.lint.finding import Finding
from ldp_magic.lint.ignore import Noqa, noqas, suppressed
from ldp_magic.lint.rule import Rule, all_rules
from ldp_magic.lint.select import Selection
from ldp_magic.lint.subjects import Context, PythonText, SpecFile
from ldp_magic.pipeline.memory import Kept
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline
from ldp_magic.sql.calm import calm
from ldp_magic.sql.model import Statement
from ldp_magic.text import Source

_Key: TypeAlias = tuple[object, ...]
# Subjects that belong to one dataset: their findings are kept until it, or something it reads, changes.
_PER_DATASET = ("Dataset", "Flow", "Owned", "Streaming", "PythonFunction")
_WHOLE: dict[str, Callable[[Context], Iterable[Any]]] = {
    "Pipeline": lambda c: (c.pipeline,),
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
        self._around: tuple[object, ...] = ()
        self._statements: Kept[Statement, tuple[Finding, ...]] = Kept()
        self._noqas: Kept[Source, tuple[Noqa, ...]] = Kept()

    def lint(
        self,
        pipeline: Pipeline,
        *,
        specs: Sequence[SpecFile] = (),
        pythons: Sequence[PythonText] = (),
        before: Pipeline | None = None,
    ) -> tuple[Finding, ...]:
        """Everything the selected rules find, in text order, without what is suppressed.

        *before* is the pipeline as it was; where it is not known, the rules that compare with it are silent.
        """
        with calm():
            return self._lint(Context(pipeline, tuple(specs), tuple(pythons), before))

    def _lint(self, context: Context) -> tuple[Finding, ...]:
        pipeline = context.pipeline
        rules = self.selection.rules(context.target)
        found = [f for r in rules if r.subject in _WHOLE for f in _checked(r, _WHOLE[r.subject](context), context)]
        found += self._per_statement([r for r in rules if r.subject == "Statement"], context)
        found += self._per_file([r for r in rules if r.subject == "PythonText"], context)
        local = [r for r in rules if r.subject in _PER_DATASET]
        found += self._per_dataset(local, context)
        found += _of_lost_flows(local, context)
        silent = tuple(r for r in all_rules() if r.compares and context.before is None)
        kept = suppressed(self.selection.kept(_once(found)), pipeline, self.selection, self._suppressions, silent)
        said = tuple(sorted(kept, key=_order))
        self._noqas.turn()
        return said

    def _suppressions(self, source: Source) -> tuple[Noqa, ...]:
        """The `noqa` comments of a text, looked for once."""
        held = self._noqas.get(source, None)
        return held if held is not None else self._noqas.put(source, None, noqas(source))

    def _per_statement(self, rules: list[Rule], context: Context) -> Iterator[Finding]:
        """Rules over single statements: what they find is kept while the statement and the names around it stay."""
        pipeline = context.pipeline
        names = tuple((d.name, d.kind) for d in pipeline.datasets.values())
        around = (pipeline.target, tuple(r.code for r in rules), names)
        self._around = around = self._around if self._around == around else around  # one object is compared at once
        for statement in (s for script in pipeline.scripts for s in script.statements):
            found = self._statements.get(statement, around)
            if found is None:
                found = tuple(f for r in rules for f in _checked(r, (statement,), context))
                self._statements.put(statement, around, found)
            yield from found
        self._statements.turn()

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
        kinds = {r.subject for r in rules}
        keys = _keys(pipeline, tuple(r.code for r in rules))
        for name, dataset in pipeline.datasets.items():
            place = (pipeline.name, name)
            known = self._remembered.get(place)
            if known is None or known.key != keys[name]:
                subjects = {kind: tuple(_subjects(kind, dataset, context)) for kind in kinds}
                spoken = [r for r in rules if subjects[r.subject]]
                findings = tuple(f for r in spoken for f in _checked(r, subjects[r.subject], context))
                known = _Remembered(keys[name], _held(dataset, pipeline), findings)
                self._remembered[place] = known
            yield from known.findings


def _keys(pipeline: Pipeline, codes: tuple[str, ...]) -> dict[str, _Key]:
    """What a dataset's findings depend on: itself and, by their keys, everything it reads."""
    around = (pipeline.target, codes, tuple(pipeline.parameters.items()), pipeline.catalog, pipeline.schema)
    outside = hash(
        (
            around,
            tuple(pipeline.locked.items()),
            *(id(pipeline.datasets[n].definition) for c in pipeline.cycles for n in c),
        )
    )
    keys: dict[str, _Key] = {}
    numbers: dict[str, int] = {}
    for name, dataset in pipeline.datasets.items():  # in an order in which each stands after what it reads
        below = tuple(numbers.get(r.name, 0) for r in dataset.reads if r.kind == "dataset")
        keys[name] = (outside, below, *_own_key(dataset, pipeline))
        numbers[name] = hash(keys[name])
    return keys


def _own_key(dataset: Dataset, pipeline: Pipeline) -> _Key:
    flows = tuple(id(f.definition) for f in dataset.flows)
    outside = tuple(
        (r.name, r.kind, r.suggestion, e.streamness if (e := pipeline.externals.get(r.name)) is not None else "")
        for r in dataset.reads
        if r.kind != "dataset"
    )
    inside = tuple(r.name for r in dataset.reads if r.kind == "dataset")
    return (id(dataset.definition), flows, dataset.streamness, bool(dataset.readers), inside, outside)


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


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Without those that were found twice, as a flow's may be through its table and by itself."""
    seen: set[tuple[str, int, int, int, str]] = set()
    for f in findings:
        place = (f.code, id(f.location.source), f.location.start, f.location.end, f.message)
        if place not in seen:
            seen.add(place)
            yield f


def _order(finding: Finding) -> tuple[str, str, int, int, str]:
    return finding.order


def _checked(rule: Rule, subjects: Iterable[Any], context: Context) -> Iterator[Finding]:
    level = rule.level(context.target)
    if level is None:
        return
    for subject in subjects:
        found = rule.check(subject, context) if rule.takes_context else rule.check(subject)
        for finding in found:
            yield replace(finding, code=rule.code, name=rule.name, severity=finding.severity or level)
