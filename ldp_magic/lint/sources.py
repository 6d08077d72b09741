"""What rules look at besides the graph: the Python of a pipeline's texts, and the files that declare it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ldp_magic.cells import Cell, pieces
from ldp_magic.errors import SourceError
from ldp_magic.lint.subjects import PythonText, SpecFile
from ldp_magic.project import Members, Project, read_text
from ldp_magic.settings import path_shown
from ldp_magic.text import Source

_SPECS = ("spark-pipeline.yml", "spark-pipeline.yaml", "databricks.yml", "databricks.yaml")
_BUNDLES = _SPECS[2:]
_LARGEST = 2_000_000


def pythons(members: Members) -> tuple[PythonText, ...]:
    """The Python texts of a pipeline, what is not Python in them blanked."""
    return tuple(found for cell in members.cells for found in _python(cell))


@lru_cache(maxsize=8192)
def _python(cell: Cell) -> tuple[PythonText, ...]:
    """The Python of a cell or file: `pieces` joins it into one text over the whole source."""
    return tuple(PythonText(cell.source, p.text) for p in pieces(cell.source, cell.language) if p.language == "python")


def specs(project: Project) -> tuple[SpecFile, ...]:
    """The declaring files in the project's folder, and for each source the nearest ones at or above its folder."""
    folders = {os.path.abspath(project.root)}
    for folder in {os.path.dirname(os.path.abspath(c.source.name)) for m in project.pipelines for c in m.cells}:
        folders.update(_nearest(folder))
    paths = {path for folder in folders for path in _declaring(folder)}
    paths |= {part for path in paths if path.name in _BUNDLES for part in path.parent.glob("resources/*.y*ml")}
    return tuple(spec for path in sorted(paths) for spec in _spec(path))


def _declaring(folder: str) -> list[Path]:
    return [Path(folder, name) for name in _SPECS if os.path.isfile(os.path.join(folder, name))]


def _nearest(folder: str) -> Iterator[str]:
    above = os.path.dirname(folder)
    while above != folder and not _declaring(folder):
        folder, above = above, os.path.dirname(above)
    yield folder


def _spec(path: Path) -> Iterator[SpecFile]:
    try:
        yield SpecFile(Source(path_shown(path), None, read_text(path, _LARGEST)))
    except SourceError:
        return  # what cannot be read is among the project's own errors
