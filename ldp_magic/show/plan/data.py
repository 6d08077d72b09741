"""A plan as plain values."""

from __future__ import annotations

from typing import Any

from ldp_magic.deploy.plan import Change, Plan, Step
from ldp_magic.resources.wanted import Problem
from ldp_magic.show.plan.words import apply_line, changed_in, counts, diff_of, shown

__all__ = ["json", "problem"]


def json(plan: Plan) -> dict[str, Any]:
    """Everything that the other forms say."""
    wanted, have = plan.wanted, plan.have
    return {
        "hash": plan.hash,
        "project": wanted.project,
        "environment": wanted.environment,
        "who": have.who,
        "host": have.host or wanted.host,
        "profile": have.profile or wanted.profile,
        "folder": have.folder,
        "catalog": wanted.catalog,
        "schema": wanted.schema,
        "asked": have.asked,
        "why": have.why,
        "counts": {action: number for action, number, _ in counts(plan)},
        "steps": [_step(plan, step) for step in plan.steps],
        "effects": [
            {
                "dataset": each.name, "table": each.table, "kind": each.kind, "effect": each.effect,
                "what": each.what, "why": each.why, "file": each.file, "reaches": list(each.reaches),
            }
            for each in plan.effects
        ],
        "runs": [
            {
                "job": each.job, "words": each.words, "zone": each.zone,
                "next": [time.isoformat() for time in each.times], "notes": list(each.notes),
            }
            for each in plan.runs
        ],
        "setup": list(wanted.setup),
        "problems": [problem(each) for each in wanted.problems],
        "apply": apply_line(plan),
    }  # fmt: skip


def _step(plan: Plan, step: Step) -> dict[str, Any]:
    said: dict[str, Any] = {"action": step.action, "kind": step.kind, "key": step.key, "name": step.name}
    if step.kind == "file":
        said |= {"added": step.added, "removed": step.removed, "what": changed_in(plan, step)}
        return said | ({"diff": text} if (text := diff_of(step)) else {})
    said |= {"id": step.id, "changes": [_change(each) for each in step.changes], "unchanged": step.unchanged}
    said |= {"drift": [_change(each) for each in step.drift], "reasons": list(step.reasons)}
    return said | {"permissions": [dict(each) for each in step.permit]}


def _change(change: Change) -> dict[str, Any]:
    hidden = "***" in (shown(change, change.was), shown(change, change.now))
    was, now = (shown(change, each) or None if hidden else each for each in (change.was, change.now))
    return {"action": change.action, "path": change.path, "was": was, "now": now, "origin": change.origin}


def problem(each: Problem) -> dict[str, Any]:
    """A problem of a check."""
    return {
        "severity": each.severity, "code": each.code, "where": each.where, "what": each.what, "why": each.why,
        "fix": each.fix,
    }  # fmt: skip
