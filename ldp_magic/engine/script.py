"""The Python of a pipeline while something of it is computed: what it reads comes from the views of the session."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ldp_magic.engine import outside
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code import Answers, Function, Run, running
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.pipeline.names import parts_in
from ldp_magic.sql.writing import quoted

if TYPE_CHECKING:
    from ldp_magic.engine.views import Views


_VIEW = re.compile(
    r"\s*CREATE\s+(OR\s+REPLACE\s+)?(GLOBAL\s+)?TEMP(ORARY)?\s+VIEW\s+(`[^`]+`|\S+)\s+AS\s+", re.IGNORECASE
)
_SETS, _USES = re.compile(r"\s*(RE)?SET\b", re.IGNORECASE), re.compile(r"\s*USE\b", re.IGNORECASE)


_NAMED_METADATA = re.compile(r"""['"]_metadata['"]""")


class Script:
    """A pipeline's Python, run: its functions by the names of the graph."""

    def __init__(self, run: Run, reads: _Reads, *, shows_metadata: bool) -> None:
        self._run, self._reads, self._shows_metadata = run, reads, shows_metadata

    def read_from(self, views: Views) -> None:
        """From here on what the code reads comes from these views of the same session."""
        self._reads.views = views

    def frame(self, target: Dataset, name: str) -> Any:
        """What the function of a dataset, or of a flow into it, returns; errors name the line of its author."""
        frame = self._function(target, name).frame()
        return frame if self._shows_metadata else _without_metadata(frame)

    def snapshots(self, target: Dataset) -> Callable[[Any], Any] | None:
        """The function that gives the snapshots of a table one after the other, if they come from a function."""
        for said, changes in self._run.changes.items():
            for each in changes:
                if each.snapshots and _same(said, target.name) and callable(each.arguments.get("source")):
                    return partial(self._snapshot, target.name, each.arguments["source"])
        return None

    def _snapshot(self, name: str, source: Callable[[Any], Any], version: Any) -> Any:
        """The next snapshot after *version* and its own version; None if there is none."""
        found = self._run.ask(name, lambda: source(version))
        if found is None:
            return None
        if not isinstance(found, tuple) or len(found) != 2:
            raise EngineError(
                f"the source of {name} gave {type(found).__name__}, which is no snapshot",
                why="it has to give a DataFrame and its version, or None where there is no newer one",
                fix="return (df, version)",
            )
        return self._run.received(found[0]), found[1]

    def _function(self, target: Dataset, name: str) -> Function:
        """The function of a dataset, or of a flow into it."""
        found = [function for said, function in self._run.datasets.items() if _same(said, name)]
        for said, functions in self._run.flows.items():
            if _same(said, target.name):
                found += [function for function in functions if _same(function.name, name)]
        if not found:
            known = [*self._run.datasets, *(f.name for each in self._run.flows.values() for f in each)]
            raise EngineError(
                f"the code defines no {name} when it runs",
                why=f"it defined {', '.join(known[:12]) or 'nothing'}",
                fix="a condition around the definition may depend on something that is different here",
            )
        return found[-1]


@contextmanager
def running_code(views: Views, pipeline: Pipeline) -> Iterator[Script]:
    """Run the sources of *pipeline* that are Python."""
    members, settings = views.scene.members[pipeline.name], views.scene.settings
    answers = Answers(dict(pipeline.parameters), dict(pipeline.parameters), dict(settings.secrets))
    reads = _Reads(views, pipeline)
    with running(views.session, reads, answers, [settings.root]) as run:
        run.load(members.cells)
        text = "".join(cell.source.text for cell in members.cells)
        yield Script(run, reads, shows_metadata=_NAMED_METADATA.search(text) is not None)


class _Reads:
    """What the code reads, from the views."""

    def __init__(self, views: Views, pipeline: Pipeline) -> None:
        self.views, self._pipeline = views, pipeline

    def table(self, name: str, *, streaming: bool, options: Mapping[str, str]) -> Any:
        found = self.views.table(self._pipeline, parts_in(name), options if streaming else None)
        return self.views.session.spark.table(found)

    def load(
        self, format: str, paths: Sequence[str], *, schema: object, streaming: bool, options: Mapping[str, str]
    ) -> Any:
        views, low = self.views, format.lower()
        views.metadata = any("_metadata" in cell.source.text for cell in views.scene.members[self._pipeline.name].cells)
        if views.session.engine.place.kind == "databricks":
            reader = views.session.spark.read.options(**options)
            reader = reader.schema(schema) if schema is not None else reader
            return reader.format(format or "delta").load(list(paths))
        if low in ("kafka", "kinesis", "eventhubs", "pubsub", "pulsar"):
            return views.session.spark.table(outside.events(views, self._pipeline, low, options, streaming=streaming))
        if low in ("rate", "rate-micro-batch", "socket"):
            raise EngineError(
                f"the source {low} makes rows as time goes by",
                why="a preview reads what there is, once",
                fix="preview it at a place that runs streams, or read a file",
            )
        if low in ("delta", ""):
            found = outside.delta(views, self._pipeline, "".join(paths[:1]), options if streaming else None)
            return views.session.spark.table(found)
        style = "cloudFiles" if low == "cloudfiles" else "spark"
        view = outside.files(
            views, self._pipeline, format, paths, options, _ddl(schema), style=style, streaming=streaming
        )
        return views.session.spark.table(view)

    def sql(self, text: str, arguments: object) -> Any:
        text, views = _given(text, arguments), self.views
        head = _VIEW.match(text)
        if head is not None:
            return views.session.spark.sql(head[0] + views.ready(text[head.end() :], self._pipeline))
        if _SETS.match(text):
            return views.session.spark.sql(text)
        if _USES.match(text):
            raise EngineError(
                "USE in Python code is not followed here",
                why="names are completed with the catalog and schema of the pipeline",
                fix="write the names in full",
            )
        return views.session.spark.sql(views.ready(text, self._pipeline))


def _without_metadata(frame: Any) -> Any:
    """The frame without the hidden column of files that a star brought along: here it is a column like others."""
    return frame.drop("_metadata") if "_metadata" in frame.columns else frame


def _given(text: str, arguments: object) -> str:
    """The text with what was given for its `:x`; anything else that was given is refused."""
    if not arguments:
        return text
    raise EngineError(
        "spark.sql with arguments is not answered here",
        why="the text is looked through for what it reads before it is run",
        fix='put the values into the text, as in spark.sql(f"... {value}")',
    )


def _ddl(schema: object) -> str | None:
    if schema is None or isinstance(schema, str):
        return schema or None
    fields: Any = getattr(schema, "fields", ())
    return ", ".join(f"{quoted(each.name)} {each.dataType.simpleString()}" for each in fields)


def _same(one: str, other: str) -> bool:
    return parts_in(one)[-1].lower() == parts_in(other)[-1].lower()
