"""Parameters: `${x}` anywhere, also inside strings and names, and `:x`."""

from __future__ import annotations

from ldp_magic.sql.lexer import Tokens
from ldp_magic.text import Span


def parameters_in(tokens: Tokens, lead: int = 0) -> tuple[tuple[str, Span], ...]:
    """Every parameter and its place, in text order; places are counted from the character *lead*."""
    if "${" not in tokens.text and ":" not in tokens.text:
        return ()
    found: list[tuple[str, Span]] = []
    for index, type_ in enumerate(tokens.types):
        if tokens.words[index] == ":":
            if _is_marker(tokens, index):
                where = Span(tokens.starts[index] - lead, tokens.ends[index + 1] - lead)
                found.append((tokens.get(index + 1), where))
        elif type_ in ("word", "string", "name"):
            found += _braced(tokens.get(index), tokens.starts[index] - lead)
    return tuple(found)


def _braced(text: str, start: int) -> list[tuple[str, Span]]:
    found, at = [], text.find("${")
    while at >= 0 and (close := text.find("}", at)) > at:
        found.append((text[at + 2 : close].strip(), Span(start + at, start + close + 1)))
        at = text.find("${", close)
    return found


def _is_marker(tokens: Tokens, index: int) -> bool:
    """`:x` is a parameter unless something that can have a path stands directly before it."""
    if index + 1 >= len(tokens) or tokens.types[index + 1] != "word" or tokens.starts[index + 1] != tokens.ends[index]:
        return False
    if index == 0 or tokens.ends[index - 1] < tokens.starts[index]:
        return True
    return tokens.types[index - 1] not in ("word", "name", "string") and tokens.words[index - 1] not in (")", "]")
