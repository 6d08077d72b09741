"""The files of pipelines: those of a folder as they are; of a notebook or a spec one for each dataset, named after it.

What is cut out of a notebook does not depend on the order of its cells, so moving a cell moves no file.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent

from ldp_magic.cells import Cell, Piece, is_export, pieces
from ldp_magic.lint.past import words
from ldp_magic.pipeline.names import written
from ldp_magic.project import Members
from ldp_magic.resources.wanted import File
from ldp_magic.sql.model import DatasetDef, FlowDef, Setting

__all__ = ["Filed", "filed", "slug"]

FOLDER = "transformations"
_UNFIT = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]+')
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Filed:
    """The files of a pipeline, and where the sources and the datasets of its notebooks have gone."""

    files: tuple[File, ...]
    of_source: Mapping[str, str]
    of_dataset: Mapping[tuple[str, ...], str]

    def path(self, source: str, name: tuple[str, ...]) -> str:
        """The file that holds a dataset, by its source and its name as written."""
        return self.of_source.get(source) or self.of_dataset.get(name) or ""


def slug(name: str) -> str:
    """*name* as a key: letters, digits, `-` and `_`."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_") or "pipeline"


def filed(members: Members, root: str, *, alone: bool = True) -> Filed:
    """What a pipeline's sources are in the workspace; where it is not *alone*, its cut files lie under its name."""
    by_name: dict[str, list[Cell]] = {}
    for cell in members.cells:
        by_name.setdefault(cell.source.name, []).append(cell)
    places = {name: _path_of(name, root) for name, cells in by_name.items() if _is_file(cells)}
    whole = {path: by_name[name][0].source.text.encode("utf-8", "surrogatepass") for name, path in places.items()}
    parts = [
        part
        for name, cells in by_name.items()
        if name not in places
        for part in _parts(name, cells, members.parameters)
    ]
    folder = FOLDER if alone else f"{slug(members.name)}/{FOLDER}"
    cut = {path: (name, content) for name, path, content in _cut_files(parts, folder, whole)}
    together = {**whole, **{path: content for path, (_, content) in cut.items()}}
    return Filed(
        tuple(File(path=path, content=together[path]) for path in sorted(together)),
        places,
        {name: path for path, (name, _) in cut.items()},
    )


def _is_file(cells: Sequence[Cell]) -> bool:
    """A plain file of SQL or Python, which the workspace takes as it is."""
    (first, *others) = cells
    source = first.source
    suffix = os.path.splitext(source.name)[1].lower()
    plain = suffix in (".sql", ".py") and source.cell is None and not others
    return plain and not is_export(source.text, first.language)


def _path_of(name: str, root: str) -> str:
    """Where a file lies below the project's folder; one that lies elsewhere keeps its last folders."""
    path = os.path.relpath(os.path.abspath(name), root).replace(os.sep, "/")
    return "/".join(part for part in path.split("/") if part != "..")


# --- what is cut out of notebooks and specs ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement, or all Python of a notebook: the name it is filed under, its text, and what stood before it."""

    name: tuple[str, ...]
    text: str
    suffix: str
    order: tuple[int, str]  # a dataset before its flows, these by name
    settings: tuple[str, ...] = ()


def _parts(name: str, cells: Sequence[Cell], parameters: Mapping[str, str]) -> Iterator[_Part]:
    found = [
        piece for cell in cells for piece in pieces(cell.source, cell.language) if piece.language in ("sql", "python")
    ]
    python = [piece.text.strip("\r\n") for piece in found if piece.language == "python" and piece.text.strip()]
    if python:
        stem = re.sub(r"\.[A-Za-z]+$", "", os.path.basename(name))
        yield _Part((stem,), "\n\n\n".join(python) + "\n", ".py", (0, ""))
    settings: list[str] = []
    for piece in found:
        if piece.language == "sql":
            yield from _statements(piece, settings, parameters)


def _statements(piece: Piece, settings: list[str], parameters: Mapping[str, str]) -> Iterator[_Part]:
    """The statements of a piece, each with the comments above it; what is set holds for all that follow."""
    from ldp_magic.sql import read

    done = piece.location.start
    for statement in read(piece.location, piece.text).statements:
        end = statement.location.end
        text = _flush(piece.text[done - piece.location.start : end - piece.location.start])
        done = end
        if isinstance(statement, Setting):
            settings.append(text)
        elif isinstance(statement, (DatasetDef, FlowDef)):
            flow = isinstance(statement, FlowDef)
            name = statement.target if isinstance(statement, FlowDef) else statement.name
            order = (int(flow), str(statement.name) if flow else "")
            yield _Part(written(name.parts, parameters), text, ".sql", order, tuple(settings))


def _flush(text: str) -> str:
    """A statement without the semicolon before it and the blanks that all its lines begin with, unless these stand
    in a string."""
    text = text.lstrip(" \t\r\n;") if text.lstrip().startswith(";") else text
    flush = dedent(text).strip()
    return flush if words(flush) == words(text) else text.strip()


def _cut_files(
    parts: Iterable[_Part], folder: str, taken: Mapping[str, bytes]
) -> Iterator[tuple[tuple[str, ...], str, bytes]]:
    """One file for each name; names that would be one file are told apart by their schema, or else by a mark."""
    by_name: dict[tuple[tuple[str, ...], str], list[_Part]] = {}
    for part in parts:
        by_name.setdefault((part.name, part.suffix), []).append(part)
    known = {path.lower() for path in taken}
    shared: dict[str, int] = {}
    for name, suffix in by_name:
        shared[_file_name(name[-1], suffix)] = shared.get(_file_name(name[-1], suffix), 0) + 1
    for (name, suffix), some in sorted(by_name.items()):
        path = f"{folder}/{_file_name(name[-1], suffix, keep=True)}"
        if shared[_file_name(name[-1], suffix)] > 1 or path.lower() in known:
            path = f"{folder}/{_file_name('.'.join(name), suffix, keep=True)}"
        if path.lower() in known:
            path = path.removesuffix(suffix) + "-" + hashlib.sha256("\0".join(name).encode()).hexdigest()[:6] + suffix
        known.add(path.lower())
        yield name, path, _text(some).encode("utf-8", "surrogatepass")


def _file_name(name: str, suffix: str, *, keep: bool = False) -> str:
    """A name as that of a file; two that differ by case alone are one file to many disks."""
    plain = _UNFIT.sub("_", unicodedata.normalize("NFC", name)).strip(" .") or "dataset"
    return (plain if keep else plain.lower())[:_LONGEST] + suffix


def _text(parts: Sequence[_Part]) -> str:
    """The statements of one file, in an order that their cells do not decide."""
    some = sorted(parts, key=lambda part: (part.order, part.text))
    if some[0].suffix == ".py":
        return some[0].text if len(some) == 1 else "\n\n".join(part.text for part in some)
    pieces_, said = list[str](), tuple[str, ...]()
    for part in some:
        pieces_ += part.settings if part.settings != said else ()
        said = part.settings
        pieces_.append(part.text)
    return ";\n\n".join(text.rstrip().removesuffix(";") for text in pieces_) + ";\n"
