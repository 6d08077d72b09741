"""What a commit carries besides rows: how far every flow has come, and what became of the rows that were not kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from ldp_magic.errors import LdpError
from ldp_magic.lake.failure import LakeError, damaged

VERSION = 1  # of what commits carry

Json: TypeAlias = Any  # what json.dumps takes
Files: TypeAlias = Mapping[str, tuple[str, ...]]  # by name; absolute paths


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a table."""

    path: str  # absolute
    size: int
    rows: int | None = None  # None: whoever wrote it did not say


@dataclass(frozen=True, slots=True)
class Batch:
    """How far one flow has come. No offsets: it begins at the beginning, for the first time or once more."""

    flow: str
    number: int = -1
    offsets: Mapping[str, Json] = field(default_factory=dict)  # by source: from where it goes on
    state: Files = field(default_factory=dict)

    def next(self, *, offsets: Mapping[str, Json], state: Files | None = None) -> Batch:
        """The batch after this one. State that is not given is what it was."""
        return replace(self, number=self.number + 1, offsets=offsets, state=self.state if state is None else state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one commit of ours says. It repeats the newest batch of *every* flow that its writer had seen: then the
    newest entries say all, however long the log."""

    looked: int  # the version that its writer had looked at; -1: there was none
    columns: str  # mark of the columns that the table has from here on
    flow: str = ""  # whose batch this is; empty: columns or everything were changed
    flows: Mapping[str, Batch] = field(default_factory=dict)
    metrics: Mapping[str, Json] = field(default_factory=dict)
    dropped: tuple[DataFile, ...] = ()
    anew: bool = False  # rows that were there before are given up
    mark: str = ""  # tells this commit from one like it


def text_of(entry: Entry, folder: Path, actions: Json) -> str:
    """The entry as text with a sum over it and over what the commit does, so that damage is seen."""
    flows = {
        name: {
            "batch": batch.number,
            "offsets": dict(batch.offsets),
            "state": {name: [_relative(path, folder) for path in paths] for name, paths in batch.state.items()},
        }
        for name, batch in entry.flows.items()
    }
    said = {
        "version": VERSION,
        "looked": entry.looked,
        "columns": entry.columns,
        "flow": entry.flow,
        "flows": flows,
        "metrics": dict(entry.metrics),
        "dropped": [[_relative(file.path, folder), file.size, file.rows] for file in entry.dropped],
        "anew": entry.anew,
        "mark": entry.mark,
    }
    return json.dumps({**said, "sum": _sum(said, actions)}, ensure_ascii=False)


def entry_of(text: str, folder: Path, actions: Json, where: str) -> Entry:
    """What the text says, if it is what was written."""
    try:
        said = json.loads(text)
        version = said["version"]
        if isinstance(version, int) and version > VERSION:
            raise LakeError(
                f"{where} was written by a newer ldp",
                why=f"its entries are of version {version}, and this ldp reads version {VERSION}",
                fix="upgrade ldp-magic",
            )
        if said.pop("sum") != _sum(said, actions):
            raise damaged(f"{where} is damaged: it does not say what was written")
        flows = {
            name: Batch(name, each["batch"], each["offsets"], _absolute(each["state"], folder))
            for name, each in said["flows"].items()
        }
        return Entry(
            looked=said["looked"],
            columns=said["columns"],
            flow=said["flow"],
            flows=flows,
            metrics=said["metrics"],
            dropped=tuple(DataFile(str(folder / path), size, rows) for path, size, rows in said["dropped"]),
            anew=said["anew"],
            mark=said["mark"],
        )
    except LdpError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise damaged(f"{where} is damaged: the entry of ldp in it cannot be read") from None


def mark_of(parts: Json) -> str:
    """A short mark that is the same for equal values."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _sum(said: Json, actions: Json) -> str:
    return mark_of([said, actions])


def _relative(path: str, folder: Path) -> str:
    return Path(path).relative_to(folder).as_posix()


def _absolute(files: Mapping[str, Iterable[str]], folder: Path) -> Files:
    return {name: tuple(str(folder / path) for path in paths) for name, paths in files.items()}
