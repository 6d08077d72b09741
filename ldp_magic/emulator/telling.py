"""What a local run tells, as a workspace tells it: in its words, with full names and the paths of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator.script import failed
from ldp_magic.events.event import OURS
from ldp_magic.text import Location

if TYPE_CHECKING:
    from ldp_magic.emulator.sources import Staged
    from ldp_magic.errors import LdpError
    from ldp_magic.events import Event
    from ldp_magic.pipeline.model import Pipeline as Graph

_LEVELS = {"FAILED": "ERROR", "SKIPPED": "WARN", "STOPPED": "WARN"}
_GOES = ("STARTING", "RUNNING", "QUEUED", "PLANNING", "IDLE")


@dataclass(frozen=True, slots=True)
class Told:
    """An event in the words of a workspace."""

    details: Mapping[str, Any]
    message: str
    origin: Mapping[str, str]
    level: str
    error: Mapping[str, Any] | None


class Names:
    """The full names of datasets and flows."""

    def __init__(self, graph: Graph) -> None:
        self._of = {name: ".".join(each.qualified) for name, each in graph.datasets.items()}
        self._place = ".".join(part for part in (graph.catalog, graph.schema) if part)

    def dataset(self, name: str) -> str:
        """The full name of a dataset."""
        return self._of.get(name, name)

    def flow(self, name: str) -> str:
        """The flow that is called like its table has the table's name."""
        return self._of.get(name) or (f"{self._place}.{name}" if "." not in name else name)


def told(event: Event, names: Names, read: Staged, *, continuous: bool) -> Told | None:
    """The same event; None for one that only a local run has."""
    if event.event_type not in ("flow_progress", "flow_definition", "dataset_definition", "sink_definition"):
        return None
    said = {name: value for name, value in event.said.items() if name != OURS}
    origin = _origin(event, names)
    if event.event_type == "flow_progress":
        said = _progress(said, names, continuous=continuous)
        return Told(said, _message(said, origin), origin, _LEVELS.get(said["status"], "INFO"), _error(event, read))
    if event.event_type == "flow_definition":
        said |= {"input_datasets": [names.dataset(each) for each in said.get("input_datasets", ())]}
        said |= {"output_dataset": origin["dataset_name"]} if "dataset_name" in origin else {}
        return Told(said, f"Flow '{origin.get('flow_name', '')}' defined as {said['flow_type']}.", origin, "INFO", None)
    return Told(said, f"Dataset '{names.dataset(event.dataset)}' defined.", origin, "INFO", None)


def _origin(event: Event, names: Names) -> dict[str, str]:
    origin = {"dataset_name": names.dataset(event.dataset)} if event.dataset else {}
    if event.event_type == "sink_definition":
        origin = {"sink_name": event.dataset}
    return origin | ({"flow_name": names.flow(event.flow)} if event.flow else {})


def _progress(said: Mapping[str, Any], names: Names, *, continuous: bool) -> dict[str, Any]:
    """There a triggered flow with nothing to do completes; only a continuous one is idle."""
    status = said.get("status", "")
    if status in ("IDLE", "COMPLETED"):
        status = "COMPLETED" if not continuous else "IDLE" if status == "IDLE" else "RUNNING"
    if status == "FAILED":  # it stopped before anything was counted
        return {"status": status}
    quality = dict(said.get("data_quality", {}))
    if "expectations" in quality:
        quality["expectations"] = [
            each | {"dataset": names.dataset(each["dataset"])} for each in quality["expectations"]
        ]
    told = {name: value for name, value in said.items() if name != "data_quality"} | {"status": status}
    return told | ({"data_quality": quality} if any(quality.values()) else {})


def _message(said: Mapping[str, Any], origin: Mapping[str, str]) -> str:
    status = said["status"]
    return f"Flow '{origin.get('flow_name', '')}' {'is' if status in _GOES else 'has'} {status}."


def _error(event: Event, read: Staged) -> Mapping[str, Any] | None:
    """The error of an event, with the place in the user's file as its stack."""
    if not event.error:
        return None
    failure = event.ours.get("failure", {})
    text = "\n".join(filter(None, (failure.get("what", ""), failure.get("why", ""))))
    where = failure.get("location")
    stack = [_frame(read, where["path"], where["line"])] if where else []
    exceptions = [dict(each) for each in event.error.get("exceptions", ())]
    first = exceptions[0] | {"message": _plain(text or exceptions[0]["message"], read), "stack": stack}
    return {
        "fatal": True,
        "exceptions": [first, *({**each, "message": _plain(each["message"], read)} for each in exceptions[1:])],
    }


def exceptions_of(error: LdpError, where: Location | None = None, read: Staged | None = None) -> dict[str, Any]:
    """An error of ours as an event tells it."""
    text = "\n".join(filter(None, (error.what, error.why)))
    stack = [_frame(read, where.source.name, where.first.line)] if where is not None and read is not None else []
    return failed(type(error).__name__, _plain(text, read) if read else text, stack)


def _frame(read: Staged, path: str, line: int) -> dict[str, Any]:
    return {"declaring_class": "", "method_name": "", "file_name": read.asked_path(path), "line_number": line}


def _plain(text: str, read: Staged) -> str:
    """Where the files lie meanwhile is nobody's business."""
    return text.replace(str(read.folder / "files"), "/Workspace")
