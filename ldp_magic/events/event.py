"""One record of an event log, as Databricks documents it and as local runs write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ldp_magic.events.values import mapping, moment, text, whole

LEVELS = ("METRICS", "INFO", "WARN", "ERROR")  # the least first
OURS = "ldp"  # the key, inside the details of an event, of what local runs add to the documented record
_TEXTS = ("id", "event_type", "timestamp", "message", "level", "maturity_level")
_OBJECTS = ("sequence", "origin", "details", "error")
_BEFORE_ALL = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened in an update. `details` holds one object, under the name of the event's type.

    Local runs add to it, under the key `ldp`: to `create_update` the number of the update, its environment and place,
    which flows are refreshed and how many there are; to `update_progress` the seconds and, at the end, how many flows
    ended how; to `flow_progress` rows_read, late, watermark, state_rows, seconds, why, warnings and failure.
    """

    id: str = ""
    event_type: str = ""
    timestamp: str = ""
    message: str = ""
    level: str = "INFO"
    maturity_level: str = "STABLE"
    sequence: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)  # what nobody here knows, or what has an odd form

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Event:
        """The event that a workspace or a file tells of. Whatever it says, nothing of it is lost."""
        known: dict[str, Any] = {key: value for key in _TEXTS if (value := text(said.get(key)))}
        known |= {key: found for key in _OBJECTS if (found := mapping(said.get(key)))}
        known["more"] = {str(key): value for key, value in said.items() if key not in known}
        return cls(**{"level": "", "maturity_level": ""} | known)

    def to_dict(self) -> dict[str, Any]:
        """The documented JSON."""
        said: dict[str, Any] = {key: getattr(self, key) for key in _TEXTS if getattr(self, key)}
        said |= {key: dict(value) for key in _OBJECTS if (value := getattr(self, key))}
        return said | dict(self.more)

    @property
    def said(self) -> Mapping[str, Any]:
        """The details themselves."""
        return mapping(self.details.get(self.event_type))

    @property
    def ours(self) -> Mapping[str, Any]:
        """What a local run added to the details."""
        return mapping(self.said.get(OURS))

    @property
    def at(self) -> datetime | None:
        return moment(self.timestamp)

    @property
    def update(self) -> str:
        """The id of the update."""
        return text(self.origin.get("update_id"))

    @property
    def flow(self) -> str:
        return text(self.origin.get("flow_name")).replace("`", "")

    @property
    def dataset(self) -> str:
        return (text(self.origin.get("dataset_name")) or text(self.origin.get("sink_name"))).replace("`", "")

    @property
    def order(self) -> tuple[datetime, int, int, int]:
        """What tells which of two events of an update was first: the time, and at one time the sequence."""
        data = mapping(self.sequence.get("data_plane_id"))
        numbers = (self.sequence.get("control_plane_seq_no"), data.get("instance"), data.get("seq_no"))
        first, second, third = (whole(number) or 0 for number in numbers)
        return self.at or _BEFORE_ALL, first, second, third

    def reaches(self, level: str) -> bool:
        """Whether the event is of that level or a graver one."""
        return _rank(self.level) >= _rank(level)


def ordered(events: Iterable[Event]) -> list[Event]:
    """The events of one update in the order in which they happened, each of them once."""
    seen: set[str] = set()
    found = []
    for event in events:
        if not event.id or event.id not in seen:
            seen.add(event.id)
            found.append(event)
    return sorted(found, key=lambda event: event.order)


def _rank(level: str) -> int:
    """How grave a level is; one that nobody knows is shown rather than hidden."""
    return LEVELS.index(level.upper()) if level.upper() in LEVELS else len(LEVELS)
