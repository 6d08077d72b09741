"""Some of the rows that broke expectations, and which part of a condition each of them broke."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ldp_magic.runs.broken import Reason, Row
from ldp_magic.show.expectations import words
from ldp_magic.show.expectations.words import Said
from ldp_magic.show.glyphs import clean
from ldp_magic.show.markup import escaped
from ldp_magic.show.report.facts import Facts
from ldp_magic.show.report.pieces import code, section, sign, table
from ldp_magic.show.values import Cell, cell, is_number

_RESULTS = {True: ("ok", "true"), False: ("error", "false"), None: ("unknown", "unknown")}


def samples(facts: Facts) -> str:
    """For each expectation that was broken, some of the rows."""
    parts = [
        part for name, found in facts.reasons.items() for each in found for part in _reason(name, each, facts.zone)
    ]
    parts += [f'<p class="mut">{escaped(facts.remark, 600)}</p>'] if facts.remark else []
    return section("rows that failed", "", "".join(parts)) if parts else ""


def _reason(dataset: str, reason: Reason, zone: str) -> Iterator[str]:
    name = f"{code(dataset)} {code(reason.check.name)}"
    yield f"<h3>{name} <small>{escape(words.shown_of(reason))}</small></h3>"
    if reason.rows:
        yield _rows(reason, zone)
    said = "".join(map(_said, words.sentence(reason)))
    yield f"<p>{said}</p>" if said else ""


def _rows(reason: Reason, zone: str) -> str:
    parts = [each.text for each in reason.parts] if len(reason.parts) > 1 else []
    heads = [*(code(name) for name, _ in reason.columns), *(code(each) for each in parts), "whole condition"]
    right = [n for n, (_, type_) in enumerate(reason.columns) if is_number(type_)]
    return table(heads, [_row(row, reason, zone, parts=bool(parts)) for row in reason.rows], right, wide=False)


def _row(row: Row, reason: Reason, zone: str, *, parts: bool) -> list[str]:
    both = zip(row.values, reason.columns, strict=True)
    cells = [_value(cell(value, type_, zone)) for value, (_, type_) in both]
    cells += [_result(each) for each in row.parts] if parts else []
    return [*cells, f'<span class="nw">{words.whole(row)} <span class="mut">→ {words.became(row)}</span></span>']


def _value(shown: Cell) -> str:
    if shown.kind == "null":
        return '<span class="null" title="NULL: no value">NULL</span>'
    pieces = (f'<span class="mark">{escape(text)}</span>' if mark else escape(text) for text, mark in shown.pieces)
    title = f' title="{escape(clean(shown.whole[:2_000]), quote=True)}"' if shown.whole else ""
    return f"<samp{title}>{''.join(pieces)}</samp>"


def _result(said: bool | None) -> str:
    state, word = _RESULTS[said]
    return f'<span class="nw">{sign(state)} {word}</span>'


def _said(piece: Said) -> str:
    if piece.style == "code":
        return code(piece.text, 200)
    return f"<b>{escape(piece.text)}</b>" if piece.style == "strong" else escape(piece.text)
