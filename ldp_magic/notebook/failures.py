"""Why a cell has no rows, told to somebody who has the rest of the notebook at hand: names it knows, cells to run."""

from __future__ import annotations

import re
from difflib import get_close_matches

from ldp_magic.errors import LdpError
from ldp_magic.notebook.session import Session
from ldp_magic.notebook.typed import typed_error

__all__ = ["told"]

_COLUMN = re.compile(r"no column is called (\S+)$")
_TABLE = re.compile(r"the table (\S+) is not on this machine$")
_MOST = 12  # columns that are told


def told(error: LdpError, session: Session, name: str, text: str) -> LdpError:
    """The error of computing *name*, which stands before it anyway, with what the notebook knows of the names in it."""
    error.what = error.what.removeprefix(f"{name}: ") if name else error.what
    if column := _COLUMN.search(error.what):
        _nearest(error, column[1].rpartition(".")[2], _columns(session, name, text))
    if table := _TABLE.search(error.what):
        error.fix = f"run the cell that makes {table[1]}, if there is one; or {error.fix}"
    return typed_error(error)


def _nearest(error: LdpError, column: str, known: list[str]) -> None:
    near = get_close_matches(column.lower(), [each.lower() for each in known], 1)
    if near:
        meant = next(each for each in known if each.lower() == near[0])
        error.what, error.fix = f"{error.what}; {meant} is", f"did you mean {meant}?"
    elif known:
        more = ", …" if len(known) > _MOST else ""
        error.fix = f"there are {', '.join(known[:_MOST])}{more}"


def _columns(session: Session, name: str, text: str) -> list[str]:
    """The columns of what a text reads, and those that its dataset had when it last was shown."""
    from ldp_magic.notebook.known import known_to

    read = [column.name for relation in known_to(session).read_by(text) for column in relation.columns]
    return list(dict.fromkeys([*read, *(column for column, _ in session.seen.get(name.lower(), ()))]))
