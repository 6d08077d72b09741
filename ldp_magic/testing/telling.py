"""Why a test has not passed, line by line; each line is pieces of text with a style."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ldp_magic.testing.comparing import Changed, Difference
from ldp_magic.testing.outcome import Outcome, Wrong
from ldp_magic.testing.values import shown

Line: TypeAlias = tuple[tuple[str, str], ...]

MOST = 8  # rows of a kind that are told


def told(outcome: Outcome) -> Iterator[Line]:
    """What is wrong with a test, and what to do about one that could not run."""
    if outcome.error is not None:
        yield (("  ", ""), (outcome.error.what, "bold"))
        if outcome.error.why:
            yield (("    why  ", ""), (outcome.error.why, ""))
        if outcome.error.fix:
            yield (("    fix  ", ""), (outcome.error.fix, ""))
    for batch, wrong in outcome.wrong:
        head = f"  batch {batch}, " if len(outcome.case.batches) > 1 else "  "
        yield from _rows(head, wrong.difference) if wrong.difference else _sentence(head, wrong)


def lines(outcome: Outcome) -> list[str]:
    """The same as plain text."""
    return ["".join(text for text, _ in line) for line in told(outcome)]


def _sentence(head: str, wrong: Wrong) -> Iterator[Line]:
    yield ((f"{head}line {wrong.line}: " if wrong.line else head, ""), (wrong.what, ""))


def _rows(head: str, said: Difference) -> Iterator[Line]:
    counts = ((len(said.missing), "missing"), (len(said.extra), "too many"), (len(said.changed), "changed"))
    what = ", ".join(f"{many:,} {word}" for many, word in counts if many) or "the rows stand in another order"
    rows = f"{said.found:,} row{'' if said.found == 1 else 's'}, {said.expected:,} expected"
    yield ((head, ""), (said.dataset, "bold"), (f", line {said.line}: {what} ({rows})", ""))
    yield from _some([row for _, row in said.missing], lambda row: [((f"    - {_row(row)}", "red"),)])
    yield from _some(said.extra, lambda row: [((f"    + {_row(row)}", "green"),)])
    yield from _some(said.changed, _cells)


def _cells(changed: Changed) -> list[Line]:
    found: list[Line] = [((f"    ~ {_row(changed.key)}", "yellow"),)]
    for name, (wanted, there) in changed.cells.items():
        found.append(
            ((f"        {name}: ", ""), (f"- {shown(wanted)}", "red"), ("  ", ""), (f"+ {shown(there)}", "green"))
        )
    return found


def _some(rows: Sequence[Any], told: Callable[[Any], list[Line]]) -> Iterator[Line]:
    for row in rows[:MOST]:
        yield from told(row)
    if len(rows) > MOST:
        yield ((f"      and {len(rows) - MOST:,} more", ""),)


def _row(row: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {shown(value)}" for name, value in row.items()) + "}"
