"""An update of a workspace while it runs: its events as they come, and at the end its state.

Events come in pages, twice, late and out of order; numbers may be texts. What is shown at the end is made of all of
them, read once more when the update is over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from ldp_magic.deploy.failure import WorkspaceError
from ldp_magic.deploy.workspace import Said, Workspace
from ldp_magic.errors import LdpError
from ldp_magic.events import Event, Updated, folded, ordered
from ldp_magic.events.values import moment, text
from ldp_magic.events.words import CUT_SHORT, ENDS

__all__ = ["Busy", "Say", "active", "by_job", "events_of", "follow", "newest", "started", "stop"]

Say = Callable[[Event], None]
Change = Callable[[Event], Event]
PAUSES = ((30.0, 1.0), (120.0, 2.0), (600.0, 5.0), (float("inf"), 10.0))  # for so long, look so often
_LATE = 3  # looks for events that come after the end
_BY_ITSELF = ("RETRY_ON_FAILURE", "SCHEMA_CHANGE", "SERVICE_UPGRADE", "INFRASTRUCTURE_MAINTENANCE")


def follow(
    workspace: Workspace,
    pipeline: str,
    update: str,
    say: Say = lambda event: None,
    *,
    change: Change = lambda event: event,
    pauses: Sequence[tuple[float, float]] | None = None,
) -> Updated:
    """The state of an update at its end, or at that of the one with which the service goes on by itself.

    *say* is told each event once, when it is first seen; *change* adds to events what is known here.
    """
    while True:
        watched = _Watch(workspace, pipeline, update, say, change, pauses or PAUSES)
        ended = watched.to_its_end()
        following = _again(workspace, pipeline, update) if ended.state == "FAILED" else ""
        if not following:
            return ended
        update = following


def events_of(workspace: Workspace, pipeline: str, update: str) -> list[Event]:
    """All events of an update so far, in their order."""
    return ordered(map(Event.from_dict, workspace.events(pipeline, f"update_id = '{update}'")))


def newest(workspace: Workspace, pipeline: str) -> Said | None:
    """The newest update of a pipeline, if there was one."""
    found = [each for each in workspace.updates(pipeline, 25) if each.get("update_id")]
    return max(found, key=_created, default=None) if all(map(_created, found)) else next(iter(found), None)


def active(workspace: Workspace, pipeline: str) -> Said | None:
    """The update that runs."""
    found = newest(workspace, pipeline)
    return found if found and text(found.get("state")) not in ENDS else None


def _created(update: Said) -> float:
    """When an update was made; services say it in milliseconds or as a text."""
    said = update.get("creation_time")
    if isinstance(said, (int, float)):
        return float(said)
    if isinstance(said, str) and said.isdigit():
        return float(said)
    found = moment(said)
    return found.timestamp() * 1000 if found else 0.0


def _again(workspace: Workspace, pipeline: str, update: str) -> str:
    """The newer update that the service began by itself after this one."""
    found = workspace.updates(pipeline)
    mine = next((each for each in found if each.get("update_id") == update), {})
    later = [
        each
        for each in found
        if text(each.get("cause")) in _BY_ITSELF
        and each.get("update_id") != update
        and _created(each) > _created(mine) > 0
    ]
    return text(min(later, key=_created).get("update_id")) if later else ""


@dataclass(slots=True)
class _Watch:
    """One update, looked at again and again."""

    workspace: Workspace
    pipeline: str
    update: str
    say: Say
    change: Change
    pauses: Sequence[tuple[float, float]]
    seen: dict[str, Event] = field(default_factory=dict)
    last: str = ""  # the time of the newest event
    ended: bool = False  # an event told the end

    def to_its_end(self) -> Updated:
        began = time.monotonic()
        state = ""
        while state not in ENDS:
            state = text(self.workspace.update(self.pipeline, self.update).get("state"))
            if state not in ENDS:
                self._look(since=self.last)
                waited = time.monotonic() - began
                time.sleep(next(pause for until, pause in self.pauses if waited < until))
        self._look()
        for _ in range(_LATE):
            if self.ended and not self._unfinished():
                break
            time.sleep(min(self.pauses[0][1], 1.0))
            self._look()
        if not self.ended:
            self._tell(self._end(state))
        return folded(self.seen.values(), over=True)

    def _look(self, since: str = "") -> None:
        wanted = f"update_id = '{self.update}'" + (f" AND timestamp >= '{since}'" if since else "")
        found = [Event.from_dict(each) for each in self.workspace.events(self.pipeline, wanted)]
        for event in ordered(found):
            if _key(event) not in self.seen and event.update in ("", self.update):
                self._tell(event)

    def _tell(self, event: Event) -> None:
        event = self.change(event)
        self.seen[_key(event)] = event
        self.last = max(self.last, event.timestamp)
        if event.event_type == "update_progress" and text(event.said.get("state")) in ENDS:
            self.ended = True
        self.say(event)

    def _unfinished(self) -> bool:
        """Whether something is said to run although the update is over: its last event is still on its way."""
        flows = [event for event in self.seen.values() if event.event_type == "flow_progress"]
        ended = {each.flow or each.dataset for each in flows if text(each.said.get("status")) not in CUT_SHORT}
        return any((each.flow or each.dataset) not in ended for each in flows)

    def _end(self, state: str) -> Event:
        """The end that no event told."""
        origin = {"update_id": self.update, "pipeline_id": self.pipeline}
        said: dict[str, Any] = {"event_type": "update_progress", "timestamp": self.last, "origin": origin}
        return Event(id=f"end of {self.update}", details={"update_progress": {"state": state}}, **said)


def _key(event: Event) -> str:
    """What tells an event from others, also one without an id."""
    return event.id or repr((event.timestamp, event.event_type, event.message, sorted(map(str, event.origin.items()))))


def started(workspace: Workspace, pipeline: str, asked: Said) -> str:
    """Begin an update; its id. One that runs already is no error of the request: it is told by name."""
    before = {text(each.get("update_id")) for each in workspace.updates(pipeline)}
    try:
        return workspace.start(pipeline, asked)
    except WorkspaceError as error:
        if error.outcome == "unsure":
            time.sleep(PAUSES[0][1])
            for each in workspace.updates(pipeline):
                if text(each.get("update_id")) not in before:  # it was done although the answer was lost
                    return text(each["update_id"])
        if error.conflict and (running := active(workspace, pipeline)):
            raise Busy(pipeline, text(running.get("update_id")), error.said) from None
        raise


def by_job(workspace: Workspace, job: str, pipeline: str, *, wait: float = 300.0) -> str:
    """Let a job run now; the id of the update that it begins."""
    before = {text(each.get("update_id")) for each in workspace.updates(pipeline)}
    run, until = workspace.run_now(job, uuid4().hex), time.monotonic() + wait
    while time.monotonic() < until:
        new = [each for each in workspace.updates(pipeline) if text(each.get("update_id")) not in before]
        if new:  # a pipeline has one update at a time
            return text(min(new, key=_created).get("update_id"))
        said = workspace.run(run)
        if said.get("end_time") not in (None, 0, "0"):
            break
        time.sleep(PAUSES[0][1])
    raise LdpError(
        f"run {run} of the job began no update of this pipeline",
        why="it ended before, or waits for another run of it",
        fix=f"look at it: {workspace.link('jobs', job, 'runs', run)}",
    )


class Busy(LdpError):
    """A pipeline has an update already."""

    def __init__(self, pipeline: str, update: str, said: str) -> None:
        super().__init__(
            f"update {update[:6]} of this pipeline runs already",
            why=f"a pipeline has one update at a time: {said}",
            fix="ldp follow shows it; ldp start --restart stops it and begins anew",
        )
        self.update = update


def stop(workspace: Workspace, pipeline: str, *, wait: float = 300.0) -> str:
    """Stop the update that runs and wait until it has ended; its id, or nothing if none ran."""
    running = active(workspace, pipeline)
    if running is None:
        return ""
    update, until = text(running.get("update_id")), time.monotonic() + wait
    workspace.stop(pipeline)
    while text(workspace.update(pipeline, update).get("state")) not in ENDS:
        if time.monotonic() > until:
            raise LdpError(
                f"update {update[:6]} does not stop",
                why="the workspace still says that it runs",
                fix="look at it again: ldp status",
            )
        time.sleep(PAUSES[0][1])
    return update
