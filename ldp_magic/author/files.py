"""Cells as files, one for each dataset, and which files are ours to write over."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ldp_magic.cells import Cell, Piece, pieces
from ldp_magic.errors import SourceError
from ldp_magic.project import scripts, write_text
from ldp_magic.project.live import NAME
from ldp_magic.sql.model import DatasetDef, FlowDef, Setting, Statement

__all__ = ["File", "Kept", "files_of"]

_NOT_PLAIN = re.compile(r"[^\w.-]+")
_BLANK_LINES = re.compile(r"\A(?:[ \t\f;]*\r?\n)+|\A[ \t\f;]+")


@dataclass(frozen=True, slots=True)
class File:
    """A file to be written, and the label of the cell that it comes from."""

    name: str
    text: str
    label: str


def files_of(cells: Sequence[Cell]) -> tuple[File, ...]:
    """The files of a notebook's cells. What was loaded from a file stays there."""
    own = [cell for cell in cells if cell.source.name == NAME]
    done: dict[str, File] = {}
    for file in (*_of_sql(own), *_of_python(own)):
        there = done.get(file.name)
        done[file.name] = file if there is None else File(file.name, f"{there.text}\n{file.text}", there.label)
    return tuple(done.values())


def _of_sql(cells: Sequence[Cell]) -> Iterator[File]:
    """A file for each dataset with its flows; what USE and SET say holds for all that follows, so each has it."""
    settings: list[str] = []
    for cell in cells:
        for piece in pieces(cell.source, cell.language):
            if piece.language != "sql":
                continue
            name = cell.source.cell or "cell"
            for statement, text in _parts(cell, piece):
                if isinstance(statement, Setting):
                    settings.append(text)
                    continue
                name = _named(statement) or name
                yield File(f"{_plain(name)}.sql", "".join([*settings, text]), cell.source.cell or "")


def _parts(cell: Cell, piece: Piece) -> Iterator[tuple[Statement, str]]:
    """Each statement with the comments before it, and the last with those behind it."""
    found = [each for script in scripts((cell,)) for each in script.statements]
    done = piece.location.start
    for n, each in enumerate(found, 1):
        text = piece.text[done - piece.location.start : each.location.end - piece.location.start]
        done = each.location.end
        after = piece.text[done - piece.location.start :] if n == len(found) else ""
        rest = _BLANK_LINES.sub("", after).rstrip(" \t\f\r\n;")
        yield each, _BLANK_LINES.sub("", text).rstrip() + ";\n" + (f"{rest}\n" if rest else "")


def _named(statement: Statement) -> str:
    if isinstance(statement, DatasetDef):
        return str(statement.name)
    return str(statement.target) if isinstance(statement, FlowDef) else ""


def _of_python(cells: Sequence[Cell]) -> Iterator[File]:
    """A file for each cell that defines something, with the cells before it that only help."""
    helps: list[str] = []
    for cell in cells:
        python = [piece.text for piece in pieces(cell.source, cell.language) if piece.language == "python"]
        text = _BLANK_LINES.sub("", "".join(python)).rstrip()
        if not text:
            continue
        found = [each for script in scripts((cell,)) for each in script.statements]
        if not found:
            helps.append(text + "\n\n\n")
            continue
        name = next(filter(None, map(_named, found)), cell.source.cell or "cell")
        yield File(f"{_plain(name)}.py", "".join([*helps, text, "\n"]), cell.source.cell or "")


def _plain(name: str) -> str:
    return _NOT_PLAIN.sub("_", name).strip("._") or "dataset"


# --- what was written before ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Kept:
    """What was saved before: of each file what it held, and the cell that it came from."""

    root: Path
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def at(cls, root: Path) -> Kept:
        """As a project remembers it. A memory that cannot be read is none, and then no file is ours."""
        try:
            said = json.loads((root / ".ldp" / "saved.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            said = {}
        files = said if isinstance(said, dict) else {}
        return cls(root, {name: each for name, each in files.items() if isinstance(each, dict)})

    def may_write(self, path: Path, text: str) -> bool:
        """Is the file not there, the same, or as we left it?"""
        there = _read(path)
        return there is None or there == text or self._of(path).get("holds") == _mark(there)

    def write(self, path: Path, text: str, owner: str | None) -> Literal["written", "changed", "as it was"]:
        """Write it, and say what became of the file."""
        there = _read(path)
        if there != text:
            write_text(path, text)
        self.files[self._name(path)] = {"holds": _mark(text), **({"cell": owner} if owner else {})}
        return "written" if there is None else "as it was" if there == text else "changed"

    def remember(self) -> None:
        """Keep this for the next time."""
        folder = self.root / ".ldp"
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / ".gitignore").exists():
            write_text(folder / ".gitignore", "*\n")
        write_text(folder / "saved.json", json.dumps(self.files, indent=2, sort_keys=True) + "\n")

    def owner(self, path: str | os.PathLike[str]) -> str | None:
        """The cell that a file was saved from."""
        found = self._of(Path(os.path.abspath(path))).get("cell")
        return found if isinstance(found, str) else None

    def _of(self, path: Path) -> dict[str, Any]:
        return self.files.get(self._name(path), {})

    def _name(self, path: Path) -> str:
        return Path(os.path.relpath(os.path.abspath(path), self.root)).as_posix()


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path.name} cannot be read", why=str(error)[:200], fix="name another folder") from None


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
