"""What a look at the disk finds: which texts make which pipeline, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ldp_magic.cells import Cell
from ldp_magic.errors import SourceError
from ldp_magic.settings import Settings
from ldp_magic.text import Source

__all__ = ["Declared", "Members", "Pattern", "Project"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A source that a declaration names: an absolute path or glob with `/`, and how and where it was written."""

    path: str
    written: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A pipeline as some file declares it, before its sources are looked for."""

    name: str
    file: str  # the path of the file that says so
    origin: str
    patterns: tuple[Pattern, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    catalog: str = ""
    schema: str = ""
    target: str = ""
    environment: str = ""
    open_source: bool = False  # Apache Spark's own rules for what its libraries may name
    said: Mapping[str, object] = field(default_factory=dict)  # settings by key, of a spec
    cells: tuple[Cell, ...] = ()  # statements that the declaration itself holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """One pipeline: its texts, what its names mean, and which rule made it one.

    `focus` holds the sources that were asked for, where only some of the pipeline's were. A file or notebook that
    nothing declares may be a part of something larger: it is not `whole`.
    """

    name: str
    cells: tuple[Cell, ...]
    origin: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    catalog: str = ""
    schema: str = ""
    target: str = "databricks"
    environment: str = ""
    focus: tuple[Source, ...] = ()
    whole: bool = True  # are these all its texts, as far as one can know?
    declared: bool = True  # does a file say that these texts are one pipeline?
    settings: Settings | None = field(default=None, repr=False, compare=False)  # as this pipeline sees them


@dataclass(frozen=True, slots=True)
class Project:
    """The pipelines found under some paths. `root` is the folder of the settings, where `ldp.lock` lies too."""

    pipelines: tuple[Members, ...]
    errors: tuple[SourceError, ...]
    root: Path
