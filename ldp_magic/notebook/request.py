"""Who asked for an execution: which cell of which front end, and whether what is shown can still change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Request", "saved_path"]


@dataclass(frozen=True, slots=True)
class Request:
    """One execution. A front end that says which cell it runs can also change an output that it has shown."""

    execution: str
    cell: str | None = None
    deleted: tuple[str, ...] = ()
    terminal: bool = False

    @classmethod
    def of(cls, shell: Any) -> Request:
        """What is being executed now."""
        parent = _parent(shell)
        said = parent.get("metadata")
        metadata: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
        cell, deleted = metadata.get("cellId"), metadata.get("deletedCells")
        return cls(
            execution=str(_header(parent).get("msg_id") or f"#{getattr(shell, 'execution_count', 0)}"),
            cell=cell if isinstance(cell, str) and cell else None,
            deleted=tuple(each for each in deleted if each != cell) if isinstance(deleted, list) else (),
            terminal=not hasattr(shell, "get_parent"),
        )

    @property
    def updates(self) -> bool:
        """Can what was shown be replaced? nbconvert, nbval, papermill and terminals keep what they get first."""
        return self.cell is not None


def _parent(shell: Any) -> Mapping[str, Any]:
    ask = getattr(shell, "get_parent", None)
    found = ask() if ask is not None else None
    return found if isinstance(found, Mapping) else {}


def _header(parent: Mapping[str, Any]) -> Mapping[str, Any]:
    found = parent.get("header")
    return found if isinstance(found, Mapping) else {}


def saved_path(shell: Any) -> str:
    """Where the notebook is saved, as far as its front end says so; else a name that nothing has."""
    import os

    names = (os.environ.get("JPY_SESSION_NAME"), shell.user_ns.get("__vsc_ipynb_file__"))
    found = next((name for name in names if isinstance(name, str) and name.endswith(".ipynb")), "")
    return os.path.abspath(found or ".ldp-notebook.ipynb")
