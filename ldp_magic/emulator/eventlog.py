"""The event log of each pipeline, and how it is asked: filters, orders, pages, and the oddities of real answers."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator import pages
from ldp_magic.emulator.clock import Clock, written
from ldp_magic.emulator.http import Request, invalid
from ldp_magic.emulator.kept import Kept, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 250
LEVELS = ("INFO", "WARN", "ERROR", "METRICS")
_ORDERS = {"": True, "timestamp": False, "timestamp asc": False, "timestamp desc": True}  # the newest first?
_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)
_ONE = re.compile(r"\s*(\w+)\s*(>=|<=|=|>|<|<>|!=)\s*'([^']*)'\s*")
_IN = re.compile(r"\s*(\w+)\s+in\s*\(\s*((?:'[^']*'\s*,\s*)*'[^']*')\s*\)\s*", re.IGNORECASE)
_LEGAL = {"timestamp": (">", ">=", "<", "<=", "="), "id": ("=", "in"), "level": ("=", "in"), "update_id": ("=", "in")}


@dataclass(slots=True)
class Quirks:
    """What real answers sometimes are; nothing of it unless it is asked for."""

    page_size: int = 0  # events of a page at most, whatever is asked for; 0: as asked for
    numbers_as_text: bool = False
    details_as_text: bool = False
    shuffled_times: bool = False  # events of one update have times that are not in their order
    late_events: int = 0  # so many of a flow come after the end of their update


@dataclass(slots=True)
class Event:
    """An event, and the number of its place."""

    pipeline: str
    number: int
    at: int
    said: dict[str, Any]
    update: str = ""
    held: bool = False  # not told yet

    @property
    def key(self) -> tuple[int, int]:
        """Its place in the order of the log."""
        return self.at, self.number


class EventLog:
    """The events of all pipelines."""

    def __init__(self, kept: Kept, clock: Clock, quirks: Quirks) -> None:
        self._shelf, self._clock, self._quirks = Shelf(kept, "events", Event), clock, quirks
        self._by: dict[str, list[Event]] = {}
        self._count, self._last = 0, 0
        for each in self._shelf:
            self._by.setdefault(each.pipeline, []).append(each)
            self._count, self._last = max(self._count, each.number), max(self._last, each.at)

    def add(
        self,
        pipeline: str,
        event_type: str,
        details: Mapping[str, Any],
        message: str,
        origin: Mapping[str, Any],
        *,
        level: str = "INFO",
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """One more event."""
        self._count += 1
        self._last = max(self._clock.milliseconds(), self._last)
        said: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "sequence": {"control_plane_seq_no": 1_700_000_000_000_000 + self._count},
            "origin": {"cloud": "emulated", "region": "local", "org_id": 0} | dict(origin),
            "timestamp": written(self._last + self._jitter()),
            "message": message,
            "level": level,
            "event_type": event_type,
            "maturity_level": "STABLE",
            "details": {event_type: dict(details)},
        }
        said |= {"error": dict(error)} if error else {}
        event = Event(pipeline, self._count, self._last + self._jitter(), said, str(origin.get("update_id", "")))
        event.held = self._hold(event)
        self._by.setdefault(pipeline, []).append(event)
        self._shelf.put(said["id"], event)

    def _jitter(self) -> int:
        """Milliseconds by which a time is wrong: the same for the same event."""
        return (self._count * 7919 % 4000) - 2000 if self._quirks.shuffled_times else 0

    def _hold(self, event: Event) -> bool:
        if not self._quirks.late_events or event.said["event_type"] != "flow_progress":
            return False
        return sum(each.held for each in self._by.get(event.pipeline, ())) < self._quirks.late_events

    def release(self, pipeline: str, update: str) -> None:
        """An update is over: what was held back comes after its last event, with the time that it had."""
        for each in self._by.get(pipeline, []):
            if each.held and each.update == update:
                each.held = False
                self._count += 1
                each.number = self._count
                self._shelf.put(each.said["id"], each)

    def forget(self, pipeline: str) -> None:
        """Let go of all events of a pipeline."""
        for each in self._by.pop(pipeline, []):
            self._shelf.drop(each.said["id"])

    def all(self, pipeline: str) -> list[dict[str, Any]]:
        """The events of a pipeline in the order in which they came."""
        return [each.said for each in sorted(self._by.get(pipeline, []), key=lambda e: e.number) if not each.held]

    # --- pages ---------------------------------------------------------------------------------------------------

    def page(self, pipeline: str, request: Request) -> dict[str, Any]:
        """The answer to a request for events."""
        query = request.query
        most = request.number("max_results", 25, 1, MOST)
        if query.get("page_token"):
            for name, word in (("order_by", "an ordering"), ("filter", "a filter")):
                if query.get(name):
                    raise invalid(f"You can provide a page token or specify {word}, but not both.")
            filter, down, after = pages.meant(query["page_token"])
        else:
            filter, down, after = query.get("filter", ""), _down(query.get("order_by", "")), None
        return self._cut(pipeline, filter, down, after, min(most, self._quirks.page_size or most))

    def _cut(self, pipeline: str, filter: str, down: bool, after: list[int] | None, most: int) -> dict[str, Any]:
        fits = _filter(filter)
        found = [each for each in self._by.get(pipeline, []) if not each.held and fits(each)]
        found.sort(key=lambda each: each.key, reverse=down)
        if after is not None:
            last = tuple(after)
            found = [each for each in found if (each.key < last if down else each.key > last)]
        page = found[:most]
        said: dict[str, Any] = {"events": [self._odd(each.said) for each in page]} if page else {}
        if len(found) > most:
            said["next_page_token"] = pages.token([filter, down, list(page[-1].key)])
        return said

    def _odd(self, said: dict[str, Any]) -> dict[str, Any]:
        if self._quirks.numbers_as_text:
            said = said | {"details": _texts(said["details"])}
        return said | ({"details": json.dumps(said["details"])} if self._quirks.details_as_text else {})


def _texts(value: Any) -> Any:
    """The same with every number as a text."""
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _down(order: str) -> bool:
    said = " ".join(order.lower().split())
    if said not in _ORDERS:
        raise invalid(f"Invalid order_by: {order}. Events are ordered by timestamp asc or timestamp desc.")
    return _ORDERS[said]


def _filter(said: str) -> Callable[[Event], bool]:
    """Four columns may be asked for, and nothing else."""
    tests = [_test(each) for each in _AND.split(said.strip())] if said.strip() else []
    return lambda event: all(test(event) for test in tests)


def _test(said: str) -> Callable[[Event], bool]:
    if one := _ONE.fullmatch(said):
        column, operator, values = one[1].lower(), one[2], [one[3]]
    elif many := _IN.fullmatch(said):
        column, operator, values = many[1].lower(), "in", re.findall(r"'([^']*)'", many[2])
    else:
        raise invalid(f"Invalid filter: {said}")
    if operator not in _LEGAL.get(column, ()):
        raise invalid(f"Operation '{operator}' not allowed on '{column}'")
    if column == "timestamp":
        return _compared(operator, _milliseconds(values[0]))
    if column == "level" and not set(values) <= set(LEVELS):
        raise invalid(f"Invalid level in filter: {said}")
    return lambda event: (event.update if column == "update_id" else event.said[column]) in values


def _compared(operator: str, at: int) -> Callable[[Event], bool]:
    if operator == "=":
        return lambda event: event.at == at
    if operator[0] == ">":
        return lambda event: event.at > at or (operator == ">=" and event.at == at)
    return lambda event: event.at < at or (operator == "<=" and event.at == at)


def _milliseconds(said: str) -> int:
    try:
        return round(datetime.fromisoformat(said.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        raise invalid(f"Invalid timestamp in filter: '{said}'") from None
