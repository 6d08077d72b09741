"""Whether a materialized view would come out as it is: the same query over the same rows."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.files import listed
from ldp_magic.engine.outside import sources_of
from ldp_magic.errors import LdpError
from ldp_magic.lake.batch import Json
from ldp_magic.pipeline.lookup import names_of
from ldp_magic.pipeline.model import Dataset, Pipeline, Read
from ldp_magic.pipeline.names import filled
from ldp_magic.runs.inputs import Inputs
from ldp_magic.runs.tables import STORED, name_of
from ldp_magic.sql.model import Code, Query

# functions, and modules of Python, that may answer otherwise each time they are asked
_FICKLE = re.compile(
    r"\b(current_\w+|now|rand|randn|random|uuid|shuffle|localtimestamp|curdate|getdate|input_file_\w+"
    r"|monotonically_increasing_id|datetime|time|requests|urllib|open|environ|localtime|today)\b",
    re.IGNORECASE,
)


class Unknowable(Exception):
    """Nobody can tell whether the sources have changed."""


def fingerprint(inputs: Inputs, pipeline: Pipeline, dataset: Dataset) -> Json:
    """A mark of all that a view is computed from; None if that cannot be told without computing it."""
    try:
        parts = list(_parts(inputs, pipeline, dataset, set()))
    except (Unknowable, EngineError, OSError):
        return None
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _parts(inputs: Inputs, pipeline: Pipeline, dataset: Dataset, seen: set[str]) -> Iterator[Json]:
    body, definition = dataset.body, dataset.definition
    cells = inputs.scene.members[pipeline.name].cells
    if isinstance(body, Query):
        text = body.text
    elif isinstance(body, Code) and not body.unknown:
        text = "\n".join(cell.source.text for cell in cells)
    else:
        raise Unknowable
    if _FICKLE.search(text) or "udf.register" in text:
        raise Unknowable
    yield [dataset.name, text, dict(pipeline.parameters), inputs.session.engine.place.zone]
    yield [[each.name, each.type, str([c.value for c in each.clauses])] for each in definition.columns]
    yield [[each.name, each.condition, each.on_violation] for each in dataset.expectations]
    for read in dataset.reads:
        yield from _source(inputs, pipeline, read, seen)


def _source(inputs: Inputs, pipeline: Pipeline, read: Read, seen: set[str]) -> Iterator[Json]:
    found = pipeline.datasets.get(read.name) if read.kind == "dataset" else None
    if found is None:
        yield _outside(inputs, pipeline, read)
    elif found.kind in STORED:
        yield [name_of(found), inputs.tables.there(found).position]
    elif found.name not in seen:
        seen.add(found.name)
        yield from _parts(inputs, pipeline, found, seen)


def _outside(inputs: Inputs, pipeline: Pipeline, read: Read) -> Json:
    """The files of a source that the pipeline does not make, as they are now."""
    relation, sources = read.relation, sources_of(inputs, pipeline)
    try:
        if relation.name:
            here = sources.table(names_of(pipeline, relation.name))
        elif relation.path:
            here = sources.files(filled(relation.path, pipeline.parameters))
        else:
            raise Unknowable
    except LdpError:
        raise Unknowable from None
    options = dict((*relation.arguments, *relation.options))
    files = listed(here.path, {name: value for name, value in options.items() if name})
    return [read.name, [[os.path.abspath(each.path), each.size, each.mtime] for each in files]]
