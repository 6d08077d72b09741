"""A plan for a page: the static form that every front end keeps."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ldp_magic.deploy.effects import Effect
from ldp_magic.deploy.plan import Plan, Runs, Step
from ldp_magic.show.glyphs import KINDS, Sign
from ldp_magic.show.markup import code, details, escaped, escaped_part, foot, kind, muted, page, rgba, sign_of, table
from ldp_magic.show.plan import words

__all__ = ["html"]

_PRE = (
    "font-size:12px;line-height:18px;white-space:pre;overflow-x:auto;background-color:rgba(127,127,127,.1);"
    "padding:7px 12px;margin:0"
)
_LOUD = ("state lost", "full refresh", "table dropped")
_MOST_DIFFS, _MOST_LINES = 20, 200


def html(plan: Plan, *, apply: str = "") -> str:
    """Who and where, the counts, the steps, and what happens to the rows."""
    parts = [_head(plan), _facts(plan), _files(plan), *_diffs(plan)]
    parts += [_object(plan, step) for step in words.objects(plan)]
    return page([*parts, _rows(plan), _last(plan, apply)])


def _glyph(sign: Sign) -> str:
    return f'<samp style="font-size:12px;color:{sign.static};font-weight:700">{sign.glyph}</samp>'


def _head(plan: Plan) -> str:
    title = f"plan for {code(plan.wanted.environment or plan.wanted.project)}"
    parts = [f'<span style="font-weight:600">{title}</span>']
    for action, number, said in words.counts(plan):
        loud = f'<span style="white-space:nowrap">{_glyph(words.ACTIONS[action])} {said}</span>'
        parts.append(loud if number else muted(said))
    parts.append(muted("nothing has been sent"))
    return f'<div style="margin:0 0 10px 0;line-height:20px">{"&ensp;".join(parts)}</div>\n'


def _facts(plan: Plan) -> str:
    said = [
        f'<span style="white-space:nowrap">{sign_of(state)} <strong>{escaped(told)}</strong></span>'
        for state, told in words.loud(plan)
    ]
    where = f" {muted('·')} ".join(f"{muted(word)} {code(value)}" for word, value in words.place(plan))
    lines = ["&ensp;".join([*said, *([where] if where else [])])]
    if not plan.have.asked:
        why = f": {plan.have.why}" if plan.have.why else ""
        lines.append(muted(escaped(f"no workspace was asked{why}; this is what a first deploy would make")))
    return "".join(f'<div style="margin:0 0 8px 0">{line}</div>\n' for line in lines if line)


def _section(title: str, said: str) -> str:
    return (
        f'<div style="margin:16px 0 4px 0"><span style="font-weight:600">{escape(title)}</span>&ensp;'
        f"{muted(escaped(said))}</div>\n"
    )


def _action(action: str) -> str:
    return f'<span style="white-space:nowrap">{_glyph(words.ACTIONS[action])} {words.ACTIONS[action].word}</span>'


def _files(plan: Plan) -> str:
    some, rest, same = words.files(plan)
    rows = [[_action(s.action), code(s.name), _lines(s), escaped(words.changed_in(plan, s))] for s in some]
    rows += [[_action("change"), muted(words.rest_of(rest, "file")), "", ""]] if rest else []
    if same:
        rows.append([_action("unchanged"), muted(words.left(same, "file", more=bool(rows))), "", ""])
    total = words.left(len(some) + len(rest) + same, "file")
    body = table(["action", "file", "lines", "what changed"], rows, right=(2,))
    return _section("files", total) + _wide(body) if rows else ""


def _wide(markup: str) -> str:
    return f'<div style="overflow-x:auto">{markup}</div>\n'


def _lines(step: Step) -> str:
    if step.added is None or step.removed is None:
        return "" if step.action == "remove" else muted("not counted")
    said = [f"+{step.added:,}"] * bool(step.added) + [f"−{step.removed:,}"] * bool(step.removed)
    return code(" ".join(said) or "0", whole=True)


def _diffs(plan: Plan) -> Iterator[str]:
    for step in words.files(plan)[0][:_MOST_DIFFS]:
        if said := words.diff_of(step):
            lines = said.splitlines()
            body = "".join(map(_diff_line, lines[:_MOST_LINES]))
            body += f"<div>{len(lines) - _MOST_LINES:,} more lines</div>" if len(lines) > _MOST_LINES else ""
            yield details(f"diff of {step.name}", f'<pre style="{_PRE}">{body}</pre>', opened=False)


def _diff_line(line: str) -> str:
    color = {"+": words.ACTIONS["add"].static, "-": words.ACTIONS["remove"].static}.get(line[:1])
    style = f' style="background-color:{rgba(color, 0.13)}"' if color and line[:3] not in ("+++", "---") else ""
    return f"<div{style}>{escaped_part(line) or ' '}</div>"


def _object(plan: Plan, step: Step) -> str:
    some = list(words.steps_of(step))
    rows = [
        [_action(action), code(name), _value(was), _value(now), muted(escaped(said)) if said else ""]
        for action, name, was, now, said in some[: words.MOST]
    ]
    if step.action in ("remove", "recreate"):
        rows.insert(0, [_action(step.action), muted("all of it"), "", "", ""])
    rows += (
        [[_action("change"), muted(words.rest_of(some[words.MOST :], "setting")), "", "", ""]]
        if len(some) > words.MOST
        else []
    )
    if step.unchanged:
        rows.append([_action("unchanged"), muted(words.left(step.unchanged, "setting", more=bool(rows))), "", "", ""])
    said = " · ".join((step.name, *step.reasons))
    body = _wide(table(["action", "setting", "now", "after", ""], rows)) if rows else ""
    runs = "".join(_runs(each) for each in plan.runs if each.job == step.name and step.kind == "job")
    return _section(step.kind, said) + body + runs


def _value(text: str) -> str:
    return code(text) if text else muted("·")


def _runs(runs: Runs) -> str:
    times, offset = words.moments(runs)
    said = f" {muted('·')} ".join(
        f'<span style="white-space:nowrap">{escape(day)} {code(time)}</span>' for day, time in times
    )
    soon = f"&ensp;{muted('next')} {said}&ensp;{muted(offset)}" if said else ""
    line = f"{muted(escaped(runs.words))}{soon}"
    notes = "".join(f"<div>{muted(escaped(note))}</div>" for note in runs.notes)
    return f'<div style="margin:6px 0 0 0">{line}{notes}</div>\n'


def _rows(plan: Plan) -> str:
    if not plan.effects:
        return ""
    order = list(words.EFFECTS)
    some = sorted(plan.effects, key=lambda each: -order.index(each.effect) if each.effect in _LOUD else 0)
    rows = [[code(e.name, whole=True), _kind(e), _effect(e), escaped(e.why) + _reach(e)] for e in some[: words.MOST]]
    more = foot(words.rest_of(some[words.MOST :], "dataset")) if len(some) > words.MOST else ""
    head = _section("what happens to the rows", "per dataset, by the next update")
    return head + _wide(table(["dataset", "kind", "data effect", "why"], rows)) + more


def _kind(effect: Effect) -> str:
    return kind(effect.kind) if effect.kind in KINDS else escaped(effect.kind)


def _effect(effect: Effect) -> str:
    word = f"<strong>{effect.effect}</strong>" if effect.effect in _LOUD else effect.effect
    return f'<span style="white-space:nowrap">{_glyph(words.EFFECTS[effect.effect])} {word}</span>'


def _reach(effect: Effect) -> str:
    if not effect.reaches:
        return ""
    names = ", ".join(code(name) for name in effect.reaches[:4])
    more = f" and {len(effect.reaches) - 4:,} more" if len(effect.reaches) > 4 else ""
    return muted("; reaches ") + names + more


def _last(plan: Plan, apply: str) -> str:
    if plan.empty and plan.have.asked:
        return foot("nothing to deploy: the workspace holds all of it")
    if any(each.severity == "error" for each in plan.wanted.problems):
        return foot(f"{code('ldp check')} tells what is wrong")
    names = ",".join(each.name for each in plan.refreshed)
    more = f"; the full refreshes also need {code(f'--full-refresh {names}')}" if names and apply else ""
    return foot(f"{code(apply or words.apply_line(plan))} applies this plan{more}")
