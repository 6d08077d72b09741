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
    """The declaring files beside the project's sources and in the folders above them, up to the project's own."""
    folders = {project.root} | {f for m in project.pipelines for c in m.cells for f in _above(c, project.root)}
    paths = {folder / name for folder in folders for name in _SPECS if (folder / name).is_file()}
    paths |= {part for path in paths if path.name in _BUNDLES for part in path.parent.glob("resources/*.y*ml")}
    return tuple(spec for path in sorted(paths) for spec in _spec(path))


def _above(cell: Cell, root: Path) -> Iterator[Path]:
    folder = Path(cell.source.name).parent
    yield folder
    inside = Path(os.path.abspath(folder)).is_relative_to(os.path.abspath(root))
    while inside and os.path.abspath(folder) != os.path.abspath(root):
        folder = Path(os.path.normpath(folder / ".."))
        yield folder


def _spec(path: Path) -> Iterator[SpecFile]:
    try:
        yield SpecFile(Source(str(path), None, read_text(path, _LARGEST)))
    except SourceError:
        return  # what cannot be read is among the project's own errors
