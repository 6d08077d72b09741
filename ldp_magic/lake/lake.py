"""The lake of a project: where its tables are, who may update them, and what is swept away."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import uuid
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ldp_magic.lake import lock
from ldp_magic.lake.alias import plain
from ldp_magic.lake.clean import Cleaned, Keep, clean
from ldp_magic.lake.events import Events
from ldp_magic.lake.failure import LakeError, damaged, writing
from ldp_magic.lake.names import folder_of
from ldp_magic.lake.table import Glance, Table, glance, look

VERSION = 1  # of how a lake is laid out
_ENVIRONMENT = re.compile(r"[\w-]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables of one project and environment. `folder` is a path that engines can read."""

    folder: Path

    @staticmethod
    def open(root: Path, environment: str = "dev") -> Lake:
        """The lake of a project; made if there is none."""
        home = home_of(root, environment)
        with writing(str(home)):
            (home / "tables").mkdir(parents=True, exist_ok=True)
            (home / "events").mkdir(exist_ok=True)
            ignore = home.parent / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        lake = Lake(plain(home))
        lake._check_version()
        return lake

    @staticmethod
    def found(root: Path, environment: str = "dev") -> Lake | None:
        """The lake of a project, if there is one."""
        return Lake.open(root, environment) if (home_of(root, environment) / "lake.json").exists() else None

    def lock(self, wait: float = 0.0) -> AbstractContextManager[None]:
        """Hold the lake for one update; another update is waited for that many seconds."""
        return lock.held(self.folder / "lock", wait)

    def look(self, name: str) -> Table:
        """The table of that name as it is now; it need not be there yet."""
        folder = folder_of(name)
        table = look(name, self.folder / "tables" / folder)
        if table.exists and self._names().get(folder) != name:
            self._remember(folder, name)
        return table

    def glance(self, name: str) -> Glance | None:
        """What the newest commit of that table says; None where only a look can tell."""
        return glance(self.folder / "tables" / folder_of(name))

    def tables(self) -> dict[str, Path]:
        """The tables that there are: name, as it was last written, and folder."""
        names = self._names()
        folders = [path for path in (self.folder / "tables").iterdir() if path.is_dir() and path.name[0] != "."]
        return {names.get(path.name) or _own_name(path): path for path in sorted(folders)}

    def drop(self, name: str) -> None:
        """Remove a table with all it holds."""
        folder = self.folder / "tables" / folder_of(name)
        if folder.exists():
            gone = folder.with_name(f".dropped-{uuid.uuid4().hex}")
            with writing(str(folder)):
                folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def clean(self, keep: Keep | None = None, *, before: float | None = None) -> Cleaned:
        """Remove what no table needs and that is older than *before*, when the running update began. The lock is
        the caller's to hold."""
        keep, before = keep or Keep(), time.time() if before is None else before
        for gone in (self.folder / "tables").glob(".dropped-*"):
            shutil.rmtree(gone, ignore_errors=True)
        cleaned = [clean(look(name, folder), keep, before) for name, folder in self.tables().items()]
        cleaned.append(self.events.clean(keep.updates))
        return Cleaned(tuple(path for each in cleaned for path in each.files), sum(each.size for each in cleaned))

    @property
    def events(self) -> Events:
        return Events(self.folder / "events")

    # -- the map of names: for people to read, as a folder follows from its name anyway ------------------

    def _names(self) -> dict[str, str]:
        try:
            said = json.loads((self.folder / "tables.json").read_text(encoding="utf-8"))
            return {str(folder): str(name) for folder, name in said.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _remember(self, folder: str, name: str) -> None:
        _write(self.folder / "tables.json", dict(sorted({**self._names(), folder: name}.items())))

    def _check_version(self) -> None:
        path = self.folder / "lake.json"
        if not path.exists():
            _write(path, {"version": VERSION})
            return
        try:
            version = json.loads(path.read_text(encoding="utf-8"))["version"]
        except (OSError, ValueError, KeyError, TypeError):
            raise damaged(f"{path} is damaged", fix=f'write {{"version": {VERSION}}} into it') from None
        if not isinstance(version, int) or version > VERSION:
            raise LakeError(
                f"{path.parent} was made by a newer ldp",
                why=f"the lake is of version {version}, and this ldp knows version {VERSION}",
                fix="upgrade ldp-magic",
            )


def home_of(root: Path, environment: str) -> Path:
    """Where the lake of a project and environment is, or would be."""
    name = environment if _ENVIRONMENT.fullmatch(environment) else folder_of(environment)
    return Path(os.path.abspath(root)) / ".ldp" / "lake" / name


def _own_name(folder: Path) -> str:
    """The name that a table itself has, where the map has lost it."""
    delta = look(folder.name, folder).delta
    return (delta and delta.metadata().name) or folder.name


def _write(path: Path, said: object) -> None:
    """The whole file or none of it."""
    fresh = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    with writing(str(path)):
        fresh.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(fresh, path)
