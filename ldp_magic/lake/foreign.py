"""Delta tables that others write: what is in them, and what came in since a position. Nothing is ever written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ldp_magic.lake.alias import plain
from ldp_magic.lake.batch import DataFile, Json
from ldp_magic.lake.failure import LakeError
from ldp_magic.lake.log import folder_of, path_of
from ldp_magic.lake.schema import Columns, columns_in
from ldp_magic.lake.table import News

if TYPE_CHECKING:
    from deltalake import DeltaTable

# of what a reader must know: harmless, or looked at here
_FEATURES = {"timestampNtz", "deletionVectors", "columnMapping", "vacuumProtocolCheck", "v2Checkpoint"}


@dataclass(frozen=True)
class Foreign:
    """A table at one version."""

    name: str
    folder: Path
    delta: DeltaTable = field(repr=False, compare=False)

    @cached_property
    def version(self) -> int:
        return int(self.delta.version())

    @cached_property
    def columns(self) -> Columns:
        return columns_in(self.delta.schema().to_json())

    @cached_property
    def partitions(self) -> tuple[str, ...]:
        """The columns whose values stand in the names of folders."""
        return tuple(self.delta.metadata().partition_columns)

    @cached_property
    def files(self) -> tuple[DataFile, ...]:
        import pyarrow  # type: ignore[import-untyped]

        adds = pyarrow.table(self.delta.get_add_actions(flatten=True))
        names = ("path", "size_bytes", "num_records")
        columns = [adds[name].to_pylist() if name in adds.column_names else [None] * len(adds) for name in names]
        return tuple(self._file(path, size, rows) for path, size, rows in zip(*columns, strict=True))

    @property
    def position(self) -> Json:
        """Where a reader stands that has read all of this version."""
        return {"table": self.delta.metadata().id, "version": self.version}

    def news(self, since: Json) -> News:
        """What came in since that position; with None, all there is."""
        if since is None:
            return News(self.files, (), self.position)
        if since["table"] != self.position["table"] or since["version"] > self.version:
            raise _too_far(f"{self.name} is not the table that was read before: it was dropped and made again")
        files, changed = list[DataFile](), list[int]()
        for version in range(since["version"] + 1, self.version + 1):
            added, removed = self._done(version)
            if removed:
                changed.append(version)
            else:
                files += added
        return News(tuple(files), tuple(changed), self.position)

    def _done(self, version: int) -> tuple[list[DataFile], bool]:
        """The files that came with a version, and whether rows were changed or removed."""
        added, removed = list[DataFile](), False
        for action in _actions(self.name, path_of(self.folder, version)):
            add, remove = action.get("add"), action.get("remove")
            removed = removed or bool(remove and remove.get("dataChange", True))
            if add and add.get("dataChange", True):
                rows = json.loads(add.get("stats") or "{}").get("numRecords")
                added.append(self._file(add["path"], add["size"], rows))
        return added, removed

    def _file(self, path: str, size: int, rows: int | None) -> DataFile:
        """Paths in a log are written as in an address, and begin at the folder of the table."""
        where = unquote(path)
        if "://" in path or path.startswith(("/", "file:")) or ".." in Path(where).parts:
            raise _foreign(self.name, "files of another table (it is a shallow clone)")
        folders = {part.partition("=")[0] for part in Path(where).parts[:-1] if "=" in part}
        missing = [name for name in self.partitions if name not in map(unquote, folders)]
        if missing:
            raise _foreign(self.name, f"folders that do not tell its partition column {missing[0]}")
        file = DataFile(str(self.folder / where), int(size), rows)
        if not os.path.exists(file.path):
            raise LakeError(
                f"{file.path} is gone, and {self.name} needs it",
                why="the log of the table names it: the copy is not whole, or the file was removed since",
                fix=f"copy all of {self.name} once more, or run a full refresh of what reads it",
            )
        return file


def foreign(name: str, path: str) -> Foreign:
    """The Delta table in that folder."""
    folder = Path(path)
    if not folder_of(folder).is_dir():
        raise LakeError(
            f"{path} is no Delta table",
            why=f"it has no folder {folder_of(folder).name}",
            fix="name the folder that holds it, or read the files with read_files",
        )
    from deltalake import DeltaTable

    here = plain(folder)
    try:
        delta = DeltaTable(str(here))
        odd = _odd(delta)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise LakeError(
            f"the log of {name} cannot be read: {reason[:1].lower()}{reason[1:300]}",
            why=f"it lies in {folder_of(folder)}",
            fix="copy the table once more, with all of its log",
        ) from None
    if odd:
        raise _foreign(name, odd)
    return Foreign(name, here, delta)


def _odd(delta: DeltaTable) -> str:
    """What the files of the table alone do not tell."""
    features = set(delta.protocol().reader_features or ())
    mapping = delta.metadata().configuration.get("delta.columnMapping.mode") or "none"
    found = sorted(features - _FEATURES) + (["columnMapping"] if mapping != "none" else [])
    if "deletionVectors" in features and _deletes(delta):
        found.append("deletionVectors")
    return ", ".join(found)


def _deletes(delta: DeltaTable) -> bool:
    """Are there rows in the files that are deleted?"""
    import pyarrow

    try:
        return bool(pyarrow.RecordBatchReader.from_stream(delta.deletion_vectors()).read_all().num_rows)
    except Exception:  # vectors that cannot be read are there
        return True


def _actions(name: str, path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        yield from (json.loads(line) for line in lines if line.strip())
    except FileNotFoundError:
        raise _too_far(f"version {int(path.stem)} of {name} is no longer in its log") from None
    except (OSError, ValueError):
        raise LakeError(
            f"{path} cannot be read",
            why=f"it says what came into {name}",
            fix="copy the table once more, with all of its log",
        ) from None


def _foreign(name: str, what: str) -> LakeError:
    return LakeError(
        f"{name} uses {what}, which is not read as a stream here",
        why="read without that its rows would be wrong",
        fix="write a copy without it (CREATE TABLE ... AS SELECT), or run the flow on Databricks",
    )


def _too_far(what: str) -> LakeError:
    return LakeError(
        what,
        why="the rows that came since the last update cannot be told from those before",
        fix="run a full refresh of what reads it: `ldp run --full-refresh NAME`",
    )
