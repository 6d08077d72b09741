"""Expectations for a page: the static form that every front end keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from ldp_magic.engine.answer import Checked
from ldp_magic.runs.broken import Reason, Row
from ldp_magic.runs.outcome import Outcome, Stop
from ldp_magic.runs.parts import plain
from ldp_magic.show.expectations import words
from ldp_magic.show.expectations.words import Note, Said
from ldp_magic.show.glyphs import STATES
from ldp_magic.show.markup import chip, code, command, details, escaped, foot, kind, muted, page, pairs, sign_of, table
from ldp_magic.show.values import Cell, cell, is_number

BAR, MOST_ROWS = 140, 50  # pixels; rows of one table
_RESULTS = {True: ("ok", "true"), False: ("error", "false"), None: ("unknown", "unknown")}
_TABLE = "border-collapse:collapse;border:none;margin:0;table-layout:auto;width:auto;font-size:13px"
_HEAD = (
    "text-align:{};font-size:12px;font-weight:600;padding:3px 18px 3px 0;white-space:nowrap;"
    "border-bottom:1px solid rgba(127,127,127,.38);vertical-align:baseline;background-color:transparent"
)
_CELL = (
    "text-align:{};padding:4px 18px 4px 0;border-bottom:1px solid rgba(127,127,127,.2);line-height:18px;"
    "vertical-align:baseline;white-space:nowrap"
)
_NULL = "border:1px dashed rgba(127,127,127,.75);border-radius:3px;padding:0 4px;font-size:11px"
_MARK = "background-color:rgba(127,127,127,.4);border-radius:2px;padding:0 1px"
_LINE = '<div style="margin:0 0 8px 0">{}</div>\n'


def html(
    found: Outcome, reasons: Sequence[Reason] | None, current: Sequence[tuple[str, str]], zone: str = "UTC"
) -> str:
    """One dataset: what stopped, what was counted, and why."""
    name = f'<span style="font-weight:600">{code(found.dataset.name, whole=True)}</span>'
    said = f"{name}&ensp;{kind(found.dataset.kind)}&ensp;{muted(escape(words.head(found)))}"
    parts = [f'<div style="margin:0 0 10px 0;line-height:20px">{said}</div>\n']
    parts += [_stop(found, found.stop)] if found.stop else []
    notes = list(words.notes(found))
    parts += [_LINE.format((muted("before that: ") if found.stop else "") + _notes(notes))] if notes else []
    checks = words.ordered(found.checks)
    parts += [_table([(found, each) for each in checks], named=False)] if checks else []
    parts += [piece for reason in reasons or () for piece in _reason(reason, zone)]
    beside = words.remarks(found, current, rows_shown=reasons is not None)
    remarks = [escape(each.text) + (f": {command(each.command)}" if each.command else "") for each in beside]
    counted = ["counts are exact"] if found.checks else []
    parts += [foot(" · ".join([*remarks, *counted]))] if remarks or counted else []
    return page(parts)


def all_html(name: str, found: Sequence[Outcome]) -> str:
    """Every dataset in one table."""
    title = f'<span style="font-weight:600">{code(name, whole=True)}</span>&ensp;{muted(escape(words.overview(found)))}'
    parts = [f'<div style="margin:0 0 10px 0;line-height:20px">{title}</div>\n']
    notes = list(words.sums(found))
    parts += [_LINE.format(_notes(notes))] if notes else []
    parts += [_stop(each, each.stop) for each in found if each.stop]
    rows = [(each, check) for each in found for check in words.ordered(each.checks)]
    parts += [_table(rows, named=True)] if rows else []
    left = words.unchecked(found)
    return page([*parts, *([foot(escaped(left))] if left else [])])


def _notes(notes: Sequence[Note]) -> str:
    said = []
    for note in notes:
        strong = escape(note.text) if note.state == "ok" else f"<strong>{escape(note.text)}</strong>"
        signed = f'<span style="white-space:nowrap">{sign_of(note.state)} {strong}</span>' if note.state else ""
        said.append(signed or muted(escape(note.text)))
    return "&ensp;".join(said)


def _stop(found: Outcome, stop: Stop) -> str:
    what, said = words.stopped(found, stop)
    color = STATES["error"].static
    loud = chip(STATES["error"], "stopped")
    title = f'<div style="margin:0 0 4px 0">{loud}&ensp;<span style="font-weight:600">{escaped(what)}</span></div>'
    rows = [(word, escaped(text, 2_000)) for word, text in said]
    style = f"border-left:3px solid {color};padding:2px 0 2px 14px;margin:0 0 12px 0"
    return f'<div style="{style}">{title}{pairs(rows)}</div>\n'


def _table(rows: Sequence[tuple[Outcome, Checked]], *, named: bool) -> str:
    most = words.scale([check for _, check in rows])
    heads = ["result", *(["dataset"] if named else []), "expectation", "on violation", "passed", "failed", "share"]
    cells = [_row(found, check, most, named=named) for found, check in rows]
    first = 3 + named
    whole = table([*heads, f"0 to {most} %"], cells, right=range(first, first + 3))
    return f'<div style="overflow-x:auto">{whole}</div>\n'


def _row(found: Outcome, check: Checked, most: int, *, named: bool) -> list[str]:
    state, word = words.result(check)
    strong = f"<strong>{word}</strong>" if check.failed else word
    failed = code(f"{check.failed:,}", whole=True)
    return [
        f'<span style="white-space:nowrap">{sign_of(state)} {strong}</span>',
        *([code(found.dataset.name, whole=True)] if named else []),
        f"{code(check.name, whole=True)}<br>{muted(code(plain(check.condition)))}",
        f'<span style="white-space:nowrap">{muted(words.ACTIONS[check.action])}</span>',
        code(f"{check.passed:,}", whole=True),
        f"<strong>{failed}</strong>" if check.failed else failed,
        f'<span style="white-space:nowrap">{code(words.share(check), whole=True)}</span>',
        bar(check, most),
    ]


def bar(check: Checked, most: int) -> str:
    """A strip whose coloured part is the share of rows that failed; the figures stand beside it."""
    total, part = check.passed + check.failed, words.portion(check) * 100 / most
    many = f"{check.failed:,}" if check.failed else "none"
    style = f"display:inline-block;width:{BAR}px;height:8px;border-radius:2px;"
    if not check.failed:
        style += "background-color:rgba(127,127,127,.25)"
    elif part >= 1:
        style += f"background-color:{STATES[words.result(check)[0]].static}"
    else:
        color, rest = STATES[words.result(check)[0]].static, "rgba(127,127,127,.25)"
        long = min(max(round(part * BAR), 2), BAR - 3)
        style += (
            f"background:linear-gradient(90deg,{color} 0px,{color} {long}px,transparent {long}px,"
            f"transparent {long + 1}px,{rest} {long + 1}px,{rest} {BAR}px)"
        )
    return f'<span style="{style}" title="{many} of {total:,} rows failed"></span>'


# --- why --------------------------------------------------------------------------------------------------------


def _reason(reason: Reason, zone: str) -> Iterator[str]:
    name = code(reason.check.name, whole=True)
    yield (
        f'<div style="margin:16px 0 4px 0"><span style="font-weight:600">{words.title(reason)} {name}</span>'
        f"&ensp;{muted(escape(words.shown_of(reason)))}</div>\n"
    )
    if reason.rows:
        yield _rows(reason, zone)
    hidden = len(reason.rows) - MOST_ROWS
    if hidden > 0:
        yield foot(f"… {hidden:,} more {'row is' if hidden == 1 else 'rows are'} in the result")
    said = _prose(words.sentence(reason))
    if said:
        yield f'<div style="margin:8px 0 0 0">{said}</div>\n'
    yield details("what if", pairs((word, _prose(each)) for word, each in words.instead(reason)))


def _prose(said: Sequence[Said]) -> str:
    return "".join(_piece(each) for each in said)


def _piece(said: Said) -> str:
    if said.style == "code":
        return code(said.text)
    return f"<strong>{escape(said.text)}</strong>" if said.style == "strong" else escape(said.text)


def _rows(reason: Reason, zone: str) -> str:
    parts = [each.text for each in reason.parts] if len(reason.parts) > 1 else []
    heads = [*(name for name, _ in reason.columns), *parts, "whole condition"]
    right = [n for n, (_, type_) in enumerate(reason.columns) if is_number(type_)]
    cells = [_line(row, reason, zone, parts=bool(parts)) for row in reason.rows[:MOST_ROWS]]
    return f'<div style="overflow-x:auto">{_grid(heads, cells, right)}</div>\n'


def _line(row: Row, reason: Reason, zone: str, *, parts: bool) -> list[str]:
    both = zip(row.values, reason.columns, strict=True)
    cells = [_value(cell(each, type_, zone)) for each, (_, type_) in both]
    cells += [_result(each) for each in row.parts] if parts else []
    became = muted(f"→ {words.became(row)}")
    return [*cells, f'<span style="white-space:nowrap">{words.whole(row)} {became}</span>']


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> str:
    """A table whose heads, all but the last, are names and conditions."""
    aligns = ["right" if n in right else "left" for n in range(len(heads))]
    names = [*map(code, heads[:-1]), escape(heads[-1])]
    top = "".join(f'<th style="{_HEAD.format(a)}">{muted(name)}</th>' for name, a in zip(names, aligns, strict=True))
    body = "".join(_grid_row(row, aligns) for row in rows)
    return (
        f'<table style="{_TABLE}">\n<thead style="border:none"><tr style="background-color:transparent">{top}</tr>'
        f"</thead>\n<tbody>\n{body}</tbody></table>"
    )


def _grid_row(row: Sequence[str], aligns: Sequence[str]) -> str:
    cells = "".join(f'<td style="{_CELL.format(a)}">{each}</td>' for each, a in zip(row, aligns, strict=True))
    return f'<tr style="background-color:transparent">{cells}</tr>\n'


def _value(shown: Cell) -> str:
    if shown.kind == "null":
        return f'<span style="{_NULL}" title="NULL: no value">NULL</span>'
    inside = "".join(
        f'<span style="{_MARK}">{escape(text)}</span>' if mark else escape(text) for text, mark in shown.pieces
    )
    title = f' title="{escape(shown.whole[:2_000], quote=True)}"' if shown.whole else ""
    return f'<samp style="font-size:12px;white-space:nowrap"{title}>{inside}</samp>'


def _result(said: bool | None) -> str:
    state, word = _RESULTS[said]
    strong = word if said else f"<strong>{word}</strong>"
    return f'<span style="white-space:nowrap">{sign_of(state)} {strong}</span>'
