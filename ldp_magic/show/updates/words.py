"""What is said about an update, the same in every form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from ldp_magic.events import Checked, Failure, FlowState, Phase, Updated
from ldp_magic.events.words import duration, figure, listed, rows

NUMBERS = ("read", "written", "dropped", "rows/s", "time")
_TIMED = ("rows/s", "time")
_FIRST = {"failed": 0, "stopped": 0, "running": 0, "waiting": 1, "done": 3, "unchanged": 4, "skipped": 5, "left out": 6}


@dataclass(frozen=True, slots=True)
class Note:
    """A remark with the state that it is about, and the names in it."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure, and what became of everything else."""

    what: str
    said: tuple[tuple[str, str], ...]  # (why, fix, kept, ..., in words)


def scope(update: Updated) -> list[str]:
    """Environment, place, the schema where all of it lies, and which flows."""
    schema = shared(update)
    return [each for each in (update.environment, update.place, schema and f"in {schema}", _selected(update)) if each]


def shared(update: Updated) -> str:
    """The catalog and schema that all flows have before their names, as a workspace tells them; one flow has none."""
    places = {flow.name.rpartition(".")[0] for flow in update.flows if flow.name.count(".") == 2}
    whole = len(update.flows) > 1 and all(flow.name.count(".") == 2 for flow in update.flows)
    return places.pop() if len(places) == 1 and whole else ""


def name_in(flow: FlowState, update: Updated) -> str:
    """The name of a flow in a table of its update."""
    return flow.name.rpartition(".")[2] if shared(update) else flow.name


def _selected(update: Updated) -> str:
    full, some = update.full_refresh, update.refresh
    everything = full == ("all",) or len(full) >= max(update.total, 4)
    refreshed = "full refresh" + ("" if everything else f" of {listed(full)}") if full else ""
    if some:
        return f"only {listed(some)}" + (f", {refreshed}" if refreshed else "")
    return refreshed or "all flows"


def took(update: Updated, now: datetime | None) -> str:
    """`9.4 s so far`, `took 2.1 s`"""
    seconds = update.elapsed(now)
    if seconds is None:
        return ""
    return f"took {duration(seconds)}" if update.ended else f"{duration(seconds)} so far"


def clock(time: datetime | None, zone: tzinfo | None) -> str:
    """`02:00:03`, in that zone or that of this machine."""
    return time.astimezone(zone).strftime("%H:%M:%S") if time else ""


def figure_of(phase: Phase, update: Updated) -> str:
    """Behind a phase: how long it took; behind the flows, how many are done."""
    if phase.name == "run flows" and phase.state != "waiting":
        return f"{update.fine:,} of {update.total:,} done"
    return duration(phase.seconds) if phase.seconds is not None else ""


def numbers(flow: FlowState, now: datetime | None) -> dict[str, str | None]:
    """The figures of a flow; None for what does not apply or was not counted."""
    begun = flow.word not in ("waiting", "skipped", "left out")
    written = flow.upserted if flow.written is None else flow.written
    if flow.word == "failed" and written is None:
        written = 0  # it is all or nothing
    seconds, rate = flow.elapsed(now), flow.rate(now)
    seconds = None if flow.word == "running" and (seconds or 0) < 0.01 else seconds  # it has just begun
    return {
        "read": figure(flow.read) if begun and flow.read is not None else None,
        "written": figure(written) if begun and written is not None else None,
        "dropped": figure(flow.dropped) if begun and flow.dropped is not None else None,
        "rows/s": figure(rate) if begun and rate else None,
        "time": duration(seconds) if begun and seconds is not None else None,
    }


def columns(update: Updated) -> tuple[str, ...]:
    """The figures that a table of its flows has: where no time is told, those that come of one are left out."""
    return NUMBERS if update.began is not None else tuple(each for each in NUMBERS if each not in _TIMED)


def left(flow: FlowState, now: datetime | None) -> str:
    """`12 s left`, where that is known."""
    seconds = flow.remaining(now)
    return f"{duration(seconds)} left" if seconds is not None else ""


def span(flow: FlowState, update: Updated, now: datetime | None, cells: int) -> tuple[int, int] | None:
    """When a flow ran within the time of its update: where its bar begins and how long it is, of so many cells."""
    seconds, whole = flow.elapsed(now), update.elapsed(now)
    if seconds is None or flow.began is None or update.began is None or not whole:
        return None
    start = min(max((flow.began - update.began).total_seconds() / whole, 0.0), 1.0)
    long = max(round(min(seconds / whole, 1 - start) * cells), 1)
    return min(round(start * cells), cells - long), long


def chosen(flows: Sequence[FlowState], most: int) -> tuple[list[FlowState], str]:
    """At most that many flows, those that failed or run before others, in their order; and what the rest is."""
    if len(flows) <= most:
        return list(flows), ""
    ranked = sorted(range(len(flows)), key=lambda n: _rank(flows[n]))
    kept = set(ranked[:most])
    rest = [flow.word for n, flow in enumerate(flows) if n not in kept]
    counts = ", ".join(f"{rest.count(word):,} {word}" for word in dict.fromkeys(rest))
    return [flow for n, flow in enumerate(flows) if n in kept], f"… {len(rest):,} more: {counts}"


