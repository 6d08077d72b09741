"""A query inside another that shows the same columns: so it can have more of them, to filter and to order by."""

from __future__ import annotations

from ldp_magic.sql.facts import Select
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.names import item_name
from ldp_magic.sql.sail.clauses.shape import Item, Shape, quoted

_OUTSIDE = ("order by", "sort by", "limit", "offset")
_HOW = frozenset({"ASC", "DESC", "NULLS", "FIRST", "LAST"})


def wrapped(shape: Shape, select: Select, block: Block, clause: str = "") -> Group:
    """The changes that put a SELECT inside another; the condition of *clause*, if one is named, filters outside."""
    items, start = shape.items(select), shape.list_start(block)
    outer = [f"c{n}.*" if item.star else f"c{n} AS {quoted(item_name(shape, item))}" for n, item in enumerate(items)]
    first, last = block.clauses[clause] if clause else (0, 0)
    inside = [shape.slice(first + 1, last)] if clause else []
    group = _keys(shape, select, block, items, inside)
    listed = ", ".join(f"c{n}" for n in range(len(items) + len(inside)))
    distinct = " DISTINCT" if shape.words[block.select + 1] == "DISTINCT" else ""
    close = f") AS __ldp_around({listed})" + (f" WHERE c{len(items)}" if clause else "")
    for item in items:
        if item.star:
            group += [shape.before(item.first, "struct("), shape.after(item.last - 1, ")")]
    end = _end(block)
    if clause and end == last:
        group.append(shape.replace(first, last, close))
    else:
        group += [shape.drop(first, last)] * bool(clause) + [shape.after(end - 1, close)]
    return [
        *group,
        shape.replace(block.select, start, f"SELECT{distinct} {', '.join(outer)} FROM (SELECT"),
        shape.after(block.clauses["select"][1] - 1, "".join(f", ({t}) AS __ldp_{n}" for n, t in enumerate(inside))),
    ]


def _end(block: Block) -> int:
    """Where the clauses that order and limit begin."""
    return min([block.last, *(block.clauses[name][0] for name in _OUTSIDE if name in block.clauses)])


def sort_keys(shape: Shape, select: Select, block: Block) -> list[tuple[int, int]]:
    """What the SELECT is ordered by, without ASC and NULLS LAST."""
    found = []
    for clause in ("order by", "sort by"):
        first, last = block.clauses.get(clause, (0, 0)) if clause in select.clauses else (0, 0)
        for start, end in shape.places.between_commas(first + 2, last):
            stop = end
            while stop - 1 > start and shape.words[stop - 1] in _HOW:
                stop -= 1
            found.append((start, stop))
    return found


def _keys(shape: Shape, select: Select, block: Block, items: list[Item], inside: list[str]) -> Group:
    """Keys of ORDER BY that are no columns of the result become columns of the query inside."""
    names = [item.name.lower() for item in items]
    group: Group = []
    for start, stop in sort_keys(shape, select, block):
        output = shape.tokens.types[start] == "number" or names.count(shape.places.name(start).lower()) == 1
        if stop - start > 1 or not output:
            group.append(shape.replace(start, stop, f"c{len(items) + len(inside)}"))
            inside.append(shape.slice(start, stop))
    return group
