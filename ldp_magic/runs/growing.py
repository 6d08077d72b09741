"""Files that stand in for a topic or a table and grow at their end: what came in since the last turn."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.files import File
from ldp_magic.lake.batch import Json
from ldp_magic.runs.loader import young


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a file that nobody has read."""

    file: File
    data: bytes


def tails(source: str, files: Sequence[File], before: Mapping[str, Json], root: str) -> tuple[list[Tail], Json]:
    """What is new at the ends of the files, and how far all of them are read then."""
    found, position = list[Tail](), {}
    gone = before.keys() - {_place(file, root) for file in files}
    if gone:
        raise _changed(source, f"{min(gone)} is gone")
    for file in files:
        place = _place(file, root)
        last = before.get(place) or {"size": 0, "moment": None, "sum": _sum(b"")}
        if last["size"] == file.size and last["moment"] == file.mtime:
            position[place] = last
            continue
        data = Path(file.path).read_bytes()
        if _sum(data[: last["size"]]) != last["sum"]:
            raise _changed(source, f"the first {last['size']:,} bytes of {place} are not those that were read")
        end = _end(file, data)
        position[place] = {"size": end, "moment": file.mtime, "sum": _sum(data[:end])}
        if data[last["size"] : end].strip():
            found.append(Tail(file, data[last["size"] : end]))
    return found, position


def lines(data: Iterable[Tail]) -> list[str]:
    """Their lines that are not empty."""
    texts = (each.data.decode("utf-8-sig", errors="replace") for each in data)
    return [line for text in texts for line in text.splitlines() if line.strip()]


def _end(file: File, data: bytes) -> int:
    """Where the last whole line ends: one that is being written is left for the next turn."""
    line = data[data.rfind(b"\n") + 1 :]
    if not line.strip().startswith((b"{", b"[")) or not young(file):
        return len(data)
    try:
        json.loads(line)
    except ValueError:
        return len(data) - len(line)
    return len(data)


def _place(file: File, root: str) -> str:
    return os.path.relpath(file.path, root) if os.path.isdir(root) else os.path.basename(file.path)


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _changed(source: str, how: str) -> EngineError:
    return EngineError(
        f"what stands in for {source} was changed: {how}",
        why="it is read as a stream, and which of its rows were read before cannot be told any more",
        fix="add lines at the end, or files beside it; or run a full refresh of what reads it",
    )