def _rank(flow: FlowState) -> int:
    return 2 if flow.word == "done" and flow.dropped else _FIRST.get(flow.word, 0)


def notes(update: Updated) -> Iterator[Note]:
    """What has to be known beside the figures."""
    dropped, broken = update.sum_of("dropped"), _broken(update, "drop")
    if dropped:
        by = [each.name for flow, each in broken if not _of_view(flow, each)]
        yield Note("dropped", f"{rows(dropped)} dropped" + (f" by {listed(by)}" if by else ""))
    yield from _in_views(broken)
    late = update.sum_of("late")
    if late:
        flows = [flow.name for flow in update.flows if flow.late]
        yield Note("dropped", f"{rows(late)} came too late for {listed(flows)}")
    kept = [(flow, each) for flow, each in _broken(update, "warn")]
    if len(kept) == 1:
        yield Note("warning", f"{rows(kept[0][1].failed)} kept that broke {kept[0][1].name}")
    elif kept:
        yield Note(
            "warning", f"rows kept that broke {listed([f'{one.name} ({figure(one.failed)})' for _, one in kept])}"
        )
    for flow in update.flows:
        yield from (Note("warning", f"{flow.name}: {warning}") for warning in flow.warnings)
    yield from _left(update)


def _broken(update: Updated, action: str) -> list[tuple[FlowState, Checked]]:
    """The expectations of that kind which some rows broke, the most broken first."""
    found = [(flow, each) for flow in update.flows for each in flow.expectations if each.failed]
    return sorted(((flow, each) for flow, each in found if each.action == action), key=lambda pair: -pair[1].failed)


def _of_view(flow: FlowState, check: Checked) -> bool:
    return bool(check.dataset) and check.dataset != flow.dataset


def _in_views(broken: Sequence[tuple[FlowState, Checked]]) -> Iterator[Note]:
    """What views left out: each expectation is counted, the rows that broke several are not counted together."""
    by_view: dict[str, dict[str, int]] = {}
    for flow, each in broken:
        if _of_view(flow, each):
            by_view.setdefault(each.dataset, {}).setdefault(each.name, each.failed)
    for view, failed in by_view.items():
        names = listed([f"{name} ({figure(many)})" for name, many in failed.items()])
        yield Note("dropped", f"rows left out of {view} that broke {names}")


def _left(update: Updated) -> Iterator[Note]:
    """Which flows were skipped, those with one reason together."""
    by_reason: dict[str, list[str]] = {}
    for flow in update.flows:
        if flow.word == "skipped":
            by_reason.setdefault(flow.why, []).append(flow.name)
    for why, names in by_reason.items():
        many = len(names) > 1
        why = why.replace("it reads", "they read", 1) if many and why.startswith("it reads") else why
        yield Note("skipped", f"{listed(names)} {'were' if many else 'was'} skipped" + (f": {why}" if why else ""))


def problems(update: Updated) -> Iterator[Problem]:
    """What failed, and what that means."""
    if update.failure:
        yield Problem(
            f"{update.name} failed: {update.failure.what}", tuple(reasons(update.failure, _committed(update)))
        )
    for flow in update.flows:
        if flow.word == "failed":
            failure = flow.failure or Failure(what="it does not say why")
            yield Problem(_what(flow, failure), (*reasons(failure, _kept(flow, update)), *_see(flow)))


def _what(flow: FlowState, failure: Failure) -> str:
    for name in (flow.name, flow.name.rpartition(".")[2]):  # what names it already, in full or as its file does
        rest = failure.what.removeprefix(name)
        if rest != failure.what and not rest[:1].isalnum():
            return f"{flow.name}{rest}"
    return f"{flow.name} stopped: {failure.what}"


def reasons(failure: Failure, kept: str = "") -> Iterator[tuple[str, str]]:
    """What is known of a failure, each with its word."""
    pairs = [("why", failure.why), ("at", failure.place)]
    pairs += [("cause", cause) for cause in failure.causes if cause not in failure.why]
    return ((word, text) for word, text in (*pairs, ("fix", failure.fix), ("kept", kept)) if text)


def _kept(flow: FlowState, update: Updated) -> str:
    written = f"{rows(flow.written)} of this flow are committed" if flow.written else "nothing of this flow was written"
    others = _committed(update)
    return "; ".join([written, others] if others else [written])


def _committed(update: Updated) -> str:
    many = update.counts.get("done", 0)
    flows = f"{many:,} {'flow is' if many == 1 else 'flows are'} committed; " if many else ""
    return f"{flows}the next update starts from here" if update.place else ""


def _see(flow: FlowState) -> Iterator[tuple[str, str]]:
    if any(each.failed and each.action == "fail" for each in flow.expectations):
        yield "see", f"ldp expectations {flow.dataset or flow.name}"
