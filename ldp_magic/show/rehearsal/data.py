"""A rehearsal for other programs."""

from __future__ import annotations

from typing import Any

from ldp_magic.events import FlowState
from ldp_magic.testing.rehearsal import Batch, Compared, Line, Rehearsal


def json(rehearsal: Rehearsal) -> dict[str, Any]:
    """Everything that is known, as plain values; what has no number is null."""
    made = rehearsal.made
    return {
        "pipeline": rehearsal.pipeline,
        "dataset": rehearsal.dataset or None,
        "kind": rehearsal.kind or None,
        "made": {
            "batches": made.batches,
            "late": made.late,
            "duplicate": made.duplicate,
            "shuffle": made.shuffle,
            "seed": made.seed,
        },
        "batches": [_batch(each) for each in rehearsal.batches],
        "expectations": [
            {"dataset": e.dataset, "name": e.name, "action": e.action, "passed": e.passed, "failed": e.failed}
            for e in rehearsal.expectations()
        ],
        "compared": [_compared(each) for each in rehearsal.compared],
        "delay_that_keeps_all": rehearsal.enough or None,
        "notes": list(rehearsal.notes),
    }


def _batch(batch: Batch) -> dict[str, Any]:
    failure = batch.failure
    return {
        "batch": batch.number,
        "rows": batch.rows,
        "made_late": batch.late,
        "made_twice": batch.twice,
        "first": batch.first.isoformat() if batch.first else None,
        "last": batch.last.isoformat() if batch.last else None,
        "flows": [_flow(each.flow, each.whole, each.lines) for each in batch.flows],
        "failure": {"flow": batch.at, "what": failure.what, "why": failure.why, "fix": failure.fix}
        if failure
        else None,
    }


def _flow(flow: FlowState, whole: Line, lines: tuple[Line, ...]) -> dict[str, Any]:
    return {
        "flow": flow.name,
        "dataset": flow.dataset,
        "status": flow.status,
        **_numbers(whole),
        "expectations": [
            {"name": e.name, "action": e.action, "passed": e.passed, "failed": e.failed} for e in flow.expectations
        ],
        "steps": [{"step": line.what, "subject": line.subject, **_numbers(line)} for line in lines],
    }


def _numbers(line: Line) -> dict[str, Any]:
    return {
        "in": line.came,
        "out": line.out,
        "dropped": line.dropped,
        "late": line.late,
        "updated": line.updated,
        "state_rows": line.state,
        "watermark_before": line.before or None,
        "watermark": line.after or None,
    }


def _compared(each: Compared) -> dict[str, Any]:
    return {
        "dataset": each.dataset,
        "equal": None if each.why else each.equal,
        "why": each.why,
        "rows": each.rows,
        "rows_at_once": each.whole,
        "same": each.same,
        "keys": list(each.keys),
        "missing": each.missing,
        "open": each.open,
        "other_values": each.other,
        "extra": each.extra,
        "late": each.late,
        "examples": [
            {
                "key": dict(other.key),
                "differs": [{"column": name, "in_steps": a, "at_once": b} for name, a, b in other.differs],
            }
            for other in each.examples
        ],
    }
