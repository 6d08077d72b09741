"""Literals: what a string says, how Java writes a double."""

from __future__ import annotations

import re

_ESCAPED = re.compile(r"\\([0-7]{3}|u[0-9A-Fa-f]{4}|.)|''|\"\"", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_DOUBLED = re.compile(r"\\.|''|\"\"", re.DOTALL)


def string_value(text: str) -> str:
    """What a string literal says: escapes resolved, doubled quotes single."""
    if text[0] in "rR":
        return text[2:-1]
    return _ESCAPED.sub(_unescaped, text[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    escaped = found[1]
    if not escaped:
        return found[0][0]
    if len(escaped) == 3 or len(escaped) == 5:
        return chr(int(escaped, 8)) if len(escaped) == 3 else chr(int(escaped[1:], 16))
    return _ESCAPES.get(escaped, escaped)


def undoubled(text: str) -> str:
    """A string literal whose doubled quotes stand behind backslashes."""
    quote = text[0]
    inside = _DOUBLED.sub(lambda found: "\\" + quote if found[0] == quote * 2 else found[0], text[1:-1])
    return quote + inside + quote


def java_double(value: float) -> str:
    """A double as Java writes it."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(value)
        return text if "e" not in text else f"{value:f}"
    digits = repr(abs(value)).partition("e")[0].replace(".", "").strip("0")
    exponent = int(f"{value:e}".partition("e")[2])
    return f"{'-' * (value < 0)}{digits[0]}.{digits[1:] or '0'}E{exponent}"
