"""`(SELECT w FROM u WHERE u.id = t.id)` as a value: of queries that ask for columns from around them the engine takes
only aggregates, so it becomes one, which raises where there is more than one row."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape

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
            item = items[0]
            value = shape.slice(item.first, item.end)
            one = f"CASE WHEN count(*) > 1 THEN raise_error({_MORE}) ELSE first({value}) END"
            yield [shape.replace(item.first, item.last, f"{one} AS __ldp_one")]


def _asks(select: Select) -> bool:
    """Is there a column of a source that is not among its own?"""
    own = {source.alias.lower() for source in select.inputs}
    return bool(own) and any(len(c.parts) == 2 and c.parts[0].lower() not in own for c in select.columns)
