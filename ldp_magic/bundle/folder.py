"""Files that were exported into a folder: written anew each time, and never over what somebody edited there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ldp_magic.errors import LdpError
from ldp_magic.project.files import read_bytes
from ldp_magic.project.tree import EXPORTED
from ldp_magic.settings import path_shown

__all__ = ["MEMORY", "Put", "put"]

MEMORY = EXPORTED  # what the last export wrote, for the next one on whichever machine
_LARGEST = 200_000_000


@dataclass(frozen=True, slots=True)
class Put:
    """What became of the files of an export, by their paths below the folder."""

    folder: Path
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()  # of an earlier export, and no part of it any more
    kept: tuple[str, ...] = ()  # such a file that somebody edited

    @property
    def written(self) -> tuple[str, ...]:
        """The files that hold something else than before."""
        return tuple(sorted((*self.new, *self.changed)))


def put(folder: Path, files: Mapping[str, bytes], *, force: bool = False, memory: str = MEMORY) -> Put:
    """Write *files* below a folder. Where one of them was edited there nothing is written, unless *force* says so.
    *memory* is the file that remembers what was written, if anything is to."""
    before = _remembered(folder / memory) if memory else {}
    there = {path: _held(folder / path) for path in files}
    edited = [p for p, was in there.items() if was is not None and was != files[p] and before.get(p) != _mark(was)]
    if edited and not force:
        raise _edited(folder, edited)
    gone = [path for path in before if path not in files]
    mine = [path for path in gone if (was := _held(folder / path)) is not None and _mark(was) == before[path]]
    for path, content in files.items():
        if there[path] != content:
            _write(folder / path, content)
    for path in mine:
        _remove(folder, path)
    if memory:
        _remember(folder / memory, files)
    return Put(
        folder,
        new=tuple(path for path in files if there[path] is None),
        changed=tuple(path for path in files if there[path] not in (None, files[path])),
        unchanged=tuple(path for path in files if there[path] == files[path]),
        removed=tuple(mine),
        kept=tuple(path for path in gone if path not in mine and os.path.lexists(folder / path)),
    )


def _edited(folder: Path, edited: list[str]) -> LdpError:
    first = path_shown(folder / edited[0])
    more = f", and {len(edited) - 1} more file{'s' * (len(edited) > 2)}" if edited[1:] else ""
    return LdpError(
        f"{first} is there and was not written by the last export{more}",
        why="somebody may have edited it, and nothing was written",
        fix="name another folder with --out, or write over it with --force",
    )


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _held(path: Path) -> bytes | None:
    return read_bytes(path, _LARGEST) if os.path.lexists(path) else None


def _remembered(memory: Path) -> dict[str, str]:
    """What the last export wrote. A memory that cannot be read is none, and then no file is ours."""
    try:
        said = json.loads(memory.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    inside = {str(path): str(mark) for path, mark in said.items()} if isinstance(said, dict) else {}
    return {path: mark for path, mark in inside.items() if not path.startswith("/") and ".." not in path.split("/")}


def _remember(memory: Path, files: Mapping[str, bytes]) -> None:
    said = {"about": "what ldp export wrote here", "files": {path: _mark(files[path]) for path in sorted(files)}}
    content = (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode()
    if _held(memory) != content:
        _write(memory, content)


def _write(path: Path, content: bytes) -> None:
    spare = path.with_name(f".{path.name[:100]}.{os.getpid()}.ldp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            spare.write_bytes(content)
            os.replace(spare, path)
        finally:
            spare.unlink(missing_ok=True)
    except OSError as error:
        raise LdpError(
            f"{path_shown(path)} cannot be written: {(error.strerror or str(error)).lower()}",
            why="the export stopped there; what it wrote before stays",
            fix="name another folder with --out, or make this one writable",
        ) from None


def _remove(folder: Path, path: str) -> None:
    """A file, and the folders that are empty without it."""
    (folder / path).unlink(missing_ok=True)
    for parent in Path(path).parents[:-1]:
        try:
            (folder / parent).rmdir()
        except OSError:
            return
