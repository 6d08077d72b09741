"""What user code says of streams and of event time, kept in its frames.

The engine is asked as if it were not there, except `while_shown`: then the plans of frames hold it, for a run to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

IDENTITIES = {"_plan_id", "_root_plan_id", "_plan_id_with_rel"}  # the first in old clients, the others in new ones
_shown: ContextVar[bool] = ContextVar("marks are shown", default=False)


@contextmanager
def while_shown() -> Iterator[None]:
    """Plans hold watermarks, and deduplication within them, as long as this lasts."""
    token = _shown.set(True)
    try:
        yield
    finally:
        _shown.reset(token)


def mark_stream(plan: Any) -> None:
    """Say that a plan reads a stream."""
    plan._ldp_stream = True


def streams(frame: Any) -> frozenset[int]:
    """The identities of the plans inside of a frame that read streams."""
    from pyspark.sql.connect.plan import LogicalPlan

    open_, seen, found = [frame._plan], set[int](), set[int]()
    while open_:
        plan = open_.pop()
        if id(plan) in seen:
            continue
        seen.add(id(plan))
        if getattr(plan, "_ldp_stream", False):
            found.add(plan._plan_id)
        for part in vars(plan).values():
            parts = part if isinstance(part, (list, tuple)) else [part]
            open_ += [one for one in parts if isinstance(one, LogicalPlan)]
    return frozenset(found)


def watermarked(original: Callable[..., Any]) -> Callable[..., Any]:
    """`DataFrame.withWatermark`, which the engine does not see: the frame is the one that it is made of."""

    def mark(*args: Any, **kwargs: Any) -> Any:
        frame = original(*args, **kwargs)
        plan = frame._plan
        plan.__class__ = _plans()[0]
        for name in IDENTITIES & vars(plan).keys():
            setattr(plan, name, getattr(plan._child, name, None))
        return frame

    return mark


def within(original: Callable[..., Any]) -> Callable[..., Any]:
    """`DataFrame.dropDuplicatesWithinWatermark`, which is `dropDuplicates` to the engine."""

    def mark(*args: Any, **kwargs: Any) -> Any:
        frame = original(*args, **kwargs)
        frame._plan.__class__ = _plans()[1]
        return frame

    return mark


@cache
def _plans() -> tuple[type, type]:
    from pyspark.sql.connect.plan import Deduplicate, WithWatermark

    class Watermark(WithWatermark):
        def plan(self, session: Any) -> Any:
            assert self._child is not None
            return super().plan(session) if _shown.get() else self._child.plan(session)

    class Within(Deduplicate):
        def plan(self, session: Any) -> Any:
            made = super().plan(session)
            made.deduplicate.within_watermark = _shown.get()
            return made

    return Watermark, Within
