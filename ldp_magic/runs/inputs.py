"""What a flow reads in one turn: the lake's tables as they are, and of what it streams only the rows that are new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ldp_magic.engine.answer import Checked
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.events import frame as frame_of_events
from ldp_magic.engine.session import Session
from ldp_magic.engine.views import Scene, Views, true
from ldp_magic.lake import Batch, Columns, DataFile, Table, ddl
from ldp_magic.lake.batch import Json
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline
from ldp_magic.runs import loader
from ldp_magic.runs.tables import STORED, Tables, name_of
from ldp_magic.sql.model import Body, Expectation
from ldp_magic.sql.writing import quoted

if TYPE_CHECKING:
    from ldp_magic.engine.files import File
    from ldp_magic.engine.files.format import Format
    from ldp_magic.engine.script import Script

_NOT_FOLLOWED = ("readchangefeed", "startingversion", "startingtimestamp")


@dataclass(slots=True)
class Read:
    """What a turn has found in its sources."""

    offsets: dict[str, Json] = field(default_factory=dict)  # from where the next turn goes on, by source
    files: dict[str, tuple[File, ...]] = field(default_factory=dict)  # that were read for the first time, by source
    rows: int | None = 0  # None: not all of them were counted
    news: bool = False  # is there anything that the last turn has not seen?
    more: bool = False  # was something left for a further turn?
    checks: dict[str, tuple[int, tuple[Checked, ...]]] = field(default_factory=dict)  # of views: rows, and what broke


@dataclass(slots=True)
class Scripts:
    """The Python of the pipelines, run once for all turns of a worker."""

    stack: ExitStack
    known: dict[str, Script] = field(default_factory=dict)


class Inputs(Views):
    """The views of one turn. *whole* gives a stream's rows from the beginning, for a result that is computed anew."""

    def __init__(
        self,
        session: Session,
        scene: Scene,
        tables: Tables,
        before: Batch,
        scripts: Scripts,
        *,
        anew: bool = False,
    ) -> None:
        super().__init__(session, scene, whole=True)
        self.tables, self.before, self.anew, self.read = tables, before, anew, Read()
        self._scripts, self._code = scripts, scripts.known
        for script in scripts.known.values():
            script.read_from(self)

    def offset(self, source: str) -> Json:
        """From where this turn reads a source; None from its beginning."""
        return None if self.anew else self.before.offsets.get("sources", {}).get(source)

    # --- tables --------------------------------------------------------------------------------------------------

    def dataset(self, pipeline: Pipeline, dataset: Dataset) -> str:
        if dataset.kind not in STORED:
            return super().dataset(pipeline, dataset)
        key = ("table", name_of(dataset))
        if key not in self.made:
            table = self.tables.there(dataset)
            self.made[key] = self.shown(dataset.name, table.columns, table.files)
        return self.made[key]

    def stream(self, pipeline: Pipeline, dataset: Dataset, options: Mapping[str, str]) -> str:
        if dataset.kind not in STORED:
            return self.dataset(pipeline, dataset)
        name, low = name_of(dataset), {key.lower(): value for key, value in options.items()}
        key = ("stream", name, low.get("skipchangecommits"))
        if key not in self.made:
            if dataset.kind == "materialized view":
                raise _no_stream_of_a_view(dataset)
            _check_options(low)
            table = self.tables.there(dataset)
            files = self._news(dataset, table, skip=low.get("skipchangecommits", "").lower() == "true")
            self.made[key] = self.shown(f"new {dataset.name}", table.columns, files)
        return self.made[key]

    def _news(self, dataset: Dataset, table: Table, *, skip: bool) -> Sequence[DataFile]:
        name = name_of(dataset)
        last = self.before.offsets.get("sources", {}).get(name)
        news = table.news(last)
        if news.changed and not skip:
            raise _changed(dataset, news.changed)
        self.read.offsets[name] = news.position
        self.read.news = self.read.news or bool(news.files)
        files = table.files if self.anew else news.files
        self.count(sum(file.rows for file in files if file.rows) if all(f.rows is not None for f in files) else None)
        return files

    def count(self, rows: int | None) -> None:
        """So many rows were read; None if nobody has counted them."""
        self.read.rows = None if rows is None or self.read.rows is None else self.read.rows + rows

    def shown(self, name: str, columns: Columns, files: Sequence[DataFile]) -> str:
        """A view over files of a table."""
        return self.over(name, columns, [file.path for file in files])

    def over(self, name: str, columns: Columns, paths: Sequence[str]) -> str:
        """A view over Parquet files with these columns; without any it is empty."""
        if paths:
            view = self.view(name, self.session.spark.read.schema(ddl(columns)).parquet(*paths))
        else:
            nothing = ", ".join(f"CAST(NULL AS {each.type}) AS {quoted(each.name)}" for each in columns)
            view = self.view(name, f"SELECT {nothing} WHERE false")
        self._columns[view] = tuple((each.name, each.type) for each in columns)
        return quoted(view)

    # --- what is not ours ----------------------------------------------------------------------------------------

    def load(self, source: str, files: Sequence[File], format: Format, root: str, *, streaming: bool) -> str:
        if not streaming:
            return super().load(source, files, format, root, streaming=False)
        return loader.load(self, source, files, format, root)

    def topic(self, source: str, system: str, name: str, path: str, *, streaming: bool) -> str:
        frame = frame_of_events(self.session.spark, system, name, path)
        if not streaming:
            return quoted(self.view(source, frame))
        since, count = int(self.offset(source) or 0), frame.count()
        last = int(self.before.offsets.get("sources", {}).get(source) or 0)
        if count < last:
            raise EngineError(
                f"{source} has become shorter: it had {last:,} events and has {count:,}",
                why="which of them were read before cannot be told",
                fix="add events at the end only, or run a full refresh",
            )
        self.read.offsets[source] = count
        self.read.news = self.read.news or count > last
        self.count(count - since)
        number = "CAST(sequenceNumber AS BIGINT)" if system == "kinesis" else "offset"
        return quoted(self.view(f"new {source}", frame.where(f"{number} >= {since}")))

    def delta(self, source: str, path: str, *, streaming: bool) -> str:
        if not streaming:
            return super().delta(source, path, streaming=False)
        from ldp_magic.lake import foreign

        name = f"delta {source}"
        table = foreign(source, path)
        news = table.news(self.before.offsets.get("sources", {}).get(name))
        if news.changed:
            raise _changed_elsewhere(source, news.changed)
        self.read.offsets[name] = news.position
        self.read.news = self.read.news or bool(news.files)
        return self.shown(f"new {source}", table.columns, table.files if self.anew else news.files)

    # --- expectations of views, and Python -----------------------------------------------------------------------

    def _kept(self, pipeline: Pipeline, dataset: Dataset, view: str) -> str:
        expectations = self.expectations(pipeline, dataset)
        if not expectations:
            return view
        rows = f"{view} AS {quoted(dataset.qualified[-1])}"
        total, left, checked = self.checked(expectations, rows)
        for each in checked:
            if each.action == "fail" and each.failed:
                raise EngineError(
                    f"expectation {each.name} of the view {dataset.name} failed for {each.failed:,} of {total:,} rows",
                    why=f"{each.condition} says ON VIOLATION FAIL UPDATE",
                    fix=f"mend the rows, or drop such rows instead: ldp preview {dataset.name} shows them",
                )
        self.read.checks[dataset.name] = (total - left, checked)
        if left == total:
            return view
        where = " AND ".join(true(each.condition) for each in expectations if each.on_violation == "drop")
        return quoted(self.view(dataset.name, self.spoken(f"SELECT * FROM {rows} WHERE {where}")))

    def body(self, pipeline: Pipeline, dataset: Dataset, flow: Flow | None) -> str:
        """The rows of a flow, or of a dataset with a query of its own, in words that the engine knows."""
        body: Body | None = flow.definition.body if flow else dataset.body
        assert body is not None
        reads, name = (flow.reads, flow.name) if flow else (dataset.reads, dataset.name)
        return self._body(pipeline, dataset, body, reads, name)

    def typed(self, query: str, pipeline: Pipeline, dataset: Dataset) -> str:
        """The query's columns as the statement declares them."""
        return self._typed(query, pipeline, dataset)

    def flags(self, expectations: Sequence[Expectation]) -> list[str]:
        """One condition for each expectation; unknown is no."""
        return [true(each.condition) for each in expectations]

    def upstream_first(self, pipeline: Pipeline, dataset: Dataset) -> None:
        """What is upstream has a table, or is a view that is made when it is read."""

    def _once(self, pipeline: Pipeline, dataset: Dataset, view: str) -> str:
        return view if dataset.kind not in STORED else super()._once(pipeline, dataset, view)

    def code(self, pipeline: Pipeline) -> Script:
        from ldp_magic.engine.script import running_code

        if pipeline.name not in self._code:
            self._code[pipeline.name] = self._scripts.stack.enter_context(running_code(self, pipeline))
        return self._code[pipeline.name]


