"""Which files a path stands for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import product

from ldp_magic.engine.files.failure import FilesError
from ldp_magic.project.globs import base, is_glob, matches
from ldp_magic.settings import path_shown

_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class File:
    """One file as it was when it was listed."""

    path: str  # absolute
    size: int
    mtime: float

    @property
    def shown(self) -> str:
        from pathlib import Path

        return path_shown(Path(self.path))


def listed(where: str, options: Mapping[str, str] | None = None) -> tuple[File, ...]:
    """The files of a file, a folder or a glob, in order of their paths. Names that begin with `_` or `.` are left out,
    but not `_a=1` folders, as Spark does it."""
    options = {name.lower().removeprefix("cloudfiles."): value for name, value in (options or {}).items()}
    where = os.path.abspath(os.path.expanduser(where))
    deep = options.get("recursivefilelookup", "true").lower() != "false"
    found = list(_under(where, deep))
    pattern = options.get("pathglobfilter") or options.get("filenamepattern") or ""
    if pattern:
        names = _alternatives(pattern)
        found = [f for f in found if any(matches(name, os.path.basename(f.path)) for name in names)]
    after, before = (_moment(options.get(name, ""), name) for name in ("modifiedafter", "modifiedbefore"))
    found = [f for f in found if (after is None or f.mtime > after) and (before is None or f.mtime < before)]
    return tuple(sorted(found, key=lambda f: f.path))


def _under(where: str, deep: bool) -> Iterator[File]:
    if os.path.isfile(where):
        yield _file(where, os.stat(where))
    elif os.path.isdir(where):
        yield from _walk(where, deep)
    elif is_glob(where) or "{" in where:
        for pattern in _alternatives(where):
            root = base(pattern)
            if os.path.exists(root) and not is_glob(pattern):
                yield from _under(pattern, deep)
            elif os.path.isdir(root):
                yield from _matching(pattern, root, deep)


def _matching(pattern: str, root: str, deep: bool) -> Iterator[File]:
    """A glob that fits a folder takes the files under it, as Hadoop does."""
    pattern = pattern.rstrip("/")
    depth = pattern.count("/")
    endless = "**" in pattern
    below: list[str] = [root]
    while below:
        folder = below.pop()
        for entry in _entries(folder):
            fits = matches(pattern, entry.path)
            if entry.is_dir():
                if fits and not endless:
                    yield from _walk(entry.path, deep)
                elif endless or entry.path.count("/") < depth:
                    below.append(entry.path)
            elif fits:
                yield _file(entry.path, entry.stat())


def _walk(folder: str, deep: bool) -> Iterator[File]:
    for entry in _entries(folder):
        if not entry.is_dir():
            if entry.is_file():
                yield _file(entry.path, entry.stat())
        elif deep or "=" in entry.name:
            yield from _walk(entry.path, deep)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from (e for e in entries if not _hidden(e.name))
    except OSError as error:
        raise FilesError(
            f"{folder} cannot be listed: {(error.strerror or str(error)).lower()}",
            why="its files are missing",
            fix="make the folder readable",
        ) from None


def _hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name) or name.endswith("._COPYING_")


def _file(path: str, stat: os.stat_result) -> File:
    return File(path, stat.st_size, stat.st_mtime)


def _alternatives(pattern: str) -> list[str]:
    """`{a,b}` as one pattern each; `[^a]` as Python writes it."""
    pieces = _BRACES.split(pattern.replace("[^", "[!"))
    choices = [piece.split(",") if n % 2 else [piece] for n, piece in enumerate(pieces)]
    spread = ["".join(each) for each in product(*choices)]
    return [deeper for each in spread for deeper in _alternatives(each)] if len(spread) > 1 else spread


def _moment(text: str, name: str) -> float | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise FilesError(
            f"{name} cannot be read: {text}", why="it says which files count", fix="write it as 2026-01-31T00:00:00"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
