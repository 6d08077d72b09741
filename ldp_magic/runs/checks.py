"""Expectations: flags beside the rows, what they count, and what stops an update."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.engine.answer import Checked
from ldp_magic.engine.views import true
from ldp_magic.errors import LdpError
from ldp_magic.sql.model import Expectation
from ldp_magic.sql.writing import quoted

if TYPE_CHECKING:
    from ldp_magic.runs.turn import FlowTurn

FLAG, KEEP = "__check", "__keep"
SHOWN = 3  # rows that an error shows


class Stopped(LdpError):
    """Rows broke an expectation that stops the update; *checks* says what was counted until then."""

    checks: Sequence[Checked] = ()


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Rows that were checked before they became others: a view of those that go on, and a query for the rest."""

    rows: str
    left_out: str = ""
    checks: tuple[Checked, ...] = ()


def flags(expectations: Sequence[Expectation]) -> list[str]:
    """The columns that say of each row which expectations it keeps, and whether it stays; unknown is no."""
    conditions = [true(each.condition) for each in expectations]
    kept = [text for text, each in zip(conditions, expectations, strict=True) if each.on_violation == "drop"]
    found = [f"{text} AS {FLAG}{n}" for n, text in enumerate(conditions)]
    return [*found, f"({' AND '.join(kept)}) AS {KEEP}"] if kept else found


def on_the_way(turn: FlowTurn, events: str) -> OnTheWay:
    """The change rows of a view, checked: the rows of the table itself show only what became of them."""
    views = turn.views
    expectations = views.expectations(turn.pipeline, turn.dataset)
    if not expectations:
        return OnTheWay(events)
    columns = [quoted(name) for name, _ in views.columns((events.strip("`"),)) or ()]
    items = ", ".join([*columns, *flags(expectations)])
    relation = quoted(turn.dataset.qualified[-1])
    flagged = turn.kept("checked", views.spoken(f"SELECT {items} FROM {events} AS {relation}"))
    counts = ", ".join(f"count_if({FLAG}{n})" for n in range(len(expectations)))
    total, *passed = turn.session.spark.sql(f"SELECT count(*), {counts} FROM {flagged}").collect()[0]
    checks = counted(expectations, total, passed)
    for n, each in enumerate(checks):
        if each.action == "fail" and each.failed:
            rows = turn.session.spark.sql(f"SELECT * FROM {flagged} WHERE NOT {FLAG}{n} LIMIT {SHOWN}").collect()
            raise stopped(turn.dataset.name, checks, (row.asDict() for row in rows))
    if not any(each.on_violation == "drop" for each in expectations):
        return OnTheWay(events, "", checks)
    rows = f"SELECT {', '.join(columns)} FROM {flagged} WHERE {KEEP}"
    dropped = f"SELECT * EXCEPT ({KEEP}) FROM {flagged} WHERE NOT {KEEP}"
    return OnTheWay(quoted(views.view("kept changes", rows)), views.spoken(dropped), checks)


def counted(expectations: Sequence[Expectation], total: int, passed: Iterable[int]) -> tuple[Checked, ...]:
    """The counts of each expectation over so many rows."""
    return tuple(
        Checked(each.name, each.condition, each.on_violation, many, total - many)
        for each, many in zip(expectations, passed, strict=True)
    )


def counts_in(folder: Path, expectations: Sequence[Expectation]) -> tuple[Checked, ...]:
    """How many rows pass each expectation, from the flags that were written beside them."""
    if not expectations:
        return ()
    import pyarrow.compute  # type: ignore[import-untyped]
    from pyarrow import parquet

    names = [f"{FLAG}{n}" for n in range(len(expectations))]
    total, passed = 0, [0] * len(names)
    for path in folder.rglob("*.parquet"):
        found = parquet.read_table(path, columns=names, partitioning=None)
        total += found.num_rows
        for n, name in enumerate(names):
            passed[n] += pyarrow.compute.sum(found.column(name)).as_py() or 0
    return counted(expectations, total, passed)


def stop_at_failures(dataset: str, folder: Path, columns: Sequence[str], checks: Sequence[Checked]) -> None:
    """Raise an error that shows rows of the folder, if one of them breaks an expectation that stops the update."""
    broken = next((n for n, each in enumerate(checks) if each.action == "fail" and each.failed), None)
    if broken is not None:
        raise stopped(dataset, checks, _rows(folder, broken, columns))


def stopped(dataset: str, checks: Sequence[Checked], rows: Iterable[dict[str, Any]]) -> Stopped:
    """The error of an update that stops."""
    broken = [each for each in checks if each.action == "fail" and each.failed]
    first, names = broken[0], " and ".join(each.name for each in broken)
    examples = "; ".join(_shown(row) for row in rows)
    error = Stopped(
        f"{dataset} stopped: expectation {names} failed for {first.failed:,} of {first.passed + first.failed:,} rows",
        why=f"{first.name} says ON VIOLATION FAIL UPDATE, and {first.condition} is not true of {examples}",
        fix="mend these rows at their source, or drop such rows instead: ON VIOLATION DROP ROW",
    )
    error.checks = checks
    return error


def _rows(folder: Path, n: int, columns: Sequence[str]) -> list[dict[str, Any]]:
    from pyarrow import parquet

    found: list[dict[str, Any]] = []
    for path in sorted(folder.rglob("*.parquet")):
        rows = parquet.read_table(path, filters=[(f"{FLAG}{n}", "=", False)], partitioning=None)
        found += rows.slice(0, SHOWN - len(found)).select(list(columns)).to_pylist()
        if len(found) >= SHOWN:
            break
    return found


def _shown(row: dict[str, Any]) -> str:
    values = [(name, value) for name, value in row.items() if not name.startswith("__")]
    return "(" + ", ".join(f"{name} {_short(value)}" for name, value in values[:6]) + ")"


def _short(value: Any) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
