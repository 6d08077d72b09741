"""Workspace files and notebooks: what an import makes of its format, what stands where, and what is refused."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, normpath, splitext
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator.http import Form, Refusal, Reply, Request, invalid, route
from ldp_magic.emulator.kept import Kept, Shelf

if TYPE_CHECKING:
    from ldp_magic.emulator.clock import Clock
    from ldp_magic.emulator.workspace import Workspace

LARGEST = 10_485_760  # bytes that may be imported or exported
LANGUAGES = {".py": "PYTHON", ".sql": "SQL", ".scala": "SCALA", ".r": "R"}
SUFFIXES = {language: suffix for suffix, language in LANGUAGES.items()}
_FIRST = {"PYTHON": "# ", "SQL": "-- ", "SCALA": "// ", "R": "# "}
HEAD = "Databricks notebook source"
_FORMATS = ("AUTO", "SOURCE", "RAW", "JUPYTER")


@dataclass(slots=True)
class Object:
    """A folder, a file or a notebook. A notebook keeps its text as it came."""

    path: str  # without /Workspace
    kind: str  # DIRECTORY, FILE, NOTEBOOK
    number: int
    made: int
    changed: int
    language: str = ""
    content: str = ""  # base64
    format: str = "SOURCE"  # of a notebook: SOURCE or JUPYTER

    @property
    def data(self) -> bytes:
        """What is in it."""
        return base64.b64decode(self.content)

    @property
    def file_name(self) -> str:
        """What it is called on a disk, where a notebook needs an ending to say what it is."""
        ending = ".ipynb" if self.format == "JUPYTER" else SUFFIXES.get(self.language, "")
        return self.path + (ending if self.kind == "NOTEBOOK" and not self.path.endswith(ending) else "")


class Files:
    """All objects of a workspace by their path."""

    def __init__(self, kept: Kept, clock: Clock, homes: tuple[str, ...]) -> None:
        self._shelf, self._clock = Shelf(kept, "files", Object), clock
        self._last = max((each.number for each in self._shelf), default=10_000)
        for path in ("/", "/Users", "/Shared", *homes):
            self.folder(path)

    def get(self, path: str) -> Object | None:
        """What stands there; with or without /Workspace before it, that is one place."""
        return self._shelf.get(plain(path))

    def there(self, path: str) -> Object:
        """What stands there; nothing is an error."""
        found = self.get(path)
        if found is None:
            raise missing(path)
        return found

    def numbers(self) -> set[str]:
        """The numbers of all folders, as permissions name them."""
        return {str(each.number) for each in self._shelf if each.kind == "DIRECTORY"}

    def below(self, path: str) -> Iterator[Object]:
        """Everything under a folder."""
        start = plain(path).rstrip("/") + "/"
        return (each for each in self._shelf if each.path.startswith(start) and each.path != start)

    def inside(self, path: str) -> list[Object]:
        """What stands in a folder itself."""
        return sorted((each for each in self.below(path) if dirname(each.path) == plain(path)), key=lambda o: o.path)

    def folder(self, path: str) -> None:
        """Make a folder and those above it."""
        path = plain(path)
        found = self.get(path)
        if found is not None and found.kind != "DIRECTORY":
            raise Refusal(400, "RESOURCE_ALREADY_EXISTS", f"{path} exists and is no folder: it already exists.")
        if found is None:
            if path != "/":
                self.folder(dirname(path))
            self._put(path, "DIRECTORY")

    def write(self, path: str, data: bytes, format: str, language: str, *, overwrite: bool) -> Object:
        """Import: what comes of it is a file or a notebook, as its format says."""
        if len(data) > LARGEST:
            raise _too_large(data)
        path, kind, language, format = _made(plain(path), data, format, language)
        parent = self.get(dirname(path))
        if parent is None or parent.kind != "DIRECTORY":
            raise Refusal(
                404, "RESOURCE_DOES_NOT_EXIST", f"The parent folder (/Workspace{dirname(path)}) does not exist."
            )
        self._check_room(path, kind, overwrite=overwrite)
        return self._put(path, kind, language, base64.b64encode(data).decode(), format)

    def delete(self, path: str, *, recursive: bool) -> None:
        """Take an object away, a folder with all in it."""
        found, path = self.there(path), plain(path)
        inside = list(self.below(path)) if found.kind == "DIRECTORY" else []
        if inside and not recursive:
            raise Refusal(400, "DIRECTORY_NOT_EMPTY", f"Folder ({path}) is not empty")
        for each in (*inside, found):
            self._shelf.drop(each.path)

    def _check_room(self, path: str, kind: str, *, overwrite: bool) -> None:
        there = self.get(path)
        if there is None:
            return
        if not overwrite and there.kind == "NOTEBOOK":
            raise Refusal(400, "RESOURCE_ALREADY_EXISTS", f"Path (/Workspace{path}) already exists.")
        if not overwrite:
            raise Refusal(409, "ALREADY_EXISTS", f"Path (/Workspace{path}) already exists.")
        if there.kind != kind:
            raise invalid(
                f"Cannot overwrite the asset at /Workspace{path} due to type mismatch "
                f"(asset type: {there.kind}, requested type: {kind})"
            )

    def _put(self, path: str, kind: str, language: str = "", content: str = "", format: str = "SOURCE") -> Object:
        before, now = self._shelf.get(path), self._clock.milliseconds()
        if before is None:
            self._last += 1
        number = before.number if before else self._last
        made = before.made if before else now
        return self._shelf.put(path, Object(path, kind, number, made, now, language, content, format))


def plain(path: str) -> str:
    """A path without /Workspace before it and without a slash at its end."""
    if not path.startswith("/"):
        raise invalid(f"Path ({path}) doesn't start with '/'")
    path = normpath("/" + path.lstrip("/"))
    return path.removeprefix("/Workspace") or "/" if path == "/Workspace" or path.startswith("/Workspace/") else path


def missing(path: str) -> Refusal:
    """The refusal of a path at which nothing stands."""
    return Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Path ({path}) doesn't exist.")


def is_notebook(data: bytes, language: str) -> bool:
    """Does its first line say that it is a notebook?"""
    first = data.partition(b"\n")[0].decode("utf-8", "replace").removeprefix("\ufeff").strip()
    return bool(language) and first == _FIRST[language] + HEAD


def _made(path: str, data: bytes, format: str, language: str) -> tuple[str, str, str, str]:
    """Path, kind, language and format of what an import makes."""
    if format not in _FORMATS:
        raise invalid(f"format {format} is not emulated; the emulator takes {', '.join(_FORMATS)}")
    stem, suffix = splitext(path)
    guessed = LANGUAGES.get(suffix.lower(), "")
    if format == "RAW":
        return path, "FILE", "", "SOURCE"
    if format == "JUPYTER" or (format == "AUTO" and suffix == ".ipynb"):
        return (stem if suffix == ".ipynb" else path), "NOTEBOOK", language or "PYTHON", "JUPYTER"
    if format == "SOURCE":
        if not language:
            raise invalid("The language is required for the SOURCE format")
        return path, "NOTEBOOK", language, "SOURCE"
    return (stem, "NOTEBOOK", guessed, "SOURCE") if is_notebook(data, guessed) else (path, "FILE", "", "SOURCE")


def _too_large(data: bytes) -> Refusal:
    return Refusal(
        400,
        "MAX_NOTEBOOK_SIZE_EXCEEDED",
        f"File size imported is ({len(data)} bytes), exceeded max size ({LARGEST} bytes)",
    )


def _told(each: Object, asked: str = "") -> dict[str, Any]:
    prefix = "/Workspace" if asked.startswith("/Workspace") else ""
    said: dict[str, Any] = {"object_type": each.kind, "path": prefix + each.path, "object_id": each.number}
    said |= {"resource_id": str(each.number)}
    if each.kind != "DIRECTORY":
        said |= {"created_at": each.made, "modified_at": each.changed}
    if each.kind == "FILE":
        said |= {"size": len(each.data)}
    return said | ({"language": each.language} if each.kind == "NOTEBOOK" else {})


@route("POST", "/api/2.0/workspace/mkdirs")
def _mkdirs(w: Workspace, request: Request) -> None:
    w.files.folder(request.body["path"])


@route("GET", "/api/2.0/workspace/get-status", "path", "return_export_info", "return_git_info")
def _get_status(w: Workspace, request: Request) -> Any:
    path = request.needed("path")
    return _told(w.files.there(path), path)


@route("GET", "/api/2.0/workspace/list", "path", "notebooks_modified_after")
def _list(w: Workspace, request: Request) -> Any:
    path = request.needed("path")
    found = w.files.there(path)
    inside = w.files.inside(path) if found.kind == "DIRECTORY" else [found]
    return {"objects": [_told(each, path) for each in inside]} if inside else {}


@route("POST", "/api/2.0/workspace/import")
def _import(w: Workspace, request: Request) -> None:
    said = request.body or {}
    if isinstance(said, Form):
        unknown = sorted(set(said) - {"path", "format", "language", "overwrite"})
        if unknown or "path" not in said:
            raise invalid(f"Unknown field '{unknown[0]}'" if unknown else "Missing required field: path")
        data, overwrite = said.data, said.get("overwrite", "false").lower() == "true"
    else:
        data, overwrite = _decoded(said.get("content", "")), said.get("overwrite", False)
    w.files.write(said["path"], data, said.get("format") or "SOURCE", said.get("language", ""), overwrite=overwrite)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("The content is not valid base64") from None


@route("POST", "/api/2.0/workspace-files/import-file/{path...}", "overwrite")
def _import_file(w: Workspace, request: Request) -> None:
    data = request.body if isinstance(request.body, bytes) else b""
    w.files.write("/" + request.parts["path"].lstrip("/"), data, "AUTO", "", overwrite=request.flag("overwrite"))


@route("GET", "/api/2.0/workspace/export", "path", "format", "direct_download")
def _export(w: Workspace, request: Request) -> Any:
    found = w.files.there(request.needed("path"))
    format = request.query.get("format", "SOURCE")
    if found.kind == "DIRECTORY" or format not in ("SOURCE", "AUTO", "RAW", found.format):
        raise invalid(f"{found.path} cannot be exported as {format}")
    if request.flag("direct_download"):
        return Reply(200, found.data, kind="application/octet-stream")
    ending = splitext(found.file_name)[1].lstrip(".") or "file"
    return {"content": found.content, "file_type": ending}


@route("POST", "/api/2.0/workspace/delete")
def _delete(w: Workspace, request: Request) -> None:
    w.files.delete(request.body["path"], recursive=request.body.get("recursive", False))


def parent(path: str) -> str:
    """The folder in which something stands."""
    return dirname(plain(path)) or "/"


def name(path: str) -> str:
    """The last part of a path."""
    return basename(plain(path))
