"""What arrives in steps: the sources that are read as streams, where they lie, and which column is their event time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ldp_magic.engine.files import File, Format, format_of, listed, schema_of
from ldp_magic.engine.outside import local_sources
from ldp_magic.engine.views import Scene
from ldp_magic.errors import LdpError
from ldp_magic.lake import foreign
from ldp_magic.pipeline.lineage import lineage_of
from ldp_magic.pipeline.lookup import names_of
from ldp_magic.pipeline.model import ColumnType, Dataset, External, Pipeline, Read
from ldp_magic.pipeline.names import filled, parts_in
from ldp_magic.sql.facts import Relation, Watermark
from ldp_magic.sql.query import expression_facts
from ldp_magic.testing.rehearsal.rows import Row, rows_of

_DELTA = "_delta_log"


@dataclass(frozen=True, slots=True)
class Source:
    """One source that is streamed."""

    external: External
    name: str  # with the values of parameters
    files: tuple[File, ...]
    root: str
    format: Format
    times: tuple[str, ...]  # columns that may hold the event time
    columns: tuple[ColumnType, ...] | None = None

    def rows(self) -> list[Row]:
        return [row for file in self.files for row in rows_of(file, self.root, self.format, self.times)]


def sources_of(
    scene: Scene, pipeline: Pipeline, datasets: Sequence[Dataset], zone: str
) -> tuple[list[Source], list[str]]:
    """The streamed sources of these datasets, and what has to be said about those that cannot be cut."""
    found, notes = [], []
    times = event_columns(pipeline, datasets)
    for name, read in _streamed(pipeline, datasets).items():
        external = pipeline.externals[name]
        if read.relation.format == "delta":
            notes.append(f"{name} is a Delta table that is read by its path; all of it is there from batch 1 on")
            continue
        found.append(_source(scene, pipeline, external, read, tuple(times.get(name, ())), zone))
    if not found:
        raise LdpError(
            "nothing here arrives in steps",
            why="no source of it is read as a stream" if not notes else notes[0],
            fix="name a dataset that reads STREAM, or leave the name out",
        )
    return found, notes


def reads_of(dataset: Dataset) -> tuple[Read, ...]:
    """Everything that a dataset and its flows read."""
    return (*dataset.reads, *(read for flow in dataset.flows for read in flow.reads))


def _streamed(pipeline: Pipeline, datasets: Sequence[Dataset]) -> dict[str, Read]:
    found: dict[str, Read] = {}
    for dataset in datasets:
        for read in reads_of(dataset):
            if read.kind == "external" and read.streaming and pipeline.externals[read.name].kind != "function":
                found.setdefault(read.name, read)
    return found


def _source(
    scene: Scene, pipeline: Pipeline, external: External, read: Read, times: tuple[str, ...], zone: str
) -> Source:
    name = filled(external.name, pipeline.parameters)
    local = local_sources(scene.settings, pipeline)
    if external.kind == "stream":
        system, _, topic = name.removeprefix("read_").partition(":")
        path = local.stream(system, topic).path
        return Source(external, f"{system}:{topic}" if topic else system, listed(path), path, Format("json"), times)
    if external.kind == "table":
        path = local.table(names_of(pipeline, parts_in(external.name))).path
        return _table(external, name, path, times, zone)
    relation = read.relation
    said = {k: filled(v, pipeline.parameters) for k, v in (*relation.arguments, *relation.options) if k}
    path = local.files(filled(relation.path or name, pipeline.parameters)).path
    format = _format(relation, said)
    return Source(external, name, listed(path, said), _root(path), format, times)


def _format(relation: Relation, said: Mapping[str, str]) -> Format:
    if relation.function.lower() in ("cloudfiles", "cloud_files"):
        unnamed = [value for name, value in relation.arguments if not name][1:2]
        return format_of("cloudFiles", {**({"cloudFiles.format": unnamed[0]} if unnamed else {}), **said})
    if relation.function:
        return format_of("", said, style="read_files")
    return format_of(relation.format, said)


def _table(external: External, name: str, path: str, times: tuple[str, ...], zone: str) -> Source:
    """What stands in for a table, with its columns: a table has them before its rows arrive."""
    options = {"header": "true", "schemaEvolutionMode": "none", "enforceSchema": "false"}
    if os.path.isdir(os.path.join(path, _DELTA)):
        table = foreign(name, path)
        files = tuple(File(each.path, each.size, 0.0) for each in table.files)
        columns = tuple(ColumnType(name=each.name, type=each.type) for each in table.columns)
        return Source(external, name, files, path, format_of("parquet", {}), times, columns)
    files, format = listed(path), format_of("", options, style="read_files")
    if external.columns and all(each.type for each in external.columns):
        return Source(external, name, files, path, format, times, external.columns)
    from ldp_magic.engine.files.format import guessed

    named = replace(format, name=guessed(files[0].path)) if files else format
    told = schema_of(files, named, _root(path), zone=zone).columns if files else ()
    columns = tuple(ColumnType(name=each, type=type_) for each, type_ in told)
    return Source(external, name, files, path, format, times, columns or None)


def _root(path: str) -> str:
    """The folder that paths of files start at, also for a pattern."""
    from ldp_magic.project.globs import base

    return path if os.path.exists(path) else base(path)


# --- event times ---------------------------------------------------------------------------------------------------


def event_columns(pipeline: Pipeline, datasets: Sequence[Dataset]) -> dict[str, list[str]]:
    """By external source, the columns that watermarks are made of."""
    found: dict[str, list[str]] = {}
    for dataset in datasets:
        for read, column in _watermarked(dataset):
            for name, own in _origins(pipeline, read, column):
                found.setdefault(name, [])
                found[name] += [own] if own not in found[name] else []
    return found


def _watermarked(dataset: Dataset) -> Iterator[tuple[Read, str]]:
    for read in reads_of(dataset):
        if read.relation.watermark is not None:
            yield from ((read, column) for column in _columns(read.relation.watermark))
    for mark in watermarks(dataset):
        for read in reads_of(dataset):
            if read.streaming and read.relation.watermark is None:
                yield from ((read, column) for column in _columns(mark))


def watermarks(dataset: Dataset) -> list[Watermark]:
    """The watermarks on queries in parentheses."""
    from ldp_magic.sql.model import Query

    bodies = [flow.definition.body for flow in dataset.flows] or [dataset.body]
    queries = [body for body in bodies if isinstance(body, Query)]
    return [
        item.watermark
        for query in queries
        for select in query.facts.selects
        for item in select.inputs
        if item.watermark is not None and item.relation is None
    ]


def _columns(mark: Watermark) -> list[str]:
    """The columns that an event time is made of, itself first."""
    inside = [column.name for select in expression_facts(mark.expression).selects for column in select.columns]
    return list(dict.fromkeys([*inside, mark.column]))


def _origins(pipeline: Pipeline, read: Read, column: str) -> Iterator[tuple[str, str]]:
    if read.kind == "external":
        yield read.name, column
    elif read.name in pipeline.datasets:
        for step in lineage_of(pipeline, read.name, column).steps:
            if step.dataset in pipeline.externals:
                yield step.dataset, step.column
                yield step.dataset, column


# --- their place during a rehearsal --------------------------------------------------------------------------------


def placed(
    scene: Scene, pipeline: Pipeline, sources: Sequence[Source], folder: Path
) -> tuple[Scene, Pipeline, list[Path]]:
    """The scene in which an empty folder stands in for each source."""
    settings = scene.settings.of(pipeline.name) if pipeline.name in scene.settings.pipelines else scene.settings
    local = {filled(key, pipeline.parameters): where for key, where in settings.local.items()}
    places = []
    for n, source in enumerate(sources):
        place = folder / f"source{n}"
        place.mkdir(parents=True)
        places.append(place)
        mine = _keys(pipeline, source)
        local = {key: where for key, where in local.items() if _key(key) not in mine} | {source.name: str(place)}
    externals = dict(pipeline.externals) | {
        source.external.name: replace(source.external, columns=source.columns) for source in sources if source.columns
    }
    now = replace(pipeline, externals=externals)
    pipelines = tuple(now if each is pipeline else each for each in scene.pipelines)
    return (
        replace(scene, pipelines=pipelines, settings=replace(settings, local=local, pipelines={}), tables=None),
        now,
        places,
    )


def _keys(pipeline: Pipeline, source: Source) -> set[str]:
    """Every way to say in the settings what stands in for a source."""
    if source.external.kind == "table":
        return {_key(".".join(parts)) for parts in names_of(pipeline, parts_in(source.external.name))} | {
            _key(source.name)
        }
    return {_key(source.name), _key(source.name.partition(":")[2] or source.name)}


def _key(name: str) -> str:
    return name.strip().removeprefix("dbfs:").rstrip("/").replace("`", "").lower()
