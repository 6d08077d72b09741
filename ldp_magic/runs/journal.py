"""The events of a running update: stored as they come, a few at a time, and each handed on at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ldp_magic.events import Event
from ldp_magic.lake import Lake

PAUSE = 0.25  # seconds between two writings


class Journal:
    """Stores events as they come, a few at a time, and hands each on."""

    def __init__(self, lake: Lake, update: str, say: Callable[[Event], None]) -> None:
        self.lake, self.update, self.say = lake, update, say
        self.all: list[Event] = []
        self._waiting: list[Event] = []
        self._last = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self.all.append(event)
            self._waiting.append(event)
        self.say(event)
        if time.monotonic() - self._last > PAUSE:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._last = time.monotonic()
            if waiting:
                self.lake.events.add(self.update, *(event.to_dict() for event in waiting))
