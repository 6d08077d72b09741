"""Statements of many sources -> one pure graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from ldp_magic.pipeline.memory import Memory
from ldp_magic.pipeline.model import ColumnType, Dataset, External, ExternalKind, Flow, Pipeline, Read, Streamness
from ldp_magic.pipeline.names import Key, Names, Scope, filled, parts_in, scoped, written
from ldp_magic.pipeline.order import cycles_of, layers_of
from ldp_magic.pipeline.streams import Shape, shape_of
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.functions import EVENT_READERS, FILE_READERS
from ldp_magic.sql.model import Body, Code, DatasetDef, FlowDef, Problem, Query, Script, Setting, Statement, Unsupported
from ldp_magic.text import Location

_EVENT_FORMATS = frozenset({"kafka", "kinesis", "pubsub", "pulsar", "eventhubs", "rate", "rate-micro-batch", "socket"})
_VIEWS = ("temporary view", "view")
_CONDITIONS = ("apply as delete when", "apply as truncate when", "where")


def build(
    name: str,
    scripts: Iterable[Script],
    *,
    parameters: Mapping[str, str] | None = None,
    catalog: str = "",
    schema: str = "",
    target: str = "databricks",
    locked: Mapping[str, tuple[ColumnType, ...]] | None = None,
    whole: bool = True,
    declared: bool = True,
    memory: Memory | None = None,
) -> Pipeline:
    """The graph of one pipeline: *scripts* are its sources in order, *locked* the known external sources.

    A *memory* that is given again and again makes building again cost what has changed.
    """
    scripts = tuple(scripts)
    scope = Scope(catalog, schema, fold=target == "databricks")
    building = _Building(name, scripts, dict(parameters or {}), scope, dict(locked or {}), target, memory or Memory())
    return replace(building.pipeline(), whole=whole, declared=declared)


@dataclass(slots=True)
class _Made:
    """A dataset while it is being built."""

    definition: DatasetDef
    scope: Scope
    qualified: tuple[str, ...]
    key: Key
    name: str = ""
    flows: list[_Writing] = field(default_factory=list)


@dataclass(slots=True)
class _Writing:
    """A flow while the graph is being built."""

    definition: FlowDef
    scope: Scope
    reads: tuple[Read, ...] = ()


@dataclass(slots=True)
class _Building:
    name: str
    scripts: tuple[Script, ...]
    parameters: dict[str, str]
    scope: Scope
    locked: dict[str, tuple[ColumnType, ...]]
    target: str = "databricks"
    memory: Memory = field(default_factory=Memory)
    made: dict[Key, _Made] = field(default_factory=dict)
    short: dict[str, list[_Made]] = field(default_factory=dict)  # temporary views and tables by last part
    duplicates: list[tuple[DatasetDef, DatasetDef]] = field(default_factory=list)
    loose: list[_Writing] = field(default_factory=list)
    known: Names | None = None
    places: set[Key] = field(default_factory=set)
    externals: dict[str, list[tuple[str, Relation]]] = field(default_factory=dict)
    missing: list[tuple[str, Read]] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)

    # -- who is there ------------------------------------------------------------------------------------

    def pipeline(self) -> Pipeline:
        self._define()
        self._name()
        self._attach_flows()
        memory = self.memory
        outside = (tuple(self.parameters.items()), self.scope, self.target, tuple(self.locked.items()))
        memory.meets((outside, tuple((key, made.name) for key, made in self.made.items())))
        reads = {made.name: self._reads_of(made) for made in self.made.values()}
        self._order({name: _dataset_names(reads[name]) for name in reads})
        by_name = {made.name: made for made in self.made.values()}
        datasets: dict[str, Dataset] = {}
        for name in sorted(memory.layers, key=memory.layers.__getitem__):
            made = by_name[name]
            self.shapes[name] = self._shape(made.definition.query, made, reads[name])
            datasets[name] = self._dataset(made, reads[name], datasets)
        memory.datasets = datasets
        lost = self._lost_flows()
        found = Pipeline(
            name=self.name,
            datasets=datasets,
            externals=self._externals(),
            flows=(*(flow for d in datasets.values() for flow in d.flows), *lost),
            cycles=memory.cycles,
            duplicates=tuple(self.duplicates),
            missing=tuple(self.missing),
            settings=tuple(s for script in self.scripts for s in script.statements if isinstance(s, Setting)),
            unsupported=tuple(s for script in self.scripts for s in script.statements if isinstance(s, Unsupported)),
            problems=(*(p for script in self.scripts for p in script.problems), *self._query_problems()),
            unknown=tuple(u for script in self.scripts for u in script.unknown),
            parameters=self.parameters,
            catalog=self.scope.catalog,
            schema=self.scope.schema,
            target=self.target,
            scripts=self.scripts,
            locked=self.locked,
        )
        memory.turn()
        return found

    def _order(self, edges: dict[str, tuple[str, ...]]) -> None:
        """Who stands where, and who is read by whom, worked out where somebody reads otherwise than before."""
        memory = self.memory
        if memory.edges != edges or list(memory.edges) != list(edges):
            memory.edges, memory.layers, memory.cycles = edges, layers_of(edges), cycles_of(edges)
            memory.readers = {name: tuple(found) for name, found in _readers(edges).items()}

    def _define(self) -> None:
        for statement, scope in scoped(self.scripts, self.scope, self.parameters):
            if isinstance(statement, FlowDef):
                self.loose.append(_Writing(statement, scope))
                continue
            qualified, key = self._place(statement, scope)
            if key in self.made:
                self.duplicates.append((self.made[key].definition, statement))
                continue
            made = _Made(statement, scope, qualified, key)
            self.made[key] = made
            self.short.setdefault(key[-1], []).append(made)

    def _place(self, statement: DatasetDef, scope: Scope) -> tuple[tuple[str, ...], Key]:
        """The full name of a dataset, and what it is found by."""
        beside = (scope, self.parameters)
        held = self.memory.places.get(statement, beside)
        if held is not None:
            return cast("tuple[tuple[str, ...], Key]", held)
        parts = written(statement.name.parts, self.parameters)
        qualified = parts if statement.kind == "temporary view" else scope.qualified(parts)
        key = ("view " if statement.kind == "temporary view" else "", *scope.key(qualified))
        self.memory.places.put(statement, beside, (qualified, key))
        return qualified, key

    def _name(self) -> None:
        """Short names where they are unique, qualified ones where two datasets share their last part."""
        taken: set[str] = set()
        for made in self.made.values():
            alone = len(self.short[made.key[-1]]) == 1
            name = made.qualified[-1] if alone else ".".join(made.qualified)
            made.name = name if name not in taken else ".".join((made.definition.kind, *made.qualified))
            taken.add(made.name)

    def _attach_flows(self) -> None:
        for made in self.made.values():
            if made.definition.flow is not None:
                made.flows.append(_Writing(made.definition.flow, made.scope))
        lost: list[_Writing] = []
        for flow in self.loose:
            target = self._find(written(flow.definition.target.parts, self.parameters), flow.scope, writing=True)
            (lost if target is None else target.flows).append(flow)
        self.loose = lost

    def _find(self, parts: tuple[str, ...], scope: Scope, *, writing: bool = False) -> _Made | None:
        """The dataset that *parts* mean, seen from a statement in *scope*.

        A temporary view hides the table of its name from every reader, but flows write the table.
        """
        view = self.made.get(("view ", *scope.key(parts))) if len(parts) == 1 else None
        if view is not None and not writing:
            return view
        exact = self.made.get(("", *scope.key(scope.qualified(parts)))) or view
        if exact is not None:
            return exact
        candidates = [m for m in self.short.get(scope.key(parts[-1:])[0], ()) if _same(m, parts, scope, holes=writing)]
        return candidates[0] if len(candidates) == 1 else None

    # -- who reads whom ----------------------------------------------------------------------------------

    def _reads_of(self, made: _Made) -> tuple[Read, ...]:
        """What a dataset reads, itself and through its flows; each query is looked through once."""
        query = made.definition.query
        found: list[Read] = []
        if query is not None and all(flow.definition.body is not query for flow in made.flows):
            found += self._reads(query, made.scope)
        for flow in made.flows:
            flow.reads = self._reads(flow.definition.body, flow.scope)
            found += flow.reads
        for read in found:
            if read.kind == "external":
                self.externals.setdefault(read.name, []).append((made.name, read.relation))
        self.missing += [(made.name, read) for read in found if read.kind == "missing"]
        return tuple(found)

    def _reads(self, body: Body | None, scope: Scope) -> tuple[Read, ...]:
        if body is None:
            return ()
        held = self.memory.reads.get(body, scope)
        if held is not None:
            return cast("tuple[Read, ...]", held)
        found = (self._read(relation, body, scope) for relation in body.reads)
        reads = tuple(read for read in found if read is not None)
        self.memory.reads.put(body, scope, reads)
        return reads

    def _read(self, relation: Relation, body: Body, scope: Scope) -> Read | None:
        location = body.locate(relation.span)
        parts = _table_parts(relation)
        if not parts:
            label = external_label(relation, self.parameters)
            if not label:
                return None
            return Read(name=label, kind="external", streaming=relation.streaming, relation=relation, location=location)
        live = parts[0].upper() == "LIVE" and len(parts) > 1
        names = written(parts, self.parameters)
        made = self._find(names, scope)
        if made is not None:
            return Read(
                name=made.name, kind="dataset", streaming=relation.streaming, relation=relation, location=location
            )
        suggestion = self._suggestion(names, scope)
        dotted = ".".join(names)
        known = dotted in self.locked or ".".join(scope.qualified(names)) in self.locked
        lost = not known and (live or (len(names) == 1 and bool(suggestion or (self.locked and not scope.schema))))
        return Read(
            name=dotted,
            kind="missing" if lost else "external",
            streaming=relation.streaming,
            relation=relation,
            location=location,
            suggestion=suggestion,
        )

    def _suggestion(self, names: tuple[str, ...], scope: Scope) -> str:
        """The dataset that was probably meant, spelled so that it is found."""
        if len(names) > 1 and scope.key(scope.qualified(names))[:-1] not in self._schemas:
            return ""
        if self.known is None:
            self.known = Names(made.qualified[-1] for made in self.made.values())
        near = self.known.nearest(names[-1])
        meant = self.short.get(scope.key((near,))[0], ()) if near else ()
        if not meant:
            return ""
        return ".".join(meant[0].qualified) if near == names[-1] else meant[0].name

    @property
    def _schemas(self) -> set[Key]:
        """The catalogs and schemas that hold a dataset of this pipeline."""
        if not self.places:
            self.places = {key[1:-1] for key in self.made}
        return self.places

    # -- what it is --------------------------------------------------------------------------------------

    def _shape(self, body: Body | None, made: _Made, reads: tuple[Read, ...]) -> Shape:
        """What a query does with its streams. It hangs on the query, and on the views that it reads."""
        if body is None:
            return Shape()
        views = tuple(self.shapes.get(read.name) for read in reads if read.kind == "dataset")
        held = self.memory.shapes.get(body, views)
        if held is not None:
            return cast("Shape", held)
        shape = shape_of(body, self._view_shape(made))
        self.memory.shapes.put(body, views, shape)
        return shape

    def _view_shape(self, made: _Made) -> Callable[[Relation], Shape | None]:
        def shape(relation: Relation) -> Shape | None:
            parts = _table_parts(relation)
            found = self._find(written(parts, self.parameters), made.scope) if parts else None
            if found is None or found.definition.kind not in _VIEWS:
                return None
            return self.shapes.get(found.name)

        return shape

    def _dataset(self, made: _Made, reads: tuple[Read, ...], done: Mapping[str, Dataset]) -> Dataset:
        streamness, reason = self._streamness(made, reads, done)
        readers, layer = self.memory.readers.get(made.name, ()), self.memory.layers[made.name]
        before = self.memory.datasets.get(made.name)
        if (
            before is not None
            and before.definition is made.definition
            and (before.streamness, before.reason, before.readers, before.layer) == (streamness, reason, readers, layer)
            and _same_reads(before.reads, reads)
            and len(before.flows) == len(made.flows)
            and all(
                b.definition is f.definition and b.reads is f.reads
                for b, f in zip(before.flows, made.flows, strict=True)
            )
        ):
            return before
        return Dataset(
            name=made.name,
            qualified=made.qualified,
            kind=made.definition.kind,
            language=made.definition.language,
            definition=made.definition,
            streamness=streamness,
            reason=reason,
            flows=tuple(self._flow(flow, made) for flow in made.flows),
            reads=reads,
            readers=readers,
            layer=layer,
        )

    def _flow(self, flow: _Writing, made: _Made) -> Flow:
        named = flow.definition.name
        name = made.name if named == made.definition.name else ".".join(written(named.parts, self.parameters))
        return Flow(name=name, target=made.name, definition=flow.definition, reads=flow.reads)

    def _lost_flows(self) -> tuple[Flow, ...]:
        """Flows into nothing, resolved all the same: what they read may be missing too."""
        return tuple(self._lost_flow(flow) for flow in self.loose)

    def _lost_flow(self, flow: _Writing) -> Flow:
        target = ".".join(written(flow.definition.target.parts, self.parameters))
        name = ".".join(written(flow.definition.name.parts, self.parameters))
        reads = self._reads(flow.definition.body, flow.scope)
        self.missing += [(name, read) for read in reads if read.kind == "missing"]
        return Flow(name=name, target=target, definition=flow.definition, reads=reads, target_found=False)

    def _streamness(self, made: _Made, reads: tuple[Read, ...], done: Mapping[str, Dataset]) -> tuple[Streamness, str]:
        kind = made.definition.kind
        if kind == "materialized view":
            return "changing", "a materialized view is computed anew by each update"
        if kind == "sink":
            return "append", "a sink only receives rows"
        if kind in _VIEWS:
            return self._view_streamness(made, reads, done)
        return self._table_streamness(made)

    def _view_streamness(
        self, made: _Made, reads: tuple[Read, ...], done: Mapping[str, Dataset]
    ) -> tuple[Streamness, str]:
        shape = self.shapes[made.name]
        if not shape.streaming:
            return "snapshot", "a view without STREAM is computed anew for each reader"
        if shape.complete:
            return "changing", f"{shape.complete} gives all its rows anew in each update"
        for read in reads:
            source = done.get(read.name) if read.kind == "dataset" else None
            if read.streaming and source is not None and source.streamness == "changing" and not _skips(read.relation):
                return "changing", f"it streams {source.name}, whose rows change"
        streamed = [r.name for r in reads if r.streaming]
        return "append", f"it passes on the new rows of {', '.join(streamed) or 'a stream'}"

    def _table_streamness(self, made: _Made) -> tuple[Streamness, str]:
        if not made.flows:
            return "append", "no flow writes it yet; flows only add rows"
        for writing in made.flows:
            flow = writing.definition
            if flow.cdc is not None:
                return "changing", f"AUTO CDC updates{' and deletes' if flow.cdc.delete_when else ''} its rows by key"
            if flow.replace_where or flow.replace_using:
                return "changing", "a REPLACE flow deletes and rewrites rows in each update"
            own = flow.body is made.definition.query
            shape = self.shapes[made.name] if own else self._shape(flow.body, made, writing.reads)
            if shape.complete:
                return "changing", f"{shape.complete} is computed anew by each update"
            if made.definition.kind == "table" and not flow.once and not shape.streaming:
                return "changing", "a batch flow writes its rows anew in each update"
        many = len(made.flows)
        return "append", "its flow only adds rows" if many == 1 else f"its {many} flows only add rows"

    def _externals(self) -> dict[str, External]:
        return {name: self._external(name, uses) for name, uses in sorted(self.externals.items())}

    def _external(self, name: str, uses: list[tuple[str, Relation]]) -> External:
        relation = uses[0][1]
        kind = _external_kind(relation)
        streamed = sorted({reader for reader, r in uses if r.streaming})
        streamness: Streamness = "append" if streamed else "snapshot"
        reason = _streamed_by(streamed, kind) if streamed else "read whole, as it is at the start of each update"
        return External(
            name=name,
            kind=kind,
            streamness=streamness,
            reason=reason,
            columns=self.locked.get(name) or self.locked.get(".".join(self.scope.qualified(tuple(name.split("."))))),
            readers=tuple(dict.fromkeys(reader for reader, _ in uses)),
            format=relation.format,
        )

    def _query_problems(self) -> Iterator[Problem]:
        """What could not be read inside statements that could."""
        for statement in (s for script in self.scripts for s in script.statements):
            held = self.memory.problems.get(statement, None)
            if held is None:
                held = self.memory.problems.put(statement, None, tuple(_problems_in(statement)))
            yield from cast("tuple[Problem, ...]", held)


def _problems_in(statement: Statement) -> Iterator[Problem]:
    seen: set[int] = set()
    for query in queries_in(statement):
        failure = query.facts.failure
        if failure is not None and id(query) not in seen:
            seen.add(id(query))
            yield Problem(
                kind="too-deep" if failure.kind == "too-deep" else "syntax",
                message=failure.message,
                location=query.locate(failure.span),
                why=failure.why,
            )
    yield from _unread_conditions(statement)


def _unread_conditions(statement: Statement) -> Iterator[Problem]:
    """Conditions of expectations and of CDC that are no expression."""
    from ldp_magic.sql.query import expression_facts  # sqlglot loads with the first condition

    for text, location in conditions_in(statement):
        failure = expression_facts(text).failure
        if failure is not None:
            exact = len(location.text) == len(text)
            yield Problem(
                kind="too-deep" if failure.kind == "too-deep" else "syntax",
                message=failure.message,
                location=location.inside(failure.span.start, failure.span.end) if exact else location,
                why=failure.why or "a condition is one expression that is true or false",
            )


def conditions_in(statement: Statement) -> Iterator[tuple[str, Location]]:
    """The conditions of a statement that stand outside its queries, each with its place."""
    if isinstance(statement, DatasetDef):
        yield from ((e.condition, e.condition_location) for e in statement.expectations)
    flow = statement.flow if isinstance(statement, DatasetDef) else statement
    if not isinstance(flow, FlowDef) or flow.cdc is None or flow.language != "sql":
        return
    for clause in flow.cdc.clauses:
        if clause.name in _CONDITIONS and clause.value_location is not None:
            yield str(clause.value), clause.value_location


def queries_in(statement: Statement) -> Iterator[Query]:
    """Every piece of SQL text in a statement that is a query of its own."""
    bodies: list[Body | None] = []
    if isinstance(statement, DatasetDef):
        bodies = [statement.query, statement.flow.body if statement.flow is not None else None]
    elif isinstance(statement, FlowDef):
        bodies = [statement.body]
    elif isinstance(statement, Unsupported):
        bodies = [statement.query]
    for body in bodies:
        if isinstance(body, Query):
            yield body
        elif isinstance(body, Code):
            yield from body.queries


def _same(made: _Made, parts: tuple[str, ...], scope: Scope, *, holes: bool = False) -> bool:
    """Can *parts* mean this dataset? Its own name may be known less, or more, fully than the one written.

    With *holes* a parameter without a value may stand for any catalog or schema: a flow writes a table of its own
    pipeline, while what is read under another schema may well be another table.
    """
    if made.definition.kind == "temporary view":
        return len(parts) == 1
    mine, theirs = scope.key(made.qualified), scope.key(scope.qualified(parts))
    shorter = min(len(mine), len(theirs))
    pairs = zip(mine[-shorter:], theirs[-shorter:], strict=True)
    if not all(a == b or (holes and ("${" in a or "${" in b)) for a, b in pairs):
        return False
    return len(mine) >= len(theirs) > 1 or len(mine) == len(theirs) or (len(theirs) > len(mine) > 1)


def _table_parts(relation: Relation) -> tuple[str, ...]:
    """The table's name, also where a function carries it: read_stream('t'), table_changes('t', 0)."""
    if relation.function in ("read_stream", "table_changes") and relation.path:
        return parts_in(relation.path)
    return () if relation.function else relation.name


