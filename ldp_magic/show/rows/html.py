"""Rows for a page: the static form that every front end keeps."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from ldp_magic.engine.answer import Answer
from ldp_magic.show.glyphs import STATES
from ldp_magic.show.markup import chip, code, foot, kind, muted, page, sign_of, table
from ldp_magic.show.markup import escaped_part as part
from ldp_magic.show.rows.words import ACTIONS, approximations, figures, remarks, result, share
from ldp_magic.show.values import Cell, cell, is_number, type_shown

MOST_COLUMNS, MOST_ROWS, TITLE = 12, 20, 2_000
_HEAD = (
    "text-align:{align};padding:3px 14px 4px 0;border-bottom:1px solid rgba(127,127,127,.38);vertical-align:bottom;"
    "white-space:nowrap;line-height:17px;background-color:transparent"
)
_CELL = (
    "text-align:{align};padding:3px 14px 3px 0;border-bottom:1px solid rgba(127,127,127,.2);line-height:17px;"
    "vertical-align:baseline;white-space:nowrap"
)
_SMALL = "font-size:11px;font-weight:400;opacity:.72"
_BOX = "border:1px dashed rgba(127,127,127,.7);border-radius:3px;padding:0 4px;font-size:11px"


def html(answer: Answer) -> str:
    """The head line, what is approximate, the rows, the expectations, and where it all comes from."""
    return page([_head(answer), *_approximate(answer), _table(answer), *_expectations(answer), _foot(answer)])


def _head(answer: Answer) -> str:
    name = f'<span style="font-weight:600">{code(answer.name, whole=True)}</span>'
    sign = f"&ensp;{kind(answer.kind)}" if answer.kind != "query" else ""
    said = muted(" · ".join(map(part, figures(answer))))
    return f'<div style="margin:0 0 10px 0;line-height:20px">{name}{sign}&ensp;{said}</div>\n'


def _approximate(answer: Answer) -> Iterator[str]:
    loud = chip(STATES["warning"], "approximate")
    for what, why in approximations(answer):
        yield f'<div style="margin:0 0 8px 0">{loud}&ensp;{code(what)}: {part(why)}</div>\n'


def _table(answer: Answer) -> str:
    columns = answer.columns[:MOST_COLUMNS]
    heads = [f'<th style="{_HEAD.format(align="right")}">{muted("&nbsp;")}</th>']
    for name, type_ in columns:
        align = "right" if is_number(type_) else "left"
        shown = f'<br><span style="{_SMALL}">{part(type_shown(type_))}</span>'
        heads.append(f'<th style="{_HEAD.format(align=align)}">{code(name, whole=True)}{shown}</th>')
    rows = [_row(n, row, answer) for n, row in enumerate(answer.rows[:MOST_ROWS], 1)]
    whole = (
        '<div class="ldp-rows" style="overflow-x:auto"><table style="border-collapse:collapse;border:none;margin:0;'
        'table-layout:auto;width:auto;font-size:13px">\n<thead style="border:none">'
        '<tr style="background-color:transparent">'
        f"{''.join(heads)}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table></div>\n"
    )
    left = [name for name, _ in answer.columns[MOST_COLUMNS:]]
    more = f"… {len(left):,} more column{'' if len(left) == 1 else 's'}: {', '.join(left[:20])}" if left else ""
    hidden = len(answer.rows) - MOST_ROWS
    said = [more] if more else []
    said += [f"… {hidden:,} more {'row is' if hidden == 1 else 'rows are'} in the result"] if hidden > 0 else []
    return whole + "".join(f'<div style="font-size:12px;opacity:.72">{part(each)}</div>\n' for each in said)


def _row(number: int, row: tuple[Any, ...], answer: Answer) -> str:
    cells = [f'<td style="{_CELL.format(align="right")}">{muted(code(str(number)))}</td>']
    for value, (_, type_) in zip(row[:MOST_COLUMNS], answer.columns, strict=False):
        align = "right" if is_number(type_) else "left"
        cells.append(f'<td style="{_CELL.format(align=align)}">{_value(cell(value, type_, answer.zone))}</td>')
    return f'<tr style="background-color:transparent">{"".join(cells)}</tr>'


def _value(shown: Cell) -> str:
    if shown.kind == "null":
        return f'<span style="{_BOX}">NULL</span>'
    inside = "".join(_marked(text) if mark else part(text) for text, mark in shown.pieces)
    title = f' title="{escape(shown.whole[:TITLE], quote=True)}"' if shown.whole else ""
    length = f' <span style="{_SMALL}">{shown.length:,} chars</span>' if shown.length else ""
    return f'<samp style="font-size:12px;white-space:nowrap"{title}>{inside}</samp>{length}'


def _marked(text: str) -> str:
    return f'<span style="background-color:rgba(127,127,127,.4);border-radius:2px;padding:0 1px">{part(text)}</span>'


def _expectations(answer: Answer) -> Iterator[str]:
    if not answer.expectations:
        return
    rows = []
    for each in sorted(answer.expectations, key=lambda one: not one.failed):
        state, word = result(each)
        strong = f"<strong>{word}</strong>" if each.failed else word
        rows.append(
            [
                f'<span style="white-space:nowrap">{sign_of(state)} {strong}</span>',
                f"{code(each.name, whole=True)}<br>{muted(code(each.condition))}",
                ACTIONS[each.action],
                f"{each.passed:,}",
                f"{each.failed:,}",
                escape(share(each)),
            ]
        )
    yield '<div style="height:12px"></div>\n'
    yield table(["result", "expectation", "on violation", "passed", "failed", "share"], rows, right=(3, 4, 5))


def _foot(answer: Answer) -> str:
    said = [part(each) for each in remarks(answer)]
    place = answer.fidelity.place
    said.append("computed on the embedded engine" if place == "embedded" else f"computed at {part(place)}")
    if any("timestamp" in type_ for _, type_ in answer.columns):
        said.append(f"times in {part(answer.zone)}")
    return foot(" · ".join(said))
