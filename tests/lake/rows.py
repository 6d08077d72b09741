"""Rows for tests of the lake: written as an engine would write them, read as anybody would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from ldp_magic.lake import Columns, Table, Written, arrow_schema
from ldp_magic.pipeline.model import ColumnType


def columns(**types: str) -> Columns:
    return tuple(ColumnType(name=name, type=type_) for name, type_ in types.items())


NUMBERS = columns(id="bigint")


def write(table: Table, rows: Iterable[Mapping[str, Any]], like: Columns | None = None, **flags: bool) -> Written:
    """Rows in a fresh folder of the table; flags are columns that the table does not have."""
    wanted = table.columns if like is None else like
    folder, rows = table.fresh_folder(), list(rows)
    if rows:
        data = pa.Table.from_pylist(rows, schema=arrow_schema(wanted))
        for name, value in flags.items():
            data = data.append_column(name, pa.array([value] * len(rows)))
        folder.mkdir()
        pq.write_table(data, folder / "part-0.parquet")
    return table.written(folder, like)


def numbers(*ids: int) -> list[dict[str, Any]]:
    return [{"id": number} for number in ids]


def append(table: Table, flow: str, *ids: int, **offsets: Any) -> Table:
    return table.append(table.flow(flow).next(offsets=offsets), write(table, numbers(*ids)))


def swap(table: Table, flow: str, *ids: int) -> Table:
    return table.swap(table.flow(flow).next(offsets={}), write(table, numbers(*ids)))


def read(table: Table) -> list[dict[str, Any]]:
    """The rows, from the list of files; and they are those that deltalake reads by itself."""
    if not table.exists:
        return []
    schema = arrow_schema(table.columns)
    pieces = [pq.read_table(file.path, schema=schema) for file in table.files]
    listed = pa.concat_tables(pieces).to_pylist() if pieces else []
    by_itself = DeltaTable(str(table.folder), version=table.version).to_pyarrow_table().to_pylist()
    assert sorted(map(repr, listed)) == sorted(map(repr, by_itself))
    return listed


def ids(table: Table) -> list[int]:
    return sorted(row["id"] for row in read(table))
