"""`FROM t LATERAL VIEW explode(a) v AS b WHERE b > 1`: the engine's WHERE does not see the columns of the view, so both
are read in a subquery, and what asks for `t.c` or `v.b` asks for `c` or `b`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape
from ldp_magic.sql.sail.clauses.stars import spelled_out


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"LATERAL", "VIEW", "WHERE"} <= words


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        if "where" in block.clauses and "from" in block.clauses:
            views = list(_views(shape, block))
            if views:
                yield _in_subquery(shape, select, block, views)


def _views(shape: Shape, block: Block) -> Iterator[str]:
    """The names of the views of a FROM clause, in lower case."""
    first, last = block.clauses["from"]
    words = shape.words
    for at in shape.beside(first, last):
        if words[at : at + 2] == ["LATERAL", "VIEW"]:
            close = shape.closing(at + 3 + (words[at + 2] == "OUTER"))
            named = 0 < close < last - 1 and words[close + 1] not in ("AS", "LATERAL", "WHERE")
            yield shape.places.name(close + 1).lower() if named else ""


def _in_subquery(shape: Shape, select: Select, block: Block, views: list[str]) -> Group:
    first, last = block.clauses["from"]
    owners = {source.alias.lower() for source in select.inputs} | set(views)
    group = [shape.before(first + 1, "(SELECT * FROM "), shape.after(last - 1, ")")]
    for item in shape.items(select):
        if item.star and item.last > item.first + 1:
            group.append(spelled_out(shape, select, block, item.first, item.last, owned=False))
    for column in select.columns:
        if len(column.parts) > 1 and column.parts[0].lower() in owners:
            at, _ = shape.tokens_in(column.span)
            if not first <= at < last:
                group.append(shape.drop(at, at + 2))
    return group
