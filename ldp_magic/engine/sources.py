"""Where something that a pipeline reads lies on this machine: itself, or what `[tool.ldp.local]` says stands in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from shlex import quote
from urllib.parse import unquote, urlsplit

from ldp_magic.engine.child import EngineError
from ldp_magic.project.globs import base, is_glob, under


@dataclass(frozen=True, slots=True)
class Here:
    """A path on this disk, and whether it only stands in for what was asked for."""

    path: str
    stands_in: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """What stands in for what; relative paths start at the folder of the settings."""

    root: Path
    local: Mapping[str, str] = field(default_factory=dict)

    def files(self, path: str) -> Here:
        """The local path of a file, a folder or a glob."""
        key = _trimmed(path)
        for name in sorted(self.local, key=len, reverse=True):
            prefix = _trimmed(name)
            if key == prefix or key.startswith(prefix + "/"):
                return Here(self._under(self.local[name] + key[len(prefix) :]), True)
        plain = _plain(path)
        if plain is not None:
            here = self._under(plain)
            if os.path.exists(_before_glob(here)):
                return Here(here, False)
            if not os.path.isabs(os.path.expanduser(plain)):
                raise _no_such(path, self.root)
        raise EngineError(
            f"{path} is not on this machine",
            why="the embedded engine reads local files only, and nothing says what stands in for this",
            fix=self._take(path)
            + self._say(folder_of(path), "data/" + (folder_of(path).rsplit("/", 1)[-1] or "landing")),
        )

    def table(self, parts: Sequence[Sequence[str]]) -> Here:
        """The files that stand in for a table; *parts* are its names, from as written to fully qualified."""
        known = {_table_key(name): where for name, where in self.local.items()}
        for each in parts:
            where = known.get(tuple(part.lower() for part in each))
            if where is not None:
                return Here(self._under(where), True)
        name = ".".join(parts[0])
        near = get_close_matches(name.lower(), [".".join(key) for key in known], 1)
        raise EngineError(
            f"the table {name} is not on this machine" + (f"; {near[0]} is" if near else ""),
            why="no dataset of the pipeline makes it, and the embedded engine has no catalog",
            fix=self._take(name) + self._say(name, f"data/{parts[0][-1]}.csv"),
        )

    def stream(self, system: str, name: str) -> Here:
        """The file that stands in for a topic or a stream of events."""
        wanted = (f"{system}:{name}", name) if name else (system,)
        for key in wanted:
            if key in self.local:
                return Here(self._under(self.local[key]), True)
        raise EngineError(
            f"no {system} is asked from here" + (f" for {name}" if name else ""),
            why="the embedded engine never goes onto the network",
            fix=self._say(wanted[0], f"data/{name or system}.jsonl"),
        )

    def _under(self, path: str) -> str:
        """A path as it is on the disk, or a pattern below the folder of the settings."""
        path = os.path.expanduser(path)
        plain = os.path.normpath(os.path.join(self.root, path))
        return plain if os.path.exists(plain) else os.path.normpath(under(str(self.root), path))

    def _take(self, name: str) -> str:
        """The two commands that put rows here."""
        name = quote(name)
        return f"ldp sample {name} --place databricks, or ldp sample {name} --fake; or "

    def _say(self, name: str, example: str) -> str:
        return f'say [tool.ldp.local] "{name}" = "{example}", or preview it with --place databricks'


def _no_such(path: str, root: str | os.PathLike[str]) -> EngineError:
    """The error for a relative path: which of its folders is missing, and what there is instead."""
    found, parts = str(root), [part for part in path.split("/") if part not in ("", ".")]
    while parts and (parts[0] == ".." or os.path.exists(os.path.join(found, parts[0]))):
        found = os.path.join(found, parts.pop(0))
    known = [name for name in (os.listdir(found) if os.path.isdir(found) else ()) if not name.startswith(".")]
    near = get_close_matches(parts[0], sorted(known), 1) if parts else []
    instead = path.replace(parts[0], near[0], 1) if near else ""
    return EngineError(
        f"there are no files at {path}" + (f"; {instead} is there" if near else ""),
        why="a path that begins with no / begins at the folder of the project",
        fix=f"did you mean {instead}?" if near else "check the path, or put the files there",
    )


def _trimmed(path: str) -> str:
    """A path as it is compared: without `dbfs:` and slashes at its end."""
    path = path.strip()
    return (path[5:] if path.startswith("dbfs:/") else path).rstrip("/") or "/"


def _plain(path: str) -> str | None:
    """The path on a disk, or None for one that names another store."""
    if "://" not in path and not path.startswith(("file:", "dbfs:")):
        return path
    parts = urlsplit(path)
    return unquote(parts.path) if parts.scheme == "file" and parts.netloc in ("", "localhost") else None


def _before_glob(path: str) -> str:
    """The part of a path that has to exist: up to the folder in which a pattern begins."""
    return base(path) if is_glob(path) and not os.path.exists(path) else path


def folder_of(path: str) -> str:
    """What to map: the folder in which the pattern or the file stands."""
    before = _before_glob(path)
    base = before.rstrip("/")
    return base.rsplit("/", 1)[0] if "." in base.rsplit("/", 1)[-1] and base.count("/") > 1 else base


def _table_key(name: str) -> tuple[str, ...]:
    return tuple(part.strip("`").lower() for part in name.split("."))
