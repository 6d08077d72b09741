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
    versions, checkpoints = log.listed(folder)
    if not versions and not checkpoints:
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
        raise _diagnosed(name, folder, error) from None
    _verify(name, folder, version)
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


def _verify(name: str, folder: Path, version: int) -> None:
    """Hold what the newest rows rest on against what was written: an empty or cut commit is taken by deltalake."""
    versions, checkpoints = log.listed(folder)
    first = max((each for each in checkpoints if each <= version), default=-1) + 1
    there = set(versions)
    missing = next((each for each in range(first, version + 1) if each not in there), None)
    if missing is None and version + 1 not in there and versions and versions[-1] > version:
        missing = version + 1
    if missing is not None:
        raise damaged(f"the log of {name} is damaged: {log.folder_of(folder) / f'{missing:020d}.json'} is missing")
    for each in range(first, version + 1):
        log.read(folder, each)


def _diagnosed(name: str, folder: Path, error: BaseException) -> LakeError:
    """Which file it was."""
    versions, checkpoints = log.listed(folder)
    newest = max(checkpoints, default=-1)
    try:
        for version in versions:
            if version > newest:
                log.read(folder, version)
        _verify(name, folder, versions[-1] if versions else 0)
    except LakeError as found:
        return found
    whole = f"delete that file and {_HINT}: the table can be read without them" if versions[:1] == [0] else ""
    for path in checkpoints.get(newest, []):
        if not _is_whole(path):
            return damaged(f"{path} is damaged: it is no checkpoint of a Delta table", fix=whole)
    hint = log.folder_of(folder) / _HINT
    if hint.exists() and _hinted(hint) not in checkpoints:
        return damaged(f"{hint} is damaged: it names no checkpoint that is there", fix=whole and "delete that file")
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return damaged(f"the log of {name} in {folder} cannot be read: {reason[:1].lower()}{reason[1:300]}")


def _hinted(hint: Path) -> int | None:
    """The version of the newest checkpoint, as the log has it."""
    try:
        return int(json.loads(hint.read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_whole(path: Path) -> bool:
    from pyarrow import ArrowException, parquet  # type: ignore[import-untyped]

    try:
        parquet.read_table(path)
    except (OSError, ArrowException):
        return False
    return True
