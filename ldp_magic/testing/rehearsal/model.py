"""What a rehearsal has shown, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ldp_magic.events import Checked, Failure, FlowState


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How the sources arrive: in how many steps, and what goes wrong on the way."""

    batches: int = 3
    late: float = 0.0  # the share of rows that come in a later step than their own
    duplicate: float = 0.0  # the share of rows that come twice
    shuffle: bool = False  # the rows of a step come in any order
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that a flow does with the rows of a step. A number that has no meaning here is None."""

    what: str  # read, watermark, group by, expectations, write, ...
    subject: str = ""
    came: int | None = None
    out: int | None = None
    dropped: int | None = None
    late: int | None = None
    updated: int | None = None
    state: int | None = None
    before: str = ""  # the watermark, as text
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One flow in one step."""

    flow: FlowState
    lines: tuple[Line, ...]  # in detail
    whole: Line  # all of it in one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One step: what arrived, and what the update made of it."""

    number: int
    rows: int
    late: int = 0  # rows that were made late
    twice: int = 0
    first: datetime | None = None  # event times
    last: datetime | None = None
    flows: tuple[Passed, ...] = ()
    failure: Failure | None = None
    at: str = ""  # the flow that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """One row that is not what it would have been: its key, and each column that differs with both values."""

    key: tuple[tuple[str, str], ...]
    differs: tuple[tuple[str, str, str], ...] = ()  # (column, in steps, at once)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The rows of a dataset after all steps beside those of its query over all rows at once."""

    dataset: str
    kind: str
    remembers: str = ""  # aggregate, deduplicate, join, code (which may do any of them) or nothing
    rows: int = 0
    whole: int = 0  # rows at once
    same: int = 0
    keys: tuple[str, ...] = ()  # the columns by which rows were found again
    missing: int = 0  # rows that only come at once
    extra: int = 0  # rows that only came in steps
    other: int = 0  # rows with the same key and other values
    examples: tuple[Other, ...] = ()
    state: int = 0  # rows that are still kept as state
    open: int = 0  # groups that have not come out, as their window is still open
    late: int = 0
    waiting: tuple[str, ...] = ()  # flows upstream that keep rows as state
    lost: tuple[str, ...] = ()  # flows upstream that rows came too late for
    why: str = ""  # why nothing could be compared

    @property
    def equal(self) -> bool:
        return not (self.why or self.missing or self.extra or self.other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """All steps, and what they teach."""

    pipeline: str
    dataset: str = ""  # empty: every streaming dataset
    kind: str = ""
    made: Made
    batches: tuple[Batch, ...] = ()
    compared: tuple[Compared, ...] = ()
    enough: float = 0.0  # seconds of delay that would have kept every row; 0 if nobody knows
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return any(each.failure for each in self.batches)

    def flows(self) -> Iterable[FlowState]:
        return (passed.flow for batch in self.batches for passed in batch.flows)

    def expectations(self) -> tuple[Checked, ...]:
        """Each expectation over all steps."""
        found: dict[tuple[str, str], Checked] = {}
        for flow in self.flows():
            for each in flow.expectations:
                before = found.get((each.dataset, each.name), Checked(name=each.name))
                found[each.dataset, each.name] = Checked(
                    name=each.name,
                    dataset=each.dataset,
                    passed=before.passed + each.passed,
                    failed=before.failed + each.failed,
                    action=each.action,
                )
        return tuple(found.values())
