"""A project on disk whose pipeline is run for real, and what its lake holds then."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ldp_magic.events import Event, Updated
from ldp_magic.lake import Lake, Table, arrow_schema
from ldp_magic.verbs.run import run

LANDING = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM read_files('landing'{});\n"
OLD = 60.0  # seconds: nobody is writing such a file any more


@dataclass
class Project:
    """One folder with a pipeline in it."""

    root: Path
    events: list[Event] = field(default_factory=list)

    def put(self, name: str, text: str | bytes, *, age: float = 0.0) -> Path:
        """A file of the project, written so many seconds ago."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        if age:
            moment = time.time() - age
            os.utime(path, (moment, moment))
        return path

    def sql(self, text: str) -> Project:
        """The pipeline, in place of what it was."""
        self.put("ldp.toml", "") if not (self.root / "ldp.toml").exists() else None
        self.put("pipeline.sql", text)
        return self

    def run(self, full_refresh: Sequence[str] = (), refresh: Sequence[str] = ()) -> Updated:
        """An update."""
        self.events = []
        ran = run([str(self.root)], refresh=refresh, full_refresh=full_refresh, say=self.events.append)
        return ran.updated

    def fine(self, **asked: Sequence[str]) -> Updated:
        """An update that has to go well."""
        updated = self.run(**asked)
        assert updated.state == "COMPLETED", [flow.failure for flow in updated.flows]
        return updated

    def failure(self, **asked: Sequence[str]) -> str:
        """The one error of an update that has to go wrong: what, why and how to mend it."""
        updated = self.run(**asked)
        failures = [flow.failure for flow in updated.flows if flow.failure]
        assert updated.state == "FAILED" and len(failures) == 1, failures
        assert failures[0].what and failures[0].why and failures[0].fix, failures[0]
        return " | ".join((failures[0].what, failures[0].why, failures[0].fix))

    @property
    def lake(self) -> Lake:
        return Lake.open(self.root, "dev")

    def table(self, name: str = "t") -> Table:
        lake = self.lake
        (full,) = [known for known in lake.tables() if known.lower() == name or known.lower().endswith("." + name)]
        return lake.look(full)

    def columns(self, name: str = "t") -> dict[str, str]:
        return {each.name: each.type for each in self.table(name).columns}

    def rows(self, name: str = "t") -> list[dict[str, Any]]:
        """The rows of a table, as anybody reads its files."""
        table = self.table(name)
        schema = arrow_schema(table.columns)
        pieces = [pq.read_table(file.path, schema=schema, partitioning=None) for file in table.files]
        return sorted((row for piece in pieces for row in piece.to_pylist()), key=repr)

    def values(self, column: str = "id", name: str = "t") -> list[Any]:
        return sorted((row[column] for row in self.rows(name)), key=lambda value: (value is None, value or 0))

    @staticmethod
    def notes(updated: Updated) -> str:
        """What an update said beside the rows."""
        return " | ".join(note for flow in updated.flows for note in flow.warnings)
