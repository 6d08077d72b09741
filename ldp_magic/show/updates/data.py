"""An update for other programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ldp_magic.events import Failure, FlowState, Updated
from ldp_magic.events.values import written


def json(update: Updated) -> dict[str, Any]:
    """Everything that is known, as plain values; what nobody counted is null."""
    return {
        "update": update.number,
        "id": update.id,
        "pipeline": update.pipeline,
        "environment": update.environment,
        "place": update.place,
        "cause": update.cause,
        "state": update.state,
        "refresh": list(update.refresh),
        "full_refresh": list(update.full_refresh),
        "started": _time(update.began),
        "seconds": update.seconds,
        "phases": [{"name": each.name, "state": each.state, "seconds": each.seconds} for each in update.phases],
        "flows": [_flow(flow) for flow in update.flows],
        "counts": update.counts,
        "failure": _failure(update.failure),
    }


def _flow(flow: FlowState) -> dict[str, Any]:
    return {
        "name": flow.name,
        "dataset": flow.dataset,
        "kind": flow.kind,
        "status": flow.status,
        "state": flow.word,
        "read": flow.read,
        "written": flow.written,
        "dropped": flow.dropped,
        "upserted": flow.upserted,
        "deleted": flow.deleted,
        "late": flow.late,
        "state_rows": flow.state_rows,
        "watermark": flow.watermark or None,
        "started": _time(flow.began),
        "seconds": flow.seconds,
        "rows_per_second": flow.rate(),
        "expectations": [
            {"name": e.name, "dataset": e.dataset, "action": e.action, "passed": e.passed, "failed": e.failed}
            for e in flow.expectations
        ],
        "why": flow.why,
        "warnings": list(flow.warnings),
        "failure": _failure(flow.failure),
    }


def _failure(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    said = {"what": failure.what, "why": failure.why, "fix": failure.fix, "place": failure.place}
    return {**said, "causes": list(failure.causes)}


def _time(time: datetime | None) -> str | None:
    return written(time) if time else None
