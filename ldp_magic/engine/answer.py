"""What a preview answers: columns, rows, expectations, and how far all of it can be relied on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ldp_magic.sql.model import Action, Kind
from ldp_magic.sql.sail import Label


@dataclass(frozen=True, slots=True)
class Checked:
    """One expectation over the rows of a preview. Unknown counts as a violation, as in a run."""

    name: str
    condition: str
    action: Action
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Sample:
    """A source of which only a part was read: its name, and which part."""

    source: str
    part: str  # such as "3 of 48 files"


@dataclass(frozen=True, slots=True)
class StandIn:
    """A source that lies elsewhere, and what was read in its place."""

    source: str
    path: str


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How the rows relate to what a run over the real sources would write."""

    place: str = "embedded"
    approximate: tuple[Label, ...] = ()
    samples: tuple[Sample, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Nothing is approximate and everything was read."""
        return not self.approximate and not self.samples


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a dataset or a query. `total` is how many there are in all, where that was counted."""

    name: str
    kind: Kind | Literal["query"]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int | None = None
    read: int | None = None  # rows before expectations dropped some
    expectations: tuple[Checked, ...] = ()
    fidelity: Fidelity = field(default_factory=Fidelity)
    zone: str = "UTC"

    @property
    def more(self) -> bool:
        """Are there rows that are not among `rows`?"""
        return self.total is not None and self.total > len(self.rows)

    @property
    def stops(self) -> tuple[Checked, ...]:
        """The expectations that would stop an update over these rows."""
        return tuple(each for each in self.expectations if each.action == "fail" and each.failed)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)
