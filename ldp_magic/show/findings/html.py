"""Findings for a page: the static form that every front end keeps.

The classes do nothing there; a live front end finds its places by them: each finding, each fix that edits can do and
its number among the fixes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from itertools import zip_longest

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.show.excerpt import alike, changes, fitted, shown_text
from ldp_magic.show.glyphs import STATES, Sign, clean, cut, wide
from ldp_magic.show.markup import (
    chip,
    code,
    command,
    details,
    escaped_part,
    foot,
    muted,
    page,
    pairs,
    rgba,
    sign,
    state,
)
from ldp_magic.show.pen import Pen
from ldp_magic.show.places import where
from ldp_magic.text import Edit, Location, Source, line_starts, line_text

__all__ = ["MOST_SHOWN", "html"]

MOST_SHOWN, _MOST_LINES, _LONGEST_SAID = 50, 8, 2_000
_PEN = Pen()
_ROOM = 100  # characters of a line of code, so that what is marked is in view without scrolling
_PRE = (
    "margin:{margin};padding:{padding};background-color:rgba(127,127,127,.1);border-radius:3px;font-size:12px;"
    "line-height:18px;white-space:pre;overflow-x:auto"
)
_CODE = re.compile(
    r"`[^`]+`|[A-Za-z_]\w*(?:\.\w+)*\((?:[^()]|\([^()]*\))*\)|--[a-z][\w-]*|\b[A-Z][A-Z_]+(?: [A-Z][A-Z_]+)*\b"
    r"|\b\w*[a-z0-9]_\w+(?:\.\w+)*\b"
)
_NAME = re.compile(r"[A-Za-z_]\w{2,80}", re.ASCII)


def html(findings: Sequence[Finding], scope: str, *, magic: bool = False) -> str:
    """What was found in the *scope*, such as `12 lines`; *magic* where the words to type are those of a cell."""
    if not findings:
        return page([f"<div>{state('ok', 'no findings')}&ensp;{muted(f'in {escape(scope)}')}</div>\n"])
    alone = magic and len({finding.location.source for finding in findings}) == 1
    parts = [_head(findings, scope), *(_finding(each, alone=alone) for each in findings[:MOST_SHOWN])]
    more = len(findings) - MOST_SHOWN
    parts += [foot(f"… {more:,} more finding{'' if more == 1 else 's'}")] if more > 0 else []
    return page([*parts, foot(_next(findings, magic=magic))])


def _head(findings: Sequence[Finding], scope: str) -> str:
    counts = Counter(each.severity or "info" for each in findings)
    said = []
    for severity in ("error", "warning", "info"):
        if many := counts[severity]:
            words = f"{many:,} {severity}{'s' if many > 1 and severity != 'info' else ''}"
            loud = escape(words) if severity == "info" else f"<strong>{escape(words)}</strong>"
            said.append(f'<span style="white-space:nowrap">{sign(STATES[severity])} {loud}</span>')
    rest = muted(" · ".join([f"in {escape(scope)}", *_mends(findings)]))
    whole = "&ensp;".join([*said, rest])
    return f'<div class="ldp-head" style="margin:0 0 10px 0;line-height:20px">{whole}</div>\n'


def _mends(findings: Sequence[Finding]) -> Iterator[str]:
    fixes = [each.fix for each in findings if each.fix is not None]
    safe = sum(1 for fix in fixes if fix.safe)
    meaning = "safe: the fixed text means the same, or the original could not run"
    if safe:
        yield f'<span title="{meaning}">{safe:,} safe fix{"" if safe == 1 else "es"}</span>'
    if left := len(fixes) - safe:
        yield f"{left:,} need{'s' if left == 1 else ''} your decision"


def _next(findings: Sequence[Finding], *, magic: bool) -> str:
    safe = sum(1 for each in findings if each.fix is not None and each.fix.safe)
    them = "the safe fix" if safe == 1 else f"the {safe:,} safe fixes"
    does = f"applies {them}" + (" and rewrites this cell" if magic else "")
    fix = [f"{command('%%ldp --fix' if magic else 'ldp lint --fix')} {does}"] if safe else []
    loudest = max(findings, key=lambda each: ("info", "warning", "error").index(each.severity or "info"))
    explain = f"ldp explain {loudest.code}"
    return " · ".join([*fix, *([f"{command(explain)} says more"] if loudest.code else [])])


# --- one finding --------------------------------------------------------------------------------------------------


def _finding(finding: Finding, *, alone: bool) -> str:
    one = STATES[finding.severity or "info"]
    place = f"line {finding.location.first.line:,}" if alone else where(finding.location)
    name = muted(f"{escaped_part(clean(finding.name))} · {escaped_part(cut(clean(place), 90))}")
    loud = chip(one) if finding.severity in ("error", "warning") else state("info", "info")
    top = f"<div>{loud}&ensp;<strong>{escape(finding.code)}</strong>&ensp;{name}</div>"
    meant = finding.location.text
    said = [("why", prose(finding.why, meant))] if finding.why else []
    said += [("see", _related(r.location, r.message, finding.location.source)) for r in finding.related]
    said += [("fix", _mend(fix, meant)) for fix in finding.fixes]
    return (
        f'<div class="ldp-finding" style="border-left:3px solid {one.static};padding:0 0 0 14px;margin:0 0 18px 0">'
        f'{top}<div style="margin:3px 0 0 0">{prose(finding.message, meant)}</div>{_excerpt(finding, one)}{pairs(said)}'
        f"{''.join(_change(n, fix) for n, fix in enumerate(finding.fixes) if fix.edits)}</div>\n"
    )


def _related(location: Location, message: str, own: Source) -> str:
    place = f"line {location.first.line:,}" if location.source == own else where(location)
    return f"{escaped_part(clean(place))}: {prose(message)}"


def _mend(fix: Fix, meant: str) -> str:
    said = prose(fix.title, meant)
    if not fix.edits:
        return said
    kind = "safe" if fix.safe else "your decision"
    reason = f": {clean(fix.reason)}" if fix.reason else ""
    return f"{said} {muted(f'· {kind}{escaped_part(reason)}')}"


def prose(text: str, meant: str = "") -> str:
    """A sentence with what is code in it in code font, as is the name that is *meant*."""
    text = cut(clean(text), _LONGEST_SAID)
    known = re.compile(rf"{_CODE.pattern}|(?<![\w.]){meant}(?![\w.]*\w)") if _NAME.fullmatch(meant) else _CODE
    pieces, done = [], 0
    for found in known.finditer(text):
        pieces += [escaped_part(text[done : found.start()]), code(found[0].strip("`") or found[0])]
        done = found.end()
    return "".join([*pieces, escaped_part(text[done:])])


# --- the lines ----------------------------------------------------------------------------------------------------


def _excerpt(finding: Finding, one: Sign) -> str:
    """The first line of the place with carets, and a line before and after it."""
    location, text = finding.location, finding.location.source.text
    first = location.first.line
    last = min(first + 1, len(line_starts(text)))
    gutter = max(len(str(last)), 2)
    lines = []
    for number in range(max(first - 1, 1), last + 1):
        line = line_text(text, number)
        if number == first:
            lines += _marked(finding, line, gutter, one)
        elif line.strip():
            shown = escape(fitted(line, 0, _ROOM, _PEN)[0])
            lines.append(f'<span style="opacity:.72">{number:>{gutter}} <span>│</span> {shown}</span>')
    style = _PRE.format(margin="6px 0", padding="7px 12px")
    return f'<pre style="{style}">' + "\n".join(lines) + "</pre>"


def _marked(finding: Finding, line: str, gutter: int, one: Sign) -> list[str]:
    location = finding.location
    start = location.first.column - 1
    end = min(location.last.column - 1 if location.last.line == location.first.line else len(line), len(line))
    shown, moved = fitted(line, start, _ROOM, _PEN)
    lead = "…" * bool(moved) + shown_text(line[moved:start], _PEN)
    marked = shown[len(lead) : len(lead) + len(shown_text(line[start:end], _PEN))]
    bar = '<span style="opacity:.45">│</span>'
    tint = f"background-color:{rgba(one.static, 0.26)};font-weight:700"
    span = f'<span style="{tint}">{escape(marked)}</span>' if marked else ""
    carets = f'<span style="color:{one.static};font-weight:700">{"^" * max(wide(marked), 1)}</span>'
    said = f" {escape(clean(finding.mark))}" if finding.mark else ""
    return [
        f"{location.first.line:>{gutter}} {bar} {escape(lead)}{span}{escape(shown[len(lead) + len(marked) :])}",
        f"{'':>{gutter}} {bar} {' ' * wide(lead)}{carets}{said}",
    ]


def _change(number: int, fix: Fix) -> str:
    """What the edits make of their lines, to be unfolded; a live form puts its button before it."""
    by_source: dict[Source, list[Edit]] = {}
    for edit in fix.edits:
        by_source.setdefault(edit.location.source, []).append(edit)
    found = [each for edits in by_source.values() for each in changes(edits)]
    lines = [line for _, before, after in found for line in _diff(before, after)]
    numbers = ", ".join(f"{number:,}" for number, _, _ in found[:6])
    title = f"show the change, line{'' if len(found) == 1 else 's'} {numbers}"
    style = _PRE.format(margin="6px 0", padding="5px 0")
    inside = details(title, f'<pre style="{style}">' + "".join(lines) + "</pre>", opened=fix.safe)
    return f'<div class="ldp-fix ldp-fix-{number}" style="margin:5px 0 0 0">{inside}</div>'


def _diff(before: str, after: str) -> Iterator[str]:
    """Lines that were and lines that are, with the words that differ marked; empty lines count for nothing."""
    old, new = [[line for line in text.splitlines() if line.strip()] for text in (before, after)]
    margin = min((len(line) - len(line.lstrip()) for line in (*old, *new)), default=0)
    paired = len(old) == len(new)
    differ = [alike(a[margin:], b[margin:]) for a, b in zip(old, new, strict=True)] if paired else []
    old, new = _shown(old, margin, differ), _shown(new, margin, differ)
    for n, line in enumerate(old[:_MOST_LINES]):
        yield _line("−", line, new[n] if paired else line, "error")
    yield from _rest(len(old))
    for n, line in enumerate(new[:_MOST_LINES]):
        yield _line("+", line, old[n] if paired else line, "ok")
    yield from _rest(len(new))


def _shown(lines: Sequence[str], margin: int, differ: Sequence[int]) -> list[str]:
    """The lines without their common indentation, each around the place where it *differs* from its other form."""
    pairs_ = zip_longest((line[margin:] for line in lines), differ, fillvalue=0)
    return [fitted(str(line), int(at), _ROOM, _PEN)[0] for line, at in pairs_]


def _rest(many: int) -> Iterator[str]:
    if many > _MOST_LINES:
        yield f'<div style="padding:0 12px">… {many - _MOST_LINES} more lines</div>'


def _line(mark: str, line: str, other: str, name: str) -> str:
    color = STATES[name].static
    start = alike(line, other)
    end = alike(line[start:][::-1], other[start:][::-1])
    changed = line[start : len(line) - end]
    inner = f'<span style="background-color:{rgba(color, 0.34)};font-weight:700">{escape(changed)}</span>'
    said = escape(line[:start]) + (inner if changed else "") + escape(line[len(line) - end :] if end else "")
    sign_ = f'<span style="color:{color};font-weight:700">{mark}</span>'
    return f'<div style="background-color:{rgba(color, 0.13)};padding:0 12px">{sign_} {said}</div>'
