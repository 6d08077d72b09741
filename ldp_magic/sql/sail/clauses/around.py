"""A query inside another that shows the same columns: so it can have more of them, to filter and to order by."""

from __future__ import annotations

from ldp_magic.sql.facts import Select
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.names import item_name
from ldp_magic.sql.sail.clauses.shape import Item, Shape, quoted
from ldp_magic.sql.sail.clauses.stars import spelled_out

_OUTSIDE = ("order by", "sort by", "limit", "offset")
_HOW = frozenset({"ASC", "DESC", "NULLS", "FIRST", "LAST"})


def wrapped(shape: Shape, select: Select, block: Block, clause: str = "") -> Group:
    """The changes that put a SELECT inside another; the condition of *clause*, if one is named, filters outside."""
    items, start = shape.every_item(select, block), shape.list_start(block)
    outer, count, group = _columns(shape, select, block, items)
    first, last = block.clauses[clause] if clause else (0, 0)
    inside = [shape.slice(first + 1, last)] if clause else []
    group += _keys(shape, select, block, items, count, inside)
    listed = ", ".join(f"__ldp_c{n}" for n in range(count + len(inside)))
    distinct = " DISTINCT" if shape.words[block.select + 1] == "DISTINCT" else ""
    close = f") AS __ldp_around({listed})" + (f" WHERE __ldp_c{count}" if clause else "")
    end = _end(block)
    if end == last:
        group.append(shape.replace(first, last, close))
    else:
        group.append(shape.after(end - 1, close))
    if clause and end > last:
        group.append(shape.drop(first, last))
    return [
        *group,
        shape.replace(block.select, start, f"SELECT{distinct} {', '.join(outer)} FROM (SELECT"),
        shape.after(shape.list_end(block) - 1, "".join(f", ({t}) AS __ldp_{n}" for n, t in enumerate(inside))),
    ]


def _columns(shape: Shape, select: Select, block: Block, items: list[Item]) -> tuple[list[str], int, Group]:
    """The items of the SELECT outside, how many columns the one inside has for them, and what that changes there: a
    star is spelled out, or becomes one struct where its columns are not known."""
    outer: list[str] = []
    group: Group = []
    count = 0
    for item in items:
        shown = shape.listed(select, block, shape.slice(item.first, item.last)) if item.star else None
        if shown and all(name for name, _ in shown):
            group.append(spelled_out(shape, select, block, item.first, item.last))
            outer += [f"__ldp_c{count + n} AS {quoted(name)}" for n, (name, _) in enumerate(shown)]
            count += len(shown)
            continue
        if item.star:
            group += [shape.before(item.first, "struct("), shape.after(item.last - 1, ")")]
        outer.append(f"__ldp_c{count}.*" if item.star else f"__ldp_c{count} AS {quoted(item_name(shape, item))}")
        count += 1
    return outer, count, group


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


def _keys(shape: Shape, select: Select, block: Block, items: list[Item], count: int, inside: list[str]) -> Group:
    """Keys of ORDER BY that are no columns of the result become columns of the query inside."""
    names = [item.name.lower() for item in items]
    group: Group = []
    for start, stop in sort_keys(shape, select, block):
        output = shape.tokens.types[start] == "number" or names.count(shape.places.name(start).lower()) == 1
        if stop - start > 1 or not output:
            group.append(shape.replace(start, stop, f"__ldp_c{count + len(inside)}"))
            inside.append(shape.slice(start, stop))
    return group
