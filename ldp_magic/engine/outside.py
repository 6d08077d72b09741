"""What a pipeline reads and does not make, as views: files, tables, streams of events, or what stands in for them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ldp_magic.engine.answer import Sample, StandIn
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.files import File, format_of, listed, read
from ldp_magic.engine.files.format import Format
from ldp_magic.engine.sources import Here, Sources
from ldp_magic.pipeline.model import ColumnType, Pipeline
from ldp_magic.pipeline.names import filled
from ldp_magic.settings import Settings, path_shown
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.functions import EVENT_READERS, FILE_READERS
from ldp_magic.sql.writing import literal, quoted

if TYPE_CHECKING:
    from ldp_magic.engine.views import Views

MOST_BYTES = 64_000_000  # of one source, for a preview of some rows
_DELTA = "_delta_log"


def relation(views: Views, pipeline: Pipeline, relation: Relation) -> str | None:
    """The view to read in the place of a path or a table function; None for a function that makes rows by itself."""
    if relation.function in EVENT_READERS:
        if views.session.engine.place.kind == "databricks":
            return _without_stream(relation, pipeline)
        system, streaming = relation.function.removeprefix("read_"), relation.streaming
        return events(views, pipeline, system, dict(relation.arguments), streaming=streaming)
    if relation.function == "table_changes":
        raise EngineError(
            f"{relation.label} is not read here",
            why="a change data feed needs the history of a table, which a preview does not have",
            fix="preview it with --place databricks",
        )
    if relation.function not in FILE_READERS and not relation.format:
        return None
    if views.session.engine.place.kind == "databricks":
        return _without_stream(relation, pipeline)
    path = filled(relation.path, pipeline.parameters)
    if relation.format == "delta":
        return delta(views, pipeline, path, dict(relation.options) if relation.streaming else None)
    said = {
        name: filled(value, pipeline.parameters) for name, value in (*relation.arguments, *relation.options) if name
    }
    streaming = relation.streaming
    if not relation.function:
        return files(views, pipeline, relation.format, [path], said, streaming=streaming)
    if relation.function == "cloud_files":
        formats = [value for name, value in relation.arguments if not name][1:2]
        said = {"cloudFiles.format": formats[0] if formats else "", **said}
        return files(views, pipeline, "cloudFiles", [path], said, streaming=True)
    return files(views, pipeline, "", [path], said, style="read_files", streaming=streaming)


def table(
    views: Views,
    pipeline: Pipeline,
    short: Sequence[str],
    full: Sequence[str],
    options: Mapping[str, str] | None = None,
) -> str:
    """A table that no pipeline makes: what stands in for it, or at a remote place the table itself. With *options* it
    is read as a stream."""
    sources = sources_of(views, pipeline)
    name = ".".join(short)
    try:
        here = sources.table((short, full))
    except EngineError:
        if views.session.embedded and not views.has(short):
            raise
        return ".".join(map(quoted, short))
    columns = next(
        (pipeline.externals[each].columns for each in (name, ".".join(full)) if each in pipeline.externals), None
    )
    return _stand_in(views, name, here, _ddl(columns), options)


def files(
    views: Views,
    pipeline: Pipeline,
    format: str,
    paths: Sequence[str],
    options: Mapping[str, str],
    schema: str | None = None,
    *,
    style: str = "spark",
    streaming: bool = False,
) -> str:
    """Files in a format, read with options as `read_files`, Auto Loader or `spark.read` would."""
    key = ("files", format, tuple(paths), tuple(sorted(options.items())), schema, style, streaming, views.metadata)
    if key not in views.made:
        sources = sources_of(views, pipeline)
        found: list[File] = []
        for path in paths:
            here = sources.files(path)
            found += listed(here.path, options)
            if here.stands_in:
                views.seen.stand_ins[StandIn(path, path_shown(Path(here.path)))] = None
        root = here.path if len(paths) == 1 else os.path.commonpath([f.path for f in found] or [here.path])
        known = format_of(format, options, schema, style=style)
        views.made[key] = views.load(", ".join(paths), found, known, root, streaming=streaming)
    return views.made[key]


def delta(views: Views, pipeline: Pipeline, path: str, options: Mapping[str, str] | None = None) -> str:
    """A Delta table at a path; with *options* it is read as a stream."""
    here = sources_of(views, pipeline).files(path)
    if here.stands_in:
        views.seen.stand_ins[StandIn(path, path_shown(Path(here.path)))] = None
    return views.delta(path, here.path, options)


def events(
    views: Views, pipeline: Pipeline, system: str, options: Mapping[str, str], *, streaming: bool = False
) -> str:
    """A topic, or another stream of events: the lines of a file in its place."""
    low = {name.lower(): filled(value, pipeline.parameters) for name, value in options.items()}
    name = next(
        (low[each] for each in ("subscribe", "subscribepattern", "assign", "topic", "streamname") if each in low), ""
    )
    here = sources_of(views, pipeline).stream(system, name)
    key, source = ("events", system, name, streaming), f"{system}:{name}" if name else system
    if key not in views.made:
        views.seen.stand_ins[StandIn(source, path_shown(Path(here.path)))] = None
        views.made[key] = views.topic(source, system, name, here.path, streaming=streaming)
    return views.made[key]


def sources_of(views: Views, pipeline: Pipeline) -> Sources:
    """What stands in for what, for one pipeline. On Databricks nothing does: the data itself is there."""
    if views.session.engine.place.kind == "databricks":
        return Sources(views.scene.settings.root)
    return local_sources(views.scene.settings, pipeline)


def local_sources(settings: Settings, pipeline: Pipeline) -> Sources:
    """What stands in for what on this machine."""
    settings = settings.of(pipeline.name) if pipeline.name in settings.pipelines else settings
    return Sources(settings.root, {filled(k, pipeline.parameters): v for k, v in settings.local.items()})


def _stand_in(views: Views, name: str, here: Here, schema: str | None, said: Mapping[str, str] | None) -> str:
    """Files in the place of a table: Delta, or whatever their names say."""
    key = ("table", name, said is not None)
    if key not in views.made:
        views.seen.stand_ins[StandIn(name, path_shown(Path(here.path)))] = None
        if os.path.isdir(os.path.join(here.path, _DELTA)):
            return views.delta(name, here.path, said)
        options = {"header": "true", "schemaEvolutionMode": "none", "enforceSchema": "false"}
        known = format_of("", options, schema, style="read_files")
        views.made[key] = views.stand_in(name, listed(here.path), known, here.path, streaming=said is not None)
    return views.made[key]


def loaded(views: Views, name: str, found: Sequence[File], format: Format, root: str) -> str:
    """What is in these files, or for a preview in some of them."""
    few = len(found) if views.whole else _few(found)
    loaded = read(
        views.session.spark,
        found,
        format,
        root,
        scratch=views.scratch if views.session.embedded else None,
        metadata=views.metadata,
        limit_files=few,
        limit_bytes=None if views.whole else MOST_BYTES,
        zone=views.session.engine.place.zone,
    )
    if loaded.sampled:
        views.seen.samples[Sample(name, loaded.sampled)] = None
    views.seen.notes.update(dict.fromkeys(f"{name}: {note}" for note in loaded.notes))
    return quoted(views.view(name, loaded.frame))


def _few(found: Sequence[File]) -> int:
    """How many files a preview reads: as many as fit, at least one."""
    size = 0
    for n, file in enumerate(found):
        size += file.size
        if size > MOST_BYTES:
            return max(n, 1)
    return len(found)


def whole_delta(views: Views, path: str) -> str:
    """A Delta table on this disk, all of it."""
    key = ("delta", path)
    if key not in views.made:
        if not os.path.isdir(os.path.join(path, _DELTA)):
            raise EngineError(
                f"{path_shown(Path(path))} is no Delta table",
                why=f"it has no folder {_DELTA}",
                fix="name the folder that holds it, or read the files with read_files",
            )
        link = os.path.join(views.scratch, f"delta{len(views.made)}")  # the engine finds no log behind odd characters
        os.symlink(os.path.realpath(path), link)
        frame = views.session.spark.read.format("delta").load(link)
        views.made[key] = quoted(views.view(os.path.basename(path), frame))
    return views.made[key]


def _ddl(columns: Sequence[ColumnType] | None) -> str | None:
    """The columns that the lock knows, as a schema, if it knows the type of each."""
    if not columns or not all(each.type for each in columns):
        return None
    return ", ".join(f"{quoted(each.name)} {each.type}" for each in columns)


def _without_stream(relation: Relation, pipeline: Pipeline) -> str:
    """The same call as a batch read, for a place that has the files itself."""
    if not relation.function:
        return f"{relation.format}.{quoted(filled(relation.path, pipeline.parameters))}"
    inside = ", ".join(f"{name} => {literal(value)}" if name else literal(value) for name, value in relation.arguments)
    return f"{relation.function}({filled(inside, pipeline.parameters)})"
