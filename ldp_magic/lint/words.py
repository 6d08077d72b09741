"""The words of a statement: where they stand, how their author writes them, and how some are replaced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.lint.edits import cased
from ldp_magic.sql.cursor import Cursor, Unread
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Edit, Location


def cursor_over(where: Location) -> Cursor:
    tokens = tokens_of(where.text)
    return Cursor(tokens, 0, len(tokens), where.source, where.start)


def phrase_in(where: Location, *words: str) -> Location | None:
    """The first place outside brackets where these words stand one after the other."""
    cursor = cursor_over(where)
    cursor.skip_to(words)
    return None if cursor.done else cursor.between(cursor.index, cursor.index + len(words))


def names_in(where: Location) -> Iterator[tuple[str, Location]]:
    """The names of a list such as `(a, b.c)`, `a, b` or `* EXCEPT (a)`, each with its place."""
    cursor = cursor_over(where)
    cursor.take("ON")
    if not cursor.take("*", "EXCEPT") or cursor.word() == "(":
        inner = cursor.parenthesised() if cursor.word() == "(" else cursor
        for part in inner.parts():
            try:
                name = part.name()
            except Unread:
                continue
            yield str(name), name.location


def rewritten(where: Location, words: Sequence[str]) -> tuple[Edit, ...]:
    """Make *words* of the words in *where*; what is equal at both ends stays, and so does every comment."""
    cursor = cursor_over(where)
    old, new = list(cursor.tokens.words), [w.upper() for w in words]
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    stop, put = len(old) - last, cased(" ".join(words[first : len(words) - last]), where)
    if first == stop:
        return _inserted(cursor, first, put)
    return _replaced(cursor, first, stop, put)


def _inserted(cursor: Cursor, at: int, put: str) -> tuple[Edit, ...]:
    place = cursor.between(at, at)
    return (Edit(place, f"{put} "),) if put else ()


def _replaced(cursor: Cursor, first: int, stop: int, put: str) -> tuple[Edit, ...]:
    whole = cursor.between(first, stop)
    held = any(whole.start <= cursor.base + c.start < whole.end for c in cursor.tokens.comments)
    if put and not held:
        return (Edit(whole, put),)
    edits = [Edit(cursor.between(i, i + 1), "") for i in range(first, stop)]
    if put:
        return (Edit(edits[0].location, put), *edits[1:])
    return tuple(Edit(_with_blank_after(e.location), "") for e in edits)


def _with_blank_after(where: Location) -> Location:
    text, end = where.source.text, where.end
    while end < len(text) and text[end] in " \t":
        end += 1
    return Location(where.source, where.start, end)


def has_comment(where: Location) -> bool:
    return bool(tokens_of(where.text).comments)
