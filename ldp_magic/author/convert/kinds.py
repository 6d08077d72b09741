"""What each dataset becomes, and why: one verdict each, in the order of the graph, so that sources are decided first.

A view that can pass on new rows counts as a stream while its readers are decided; then `settled` sees who they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ldp_magic.author.convert.model import Wishes
from ldp_magic.author.convert.roles import Role, drivers, roles
from ldp_magic.author.convert.windows import Windowed, windowed
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.lint.wrap import Source as Streamed
from ldp_magic.lint.wrap import driving
from ldp_magic.pipeline.model import Dataset, Pipeline, Streamness
from ldp_magic.pipeline.streams import SeenSelect, SeenSet, Shape, shape_of
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import FlowDef, Kind, Query

_AN = {"hour": "an"}
_MOST_BRANCHES = 200  # what reads them recurses
_VIEWS = ("view", "temporary view")
_WHOLE = {
    "order by": "ORDER BY",
    "sort by": "SORT BY",
    "limit": "LIMIT",
    "offset": "OFFSET",
    "qualify": "QUALIFY",
    "pivot": "PIVOT",
    "unpivot": "",
}
_TRAVEL = {"VERSION", "TIMESTAMP", "FOR", "@", "TABLESAMPLE"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind of a dataset with its reason. `sources` are read as streams, `window` is what makes it bounded."""

    kind: Kind
    reason: str
    sources: tuple[Streamed, ...] = ()
    window: Windowed | None = None
    notes: tuple[str, ...] = ()
    private: bool = False

    @property
    def streams(self) -> bool:
        return bool(self.sources)


Verdicts: TypeAlias = dict[str, Verdict]


@dataclass(slots=True)
class Judge:
    """Decides over the batch datasets of one pipeline; *own* are their names, the others are pipeline SQL already."""

    pipeline: Pipeline
    own: frozenset[str]
    wishes: Wishes
    datasets: dict[str, Dataset] = field(init=False)
    context: Context = field(init=False)
    roles: Mapping[str, Role] = field(init=False)
    verdicts: Verdicts = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.datasets = dict(self.pipeline.datasets)
        self.context = Context(replace(self.pipeline, datasets=self.datasets))
        self.roles = roles(self.pipeline)

    def judged(self) -> Verdicts:
        """The verdict on every dataset of ours."""
        for name in self.pipeline.datasets:
            if name in self.own:
                verdict = self._of(self.datasets[name])
                self.verdicts[name] = verdict
                self.datasets[name] = _as_decided(self.datasets[name], verdict)
        return settled(self)

    # -- one dataset -------------------------------------------------------------------------------------

    def _of(self, dataset: Dataset) -> Verdict:
        query = dataset.body
        assert isinstance(query, Query)
        owned = Owned(query, dataset, None, self.context)
        still = "view" if dataset.kind == "view" else dataset.kind
        whole: Kind = still if still in _VIEWS else "materialized view"
        if query.facts.streaming:
            return Verdict("streaming table", "it reads a stream already")
        wishes, names = self.wishes, (dataset.name, str(dataset.definition.name))
        if wishes.batches(*names):
            return Verdict(whole, "asked for with --batch")
        sources, why = self._streamable(owned)
        window = None
        if sources and (need := all_rows(owned, sources)):
            window = self._window(owned, sources, dataset)
            sources, why = (sources, "") if window is not None else ((), need)
        wanted = wishes.streams(*names)
        if not sources:
            notes = (f"--stream {dataset.name} cannot be followed: {why}",) if wanted else ()
            return Verdict(whole, why if whole not in _VIEWS else "computed anew for each reader", notes=notes)
        if not wanted and (growing := self._growing(owned, sources)):
            reason = f"{growing} goes on gaining rows, so a match may come later" if whole not in _VIEWS else ""
            return Verdict(whole, reason or "computed anew for each reader")
        if whole in _VIEWS:
            return self._view(dataset, sources, window)
        return self._table(dataset, owned, sources, window, wanted)

    def _table(
        self, dataset: Dataset, owned: Owned, sources: tuple[Streamed, ...], window: Windowed | None, wanted: bool
    ) -> Verdict:
        role, base = self.roles[dataset.name], _is_base(dataset)
        if not wanted and not role.drives:
            return Verdict("materialized view", f"only looked up, by {_some(role.lookers)}")
        if not wanted and not base and not dataset.readers:
            return Verdict("materialized view", "the final result, computed anew by each update")
        notes = (
            (f"days and hours are counted in UTC; {window.watermark.split()[1]} has to be a TIMESTAMP",)
            if window
            else ()
        )
        return Verdict("streaming table", self._reason(dataset, owned, sources, window, wanted), sources, window, notes)

    def _view(self, dataset: Dataset, sources: tuple[Streamed, ...], window: Windowed | None) -> Verdict:
        if window is not None or dataset.definition.columns or not self.roles[dataset.name].drives:
            return Verdict(dataset.kind, "computed anew for each reader")
        notes = ("it is no longer in the catalog",) if dataset.kind == "view" else ()
        return Verdict("temporary view", f"passes on the new rows of {_labels(sources)}", sources, notes=notes)

    def _window(self, owned: Owned, sources: tuple[Streamed, ...], dataset: Dataset) -> Windowed | None:
        if not dataset.readers and not self.wishes.streams(dataset.name):
            return None
        found = windowed(owned, sources, self.wishes.delay)
        return found if found is None or not _other_needs(owned, sources) else None

    def _reason(
        self, dataset: Dataset, owned: Owned, sources: tuple[Streamed, ...], window: Windowed | None, wanted: bool
    ) -> str:
        if window is not None:
            unit = window.unit
            late = " ".join(self.wishes.delay.lower().split())
            estimates = "; distinct counts are estimates" if window.estimates else ""
            return f"{_AN.get(unit, 'a')} {unit} appears when it is closed, {late} late{estimates}"
        if wanted:
            return "asked for with --stream"
        looked = [r.label for r in owned.facts.relations if all(r is not s.relation for s in sources)]
        rest = f"; {_some(looked)} {'are' if len(set(looked)) > 1 else 'is'} looked up" if looked else ""
        if _is_base(dataset) and all(_is_files(s.relation) for s in sources):
            return f"{dataset.name} only gains rows, from files that are added{rest}"
        if _is_base(dataset):
            return f"{dataset.name} only gains rows, those new in {_labels(sources)}{rest}"
        return f"adds what the new rows of {_labels(sources)} give{rest}"

    # -- what can stream ---------------------------------------------------------------------------------

    def _streamable(self, owned: Owned) -> tuple[tuple[Streamed, ...], str]:
        """The sources to stream, or why there are none."""
        if len(owned.facts.set_operations) > _MOST_BRANCHES:
            return (), f"more than {_MOST_BRANCHES} branches are read whole"
        bring = drivers(owned.facts)
        names = [read.name if (read := owned.read(r)) is not None else r.label for r in bring]
        for relation, name in zip(bring, names, strict=True):
            if self.wishes.batches(name, relation.label) and name not in self.own:
                return (), f"{relation.label} is read whole, as --batch says"
        sources = driving(owned).sources
        if any(self._cannot_be_wrapped(owned, s.relation) for s in sources):
            return (), "a version or a sample of a table is read whole"
        if sources and not {id(s.relation) for s in sources} & {id(r) for r in bring}:
            sources = ()  # what gains rows is on the side of a join that may not stream
        return (sources, "") if sources else ((), _why_not(owned, bring, names, self.datasets))

    def _cannot_be_wrapped(self, owned: Owned, relation: Relation) -> bool:
        after = tokens_of(owned.facts.text[relation.span.end :][:60]).words[:1]
        return bool(_TRAVEL & set(after))

    def _growing(self, owned: Owned, sources: tuple[Streamed, ...]) -> str:
        """Something that the query looks into and that is a stream itself."""
        for relation in owned.facts.relations:
            source = owned.source(relation)
            if source is None or any(relation is s.relation for s in sources):
                continue
            if source.kind == "streaming table" and source.streamness == "append":
                return source.name
        return ""


