"""`WITH RECURSIVE` whose parts read themselves: the engine cannot go on until nothing new comes in."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "RECURSIVE" in words


def changes(shape: Shape) -> Iterator[Group]:
    for first, word in enumerate(shape.words):
        if word == "RECURSIVE" and shape.words[first - 1] == "WITH":
            for name, opening, close in _parts(shape, first + 1):
                if any(shape.places.name(i).lower() == name for i in shape.outline.operands if opening < i < close):
                    raise Refused(
                        f"the embedded engine has no recursive queries, and {name} reads itself",
                        why="how many rounds it takes depends on the rows",
                        fix="preview it with --place databricks",
                    )
    yield from ()


def _parts(shape: Shape, index: int) -> Iterator[tuple[str, int, int]]:
    """The parts of a WITH clause from the token *index* on: name, opening and closing bracket."""
    words = shape.words
    while index + 1 < len(words):
        name, at = shape.places.name(index).lower(), index + 1
        if words[at] == "(":
            at = shape.closing(at) + 1
        while at < len(words) and words[at] != "(":  # AS, MAX RECURSION LEVEL 100
            at += 1
        close = shape.closing(at) if at < len(words) else -1
        if close < 0:
            return
        yield name, at, close
        if words[close + 1 : close + 2] != [","]:
            return
        index = close + 2
