"""One deploy at a time: a file in the workspace that only one can create, and that says who holds it since when."""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ldp_magic.deploy.failure import WorkspaceError
from ldp_magic.deploy.state import Folder
from ldp_magic.deploy.workspace import Workspace, as_json
from ldp_magic.errors import LdpError
from ldp_magic.events.values import moment, text, whole
from ldp_magic.events.words import duration

__all__ = ["Locked", "locked", "tidy"]

_HELD: set[str] = set()  # the locks of this process
_UNREADABLE = "unreadable"


class Locked(LdpError):
    """Somebody else is deploying."""


@contextmanager
def locked(workspace: Workspace, folder: Folder, *, take: bool = False) -> Iterator[None]:
    """Hold the lock of a folder. One whose process is gone is taken over; *take* takes it from anybody."""
    ours = _ours(workspace.user)
    _acquire(workspace, folder.lock, ours, take)
    _HELD.add(ours["id"])
    try:
        yield
    finally:
        _HELD.discard(ours["id"])
        _release(workspace, folder.lock, ours["id"])


def tidy(workspace: Workspace, folder: Folder) -> None:
    """Give back what a deploy that died in its last moment still held."""
    if _is_gone(_holder(workspace, folder.lock)):
        workspace.remove(folder.lock)


def _release(workspace: Workspace, path: str, id_: str) -> None:
    """Give it back, unless somebody took it. What is left behind after all is known to be left."""
    with suppress(LdpError):
        if _holder(workspace, path).get("id") not in (id_, _UNREADABLE):
            return
    for _ in range(2):
        with suppress(LdpError):
            workspace.remove(path)
            return


def _acquire(workspace: Workspace, path: str, ours: Mapping[str, Any], take: bool) -> None:
    content = json.dumps(ours, indent=1).encode()
    workspace.make_folder(path.rpartition("/")[0])
    for _ in range(3):
        try:
            workspace.upload(path, content, overwrite=False)
            return
        except WorkspaceError as error:
            if not error.conflict and error.outcome != "unsure":
                raise
            holder = _holder(workspace, path)
            if holder.get("id") == ours["id"]:  # it was done although the answer was lost
                return
            if not holder:
                continue  # it is free again
            if not (take or _is_gone(holder)):
                raise _held(holder) from None
            workspace.remove(path)
    raise _held(_holder(workspace, path))


def _holder(workspace: Workspace, path: str) -> Mapping[str, Any]:
    content = workspace.download(path)
    return {} if content is None else as_json(content) or {"id": _UNREADABLE}


def _ours(user: str) -> dict[str, Any]:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    said = {"id": uuid.uuid4().hex, "user": user, "since": now, "machine": _machine()}
    return said | {"process": os.getpid(), "began": _began(os.getpid())}


def _machine() -> str:
    """This machine since it was started."""
    boot = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = ""
    return "/".join([socket.gethostname(), boot, user])


def _began(process: int) -> str:
    """When a process began, as far as the system tells; a number may be that of another one by now."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def _is_gone(holder: Mapping[str, Any]) -> bool:
    """Whether the process that took the lock has died: only known of one of this machine."""
    process = whole(holder.get("process"))
    if holder.get("machine") != _machine() or not process:
        return False
    if process == os.getpid():
        return holder.get("id") not in _HELD  # this process could not give it back
    if os.name == "nt":  # a signal 0 would end it there
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return text(holder.get("began")) != _began(process)


def _held(holder: Mapping[str, Any]) -> Locked:
    who, where = text(holder.get("user")) or "somebody", text(holder.get("machine")).partition("/")[0]
    since = moment(text(holder.get("since")))
    ago = duration(max((datetime.now(timezone.utc) - since).total_seconds(), 0)) if since else ""
    when = f" since {since:%Y-%m-%d %H:%M:%S} UTC, {ago}" if since else ""
    return Locked(
        f"{who} is deploying this{f' from {where}' if where else ''}{when}",
        why="two deploys at once would undo each other",
        fix="wait until it is done; if it was broken off, say ldp deploy --take-lock",
    )
