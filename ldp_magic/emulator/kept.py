"""What a workspace knows: in memory, and with a folder on the disk too, so that it is there after a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ldp_magic.errors import LdpError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
NAME = "workspace.db"
# a row that is replaced would move to the end
_PUT = "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (section, key) DO UPDATE SET value = excluded.value"


class Kept:
    """Values by section and key. Without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        if folder is not None:
            self._file = _opened(folder)

    def write(self, section: str, key: str, value: object) -> None:
        """Keep a value in place of what was there."""
        if self._file is not None:
            said = json.dumps(value, ensure_ascii=False)
            self._ask(_PUT, section, key, said)

    def drop(self, section: str, key: str) -> None:
        """Forget a value."""
        self._ask("DELETE FROM kept WHERE section = ? AND key = ?", section, key)

    def all(self, section: str) -> Iterator[tuple[str, Any]]:
        """The values of a section in the order in which they came."""
        for key, said in self._ask("SELECT key, value FROM kept WHERE section = ? ORDER BY rowid", section):
            yield key, json.loads(said)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _ask(self, text: str, *values: str) -> list[tuple[str, str]]:
        with self._lock:
            return self._file.execute(text, values).fetchall() if self._file is not None else []


def _opened(folder: Path) -> sqlite3.Connection:
    """The file of a folder, for this process alone."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(folder / NAME, timeout=2, check_same_thread=False, isolation_level=None)
        for text in ("PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"):
            file.execute(text)
        file.execute("CREATE TABLE IF NOT EXISTS kept (section, key, value, PRIMARY KEY (section, key))")
        file.execute("BEGIN IMMEDIATE")
        file.execute("COMMIT")
    except OSError as error:
        raise LdpError(f"{folder} cannot keep a workspace: {error.strerror}", fix="name another folder") from None
    except sqlite3.OperationalError as error:
        raise LdpError(
            f"{folder} is the folder of another workspace that runs", why=str(error), fix="end that one first"
        ) from None
    except sqlite3.DatabaseError as error:
        raise LdpError(f"{folder / NAME} is damaged", why=str(error), fix="name another folder") from None
    return file


class Shelf(Generic[T]):
    """The records of one kind by their key, in the order in which they were first put there."""

    def __init__(self, kept: Kept, section: str, kind: type[T]) -> None:
        self._kept, self._section = kept, section
        self._held: dict[str, T] = {key: kind(**said) for key, said in kept.all(section)}

    def put(self, key: str, record: T) -> T:
        """Add a record, or keep what has become of one."""
        self._held[key] = record
        self._kept.write(self._section, key, asdict(record))
        return record

    def drop(self, key: str) -> None:
        """Take a record away."""
        self._held.pop(key, None)
        self._kept.drop(self._section, key)

    def get(self, key: str) -> T | None:
        """The record of that key, if there is one."""
        return self._held.get(key)

    def __getitem__(self, key: str) -> T:
        return self._held[key]

    def __contains__(self, key: object) -> bool:
        return key in self._held

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._held.values()))

    def keys(self) -> list[str]:
        """The keys of all records."""
        return list(self._held)

    def __len__(self) -> int:
        return len(self._held)
