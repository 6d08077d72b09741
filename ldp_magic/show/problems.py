"""Everything that would go wrong in a workspace, in one list."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from ldp_magic.resources.wanted import Problem, Wanted
from ldp_magic.show.markup import code, escaped, foot, head, muted, page, pairs, sign_of
from ldp_magic.show.pen import Pen, Run

__all__ = ["html", "json", "text"]

MOST = 200
_NEXT = "ldp plan tells what a deploy would do"


def text(wanted: Wanted, pen: Pen) -> str:
    """A block for each problem, errors first."""
    lines = [_head(wanted, pen)]
    for each in _sorted(wanted.problems)[:MOST]:
        lines += ["", *_block(each, pen)]
    if len(wanted.problems) > MOST:
        lines += ["", f"and {len(wanted.problems) - MOST:,} more"]
    if not _errors(wanted):
        lines += ["", _NEXT]
    return "\n".join(lines)


def _errors(wanted: Wanted) -> int:
    return sum(each.severity == "error" for each in wanted.problems)


def _sorted(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda each: each.severity != "error")


def _facts(wanted: Wanted) -> list[str]:
    kinds = [each.kind for each in wanted.resources]
    said = [f"{kinds.count(kind)} {kind}{'s' * (kinds.count(kind) != 1)}" for kind in dict.fromkeys(kinds)]
    return [f"{len(wanted.files):,} file{'s' * (len(wanted.files) != 1)}", *said]


def _summary(wanted: Wanted) -> str:
    errors = _errors(wanted)
    warnings = len(wanted.problems) - errors
    said = [f"{errors} problem{'s' * (errors != 1)}"] if errors else []
    said += [f"{warnings} warning{'s' * (warnings != 1)}"] if warnings else []
    return ", ".join(said) or "nothing is wrong that can be known from here"


def _head(wanted: Wanted, pen: Pen) -> str:
    state = pen.state("error" if _errors(wanted) else "warning" if wanted.problems else "ok")
    name = pen.theirs(wanted.environment or wanted.project)
    facts = pen.ours(" · ").join(_facts(wanted))
    return pen.line([state, Run(f" {_summary(wanted)}", "bold"), Run(f"  {name}{pen.ours(' · ')}{facts}")])


def _block(each: Problem, pen: Pen) -> list[str]:
    state = pen.state(each.severity)
    first = pen.hanging(f"{state.text} ", pen.theirs(f"{each.code} {each.what}".strip()))
    lines = [pen.line([state, Run(first[len(state.text) :], "bold" if each.severity == "error" else "")])]
    for word, said in (("at", each.where), ("why", each.why), ("fix", each.fix)):
        if said:
            lines.append(pen.hanging(f"  {word.ljust(4)} ", pen.theirs(said)))
    return lines


def html(wanted: Wanted) -> str:
    """The same for a page."""
    parts = [head(wanted.environment or wanted.project, map(escape, [_summary(wanted), *_facts(wanted)]))]
    for each in _sorted(wanted.problems)[:MOST]:
        what = f"{sign_of(each.severity)} <strong>{escaped(each.what)}</strong>"
        what += f" {muted(code(each.code))}" if each.code else ""
        said = [("at", code(each.where))] if each.where else []
        said += [(word, escaped(one)) for word, one in (("why", each.why), ("fix", each.fix)) if one]
        parts.append(f'<div style="margin:10px 0 0 0">{what}{pairs(said)}</div>\n')
    rest = len(wanted.problems) - MOST
    parts += [foot(f"and {rest:,} more")] if rest > 0 else []
    return page([*parts, foot(escape(_NEXT))] if not _errors(wanted) else parts)


def json(wanted: Wanted) -> dict[str, Any]:
    """The same as plain values."""
    from ldp_magic.show.plan.data import problem

    kinds = [each.kind for each in wanted.resources]
    return {
        "project": wanted.project,
        "environment": wanted.environment,
        "files": len(wanted.files),
        "resources": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        "problems": [problem(each) for each in _sorted(wanted.problems)],
    }
