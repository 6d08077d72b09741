"""An update for a page: the static form that every front end keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from html import escape

from ldp_magic.events import FlowState, Phase, Updated
from ldp_magic.events.words import duration
from ldp_magic.show.glyphs import KINDS, STATES, clean, cut
from ldp_magic.show.markup import chip, code, command, escaped, escaped_part, foot, muted, page, pairs, sign, table
from ldp_magic.show.updates.signs import sign_of
from ldp_magic.show.updates.text import MOST_FLOWS, MOST_PROBLEMS
from ldp_magic.show.updates.words import (
    Problem,
    chosen,
    columns,
    figure_of,
    left,
    name_in,
    notes,
    numbers,
    problems,
    scope,
    span,
    took,
)

_TRACK = "display:inline-block;width:176px;background-color:rgba(127,127,127,.14);border-radius:2px;"
_BAR = 176  # pixels
_MOST_NAMES, _LONGEST = 500, 2_000
_LOUD = ("running", "failed", "stopped")


def html(update: Updated, *, now: datetime | None = None) -> str:
    """State, phases, flows, why it failed, and what has to be known beside that."""
    now = now or update.seen
    return page([_head(update, now), _phases(update), *_flows(update, now), *_problems(update), *_notes(update)])


def _head(update: Updated, now: datetime | None) -> str:
    started = f"started {update.began.astimezone(timezone.utc):%H:%M:%S} UTC" if update.began else ""
    said = " · ".join(escaped(each) for each in (*scope(update), started, took(update, now)) if each)
    name = f'<span style="font-weight:600">{escaped(update.name)}</span>'
    loud = chip(sign_of(update.word), update.word)
    return f'<div style="margin:0 0 10px 0;line-height:20px">{loud}&ensp;{name}&ensp;{muted(said)}</div>\n'


def _phases(update: Updated) -> str:
    between = f"&ensp;{muted('›')}&ensp;"
    said = between.join(_phase(phase, update) for phase in update.phases)
    return f'<div style="margin:0 0 8px 0">{said}</div>\n' if said else ""


def _phase(phase: Phase, update: Updated) -> str:
    if phase.state == "waiting":
        return f'<span style="opacity:.72;white-space:nowrap">{sign_of("waiting").glyph} {phase.name}</span>'
    figure = figure_of(phase, update)
    name = f"<strong>{phase.name}</strong>" if phase.state in _LOUD else phase.name
    more = f" {muted(figure)}" if figure else ""
    return f'<span style="white-space:nowrap">{sign(sign_of(phase.state))} {name}{more}</span>'


def _flows(update: Updated, now: datetime | None) -> Iterator[str]:
    if not update.flows:
        return
    shown, rest = chosen(update.flows, MOST_FLOWS)
    figures, whole = columns(update), update.elapsed(now)
    heads = ["state", "flow", "kind", *figures, *([f"0 to {duration(whole)}"] if whole is not None else [])]
    rows = [_row(flow, update, now)[: len(heads)] for flow in shown]
    yield f'<div style="overflow-x:auto">{table(heads, rows, right=range(3, 3 + len(figures)))}</div>\n'
    if rest:
        yield foot(escape(rest))


def _row(flow: FlowState, update: Updated, now: datetime | None) -> Sequence[str]:
    word = f"<strong>{escape(flow.word)}</strong>" if flow.word in _LOUD else escape(flow.word)
    cells = [f'<span style="white-space:nowrap">{sign(sign_of(flow.word))} {word}</span>']
    cells += [code(name_in(flow, update), whole=True), _kind(flow)]
    for name in columns(update):
        figure = numbers(flow, now)[name]
        cell = muted("·") if figure is None else code(figure, whole=True)
        cells.append(f"<strong>{cell}</strong>" if name == "dropped" and flow.dropped else cell)
    return [*cells, _bar(flow, update, now)]


def _kind(flow: FlowState) -> str:
    if flow.kind not in KINDS:
        return muted("·")
    one = KINDS[flow.kind]
    size = ";font-size:10px" if one.glyph in "■□" else ""
    style = f"color:{one.static};font-weight:700{size}"
    return f'<span style="{style}" title="{escape(one.word)}">{one.glyph}</span>'


def _bar(flow: FlowState, update: Updated, now: datetime | None) -> str:
    seconds, found = flow.elapsed(now), span(flow, update, now, _BAR)
    if found is None or seconds is None:
        return f'<span style="{_TRACK}height:8px"></span>'
    begins, long = min(found[0], _BAR - 2), max(found[1], 2)
    color = sign_of(flow.word).static
    title = escape(f"{flow.name[:200]}: {duration(seconds)}", quote=True)
    inside = (
        f"display:block;margin:0 0 0 {begins}px;width:{long}px;height:8px;border-radius:2px;background-color:{color}"
    )
    rest = f"&ensp;{muted(left(flow, now))}" if left(flow, now) else ""
    bar = f'<span style="{_TRACK}line-height:8px;height:8px" title="{title}"><span style="{inside}"></span></span>'
    return f'<span style="white-space:nowrap">{bar}{rest}</span>'


def _names(update: Updated) -> re.Pattern[str] | None:
    """What is a name in a sentence about an update."""
    names = {flow.name for flow in update.flows} | {flow.dataset for flow in update.flows}
    names |= {each.name for flow in update.flows for each in flow.expectations}
    known = sorted((each for each in names if each), key=len, reverse=True)[:_MOST_NAMES]
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, known))})(?![\w.]*\w)") if known else None


def _prose(text: str, names: re.Pattern[str] | None) -> str:
    """A sentence with its names in code font."""
    text = cut(clean(text), _LONGEST)
    found = list(names.finditer(text)) if names else []
    starts, ends = [0, *(each.end() for each in found)], [*(each.start() for each in found), len(text)]
    plain = [escaped_part(text[start:end]) for start, end in zip(starts, ends, strict=True)]
    said = [*(code(each[0]) for each in found), ""]
    return "".join(each for pair in zip(plain, said, strict=True) for each in pair)


def _problems(update: Updated) -> Iterator[str]:
    found = list(problems(update))
    names = _names(update)
    yield from (_problem(each, names) for each in found[:MOST_PROBLEMS])
    more = len(found) - MOST_PROBLEMS
    if more > 0:
        yield foot(f"… {more:,} more failed: {command('ldp events --level error')}")


def _problem(problem: Problem, names: re.Pattern[str] | None) -> str:
    said = [(word, _typed(word, text) if word in ("at", "see") else _prose(text, names)) for word, text in problem.said]
    color = sign_of("failed").static
    return (
        f'<div style="border-left:3px solid {color};padding:0 0 0 14px;margin:12px 0 0 0">'
        f"<div>{chip(STATES['error'])}&ensp;<strong>{_prose(problem.what, names)}</strong></div>"
        f"{pairs(said)}</div>\n"
    )


def _typed(word: str, text: str) -> str:
    return command(text) if word == "see" else code(text)


def _notes(update: Updated) -> Iterator[str]:
    names = _names(update)
    said = " · ".join(f"{sign_of(note.state).glyph} {_prose(note.text, names)}" for note in notes(update))
    if said:
        yield foot(said)
