"""What rules are called with, besides the values of the graph: queries with their owner, streams, Python code.

The name of the type that stands at a check's first parameter is its subscription.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ldp_magic.pipeline.model import ColumnType, Dataset, Flow, Pipeline, Read
from ldp_magic.pipeline.schemas import Schemas
from ldp_magic.pipeline.streams import SeenSelect, SeenSet, Shape, shape_of
from ldp_magic.python.modules import File, Module, file_of, module_of
from ldp_magic.spec.documents import Word
from ldp_magic.sql.facts import Facts, Input, Relation, Select
from ldp_magic.sql.model import Body, Code, Query
from ldp_magic.text import Location, Source, Span


@dataclass(frozen=True)
class Owned:
    """A query text with what it belongs to. A flow without a known target has no dataset."""

    query: Query
    dataset: Dataset | None
    flow: Flow | None
    context: Context = field(repr=False)

    @property
    def facts(self) -> Facts:
        return self.query.facts

    @property
    def name(self) -> str:
        """What the query fills, as a person names it."""
        return (
            self.dataset.name
            if self.dataset is not None
            else self.flow.target
            if self.flow is not None
            else "the query"
        )

    @property
    def kind(self) -> str:
        return self.dataset.kind if self.dataset is not None else "streaming table"

    @property
    def once(self) -> bool:
        return self.flow is not None and self.flow.definition.once

    def locate(self, span: Span) -> Location:
        return self.query.locate(span)

    def text(self, span: Span) -> str:
        return self.query.text[span.start : span.end]

    def read(self, relation: Relation) -> Read | None:
        """How the graph resolved a relation of this query."""
        reads = self.flow.reads if self.flow is not None else self.dataset.reads if self.dataset is not None else ()
        told = (relation.name, relation.function, relation.path, relation.streaming)
        alike = (
            r for r in reads if (r.relation.name, r.relation.function, r.relation.path, r.relation.streaming) == told
        )
        return (  # the reads of Python code stand elsewhere than those of its query texts
            next((r for r in reads if r.relation is relation), None)
            or next((r for r in reads if r.relation == relation), None)
            or next(alike, None)
        )

    def source(self, relation: Relation) -> Dataset | None:
        """The dataset that a relation of this query means, if the pipeline makes it."""
        read = self.read(relation)
        return self.context.pipeline.datasets.get(read.name) if read is not None and read.kind == "dataset" else None


@dataclass(frozen=True)
class Streaming(Owned):
    """A query that reads at least one stream, through temporary views too."""

    selects: tuple[SeenSelect, ...] = ()
    sets: tuple[SeenSet, ...] = ()
    shape: Shape = field(default_factory=Shape)

    def streamed(self) -> Iterator[SeenSelect]:
        """The SELECTs that have a stream among their inputs; not those in an expression, where no stream may be."""
        found = [s for s in self.selects if not s.subquery and any(shape.streaming for _, shape in s.inputs)]
        if self.facts.pipes:  # every step of a pipe is a SELECT to the parser, and all of them share their clauses
            found = list({s.select.span: s for s in found}.values())
        return iter(found)

    @property
    def unsure(self) -> bool:
        """Does it read something that might stream without our seeing it?"""
        return any(self._unsure(relation, self.source(relation)) for relation in self.facts.relations)

    def _unsure(self, relation: Relation, source: Dataset | None) -> bool:
        """In Python, a short name that the pipeline does not make may be a view made of a frame."""
        definition = self.flow.definition if self.flow is not None else self.dataset and self.dataset.definition
        python = definition is not None and definition.language == "python"
        return self.context.unsure(source) or (python and source is None and len(relation.name) == 1)

    def below(self, item: Input) -> Shape:
        """What an input brings along before its own watermark is put on."""
        if item.relation is not None:
            return self.context.view_shape(self, item.relation) or Shape(item.relation.streaming)
        node = item.query or next((c.query for c in self.facts.ctes if c.name.lower() == item.cte.lower()), None)
        for seen in self.selects:
            if seen.select is node:
                return seen.shape
        both = next((s for s in self.sets if s.operation is node), None)
        return Shape(True, both.left.watermarks | both.right.watermarks) if both is not None else Shape()

    def marks(self, seen: SeenSelect) -> frozenset[str]:
        """The watermarked columns that a SELECT has before it."""
        return frozenset().union(*(shape.watermarks for _, shape in seen.inputs if shape.streaming))

    def anew(self, seen: SeenSelect) -> bool:
        """Is it this SELECT that needs all its rows anew, rather than one that it reads from?"""
        return bool(seen.shape.complete) and not any(shape.complete for _, shape in seen.inputs)

    def streams(self, seen: SeenSelect) -> list[tuple[Input, Shape]]:
        return [(item, shape) for item, shape in seen.inputs if shape.streaming]

    def outermost(self, select: Select) -> bool:
        """Is this SELECT the query itself, so that its rows are the dataset's?"""
        return self.facts.root is select


