"""Edits as the author would have made them: keywords in their case, no blanks left behind."""

from __future__ import annotations

from ldp_magic.text import Edit, Location

_BLANKS = " \t"


def cased(words: str, like: Location) -> str:
    """Keywords in lower case where the text in *like* begins with a word in lower case."""
    begins = like.text.split(None, 1)
    return words.lower() if begins and begins[0].islower() else words


def removed(where: Location) -> Edit:
    """Take *where* away: with its line if it has one to itself, else with the blanks before it."""
    text, start, end = where.source.text, where.start, where.end
    while start and text[start - 1] in _BLANKS:
        start -= 1
    if start and text[start - 1] not in "\r\n":
        return Edit(where.source.at(start, end), "")
    while end < len(text) and text[end] in _BLANKS:
        end += 1
    if text[end : end + 1] in ("\r", "\n"):
        end += 2 if text[end : end + 2] == "\r\n" else 1
        return Edit(where.source.at(start, end), "")
    return Edit(where.source.at(where.start, end), "")
