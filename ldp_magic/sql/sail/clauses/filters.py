"""`sum(a) FILTER (WHERE b) OVER (...)` is `sum(CASE WHEN b THEN a END) OVER (...)`."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.functions import names
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.names import name_unnamed
from ldp_magic.sql.sail.clauses.shape import Shape

_SKIP_NULLS = names(
    """COUNT SUM AVG MEAN MIN MAX COLLECT_LIST COLLECT_SET ARRAY_AGG STDDEV STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP
    VAR_SAMP BOOL_AND BOOL_OR EVERY ANY SOME MEDIAN COUNT_IF"""
)


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"FILTER", "OVER"} <= words


def changes(shape: Shape) -> Iterator[Group]:
    words = shape.words
    for index, word in enumerate(words):
        if word != "FILTER" or words[index + 1 : index + 3] != ["(", "WHERE"] or words[index - 1] != ")":
            continue
        close, opening = shape.closing(index + 1), shape.tokens.pairs.get(index - 1, -1)
        if opening < 1 or words[close + 1 : close + 2] != ["OVER"]:
            continue
        if words[opening - 1] not in _SKIP_NULLS:
            raise Refused(
                f"the embedded engine has no FILTER for {words[opening - 1].lower()}(...) OVER (...)",
                why="leaving rows out cannot be said in another way there",
                fix="filter in a subquery, or preview it with --place databricks",
            )
        condition = shape.slice(index + 3, close)
        first = opening + 1 + (words[opening + 1] == "DISTINCT")
        if words[first] == "*":
            inside = [shape.replace(first, first + 1, f"CASE WHEN {condition} THEN 1 END")]
        else:
            inside = [shape.before(first, f"CASE WHEN {condition} THEN "), shape.before(index - 1, " END")]
        yield [*inside, shape.drop(index, close + 1), *name_unnamed(shape, opening - 1, close + 2)]
