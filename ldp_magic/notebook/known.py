"""What completion and inspection know: the graph with its columns, and the lock. Never a query, never a long wait."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ldp_magic.errors import LdpError
from ldp_magic.notebook.session import Held, Session

if TYPE_CHECKING:
    from ldp_magic.pipeline.model import ColumnType, Dataset, Pipeline

__all__ = ["Known", "Relation", "known_to", "within"]

_ALIAS = re.compile(r"(?:from|join)\s+(?:stream\s*\(?\s*)?([\w.`]+)\s*\)?\s+(?:as\s+)?(\w+)", re.IGNORECASE)
_FROM = re.compile(r"(?:from|join)\s+(?:stream\s*\(?\s*)?([\w.`]+)", re.IGNORECASE)
PATIENCE = 0.08  # seconds that a key press waits
FRESH = 5.0  # seconds for which files on disk count as unchanged
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Relation:
    """A dataset, or an external source, by the name that a query says."""

    name: str
    kind: str
    columns: tuple[ColumnType, ...]
    pipeline: Pipeline
    dataset: Dataset | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that can be named."""

    pipelines: tuple[Pipeline, ...] = ()
    seen: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)  # columns, as previews had them

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The datasets, then what is read from outside."""
        made = [Relation(d.name, d.kind, self._columns(d), p, d) for p in self.pipelines for d in p.datasets.values()]
        read = [Relation(e.name, e.kind, e.columns or (), p) for p in self.pipelines for e in p.externals.values()]
        return (*made, *read)

    def _columns(self, dataset: Dataset) -> tuple[ColumnType, ...]:
        """What the graph knows, or else what the last preview had."""
        from ldp_magic.pipeline.model import ColumnType

        if dataset.columns and all(each.type for each in dataset.columns):
            return dataset.columns
        seen = self.seen.get(dataset.name.lower())
        return tuple(ColumnType(name=name, type=type_) for name, type_ in seen) if seen else dataset.columns or ()

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for each in self.pipelines for name in each.parameters))

    def relation(self, name: str) -> Relation | None:
        """The relation of that name, whatever its case; the last part of a longer name is enough."""
        low = name.replace("`", "").lower()
        every = self.relations
        exact = next((each for each in every if each.name.lower() == low), None)
        return exact or next((each for each in every if each.name.lower().rpartition(".")[2] == low), None)

    def read_by(self, text: str) -> tuple[Relation, ...]:
        """What the query of a cell reads, as far as its text says so while it is being written."""
        return tuple(each for name in _FROM.findall(text) if (each := self.relation(name)) is not None)

    def behind(self, word: str, text: str) -> Relation | None:
        """What stands before a dot: a relation, or its alias in the cell."""
        aliases = {alias.lower(): name for name, alias in _ALIAS.findall(text)}
        return self.relation(aliases.get(word.lower(), word))


@dataclass(slots=True)
class _Last:
    held: tuple[Held, ...] | None = None
    at: float = 0.0
    pipelines: tuple[Pipeline, ...] = ()


_last = _Last()


def known_to(session: Session) -> Known:
    """What can be named in a notebook now; of files on disk a moment ago."""
    now = time.monotonic()
    if _last.held is not session.held or (not session.held and now - _last.at > FRESH):
        held = session.held
        pipelines = _read()
        _last.held, _last.at, _last.pipelines = held, time.monotonic(), pipelines
    return Known(_last.pipelines, session.seen)


def _read() -> tuple[Pipeline, ...]:
    from ldp_magic.verbs.graph import read

    try:
        return read(".").pipelines
    except LdpError:
        return ()


def within(work: Callable[[], T], otherwise: T) -> T:
    """What *work* comes to, if it does so at once; else *otherwise*, and the next time it will be there."""
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(work()), name="ldp completion", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return found[0] if found else otherwise
