"""AUTO CDC in plain Python: what the rows are after these events, each a dict, in no order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Model:
    keys: tuple[str, ...]
    columns: tuple[str, ...]  # of the table that come from the source
    sequence: Callable[[Event], Any]
    deletes: Callable[[Event], bool] = lambda event: False
    truncates: Callable[[Event], bool] = lambda event: False
    patient: tuple[str, ...] = ()  # a null in them changes nothing
    named: str = ""  # the column that lists what an event sets
    tracked: tuple[str, ...] | None = None

    def latest(self, events: Iterable[Event]) -> set[tuple[Any, ...]]:
        """SCD type 1."""
        steps = (self._steps(each)[-1][1] for each in self._by_key(events))
        return {self._row(row) for row in steps if row is not None}

    def history(self, events: Iterable[Event]) -> set[tuple[Any, ...]]:
        """SCD type 2."""
        return {row for each in self._by_key(events) for row in self._runs(self._steps(each))}

    def _by_key(self, events: Iterable[Event]) -> Iterable[list[Event]]:
        events = list(events)
        emptied = [self.sequence(each) for each in events if self.truncates(each)]
        keys: dict[tuple[Any, ...], list[Event]] = {}
        for each in events:
            if not emptied or self.sequence(each) > max(emptied):
                keys.setdefault(tuple(each[key] for key in self.keys), []).append(each)
        return keys.values()

    def _steps(self, events: list[Event]) -> list[tuple[Any, Event | None]]:
        """What the row of a key is after each moment; None where it is deleted."""
        row: dict[str, Any] | None = None
        steps: dict[Any, Event | None] = {}
        for each in sorted(events, key=self._order):
            row = None if self.deletes(each) else self._changed(row, each)
            steps[self.sequence(each)] = row
        return list(steps.items())

    def _order(self, event: Event) -> Any:
        values = tuple(_nulls_first(event[name]) for name in self.columns if name not in self.keys)
        return self.sequence(event), self.deletes(event), values

    def _changed(self, row: dict[str, Any] | None, event: Event) -> dict[str, Any]:
        if row is None:
            row = dict.fromkeys(self.columns)
        return (
            {name: _value(row[name], event[name]) if name in self.patient else event[name] for name in row}
            if not self.named
            else {name: event[name] if name in self.keys or name in event[self.named] else row[name] for name in row}
        )

    def _runs(self, steps: Sequence[tuple[Any, Event | None]]) -> Iterable[tuple[Any, ...]]:
        tracked = self.tracked if self.tracked is not None else tuple(n for n in self.columns if n not in self.keys)
        runs: list[list[Any]] = []  # start, row
        for at, row in steps:
            last = runs[-1][1] if runs else None
            if row is not None and last is not None and all(row[name] == last[name] for name in tracked):
                runs[-1][1] = row
            else:
                runs.append([at, row])
        ends = [start for start, _ in runs[1:]] + [None]
        return [(*self._row(row), start, end) for (start, row), end in zip(runs, ends, strict=True) if row is not None]

    def _row(self, row: Event) -> tuple[Any, ...]:
        return tuple(row[name] for name in self.columns)


def _nulls_first(value: Any) -> Any:
    return (value is not None, _nulls_first_in(value))


def _nulls_first_in(value: Any) -> Any:
    return 0 if value is None else value


def _value(old: Any, new: Any) -> Any:
    """The new value unless it is null; of a struct, field by field."""
    if isinstance(new, tuple):
        return tuple(_value(o, n) for o, n in zip(old or (None,) * len(new), new, strict=True))
    return old if new is None else new
