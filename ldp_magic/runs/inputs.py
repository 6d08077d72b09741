"""What a flow reads in one turn: the lake's tables as they are, and of what it streams only the rows that are new."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ldp_magic.engine.answer import Checked
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.events import frame_of_lines
from ldp_magic.engine.files import File, Format, format_of, listed, read
from ldp_magic.engine.files.format import guessed
from ldp_magic.engine.queries import with_values
from ldp_magic.engine.session import Session
from ldp_magic.engine.views import Scene, Views, true
from ldp_magic.lake import Batch, Columns, DataFile, Table, foreign
from ldp_magic.lake.batch import Json
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline
from ldp_magic.pipeline.model import Read as ReadOf
from ldp_magic.runs import loader
from ldp_magic.runs.growing import Tail, lines, tails
from ldp_magic.runs.stateful.kinds import kind_of
from ldp_magic.runs.tables import STORED, Tables, name_of
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import Body
from ldp_magic.sql.query import facts_of
from ldp_magic.sql.writing import quoted

if TYPE_CHECKING:
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
            if self.anew:
                self._count_all(table.files)
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
            raise _changed(dataset.name, news.changed)
        self.read.offsets[name] = news.position
        self.read.news = self.read.news or bool(news.files)
        files = table.files if self.anew else news.files
        self._count_all(files)
        return files

    def _count_all(self, files: Sequence[DataFile]) -> None:
        self.count(sum(file.rows for file in files if file.rows) if all(f.rows is not None for f in files) else None)

    def count(self, rows: int | None) -> None:
        """So many rows were read; None if nobody has counted them."""
        self.read.rows = None if rows is None or self.read.rows is None else self.read.rows + rows

    def shown(self, name: str, columns: Columns, files: Sequence[DataFile]) -> str:
        """A view over files of a table."""
        return self.over(name, [(each.name, each.type) for each in columns], [file.path for file in files])

    # --- what is not ours ----------------------------------------------------------------------------------------

    def load(self, source: str, files: Sequence[File], format: Format, root: str, *, streaming: bool) -> str:
        if not streaming:
            if self.anew:
                self.count(None)
            return super().load(source, files, format, root, streaming=False)
        return loader.load(self, source, files, format, root)

    def stand_in(self, source: str, files: Sequence[File], format: Format, root: str, *, streaming: bool) -> str:
        """A file that stands in for a table grows by lines; a folder grows by files."""
        if not streaming or not os.path.isfile(root):
            return self.load(source, files, format, root, streaming=streaming)
        name = f"table {source}"
        before, columns = self._before(name).get("files", {}), self._before(name).get("columns")
        found, position = tails(source, files, {} if self.anew else before, root)
        self.read.news = self.read.news or position != before
        if not found and columns:
            self.read.offsets[name] = {"files": position, "columns": columns}
            return self.over(f"new {source}", [(n, t) for n, t in columns], [])
        known = tuple((column, type_) for column, type_ in columns) if columns and format.schema is None else None
        files = [self._tail(each, format, whole=self.anew or not before) for each in found] or files
        loaded = read(
            self.session.spark,
            files,
            format,
            os.path.dirname(files[0].path),
            columns=known,
            scratch=self.scratch,
            growing=False,
            zone=self.session.engine.place.zone,
        )
        self.count(loaded.rows)
        self.read.offsets[name] = {"files": position, "columns": [list(each) for each in loaded.columns]}
        self.seen.notes.update(dict.fromkeys(f"{source}: {note}" for note in loaded.notes))
        return quoted(self.view(f"new {source}", loaded.frame))

    def _tail(self, tail: Tail, format: Format, *, whole: bool) -> File:
        """The end of a file as a file of its own, with the names of its columns before it."""
        named = format.name or guessed(tail.file.path)
        if whole or named not in ("csv", "json", "text"):
            return tail.file
        with open(tail.file.path, "rb") as stream:
            head = stream.readline() if named == "csv" and format.header else b""
        path = self.scratch / f"{len(self._names)}-{os.path.basename(tail.file.path)}"
        path.write_bytes(head + tail.data)
        return File(str(path), path.stat().st_size, tail.file.mtime)

    def _before(self, name: str) -> Mapping[str, Json]:
        """What the last turn left of a source."""
        found: Mapping[str, Json] = self.before.offsets.get("sources", {}).get(name) or {}
        return found

    def topic(self, source: str, system: str, name: str, path: str, *, streaming: bool) -> str:
        if not streaming:
            return super().topic(source, system, name, path, streaming=False)
        key = f"topic {source}"
        last = self._before(key)
        before = {} if self.anew else last
        found, position = tails(source, listed(path), before.get("files", {}), path)
        first, events = int(before.get("events", 0)), lines(found)
        self.read.offsets[key] = {"files": position, "events": first + len(events)}
        self.read.news = self.read.news or position != last.get("files")
        self.count(len(events))
        return quoted(self.view(f"new {source}", frame_of_lines(self.session.spark, system, name, events, first)))

    def delta(self, source: str, path: str, options: Mapping[str, str] | None) -> str:
        if options is None:
            return super().delta(source, path, None)
        low = {key.lower(): value for key, value in options.items()}
        _check_options(low)
        name, table = f"delta {source}", foreign(source, path)
        news = table.news(self._before(name) or None)
        if news.changed and low.get("skipchangecommits", "").lower() != "true":
            raise _changed(source, news.changed)
        self.read.offsets[name] = news.position
        self.read.news = self.read.news or bool(news.files)
        files = table.files if self.anew else news.files
        self._count_all(files)
        if not files:
            return self.shown(f"new {source}", table.columns, [])
        loaded = read(
            self.session.spark,
            [File(each.path, each.size, 0.0) for each in files],
            format_of("parquet", {"partitionColumns": ",".join(table.partitions)}),
            str(table.folder),
            columns=tuple((each.name, each.type) for each in table.columns),
            scratch=self.scratch,
            zone="UTC",  # moments in the names of its folders are of UTC
        )
        return quoted(self.view(f"new {source}", loaded.frame))

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

    def relation(self, pipeline: Pipeline, relation: Relation, read: ReadOf | None) -> str | None:
        """What to read in the place of a relation; None leaves it as it is."""
        return self._relation(pipeline, relation, read)

    def body(self, pipeline: Pipeline, dataset: Dataset, flow: Flow | None) -> str:
        """The rows of a flow, or of a dataset with a query of its own, in words that the engine knows."""
        body: Body | None = flow.definition.body if flow else dataset.body
        assert body is not None
        reads, name = (flow.reads, flow.name) if flow else (dataset.reads, dataset.name)
        return self._body(pipeline, dataset, body, reads, name)

    def frame(self, pipeline: Pipeline, dataset: Dataset, flow: Flow) -> Any:
        """What the Python function of a flow returns."""
        from ldp_magic.engine.dataframes import unlike

        frame = self.code(pipeline).frame(dataset, flow.name)
        self.seen.labels.update(dict.fromkeys(unlike(self.session, frame)))
        return frame

    def ready(self, text: str, pipeline: Pipeline, reads: Sequence[ReadOf] = ()) -> str:
        facts = facts_of(with_values(text, pipeline.parameters))
        kind = "stateless" if self.anew or not facts.streaming else kind_of(facts)
        if kind != "stateless":
            raise EngineError(
                "a query over a stream has to remember rows, and stands where only its new rows are seen",
                why="it is inside Python code, or feeds AUTO CDC; there groups, distinct rows and joins would be wrong",
                fix="make it a streaming table of its own, and read that",
            )
        return super().ready(text, pipeline, reads)

    def typed(self, query: str, pipeline: Pipeline, dataset: Dataset) -> str:
        """The query's columns as the statement declares them."""
        return self._typed(query, pipeline, dataset)

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


def _changed(source: str, versions: Sequence[int]) -> EngineError:
    return EngineError(
        f"rows of {source} were changed or removed, and it is read as a stream",
        why=f"version{'s' if versions[1:] else ''} {', '.join(map(str, versions[:5]))} of it did not only add rows",
        fix=f"read STREAM {source} WITH (skipChangeCommits = true), or run a full refresh of what reads it",
    )


def _no_stream_of_a_view(dataset: Dataset) -> EngineError:
    return EngineError(
        f"{dataset.name} is a materialized view, which cannot be read as a stream",
        why="each update replaces its rows, so there are no new ones",
        fix=f"read {dataset.name} without STREAM, in a materialized view; or make it a streaming table",
    )
