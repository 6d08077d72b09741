"""The time of a workspace: it goes as time does, and tests turn it forwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone


class Clock:
    """`advance(hours=2)` turns it, and everything that is due on the way happens."""

    def __init__(self, ahead: float = 0.0) -> None:
        self._ahead = ahead
        self._turning = threading.RLock()
        self.due: Callable[[datetime], datetime | None] = lambda until: None  # when something happens next, till then
        self.happen: Callable[[], None] = lambda: None  # do what is due by now
        self.turned: Callable[[float], None] = lambda ahead: None

    @property
    def ahead(self) -> float:
        """Seconds before the time of this machine."""
        return self._ahead

    def now(self) -> datetime:
        """The time in the workspace."""
        return datetime.fromtimestamp(time.time() + self._ahead, timezone.utc)

    def milliseconds(self) -> int:
        """The same, as the interface tells it."""
        return int(self.now().timestamp() * 1000)

    def advance(self, by: timedelta | None = None, *, days: float = 0, hours: float = 0, minutes: float = 0) -> None:
        """Turn it forwards by that much, or by that many days, hours and minutes."""
        self.set(self.now() + (by or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes))

    def set(self, to: datetime) -> None:
        """Turn it to a moment that is ahead; what is due on the way happens at its own time."""
        with self._turning:
            while (due := self.due(to)) is not None:
                self._jump(due)
                self.happen()
            self._jump(to)

    def _jump(self, to: datetime) -> None:
        """Be at a moment, if it is ahead: time does not go backwards."""
        self._ahead += max((to - self.now()).total_seconds(), 0.0)
        self.turned(self._ahead)


def written(milliseconds: int) -> str:
    """`2026-11-20T06:37:33.083Z`"""
    at = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03}Z"
