"""What others wrote, as the values of `resources`: the objects of each target or of a workspace, and the files."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ldp_magic.cells import SUFFIXES
from ldp_magic.errors import SourceError
from ldp_magic.project.bundle import Whole, place_of, read_whole
from ldp_magic.project.files import read_bytes
from ldp_magic.project.tree import Tree
from ldp_magic.resources.files import slug
from ldp_magic.resources.wanted import ROOT, File, Kind, Problem, Resource
from ldp_magic.spec.documents import Value, Word

__all__ = ["Found", "Target", "found_in_bundle"]

_KINDS: dict[str, Kind] = {"pipelines": "pipeline", "jobs": "job", "schemas": "schema", "volumes": "volume"}
_LARGEST = 10_485_760
_USUAL_ROOT = re.compile(r"/\.bundle/[^/]+/[^/]+\Z")  # where a bundle is put that does not say where
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
# where a job says a path: a notebook, a script, a file of SQL
_PATHS = frozenset({"notebook_path", "python_file", "path", "root_path", "include"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target: its objects, with `ROOT` for the folder of the project, and where it is deployed to."""

    name: str
    resources: tuple[Resource, ...]
    host: str = ""
    root: str = ""
    mode: str = ""

    def of(self, kind: Kind) -> Iterator[Resource]:
        """The objects of one kind."""
        return (each for each in self.resources if each.kind == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Pipelines with all that belongs to them. Without targets by name there is one whose name is empty."""

    name: str
    targets: tuple[Target, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)  # by path below the project's folder
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of each pipeline, by its key
    dialects: Mapping[str, str] = field(default_factory=dict)  # of pipelines that are for Apache Spark, by key
    left: tuple[Problem, ...] = ()


def found_in_bundle(path: str, environ: Mapping[str, str]) -> Found:
    """The bundle at *path*, all its targets."""
    folder = Path(os.path.dirname(os.path.abspath(path)))
    tree = Tree(folder)
    first = read_whole(path, None, tree, environ)
    if first.errors:
        raise first.errors[0]
    wholes = [read_whole(path, name, tree, environ) for name in first.targets] or [first]
    look = _Look(folder)
    for whole in wholes:
        look.gather(whole)
    said = _mapping(first.said.get("bundle"))
    return Found(
        name=str(said.get("name") or folder.name),
        targets=tuple(look.target(whole) for whole in wholes),
        files=look.files,
        sources=look.sources,
        left=(*look.left, *(_unheld(each, path) for each in _others(first))),
    )


def _others(whole: Whole) -> Iterator[str]:
    """The kinds of objects in a bundle that a project does not know."""
    for kind, some in _mapping(whole.said.get("resources")).items():
        if kind not in _KINDS:
            yield from (f"{kind}.{key}" for key in _mapping(some))


def _unheld(name: str, path: str) -> Problem:
    why = "a project holds pipelines, jobs, schemas and volumes"
    return Problem(what=f"{name} stays in the bundle", why=why, fix="keep deploying it with the bundle", where=path)


@dataclass(slots=True)
class _Look:
    """One look at the folder of a bundle: which folder is the project's, and which files it needs."""

    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left: list[Problem] = field(default_factory=list)
    root: str = ""

    def gather(self, whole: Whole) -> None:
        """Take the sources of the pipelines of a target."""
        pipelines = {
            key: _mapping(whole.resolved(one))
            for key, one in _mapping(_mapping(whole.said.get("resources")).get("pipelines")).items()
        }
        roots = [p for one in pipelines.values() if (p := self.local(one.get("root_path")))]
        places = {key: [p for w in _libraries(one) if (p := self.local(w))] for key, one in pipelines.items()}
        some = roots or [_folder_of(p) for each in places.values() for p in each]
        if some and not self.root:
            self.root = os.path.commonpath(some)
        for key, each in places.items():
            self.sources.setdefault(key, tuple(self.source(place) for place in each))
        for top in dict.fromkeys(roots):
            self.take_folder(top, (".py",))

    def local(self, value: Any) -> str:
        """The place of a path on this disk; nothing if it is one of the workspace."""
        if not isinstance(value, Word) or not value.strip():
            return ""
        place = place_of(value, str(self.folder))
        inside = value.startswith("${workspace.") or not value.startswith("/")
        return place if inside and "${" not in place else ""

    def source(self, place: str) -> str:
        """Take the files that a library means, and say it as a project does."""
        if place.endswith("/**"):
            self.take_folder(place[:-3], tuple(SUFFIXES))
            return f"{self.inside(place[:-3])}/**".removeprefix("./")
        there = next((n for n in (place + e for e in ("", *SUFFIXES)) if os.path.isfile(n)), "")
        if there:
            self.take(there)
        return self.inside(there or place)

    def take_folder(self, top: str, suffixes: tuple[str, ...]) -> None:
        for folder, below, names in os.walk(top):
            below[:] = sorted(each for each in below if not each.startswith(".") and each not in _SKIPPED)
            for name in sorted(names):
                if name.lower().endswith(suffixes):
                    self.take(os.path.join(folder, name))

    def take(self, place: str) -> None:
        try:
            self.files.setdefault(self.inside(place), read_bytes(place, _LARGEST))
        except SourceError as error:
            self.left.append(Problem(what=error.what, why=error.why, fix=error.fix))

    def inside(self, place: str) -> str:
        """A place as a path of the project; what lies outside keeps its last folders."""
        path = os.path.relpath(place, self.root or str(self.folder)).replace(os.sep, "/")
        return "/".join(part for part in path.split("/") if part != "..")

    # --- objects -----------------------------------------------------------------------------------------------------

    def target(self, whole: Whole) -> Target:
        """The objects of a target."""
        every = _mapping(whole.said.get("resources"))
        found = tuple(
            self.resource(kind, key, _mapping(whole.resolved(one)))
            for field_, kind in _KINDS.items()
            for key, one in _mapping(every.get(field_)).items()
        )
        workspace = _mapping(whole.resolved(dict(_mapping(whole.said.get("workspace")))))
        root = str(workspace.get("root_path") or "")
        return Target(
            name=whole.target,
            resources=found,
            host=str(workspace.get("host") or ""),
            root="" if "${" in root or _USUAL_ROOT.search(root) else root,
            mode=str(whole.said.get("mode") or ""),
        )

    def resource(self, kind: Kind, key: str, said: Mapping[str, Value]) -> Resource:
        settings = {str(name): self.plain(one, str(name)) for name, one in said.items()}
        rights = [
            {**{k: v for k, v in each.items() if k != "level"}, "permission_level": each.get("level")}
            for each in settings.pop("permissions", None) or []
        ]
        return Resource(kind=kind, key=slug(key), settings=settings, permissions=tuple(rights))

    def plain(self, value: Value, key: str = "") -> Any:
        """A value of YAML as JSON has it; a path of this disk begins with `ROOT`."""
        if isinstance(value, Word):
            place = self.local(value) if key in _PATHS else ""
            return self.path(place, key) if place else _scalar(value)
        if isinstance(value, list):
            return [self.plain(each, key) for each in value]
        return (
            {str(name): self.plain(one, str(name)) for name, one in value.items()} if isinstance(value, dict) else None
        )

    def path(self, place: str, key: str) -> str:
        if not os.path.isfile(place):
            inside = self.inside(place)
            return ROOT if inside in (".", "") else f"{ROOT}/{inside}"
        self.take(place)
        path = self.inside(place)
        file = File(path=path, content=self.files.get(path, b""))
        name = path.removesuffix(".ipynb") if key == "notebook_path" else path
        return f"{ROOT}/{file.name if key == 'notebook_path' and name == path else name}"


def _libraries(pipeline: Mapping[str, Value]) -> Iterator[Value]:
    libraries = pipeline.get("libraries")
    for library in libraries if isinstance(libraries, list) else ():
        one = _mapping(library)
        for kind, key in (("glob", "include"), ("file", "path"), ("notebook", "path")):
            if (word := _mapping(one.get(kind)).get(key)) is not None:
                yield word


def _folder_of(place: str) -> str:
    return place[:-3] if place.endswith("/**") else os.path.dirname(place)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _scalar(word: Word) -> Any:
    """What YAML takes a word for; dates and times stay texts, as settings have them."""
    if word.is_text:
        return str(word)
    import yaml

    found = yaml.safe_load(str(word))
    return str(word) if isinstance(found, (datetime.date, datetime.datetime)) else found
