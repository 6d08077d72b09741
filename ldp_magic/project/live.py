"""The notebook that is being written in this process: its cells, as they ran, stand for the file they are saved in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ldp_magic.cells import Cell

__all__ = ["NAME", "Notebook", "close", "here", "must_be_here", "open_"]

NAME = "notebook"  # what it is called in messages: the same on every machine, however the file is called


class Notebook(Protocol):
    """What an open notebook answers to those who look for pipelines."""

    @property
    def path(self) -> str:
        """Where it is saved, or would be."""
        ...

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that make datasets, in the order in which they were first run."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """What the cells define."""
        ...

    def owner_of(self, label: str) -> str | None:
        """The id that the front end has given to the cell with that label."""
        ...

    def take(
        self, found: tuple[Cell, ...], *, force: bool = False, owners: Mapping[Cell, str | None] | None = None
    ) -> tuple[str, ...]:
        """Take texts of files in, and return the names of what they define. *owners* are the cells they came from."""
        ...

    def forget(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Leave these datasets out from now on, and return the names of those that were there."""
        ...


_open: list[Notebook] = []


def open_(notebook: Notebook) -> None:
    """From now on this is the notebook of the process."""
    _open[:] = [notebook]


def close(notebook: Notebook) -> None:
    """It is none any more."""
    if notebook in _open:
        _open.clear()


def here() -> Notebook | None:
    """The notebook of the process, if there is one."""
    return _open[0] if _open else None


def must_be_here(verb: str, why: str) -> Notebook:
    """The notebook of the process, for a verb that is about its cells."""
    from ldp_magic.errors import UsageError

    if _open:
        return _open[0]
    raise UsageError(
        f"ldp {verb} works in a notebook", why=why, fix=f"run %load_ext ldp_magic in a notebook, then %ldp {verb}"
    )
