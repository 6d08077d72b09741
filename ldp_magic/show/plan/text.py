"""A plan for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.deploy.plan import Plan, Runs, Step
from ldp_magic.show.glyphs import wide
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.plan.words import (
    ACTIONS,
    EFFECTS,
    MOST,
    apply_line,
    changed_in,
    counts,
    diff_of,
    files,
    left,
    loud,
    moments,
    objects,
    place,
    rest_of,
    steps_of,
)
from ldp_magic.show.table import Column, table

__all__ = ["text"]

_BARE = (Column(cuts="never"), Column(), Column(), Column(), Column(cuts="end"))


def text(plan: Plan, pen: Pen, *, diffs: bool = False, apply: str = "") -> str:
    """Who and where, the counts, the steps, and what happens to the rows."""
    lines = [_head(plan, pen), *_facts(plan, pen)]
    lines += _files(plan, pen)
    if diffs:
        lines += [line for step in files(plan)[0] for line in _diff(step, pen)]
    for step in objects(plan):
        lines += _object(plan, step, pen)
    lines += _rows(plan, pen)
    return "\n".join([*lines, "", _last(plan, pen, apply)])


def _head(plan: Plan, pen: Pen) -> str:
    name = pen.cut(pen.theirs(plan.wanted.environment or plan.wanted.project), 24)
    runs = [Run(f"plan for {name}", "bold")]
    for action, number, words in counts(plan):
        sign = ACTIONS[action]
        glyph = f"{sign.of(pen.glyphs)} " if number else ""
        runs += [Run("   "), Run(glyph, sign.terminal), Run(words, "" if number else "bright black")]
    sent = Run("   nothing has been sent", "bright black")
    return pen.line([*runs, sent] if sum(wide(run.text) for run in (*runs, sent)) <= pen.width else runs)


def _facts(plan: Plan, pen: Pen) -> Iterator[str]:
    for state, words in loud(plan):
        yield pen.line([pen.state(state), Run(" "), Run(pen.theirs(words), "bold")])
    said = pen.ours(" · ").join(f"{word} {pen.theirs(value)}" for word, value in place(plan))
    if said:
        yield pen.hanging("", said)
    if not plan.have.asked:
        why = f": {plan.have.why}" if plan.have.why else ""
        yield pen.hanging("", pen.theirs(f"no workspace was asked{why}; this is what a first deploy would make"))


def _files(plan: Plan, pen: Pen) -> list[str]:
    some, rest, same = files(plan)
    rows = [
        [
            *_action(step.action, pen),
            Run(pen.theirs(step.name)),
            Run(_lines(step, pen)),
            Run(pen.theirs(changed_in(plan, step))),
        ]
        for step in some
    ]
    rows += [[*_action("change", pen), Run(rest_of(rest, "file")), Run(""), Run("")]] if rest else []
    if same:
        rows.append([*_action("unchanged", pen), Run(left(same, "file", more=bool(rows))), Run(""), Run("")])
    columns = (Column(cuts="never"), Column(), Column(cuts="never"), Column(cuts="end"))
    return ["", pen.line([Run("files", "bold")]), *table(columns, rows, pen)] if rows else []


def _action(action: str, pen: Pen) -> list[Run]:
    sign = ACTIONS[action]
    return [Run(f"{sign.of(pen.glyphs)} {sign.word}", sign.terminal)]


def _lines(step: Step, pen: Pen) -> str:
    if step.added is None or step.removed is None:
        return "" if step.action == "remove" else "not counted"
    said = [f"+{step.added:,}"] * bool(step.added) + [pen.ours(f"−{step.removed:,}")] * bool(step.removed)
    return " ".join(said) or "0"


def _diff(step: Step, pen: Pen) -> Iterator[str]:
    said = diff_of(step)
    if said:
        yield ""
    for line in said.splitlines():
        style = {"+": "green", "-": "red", "@": "bright black"}.get(line[:1], "")
        yield pen.line([Run("  "), Run(pen.cut(pen.theirs(line) if line.strip() else "", pen.width - 2), style)])


def _object(plan: Plan, step: Step, pen: Pen) -> Iterator[str]:
    title = [Run(f"{step.kind} ", "bold"), Run(pen.theirs(step.name), "bold")]
    said = pen.ours(" · ").join(pen.theirs(each) for each in step.reasons)
    yield ""
    yield pen.line([*title, Run(f"  {said}" if said else "", "bright black")])
    some = list(steps_of(step))
    arrow = pen.ours(" → ")
    rows: list[Sequence[Run]] = [
        [
            *_action(action, pen),
            Run(pen.theirs(name)),
            Run(_both(was, now, arrow, pen)),
            Run(pen.theirs(remark), "bright black"),
        ]
        for action, name, was, now, remark in some[:MOST]
    ]
    if step.action in ("remove", "recreate"):
        rows.insert(0, [*_action(step.action, pen), Run("all of it"), Run(""), Run("")])
    if len(some) > MOST:
        rows.append([*_action("change", pen), Run(rest_of(some[MOST:], "setting")), Run(""), Run("")])
    if step.unchanged:
        said = left(step.unchanged, "setting", more=bool(rows))
        rows.append([*_action("unchanged", pen), Run(said), Run(""), Run("")])
    yield from table((Column(cuts="never"), Column(), Column(cuts="end"), Column(cuts="end")), rows, pen)
    yield from (line for runs in plan.runs if runs.job == step.name and step.kind == "job" for line in _runs(runs, pen))


def _both(was: str, now: str, arrow: str, pen: Pen) -> str:
    if was and now:
        return f"{pen.theirs(was)}{arrow}{pen.theirs(now)}"
    return pen.theirs(now or was)


def _runs(runs: Runs, pen: Pen) -> Iterator[str]:
    times, offset = moments(runs)
    said = ", ".join(f"{day} {time}" for day, time in times)
    yield pen.hanging("  runs       ", pen.theirs(runs.words))
    if said:
        yield pen.hanging("  next       ", pen.ours(f"{said} {offset}".rstrip()))
    for note in runs.notes:
        yield pen.hanging("  note       ", pen.ours(note))


def _rows(plan: Plan, pen: Pen) -> Iterator[str]:
    if not plan.effects:
        return
    order = list(EFFECTS)
    # what stops the user stands first, and within that the order of the graph holds
    some = sorted(plan.effects, key=lambda each: -order.index(each.effect) if each.effect in order[3:] else 0)
    yield ""
    yield pen.line([Run("what happens to the rows", "bold"), Run("  by the next update", "bright black")])
    heads = [f"{EFFECTS[each.effect].of(pen.glyphs)} {each.effect}" for each in some[:MOST]]
    names = [pen.cut(pen.theirs(each.name), 32) for each in some[:MOST]]
    widths = max(map(wide, heads)), max(map(wide, names))
    for each, head, name in zip(some, heads, names, strict=False):
        reach = f"; reaches {', '.join(each.reaches[:4])}" if each.reaches else ""
        more = f" and {len(each.reaches) - 4} more" if len(each.reaches) > 4 else ""
        left = f"  {head}{' ' * (widths[0] - wide(head))}  {name}{' ' * (widths[1] - wide(name))}  "
        said = pen.hanging(left, pen.theirs(each.why + reach + more))
        yield said.replace(head, pen.line([Run(head, EFFECTS[each.effect].terminal)]), 1)
    if len(some) > MOST:
        yield f"  {rest_of(some[MOST:], 'dataset')}"


def _last(plan: Plan, pen: Pen, apply: str) -> str:
    if plan.empty and plan.have.asked:
        return "nothing to deploy: the workspace holds all of it"
    if any(each.severity == "error" for each in plan.wanted.problems):
        return "ldp check tells what is wrong"
    return pen.hanging("apply: ", pen.theirs(apply or apply_line(plan)))
