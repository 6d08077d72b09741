"""What a query has left in a fresh folder: Parquet files, counted and held against the columns of the table."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ldp_magic.lake.batch import DataFile
from ldp_magic.lake.failure import LakeError
from ldp_magic.lake.schema import Columns, columns_of_arrow

KEPT = "__keep=true"  # the folder of rows that pass, where the query was written in two


@dataclass(frozen=True, slots=True)
class Written:
    """The files of one attempt. Those that are dropped stay beside the table: its quarantine."""

    columns: Columns
    kept: tuple[DataFile, ...] = ()
    dropped: tuple[DataFile, ...] = ()

    @property
    def rows(self) -> int:
        return sum(file.rows or 0 for file in self.kept)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(file.path for file in self.kept)


def written(folder: Path, columns: Columns) -> Written:
    """What is in the folder; no folder means no rows. In a folder that is split by `__keep=`, only what is under
    `__keep=true` is kept."""
    kept, dropped = list[DataFile](), list[DataFile]()
    for path in sorted(folder.rglob("*.parquet")):
        parts = [part for part in path.relative_to(folder).parts if part.startswith("__keep=")]
        file = _counted(path, columns)
        if file.rows:
            (kept if parts in ([], [KEPT]) else dropped).append(file)
    return Written(columns, tuple(kept), tuple(dropped))


def _counted(path: Path, columns: Columns) -> DataFile:
    """The file, once it is sure that the table stays readable with it: one with another type, or a column more, would
    be taken and lose rows or values later."""
    from pyarrow import ArrowException, parquet  # type: ignore[import-untyped]

    try:
        with parquet.ParquetFile(path) as file:
            found, rows = columns_of_arrow(file.schema_arrow), file.metadata.num_rows
    except (OSError, ArrowException) as error:
        raise LakeError(
            f"{path} cannot be read: it is no whole Parquet file", why="its rows would be lost", fix="run it again"
        ) from error
    wanted = {each.name: each.type for each in columns}
    for each in found:
        if each.name.startswith("__") and each.name not in wanted:
            continue  # a flag: readers never see it
        if each.type != wanted.get(each.name):
            raise LakeError(
                f"column {each.name} was written as {each.type}, and the table has it as {wanted.get(each.name)}"
                if each.name in wanted
                else f"column {each.name} was written, and the table has none of that name",
                why="its values could not be read again",
                fix="cast and order what is written to the columns of the table",
            )
    return DataFile(str(path), os.path.getsize(path), rows)
