"""A first test of a dataset: plausible rows for what it reads, typed as the graph and the lock know them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ldp_magic.errors import LdpError, UsageError
from ldp_magic.pipeline.lookup import dataset_of
from ldp_magic.pipeline.model import ColumnType, Dataset, Pipeline
from ldp_magic.pipeline.names import parts_in
from ldp_magic.project import write_text
from ldp_magic.runs.tables import STORED
from ldp_magic.settings import path_shown
from ldp_magic.sql.types import fields_of
from ldp_magic.testing.arriving import label_of
from ldp_magic.testing.clock import asked
from ldp_magic.testing.running import Subject
from ldp_magic.testing.values import name_shown

ROWS = 2
_MOMENT = re.compile(r"(^|_)(at|on|ts|time|timestamp|date|day|when)($|_)|(time|date|stamp)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Input:
    """Something that a dataset reads."""

    name: str
    columns: tuple[ColumnType, ...]


def written(subject: Subject, name: str) -> Path:
    """Write a test of a dataset into the folder tests of its project, expecting nothing yet; its path."""
    pipeline, dataset = table_of(subject, name)
    path = subject.settings.root / "tests" / f"{dataset.qualified[-1]}.yml"
    if path.exists():
        raise LdpError(
            f"{path_shown(path)} is there already", why="it may hold tests", fix="add to it, or move it away first"
        )
    path.parent.mkdir(exist_ok=True)
    write_text(path, _text(subject, pipeline, dataset))
    return path


def table_of(subject: Subject, name: str) -> tuple[Pipeline, Dataset]:
    """The dataset of that name, if it has a table, and its pipeline."""
    pipelines, _ = subject.pipelines()
    for pipeline in pipelines:
        found = dataset_of(pipeline, parts_in(name))
        if found is not None and found.kind in STORED:
            return pipeline, found
    known = [each.name for pipeline in pipelines for each in pipeline.datasets.values() if each.kind in STORED]
    near = get_close_matches(name, known, 1)
    raise UsageError(
        f"no table is called {name[:60]}" + (f"; {near[0]} is" if near else ""),
        why=f"there are {', '.join(known[:12])}" if known else "the project has no table",
        fix=f"say --new {near[0]}" if near else "name one of these",
    )


def _text(subject: Subject, pipeline: Pipeline, dataset: Dataset) -> str:
    lines = [f"name: {name_shown(dataset.name)} from made-up rows"]
    lines += [f"pipeline: {name_shown(pipeline.name)}"] if len(subject.project.pipelines) > 1 else []
    members = next(each for each in subject.project.pipelines if each.name == pipeline.name)
    lines += ["now: 2026-01-03T00:00:00Z"] if asked(members) else []
    lines += ["input:"]
    for each in inputs_of(pipeline, dataset):
        if each.columns:
            lines += [f"  {name_shown(each.name)}:", *(f"  - {_row(each.columns, n)}" for n in range(1, ROWS + 1))]
        else:  # neither the graph nor the lock knows them
            lines += [f"  {name_shown(each.name)}:", '    columns: "id INT"  # say its columns here', "    rows:"]
            lines += [f"    - {{id: {n}}}" for n in range(1, ROWS + 1)]
    return "\n".join([*lines, "expect:", f"  {name_shown(dataset.name)}: []", ""])


def inputs_of(pipeline: Pipeline, dataset: Dataset) -> Iterable[Input]:
    """What a dataset reads, itself or through views."""
    todo, found, seen = [dataset], dict[str, Input](), set[str]()
    while todo:
        each = todo.pop(0)
        for read in (*each.reads, *(read for flow in each.flows for read in flow.reads)):
            held = pipeline.datasets.get(read.name) if read.kind == "dataset" else None
            external = pipeline.externals.get(read.name) if read.kind == "external" else None
            if held is not None and held.kind not in STORED and held.name not in seen:
                seen.add(held.name)
                todo.append(held)
            elif held is not None and held.kind in STORED and held is not dataset:
                found[held.name] = Input(held.name, _typed(held.columns))
            elif external is not None and external.kind == "stream":
                event = (ColumnType(name="key", type="string"), ColumnType(name="value", type="string"))
                found[external.name] = Input(label_of(pipeline, external), event)
            elif external is not None and external.kind != "function":
                found[external.name] = Input(label_of(pipeline, external), _typed(external.columns))
    return found.values()


def _typed(columns: tuple[ColumnType, ...] | None) -> tuple[ColumnType, ...]:
    return tuple(each for each in columns or () if each.type and not each.name.startswith("_"))


def _row(columns: Iterable[ColumnType], n: int) -> str:
    return (
        "{" + ", ".join(f"{name_shown(each.name)}: {_value(each.name, each.type.lower(), n)}" for each in columns) + "}"
    )


def _value(name: str, type_: str, n: int) -> str:
    """A plausible value; columns of one name have the same one in a row, so that joins find partners."""
    if type_.startswith("struct<"):
        return "{" + ", ".join(f"{name_shown(key)}: {_value(key, inner, n)}" for key, inner in fields_of(type_)) + "}"
    if type_.startswith("array<"):
        return f"[{_value(name, type_[6:-1], n)}]"
    if type_.startswith("map<"):
        return "{}"
    if type_.startswith("timestamp") or (type_ == "string" and _MOMENT.search(name)):
        return f"2026-01-0{n}T12:00:00" + ("Z" if type_.startswith("timestamp") and "ntz" not in type_ else "")
    if type_ == "date":
        return f"2026-01-0{n}"
    if type_ in ("double", "float") or type_.startswith("decimal"):
        return f"{n}.5" if ("," in type_ and not type_.endswith(",0)")) or type_ in ("double", "float") else str(n)
    if type_ == "boolean":
        return str(n % 2 == 1).lower()
    return f"{name}_{n}" if type_ in ("string", "binary") or type_.startswith(("varchar", "char")) else str(n)
