"""The error of this room, and what was met on the way that is worth a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ldp_magic.errors import LdpError

MANY = 3  # so many places of one kind are named, the others counted


class FilesError(LdpError):
    """Files that cannot be read as they were asked for."""


class Unreadable(FilesError):
    """A file that is damaged, or not whole yet."""


@dataclass(slots=True)
class Notes:
    """What the reader of the rows should know, each kind said once with its first places."""

    _places: dict[str, list[str]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, place: str = "", count: int = 1) -> None:
        """*what* happened at *place*; `{}` in it stands for the places."""
        places = self._places.setdefault(what, [])
        self._counts[what] = self._counts.get(what, 0) + count
        if place and len(places) < MANY and place not in places:
            places.append(place)

    def __iter__(self) -> Iterator[str]:
        for what, places in self._places.items():
            more = self._counts[what] - len(places)
            named = ", ".join(places) + (f" and {more:,} more" if places and more > 0 else "")
            yield what.replace("{}", named)
