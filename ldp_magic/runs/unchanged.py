"""Whether a turn would change nothing: told from the logs of the tables alone, before the engine is asked anything."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ldp_magic.engine.files import listed
from ldp_magic.engine.outside import local_sources
from ldp_magic.engine.views import Scene
from ldp_magic.errors import LdpError
from ldp_magic.lake.batch import Batch, Json
from ldp_magic.lake.seen import seen
from ldp_magic.pipeline.lookup import names_of
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline, Read
from ldp_magic.pipeline.names import filled
from ldp_magic.runs.loader import place_of
from ldp_magic.runs.modes import ONCE
from ldp_magic.runs.tables import STORED, Tables, name_of
from ldp_magic.runs.turn import batch_of
from ldp_magic.sql.functions import FILE_READERS
from ldp_magic.sql.model import Code, Query

# functions, and modules of Python, that may answer otherwise each time they are asked
_FICKLE = re.compile(
    r"\b(current_\w+|now|rand|randn|random|uuid|shuffle|localtimestamp|curdate|getdate|input_file_\w+"
    r"|monotonically_increasing_id|datetime|time|requests|urllib|open|environ|localtime|today)\b",
    re.IGNORECASE,
)


class _Unknowable(Exception):
    """Nobody can tell whether the sources have changed."""


# --- streams ---------------------------------------------------------------------------------------------------------


def idle(scene: Scene, tables: Tables, pipeline: Pipeline, dataset: Dataset, flow: Flow) -> bool:
    """Is every table that the flow streams where its last turn left it, and every file one that it has read? False
    where only a turn can tell."""
    mine = tables.glance(dataset)
    name, own = batch_of(dataset, flow)
    batch = mine.flows.get(name) if mine else None
    if batch is None or not batch.offsets:
        return False
    sources = batch.offsets.get("sources", {})
    if flow.definition.once:
        return bool(sources.get(own + ONCE))
    try:
        streams = list(_streams(pipeline, flow.reads, set()))
    except _Unknowable:
        return False
    folders = [each for each in streams if isinstance(each, Read)]
    tables_at = [
        (tables.glance(each), sources.get(own + name_of(each))) for each in streams if isinstance(each, Dataset)
    ]
    return (
        bool(streams)
        and all(glance is not None and glance.stands_at(position) for glance, position in tables_at)
        and len({read.relation.path for read in folders}) == len(folders)
        and all(_all_read(scene, pipeline, batch, own, read) for read in folders)
    )


def _all_read(scene: Scene, pipeline: Pipeline, batch: Batch, own: str, read: Read) -> bool:
    """Has the flow read every file of that source?"""
    relation = read.relation
    path = filled(relation.path, pipeline.parameters)
    name = f"{own}files {path}"
    if name not in batch.offsets.get("sources", {}):
        return False
    options = {key: filled(value, pipeline.parameters) for key, value in relation.arguments if key}
    try:
        files = listed(local_sources(scene.settings, pipeline).files(path).path, options)
        known = seen(batch.state.get(name, ()))
    except LdpError:
        return False
    root = str(scene.settings.root)
    before = ((file, known.get(place_of(root, file.path))) for file in files)
    return all(last and (last.size, last.mtime) == (file.size, file.mtime) for file, last in before)


def _streams(pipeline: Pipeline, reads: Iterable[Read], known: set[str]) -> Iterator[Dataset | Read]:
    for read in reads:
        found = pipeline.datasets.get(read.name) if read.kind == "dataset" else None
        if not read.streaming:
            continue
        if found is None:
            if read.relation.function not in FILE_READERS or not read.relation.path:
                raise _Unknowable
            yield read
        elif found.kind in STORED:
            yield found
        elif found.name not in known:
            known.add(found.name)
            if not isinstance(found.body, Query):
                raise _Unknowable
            yield from _streams(pipeline, found.reads, known)


# --- materialized views ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Marks of what a view is computed from: what is asked alone, and with the state of all sources."""

    query: str
    whole: str


def fingerprint(scene: Scene, zone: str, tables: Tables, pipeline: Pipeline, dataset: Dataset) -> Fingerprint | None:
    """What a view is computed from; None if that cannot be told without computing it."""
    source = _Source(scene, tables, pipeline)
    try:
        asked = [zone, *source.parts(dataset)]
    except (_Unknowable, OSError):
        return None
    return Fingerprint(_mark(asked), _mark([asked, source.sources]))


def _mark(parts: Json) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class _Source:
    """Collects what a view is computed from, through the views without a table that it reads."""

    def __init__(self, scene: Scene, tables: Tables, pipeline: Pipeline) -> None:
        self.scene, self.tables, self.pipeline = scene, tables, pipeline
        self.sources: list[Json] = []
        self._seen: set[str] = set()

    def parts(self, dataset: Dataset) -> Iterator[Json]:
        body = dataset.body
        if isinstance(body, Query):
            text = body.text
        elif isinstance(body, Code) and not body.unknown:
            text = "\n".join(cell.source.text for cell in self.scene.members[self.pipeline.name].cells)
        else:
            raise _Unknowable
        if _FICKLE.search(text) or "udf.register" in text:
            raise _Unknowable
        yield [dataset.name, text, dict(self.pipeline.parameters)]
        yield [[each.name, each.type, str([c.value for c in each.clauses])] for each in dataset.definition.columns]
        yield [[each.name, each.condition, each.on_violation] for each in dataset.expectations]
        for read in dataset.reads:
            yield from self._read(read)

    def _read(self, read: Read) -> Iterator[Json]:
        found = self.pipeline.datasets.get(read.name) if read.kind == "dataset" else None
        if found is None:
            self.sources.append(self._outside(read))
        elif found.kind in STORED:
            glance = self.tables.glance(found)
            if glance is None:
                raise _Unknowable
            self.sources.append([name_of(found), glance.version, glance.mark])
        elif found.name not in self._seen:
            self._seen.add(found.name)
            yield from self.parts(found)

    def _outside(self, read: Read) -> Json:
        """The files of a source that the pipeline does not make, as they are now."""
        relation, sources = read.relation, local_sources(self.scene.settings, self.pipeline)
        try:
            if relation.name:
                here = sources.table(names_of(self.pipeline, relation.name))
            elif relation.path:
                here = sources.files(filled(relation.path, self.pipeline.parameters))
            else:
                raise _Unknowable
        except LdpError:
            raise _Unknowable from None
        options = dict((*relation.arguments, *relation.options))
        files = listed(here.path, {name: value for name, value in options.items() if name})
        return [read.name, [[os.path.abspath(each.path), each.size, each.mtime] for each in files]]
