"""The files with tests below a project."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from ldp_magic.errors import SourceError
from ldp_magic.settings import path_shown
from ldp_magic.testing import sql_form, yaml_form
from ldp_magic.testing.case import Case

FOLDER = "tests"
YAML = (".yml", ".yaml")
SQL = ".sql"
SUFFIXES = (*YAML, SQL)
_NEVER = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


class _Form(Protocol):
    """How tests are written."""

    def is_test(self, text: str) -> bool: ...

    def cases(self, text: str, path: Path) -> tuple[Case, ...]: ...


def found(paths: Sequence[str | os.PathLike[str]]) -> tuple[Path, ...]:
    """The files with tests that the paths name, or that lie in folders called tests below them."""
    here: dict[Path, None] = {}
    for each in paths:
        path = Path(os.path.abspath(each))
        if path.is_dir():
            here.update(dict.fromkeys(_below(path)))
        elif not path.exists():
            raise SourceError(
                f"{path_shown(path)} is not there", why="it was named for its tests", fix="check the path"
            )
        else:
            here[path] = None
    return tuple(here)


def _below(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NEVER)
        if FOLDER in Path(where).parts:
            for name in sorted(names):
                path = Path(where) / name
                if path.suffix.lower() in SUFFIXES and is_test(path):
                    yield path


def is_test(path: Path) -> bool:
    """Does a file hold tests of a pipeline?"""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    return _form(path).is_test(text)


def read(path: Path) -> tuple[Case, ...]:
    """The tests of a file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path_shown(path)} cannot be read: {error}", why="it was named for its tests", fix="save it as UTF-8"
        ) from error
    return _form(path).cases(text, path)


def _form(path: Path) -> _Form:
    if path.suffix.lower() in YAML:
        return yaml_form
    if path.suffix.lower() == SQL:
        return sql_form
    raise SourceError(
        f"{path_shown(path)} is no file with tests", why=f"they are {', '.join(SUFFIXES)}", fix="name one of these"
    )
