"""The events of updates, stored beside the tables: one file for each update, one line for each event."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldp_magic.lake.clean import Cleaned, remove
from ldp_magic.lake.failure import writing

_NAME = re.compile(r"(\d{8})-(.+)\.jsonl")


@dataclass(frozen=True, slots=True)
class Events:
    """The stored events of a lake. An event is any dict that JSON can say."""

    folder: Path

    def add(self, update: str, *events: Mapping[str, Any]) -> None:
        """Store events of an update, behind those it has."""
        path = self._path(update)
        lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
        with writing(str(path)), open(path, "ab") as file:
            file.write((b"\n" if _is_cut(path) else b"") + lines.encode("utf-8"))

    def updates(self) -> list[str]:
        """The updates that have events, newest first."""
        return [update for _, update, _ in self._files()]

    def next_number(self) -> int:
        """What the next update is numbered."""
        files = self._files()
        return files[0][0] + 1 if files else 1

    def of(self, update: str) -> list[dict[str, Any]]:
        """The events of an update in the order in which they happened. A line that a killed process has left
        unfinished is no event."""
        return [event for _, name, path in self._files() if name == update for event in _read(path)]

    def newest(self) -> Iterator[dict[str, Any]]:
        """All events, newest first."""
        for _, _, path in self._files():
            yield from reversed(_read(path))

    def clean(self, updates: int) -> Cleaned:
        """Keep the events of that many updates."""
        return remove(path for _, _, path in self._files()[updates:])

    def _path(self, update: str) -> Path:
        if not re.fullmatch(r"[\w-]{1,100}", update, re.ASCII):
            raise ValueError(f"no id of an update: {update}")
        files = self._files()
        number = next((number for number, name, _ in files if name == update), self.next_number())
        return self.folder / f"{number:08d}-{update}.jsonl"

    def _files(self) -> list[tuple[int, str, Path]]:
        found = [(_NAME.fullmatch(name), name) for name in (os.listdir(self.folder) if self.folder.is_dir() else [])]
        return sorted(((int(m[1]), m[2], self.folder / name) for m, name in found if m), reverse=True)


def _read(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_bytes().split(b"\n"):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            found.append(event)
    return found


def _is_cut(path: Path) -> bool:
    """Whether the last line has no end, as its writer died."""
    try:
        with open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except OSError:  # there is none, or it is empty
        return False