def external_label(relation: Relation, parameters: Mapping[str, str]) -> str:
    """What an external that is no table is called: its path, or its reader; nothing for generators such as range()."""
    if relation.path and (relation.function in FILE_READERS or relation.format or relation.function == "cloudFiles"):
        return filled(relation.path, parameters)
    topic = relation.option("subscribe") or relation.option("topic") or relation.option("streamName") or ""
    if relation.function.lower() in EVENT_READERS | _EVENT_FORMATS:
        return f"{relation.function}:{filled(topic, parameters)}" if topic else relation.function
    if relation.function in FILE_READERS or relation.streaming:
        return relation.label
    return filled(relation.path, parameters) if relation.path and not relation.function else ""


def _streamed_by(readers: list[str], kind: ExternalKind) -> str:
    gains = {"files": "new files are added", "stream": "events arrive"}.get(kind, "it must only gain rows")
    names = ", ".join(readers[:3]) + (" …" if len(readers) > 3 else "")
    return f"{names} {'read' if len(readers) > 1 else 'reads'} it as a stream: {gains}"


def _external_kind(relation: Relation) -> ExternalKind:
    if relation.function.lower() in EVENT_READERS | _EVENT_FORMATS:
        return "stream"
    if relation.path and not _table_parts(relation):
        return "files"
    return "function" if relation.function and not _table_parts(relation) else "table"


