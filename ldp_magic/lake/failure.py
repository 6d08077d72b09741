"""What can be wrong with a lake, and with whom one may have to share it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ldp_magic.errors import LdpError


class LakeError(LdpError):
    """A lake, or a table of it, that cannot be used as it is."""


class Busy(LakeError):
    """Another update holds the lake."""


class Conflict(LakeError):
    """Somebody committed since the look. Nothing was changed: look again, and do the work again."""


def damaged(what: str, *, fix: str = "") -> LakeError:
    """The log of a table says something that it cannot have been written with."""
    return LakeError(
        what,
        why="the rows of the table cannot be told for certain, so none are shown",
        fix=fix or "restore the file from a backup, or drop the table and run the pipeline again",
    )


@contextmanager
def writing(what: str) -> Iterator[None]:
    """A disk that is full or may not be written to is one clear error."""
    try:
        yield
    except OSError as error:
        raise LakeError(
            f"{what} cannot be written: {(error.strerror or str(error)).lower()}",
            why="a lake keeps its tables on disk; what was committed before is as it was",
            fix="make room there, or make the folder writable",
        ) from error
