"""Table functions beside the rows they are given: `JOIN LATERAL explode(a) AS e` is `LATERAL VIEW explode(a) e`."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import GO_ON, Shape

_JOINS = frozenset({"JOIN", "LEFT", "INNER", "CROSS", "OUTER"})


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "LATERAL" in words


def changes(shape: Shape) -> Iterator[Group]:
    words, types = shape.words, shape.tokens.types
    for index, word in enumerate(words):
        if word != "LATERAL" or index + 3 >= len(words):
            continue
        if words[index + 1] == "(" and "FROM" in words[index + 1 : shape.closing(index + 1)]:
            raise Refused(
                "the embedded engine has no LATERAL query with a FROM clause of its own",
                why="it cannot ask for columns of the rows beside which the query stands",
                fix="join with ON, or preview it with --place databricks",
            )
        if (
            types[index + 1] == "word"
            and words[index + 2] == "("
            and shape.closing(index + 2) > 0
            and words[index + 1] != "VIEW"
        ):
            yield _view(shape, index)


def _view(shape: Shape, index: int) -> Group:
    words, close = shape.words, shape.closing(index + 2)
    first = index
    while words[first - 1] in _JOINS:
        first -= 1
    if first == index and words[index - 1] == ",":
        first = index - 1
    at = close + 1 + (words[close + 1 : close + 2] == ["AS"])
    alias, names, last = "", "", close + 1
    if at < len(words) and shape.tokens.types[at] in ("word", "name") and words[at] not in GO_ON:
        alias, last = shape.slice(at, at + 1), at + 1
        if words[last : last + 1] == ["("] and (end := shape.closing(last)) > 0:
            names, last = " AS " + shape.slice(last + 1, end), end + 1
    if words[last : last + 2] == ["ON", "TRUE"]:
        last += 2
    if first == index or words[last : last + 1] == ["ON"] or _joins_on(shape, last):
        raise Refused(
            f"the embedded engine has no LATERAL {words[index + 1].lower()}(...) here",
            why="it would keep rows that Spark leaves out",
            fix="write LATERAL VIEW behind the joins, or preview it with --place databricks",
        )
    return [shape.replace(first, last, f" LATERAL VIEW {shape.slice(index + 1, close + 1)} {alias}{names}")]


def _joins_on(shape: Shape, index: int) -> bool:
    """Does another join follow, before which no LATERAL VIEW can stand?"""
    words = shape.words[index : index + 3]
    return bool(words) and (words[0] == "," or "JOIN" in words) and words[0] not in ("WHERE", "GROUP", ")")
