"""What is in the workspace now: what deploys wrote down, and what became of it since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ldp_magic.deploy import objects
from ldp_magic.deploy.failure import WorkspaceError
from ldp_magic.deploy.plan import Have, Held
from ldp_magic.deploy.state import PENDING, Folder, State, load
from ldp_magic.deploy.workspace import Workspace
from ldp_magic.resources import Json, Kind, Wanted

__all__ = ["Seen", "have", "listed", "look", "stamped"]

AT_ONCE = 8
MOST_SHOWN = 50  # files whose changes are shown line by line


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A project's environment as it is in its workspace."""

    state: State | None  # None: it was never deployed
    there: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)  # settings now; None: it is gone
    missing: frozenset[str] = frozenset()  # files of ours that are not there any more
    edited: frozenset[str] = frozenset()  # files of ours that somebody changed there


def look(workspace: Workspace, folder: Folder) -> Seen:
    """Read the state, each object that it names, and which files are still as they were sent."""
    state = load(workspace, folder)
    if state is None:
        return Seen(state=None)
    ids = {key: one.id for key, one in state.resources.items()}

    def settings(key: str) -> Mapping[str, Any] | None:
        kind, kept = cast(Kind, key.partition(".")[0]), state.resources[key]
        found = objects.remote(workspace, kind, kept.id)
        if found is None or kind in ("schema", "volume"):
            return found and kept.sent
        placed = objects.resolved(kept.sent, folder.files, ids)
        return cast("Mapping[str, Any]", objects.as_sent(kept.sent, placed, found, kind))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        there = dict(zip(state.resources, pool.map(settings, state.resources), strict=True))
    missing, edited = _files(workspace, folder, state)
    return Seen(state=state, there=there, missing=missing, edited=edited)


def have(workspace: Workspace, folder: Folder, seen: Seen, wanted: Wanted, *, overwrite: bool = False) -> Have:
    """What was seen, as plans compare it; what changed files hold there is read, as many as a person looks at. To
    *overwrite* is to send again what somebody edited there."""
    state = seen.state
    if state is None:
        return Have(asked=True, who=workspace.user, host=workspace.host, profile=workspace.profile, folder=folder.path)
    files = {path: sha for path, sha in state.files.items() if path not in seen.missing}
    files |= dict.fromkeys(seen.edited if overwrite else (), PENDING)
    changed = [each.path for each in wanted.files if files.get(each.path, each.sha256) != each.sha256]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        shown = changed[:MOST_SHOWN]
        texts = dict(
            zip(shown, pool.map(lambda path: workspace.download(_place(folder, state, path)), shown), strict=True)
        )
    held: dict[tuple[Kind, str], Held] = {}
    for name, kept in state.resources.items():
        kind, _, key = name.partition(".")
        there = cast("Mapping[str, Json] | None", seen.there.get(name))
        held[cast(Kind, kind), key] = Held(id=kept.id, sent=kept.sent, remote=there, permissions=kept.permissions)
    return Have(
        asked=True,
        who=workspace.user,
        host=workspace.host,
        profile=workspace.profile,
        folder=folder.path,
        files=files,
        texts={path: content for path, content in texts.items() if content is not None},
        resources=held,
        tables=state.tables,
        serial=state.serial,
    )


def _files(workspace: Workspace, folder: Folder, state: State) -> tuple[frozenset[str], frozenset[str]]:
    """The files that are gone, and those whose content is another one."""
    stamps = listed(workspace, folder, state, state.files)
    if not stamps and state.files and workspace.download(_place(folder, state, min(state.files))) is not None:
        stamps = dict.fromkeys(state.files, 0)  # a workspace that lists nothing is believed
    missing = frozenset(path for path in state.files if path not in stamps)
    newer = [path for path, stamp in stamps.items() if stamp and stamp != state.stamps.get(path, stamp)]

    def is_other(path: str) -> bool:
        content = workspace.download(_place(folder, state, path))
        return content is not None and hashlib.sha256(content).hexdigest() != state.files[path]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        edited = frozenset(path for path, other in zip(newer, pool.map(is_other, newer), strict=True) if other)
    return missing, edited - state.notebooks  # a notebook is never given back as it was sent


def listed(workspace: Workspace, folder: Folder, state: State, paths: Iterable[str]) -> dict[str, int]:
    """Those of the files that are there, each with the time that the workspace gives it, or 0."""
    wanted = {_bare(_place(folder, state, path)): path for path in paths}
    found: dict[str, int] = {}
    for place in sorted({path.rpartition("/")[0] for path in wanted}):
        try:
            inside = workspace.listed(f"/Workspace{place}") or []
        except WorkspaceError as error:
            if not error.unknown:
                raise
            return dict.fromkeys(paths, 0)  # a workspace that lists nothing is believed
        for each in inside:
            path = wanted.get(_bare(str(each.get("path") or "")))
            if path is not None:
                stamp = each.get("modified_at")
                found[path] = stamp if isinstance(stamp, int) else 0
    return found


def stamped(workspace: Workspace, folder: Folder, state: State, paths: Iterable[str]) -> State:
    """With the times of the files that were just sent."""
    return replace(state, stamps={**state.stamps, **listed(workspace, folder, state, paths)})


def _place(folder: Folder, state: State, path: str) -> str:
    return f"{folder.files}/{path.rpartition('.')[0] if path in state.notebooks else path}"


def _bare(path: str) -> str:
    """A path without the prefix that workspaces leave out as they like."""
    return path.removeprefix("/Workspace")
