"""What a spec says, as plain values that keep their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ldp_magic.errors import SourceError

__all__ = ["Include", "PipelineSpec", "Spec"]


@dataclass(frozen=True, slots=True)
class Include:
    """A file, folder or glob as it is written, and its line."""

    written: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSpec:
    """One pipeline of a spec. *sql* is the whole text of the spec with all but the statements of this pipeline blank,
    so that each stands where it stands; empty if there are none."""

    name: str
    line: int
    sources: tuple[Include, ...] = ()
    sql: str = ""
    said: Mapping[str, object] = field(default_factory=dict)  # settings by key


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A spec: its pipelines, what it says of all of them, what it says of each environment, and what is wrong."""

    name: str
    pipelines: tuple[PipelineSpec, ...] = ()
    said: Mapping[str, object] = field(default_factory=dict)
    environments: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    errors: tuple[SourceError, ...] = ()
