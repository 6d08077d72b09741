"""About how wide a text is in a picture, where nobody can measure: the widths of the usual sans-serif letters."""

from __future__ import annotations

from ldp_magic.show.glyphs import letters, wide

__all__ = ["shortened", "text_width"]

_NARROW = {**dict.fromkeys("ijl.,:;|!'`", 0.29), **dict.fromkeys("frt()[]{}/\\- ", 0.37)}
_BROAD = {**dict.fromkeys("mwMW%@", 0.9), **dict.fromkeys("ABCDEFGHKNOPQRSUVXYZ&", 0.71)}
_WIDTHS = _NARROW | _BROAD


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of *text* in pixels, rather a little too large: fonts differ."""
    em = sum(_WIDTHS.get(char, 0.58) if char.isascii() else max(wide(char), 0) * 0.75 for char in text)
    return em * size * (1.2 if bold else 1.0)


def shortened(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """*text* in at most *room* pixels; what is too long loses its middle."""
    if text_width(text, size, bold=bold) <= room:
        return text
    pieces = letters(text)
    head, tail = _runs(pieces, (room - size) / 2, size, bold), _runs(pieces[::-1], (room - size) / 2, size, bold)
    return "".join(head) + "…" + "".join(reversed(tail))


def _runs(pieces: list[str], room: float, size: float, bold: bool) -> list[str]:
    taken: list[str] = []
    for piece in pieces:
        room -= text_width(piece, size, bold=bold)
        if room < 0:
            break
        taken.append(piece)
    return taken
