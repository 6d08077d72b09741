"""Taking everything of a project's environment out of a workspace again; the tables stay unless somebody says so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import cast

from ldp_magic.deploy.apply import Act, Done, Work, apply
from ldp_magic.deploy.failure import WorkspaceError
from ldp_magic.deploy.lock import locked
from ldp_magic.deploy.state import Folder, State
from ldp_magic.deploy.workspace import Workspace
from ldp_magic.resources import Kind

__all__ = ["destroy", "work_of"]

_ORDER = ("pipeline", "job")  # as they were made; what is removed goes the other way


def work_of(state: State, tables: frozenset[str] = frozenset()) -> Work:
    """What there is to remove; *tables* are the keys of pipelines whose tables go with them."""
    acts = []
    for name, kept in sorted(state.resources.items(), key=lambda one: _rank(one[0])):
        kind, _, key = name.partition(".")
        if kind in _ORDER:
            acts.append(Act(action="remove", kind=cast(Kind, kind), key=key, id=kept.id, tables=key in tables))
    return Work(acts=tuple(acts), removals=tuple(state.files))


def _rank(name: str) -> int:
    kind = name.partition(".")[0]
    return _ORDER.index(kind) if kind in _ORDER else -1


def destroy(
    workspace: Workspace,
    folder: Folder,
    state: State,
    tables: frozenset[str] = frozenset(),
    say: Callable[[Done], None] = lambda done: None,
    *,
    take_lock: bool = False,
) -> None:
    """Remove the jobs, the pipelines, the files of ours, and what was written down about them."""
    with locked(workspace, folder, take=take_lock):
        apply(workspace, folder, state, work_of(state, tables), say)
        for place in _folders(folder, state):
            with suppress(WorkspaceError):  # somebody else's files are in it
                workspace.remove(place)
        workspace.remove(folder.state)
    for place in (folder.state.rpartition("/")[0], folder.path):
        with suppress(WorkspaceError):
            workspace.remove(place)


def _folders(folder: Folder, state: State) -> list[str]:
    """The folders that held files, the deepest first."""
    found = {folder.files}
    for path in state.files:
        parts = path.split("/")[:-1]
        found |= {"/".join([folder.files, *parts[:n]]) for n in range(1, len(parts) + 1)}
    return sorted(found, key=lambda place: -place.count("/"))
