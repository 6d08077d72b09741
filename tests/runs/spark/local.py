"""The same cases run here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ldp_magic.events import Event
from ldp_magic.lake import Lake
from ldp_magic.verbs.run import Ran, run
from tests.runs.spark.case import Case, Rows, Step, put

SETTINGS = '[tool.ldp]\ntarget = "spark-4.3"\n'


def updated(folder: Path, step: Step, events: list[Event] | None = None) -> Ran:
    """Put the files of a step into the project and bring its tables up to date."""
    put(folder, {"pyproject.toml": SETTINGS, **step.files})
    said = [] if events is None else events
    return run([folder], refresh=step.refresh, full_refresh=step.full_refresh, say=said.append)


def tables(folder: Path) -> dict[str, Rows]:
    """What the lake of a project holds, by the last part of the name."""
    lake, found = Lake.open(folder), {}
    for name in lake.tables():
        table = lake.look(name)
        columns = [(each.name, each.type) for each in table.columns]
        rows = [row for file in table.files for row in _rows(file.path, [name for name, _ in columns])]
        found[name.rpartition(".")[2]] = Rows.of(columns, rows)
    return found


def _rows(path: str, names: list[str]) -> list[list[Any]]:
    data = pq.read_table(path, partitioning=None)
    have = set(data.column_names)
    nothing = [None] * data.num_rows
    columns = [data.column(name).to_pylist() if name in have else nothing for name in names]
    return [list(row) for row in zip(*columns, strict=True)] if columns else []


def difference(case: Case, truth: list[dict[str, Any]], folder: Path) -> str:
    """How the tables after the updates of a case are not what Spark has; nothing where they are the same."""
    for number, (step, said) in enumerate(zip(case.steps, truth, strict=True)):
        events: list[Event] = []
        ran = updated(folder, step, events)
        if (ran.updated.state == "FAILED") != step.fails:
            failed = [f"{each.name}: {each.failure}" for each in ran.updated.flows if each.failure]
            return f"update {number} ended as {ran.updated.state}: {failed}"
        found = tables(folder)
        for name, wanted in said.items():
            if name in case.differs:
                continue
            mine, expected = found.get(name), Rows.from_dict(wanted)
            if mine is None and not expected.rows:
                continue
            if mine is None:
                return f"update {number}: there is no table {name}"
            if mine != expected:
                return f"update {number}: {name}\n{mine.difference(expected)}"
    return ""
