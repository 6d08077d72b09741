"""Time limits that a busy machine does not break: a slow round is repeated, and only the best of three must be quick."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TypeVar

from tests.benchmarks.sql_reading import forget

ROUNDS = 3
T = TypeVar("T")


class Stopwatch:
    """The seconds that pass within `with`; whoever times nothing was not quick."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.seconds = float("inf")
        self._clock = clock

    def __enter__(self) -> None:
        self._began = self._clock()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.seconds = self._clock() - self._began


def rounds(seconds: float, said: str = "", *, clock: Callable[[], float] = time.process_time) -> Iterator[Stopwatch]:
    """A watch for each round, until one took less than *seconds*; no later round finds what an earlier one has kept."""
    best = float("inf")
    for _ in range(ROUNDS):
        yield (watch := Stopwatch(clock))
        best = min(best, watch.seconds)
        if best < seconds:
            return
        forget()
        gc.collect()
    raise AssertionError(f"the best of {ROUNDS} rounds took {best:.3g} s, not less than {seconds:g} {said}".rstrip())


def assert_quick(
    work: Callable[[], T], seconds: float, said: str = "", *, clock: Callable[[], float] = time.process_time
) -> T:
    """What *work* returns, which took less than *seconds* in one of its rounds."""
    for watch in rounds(seconds, said, clock=clock):
        with watch:
            result = work()
    return result
