"""The pieces that the parts of a report are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

from ldp_magic.show.glyphs import KINDS, STATES, clean
from ldp_magic.show.markup import escaped
from ldp_magic.show.updates.signs import sign_of

__all__ = ["bar", "code", "kind", "section", "sign", "table"]

BAR = 300  # parts of a bar
_CLASSES = {id(one): name for name, one in STATES.items()}


def sign(state: str) -> str:
    """The sign of a state, of an expectation or of a flow."""
    one = STATES.get(state) or sign_of(state)
    return f'<i class="c-{class_of(state)}">{one.glyph}</i>'


def class_of(state: str) -> str:
    """The class that has the colour of a state."""
    return state if state in STATES else _CLASSES.get(id(sign_of(state)), "info")


def kind(name: str) -> str:
    """The kind of a dataset with its sign."""
    if name not in KINDS or name == "missing":
        return '<span class="mut">·</span>'
    small = " small" if KINDS[name].glyph in "■□" else ""
    glyph = f'<i class="c-{name.replace(" ", "-")}{small}">{KINDS[name].glyph}</i>'
    return f'<span class="nw">{glyph} {KINDS[name].word}</span>'


def code(text: str, most: int = 120) -> str:
    """An identifier or a value."""
    return f"<samp>{escaped(text, most)}</samp>"


def section(title: str, said: str, inside: str) -> str:
    small = f" <small>{escape(said)}</small>" if said else ""
    return f"<section><h2>{escape(title)}{small}</h2>{inside}</section>"


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = (), *, wide: bool = True
) -> str:
    """A table of ready markup, heads too; the columns *right* hold numbers. A *wide* one fills the page."""
    side = [' class="r"' if n in right else "" for n in range(len(heads))]
    top = "".join(f"<th{each}>{head}</th>" for each, head in zip(side, heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{each}>{cell}</td>' for each, cell in zip(side, row, strict=True))}</tr>\n" for row in rows
    )
    fit = "" if wide else ' class="fit"'
    return f'<div class="wide"><table{fit}><thead><tr>{top}</tr></thead>\n<tbody>{body}</tbody></table></div>'


def bar(state: str, left: int, long: int, title: str) -> str:
    """A strip of `BAR` parts, coloured from *left* on."""
    where = f"left:{100 * left / BAR:.1f}%;width:{100 * long / BAR:.1f}%"
    inside = f'<u class="c-{class_of(state)}" style="{where}"></u>' if long else ""
    return f'<span class="bar" title="{escape(clean(title), quote=True)}">{inside}</span>'
