"""A pipeline as one pure graph of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import (
    Body,
    DatasetDef,
    Expectation,
    FlowDef,
    Kind,
    Language,
    Problem,
    Script,
    Setting,
    Unknown,
    Unsupported,
)
from ldp_magic.text import Location

# What happens to the rows of a relation over time. It decides auto-wrap, most streaming rules and the run mode.
#   append    rows are only ever added: it may be read as a stream
#   changing  rows are updated or replaced by each update: a stream over it breaks or repeats rows
#   snapshot  read whole, as it is at that moment: a view, or an external table that nobody streams
Streamness: TypeAlias = Literal["append", "changing", "snapshot"]
ExternalKind: TypeAlias = Literal["table", "files", "stream", "function"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """A column of a dataset or an external source; `type` is Spark's name for it, or empty if unknown."""

    name: str
    type: str = ""
    nullable: bool | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One dataset or flow reading one relation. `name` is what it resolved to."""

    name: str
    kind: Literal["dataset", "external", "missing"]
    streaming: bool
    relation: Relation
    location: Location
    suggestion: str = ""  # did you mean, for a missing one


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A flow with its reads resolved. `target` is the dataset's name in the graph, or as written if there is none."""

    name: str
    target: str
    definition: FlowDef
    reads: tuple[Read, ...] = ()
    target_found: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset of the pipeline, everything about it resolved."""

    name: str  # as the graph names it: short where that is unique, else qualified
    qualified: tuple[str, ...]  # catalog, schema and name as far as they are known
    kind: Kind
    language: Language
    definition: DatasetDef
    streamness: Streamness
    reason: str
    flows: tuple[Flow, ...] = ()
    reads: tuple[Read, ...] = ()
    columns: tuple[ColumnType, ...] | None = None  # None: not known
    readers: tuple[str, ...] = ()
    layer: int = 0

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        return self.definition.expectations

    @property
    def location(self) -> Location:
        return self.definition.location

    @property
    def body(self) -> Body | None:
        return self.definition.query


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """Something the pipeline reads and does not make."""

    name: str
    kind: ExternalKind
    streamness: Streamness
    reason: str
    columns: tuple[ColumnType, ...] | None = None
    readers: tuple[str, ...] = ()
    format: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One pipeline: its datasets in an order in which each stands after what it reads."""

    name: str
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    externals: Mapping[str, External] = field(default_factory=dict)
    flows: tuple[Flow, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    duplicates: tuple[tuple[DatasetDef, DatasetDef], ...] = ()  # (first, later one with the same name)
    missing: tuple[tuple[str, Read], ...] = ()  # (reader, what it reads and nobody has)
    settings: tuple[Setting, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    problems: tuple[Problem, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    catalog: str = ""
    schema: str = ""
    target: str = "databricks"
    whole: bool = True  # False: its texts may be a part of something larger
    declared: bool = True  # False: nothing says that its texts belong together
    scripts: tuple[Script, ...] = ()  # what the sources say, as it was read
    locked: Mapping[str, tuple[ColumnType, ...]] = field(default_factory=dict)
