"""Expectations for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ldp_magic.runs.broken import Reason
from ldp_magic.runs.outcome import Outcome
from ldp_magic.show.expectations.words import became, sentence, whole
from ldp_magic.show.values import plain

_RESULTS = {True: "true", False: "false", None: "unknown"}


def json(found: Outcome, reasons: Sequence[Reason] | None, zone: str = "UTC") -> dict[str, Any]:
    """Everything that is known of one dataset, as plain values; what nobody counted is null."""
    said: dict[str, Any] = {
        "dataset": found.dataset.name,
        "kind": found.dataset.kind,
        "update": found.update,
        "batches": list(found.batches) if found.batches else None,
        "checked": found.total if found.known else None,
        "written": found.written,
        "dropped": found.dropped,
        "kept_with_warning": found.warned,
        "expectations": [
            {"name": e.name, "condition": e.condition, "action": e.action, "passed": e.passed, "failed": e.failed}
            for e in found.checks
        ],
        "stopped": _stop(found),
    }
    return said if reasons is None else {**said, "reasons": [_reason(each, zone) for each in reasons]}


def _stop(found: Outcome) -> dict[str, Any] | None:
    if found.stop is None:
        return None
    stop = found.stop
    said = {"update": stop.number, "expectations": list(stop.names), "failed": stop.failed, "checked": stop.total}
    return {**said, "what": stop.failure.what, "why": stop.failure.why, "fix": stop.failure.fix}


def _reason(reason: Reason, zone: str) -> dict[str, Any]:
    names = [name for name, _ in reason.columns]
    return {
        "expectation": reason.check.name,
        "failed": reason.check.failed,
        "looked_at": reason.looked,
        "parts": [each.text for each in reason.parts],
        "columns": [{"name": name, "type": type_} for name, type_ in reason.columns],
        "rows": [
            {
                "values": {
                    name: plain(value, type_, zone)
                    for name, value, (_, type_) in zip(names, row.values, reason.columns, strict=True)
                },
                "parts": [_RESULTS[each] for each in row.parts],
                "whole": whole(row),
                "became": became(row),
            }
            for row in reason.rows
        ],
        "patterns": [
            {"parts": [_RESULTS[part] for part in each.parts], "nulls": list(each.nulls), "rows": each.rows}
            for each in reason.patterns
        ],
        "margins": [
            {
                "part": f"{each.value} {each.sign}",
                "steps": [{"bound": bound, "pass": many} for bound, many in each.steps],
            }
            for each in reason.margins
        ],
        "said": "".join(each.text for each in sentence(reason)),
    }
