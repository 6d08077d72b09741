"""Which datasets of an update are to be done, and may be done now."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from ldp_magic.pipeline.model import Dataset
from ldp_magic.runs.chosen import Chosen


@dataclass(slots=True)
class Queue:
    """Which datasets are to be done, and may be done now."""

    choice: Chosen
    failed: dict[str, str] = field(default_factory=dict)  # name -> the dataset that failed first on the way to it
    broken: BaseException | None = None
    _finished: set[str] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)
    _stopped: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self) -> Dataset | None:
        """A dataset all of whose sources are done; it is waited for. None: there is none left."""
        with self._changed:
            while not self._stopped:
                left = [each for each in self.choice.datasets if each.name not in self._taken]
                if not left:
                    return None
                ready = next((each for each in left if self._needs(each) <= self._finished), None)
                if ready is None and self._taken == self._finished:
                    ready = left[0]  # a circle: it fails by itself, with its name
                if ready is not None:
                    self._taken.add(ready.name)
                    return ready
                self._changed.wait(0.2)
            return None

    def culprit(self, name: str) -> str:
        """The failed dataset that one reads, if there is one."""
        needs = (self.choice.before or {}).get(name, frozenset())
        return next((each for each in sorted(needs) if each in self.failed), "")

    def done(self, name: str, fine: bool) -> None:
        with self._changed:
            self._finished.add(name)
            if not fine:
                self.failed[name] = name
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def abandon(self, error: BaseException) -> None:
        self.broken = self.broken or error
        self.stop()

    def _needs(self, dataset: Dataset) -> frozenset[str]:
        return (self.choice.before or {}).get(dataset.name, frozenset())
