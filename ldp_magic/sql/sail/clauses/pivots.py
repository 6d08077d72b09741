"""`PIVOT`: the engine wants the column in brackets, and before it a query in brackets or a name."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import operand_end
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "PIVOT" in words


def changes(shape: Shape) -> Iterator[Group]:
    words = shape.words
    for index, word in enumerate(words):
        if word == "PIVOT" and index and words[index + 1 : index + 2] == ["("] and shape.closing(index + 1) > 0:
            yield _column_in_brackets(shape, index + 1)
            yield _source_in_brackets(shape, index)


def _column_in_brackets(shape: Shape, opening: int) -> Group:
    words, at = shape.words, opening + 1
    while at < shape.closing(opening) and words[at] != "FOR":
        at = shape.tokens.pairs.get(at, at) + 1 if words[at] == "(" else at + 1
    if words[at] != "FOR" or words[at + 1] == "(" or "IN" not in words[at : at + 8]:
        return []
    return [shape.before(at + 1, "("), shape.after(words.index("IN", at) - 1, ")")]


def _source_in_brackets(shape: Shape, index: int) -> Group:
    """`FROM a AS b PIVOT` is `FROM (SELECT * FROM a AS b) PIVOT`."""
    words, first = shape.words, source_start(shape, index)
    if first < 0 or (words[first] == "(" and shape.closing(first) == index - 1):
        return []
    hidden = any(shape.tokens_in(r.span)[0] == first and shape.hides(r) for r in shape.facts.relations)
    if operand_end(shape.tokens, first) == index and words[first] != "VALUES" and not hidden:
        return []
    return [shape.before(first, "(SELECT * FROM "), shape.after(index - 1, ")")]


def source_start(shape: Shape, index: int) -> int:
    """Where the relation before PIVOT begins: behind FROM, or behind a comma if no LATERAL VIEW follows that."""
    words, at, comma = shape.words, index - 1, -1
    views = False
    while at >= 0 and words[at] not in ("FROM", "("):
        if words[at] in (")", "]"):
            at = shape.tokens.pairs.get(at, at)
        elif (
            words[at] == ","
            and comma < 0
            and shape.outline.clause_of[at] == "from"
            and at + 1 in shape.outline.operands
        ):
            comma = at
        views = views or words[at : at + 2] == ["LATERAL", "VIEW"]
        at -= 1
    return comma + 1 if comma >= 0 and not views else at + 1
