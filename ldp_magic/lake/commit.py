"""The commits that a lake makes, each through the very object of deltalake that was looked at.

Unless it only adds rows, a commit goes right behind the version that was looked at, or nowhere: deltalake would put it
behind the rows that another flow has added meanwhile, and they would stay, or be read with other columns.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from ldp_magic.lake import log
from ldp_magic.lake.batch import DataFile, Entry, Json, text_of
from ldp_magic.lake.schema import Columns, delta_schema

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable

_SETTINGS: dict[str, str | None] = {
    "delta.enableExpiredLogCleanup": "false",  # offsets are in the log, and in no checkpoint
    "delta.checkpointInterval": "10",  # opening costs 5 ms where it would cost 30
}
_NOTHING = log.actions([], [], [])


def create(name: str, folder: Path, entry: Entry, columns: Columns) -> None:
    """A table without rows; refused if there is one."""
    from deltalake import DeltaTable

    schema, carried = delta_schema(columns), _carried(folder, entry, _NOTHING)
    DeltaTable.create(str(folder), schema, name=name, configuration=_SETTINGS, commit_properties=carried)


def widen(delta: DeltaTable, folder: Path, entry: Entry, old: Columns, new: Columns) -> None:
    """More columns, or more fields in them."""
    known = set(old)
    fields = [field for field, each in zip(delta_schema(new).fields, new, strict=True) if each not in known]
    _another(delta, folder).alter.add_columns(fields, commit_properties=_carried(folder, entry, _NOTHING, alone=True))


def needs_feature(delta: DeltaTable, columns: Columns) -> bool:
    """Whether the log has to allow something before the table may have such columns."""
    wanted = any("timestamp_ntz" in each.type for each in columns)
    return wanted and "timestampNtz" not in (delta.protocol().reader_features or ())


def add_feature(delta: DeltaTable, folder: Path, entry: Entry) -> None:
    """Time without a zone is allowed from here on."""
    from deltalake import TableFeatures

    carried = _carried(folder, entry, _NOTHING, alone=True)
    feature = TableFeatures.TimestampWithoutTimezone
    _another(delta, folder).alter.add_feature(feature, allow_protocol_versions_increase=True, commit_properties=carried)


def _another(delta: DeltaTable, folder: Path) -> DeltaTable:
    """The same version once more: altering moves the object, and the one of a look stays where it is."""
    from deltalake import DeltaTable

    return DeltaTable(str(folder), version=delta.version())


def add(delta: DeltaTable, folder: Path, entry: Entry, adds: tuple[DataFile, ...], moved: dict[str, int]) -> None:
    """More rows, behind whatever other flows have added meanwhile. *moved* are the batches that are new."""
    _write(delta, folder, entry, adds, (), moved, alone=False)


def exchange(
    delta: DeltaTable,
    folder: Path,
    entry: Entry,
    adds: tuple[DataFile, ...],
    removes: tuple[DataFile, ...],
    moved: dict[str, int],
    columns: Columns | None = None,
) -> None:
    """Other rows, and other columns if they are given."""
    _write(delta, folder, entry, adds, removes, moved, alone=True, columns=columns)


def compact(delta: DeltaTable, folder: Path) -> None:
    """The same rows in fewer files. The commit says that no row is new and none is gone."""
    _another(delta, folder).optimize.compact()


def _write(
    delta: DeltaTable,
    folder: Path,
    entry: Entry,
    adds: tuple[DataFile, ...],
    removes: tuple[DataFile, ...],
    moved: dict[str, int],
    *,
    alone: bool,
    columns: Columns | None = None,
) -> None:
    from deltalake.transaction import AddAction, RemoveAction

    now = int(time.time() * 1000)
    came = [(_inside(file, folder), file) for file in adds]
    gone = [(_inside(file, folder), file) for file in removes]
    done = log.actions(
        [[path, file.size, file.rows] for path, file in came],
        [path for path, _ in gone],
        [[flow, number] for flow, number in moved.items()],
    )
    actions: list[AddAction | RemoveAction] = [
        AddAction(path, file.size, {}, now, True, f'{{"numRecords":{file.rows}}}') for path, file in came
    ]
    if columns is None:
        actions += [RemoveAction(path, True, now, file.size) for path, file in gone]
    delta.create_write_transaction(
        actions,
        "append" if columns is None else "overwrite",  # which removes all files by itself
        delta.schema() if columns is None else delta_schema(columns, mark=entry.columns),
        commit_properties=_carried(folder, entry, done, moved, alone=alone),
    )


def _carried(
    folder: Path, entry: Entry, done: Json, moved: dict[str, int] | None = None, *, alone: bool = False
) -> CommitProperties:
    from deltalake import CommitProperties, Transaction

    return CommitProperties(
        custom_metadata={log.KEY: text_of(entry, folder, done)},
        max_commit_retries=0 if alone else None,
        app_transactions=[Transaction(flow, number) for flow, number in (moved or {}).items()],
    )


def _inside(file: DataFile, folder: Path) -> str:
    return Path(file.path).relative_to(folder).as_posix()