@dataclass(frozen=True)
class PythonFunction:
    """The body of a Python dataset or flow."""

    code: Code
    dataset: Dataset | None
    flow: Flow | None
    context: Context = field(repr=False)


@dataclass(frozen=True)
class PythonText:
    """A Python source of the pipeline: `text` is as long as the source, with what is no Python blanked."""

    source: Source
    text: str

    @property
    def module(self) -> Module:
        return module_of(self.source, self.text)


@dataclass(frozen=True)
class SpecFile:
    """A file that declares a pipeline: spark-pipeline.yml or databricks.yml."""

    source: Source

    def at(self, word: Word) -> Location:
        """Where a word of the file stands."""
        mark = 1 if self.source.text.startswith("\ufeff") else 0
        return self.source.at(word.start + mark, word.end + mark)


class Context:
    """The pipeline around what a rule looks at, and what is known besides the text."""

    def __init__(
        self,
        pipeline: Pipeline,
        specs: tuple[SpecFile, ...] = (),
        pythons: tuple[PythonText, ...] = (),
        before: Pipeline | None = None,
    ) -> None:
        self.pipeline, self.specs, self.pythons = pipeline, specs, pythons
        self.before = before  # the pipeline as it was; None: not known
        self._shapes: dict[str, Shape] = {}
        self._looking: set[str] = set()
        self.wraps: dict[str, Any] = {}  # by view, what wrap.py has found

    @property
    def target(self) -> str:
        return self.pipeline.target

    @property
    def spark(self) -> bool:
        """Is the target open-source Spark?"""
        return self.target.startswith("spark")

    @cached_property
    def python_files(self) -> dict[str, tuple[tuple[Source, str], ...]]:
        """The Python texts of each file or notebook, by its name, in order."""
        texts: dict[str, list[tuple[Source, str]]] = {}
        for python in self.pythons:
            texts.setdefault(python.source.name, []).append((python.source, python.text))
        return {name: tuple(some) for name, some in texts.items()}

    @property
    def files(self) -> Iterator[File]:
        """The Python of every file and notebook."""
        return (file_of(texts) for texts in self.python_files.values())

    def file(self, python: PythonText) -> File:
        """The file or notebook that a text belongs to."""
        return file_of(self.python_files[python.source.name])

    @cached_property
    def schemas(self) -> Schemas:
        return Schemas(self.pipeline)

    @cached_property
    def short_names(self) -> frozenset[str]:
        """The last parts of all datasets' names, in lower case."""
        return frozenset(d.qualified[-1].lower() for d in self.pipeline.datasets.values())

    def columns(self, name: str) -> tuple[ColumnType, ...] | None:
        """The columns of a dataset or external source, or None where the text does not tell."""
        dataset = self.pipeline.datasets.get(name)
        return self.schemas.columns(dataset) if dataset is not None else self.schemas.external(name)

    def column_type(self, name: str, column: str) -> str:
        return next((c.type for c in self.columns(name) or () if c.name.lower() == column.lower()), "")

    # -- queries and streams -------------------------------------------------------------------------------

    def owned(self) -> Iterator[Owned]:
        for dataset in self.pipeline.datasets.values():
            yield from self.owned_by(dataset)
        for flow in self.pipeline.flows:
            if not flow.target_found and flow.definition.body is not None:
                yield from self._owned(flow.definition.body, None, flow)

    def owned_by(self, dataset: Dataset) -> Iterator[Owned]:
        bodies = [(flow.definition.body, flow) for flow in dataset.flows if flow.definition.body is not None]
        if dataset.body is not None and all(body is not dataset.body for body, _ in bodies):
            yield from self._owned(dataset.body, dataset, None)
        for body, flow in bodies:
            if body is not None:
                yield from self._owned(body, dataset, flow)

    def _owned(self, body: Body, dataset: Dataset | None, flow: Flow | None) -> Iterator[Owned]:
        for query in (body,) if isinstance(body, Query) else body.queries:
            yield Owned(query, dataset, flow, self)

    def streams(self, owned: Owned) -> bool:
        """Does the query read a stream as it stands, itself or through a view?"""
        return shape_of(owned.query, lambda relation: self.view_shape(owned, relation)).streaming

    def streaming(self, owned: Owned) -> Streaming | None:
        """The same query with what its streams do, if it reads any, or is meant to and only lacks the word STREAM.

        Where no stream may be read, LDP103 and LDP105 say so, and nothing else needs saying.
        """
        if owned.once or owned.kind in ("materialized view", "view"):
            return None
        meant = self._meant(owned)

        def brings(relation: Relation) -> Shape | None:
            return Shape(True) if any(relation is m for m in meant) else self.view_shape(owned, relation)

        seen: list[SeenSelect | SeenSet] = []
        shape = shape_of(owned.query, brings, seen)
        selects = tuple(s for s in seen if isinstance(s, SeenSelect))
        if not any(sh.streaming for s in selects for _, sh in s.inputs):
            return None
        sets = tuple(s for s in seen if isinstance(s, SeenSet))
        return Streaming(owned.query, owned.dataset, owned.flow, self, selects, sets, shape)

    def _meant(self, owned: Owned) -> tuple[Relation, ...]:
        """What LDP101 would wrap: the other rules speak of the text as it has to become."""
        from ldp_magic.lint.wrap import driving, must_stream

        if not must_stream(owned) or owned.facts.streaming or self.streams(owned):
            return ()
        return tuple(s.relation for s in driving(owned).sources)

    def view_shape(self, owned: Owned, relation: Relation) -> Shape | None:
        """What a view brings along that *owned* reads."""
        source = owned.source(relation)
        return self.shape(source) if source is not None and source.kind in ("temporary view", "view") else None

    def unsure(self, dataset: Dataset | None) -> bool:
        """Might this view stream, or hold a watermark, without our seeing it?"""
        return dataset is not None and dataset.name in self._unsure

    @cached_property
    def _unsure(self) -> frozenset[str]:
        found: set[str] = set()
        for dataset in self.pipeline.datasets.values():  # each stands after what it reads
            if dataset.kind in ("temporary view", "view") and (
                _unreadable(dataset.body) or any(r.name in found for r in dataset.reads)
            ):
                found.add(dataset.name)
        return frozenset(found)

    def shape(self, dataset: Dataset) -> Shape:
        """What a dataset's own query does with its streams."""
        if dataset.name not in self._shapes:
            if dataset.name in self._looking:
                return Shape()
            self._looking.add(dataset.name)
            for view in self.views_below(dataset, self._shapes):
                self.shape(view)
            bodies = list(self.owned_by(dataset))
            code = dataset.body if isinstance(dataset.body, Code) else None
            if bodies and code is None:
                owned = bodies[0]
                self._shapes[dataset.name] = shape_of(owned.query, lambda relation: self.view_shape(owned, relation))
            else:
                self._shapes[dataset.name] = shape_of(dataset.body, lambda relation: self._code_view(dataset, relation))
            self._looking.discard(dataset.name)
        return self._shapes[dataset.name]

    def views_below(self, dataset: Dataset, known: Container[str]) -> list[Dataset]:
        """The views that a dataset is made of and that are not known yet, each after those it reads itself.

        Whoever goes through them in this order never has to go down a long chain of views.
        """
        found: dict[str, Dataset] = {}
        waiting, entered = [dataset], set[str]()
        while waiting:
            view = waiting[-1]
            inner = [] if view.name in entered else [v for v in self._views(view, known) if v.name not in entered]
            entered.add(view.name)
            waiting += inner
            if not inner:
                found.setdefault(waiting.pop().name, view)
        found.pop(dataset.name)
        return list(found.values())

    def _views(self, dataset: Dataset, known: Container[str]) -> Iterator[Dataset]:
        for read in dataset.reads:
            source = self.pipeline.datasets.get(read.name) if read.kind == "dataset" else None
            if source is not None and source.kind in ("temporary view", "view") and source.name not in known:
                yield source

    def _code_view(self, dataset: Dataset, relation: Relation) -> Shape | None:
        read = next((r for r in dataset.reads if r.relation is relation), None)
        source = self.pipeline.datasets.get(read.name) if read is not None and read.kind == "dataset" else None
        return self.shape(source) if source is not None and source.kind in ("temporary view", "view") else None

    def functions(self) -> Iterator[PythonFunction]:
        for dataset in self.pipeline.datasets.values():
            yield from self.functions_of(dataset)
        for flow in self.pipeline.flows:
            if not flow.target_found and isinstance(flow.definition.body, Code):
                yield PythonFunction(flow.definition.body, None, flow, self)

    def functions_of(self, dataset: Dataset) -> Iterator[PythonFunction]:
        held: dict[int, None] = {}
        for flow in dataset.flows:
            if isinstance(flow.definition.body, Code) and flow.definition.cdc is None:
                held[id(flow.definition.body)] = None
                yield PythonFunction(flow.definition.body, dataset, flow, self)
        if isinstance(dataset.body, Code) and id(dataset.body) not in held:
            yield PythonFunction(dataset.body, dataset, None, self)


def _unreadable(body: Body | None) -> bool:
    if isinstance(body, Query):
        return body.facts.root is None
    return body is None or bool(body.unknown) or not (body.reads or body.queries)
