"""Where in the user's own sources a failure of a workspace lies: the line of a file, or the cell of a dataset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ldp_magic.events import Event
from ldp_magic.events.values import items, mapping, text, whole
from ldp_magic.text import Location

__all__ = ["Sources"]

_IN_FILE = re.compile(r"""(/[^\s"'(),:]+\.(?:py|sql))\b["']?(?:,? line |:)(\d+)""")
_LINE = re.compile(r"\(line (\d+), pos(?:ition)? (\d+)\)|\bline (\d+)[,:]? pos(?:ition)? (\d+)")


@dataclass(frozen=True, slots=True)
class Sources:
    """The datasets and flows of a project by their names, the folder that holds its files, and which of them exist."""

    datasets: Mapping[str, Location]
    folder: str = ""
    is_file: Callable[[str], bool] = lambda path: False

    def __call__(self, event: Event) -> Event:
        """The event with the place of its failure, where there is one and it is known."""
        if not event.error or event.event_type not in ("flow_progress", "update_progress"):
            return event
        if text(mapping(event.ours.get("failure")).get("place")):
            return event
        place = self._place(event)
        return _with_place(event, place) if place else event

    def _place(self, event: Event) -> str:
        said = list(_said(event))
        for each in said:
            for found in _IN_FILE.finditer(each):
                path = found[1].rpartition(f"{self.folder}/")[2] if self.folder in found[1] else ""
                if path and self.is_file(path):
                    return f"{path}:{found[2]}"
        location = self._of(event.flow) or self._of(event.dataset) or self._named(said)
        return _within(location, said) if location else ""

    def _of(self, name: str) -> Location | None:
        """By the whole name, or by its last part, as workspaces qualify what they are told."""
        return self.datasets.get(name.lower()) or self.datasets.get(name.lower().rpartition(".")[2])

    def _named(self, said: list[str]) -> Location | None:
        """The dataset whose file or name is in the words."""
        names = (word for each in said for word in re.findall(r"'([\w.`]+)'|`([\w.]+)`|/(\w+)\.(?:sql|py)\b", each))
        found = (self._of(name.replace("`", "")) for word in names for name in word if name)
        return next((each for each in found if each), None)


def _said(event: Event) -> Iterator[str]:
    """The words of a failure, and the frames of its stacks."""
    for each in map(mapping, items(mapping(event.error).get("exceptions"))):
        yield text(each.get("message"))
        for frame in map(mapping, items(each.get("stack"))):
            line = whole(frame.get("line_number"))
            yield f"{text(frame.get('file_name')) or text(frame.get('declaring_class'))}:{line or 0}"
    yield event.message


def _within(location: Location, said: list[str]) -> str:
    """The line of a statement that the words name, else where it begins."""
    source, (first, column) = location.source, location.first
    lines = source.text[location.start : location.end].count("\n") + 1
    cell = f"[{source.cell}]" if source.cell is not None else ""
    for each in said:
        if (found := _LINE.search(each)) and 1 < int(found[1] or found[3]) <= lines:
            first, column = first + int(found[1] or found[3]) - 1, int(found[2] or found[4]) + 1
            break
    return f"{source.name}{cell}:{first}:{column}"


def _with_place(event: Event, place: str) -> Event:
    failure = {**mapping(event.ours.get("failure")), "place": place}
    said = {**event.said, "ldp": {**event.ours, "failure": failure}}
    return replace(event, details={**event.details, event.event_type: said})