def _skips(relation: Relation) -> bool:
    return (relation.option("skipChangeCommits") or "").lower() == "true"


def _same_reads(before: tuple[Read, ...], now: tuple[Read, ...]) -> bool:
    return len(before) == len(now) and all(a is b for a, b in zip(before, now, strict=True))


def _dataset_names(reads: Iterable[Read]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.name for r in reads if r.kind == "dataset"))


def _readers(edges: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    readers: dict[str, list[str]] = {}
    for name, read in edges.items():
        for source in read:
            readers.setdefault(source, []).append(name)
    return readers


def across(pipelines: Iterable[Pipeline]) -> tuple[Pipeline, ...]:
    """Let the pipelines of one repository see each other: an external that another one makes is what that one says."""
    pipelines = tuple(pipelines)
    made: dict[Key, tuple[Pipeline, Dataset]] = {}
    for pipeline in pipelines:
        for dataset in pipeline.datasets.values():
            if dataset.kind != "temporary view" and len(dataset.qualified) > 1:
                made.setdefault(tuple(p.lower() for p in dataset.qualified), (pipeline, dataset))
    return tuple(replace(p, externals={n: _seen(e, p, made) for n, e in p.externals.items()}) for p in pipelines)


def _seen(external: External, reader: Pipeline, made: Mapping[Key, tuple[Pipeline, Dataset]]) -> External:
    if external.kind != "table":
        return external
    parts = Scope(reader.catalog, reader.schema).qualified(tuple(external.name.lower().split(".")))
    found = made.get(parts)
    if found is None or found[0] is reader:
        return external
    pipeline, dataset = found
    return replace(
        external,
        streamness=dataset.streamness,
        reason=f"pipeline {pipeline.name} makes it: {dataset.reason}",
        columns=external.columns or dataset.columns,
    )
