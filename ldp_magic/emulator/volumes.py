"""Files in volumes: they lie in folders of this machine, where updates read them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator import pages
from ldp_magic.emulator.http import Refusal, Reply, Request, invalid, route

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

FILE, FOLDER = "/api/2.0/fs/files/{path...}", "/api/2.0/fs/directories/{path...}"


def _place(w: Workspace, request: Request) -> Path:
    """Where a path of a volume lies; the volume has to be there."""
    path = os.path.normpath("/" + request.parts["path"].strip("/"))
    parts = path.split("/")[1:]
    if parts[0] != "Volumes" or len(parts) < 4:
        raise invalid(f"Invalid path {path}: files lie under /Volumes/<catalog>/<schema>/<volume>.")
    mapped = any(path == name.rstrip("/") or path.startswith(name.rstrip("/") + "/") for name in w.volumes)
    volume = w.catalogs.get(".".join(parts[1:4]))
    if not mapped and (volume is None or volume.kind != "volume"):
        raise Refusal(404, "NOT_FOUND", f"Volume '{'.'.join(parts[1:4])}' does not exist.")
    return w.disk(path)


def _missing(request: Request) -> Refusal:
    return Refusal(404, "NOT_FOUND", f"The file or directory /{request.parts['path'].strip('/')} does not exist.")


def _found(path: Path, request: Request, *, folder: bool) -> Path:
    if not (path.is_dir() if folder else path.is_file()):
        raise _missing(request)
    return path


@route("PUT", FILE, "overwrite")
def _upload(w: Workspace, request: Request) -> Any:
    path = _place(w, request)
    if path.exists() and not request.flag("overwrite"):
        raise Refusal(409, "ALREADY_EXISTS", f"The file /{request.parts['path'].strip('/')} already exists.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(request.body if isinstance(request.body, bytes) else b"")
    return Reply(204, b"")


@route("GET", FILE)
def _download(w: Workspace, request: Request) -> Any:
    path = _found(_place(w, request), request, folder=False)
    return Reply(200, path.read_bytes(), _head(path), "application/octet-stream")


@route("HEAD", FILE)
def _metadata(w: Workspace, request: Request) -> Any:
    path = _found(_place(w, request), request, folder=False)
    return Reply(200, path.read_bytes(), _head(path), "application/octet-stream")


def _head(path: Path) -> dict[str, str]:
    from email.utils import formatdate

    return {"Last-Modified": formatdate(path.stat().st_mtime, usegmt=True)}


@route("DELETE", FILE)
def _remove(w: Workspace, request: Request) -> Any:
    _found(_place(w, request), request, folder=False).unlink()
    return Reply(204, b"")


@route("PUT", FOLDER)
def _make(w: Workspace, request: Request) -> Any:
    _place(w, request).mkdir(parents=True, exist_ok=True)
    return Reply(204, b"")


@route("HEAD", FOLDER)
def _is_there(w: Workspace, request: Request) -> Any:
    _found(_place(w, request), request, folder=True)
    return Reply(200, b"")


@route("GET", FOLDER, "page_size", "page_token")
def _list(w: Workspace, request: Request) -> Any:
    folder, name = _found(_place(w, request), request, folder=True), "/" + request.parts["path"].strip("/")
    page, token = pages.cut(
        sorted(folder.iterdir()), request.number("page_size", 1000, 1, 1000), request.query.get("page_token", "")
    )
    contents = [_told(each, f"{name}/{each.name}") for each in page]
    return ({"contents": contents} if contents else {}) | ({"next_page_token": token} if token else {})


def _told(path: Path, name: str) -> dict[str, Any]:
    said: dict[str, Any] = {"path": name, "name": path.name, "is_directory": path.is_dir()}
    said["last_modified"] = int(path.stat().st_mtime * 1000)
    return said | ({} if path.is_dir() else {"file_size": path.stat().st_size})


@route("DELETE", FOLDER)
def _remove_folder(w: Workspace, request: Request) -> Any:
    folder = _found(_place(w, request), request, folder=True)
    if any(folder.iterdir()):
        raise Refusal(400, "DIRECTORY_NOT_EMPTY", f"The directory /{request.parts['path'].strip('/')} is not empty.")
    shutil.rmtree(folder)
    return Reply(204, b"")
