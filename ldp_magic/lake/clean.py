"""What may go: files that no table, no quarantine and no state needs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ldp_magic.lake import log
from ldp_magic.lake.table import Table

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Keep:
    """How much of the past stays."""

    days: float = 7  # of files that a table no longer has: who reads an older version still finds them
    quarantined: int = 100_000_000  # bytes of dropped rows, of each table
    updates: int = 100  # whose events are kept


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was removed."""

    files: tuple[str, ...] = ()
    size: int = 0


def clean(table: Table, keep: Keep, before: float) -> Cleaned:
    """Remove from the table's folder what is older than *before* and not needed."""
    needed = _needed(table, keep)
    return remove(path for path in _candidates(table) if str(path) not in needed and _older(path, before))


def remove(paths: Iterator[Path]) -> Cleaned:
    """Remove files, and the folders that are empty then."""
    files, size = [], 0
    for path in paths:
        try:
            found = path.stat().st_size
            path.unlink()
        except OSError:
            continue  # held open, on Windows: the next time
        files.append(str(path))
        size += found
        _prune(path.parent)
    return Cleaned(tuple(files), size)


def _prune(folder: Path) -> None:
    while "data" in (parent.name for parent in folder.parents):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _needed(table: Table, keep: Keep) -> set[str]:
    needed = {file.path for file in table.files}
    for batch in table.flows.values():
        needed.update(path for paths in batch.state.values() for path in paths)
    left = keep.quarantined
    for quarantined in table.quarantine():
        left -= sum(file.size for file in quarantined.files)
        if left < 0:
            break
        needed.update(file.path for file in quarantined.files)
    since = time.time() - keep.days * DAY
    for commit in log.backwards(table.folder, table.version):
        if commit.moment < since:
            break
        needed.update(commit.named)
    return needed


def _candidates(table: Table) -> Iterator[Path]:
    """Everything under data/, what compaction leaves beside it, and what a killed commit leaves in the log."""
    for path in list((table.folder / "data").rglob("*")):
        if path.is_file():
            yield path
    yield from list(table.folder.glob("*.parquet"))
    yield from list(log.folder_of(table.folder).glob("*#*"))
    _, checkpoints = log.listed(table.folder)
    for version in sorted(checkpoints)[:-2]:
        yield from checkpoints[version]


def _older(path: Path, before: float) -> bool:
    try:
        return os.path.getmtime(path) < before
    except OSError:
        return False
