"""The state of one update, as far as its events tell it. Every display of an update is drawn from this value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias

from ldp_magic.events.words import ENDS, FLOW_STATES, UPDATE_STATES, rate

PhaseState: TypeAlias = Literal["waiting", "running", "done", "failed", "stopped"]
Action: TypeAlias = Literal["warn", "drop", "fail", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What became of one expectation: how many rows kept it and how many broke it; `action` may be unknown."""

    name: str
    dataset: str = ""
    passed: int = 0
    failed: int = 0
    action: Action = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why something failed: what happened, why, how to mend it, where, and what lies behind it."""

    what: str
    why: str = ""
    fix: str = ""
    place: str = ""  # file, cell, line and column, as people write it
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of an update."""

    name: str
    state: PhaseState
    began: datetime | None = None
    seconds: float | None = None  # None: it has not ended, or not begun


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowState:
    """How far a flow has come. A number that nobody told is None."""

    name: str
    dataset: str = ""
    kind: str = ""  # of the dataset: streaming table, materialized view, ...; empty if unknown
    status: str = "QUEUED"  # as documented
    read: int | None = None
    written: int | None = None
    dropped: int | None = None
    upserted: int | None = None
    deleted: int | None = None
    late: int | None = None
    state_rows: int | None = None
    backlog: int | None = None  # rows still to be read
    watermark: str = ""
    began: datetime | None = None
    seconds: float | None = None  # None: it has not begun, or it is running
    expectations: tuple[Checked, ...] = ()
    why: str = ""
    warnings: tuple[str, ...] = ()
    failure: Failure | None = None

    @property
    def word(self) -> str:
        """waiting, running, done, unchanged, failed, skipped, stopped, left out; of a new state its own name."""
        return FLOW_STATES.get(self.status, self.status.lower().replace("_", " "))

    def elapsed(self, now: datetime | None) -> float | None:
        """The seconds it took, or has taken up to *now*."""
        if self.seconds is not None or self.began is None or now is None or self.word != "running":
            return self.seconds
        return max((now - self.began).total_seconds(), 0.0)

    def remaining(self, now: datetime | None) -> float | None:
        """The seconds that are left if it goes on as it went; None where that is not known."""
        seconds = self.elapsed(now)
        if self.word != "running" or not self.read or not self.backlog or not seconds:
            return None
        return seconds * self.backlog / self.read

    def rate(self, now: datetime | None = None) -> int | None:
        """Rows in a second: those that were read, or where nobody counted them those that were written."""
        if self.word == "failed":  # what it did is gone
            return None
        many = self.read if self.read is not None else self.written
        seconds = self.elapsed(now)
        return rate(many, seconds) if many and seconds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """An update and its flows, in the order in which they were named first."""

    id: str = ""
    number: int | None = None
    pipeline: str = ""
    environment: str = ""
    place: str = ""
    cause: str = ""
    refresh: tuple[str, ...] = ()  # empty: all flows
    full_refresh: tuple[str, ...] = ()
    state: str = ""  # as documented; empty if no event told one
    began: datetime | None = None
    seen: datetime | None = None  # when its last event was
    seconds: float | None = None  # None: it has not ended
    expected: int | None = None  # how many flows there are to be
    phases: tuple[Phase, ...] = ()
    flows: tuple[FlowState, ...] = ()
    failure: Failure | None = None  # of the update itself
    counts: dict[str, int] = field(default_factory=dict)  # how many flows are done, failed, ... in that order

    @property
    def ended(self) -> bool:
        return self.state in ENDS

    @property
    def word(self) -> str:
        """running, done, failed, stopped, cut short or waiting."""
        return UPDATE_STATES.get(self.state, "running")

    @property
    def name(self) -> str:
        """`update 7`; where it has no number, the beginning of its id."""
        return f"update {self.number}" if self.number is not None else f"update {self.id[:6]}".rstrip()

    @property
    def total(self) -> int:
        """How many flows there are."""
        return max(len(self.flows), self.expected or 0)

    def elapsed(self, now: datetime | None = None) -> float | None:
        """The seconds it took, or has taken up to *now*."""
        now = now or self.seen
        if self.seconds is not None or self.began is None or now is None:
            return self.seconds
        return max((now - self.began).total_seconds(), 0.0)

    @property
    def timeless(self) -> Updated:
        """The same without times and ids, as far as any other run of it would tell."""
        phases = tuple(replace(each, began=None, seconds=None) for each in self.phases)
        flows = tuple(replace(each, began=None, seconds=None) for each in self.flows)
        return replace(self, id="", began=None, seen=None, seconds=None, phases=phases, flows=flows)

    @property
    def fine(self) -> int:
        """How many flows have come to a good end."""
        return self.counts.get("done", 0) + self.counts.get("unchanged", 0)

    def sum_of(self, what: Literal["read", "written", "dropped", "late", "upserted", "deleted"]) -> int | None:
        """A number of all flows together; None if no flow told it."""
        told = [number for flow in self.flows if (number := getattr(flow, what)) is not None]
        return sum(told) if told else None
