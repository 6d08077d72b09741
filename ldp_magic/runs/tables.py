"""The tables of the lake during one update: each is opened once, and known as the last commit has left it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.views import Rows
from ldp_magic.events import events_table
from ldp_magic.lake import Glance, Lake, Table, arrow_schema
from ldp_magic.pipeline.model import ColumnType, Dataset

STORED = ("streaming table", "materialized view", "table", "sink")


def name_of(dataset: Dataset) -> str:
    """What the table of a dataset is called in the lake: two pipelines may have one of the same short name."""
    return ".".join(dataset.qualified)


@dataclass(frozen=True, slots=True)
class Tables:
    """Flows that run side by side share these."""

    lake: Lake
    known: dict[str, Table] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, dataset: Dataset) -> Table:
        """The table of a dataset as it was when this update looked, or left it."""
        name = name_of(dataset)
        with self._lock:
            if name not in self.known:
                self.known[name] = self.lake.look(name)
            return self.known[name]

    def glance(self, dataset: Dataset) -> Glance | None:
        """What the newest commit of a dataset's table says, without opening it; None where that cannot be told."""
        name = name_of(dataset)
        with self._lock:
            table = self.known.get(name)
        if table is None:
            return self.lake.glance(name)
        return Glance(table.version, table.mark, table.flows) if table.mark else None

    def left(self, dataset: Dataset, table: Table) -> None:
        """A commit has been made."""
        with self._lock:
            self.known[name_of(dataset)] = table

    def forget(self, dataset: Dataset) -> None:
        """Look again the next time."""
        with self._lock:
            self.known.pop(name_of(dataset), None)

    def there(self, dataset: Dataset) -> Table:
        """The table of a dataset that is read: it has to exist."""
        table = self.look(dataset)
        if not table.exists:
            raise EngineError(
                f"{dataset.name} has no table yet",
                why="it is read, and no update has written it",
                fix=f"ldp run --refresh {dataset.name}, or run all of it with ldp run",
            )
        return table


@dataclass(frozen=True, slots=True)
class Left:
    """The tables of a lake for who only reads them, such as a preview."""

    lake: Lake

    def rows_of(self, dataset: Dataset) -> Rows | None:
        """The rows that the last update left."""
        table = self.lake.look(name_of(dataset)) if dataset.kind in STORED else None
        if table is None or not table.flows:
            return None
        columns = tuple((each.name, each.type) for each in table.columns)
        return Rows(columns, tuple(file.path for file in table.files), "as the last update left it")

    def event_log(self, folder: Path) -> Rows:
        """The events of all updates, newest first, written into that folder."""
        import pyarrow  # type: ignore[import-untyped]
        from pyarrow import parquet

        columns, rows = events_table(self.lake.events.newest())
        schema = arrow_schema(tuple(ColumnType(name=name, type=type_) for name, type_ in columns))
        arrays = [
            pyarrow.array([row[n] for row in rows], field.type, from_pandas=False) for n, field in enumerate(schema)
        ]
        path = folder / "event_log.parquet"
        parquet.write_table(pyarrow.table(arrays, schema=schema), path)
        return Rows(columns, (str(path),), "as updates have told it")
