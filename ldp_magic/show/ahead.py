"""What an update would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ldp_magic.runs.dry import Ahead
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table

__all__ = ["json", "text"]


def text(flows: Sequence[Ahead], pen: Pen) -> str:
    """A line for each flow, and below them why some would fail."""
    rows = []
    for each in flows:
        state, word = _state(each)
        sign = pen.state(state)
        what = f"{len(each.columns):,} columns" if not each.error else ""
        rows.append(
            [
                Run(f"{sign.text} {word}", sign.style),
                Run(pen.theirs(each.flow)),
                Run(pen.theirs(each.kind)),
                Run(pen.theirs(each.how)),
                Run(what),
            ]
        )
    bad = sum(1 for each in flows if each.error)
    said = f"{bad} of {len(flows)} flows would fail" if bad else f"{len(flows)} flows can run"
    heads = ("state", "flow", "kind", "how", "result")
    columns = [Column(head, cuts="end" if head == "how" else "middle" if head == "flow" else "never") for head in heads]
    lines = [pen.line([Run("dry run", "bold"), Run(f"  {said}; nothing was written")]), "", *table(columns, rows, pen)]
    for each in flows:
        if each.error:
            lines += ["", pen.line([Run("  "), Run(pen.theirs(each.error.what), "bold")])]
            lines += [pen.hanging("  why  ", pen.theirs(each.error.why))] if each.error.why else []
            lines += [pen.hanging("  fix  ", pen.theirs(each.error.fix))] if each.error.fix else []
    return "\n".join(lines)


def json(flows: Sequence[Ahead]) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "flows": [
            {
                "flow": each.flow,
                "dataset": each.dataset,
                "kind": each.kind,
                "state": _state(each)[1],
                "how": each.how,
                "columns": [{"name": name, "type": type_} for name, type_ in each.columns],
                "error": each.error and {"what": each.error.what, "why": each.error.why, "fix": each.error.fix},
            }
            for each in flows
        ]
    }


def _state(each: Ahead) -> tuple[str, str]:
    if each.error:
        return "error", "would fail"
    return ("info", "unchanged") if each.unchanged else ("ok", "begins anew" if each.anew else "would run")
