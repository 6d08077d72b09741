"""What a deploy left in a workspace: which files, which objects with which ids, and what was sent last.

It lies in the project's folder of the workspace and is written after every create, so that no id is ever lost.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ldp_magic.deploy.workspace import Workspace, as_json
from ldp_magic.errors import LdpError

__all__ = ["Folder", "Kept", "State", "load", "save"]

VERSION = 1
PENDING = ""  # the hash of a file that may have been sent, or not
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a project's environment lies in a workspace."""

    path: str

    @classmethod
    def of(cls, user: str, project: str, environment: str) -> Folder:
        """The folder of a user for one environment of a project."""
        parts = (_segment(part) for part in (project or "project", environment or "default"))
        return cls("/".join(["/Workspace/Users", user, ".ldp", *parts]))

    @property
    def files(self) -> str:
        """What `${root}` stands for."""
        return f"{self.path}/files"

    @property
    def state(self) -> str:
        return f"{self.path}/state/state.json"

    @property
    def lock(self) -> str:
        return f"{self.path}/state/deploy.lock"


def _segment(name: str) -> str:
    """A name as one part of a path."""
    plain = ("_" if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in name)
    return "".join(plain).strip(" .")[:100] or "_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An object that a deploy made or took over."""

    id: str
    sent: Mapping[str, Any] = field(default_factory=dict)  # with ids and paths in their places
    permissions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that deploys left; `lineage` is one for all its time, `serial` counts how often it was written."""

    lineage: str
    serial: int = 0
    files: Mapping[str, str] = field(default_factory=dict)  # relative path: sha256
    notebooks: frozenset[str] = frozenset()  # those of them that the workspace made notebooks of
    stamps: Mapping[str, int] = field(default_factory=dict)  # when the workspace says that each was changed
    resources: Mapping[str, Kept] = field(default_factory=dict)  # `pipeline.web`
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # what decided the rows of each
    by: str = ""  # the version of this package

    @classmethod
    def new(cls) -> State:
        """Of a project that was never deployed."""
        return cls(lineage=uuid.uuid4().hex)

    def with_resource(self, key: str, kept: Kept | None) -> State:
        """With that object, or without it."""
        rest = {name: one for name, one in self.resources.items() if name != key}
        return replace(self, resources=rest | ({key: kept} if kept else {}))

    def to_json(self) -> dict[str, Any]:
        """As the file holds it."""
        objects = {
            key: {"id": one.id, "sent": dict(one.sent), "permissions": [dict(each) for each in one.permissions]}
            for key, one in self.resources.items()
        }
        return {
            "version": VERSION,
            "lineage": self.lineage,
            "serial": self.serial,
            "by": self.by,
            "files": dict(self.files),
            "notebooks": sorted(self.notebooks),
            "stamps": dict(self.stamps),
            "resources": objects,
            "tables": {name: dict(one) for name, one in self.tables.items()},
        }


def load(workspace: Workspace, folder: Folder) -> State | None:
    """What deploys left there; None where there was none."""
    content = workspace.download(folder.state)
    if content is None:
        return None
    said = as_json(content) or as_json(workspace.download(folder.state))  # a proxy may have said something else
    version = said.get("version") if said else None
    if said is None or not isinstance(said.get("lineage"), str) or not isinstance(version, int):
        raise LdpError(
            "what the last deploy wrote down cannot be read",
            why=f"{folder.state} is not a state of ldp any more; without it nobody knows which objects are ours",
            fix="try again; then bring it back, or delete it: objects with our tag are found by their names",
        )
    if version > VERSION:
        raise LdpError(
            "a newer version of ldp deployed this",
            why=f"{folder.state} has version {version}, this ldp knows {VERSION}",
            fix="pip install --upgrade ldp-magic",
        )
    return _state(said)


def _state(said: Mapping[str, Any]) -> State:
    resources = {}
    for key, one in _table(said.get("resources")).items():
        if isinstance(one, Mapping) and one.get("id"):
            entries = tuple(each for each in one.get("permissions") or () if isinstance(each, Mapping))
            resources[key] = Kept(id=str(one["id"]), sent=_table(one.get("sent")), permissions=entries)
    serial = said.get("serial")
    return State(
        lineage=str(said["lineage"]),
        serial=serial if isinstance(serial, int) else 0,
        files={path: str(sha) for path, sha in _table(said.get("files")).items()},
        notebooks=frozenset(str(path) for path in said.get("notebooks") or ()),
        stamps={path: int(one) for path, one in _table(said.get("stamps")).items() if isinstance(one, int)},
        resources=resources,
        tables={name: _table(one) for name, one in _table(said.get("tables")).items()},
        by=str(said.get("by") or ""),
    )


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _NOTHING


def save(workspace: Workspace, folder: Folder, state: State) -> State:
    """Write it, one number higher."""
    state = replace(state, serial=state.serial + 1)
    text = json.dumps(state.to_json(), indent=1, ensure_ascii=False, sort_keys=True)
    workspace.upload(folder.state, text.encode("utf-8"))
    return state
