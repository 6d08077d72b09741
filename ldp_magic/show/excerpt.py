"""Lines of somebody's text as they stand, with carets under what is meant, and what an edit makes of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from ldp_magic.show.glyphs import letters, wide
from ldp_magic.show.pen import Pen, Run
from ldp_magic.text import Edit, Location, line_starts, line_text, position

__all__ = ["alike", "changed", "changes", "excerpt", "fitted", "shown_text"]

_TAB = "    "
_MOST_LINES = 8


def excerpt(location: Location, mark: str, pen: Pen, state: str) -> Iterator[str]:
    """The first line of *location* with carets, and a line before and after it."""
    text, first, last = location.source.text, location.first, location.last
    room = pen.width - 10
    for number in range(max(first.line - 1, 1), min(first.line + 1, len(line_starts(text))) + 1):
        line = line_text(text, number)
        if number != first.line:
            if line.strip():
                yield pen.line([Run(f"  {number:>4} {pen.ours('│')} "), Run(fitted(line, 0, room, pen)[0])])
            continue
        end = last.column - 1 if last.line == first.line else len(line)
        yield from _marked(line, number, first.column - 1, max(end, first.column), mark, pen, state)


def _marked(line: str, number: int, start: int, end: int, mark: str, pen: Pen, state: str) -> Iterator[str]:
    room = pen.width - 10
    shown, moved = fitted(line, start, room, pen)
    before = wide(shown_text(line[moved:start], pen)) + (wide(pen.ours("…")) if moved else 0)
    carets = max(min(wide(shown_text(line[start:end], pen)), room - before), 1)
    yield pen.line([Run(f"  {number:>4} {pen.ours('│')} "), Run(shown)])
    style = "red" if state == "error" else "yellow" if state == "warning" else "bright black"
    said, bar = pen.theirs(mark), f"       {pen.ours('│')} "
    beside = wide(said) < room - before - carets
    yield pen.line([Run(bar + " " * before), Run("^" * carets, style), Run(f" {said}" if beside else "")])
    if said and not beside:
        said = pen.cut(said, room)
        yield pen.line([Run(bar + " " * min(before, room - wide(said)) + said)])


def fitted(line: str, start: int, room: int, pen: Pen) -> tuple[str, int]:
    """The part of a long line around *start* that fits, and how many characters were left out before it."""
    shown = shown_text(line, pen)
    if wide(shown) <= room:
        return shown, 0
    gap = pen.ours("…")
    moved = 0 if wide(shown_text(line[:start], pen)) < room // 2 else max(start - room // 3, 0)
    pieces, used = [gap] if moved else [], wide(gap) * 2
    for piece in letters(shown_text(line[moved:], pen)):
        used += wide(piece)
        if used > room:
            pieces.append(gap)
            break
        pieces.append(piece)
    return "".join(pieces), moved


def shown_text(text: str, pen: Pen) -> str:
    """Code as it stands, tabs as four blanks, without characters that move the cursor or turn the reading direction."""
    if text.isascii() and text.isprintable():
        return text
    out = []
    for char in text:
        if char == "\t":
            out.append(_TAB)
        elif unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp") and char not in "\u200c\u200d":
            out.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
        elif pen.glyphs == "ascii" and not char.isascii():
            out.append("".join(f"\\u{unit:04x}" for unit in _units(char)))
        else:
            out.append(char)
    return "".join(out)


def _units(char: str) -> list[int]:
    raw = char.encode("utf-16-be", "surrogatepass")
    return [raw[i] << 8 | raw[i + 1] for i in range(0, len(raw), 2)]


def changed(edits: Sequence[Edit], pen: Pen, indent: str) -> Iterator[str]:
    """The lines that edits of one source touch, before and after, without their common indentation."""
    for _, before, after in changes(edits):
        old, new = _code(before), _code(after)
        differ = [alike(*pair) for pair in zip(old, new, strict=True)] if len(old) == len(new) else []
        yield from _lines(old, differ, "-", "red", pen, indent)
        yield from _lines(new, differ, "+", "green", pen, indent)


def changes(edits: Sequence[Edit]) -> Iterator[tuple[int, str, str]]:
    """The lines that edits of one source touch: the number of the first, and the text before and after."""
    text = edits[0].location.source.text
    starts = line_starts(text)
    spans = sorted((position(text, e.location.start).line, position(text, e.location.end).line) for e in edits)
    for first, last in _joined(spans):
        start = starts[first - 1]
        end = starts[last] if last < len(starts) else len(text)
        inside = [e for e in edits if start <= e.location.start and e.location.end <= end]
        yield first, text[start:end], _apply(text[start:end], start, inside)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _apply(text: str, offset: int, edits: Sequence[Edit]) -> str:
    for edit in sorted(edits, key=lambda e: (e.location.start, e.location.end), reverse=True):
        text = text[: edit.location.start - offset] + edit.text + text[edit.location.end - offset :]
    return text


def alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _code(text: str) -> list[str]:
    """The lines that hold something, without their common indentation."""
    lines = [line for line in text.splitlines() if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    return [line[margin:] for line in lines]


def _lines(lines: Sequence[str], differ: Sequence[int], sign: str, style: str, pen: Pen, indent: str) -> Iterator[str]:
    """Each line around the place where it *differs* from its other form."""
    for line, at in zip_longest(lines[:_MOST_LINES], differ[:_MOST_LINES], fillvalue=0):
        shown, _ = fitted(str(line), int(at), pen.width - len(indent) - 2, pen)
        yield pen.line([Run(indent), Run(sign, style), Run(" " + shown)])
    if len(lines) > _MOST_LINES:
        yield pen.line([Run(indent), Run(sign, style), Run(f" {pen.ours('…')} {len(lines) - _MOST_LINES} more lines")])
