"""What became of the rows of a dataset in one update, from the commits that it made and the events beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ldp_magic.engine.answer import Checked
from ldp_magic.events import Failure, FlowState, Updated
from ldp_magic.lake import DataFile, Table, log
from ldp_magic.pipeline.model import Dataset
from ldp_magic.runs.checks import FLAG
from ldp_magic.runs.tables import STORED

_STOPPED = re.compile(r"(?:^|: )expectation (.+?) (?:of the view .+ )?failed for ([\d,]+) of ([\d,]+) rows")
TICK = 0.002  # seconds: the log keeps milliseconds


@dataclass(frozen=True, slots=True)
class Commit:
    """One batch of a flow that is in the log of a table."""

    version: int
    moment: float
    flow: str
    number: int
    checks: tuple[Checked, ...]
    written: int
    dropped: int
    kept_files: tuple[DataFile, ...]
    dropped_files: tuple[DataFile, ...]
    anew: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """An update that stopped at an expectation: what it said, and the counts in it."""

    number: int | None
    names: tuple[str, ...]
    failed: int
    total: int
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the last update that wrote a dataset has counted."""

    dataset: Dataset
    update: int | None = None  # None: its events are gone
    batches: tuple[int, int] | None = None  # the first and the last, if one flow made them
    checks: tuple[Checked, ...] = ()
    written: int | None = None  # None: nobody counts the rows of a view
    dropped: int | None = 0  # None: not counted
    warned: int | None = 0  # rows that were kept and break something; None: not counted
    commits: tuple[Commit, ...] = ()
    stop: Stop | None = None  # the newest update, if it stopped here

    @property
    def total(self) -> int:
        """How many rows were checked."""
        if self.checks:
            return self.checks[0].passed + self.checks[0].failed
        return (self.written or 0) + (self.dropped or 0)

    @property
    def known(self) -> bool:
        """Has any update counted something?"""
        return self.update is not None or bool(self.commits or self.checks)


def outcome(table: Table | None, dataset: Dataset, updates: Iterable[Updated], number: int | None = None) -> Outcome:
    """What the newest of *updates* (newest first) that wrote the dataset has counted, and where a newer one stopped;
    with a *number*, that update alone."""
    stop, first = None, True
    every = list(commits(table)) if table is not None and table.exists else []
    until = float("inf")
    for update in updates:
        since, before = update.began.timestamp() - TICK if update.began else 0.0, until
        until = min(until, since)
        if number not in (None, update.number):
            continue
        flows = [flow for flow in update.flows if _about(flow, dataset)]
        took_part = [flow for flow in flows if flow.word not in ("left out", "skipped", "waiting")]
        if first and took_part:
            stop, first = next(filter(None, (stop_of(update, dataset, flow) for flow in took_part)), None), False
        mine = [commit for commit in every if since <= commit.moment < before]
        if mine:
            return replace(_summed(dataset, _latest(mine)), update=update.number, stop=stop)
        if dataset.kind not in STORED and (checks := _of_view(dataset, flows)):
            return _seen(dataset, update, checks, stop)
    if every and number is None and every[0].moment < until:  # the events of its update are gone
        return replace(_summed(dataset, every[:1]), stop=stop)
    return Outcome(dataset=dataset, stop=stop)


def _about(flow: FlowState, dataset: Dataset) -> bool:
    """Does a flow write the dataset, or check a view of that name on the way?"""
    said = flow.failure.what if flow.failure else ""
    names = (flow.dataset, *(each.dataset for each in flow.expectations))
    return dataset.name in names or f" of the view {dataset.name} failed for " in said


def commits(table: Table) -> Iterator[Commit]:
    """The batches in the log of a table, newest first."""
    for done in log.backwards(table.folder, table.version):
        entry = done.entry
        if entry is None or not entry.flow:
            continue
        metrics = entry.metrics
        yield Commit(
            done.version,
            done.moment,
            entry.flow,
            entry.flows[entry.flow].number + 1,
            checks_of(metrics),
            int(metrics.get("written") or 0),
            int(metrics.get("dropped") or 0),
            done.added,
            entry.dropped,
            entry.anew,
        )


