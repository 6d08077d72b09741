"""Opening the log of a table. What deltalake takes without a word, or refuses with a page, is one clear error here."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ldp_magic.lake import log
from ldp_magic.lake.failure import LakeError, damaged

if TYPE_CHECKING:
    from deltalake import DeltaTable

_HINT = "_last_checkpoint"
_FEATURES = {"timestampNtz"}  # of those that a reader must know, what the lake knows


def open_log(name: str, folder: Path) -> DeltaTable | None:
    """The table of that folder; None if there is none yet."""
    if not log.folder_of(folder).is_dir():
        _refuse_leftovers(name, folder)
        return None
    from deltalake import DeltaTable

    try:
        delta = DeltaTable(str(folder))
        version = delta.version()
        foreign = _foreign(delta)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        if log.listed(folder) == ([], {}):
            _refuse_leftovers(name, folder)
            return None
        raise _diagnosed(name, folder, error) from None
    _verify(folder, _first(folder, version), version)
    if foreign:
        raise LakeError(
            f"{name} uses {foreign}, which a lake here does not",
            why="another tool has rewritten the table; read without that its rows would be wrong",
            fix="undo it with that tool, or drop the table and run the pipeline again",
        )
    return delta


def _foreign(delta: DeltaTable) -> str:
    """What another tool has brought into the table that a list of its files does not tell."""
    features = set(delta.protocol().reader_features or ()) - _FEATURES
    metadata = delta.metadata()
    if metadata.configuration.get("delta.columnMapping.mode", "none") != "none":
        features.add("columnMapping")
    if metadata.partition_columns:
        features.add("partitions")
    return ", ".join(sorted(features))


def _refuse_leftovers(name: str, folder: Path) -> None:
    """A folder without a log is free, unless it holds something: then the log is lost, or it is not ours."""
    try:
        found = [entry for entry in os.listdir(folder) if entry not in ("data", "_delta_log")]
        data = os.listdir(folder / "data") if (folder / "data").is_dir() else []
    except FileNotFoundError:
        return
    except OSError as error:
        raise damaged(f"{folder} is no folder of a table: {(error.strerror or str(error)).lower()}") from None
    if data:
        raise damaged(f"the log of {name} is gone, and files of it are still in {folder}")
    if found:
        raise damaged(
            f"{folder} is in the place of table {name} and holds something else: {sorted(found)[0]}",
            fix="move that folder away",
        )


def _verify(folder: Path, first: int, version: int) -> None:
    """Hold commits against what was written: one that is empty or cut off is taken by deltalake."""
    for each in range(first, version + 1):
        if log.read(folder, each) is None:
            raise damaged(f"{log.path_of(folder, each)} is missing: the log has a gap")


def _first(folder: Path, version: int) -> int:
    """The first commit that is in no checkpoint. The log is only listed where its hint is no help: it grows long."""
    hint = _hinted(folder)
    if hint is not None and (hint == version or (hint < version and log.path_of(folder, hint + 1).exists())):
        return hint + 1
    return max((each for each in log.listed(folder)[1] if each <= version), default=-1) + 1


def newest_version(folder: Path) -> int | None:
    """The last commit in the log; None if there is none."""
    hint = _hinted(folder)
    if hint is None or not log.path_of(folder, hint).exists():
        return max(log.listed(folder)[0], default=None)
    while log.path_of(folder, hint + 1).exists():
        hint += 1
    return hint


def _hinted(folder: Path) -> int | None:
    """The version of the newest checkpoint, as the log has it."""
    try:
        hint = json.loads((log.folder_of(folder) / _HINT).read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return hint if isinstance(hint, int) else None


def _diagnosed(name: str, folder: Path, error: BaseException) -> LakeError:
    """Which file it was."""
    versions, checkpoints = log.listed(folder)
    newest = max(checkpoints, default=-1)
    try:
        _verify(folder, newest + 1, versions[-1] if versions else 0)
    except LakeError as found:
        return found
    whole = f"delete that file and {_HINT}: the table can be read without them" if versions[:1] == [0] else ""
    for path in checkpoints.get(newest, []):
        if not _is_whole(path):
            return damaged(f"{path} is damaged: it is no checkpoint of a Delta table", fix=whole)
    hint = log.folder_of(folder) / _HINT
    if hint.exists() and _hinted(folder) not in checkpoints:
        return damaged(f"{hint} is damaged: it names no checkpoint that is there", fix=whole and "delete that file")
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return damaged(f"the log of {name} in {folder} cannot be read: {reason[:1].lower()}{reason[1:300]}")


def _is_whole(path: Path) -> bool:
    from pyarrow import ArrowException, parquet  # type: ignore[import-untyped]

    try:
        parquet.read_table(path)
    except (OSError, ArrowException):
        return False
    return True
