"""The sources of a pipeline as they lie in the workspace, put onto the disk and read as `ldp run` reads a project."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ldp_magic.cells import SUFFIXES, Cell, cells
from ldp_magic.emulator.files import HEAD, Object, is_notebook, missing, plain
from ldp_magic.emulator.http import Refusal
from ldp_magic.pipeline.model import Pipeline as Graph
from ldp_magic.project import Members, graph
from ldp_magic.settings import Settings, find

if TYPE_CHECKING:
    from ldp_magic.emulator.pipelines import Pipeline
    from ldp_magic.emulator.updates import Update
    from ldp_magic.emulator.workspace import Workspace

_MARK = {"PYTHON": "# ", "SQL": "-- "}


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow by its full name, and the table that it writes."""

    name: str
    dataset: str


@dataclass(frozen=True, slots=True)
class Staged:
    """What an update runs: the texts, what is set for them, and where the files of the workspace lie meanwhile."""

    folder: Path
    members: Members
    settings: Settings

    def asked_path(self, path: str) -> str:
        """Where a file of this folder lies in the workspace."""
        root = str(self.folder / "files")
        return "/Workspace" + path[len(root) :].replace("\\", "/") if path.startswith(root) else path


def objects_of(w: Workspace, pipeline: Pipeline) -> list[Object]:
    """The files and notebooks that the libraries name, each once."""
    found: dict[str, Object] = {}
    for library in pipeline.spec.get("libraries", ()):
        for each in _named(w, library):
            found[each.path] = each
    return list(found.values())


def _named(w: Workspace, library: Mapping[str, Mapping[str, str]]) -> Iterator[Object]:
    if "glob" in library:
        yield from _of_glob(w, library["glob"].get("include", ""))
    for kind in ("file", "notebook"):
        if kind in library:
            path = library[kind].get("path", "")
            found = w.files.get(path)
            if found is None or found.kind != kind.upper():
                raise missing(path)
            yield found


def _of_glob(w: Workspace, include: str) -> Iterator[Object]:
    """A file, a notebook, or all under a folder that ends in `/**`."""
    if include.endswith("/**"):
        folder = w.files.there(include[: -len("/**")] or "/")
        yield from sorted((each for each in w.files.below(folder.path) if _is_source(each)), key=lambda each: each.path)
        return
    found = w.files.there(include)
    if found.kind == "DIRECTORY":
        raise Refusal(400, "INVALID_PARAMETER_VALUE", f"The glob {include} is a folder; a folder ends in /**")
    yield found


def _is_source(each: Object) -> bool:
    return each.kind == "NOTEBOOK" or (each.kind == "FILE" and each.path.endswith((".py", ".sql")))


def staged(w: Workspace, pipeline: Pipeline, given: Mapping[str, str], folder: Path) -> Staged:
    """Put the files of a pipeline into *folder* and read what they say; *given* are the parameters of one update."""
    objects = objects_of(w, pipeline)
    root = pipeline.spec.get("root_path")
    beside = [each for each in w.files.below(root) if each.kind == "FILE"] if root and w.files.get(root) else []
    shutil.rmtree(folder / "files", ignore_errors=True)
    for each in {each.path: each for each in (*beside, *objects)}.values():
        _write(folder / "files", each)
    (folder / "ldp.toml").write_text("", encoding="utf-8")  # no settings from above this folder count
    parameters = {**pipeline.spec.get("configuration", {}), **pipeline.parameters, **given}
    return Staged(folder, _members(pipeline, objects, folder, parameters), _settings(w, pipeline, folder, parameters))


def _write(root: Path, each: Object) -> None:
    path = root / each.file_name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    data = each.data
    if each.kind == "NOTEBOOK" and each.format == "SOURCE" and each.language in _MARK:
        head = f"{_MARK[each.language]}{HEAD}\n".encode()
        data = data if is_notebook(data, each.language) else head + data
    path.write_bytes(data)


def _members(pipeline: Pipeline, objects: list[Object], folder: Path, parameters: Mapping[str, str]) -> Members:
    texts: list[Cell] = []
    for each in objects:
        path = folder / "files" / each.file_name.lstrip("/")
        if path.suffix.lower() in SUFFIXES:
            texts += cells(str(path), path.read_bytes().decode("utf-8-sig", "replace"))
    return Members(
        name=pipeline.name,
        cells=tuple(texts),
        origin="",
        parameters=parameters,
        catalog=pipeline.catalog,
        schema=pipeline.schema,
    )


def _settings(w: Workspace, pipeline: Pipeline, folder: Path, parameters: Mapping[str, str]) -> Settings:
    said = {"catalog": pipeline.catalog, "schema": pipeline.schema, "parameters": dict(parameters)}
    local = {"/Volumes": str(w.home / "Volumes")} | {name: str(path) for name, path in w.volumes.items()}
    local |= w.tables.elsewhere(pipeline.id)
    zone = str(pipeline.spec.get("configuration", {}).get("spark.sql.session.timeZone", "UTC"))
    found = find(folder, overrides={**said, "local": local, "time-zone": zone}, environ={})
    root = str(pipeline.spec.get("root_path", ""))
    return replace(found, root=folder / "files" / plain(root).lstrip("/")) if root.startswith("/") else found


def graph_of(staged: Staged) -> Graph:
    """The graph of what was put there, with the columns that its texts tell."""
    from ldp_magic.pipeline.schemas import with_columns

    return with_columns(graph(staged.members))


def flows_of(w: Workspace, update: Update) -> list[Flow]:
    """The flows of an update that does not really run, as far as its sources can be read."""
    pipeline = w.pipelines[update.pipeline]
    try:
        read = staged(w, pipeline, {}, w.folder_of(pipeline.id))
    except Refusal:
        return []
    found = graph_of(read)
    names = [".".join(each.qualified) for each in found.datasets.values() if each.kind != "temporary view"]
    return [Flow(name, name) for name in names]
