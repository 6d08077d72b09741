"""What the last graph of a pipeline came to, so that the next one only looks at what changed.

It is an aid and never an answer: whatever it holds was worked out from the very same values, and is dropped as soon as
one of them is another. Building with an empty memory gives an equal graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ldp_magic.pipeline.model import Dataset

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class Kept(Generic[K, V]):
    """Answers by the identity of what they were worked out from. `turn` forgets those that nobody asked for."""

    last: dict[int, tuple[K, object, V]] = field(default_factory=dict)
    now: dict[int, tuple[K, object, V]] = field(default_factory=dict)

    def get(self, of: K, beside: object) -> V | None:
        """The answer for *of*, if what stood beside it then is equal to *beside*."""
        held = self.now.get(id(of)) or self.last.get(id(of))
        if held is None or held[0] is not of or not (held[1] is beside or held[1] == beside):
            return None
        self.now[id(of)] = held
        return held[2]

    def put(self, of: K, beside: object, answer: V) -> V:
        self.now[id(of)] = (of, beside, answer)
        return answer

    def turn(self) -> None:
        self.last, self.now = self.now, {}

    def clear(self) -> None:
        self.last = {}


@dataclass(slots=True)
class Memory:
    """Of one pipeline. `names` is who was there, under which circumstances: while it is equal names resolve alike."""

    names: object = None
    reads: Kept[object, object] = field(default_factory=Kept)
    shapes: Kept[object, object] = field(default_factory=Kept)
    problems: Kept[object, object] = field(default_factory=Kept)
    places: Kept[object, object] = field(default_factory=Kept)
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    edges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    layers: dict[str, int] = field(default_factory=dict)
    cycles: tuple[tuple[str, ...], ...] = ()
    readers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def meets(self, names: object) -> None:
        """Forget what hung on names, if they are others now."""
        if self.names != names:
            self.reads.clear()
            self.shapes.clear()
            self.datasets = {}
            self.names = names

    def turn(self) -> None:
        """The graph is built: what was not asked for is forgotten."""
        for kept in (self.reads, self.shapes, self.problems, self.places):
            kept.turn()
