"""What is told of one turn of a flow: rows, expectations, state, and what has to be said beside them."""

from __future__ import annotations

from typing import Any

from ldp_magic.engine.answer import Checked as Tested
from ldp_magic.events import Checked
from ldp_magic.runs.modes import Way
from ldp_magic.runs.turn import FlowTurn
from ldp_magic.runs.work import Work
from ldp_magic.runs.writing import Done

ANEW = "a group without a watermark is computed anew from all rows in each update"


def numbers_of(turn: FlowTurn, way: Way, work: Work, done: Done) -> dict[str, Any]:
    """What the recorder of events is given of a turn that has left something."""
    read, seen = turn.views.read, turn.views.seen
    checks = [counted(turn.dataset.name, each) for each in done.checks]
    checks += [counted(view, each) for view, (_, some) in read.checks.items() for each in some]
    labels = [f"{each.what}: {each.why}" for each in seen.labels if not each.what.startswith("WATERMARK")]
    return {
        "rows_read": read.rows,
        "rows_written": done.written,
        "dropped": done.dropped,
        **{key: work.numbers.get(key) for key in ("late", "upserted", "deleted", "state_rows")},
        "watermark": work.numbers.get("watermark") or "",
        "expectations": tuple(checks),
        "warnings": (*seen.notes, *labels, *([ANEW] if way.mode == "complete" else [])),
    }


def counted(dataset: str, each: Tested) -> Checked:
    """An expectation as events tell it."""
    return Checked(name=each.name, dataset=dataset, passed=each.passed, failed=each.failed, action=each.action)
