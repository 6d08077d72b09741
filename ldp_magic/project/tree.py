"""What lies in a folder: each folder listed once, each file looked at once, loops of links broken."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ldp_magic.cells import SUFFIXES
from ldp_magic.errors import SourceError
from ldp_magic.project.globs import excludes
from ldp_magic.settings import path_shown

__all__ = ["BUNDLES", "EXPORTED", "SETTINGS", "SPECS", "Entry", "Tree"]

SKIPPED = frozenset({"venv", "node_modules", "__pycache__", "build", "dist", "site-packages"})
EXPORTED = ".ldp-export.json"  # in a folder that ldp export wrote: which files, and what they held
BUNDLES = ("databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml")
SPECS = ("spark-pipeline.yml", "spark-pipeline.yaml")
SETTINGS = ("ldp.toml", "pyproject.toml")
MAX_ENTRIES = 300_000
_INTEREST = frozenset({*SUFFIXES, ".yml", ".yaml"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was found, and the real path that tells it from every other."""

    path: str
    real: str

    @property
    def name(self) -> str:
        return os.path.basename(self.path)

    @property
    def suffix(self) -> str:
        return os.path.splitext(self.path)[1].lower()


@dataclass(frozen=True, slots=True)
class _Folder:
    files: tuple[Entry, ...]
    folders: tuple[str, ...]
    links: tuple[str, ...]  # links to folders


class Tree:
    """The part of the disk that one look at a project goes through. It remembers what it has listed."""

    def __init__(self, root: Path, exclude: tuple[str, ...] = ()) -> None:
        self.root, self.exclude = str(root), exclude
        self.errors: dict[str, SourceError] = {}
        self._listed: dict[str, _Folder] = {}
        self._walked: dict[str, tuple[Entry, ...]] = {}
        self._entries = 0

    def files(self, folder: str) -> tuple[Entry, ...]:
        """Every file of interest under *folder*, each once, in the order of their paths."""
        start = os.path.abspath(folder)
        if start not in self._walked:
            self._walked[start] = self._walk(start)
        return self._walked[start]

    def _walk(self, start: str) -> tuple[Entry, ...]:
        found: dict[str, Entry] = {}
        links, seen = [start], set[str]()
        # real folders come first, so that a file keeps its own name where a link leads to it too
        while links:
            links = [link for each in links for link in self._below(each, seen, found)]
        return tuple(sorted(found.values(), key=lambda entry: entry.path.split(os.sep)))

    def entry(self, path: str) -> Entry:
        return Entry(path, os.path.realpath(path))

    def _below(self, start: str, seen: set[str], found: dict[str, Entry]) -> list[str]:
        """Walk the real folders under *start*; the links to folders that were met are left for later."""
        links: list[str] = []
        todo = [(start, os.path.realpath(start))]
        while todo:
            path, real = todo.pop()
            if real in seen:
                continue
            seen.add(real)
            listed = self._list(path, real)
            if path != start and os.path.exists(os.path.join(path, EXPORTED)):
                continue  # what ldp export wrote there is here already
            for entry in listed.files:
                if entry.real not in found or entry.real == os.path.join(real, entry.name):
                    found[entry.real] = entry
            todo += [(name, os.path.join(real, os.path.basename(name))) for name in listed.folders]
            links += listed.links
        return sorted(links)

    def _list(self, path: str, real: str) -> _Folder:
        if path not in self._listed:
            self._listed[path] = self._scan(path, real)
        return self._listed[path]

    def _scan(self, path: str, real: str) -> _Folder:
        try:
            with os.scandir(path) as entries:
                here = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._say(path, f"{path_shown(Path(path))} cannot be listed: {(error.strerror or str(error)).lower()}")
            return _Folder((), (), ())
        self._entries += len(here)
        if self._entries > MAX_ENTRIES:
            raise SourceError(
                f"{path_shown(Path(self.root))} holds more than {MAX_ENTRIES:,} files",
                why="looking through all of them would take minutes",
                fix="name the folder of the pipeline, or set exclude",
            )
        return self._sorted_out([entry for entry in here if not self._left_out(entry)], real)

    def _sorted_out(self, entries: list[os.DirEntry[str]], real: str) -> _Folder:
        files: list[Entry] = []
        folders: list[str] = []
        links: list[str] = []
        for entry in entries:
            if self._is_folder(entry):
                (links if entry.is_symlink() else folders).append(entry.path)
            elif _of_interest(entry.name):
                own = os.path.realpath(entry.path) if entry.is_symlink() else os.path.join(real, entry.name)
                files.append(Entry(entry.path, own))
        return _Folder(tuple(files), tuple(folders), tuple(links))

    def _is_folder(self, entry: os.DirEntry[str]) -> bool:
        try:
            return entry.is_dir()
        except OSError:
            return False  # a link to itself: whoever reads it says so

    def _left_out(self, entry: os.DirEntry[str]) -> bool:
        name = entry.name
        if name.startswith(".") or (name in SKIPPED and self._is_folder(entry)) or name.endswith(".egg-info"):
            return True
        return any(excludes(pattern, self.shown(entry.path)) for pattern in self.exclude)

    def shown(self, path: str) -> str:
        """*path* from the root of the settings, with `/` between its parts."""
        try:
            return os.path.relpath(path, self.root).replace(os.sep, "/")
        except ValueError:  # another drive has no way there from the root
            return path.replace(os.sep, "/")

    def _say(self, path: str, what: str) -> None:
        self.errors[path] = SourceError(what, why="what it holds is missing here", fix="mend it, or name it in exclude")


def _of_interest(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in _INTEREST or name in SETTINGS
