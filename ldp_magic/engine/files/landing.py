"""From Arrow's tables to a frame of a session: few rows travel with the query, many are put where the engine reads."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from ldp_magic.engine.files.failure import FilesError

SMALL = 1_000_000  # bytes that travel with every query over the frame
MOST = 64_000_000  # bytes that are sent to an engine that does not see this disk
CHUNK = 256_000_000  # bytes in one file, so that several are read side by side


class Landing:
    """Takes tables of one schema. *scratch* is a folder that the engine sees too; without it everything travels."""

    def __init__(self, scratch: Path | None) -> None:
        if scratch is not None and any(sign in str(scratch) for sign in "*?[]{}"):
            raise FilesError(
                f"{scratch} cannot hold what is read: its name looks like a pattern",
                why="the engine would look for other files, and find none",
                fix="reach it by a link with a plain name",
            )
        self.scratch = scratch
        self.tables: list[Any] = []
        self.size = self.rows = 0
        self.paths: list[str] = []
        self._writer: Any = None
        self._written = 0

    def add(self, table: Any) -> None:
        if not table.num_rows and self.tables:
            return
        self.rows += table.num_rows
        self.size += table.nbytes
        if self.scratch is None and self.size > MOST:
            raise FilesError(
                f"the files hold more than {MOST // 1_000_000} MB of rows",
                why="the engine does not see this disk, so all of them would have to be sent to it",
                fix="limit the files that are read, or put them where the engine can read them",
            )
        if self._writer is None and (self.scratch is None or self.size <= SMALL):
            self.tables.append(table)
            return
        for each in self.tables:
            self._write(each)
        self.tables = []
        self._write(table)

    def _write(self, table: Any) -> None:
        import pyarrow as pa  # type: ignore[import-untyped]

        assert self.scratch is not None
        if self._writer is None:
            self.scratch.mkdir(parents=True, exist_ok=True)
            self.paths.append(str(self.scratch / f"{uuid.uuid4().hex}.arrow"))
            self._writer = pa.ipc.new_file(self.paths[-1], table.schema)
        self._writer.write_table(table)
        self._written += table.nbytes
        if self._written > CHUNK:
            self.close()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._written = None, 0

    def frame(self, spark: Any) -> Any:
        import pyarrow as pa

        self.close()
        if self.paths:
            frame = spark.read.format("arrow").load(self.paths)
            return frame
        return _frame(spark, pa.concat_tables(self.tables))


def _frame(spark: Any, table: Any) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    schema = from_arrow_schema(table.schema, prefer_timestamp_ntz=True)
    return spark.createDataFrame(table if table.num_rows else [], schema)
