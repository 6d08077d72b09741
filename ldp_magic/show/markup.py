"""HTML that survives every sanitiser: no style sheet, no script, no ids; looks in `style`, facts in words."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Sequence
from html import escape

from ldp_magic.show.glyphs import KINDS, STATES, Sign, clean, cut

__all__ = [
    "chip",
    "code",
    "command",
    "details",
    "document",
    "escaped",
    "escaped_part",
    "foot",
    "head",
    "image",
    "kind",
    "muted",
    "page",
    "pairs",
    "rgba",
    "section",
    "sign",
    "sign_of",
    "state",
    "table",
    "tag",
]

_HEAD_CELL = (
    "text-align:{align};font-size:12px;font-weight:600;padding:3px 18px 3px 0;"
    "border-bottom:1px solid rgba(127,127,127,.38);white-space:nowrap;vertical-align:baseline;"
    "background-color:transparent"
)
_CELL = (
    "text-align:{align};padding:4px 18px 4px 0;border-bottom:1px solid rgba(127,127,127,.2);"
    "line-height:18px;vertical-align:baseline"
)
_TABLE = "border-collapse:collapse;border:none;margin:0;table-layout:auto;width:auto;font-size:13px"
_TITLE_MOST, _SHOWN_MOST, _NAME_MOST = 2_000, 200, 56
WIDEST_IMAGE = 1_400
COMMAND = '<samp class="ldp-command" style="font-size:12px">'


def escaped(text: str, most: int = _SHOWN_MOST) -> str:
    """Foreign text that means itself, on one line, in its own reading direction; too long, it loses its middle."""
    text = cut(clean(text), most)
    return escape(text) if text.isascii() else f"<bdi>{escape(text)}</bdi>"


def escaped_part(text: str) -> str:
    """A piece of a text that was cleaned as a whole."""
    return escape(text)


def code(text: str, *, whole: bool = False) -> str:
    """An identifier or a value."""
    space = ";white-space:nowrap" if whole else ""
    return f'<samp style="font-size:12px{space}">{escaped(text, _NAME_MOST if whole else _SHOWN_MOST)}</samp>'


def command(text: str) -> str:
    """A command to type, as it is in a terminal."""
    return f"{COMMAND}{escaped(text)}</samp>"


def muted(markup: str) -> str:
    return f'<span style="opacity:.72">{markup}</span>'


def sign(one: Sign) -> str:
    size = ";font-size:10px" if one.glyph in "■□" else ""
    return f'<span style="color:{one.static};font-weight:700{size}">{one.glyph}</span>'


def sign_of(state: str) -> str:
    return sign(STATES[state])


def state(name: str, words: str) -> str:
    return f'<span style="white-space:nowrap">{sign(STATES[name])} {escape(words)}</span>'


def kind(name: str) -> str:
    return f'<span style="white-space:nowrap">{sign(KINDS[name])} {KINDS[name].word}</span>'


def tag(word: str) -> str:
    """A word in a thin frame."""
    return (
        '<span style="border:1px solid rgba(127,127,127,.5);border-radius:3px;padding:0 5px;font-size:11px;'
        f'white-space:nowrap">{escape(word)}</span>'
    )


def chip(one: Sign, words: str = "") -> str:
    """What is loud: the sign and its word, white on its colour."""
    return (
        f'<span style="background-color:{one.static};color:#fff;border-radius:3px;padding:1px 7px;font-size:11px;'
        f'font-weight:600;white-space:nowrap">{one.glyph} {escape(words or one.word)}</span>'
    )


def rgba(color: str, opacity: float) -> str:
    """A colour as a tint, which both themes bear."""
    red, green, blue = (int(color[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{f'{opacity:g}'.removeprefix('0')})"


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Words, each with the ready markup of what is said of it."""
    cell = "text-align:left;padding:1px {gap} 1px 0;vertical-align:baseline;line-height:19px{more}"
    first, second = cell.format(gap="12px", more=";white-space:nowrap"), cell.format(gap="0", more="")
    body = "".join(
        f'<tr style="background-color:transparent"><td style="{first}">{muted(escape(word))}</td>'
        f'<td style="{second}">{said}</td></tr>'
        for word, said in rows
    )
    return f'<table style="{_TABLE}"><tbody>{body}</tbody></table>' if body else ""


def head(subject: str, said: Iterable[str]) -> str:
    """The first line: what it is about, and its figures."""
    return (
        '<div style="margin:0 0 10px 0;line-height:20px"><span style="font-weight:600">'
        f"{code(subject)}</span>&ensp;{muted(' · '.join(said))}</div>\n"
    )


def section(title: str) -> str:
    return f'<div style="margin:16px 0 4px 0"><span style="font-weight:600">{escape(title)}</span></div>\n'


def plain(text: str) -> str:
    """Text as a terminal shows it: the front end's code font is that of `samp`, not of `pre`."""
    return f'<pre style="margin:0;line-height:18px"><samp style="font-size:12px">{escape(text)}</samp></pre>\n'


def foot(markup: str) -> str:
    return f'<div style="margin:8px 0 0 0;font-size:12px;opacity:.72">{markup}</div>\n'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """A table of ready markup; the columns *right*, which hold numbers, stand to the right."""
    aligns = ["right" if n in right else "left" for n in range(len(heads))]
    every = zip(heads, aligns, strict=True)
    top = "".join(f'<th style="{_HEAD_CELL.format(align=align)}">{muted(escape(each))}</th>' for each, align in every)
    body = "\n".join(_row(row, aligns) for row in rows)
    return (
        f'<table style="{_TABLE}">\n<thead style="border:none"><tr style="background-color:transparent">{top}</tr>'
        f"</thead>\n<tbody>\n{body}\n</tbody></table>"
    )


def _row(row: Sequence[str], aligns: Sequence[str]) -> str:
    every = zip(row, aligns, strict=True)
    cells = "".join(f'<td style="{_CELL.format(align=align)}">{cell}</td>' for cell, align in every)
    return f'<tr style="background-color:transparent">{cells}</tr>'


def details(title: str, inside: str, *, opened: bool = True) -> str:
    said = f'<summary style="font-size:12px;cursor:pointer">{escape(title)}</summary>'
    return (
        f'<details{" open" if opened else ""} style="margin:2px 0 0 0">{said}\n'
        f'<div style="padding:6px 0 4px 0">{inside}</div></details>\n'
    )


def image(svg: str, alternative: str, width: int, height: int) -> str:
    """A picture inside the page; one that is too wide to shrink scrolls."""
    data = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    fits = width <= WIDEST_IMAGE
    style = "display:block;margin:0;max-width:100%;height:auto" if fits else "display:block;margin:0;max-width:none"
    alternative = escape(clean(alternative)[:_TITLE_MOST])
    tag_ = (
        f'<img src="data:image/svg+xml;base64,{data}" alt="{alternative}" width="{width}" height="{height}"'
        f' style="{style}">'
    )
    return f"{tag_}\n" if fits else f'<div style="overflow-x:auto">{tag_}</div>\n'


def page(parts: Iterable[str]) -> str:
    """One output: the parts in the frame that every output has."""
    return f'<div style="font-size:13px;line-height:20px;max-width:980px;padding:4px 0">\n{"".join(parts)}</div>\n'


def document(title: str, body: str) -> str:
    """A file of its own around an output, light or dark as its reader likes."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(clean(title))}</title>\n</head>\n"
        f'<body style="font-family:system-ui,sans-serif;margin:24px">\n{body}</body>\n</html>\n'
    )