def _why_not(owned: Owned, bring: tuple[Relation, ...], names: list[str], datasets: Mapping[str, Dataset]) -> str:
    if any(j.kind == "full" for s in owned.facts.selects for j in s.joins):
        return "a FULL JOIN needs all rows of both sides"
    if any(o.kind != "union all" for o in owned.facts.set_operations):
        kinds = [o.kind for o in owned.facts.set_operations if o.kind != "union all"]
        return f"{kinds[0].upper()} needs all rows"
    if owned.facts.set_operations and any((d := datasets.get(n)) and d.streamness == "append" for n in names):
        return "UNION ALL puts new rows and rows that are read whole together"
    for name in names:
        source = datasets.get(name)
        if source is not None and source.kind == "materialized view":
            return f"{name} is computed anew by each update"
        if source is not None and source.kind in _VIEWS:
            return f"{name} is a view that is read whole"
        if source is not None and source.streamness == "changing":
            return f"the rows of {name} change"
    if not bring:
        return "it reads nothing that gains rows"
    return f"{bring[0].label} is read whole"


def all_rows(owned: Owned, sources: tuple[Streamed, ...]) -> str:
    """Why a query over these streams needs all of their rows; empty where it adds to its result."""
    return _other_needs(owned, sources) or _aggregate(owned, sources)


def _aggregate(owned: Owned, sources: tuple[Streamed, ...]) -> str:
    shape, seen = _shape(owned, sources)
    if not shape.complete:
        return ""
    for one in (s for s in seen if isinstance(s, SeenSelect) and any(sh.streaming for _, sh in s.inputs)):
        if one.select.aggregates:
            call = one.select.aggregates[0]
            return f"{call.name}{'(DISTINCT)' if call.distinct else ''} needs all rows of its group"
        if one.select.distinct is not None:
            return "DISTINCT needs all rows"
    sets = [s.operation.kind.upper() for s in seen if isinstance(s, SeenSet) and s.operation.kind != "union all"]
    return f"{sets[0]} needs all rows" if sets else "GROUP BY needs all rows of its group"


