"""What `ldp doctor` found."""

from __future__ import annotations

from collections.abc import Sequence

from ldp_magic.engine.packages import Check
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table

_STATES = {"ok": "ok", "warning": "warning", "error": "error", "absent": "info"}
_SAID = {"ok": "well", "warning": "warning", "error": "not well", "absent": "not here"}


def text(checks: Sequence[Check], pen: Pen) -> str:
    """A table, and below it what to do about what is not well."""
    rows = []
    for each in checks:
        sign = pen.state(_STATES[each.state])
        word = Run(f"{sign.text} {_SAID[each.state]}", sign.style)
        rows.append([word, Run(pen.theirs(each.name)), Run(pen.theirs(each.found))])
    columns = (Column(cuts="never"), Column(cuts="never"), Column(cuts="end"))
    lines = [pen.line([Run("doctor", "bold"), Run("  " + _summary(checks))]), "", *table(columns, rows, pen)]
    for each in checks:
        if each.state != "ok" and (each.why or each.fix):
            lines += ["", pen.line([Run("  "), Run(pen.theirs(each.name), "bold")])]
            lines += [pen.hanging("  why  ", pen.theirs(each.why))] if each.why else []
            lines += [f"  fix  {pen.theirs(each.fix)}"] if each.fix else []  # a command is never broken
    return "\n".join(lines)


def _summary(checks: Sequence[Check]) -> str:
    bad = sum(1 for each in checks if each.state == "error")
    return f"{bad} of {len(checks)} checks not well" if bad else "nothing is in the way"
