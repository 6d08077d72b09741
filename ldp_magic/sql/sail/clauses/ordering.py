"""`SELECT a FROM t GROUP BY a ORDER BY count(*)`: the engine orders only by aggregates that it shows."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses.around import sort_keys, wrapped
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"GROUP", "ORDER"} <= words


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        if "group by" in block.clauses and select.distinct is None and _hidden(shape, select, block):
            yield wrapped(shape, select, block)


def _hidden(shape: Shape, select: Select, block: Block) -> bool:
    """Is there a key that holds an aggregate and is no item of the select list?"""
    shown = {_plain(shape, item.first, item.end) for item in shape.items(select)}
    starts = [call.span.start for call in select.aggregates]
    for first, last in sort_keys(shape, select, block):
        begin, end = shape.tokens.starts[first], shape.tokens.ends[last - 1]
        if any(begin <= start < end for start in starts) and _plain(shape, first, last) not in shown:
            return True
    return False


def _plain(shape: Shape, first: int, last: int) -> str:
    return " ".join(shape.slice(n, n + 1).lower() for n in range(first, last))
