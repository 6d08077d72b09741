"""What rules look at besides the graph: the Python of a pipeline's texts, and the files that declare it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ldp_magic.cells import Cell, pieces
from ldp_magic.errors import SourceError
from ldp_magic.lint.subjects import PythonText, SpecFile
from ldp_magic.project import Members, Project, read_text
from ldp_magic.text import Source

_SPECS = ("spark-pipeline.yml", "spark-pipeline.yaml", "databricks.yml", "databricks.yaml")
_LARGEST = 2_000_000


def pythons(members: Members) -> tuple[PythonText, ...]:
    """The Python texts of a pipeline, what is not Python in them blanked."""
    return tuple(found for cell in members.cells for found in _python(cell))


@lru_cache(maxsize=8192)
def _python(cell: Cell) -> tuple[PythonText, ...]:
    """The Python of a cell or file: `pieces` joins it into one text over the whole source."""
    return tuple(PythonText(cell.source, p.text) for p in pieces(cell.source, cell.language) if p.language == "python")


def specs(project: Project) -> tuple[SpecFile, ...]:
    """The declaring files in the project's folder and in the folders of its sources."""
    folders = {project.root} | {Path(c.source.name).parent for m in project.pipelines for c in m.cells}
    paths = sorted({folder / name for folder in folders for name in _SPECS if (folder / name).is_file()})
    return tuple(spec for path in paths for spec in _spec(path))


def _spec(path: Path) -> Iterator[SpecFile]:
    try:
        yield SpecFile(Source(str(path), None, read_text(path, _LARGEST)))
    except SourceError:
        return  # what cannot be read is among the project's own errors
