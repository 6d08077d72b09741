"""`FROM t` is `SELECT * FROM t`, and `FROM t SELECT a` is `SELECT a FROM t`. So is `TABLE t` over a file source."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape

_MAY_STAND_BEFORE = frozenset({"(", ")", "ALL", "DISTINCT", "UNION", "INTERSECT", "EXCEPT", "MINUS", "NAME", ""})


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "TABLE" in words or any(
        word == "FROM" and (not index or tokens.words[index - 1] in _MAY_STAND_BEFORE)
        for index, word in enumerate(tokens.words)
    )


def changes(shape: Shape) -> Iterator[Group]:
    files = {shape.tokens_in(relation.span)[0] for relation in shape.facts.relations if shape.hides(relation)}
    for block in shape.outline.blocks:
        if shape.words[block.first : block.first + 1] == ["TABLE"] and block.first + 1 in files:
            yield [shape.replace(block.first, block.first + 1, "SELECT * FROM")]
        if "from" not in block.clauses:
            continue
        first, _ = block.clauses["from"]
        if block.select < 0:
            yield [shape.before(first, "SELECT * ")]
        elif block.select > first and "select" in block.clauses:
            selected = shape.slice(*block.clauses["select"])
            yield [shape.before(first, selected + " "), shape.drop(*block.clauses["select"])]
