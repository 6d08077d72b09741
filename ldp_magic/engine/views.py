"""The datasets of a pipeline, and what they read, as temporary views of one session, made when somebody reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from ldp_magic.engine.answer import Checked, Sample, StandIn
from ldp_magic.engine.cdc import Changes
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.declared import select
from ldp_magic.engine.failures import failure
from ldp_magic.engine.queries import changes_with_values, filled, held_back, held_back_by_code, replaced, with_values
from ldp_magic.engine.session import Session
from ldp_magic.errors import LdpError
from ldp_magic.pipeline.lookup import dataset_of, names_of
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline, Read
from ldp_magic.project.model import Members
from ldp_magic.settings import Settings
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import AutoCdc, Body, Expectation, Query
from ldp_magic.sql.sail import Label, for_sail
from ldp_magic.sql.writing import quoted

if TYPE_CHECKING:
    from ldp_magic.engine.files import File
    from ldp_magic.engine.files.format import Format
    from ldp_magic.engine.script import Script

_NOT_PLAIN = re.compile(r"\W+")
EVENT_LOG = "event_log"  # the table of events, as Databricks calls it
HEAVY = 40  # datasets that are computed anew with each reading before their rows are kept
_NOT_STORED = re.compile(r"void|interval|variant")
_MOMENT = re.compile(r"timestamp(?!_ntz)")


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known while something is computed: the pipelines with their texts, and the settings."""

    pipelines: tuple[Pipeline, ...]
    members: Mapping[str, Members]
    settings: Settings
    tables: Tables | None = None  # where updates have left rows; None: everything is computed from its sources


