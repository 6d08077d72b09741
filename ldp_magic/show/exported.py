"""What became of files that were written, and what their format cannot hold, in one list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ldp_magic.bundle.folder import Put
from ldp_magic.resources import Problem
from ldp_magic.settings import path_shown
from ldp_magic.show.pen import Pen, Run

__all__ = ["as_json", "text"]

_MOST = 40


def text(title: str, put: Put, left: Sequence[Problem], steps: Sequence[str], pen: Pen) -> str:
    """A headline, the files, what is left out, and what to type next."""
    lines = [_headline(title, put, left, pen)]
    for words, paths in (("written", put.written), ("removed", put.removed), ("kept, because edited", put.kept)):
        if paths:
            lines += ["", pen.line([Run(f"  {words}", "bold")])]
            lines += [f"    {pen.theirs(path)}" for path in paths[:_MOST]]
            lines += [pen.ours(f"    … and {len(paths) - _MOST:,} more")] if len(paths) > _MOST else []
    if left:
        lines += ["", pen.line([Run("  not held", "bold")]), *(line for each in left for line in _left(each, pen))]
    if steps:
        lines += ["", "  next", *(f"    {step}" for step in steps)]
    return "\n".join(lines)


def _headline(title: str, put: Put, left: Sequence[Problem], pen: Pen) -> str:
    same = len(put.unchanged)
    parts = [f"{len(put.written)} file{'s' * (len(put.written) != 1)} written"] if put.written else []
    parts += [f"{len(put.removed)} removed"] if put.removed else []
    parts += [f"{same} as {'they were' if same != 1 else 'it was'}"] if same else []
    parts += [f"{len(left)} {'thing' if len(left) == 1 else 'things'} not held"] if left else []
    state = "warning" if left else "ok"
    folder = pen.theirs(path_shown(put.folder))
    figures = pen.ours(" · ").join(parts or ["nothing to write"])
    return pen.line([pen.state(state), Run(f" {title}", "bold"), Run(f"  {folder}  {figures}")])


def _left(one: Problem, pen: Pen) -> list[str]:
    where = f"{pen.theirs(one.where)}: " if one.where else ""
    lines = [
        pen.hanging(
            f"  {pen.state('warning' if one.severity == 'warning' else 'error').text} ",
            f"{where}{pen.theirs(one.what)}",
        )
    ]
    lines += [pen.hanging("      why  ", pen.theirs(one.why))] if one.why else []
    return lines + ([pen.hanging("      fix  ", pen.theirs(one.fix))] if one.fix else [])


def as_json(put: Put, left: Sequence[Problem]) -> dict[str, Any]:
    """The same as plain values."""
    files = {name: list(getattr(put, name)) for name in ("new", "changed", "unchanged", "removed", "kept")}
    said = [{"what": p.what, "why": p.why, "fix": p.fix, "where": p.where, "severity": p.severity} for p in left]
    return {"folder": str(put.folder), "files": files, "left": said}
