"""`a LIKE ANY (b, c)` is `(a LIKE b OR a LIKE c)`, and ALL puts AND between them."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.functions import names
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.names import name_of, name_unnamed
from ldp_magic.sql.sail.clauses.shape import Shape

_LIKES = frozenset({"LIKE", "ILIKE"})
_QUANTIFIERS = {"ANY": " OR ", "SOME": " OR ", "ALL": " AND "}
_BEFORE_OPERAND = names("SELECT DISTINCT WHERE AND OR NOT ON HAVING QUALIFY WHEN THEN ELSE CASE BY , ( [ -> => FILTER")


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return not _LIKES.isdisjoint(words) and not words.isdisjoint(_QUANTIFIERS)


def changes(shape: Shape) -> Iterator[Group]:
    words = shape.words
    for index, word in enumerate(words):
        if word not in _LIKES or index + 2 >= len(words) or words[index + 1] not in _QUANTIFIERS:
            continue
        close = shape.closing(index + 2)
        if words[index + 2] == "(" and close > 0:
            yield _spelled_out(shape, index, close)


def _spelled_out(shape: Shape, index: int, close: int) -> Group:
    words = shape.words
    inverted = words[index - 1] == "NOT"
    end = index - inverted
    first = _operand(shape, end)
    operand, how = shape.slice(first, end), shape.slice(end, index + 1)
    patterns = [shape.slice(*part) for part in shape.places.between_commas(index + 3, close)]
    whole = _QUANTIFIERS[words[index + 1]].join(f"{operand} {how} {pattern}" for pattern in patterns)
    said = name_of(shape, first, end)
    said = said and (f"lower({said})" if words[index] == "ILIKE" else said)
    quantifier = "all" if words[index + 1] == "ALL" else "any"
    name = said and f"{'not' if inverted else ''}like{quantifier}({said})"
    named = name_unnamed(shape, first, close + 1, name)
    return [shape.replace(first, close + 1, f"({whole})"), *named]


def _operand(shape: Shape, end: int) -> int:
    """Where the value before LIKE begins."""
    at = end - 1
    while at >= 0 and shape.words[at] not in _BEFORE_OPERAND:
        if shape.words[at] == "END":
            at = _case(shape, at)
        else:
            there = shape.tokens.pairs.get(at, at)
            at = there if there < at else at
        at -= 1
    return at + 1


def _case(shape: Shape, end: int) -> int:
    """The CASE that the END at *end* closes."""
    depth, at = 0, end
    while at > 0:
        depth += (shape.words[at] == "END") - (shape.words[at] == "CASE")
        if depth == 0:
            return at
        at -= 1
    return end
