"""The list of files that a flow has read. It may be long, so it is kept in Parquet files that a commit names as state.

Each batch adds a short part; when there are many, the next one holds the whole list.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ldp_magic.engine.files.listing import File
from ldp_magic.lake.failure import LakeError, writing

PARTS = 10


def seen(parts: Iterable[str]) -> dict[str, File]:
    """The files that were read, by path; of one that was read twice, as it was the last time."""
    from pyarrow import ArrowException, parquet  # type: ignore[import-untyped]

    found = {}
    for part in parts:
        try:
            rows = parquet.read_table(part, partitioning=None).select(["path", "size", "mtime"])
        except (OSError, KeyError, ArrowException):
            raise LakeError(
                f"{part} cannot be read: it held which files were read before",
                why="the files that came since the last update cannot be told from those before",
                fix="run a full refresh of the table: `ldp run --full-refresh NAME`",
            ) from None
        for path, size, mtime in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            found[path] = File(path, size, mtime)
    return found


def added(parts: tuple[str, ...], files: Iterable[File], folder: Path) -> tuple[str, ...]:
    """The parts of the list with those files added; *folder* is a fresh one of the table."""
    import pyarrow
    from pyarrow import parquet

    files = list(files)
    if not files:
        return parts
    if len(parts) >= PARTS:
        files = list((seen(parts) | {file.path: file for file in files}).values())
        parts = ()
    rows = [{"path": file.path, "size": file.size, "mtime": file.mtime} for file in files]
    path = folder / "seen.parquet"
    with writing(str(path)):
        folder.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return (*parts, str(path))
