"""Names and texts as SQL has to hold them."""

from __future__ import annotations


def quoted(name: str) -> str:
    """A name in back-ticks."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """A text between quotes, in the one spelling that every engine reads alike."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
