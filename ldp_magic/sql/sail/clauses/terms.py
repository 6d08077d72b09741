"""The parts of a set operation, in tokens."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.outline import STARTS
from ldp_magic.sql.sail.clauses.shape import Shape

_WHOLE = ("order by", "sort by", "limit", "offset")  # behind the last part, these belong to all of them


def left_of(shape: Shape, index: int) -> int:
    """Where the part before the words of a set operation begins."""
    block = shape.outline.blocks[shape.outline.block_of[index - 1]]
    if shape.words[index - 1] == ")" and shape.tokens.pairs[index - 1] <= block.first:
        return shape.tokens.pairs[index - 1]
    first = block.first
    if shape.words[first] == "WITH":
        first = next((at for at in shape.beside(first + 1, index) if shape.words[at] in STARTS), first)
    return first


def right_of(shape: Shape, index: int) -> int:
    """Where the part that begins at *index*, behind the words of a set operation, ends."""
    if shape.words[index] == "(" and shape.closing(index) > 0:
        return shape.closing(index) + 1
    block = shape.outline.blocks[shape.outline.block_of[index]]
    return min([block.last, *(block.clauses[name][0] for name in _WHOLE if name in block.clauses)])


def levels(shape: Shape) -> Iterator[list[tuple[int, int]]]:
    """Set operations that stand beside each other: where each part begins and ends."""
    found: dict[int, list[tuple[int, int]]] = {}
    for first, last in shape.outline.set_words:
        around = max((o for o, c in shape.tokens.pairs.items() if o < first < c and shape.words[o] == "("), default=-1)
        parts = found.setdefault(around, [])
        if not parts:
            parts.append((left_of(shape, first), first))
        parts.append((last, right_of(shape, last)))
    yield from found.values()