def checks_of(metrics: Mapping[str, Any]) -> tuple[Checked, ...]:
    """The expectations that a commit has counted."""
    found = metrics.get("checks") or ()
    return tuple(Checked(name, condition, action, passed, failed) for name, action, passed, failed, condition in found)


def stop_of(update: Updated, dataset: Dataset, flow: FlowState) -> Stop | None:
    """The expectation at which a flow stopped, if it was one of this dataset."""
    failure = flow.failure
    found = _STOPPED.search(failure.what) if failure is not None and flow.word == "failed" else None
    if failure is None or found is None or failure.why.find("FAIL UPDATE") < 0:
        return None
    names = tuple(found[1].split(" and "))
    if names[0] not in {each.name for each in dataset.expectations} and flow.dataset != dataset.name:
        return None
    return Stop(update.number, names, _number(found[2]), _number(found[3]), failure)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _latest(found: Sequence[Commit]) -> list[Commit]:
    """The commits that count: what was there before rows were replaced does not."""
    kept = []
    for commit in found:
        kept.append(commit)
        if commit.anew:
            break
    return kept


def _summed(dataset: Dataset, found: Sequence[Commit]) -> Outcome:
    newest = found[0]
    same = [each for each in found if [c.name for c in each.checks] == [c.name for c in newest.checks]]
    checks = newest.checks
    for commit in same[1:]:
        checks = tuple(
            replace(one, passed=one.passed + other.passed, failed=one.failed + other.failed)
            for one, other in zip(checks, commit.checks, strict=True)
        )
    flows = {commit.flow for commit in same}
    return Outcome(
        dataset=dataset,
        batches=(same[-1].number, newest.number) if len(flows) == 1 else None,
        checks=checks,
        written=sum(commit.written for commit in same),
        dropped=sum(commit.dropped for commit in same),
        warned=_warned(same, checks),
        commits=tuple(same),
    )


def _warned(found: Sequence[Commit], checks: Sequence[Checked]) -> int | None:
    """How many rows were kept although they break something; None if that cannot be told any more."""
    broken = [n for n, each in enumerate(checks) if each.action == "warn" and each.failed]
    if not broken:
        return 0
    if len(broken) == 1 and not any(commit.dropped for commit in found):
        return checks[broken[0]].failed
    counts = [_any_broken(file.path, broken) for commit in found for file in commit.kept_files]
    return None if None in counts else sum(each or 0 for each in counts)


def _any_broken(path: str, checks: Sequence[int]) -> int | None:
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    flags = flags_in(path, checks)
    if flags is None:
        return None
    passed = flags.column(0)
    for n in range(1, len(checks)):
        passed = pc.and_(passed, flags.column(n))
    return int(flags.num_rows - (pc.sum(passed).as_py() or 0))


def flags_in(path: str, checks: Sequence[int]) -> Any:
    """The flags of some expectations in a file of rows; None if the file is gone, or its rows have none."""
    from pyarrow import parquet

    names = [f"{FLAG}{n}" for n in checks]
    if not os.path.exists(path) or not set(names) <= set(parquet.read_schema(path).names):
        return None
    return parquet.read_table(path, columns=names, partitioning=None)


# --- views, which have no table ------------------------------------------------------------------------------------


def _of_view(dataset: Dataset, flows: Sequence[FlowState]) -> tuple[Checked, ...]:
    """What a flow that read a view has counted of it: every reader counts the same rows."""
    conditions = {each.name: each.condition for each in dataset.expectations}
    for flow in flows:
        mine = [each for each in flow.expectations if each.dataset == dataset.name]
        if mine:
            return tuple(
                Checked(each.name, conditions.get(each.name, ""), each.action or "warn", each.passed, each.failed)
                for each in mine
            )
    return ()


def _seen(dataset: Dataset, update: Updated, checks: tuple[Checked, ...], stop: Stop | None) -> Outcome:
    drops = [each for each in checks if each.action == "drop" and each.failed]
    warns = [each for each in checks if each.action == "warn" and each.failed]
    return Outcome(
        dataset=dataset,
        update=update.number,
        checks=checks,
        dropped=None if len(drops) > 1 else drops[0].failed if drops else 0,
        warned=warns[0].failed if len(warns) == 1 and not drops else None if warns else 0,
        stop=stop,
    )
