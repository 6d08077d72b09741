"""The log of a Delta table as files: what each commit did. Opening and committing is deltalake's business."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ldp_magic.errors import LdpError
from ldp_magic.lake.batch import DataFile, Entry, entry_of, mark_of
from ldp_magic.lake.failure import damaged
from ldp_magic.lake.schema import Columns, columns_in

KEY = "ldp"  # where commitInfo carries our entry
_NAME = re.compile(r"(\d{20})\.(json|checkpoint(?:\.\d+\.\d+|\.[0-9a-f-]{36})?\.(?:parquet|json))")
_KNOWN = {"commitInfo", "add", "remove", "txn", "metaData", "protocol", "cdc", "domainMetadata"}


@dataclass(frozen=True, slots=True)
class Commit:
    """One version of a table."""

    version: int
    moment: float  # seconds since 1970, as the writer's clock had it
    entry: Entry | None  # None: another tool wrote it
    added: tuple[DataFile, ...]  # only those whose rows are new
    changed: bool  # rows that were there before are gone
    named: tuple[str, ...]  # every file that was added or removed


def folder_of(table: Path) -> Path:
    return table / "_delta_log"


def path_of(table: Path, version: int) -> Path:
    return folder_of(table) / f"{version:020d}.json"


def listed(table: Path) -> tuple[list[int], dict[int, list[Path]]]:
    """The versions that have a commit file, and the checkpoints by version."""
    versions, checkpoints = [], dict[int, list[Path]]()
    try:
        names = os.listdir(folder_of(table))
    except (FileNotFoundError, NotADirectoryError):
        return [], {}
    except OSError as error:
        raise damaged(f"{folder_of(table)} cannot be read: {(error.strerror or str(error)).lower()}") from error
    for name in names:
        found = _NAME.fullmatch(name)
        if found and found[2] == "json":
            versions.append(int(found[1]))
        elif found:
            checkpoints.setdefault(int(found[1]), []).append(folder_of(table) / name)
    return sorted(versions), checkpoints


def read(table: Path, version: int) -> Commit | None:
    """What that version did; None if its file is gone."""
    path = path_of(table, version)
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise damaged(f"{path} cannot be read") from None
    try:
        return _commit(table, version, text, str(path))
    except LdpError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise damaged(f"{path} is damaged: it is no commit of a Delta table") from None


def _commit(table: Path, version: int, text: str, where: str) -> Commit:
    done: dict[str, list[dict[str, Any]]] = {}
    for line in text.splitlines():
        ((kind, said),) = json.loads(line).items()
        if kind not in _KNOWN:
            raise ValueError(kind)
        done.setdefault(kind, []).append(said)
    (info,) = done["commitInfo"]
    adds, removes = done.get("add", []), done.get("remove", [])
    entry = None
    if KEY in info:
        txns = [[each["appId"], each["version"]] for each in done.get("txn", [])]
        sizes = [[each["path"], each["size"], _rows(each)] for each in adds]
        entry = entry_of(info[KEY], table, actions(sizes, [each["path"] for each in removes], txns), where)
        for metadata in done.get("metaData", []):
            if mark(columns_in(metadata["schemaString"])) != entry.columns:
                raise damaged(f"{where} is damaged: its columns are not those that were written")
    elif any(str(kind).lower() == KEY for kind in info):
        raise ValueError(KEY)
    return Commit(
        version=version,
        moment=int(info["timestamp"]) / 1000,
        entry=entry,
        added=tuple(
            DataFile(_path(table, each), int(each["size"]), _rows(each)) for each in adds if each["dataChange"]
        ),
        changed=True in [each["dataChange"] for each in removes],  # every one is looked at: a missing word is damage
        named=tuple(_path(table, each) for each in adds + removes),
    )


def actions(adds: list[list[Any]], removes: list[str], transactions: list[list[Any]]) -> list[Any]:
    """What a commit does, in the form that its sum is made over."""
    return [sorted(adds), sorted(removes), sorted(transactions)]


def mark(columns: Columns) -> str:
    return mark_of([[each.name, each.type] for each in columns])


def _rows(add: dict[str, Any]) -> int | None:
    rows = json.loads(add.get("stats") or "{}").get("numRecords")
    return None if rows is None else int(rows)


def _path(table: Path, action: dict[str, Any]) -> str:
    """Where the file is. Paths in a log are written as in an address; those of ours hold nothing to be escaped."""
    return str(table / unquote(action["path"]))


def backwards(table: Path, newest: int) -> Iterator[Commit]:
    """The commits from *newest* down to the first, or to where the log has been cut off."""
    for version in range(newest, -1, -1):
        commit = read(table, version)
        if commit is None:
            return
        yield commit
