"""The two sides of each join of a query that streams: which one streams, over which watermark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ldp_magic.lint.subjects import Streaming
from ldp_magic.pipeline.streams import SeenSelect, Shape
from ldp_magic.sql.facts import ColumnRef, Input, Join
from ldp_magic.text import Span

_OPERAND = re.compile(r"(LATERAL\b)?\s*(STREAM\s*\(?)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Side:
    """What stands on one side of a join."""

    aliases: frozenset[str]
    marks: frozenset[str]
    streaming: bool

    def has(self, column: ColumnRef) -> bool:
        """May the column be of this side? A name without a qualifier may be of either."""
        return len(column.parts) == 1 or column.parts[-2].lower() in self.aliases

    def marked(self, columns: Iterable[ColumnRef]) -> bool:
        """Is one of the columns a watermark of this side?"""
        return any(self.has(c) and c.name.lower() in self.marks for c in columns)


@dataclass(frozen=True, slots=True)
class Sides:
    """A join with its sides."""

    join: Join
    left: Side
    right: Side

    @property
    def streams(self) -> bool:
        """Do both sides stream?"""
        return self.left.streaming and self.right.streaming

    @property
    def marked_keys(self) -> bool:
        """Does the join equate a watermarked column?"""
        named = {name.lower() for name in self.join.using}
        keys = [c for pair in self.join.equalities for c in pair]
        return bool(named & (self.left.marks | self.right.marks)) or self.left.marked(keys) or self.right.marked(keys)

    def bounded(self, kept: Side, other: Side) -> bool:
        """Does the condition put a lower bound, by the watermark of the other side, on rows that are kept?"""
        for comparison in self.join.comparisons:
            low, high = comparison.left, comparison.right
            mixed = any(not low or not high or _of_both(columns, kept, other) for columns in (low, high))
            if mixed and other.marked((*low, *high)):
                return True
            if other.marked(low) and any(kept.has(c) for c in high):
                return True
        return False


def _of_both(columns: tuple[ColumnRef, ...], one: Side, other: Side) -> bool:
    return any(one.has(c) and not other.has(c) for c in columns) and any(other.has(c) for c in columns)


def sides_of(streaming: Streaming) -> Iterator[tuple[SeenSelect, Sides]]:
    """Every join that a stream takes part in. Joins inside brackets of the right side are left alone."""
    for seen in streaming.streamed():
        inputs = list(seen.inputs)
        for join in seen.select.joins:
            at = next((n for n, (item, _) in enumerate(inputs) if item is join.right), 0)
            between = streaming.text(Span(join.span.end, join.right.span.start))
            if not at or join.right.lateral or not _OPERAND.fullmatch(between):
                break
            left, right = _side(inputs[:at]), _side(inputs[at : at + 1])
            if left.streaming or right.streaming:
                yield seen, Sides(join, left, right)


def _side(inputs: list[tuple[Input, Shape]]) -> Side:
    shapes = [shape for _, shape in inputs if shape.streaming]
    return Side(
        frozenset(item.alias.lower() for item, _ in inputs),
        frozenset().union(*(shape.watermarks for shape in shapes)),
        bool(shapes),
    )
