"""A pipeline of a workspace, with its sources, its rights and the jobs that update it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ldp_magic.bundle.found import Found, Target
from ldp_magic.errors import LdpError
from ldp_magic.resources.files import slug
from ldp_magic.resources.wanted import ROOT, Kind, Problem, Resource, ref

__all__ = ["There", "found_there"]

_MOST_FILES = 5_000
_ENDINGS = {"SQL": ".sql", "PYTHON": ".py"}
_PATHS = frozenset({"notebook_path", "python_file", "path", "root_path", "include"})


class There(Protocol):
    """What is asked of a workspace."""

    @property
    def host(self) -> str: ...

    def pipeline_settings(self, id_: str) -> Mapping[str, Any] | None: ...

    def rights(self, kind: Kind, id_: str) -> Iterable[Mapping[str, Any]]: ...

    def jobs(self) -> Iterable[Mapping[str, Any]]: ...

    def listed(self, path: str) -> list[dict[str, Any]] | None: ...

    def download(self, path: str) -> bytes | None: ...


def found_there(id_: str, there: There) -> Found:
    """The pipeline of that id, as what a project is made of."""
    settings = there.pipeline_settings(id_)
    if settings is None:
        raise LdpError(f"there is no pipeline {id_}", why=f"{there.host} does not know that id", fix="copy it anew")
    look = _Look(there, id_, dict(settings))
    key = slug(look.name)
    pipeline = Resource(
        kind="pipeline",
        key=key,
        settings={**look.placed(look.settings), "name": look.name},
        permissions=tuple(there.rights("pipeline", id_)),
    )
    sources = tuple(look.source(each) for each in look.libraries())
    jobs = tuple(look.job(each, key) for each in there.jobs() if look.updates(each))
    target = Target(name="", resources=(pipeline, *jobs), host=there.host)
    return Found(name=look.name, targets=(target,), files=look.files, sources={key: sources}, left=tuple(look.left))


@dataclass(slots=True)
class _Look:
    there: There
    id: str
    settings: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    left: list[Problem] = field(default_factory=list)
    root: str = ""

    def __post_init__(self) -> None:
        places = [self.folder(each) for each in self.libraries()]
        self.root = str(self.settings.get("root_path") or "") or (os.path.commonpath(places) if places else "")

    @property
    def name(self) -> str:
        return str(self.settings.get("name") or self.id)

    def libraries(self) -> list[tuple[str, str]]:
        """How each library is named, and its path."""
        found = []
        for library in self.settings.get("libraries") or ():
            for kind, key in (("glob", "include"), ("file", "path"), ("notebook", "path")):
                path = (library.get(kind) or {}).get(key)
                found += [(kind, str(path))] if path else []
        return found

    def folder(self, library: tuple[str, str]) -> str:
        path = library[1]
        return path[:-3] if path.endswith("/**") else os.path.dirname(path)

    # --- files -------------------------------------------------------------------------------------------------------

    def source(self, library: tuple[str, str]) -> str:
        """Take what a library means, and say it as a project does."""
        path = library[1]
        if path.endswith("/**"):
            self.take_folder(path[:-3])
            return f"{self.inside(path[:-3])}/**".removeprefix("./")
        objects = self.there.listed(os.path.dirname(path)) or []
        one = next((each for each in objects if each.get("path") == path), None)
        if one is None:
            self.lost(path)
            return self.inside(path)
        return self.take(one)

    def take_folder(self, top: str) -> None:
        todo = [top]
        while todo:
            folder = todo.pop()
            objects = self.there.listed(folder)
            if objects is None:
                self.lost(folder)
            for each in objects or ():
                kind, path = each.get("object_type"), str(each.get("path"))
                if kind == "DIRECTORY":
                    todo.append(path)
                elif kind in ("FILE", "NOTEBOOK"):
                    self.take(each)

    def take(self, one: Mapping[str, Any]) -> str:
        path = str(one.get("path"))
        ending = _ENDINGS.get(str(one.get("language")), "") if one.get("object_type") == "NOTEBOOK" else ""
        name = self.inside(path) + ("" if path.endswith(ending) else ending)
        content = self.there.download(path) if len(self.files) < _MOST_FILES else None
        if content is None:
            self.lost(path)
        else:
            self.files[name] = content
        return name

    def lost(self, path: str) -> None:
        why = "it is not there, or you may not read it"
        self.left.append(Problem(what=f"{path} was not read", why=why, fix="look for it in the workspace"))

    def inside(self, path: str) -> str:
        found = os.path.relpath(path, self.root or "/").replace(os.sep, "/")
        return "/".join(part for part in found.split("/") if part != "..")

    # --- jobs --------------------------------------------------------------------------------------------------------

    def updates(self, job: Mapping[str, Any]) -> bool:
        """Whether a job has a task for this pipeline."""
        tasks = (job.get("settings") or {}).get("tasks") or ()
        return any((task.get("pipeline_task") or {}).get("pipeline_id") == self.id for task in tasks)

    def job(self, job: Mapping[str, Any], key: str) -> Resource:
        settings = _unfilled(dict(job.get("settings") or {}))
        for path in dict.fromkeys(self.own_paths(settings)):
            for each in self.there.listed(os.path.dirname(path)) or ():
                if each.get("path") == path:
                    self.take(each)
        placed = self.placed(settings)
        name = str(settings.get("name") or job.get("job_id"))
        alone = len(settings.get("tasks") or ()) == 1 and name == self.name
        rights = tuple(self.there.rights("job", str(job.get("job_id"))))
        done = _with_ref(placed, self.id, ref("pipeline", key))
        done = _renamed(done, key) if alone else done
        return Resource(kind="job", key=slug(name), settings=done, permissions=rights)

    def own_paths(self, value: Any) -> Iterator[str]:
        """The files below the project's folder that a job's tasks name."""
        if isinstance(value, Mapping):
            for key, one in value.items():
                if key in _PATHS and isinstance(one, str) and self.root and one.startswith(f"{self.root}/"):
                    yield one
                yield from self.own_paths(one)
        elif isinstance(value, list):
            for one in value:
                yield from self.own_paths(one)

    def placed(self, value: Any) -> Any:
        """Settings with `ROOT` for the folder."""
        if isinstance(value, str):
            inside = bool(self.root) and (value == self.root or value.startswith(f"{self.root}/"))
            return ROOT + value[len(self.root) :] if inside else value
        if isinstance(value, Mapping):
            return {str(key): self.placed(one) for key, one in value.items()}
        return [self.placed(one) for one in value] if isinstance(value, list) else value


_FILLED: Mapping[str, Any] = {"run_if": "ALL_SUCCESS", "format": "MULTI_TASK", "timeout_seconds": 0}


def _unfilled(value: Any) -> Any:
    """Settings without what the service says where nobody said anything."""
    if isinstance(value, Mapping):
        said = {key: _unfilled(one) for key, one in value.items()}
        return {key: one for key, one in said.items() if one not in (None, {}, []) and _FILLED.get(key, ...) != one}
    return [_unfilled(one) for one in value] if isinstance(value, list) else value


def _with_ref(value: Any, id_: str, reference: str) -> Any:
    if isinstance(value, Mapping):
        return {key: reference if one == id_ else _with_ref(one, id_, reference) for key, one in value.items()}
    return [_with_ref(one, id_, reference) for one in value] if isinstance(value, list) else value


def _renamed(settings: Any, key: str) -> Any:
    """The only task under the name that a deploy gives it."""
    return {**settings, "tasks": [{**settings["tasks"][0], "task_key": key}]}
