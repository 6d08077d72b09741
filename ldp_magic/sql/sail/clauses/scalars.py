"""`(SELECT w FROM u WHERE u.id = t.id)` as a value: of queries that ask for columns from around them the engine takes
only aggregates, so it becomes one. Of more than one row it raises."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.names import name_unnamed
from ldp_magic.sql.sail.clauses.shape import Item, Shape

_BEFORE_VALUE = frozenset({"SELECT", "DISTINCT", ",", "(", "=", "<", ">", "<=", ">=", "<>", "!=", "+", "-", "*", "/"})
_KNOWN = frozenset({"select", "from", "where"})
_MORE = "'SCALAR_SUBQUERY_TOO_MANY_ROWS: more than one row came out of a subquery that is used as a value'"


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return tokens.words.count("SELECT") > 1 and "WHERE" in words


def changes(shape: Shape) -> Iterator[Group]:
    values = {node.first for node in shape.expressions[0].held}
    for select, block in shape.selects():
        items = shape.items(select)
        plain = _KNOWN.issuperset(block.clauses) and select.distinct is None and not select.aggregates
        if not plain or block.first - 1 not in values or len(items) != 1 or items[0].star or not _asks(select):
            continue
        if shape.words[block.first - 2] in _BEFORE_VALUE and shape.words[block.select] == shape.words[block.first]:
            yield _as_list(shape, block, items[0])


def _as_list(shape: Shape, block: Block, item: Item) -> Group:
    """The list of all rows, whose only one is taken: the engine works it out for rows that nobody asks for, too."""
    first, last = block.first - 1, block.last + 1
    value = shape.slice(item.first, item.end)
    before, behind = shape.slice(first, item.first), shape.slice(item.last, last)
    rows = f"{before} collect_list(struct({value} AS __ldp_one)) AS __ldp_rows {behind}"
    one = f"CASE WHEN size({rows}) > 1 THEN raise_error({_MORE}) ELSE get({rows}, 0).__ldp_one END"
    return [shape.replace(first, last, f"({one})"), *name_unnamed(shape, first, last)]


def _asks(select: Select) -> bool:
    """Is there a column of a source that is not among its own?"""
    own = {source.alias.lower() for source in select.inputs}
    return bool(own) and any(len(c.parts) == 2 and c.parts[0].lower() not in own for c in select.columns)
