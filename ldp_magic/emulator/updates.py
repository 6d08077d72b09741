"""Updates of pipelines: one at a time for each, their states, and how they are started, watched and stopped."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator import pages, script
from ldp_magic.emulator.eventlog import EventLog
from ldp_magic.emulator.http import Refusal, Request, invalid, route
from ldp_magic.emulator.kept import Kept, Shelf
from ldp_magic.emulator.pipelines import Pipeline, there

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

ENDS = ("COMPLETED", "FAILED", "CANCELED")
_SELECTIONS = ("refresh_selection", "full_refresh_selection")
_PIPELINE_STATES = {
    "RESETTING": "RESETTING",
    "SETTING_UP_TABLES": "RUNNING",
    "RUNNING": "RUNNING",
    "STOPPING": "STOPPING",
}
RETRIES = "pipelines.numUpdateRetryAttempts"  # the setting that says how often a failed update is tried again


@dataclass(slots=True)
class Update:
    """One update: what was asked for, and how far it is."""

    id: str
    pipeline: str
    cause: str
    made: int
    cluster: str
    asked: dict[str, Any] = field(default_factory=dict)
    state: str = "QUEUED"
    ended: int = 0
    attempt: int = 0  # how many before it failed
    script: str = ""  # how it goes if it does not really run
    step: int = 0  # of the script
    user: str = ""

    @property
    def over(self) -> bool:
        """Has it ended?"""
        return self.state in ENDS

    @property
    def validates(self) -> bool:
        """Does it check the sources only?"""
        return bool(self.asked.get("validate_only"))


class Updates:
    """All updates of a workspace, and their events."""

    def __init__(self, w: Workspace, kept: Kept) -> None:
        self._w = w
        self._shelf = Shelf(kept, "updates", Update)
        self.log = EventLog(kept, w.clock, w.quirks)

    # --- what there is -------------------------------------------------------------------------------------------

    def of(self, pipeline: str) -> list[Update]:
        """The updates of a pipeline, the newest first."""
        return [each for each in self._shelf if each.pipeline == pipeline][::-1]

    def get(self, id: str) -> Update | None:
        """The update of that id."""
        return self._shelf.get(id)

    def active(self, pipeline: str) -> Update | None:
        """The update that is not over yet."""
        return next((each for each in self.of(pipeline) if not each.over), None)

    def unfinished(self) -> list[Update]:
        """The updates that are not over yet, in the order in which they began."""
        return [each for each in self._shelf if not each.over]

    def state(self, pipeline: str) -> str:
        """The state of a pipeline."""
        active = self.active(pipeline)
        return _PIPELINE_STATES.get(active.state, "STARTING") if active else "IDLE"

    # --- what happens --------------------------------------------------------------------------------------------

    def start(
        self,
        pipeline: Pipeline,
        asked: Mapping[str, Any],
        *,
        cause: str,
        user: str = "",
        attempt: int = 0,
        script: str | None = None,
    ) -> Update:
        """Begin an update; another that is at work is an error."""
        active = self.active(pipeline.id)
        if active is not None:
            raise Refusal(
                409, "CONFLICT", f"An active update '{active.id}' already exists for pipeline '{pipeline.id}'"
            )
        id, now = str(uuid.uuid4()), self._w.clock.milliseconds()
        update = Update(id, pipeline.id, cause, now, f"{id[:4]}-{id[4:8]}-emulated", dict(asked), attempt=attempt)
        update.user = user or pipeline.creator
        update.script = self._w.scripts.next(pipeline.name) if script is None else script
        self._shelf.put(id, update)
        self._tell_begin(pipeline, update)
        if not update.script:
            self._w.work.take(update)
        return update

    def _tell_begin(self, pipeline: Pipeline, update: Update) -> None:
        short, everything = update.id[:6], bool(update.asked.get("full_refresh"))
        said: dict[str, Any] = {"cause": update.cause, "config": _config(pipeline), "run_as": pipeline.runs_as}
        said |= {"full_refresh": everything} | ({"failed_attempts": update.attempt} if update.attempt else {})
        if update.cause in ("USER_ACTION", "API_CALL"):
            self.tell(
                pipeline,
                "user_action",
                {"action": "START", "user_name": update.user},
                f"User {update.user} started an update",
                update,
            )
        self.tell(pipeline, "create_update", said, f"Update {short} started by {update.cause}.", update)
        self._told_state(pipeline, update)

    def move(self, update: Update, state: str, error: Mapping[str, Any] | None = None, message: str = "") -> None:
        """An update is in that state from now on."""
        if update.over or (state == update.state and not error):
            return
        pipeline = self._w.pipelines[update.pipeline]
        update.state = state
        if update.over:
            update.ended = self._w.clock.milliseconds()
        self._told_state(pipeline, update, error, message)
        self._shelf.put(update.id, update)
        if update.over:
            self._w.scripts.flows.pop(update.id, None)
            self._after(pipeline, update)

    def _told_state(
        self, pipeline: Pipeline, update: Update, error: Mapping[str, Any] | None = None, message: str = ""
    ) -> None:
        details: dict[str, Any] = {"state": update.state}
        if update.state == "CANCELED":
            details["cancellation_cause"] = "WORKFLOW_CANCELLATION" if update.cause == "JOB_TASK" else "USER_ACTION"
        text = message or f"Update {update.id[:6]} is {update.state}."
        level = {"FAILED": "ERROR", "CANCELED": "WARN"}.get(update.state, "INFO")
        self.tell(pipeline, "update_progress", details, text, update, level=level, error=error)

    def _after(self, pipeline: Pipeline, update: Update) -> None:
        """What follows an update: another try, the next one of a continuous pipeline, and what waits for it."""
        self._notify(pipeline, update)
        again = update.state == "FAILED" and not update.validates and update.attempt < self._tries(pipeline, update)
        if again:
            way, attempt = "completes" if update.script else "", update.attempt + 1
            retry = "RETRY_ON_FAILURE"
            self.start(pipeline, update.asked, cause=retry, user=update.user, attempt=attempt, script=way)
        self._w.job_runs.advance()

    def _tries(self, pipeline: Pipeline, update: Update) -> int:
        said = str(pipeline.spec.get("configuration", {}).get(RETRIES, "0"))
        return 1 if update.script == "retries" else int(said) if said.isdecimal() else 0

    def _notify(self, pipeline: Pipeline, update: Update) -> None:
        wanted = {"COMPLETED": "on-update-success", "FAILED": "on-update-failure"}.get(update.state)
        for each in pipeline.spec.get("notifications", ()):
            if wanted in each.get("alerts", ()):
                for address in each.get("email_recipients", ()):
                    self._w.notify(address, wanted or "", f"pipeline {pipeline.name}", update.id)

    def stop(self, pipeline: str) -> None:
        """Stop the update of a pipeline; without one nothing happens."""
        update = self.active(pipeline)
        if update is None or update.state == "STOPPING":
            return
        waiting = not update.script and not self._w.work.stop(update)
        self.move(update, "STOPPING")
        if waiting:
            self.move(update, "CANCELED")

    def look(self, pipeline: str) -> None:
        """Somebody looks: an update that only follows a script takes its next step."""
        update = self.active(pipeline)
        if update is not None and update.script:
            script.step(self._w, update)
            if not update.over:
                self._shelf.put(update.id, update)

    def forget(self, pipeline: str) -> None:
        """A pipeline is gone, and all that was told of it."""
        for each in self.of(pipeline):
            if not each.over:
                each.state = "CANCELED"
            self._shelf.drop(each.id)
        self.log.forget(pipeline)

    def tell(
        self,
        pipeline: Pipeline,
        event_type: str,
        details: Mapping[str, Any],
        message: str,
        update: Update | None = None,
        of: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Write an event into the log of a pipeline."""
        origin = {"pipeline_id": pipeline.id, "pipeline_name": pipeline.name, "pipeline_type": "WORKSPACE"}
        origin |= {"update_id": update.id, "request_id": update.id, "cluster_id": update.cluster} if update else {}
        origin |= of or {}
        self.log.add(pipeline.id, event_type, details, message, origin, **more)


