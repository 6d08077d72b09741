"""What a report says in figures: its tiles, the boxes of its picture, its one line for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldp_magic.events.words import duration, figure, listed
from ldp_magic.lint.finding import Finding
from ldp_magic.show.graph.nodes import Figures
from ldp_magic.show.graph.words import count
from ldp_magic.show.report.facts import Facts
from ldp_magic.show.updates.words import notes

_STATES = {"done": "ok", "failed": "error", "stopped": "warning", "cut short": "warning"}


@dataclass(frozen=True, slots=True)
class Tile:
    """One large figure, what it is of, and its sign."""

    figure: str
    said: str
    state: str = ""


def tiles(facts: Facts) -> Iterator[Tile]:
    """State, time, rows, expectations."""
    update = facts.update
    yield Tile(_word(facts), _beside(facts), state(facts))
    seconds = update.elapsed()
    yield Tile(duration(seconds) if seconds is not None else "not known", _earlier(facts))
    written = [flow for flow in update.flows if flow.word != "failed" and (flow.written or flow.upserted)]
    total = sum((flow.written or 0) + (flow.upserted or 0) for flow in written)
    datasets = len({flow.dataset for flow in written})
    yield Tile(figure(total), f"{'row' if total == 1 else 'rows'} written to {count(datasets, 'dataset')}")
    checks = [check for each in facts.outcomes for check in each.checks]
    held = sum(1 for each in checks if not each.failed)
    if checks:
        yield Tile(f"{held:,} of {len(checks):,}", "expectations held")
    else:
        yield Tile("none", "no expectation was checked")


def _word(facts: Facts) -> str:
    return "completed" if facts.update.word == "done" else facts.update.word


def state(facts: Facts) -> str:
    """The sign of the whole update."""
    found = _STATES.get(facts.update.word, "unknown")
    return "warning" if found == "ok" and warnings(facts) else found


def warnings(facts: Facts) -> int:
    """How many things have to be known although it went well."""
    return sum(1 for note in notes(facts.update) if note.state in ("dropped", "warning"))


def _beside(facts: Facts) -> str:
    update = facts.update
    failed = update.counts.get("failed", 0)
    if failed:
        return f"{failed:,} of {count(update.total, 'flow')} failed"
    many = warnings(facts)
    return f"with {count(many, 'warning')}" if many else f"{update.fine:,} of {count(update.total, 'flow')} done"


def _earlier(facts: Facts) -> str:
    before = facts.before
    seconds = before.elapsed() if before else None
    return f"{before.name} took {duration(seconds)}" if before and seconds is not None else "the first update kept"


def summary(facts: Facts) -> str:
    """`update 5 of shop: completed with 3 warnings`"""
    return f"{facts.update.name} of {facts.pipeline.name}: {_word(facts)}, {_beside(facts)}"


def figures(facts: Facts) -> dict[str, Figures]:
    """What stands in the boxes of the picture."""
    found = {name: _figures(facts, name) for name in facts.pipeline.datasets}
    return {name: each for name, each in found.items() if each}


def _figures(facts: Facts, name: str) -> Figures | None:
    flows = facts.flows(name)
    if any(flow.word == "failed" for flow in flows):
        return Figures("", "failed", "error")
    right, sign = _checked(facts, name)
    if not flows:
        return Figures("", right, sign) if right else None
    words = dict.fromkeys(flow.word for flow in flows)
    told = [each for flow in flows for each in (flow.written, flow.upserted) if each is not None]
    left = f"{figure(sum(told))} written" if "done" in words and told else listed(list(words))
    return Figures(left, right, sign)


def _checked(facts: Facts, name: str) -> tuple[str, str]:
    found = facts.outcome(name)
    checks = found.checks if found else ()
    dropped = sum(flow.dropped or 0 for flow in facts.flows(name)) or (found.dropped if found else 0)
    if dropped:
        return f"{figure(dropped)} dropped", "dropped"
    warned = max((each.failed for each in checks if each.action == "warn"), default=0)
    if warned:
        return f"{figure(warned)} warned", "warning"
    return (f"{len(checks):,} of {len(checks):,}", "ok") if checks else ("", "")


def tally(findings: tuple[Finding, ...]) -> str:
    """`1 error, 2 warnings`"""
    counts = [(sum(1 for each in findings if each.severity == s), s) for s in ("error", "warning", "info")]
    said = [f"{many:,} info" if word == "info" else count(many, word) for many, word in counts if many]
    return ", ".join(said) or "none"