class Tables(Protocol):
    """The tables that updates have written."""

    def rows_of(self, dataset: Dataset) -> Rows | None:
        """The rows of a dataset, if an update has written it."""
        ...

    def event_log(self, folder: Path) -> Rows:
        """The events of all updates, written into that folder."""
        ...


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table: Parquet files with these columns, and in words where they come from."""

    columns: tuple[tuple[str, str], ...]
    paths: tuple[str, ...]
    origin: str


@dataclass(slots=True)
class Seen:
    """What was met on the way and has to be said beside the rows, in the order in which it was met."""

    labels: dict[Label, None] = field(default_factory=dict)
    samples: dict[Sample, None] = field(default_factory=dict)
    stand_ins: dict[StandIn, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)


class Views:
    """Everything here belongs inside `session.call`; *whole* reads every source to its end."""

    def __init__(self, session: Session, scene: Scene, *, whole: bool) -> None:
        self.session, self.scene, self.whole, self.seen = session, scene, whole, Seen()
        self.made: dict[object, str] = {}  # what a view shows -> its name
        self._names: dict[str, None] = {}
        self._making: list[str] = []
        self._columns: dict[str, tuple[tuple[str, str], ...]] = {}
        self._weights: dict[tuple[str, str], int] = {}  # how many datasets are computed to read one
        self._code: dict[str, Script] = {}
        self._open = ExitStack()
        self.metadata = False  # does the query that is being made ready ask files for their _metadata?

    def close(self) -> None:
        """Take out what user code needed, and on a shared session the views."""
        self._open.close()
        if self.session.engine.place.kind == "databricks":
            for name in self._names:
                self.session.spark.catalog.dropTempView(name)

    @cached_property
    def scratch(self) -> Path:
        """A folder that lives as long as these views, where an engine that sees this disk finds what was read."""
        return Path(self._open.enter_context(TemporaryDirectory(prefix="ldp-", ignore_cleanup_errors=True)))

    # --- queries -------------------------------------------------------------------------------------------------

    def ready(self, text: str, pipeline: Pipeline, reads: Sequence[Read] = ()) -> str:
        """A query of *pipeline* as this place can be asked: views for what it reads, in words that the engine knows."""
        query = filled(text, pipeline.parameters)
        before, self.metadata = self.metadata, "_metadata" in query.facts.text
        known = {id(read.relation): read for read in reads}
        names = [self._relation(pipeline, here, known.get(id(written))) for here, written in query.relations]
        self.metadata = before
        label = held_back(query.facts)
        if label is not None:
            self.seen.labels[label] = None
        return self.spoken(replaced(query.facts, names))

    def spoken(self, text: str) -> str:
        """A query over views of this session, for the embedded engine made to mean what Spark means by it."""
        if not self.session.embedded:
            return text
        answer = for_sail(text, self.columns)
        self.seen.labels.update(dict.fromkeys(answer.labels))
        return answer.text

    def columns(self, parts: tuple[str, ...]) -> tuple[tuple[str, str], ...] | None:
        """The columns of a view of this session, None for anything else."""
        name = parts[0] if len(parts) == 1 else ""
        if name not in self._names and not (name and self._code and self.has(parts)):
            return None
        if name not in self._columns or name not in self._names:  # user code may make a view of its own anew
            schema = self.session.spark.table(name).schema
            self._columns[name] = tuple((each.name, each.dataType.simpleString()) for each in schema.fields)
        return self._columns[name]

    def view(self, name: str, what: Any) -> str:
        """A new view of a query's text or of a frame; *name* is only for the eye."""
        view = f"ldp_{len(self._names) + 1}_{_NOT_PLAIN.sub('_', name)[-60:]}"
        if isinstance(what, str):
            self.session.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {quoted(view)} AS {what}")
        else:
            self._in_zone(what).createOrReplaceTempView(view)
        self._names[view] = None
        return view

    def over(self, name: str, columns: Sequence[tuple[str, str]], paths: Sequence[str]) -> str:
        """A quoted view over Parquet files with these columns; without files it is empty."""
        if paths:
            schema = ", ".join(f"{quoted(column)} {type_}" for column, type_ in columns)
            view = self.view(name, self.session.spark.read.schema(schema).parquet(*paths))
        else:
            nothing = ", ".join(f"CAST(NULL AS {type_}) AS {quoted(column)}" for column, type_ in columns)
            view = self.view(name, f"SELECT {nothing} WHERE false")
        self._columns[view] = tuple(columns)
        return quoted(view)

    def _in_zone(self, frame: Any) -> Any:
        """The embedded engine takes what it reads from files for UTC, whatever the session's zone, until it is cast."""
        if not self.session.embedded or self.session.engine.place.zone == "UTC":
            return frame
        types = [(each.name, each.dataType.simpleString()) for each in frame.schema.fields]
        return frame.selectExpr(
            *(f"CAST({quoted(n)} AS {t}) AS {quoted(n)}" if _MOMENT.search(t) else quoted(n) for n, t in types)
        )

    # --- datasets ------------------------------------------------------------------------------------------------

    def dataset(self, pipeline: Pipeline, dataset: Dataset) -> str:
        """What shows the rows of a dataset as its readers see them: without those that its expectations drop."""
        key = (pipeline.name, dataset.name)
        if key in self.made:
            return self.made[key]
        if not self.session.embedded and dataset.kind != "temporary view" and self.has(dataset.qualified):
            self.seen.notes[f"{'.'.join(dataset.qualified)} is read as it stands there"] = None
            self.made[key] = ".".join(map(quoted, dataset.qualified))
            return self.made[key]
        rows = self._left(dataset)
        if rows is not None:
            self.seen.notes[f"{dataset.name} is read {rows.origin}"] = None
            self.made[key] = self.over(dataset.name, rows.columns, rows.paths)
            return self.made[key]
        self.upstream_first(pipeline, dataset)
        with self.making(dataset):
            view = quoted(self.view(dataset.name, self.rows(pipeline, dataset)))
            view = self._kept(pipeline, dataset, view)
            self.made[key] = self._once(pipeline, dataset, view)
        return self.made[key]

    def _left(self, dataset: Dataset) -> Rows | None:
        """What the last update left of a dataset."""
        return self.scene.tables.rows_of(dataset) if self.scene.tables and self.session.embedded else None

    def expectations(self, pipeline: Pipeline, dataset: Dataset) -> tuple[Expectation, ...]:
        """The expectations of a dataset with the parameters in their conditions filled in."""
        parameters = pipeline.parameters
        return tuple(replace(each, condition=with_values(each.condition, parameters)) for each in dataset.expectations)

    def checked(self, expectations: Sequence[Expectation], rows: str) -> tuple[int, int, tuple[Checked, ...]]:
        """How many rows there are, how many are kept, and how many pass each expectation: one look at all of them."""
        kept = [true(each.condition) for each in expectations if each.on_violation == "drop"]
        conditions = [" AND ".join(kept) or "true", *(true(each.condition) for each in expectations)]
        counts = ", ".join(f"count(CASE WHEN {each} THEN 1 END) AS c{n}" for n, each in enumerate(conditions))
        (found,) = self.session.spark.sql(self.spoken(f"SELECT count(*) AS n, {counts} FROM {rows}")).collect()
        total, left, *passed = found
        checked = tuple(
            Checked(each.name, each.condition, each.on_violation, many, total - many)
            for each, many in zip(expectations, passed, strict=True)
        )
        return total, left, checked

    def _kept(self, pipeline: Pipeline, dataset: Dataset, view: str) -> str:
        """The rows that an upstream dataset passes on; what it drops, and what would stop an update, is said."""
        expectations = [each for each in self.expectations(pipeline, dataset) if each.on_violation != "warn"]
        if not expectations:
            return view
        rows = f"{view} AS {quoted(dataset.qualified[-1])}"
        total, left, checked = self.checked(expectations, rows)
        for each in checked:
            if each.action == "fail" and each.failed:
                said = f"an update would stop at {dataset.name}: {each.failed:,} of {total:,} rows break {each.name}"
                self.seen.notes[said] = None
        if left == total:
            return view
        self.seen.notes[f"{dataset.name} drops {total - left:,} of {total:,} rows"] = None
        where = " AND ".join(true(each.condition) for each in expectations if each.on_violation == "drop")
        return quoted(self.view(dataset.name, self.spoken(f"SELECT * FROM {rows} WHERE {where}")))

    def upstream_first(self, pipeline: Pipeline, dataset: Dataset) -> None:
        """Make what a dataset is computed from in the order of the graph, so that a long chain is no deep recursion."""
        if self._making or not self.session.embedded:
            return
        wanted, todo = set(), [dataset]
        while todo:
            for read in todo.pop().reads:
                if read.kind == "dataset" and read.name not in wanted:
                    wanted.add(read.name)
                    found = pipeline.datasets.get(read.name)
                    todo += [found] if found is not None and self._left(found) is None else []
        if dataset.name not in wanted:  # a circle is found, and named, on the way
            for name, each in pipeline.datasets.items():
                if name in wanted:
                    self.dataset(pipeline, each)

    def _once(self, pipeline: Pipeline, dataset: Dataset, view: str) -> str:
        """The view, or its rows on disk where so much would be computed over and over: a view is only a text."""
        reads = [read.name for read in dataset.reads if read.kind == "dataset"]  # twice, if it is read twice
        weight = 1 + sum(self._weights.get((pipeline.name, name), 1) for name in reads)
        if weight > HEAVY and self.session.embedded and self._storable(view):
            path = str(self.scratch / f"{len(self._names)}.parquet")
            self.session.spark.table(view).write.parquet(path)
            view, weight = quoted(self.view(dataset.name, self.session.spark.read.parquet(path))), 1
        self._weights[pipeline.name, dataset.name] = weight
        return view

    def _storable(self, view: str) -> bool:
        """Can Parquet hold every column as it is?"""
        types = [each.dataType.simpleString() for each in self.session.spark.table(view).schema.fields]
        return not any(_NOT_STORED.search(each) for each in types)

    def making(self, dataset: Dataset) -> _Making:
        """Work on one dataset: its name in errors, and no way around in a circle."""
        return _Making(self, dataset)

    def rows(self, pipeline: Pipeline, dataset: Dataset) -> str:
        """A query for the rows of a dataset before its expectations drop any."""
        flows = [flow for flow in dataset.flows if flow.definition.body is not None or flow.definition.cdc is not None]
        if not flows and dataset.body is None:
            raise EngineError(
                f"{dataset.name} has no query",
                why="nothing in the pipeline writes into it",
                fix="give it AS SELECT ..., or a flow",
            )
        if not flows:
            assert dataset.body is not None
            return self._typed(
                self._body(pipeline, dataset, dataset.body, dataset.reads, dataset.name), pipeline, dataset
            )
        queries = [self._flow(pipeline, dataset, flow) for flow in flows]
        if len(queries) > 1:
            views = [self.view(flow.name, each) for flow, each in zip(flows, queries, strict=True)]
            queries = [self._together(views)]
        return self._typed(queries[0], pipeline, dataset)

    def _flow(self, pipeline: Pipeline, dataset: Dataset, flow: Flow) -> str:
        definition = flow.definition
        if definition.cdc is None:
            assert definition.body is not None
            return self._body(pipeline, dataset, definition.body, flow.reads, flow.name)
        if definition.cdc.from_snapshot:
            raise EngineError(
                f"{flow.target} is made of snapshots",
                why="its rows depend on every snapshot there was, and a preview sees only the last",
                fix="preview the snapshot itself",
            )
        source = definition.cdc.source
        if isinstance(source, Query):
            events = self.view(f"{flow.name} events", self.ready(source.text, pipeline, flow.reads))
        else:
            named = [self._relation(pipeline, read.relation, read) for read in flow.reads]
            events = self.view(f"{flow.name} events", f"SELECT * FROM {named[0]}")
        return self._changes(pipeline, flow, events, definition.cdc)

    def _changes(self, pipeline: Pipeline, flow: Flow, events: str, cdc: AutoCdc) -> str:
        """AUTO CDC over a view that holds all changes."""
        cdc = changes_with_values(cdc, pipeline.parameters)
        types = dict(self.columns((events,)) or ())
        changes = Changes(quoted(events), tuple(types), cdc, types=types)
        spark = self.session.spark
        (lost,) = spark.sql(self.spoken(changes.unordered())).collect()[0]
        if lost:
            raise EngineError(
                f"{lost:,} of the changes have no key, or nothing in SEQUENCE BY",
                why=f"where {', '.join((*cdc.keys, cdc.sequence_by))} is NULL nobody knows which row changes, or when",
                fix=f"leave them out before the flow {flow.name}, or count them with an expectation there",
            )
        type_ = spark.sql(self.spoken(changes.sequence())).schema.fields[0].dataType
        fields = tuple(each.name for each in getattr(type_, "fields", ()))
        return self.spoken(replace(changes, fields=fields).query())

    def _body(self, pipeline: Pipeline, dataset: Dataset, body: Body, reads: Sequence[Read], name: str) -> str:
        if isinstance(body, Query):
            if any("udf.register" in cell.source.text for cell in self.scene.members[pipeline.name].cells):
                self.code(pipeline)  # functions that are registered in Python are called in SQL
            return self.ready(body.text, pipeline, reads)
        from ldp_magic.engine.dataframes import unlike

        frame = self.code(pipeline).frame(dataset, name)
        self.seen.labels.update(dict.fromkeys((*unlike(self.session, frame), *held_back_by_code(body))))
        return f"SELECT * FROM {quoted(self.view(f'{name} code', frame))}"

    def _together(self, views: Sequence[str]) -> str:
        """The rows of several flows: a column that one of them lacks is NULL in its rows."""
        have = [dict(self.columns((view,)) or ()) for view in views]
        types = {name: type_ for each in reversed(have) for name, type_ in each.items()}
        names = dict.fromkeys(name for each in have for name in each)
        parts = [
            ", ".join(quoted(n) if n in own else f"CAST(NULL AS {types[n]}) AS {quoted(n)}" for n in names)
            for own in have
        ]
        queries = (f"SELECT {part} FROM {quoted(view)}" for part, view in zip(parts, views, strict=True))
        return self.spoken(" UNION ALL ".join(queries))

    def _typed(self, query: str, pipeline: Pipeline, dataset: Dataset) -> str:
        """The query's columns as the statement declares them."""
        if not dataset.definition.columns:
            return query
        view = self.view(f"{dataset.name} query", query)
        declared = select(dataset, self.columns((view,)) or (), pipeline.parameters, quoted(view))
        return query if declared is None else self.spoken(declared)

    def has(self, parts: Sequence[str]) -> bool:
        """Has the session a view, or the place a table, of that name? A place without such a catalog has none."""
        from pyspark.errors import AnalysisException

        try:
            return bool(self.session.spark.catalog.tableExists(".".join(map(quoted, parts))))
        except AnalysisException:
            return False

    # --- relations -----------------------------------------------------------------------------------------------

    def _relation(self, pipeline: Pipeline, relation: Relation, read: Read | None) -> str | None:
        """What to read in the place of a relation; None leaves it as it is."""
        from ldp_magic.engine import outside

        if read is not None and read.kind == "missing":
            raise EngineError(
                f"no dataset is called {read.name}" + (f"; {read.suggestion} is" if read.suggestion else ""),
                why="nothing in the pipeline makes it, and ldp.lock does not know it",
                fix=f"read {read.suggestion}" if read.suggestion else "check the name",
            )
        if relation.function == "table_changes":
            return outside.relation(self, pipeline, relation)
        options = dict((*relation.options, *relation.arguments)) if relation.streaming else None
        found = pipeline.datasets.get(read.name) if read is not None and read.kind == "dataset" else None
        if found is not None:
            return self.dataset(pipeline, found) if options is None else self.stream(pipeline, found, options)
        if relation.name or relation.function == "read_stream":
            return self.table(pipeline, relation.name or tuple(relation.path.split(".")), options)
        return outside.relation(self, pipeline, relation)

    def table(self, pipeline: Pipeline, parts: Sequence[str], options: Mapping[str, str] | None = None) -> str | None:
        """The view, or at a remote place the table, that a name means; with *options* it is read as a stream."""
        from ldp_magic.engine import outside

        short, full = names_of(pipeline, parts)
        for each in (pipeline, *(other for other in self.scene.pipelines if other is not pipeline)):
            found = dataset_of(each, parts if each is pipeline else full)
            if found is not None and (each is pipeline or (found.kind != "temporary view" and len(full) > 1)):
                return self.dataset(each, found) if options is None else self.stream(each, found, options)
        if short == (EVENT_LOG,) and self.scene.tables is not None and self.session.embedded:
            log = self.scene.tables.event_log(self.scratch)
            return self.over(EVENT_LOG, log.columns, log.paths)
        return outside.table(self, pipeline, short, full, options)

    # --- what a run, which knows what was read before, does otherwise ------------------------------------------------

    def stream(self, pipeline: Pipeline, dataset: Dataset, options: Mapping[str, str]) -> str:
        """A dataset that is read as a stream."""
        return self.dataset(pipeline, dataset)

    def load(self, source: str, files: Sequence[File], format: Format, root: str, *, streaming: bool) -> str:
        """Files, as a view."""
        from ldp_magic.engine import outside

        return outside.loaded(self, source, files, format, root)

    def stand_in(self, source: str, files: Sequence[File], format: Format, root: str, *, streaming: bool) -> str:
        """Files in the place of a table, as a view."""
        return self.load(source, files, format, root, streaming=streaming)

    def topic(self, source: str, system: str, name: str, path: str, *, streaming: bool) -> str:
        """A stream of events, as a view."""
        from ldp_magic.engine.events import frame

        return quoted(self.view(source, frame(self.session.spark, system, name, path)))

    def delta(self, source: str, path: str, options: Mapping[str, str] | None) -> str:
        """A Delta table that is not ours, as a view; with *options* it is read as a stream."""
        from ldp_magic.engine import outside

        return outside.whole_delta(self, path)

    # --- Python --------------------------------------------------------------------------------------------------

    def code(self, pipeline: Pipeline) -> Script:
        """The Python of a pipeline, run once."""
        from ldp_magic.engine.script import running_code

        if pipeline.name not in self._code:
            self._code[pipeline.name] = self._open.enter_context(running_code(self, pipeline))
        return self._code[pipeline.name]


class _Making:
    """Says in which dataset an error arose, and finds circles."""

    def __init__(self, views: Views, dataset: Dataset) -> None:
        self.views, self.dataset = views, dataset

    def __enter__(self) -> None:
        making, name = self.views._making, self.dataset.name
        if name in making:
            circle = [*making[making.index(name) :], name]
            raise EngineError(
                f"{name} cannot be computed: it reads itself",
                why=", which reads ".join(circle),
                fix="take one of these reads away",
            )
        making.append(name)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.views._making.pop()
        if isinstance(error, Exception) and not hasattr(error, "dataset"):
            said = failure(error, self.views.session.engine.place)
            if isinstance(said, LdpError):
                where = self.dataset.location
                place = f"{where.source.name}:{where.first.line}"
                new = EngineError(f"{self.dataset.name}: {said.what}", why=said.why, fix=said.fix)
                new.dataset, new.place = self.dataset.name, place  # type: ignore[attr-defined]
                raise new from error


def true(condition: str) -> str:
    """A condition for which unknown is no."""
    return f"coalesce(({condition}), false)"