def _config(pipeline: Pipeline) -> dict[str, Any]:
    """The settings as an event tells them: what is true or false is a text there."""
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in pipeline.spec.items()}


# --- addresses ---------------------------------------------------------------------------------------------------


@route("POST", "/api/2.0/pipelines/{id}/updates")
def _start(w: Workspace, request: Request) -> Any:
    pipeline, asked = there(w, request.parts["id"]), request.body or {}
    if asked.get("full_refresh") and any(asked.get(name) for name in _SELECTIONS):
        raise invalid("full_refresh cannot be combined with refresh_selection or full_refresh_selection.")
    kept = {name: value for name, value in asked.items() if name != "cause"}
    update = w.updates.start(pipeline, kept, cause=asked.get("cause", "API_CALL"), user=request.user)
    return {"update_id": update.id}


@route("GET", "/api/2.0/pipelines/{id}/updates", "max_results", "page_token", "until_update_id")
def _updates(w: Workspace, request: Request) -> Any:
    pipeline = there(w, request.parts["id"])
    w.updates.look(pipeline.id)
    found = w.updates.of(pipeline.id)
    most = request.number("max_results", 25, 1, 100)
    page, token = pages.cut(found, most, request.query.get("page_token", ""))
    said: dict[str, Any] = {"updates": [told(w, pipeline, each) for each in page]} if page else {}
    return said | ({"next_page_token": token} if token else {})


@route("GET", "/api/2.0/pipelines/{id}/updates/{update}")
def _one(w: Workspace, request: Request) -> Any:
    pipeline = there(w, request.parts["id"])
    w.updates.look(pipeline.id)
    found = w.updates.get(request.parts["update"])
    if found is None or found.pipeline != pipeline.id:
        raise Refusal(
            404,
            "RESOURCE_DOES_NOT_EXIST",
            f"The specified update {request.parts['update']} was not found for pipeline {pipeline.id}.",
        )
    return {"update": told(w, pipeline, found) | {"config": pipeline.spec}}


@route("POST", "/api/2.0/pipelines/{id}/stop")
def _stop(w: Workspace, request: Request) -> None:
    w.updates.stop(there(w, request.parts["id"]).id)


@route("GET", "/api/2.0/pipelines/{id}/events", "max_results", "order_by", "filter", "page_token")
def _events(w: Workspace, request: Request) -> Any:
    pipeline = there(w, request.parts["id"])
    w.updates.look(pipeline.id)
    return w.updates.log.page(pipeline.id, request)


def told(w: Workspace, pipeline: Pipeline, update: Update) -> dict[str, Any]:
    """An update as the service tells it. Once its end is told, events that are late may come."""
    if update.over:
        w.updates.log.release(pipeline.id, update.id)
    asked = update.asked
    said: dict[str, Any] = {"pipeline_id": pipeline.id, "update_id": update.id, "state": update.state}
    said |= {"cause": update.cause, "creation_time": update.made, "cluster_id": update.cluster}
    said |= {name: asked.get(name, False) for name in ("full_refresh", "validate_only")}
    return said | {name: asked[name] for name in (*_SELECTIONS, "parameters") if asked.get(name)}
