"""Speed, always as a ratio of two things measured in one run on one machine: `python -m tests.benchmarks`.

A module here that has `measure() -> list[Figure]` is run. It measures CPU time, so a busy machine matters little.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measurement: ours and the peer's seconds, and how many times the peer's ours may be."""

    name: str
    ours: float
    peer: float
    budget: float
    peer_name: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.peer if self.peer else float("inf")

    @property
    def ok(self) -> bool:
        return self.ratio <= self.budget


def _nothing() -> None:
    pass


def cpu_seconds(work: Callable[[], object], times: int = 3, before: Callable[[], object] = _nothing) -> float:
    """The least CPU time of several runs; what *before* does, and the garbage of others, is not counted."""
    best = float("inf")
    for _ in range(times):
        before()
        gc.collect()
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best