def _check_options(options: Mapping[str, str]) -> None:
    for name in _NOT_FOLLOWED:
        if name in options and options[name].lower() not in ("false", ""):
            raise EngineError(
                f"a stream with {name} is not read here",
                why="it asks for another part of the table's history than what is new",
                fix="take the option away for local runs, or run it on Databricks",
            )


def _changed(dataset: Dataset, versions: Sequence[int]) -> EngineError:
    return EngineError(
        f"rows of {dataset.name} were changed or removed, and it is read as a stream",
        why=f"version{'s' if versions[1:] else ''} {', '.join(map(str, versions[:5]))} of it did not only add rows",
        fix=f"read STREAM {dataset.name} WITH (skipChangeCommits = true), or run a full refresh of what reads it",
    )


def _changed_elsewhere(source: str, versions: Sequence[int]) -> EngineError:
    return EngineError(
        f"rows of {source} were changed or removed, and it is read as a stream",
        why=f"version {versions[0]} of it did not only add rows",
        fix="run a full refresh of what reads it",
    )


def _no_stream_of_a_view(dataset: Dataset) -> EngineError:
    return EngineError(
        f"{dataset.name} is a materialized view, which cannot be read as a stream",
        why="each update replaces its rows, so there are no new ones",
        fix=f"read {dataset.name} without STREAM, in a materialized view; or make it a streaming table",
    )
