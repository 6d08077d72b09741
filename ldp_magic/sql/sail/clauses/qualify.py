"""`QUALIFY condition` as a WHERE around the query, whose select list holds the condition as one column more."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.names import item_name
from ldp_magic.sql.sail.clauses.shape import Item, Shape, quoted

_OUTSIDE = ("order by", "sort by", "limit", "offset")
_HOW = frozenset({"ASC", "DESC", "NULLS", "FIRST", "LAST"})


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "QUALIFY" in words


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        if "qualify" in block.clauses and block.clauses["qualify"][1] > block.clauses["qualify"][0] + 1:
            yield _wrapped(shape, select, block)


def _wrapped(shape: Shape, select: Select, block: Block) -> Group:
    first, last = block.clauses["qualify"]
    items, start = shape.items(select), shape.list_start(block)
    outer = [f"c{n}.*" if item.star else f"c{n} AS {quoted(item_name(shape, item))}" for n, item in enumerate(items)]
    group, extra = _order(shape, block, items)
    inside = [shape.slice(first + 1, last), *extra]
    listed = ", ".join(f"c{n}" for n in range(len(items) + len(inside)))
    distinct = "DISTINCT " if shape.words[block.select + 1] == "DISTINCT" else ""
    end = _end(block)
    close = f") AS __ldp_qualified({listed}) WHERE c{len(items)}"
    for item in items:
        if item.star:
            group += [shape.before(item.first, "struct("), shape.after(item.last - 1, ")")]
    kept = [shape.drop(first, last), shape.after(end - 1, close)] if end > last else [shape.replace(first, last, close)]
    return [
        *group,
        shape.replace(block.select, start, f"SELECT {distinct}{', '.join(outer)} FROM (SELECT"),
        shape.after(
            block.clauses["select"][1] - 1, "".join(f", ({text}) AS __ldp_{n}" for n, text in enumerate(inside))
        ),
        *kept,
    ]


def _end(block: Block) -> int:
    """Where the clauses that order and limit begin."""
    return min([block.last, *(block.clauses[name][0] for name in _OUTSIDE if name in block.clauses)])


def _order(shape: Shape, block: Block, items: list[Item]) -> tuple[Group, list[str]]:
    """Keys of ORDER BY that are no columns of the result become columns of the query inside."""
    group: Group = []
    extra: list[str] = []
    for clause in ("order by", "sort by"):
        first, last = block.clauses.get(clause, (0, 0))
        for start, end in shape.places.between_commas(first + 2, last):
            stop = end
            while stop - 1 > start and shape.words[stop - 1] in _HOW:
                stop -= 1
            named = stop - start == 1 and _is_output(shape, start, items)
            if not named:
                group.append(shape.replace(start, stop, f"c{len(items) + 1 + len(extra)}"))
                extra.append(shape.slice(start, stop))
    return group, extra


def _is_output(shape: Shape, index: int, items: list[Item]) -> bool:
    name = shape.places.name(index).lower()
    return shape.tokens.types[index] == "number" or [i.name.lower() for i in items].count(name) == 1
