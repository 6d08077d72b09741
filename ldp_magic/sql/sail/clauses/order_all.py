"""`ORDER BY ALL` orders by every column that comes out, from left to right."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape

_HOW = frozenset({"ASC", "DESC", "NULLS", "FIRST", "LAST"})


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"ORDER", "ALL"} <= words


def changes(shape: Shape) -> Iterator[Group]:
    for block in shape.outline.blocks:
        first, last = block.clauses.get("order by", (0, 0))
        if shape.words[first : first + 3] != ["ORDER", "BY", "ALL"] or not _HOW.issuperset(
            shape.words[first + 3 : last]
        ):
            continue
        how = shape.slice(first + 3, last)
        count = _columns(shape, first)
        keys = ", ".join(f"{n} {how}".rstrip() for n in range(1, count + 1))
        yield [shape.replace(first, last, f"ORDER BY {keys}")]


def _columns(shape: Shape, index: int) -> int:
    """How many columns come out of the SELECT before the token *index*."""
    before = [(block.select, select, block) for select, block in shape.selects() if block.first <= index <= block.last]
    if not before:
        raise _unknown()
    _, select, block = max(before, key=lambda found: found[0])
    count = 0
    for item in shape.every_item(select, block):
        shown = shape.listed(select, block, shape.slice(item.first, item.last)) if item.star else [("", "")]
        if shown is None:
            raise _unknown()
        count += len(shown)
    return count


def _unknown() -> Refused:
    return Refused(
        "the columns that ORDER BY ALL orders by are not known",
        why="the embedded engine has to be told each of them",
        fix="name the columns, or preview it with --place databricks",
    )
