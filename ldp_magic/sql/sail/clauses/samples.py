"""`t TABLESAMPLE (5 ROWS)` is `(SELECT * FROM t LIMIT 5)`."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import GO_ON, Shape, quoted


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "TABLESAMPLE" in words


def changes(shape: Shape) -> Iterator[Group]:
    words = shape.words
    for index, word in enumerate(words):
        close = shape.closing(index + 1) if word == "TABLESAMPLE" and words[index + 1 : index + 2] == ["("] else -1
        if close < 0:
            continue
        if "BUCKET" in words[index + 2 : close]:
            raise Refused(
                "the embedded engine has no TABLESAMPLE (BUCKET ...)",
                why="which rows are in a bucket is Spark's own choice",
                fix="say TABLESAMPLE (10 PERCENT), or preview it with --place databricks",
            )
        first = max((i for i in shape.outline.operands if i < index), default=-1)
        if words[close - 1] == "ROWS" and first >= 0:
            rows = shape.slice(index + 2, close - 1)
            yield [
                shape.before(first, "(SELECT * FROM "),
                shape.replace(index, close + 1, f"LIMIT {rows}){_alias(shape, first, index, close)}"),
            ]


def _alias(shape: Shape, first: int, last: int, close: int) -> str:
    """The table's own name, unless it is given another one or has none."""
    words, types = shape.words, shape.tokens.types
    after = close + 1
    named = after < len(words) and (words[after] == "AS" or types[after] == "name")
    plain = after < len(words) and types[after] == "word" and words[after] not in GO_ON
    return "" if named or plain or words[first] == "(" else f" AS {quoted(shape.places.name(last - 1))}"