def _other_needs(owned: Owned, sources: tuple[Streamed, ...]) -> str:
    """Needs besides those of an aggregate: an order, a limit, a window function, a stream in an expression."""
    facts = owned.facts
    if facts.pipes:
        return "steps behind |> are computed over all rows"
    _, seen = _shape(owned, sources)
    for one in seen:
        node = one.select if isinstance(one, SeenSelect) else one.operation
        streaming = (
            any(s.streaming for _, s in one.inputs)
            if isinstance(one, SeenSelect)
            else one.left.streaming or one.right.streaming
        )
        if not streaming:
            continue
        clause = next((words for name, words in _WHOLE.items() if name in node.clauses and words), "")
        if clause:
            return f"{clause} needs all rows"
        if isinstance(one, SeenSelect) and (need := _call_need(one)):
            return need
    return ""


def _call_need(one: SeenSelect) -> str:
    over = next((c for c in one.select.calls if c.over is not None), None)
    if over is not None:
        return f"{over.name}() OVER needs all rows"
    if any(c.name == "monotonically_increasing_id" for c in one.select.calls):
        return "monotonically_increasing_id() numbers all rows"
    return "a stream cannot stand in an expression" if one.subquery else ""


def _shape(owned: Owned, sources: tuple[Streamed, ...]) -> tuple[Shape, list[SeenSelect | SeenSet]]:
    seen: list[SeenSelect | SeenSet] = []

    def brings(relation: Relation) -> Shape | None:
        return Shape(True) if any(relation is s.relation for s in sources) else None

    return shape_of(owned.query, brings, seen), seen


def _is_base(dataset: Dataset) -> bool:
    return not any(read.kind == "dataset" for read in dataset.reads)


def _is_files(relation: Relation) -> bool:
    return bool(relation.path) and relation.format not in ("delta", "iceberg", "hudi")


def _labels(sources: tuple[Streamed, ...]) -> str:
    return _some([s.relation.label for s in sources])


def _some(names: list[str] | tuple[str, ...]) -> str:
    """A few names, as words: each once, in one line."""
    unique = [" ".join(name.split()) for name in dict.fromkeys(names)]
    shown = unique if len(unique) < 4 else [*unique[:2], f"{len(unique) - 2} others"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def _as_decided(dataset: Dataset, verdict: Verdict) -> Dataset:
    """The dataset as its readers have to see it."""
    kind: Kind = "streaming table" if verdict.streams else verdict.kind
    if kind == "temporary view":
        kind = "view"
    streamness: Streamness = "append" if kind == "streaming table" else "snapshot" if kind == "view" else "changing"
    definition = replace(dataset.definition, kind=kind)
    if kind == "streaming table":
        query = dataset.definition.query
        flow = FlowDef(
            name=definition.name, target=definition.name, body=query, location=definition.location, implicit=True
        )
        definition = replace(definition, flow=flow)
    return replace(dataset, kind=kind, streamness=streamness, reason=verdict.reason, definition=definition)


# -- views ----------------------------------------------------------------------------------------------------


def settled(judge: Judge) -> Verdicts:
    """The verdicts with the views made what their readers need: streamed by all, by none, or by some."""
    verdicts = dict(judge.verdicts)
    for name in reversed(list(judge.pipeline.datasets)):
        verdict, dataset = verdicts.get(name), judge.pipeline.datasets[name]
        if verdict is None or not verdict.streams or dataset.kind not in _VIEWS:
            continue
        streaming = [_streams_it(verdicts.get(r), judge.pipeline.datasets[r], name, judge) for r in dataset.readers]
        if not any(streaming):
            verdicts[name] = Verdict(dataset.kind, "computed anew for each reader")
        elif not all(streaming) or len(dataset.definition.name.parts) > 1 or _read_twice(dataset, judge):
            reason = f"{verdict.reason}, read both as a stream and whole"
            verdicts[name] = replace(
                verdict, kind="streaming table", reason=reason, private=dataset.kind == "temporary view", notes=()
            )
    return verdicts


def _streams_it(verdict: Verdict | None, reader: Dataset, name: str, judge: Judge) -> bool:
    """Does a reader stream this view?"""
    if verdict is None:
        return any(r.name == name and r.streaming for r in reader.reads)
    return any(_means(s, name) for s in verdict.sources)


def _means(source: Streamed, name: str) -> bool:
    dataset = source.owned.source(source.relation)
    return dataset is not None and dataset.name == name


def _read_twice(dataset: Dataset, judge: Judge) -> bool:
    """Does one reader both stream the view and look into it?"""
    readers: Iterator[Dataset] = (judge.pipeline.datasets[r] for r in dataset.readers)
    return any(sum(1 for r in reader.reads if r.name == dataset.name) > 1 for reader in readers)
