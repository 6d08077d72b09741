"""A test of a pipeline, as it is written in a file: what arrives, batch by batch, and what is there afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ldp_magic.errors import LdpError

Row: TypeAlias = Mapping[str, Any]  # a YAML scalar is a `Word`; a SQL form gives what the engine answered


class CaseError(LdpError):
    """A test that cannot be followed as it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The rows that arrive from one source in one batch: written out, as CSV, in files, or as a query."""

    name: str
    line: int = 0
    rows: tuple[Row, ...] = ()
    csv: str | None = None
    files: tuple[str, ...] = ()
    query: str = ""
    columns: str = ""  # their types, where neither the graph nor the lock knows them: `id INT, at TIMESTAMP`


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The rows of one dataset after a batch. Only the columns that are named are compared."""

    dataset: str
    line: int = 0
    rows: tuple[Row, ...] = ()
    query: str = ""
    subset: bool = False  # True: there may be other rows
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """How many rows a batch has to lose: in a dataset, or to one of its expectations."""

    dataset: str
    expectation: str = ""
    many: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One update of a test."""

    line: int = 0
    given: tuple[Given, ...] = ()
    expected: tuple[Expected, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    fails: str | None = None  # a part of the error with which it has to fail

    @property
    def said(self) -> tuple[Expected | Dropped, ...]:
        """What it says of datasets."""
        return (*self.expected, *self.dropped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test."""

    name: str
    path: Path
    batches: tuple[Batch, ...]
    line: int = 0
    now: str = ""  # the moment that the clock shows all the time
    pipeline: str = ""

    @property
    def wanted(self) -> tuple[str, ...]:
        """The datasets that it says something of."""
        names = [each.dataset for batch in self.batches for each in batch.said]
        return tuple(dict.fromkeys(names))
