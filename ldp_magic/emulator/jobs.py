"""Jobs: their settings and the rules these follow, made, changed, listed and deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ldp_magic.cron import ScheduleError
from ldp_magic.cron import read as read_schedule
from ldp_magic.emulator import pages
from ldp_magic.emulator.http import Request, invalid, route
from ldp_magic.emulator.permissions import read as read_grants

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

MOST_TASKS, MOST_TAGS, MOST_RUNS, LONGEST_NAME, LONGEST_DESCRIPTION = 1_000, 25, 1_000, 4_096, 27_700
SHORTEST_WAIT = 60  # seconds
STARTS = ("schedule", "trigger", "continuous", "triggers")
_TASK_KEY = re.compile(r"[\w-]{1,100}", re.ASCII)
_USUAL: dict[str, Any] = {
    "email_notifications": {},
    "webhook_notifications": {},
    "timeout_seconds": 0,
    "max_concurrent_runs": 1,
    "format": "MULTI_TASK",
}
_USUAL_TASK: dict[str, Any] = {"run_if": "ALL_SUCCESS", "timeout_seconds": 0, "email_notifications": {}}


@dataclass(slots=True)
class Job:
    """A job as the service keeps it."""

    id: int
    settings: dict[str, Any]
    creator: str
    made: int
    runs_as: str
    seen: int = 0  # the moment up to which its starts have been looked at, in milliseconds
    known: dict[str, int] = field(
        default_factory=dict
    )  # files or tables that a trigger has seen, and when they changed
    waiting: int = 0  # since when something new waits for the trigger to fire
    fired: int = 0  # when a trigger fired last

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.settings.get("name", "Untitled"))

    @property
    def paused(self) -> bool:
        """Does nothing start it by itself?"""
        starts = [self.settings[name] for name in ("schedule", "trigger", "continuous") if name in self.settings]
        return not starts or starts[0].get("pause_status", "UNPAUSED") == "PAUSED"


def there(w: Workspace, id: int | str) -> Job:
    """The job of that id."""
    found = w.jobs.get(str(id))
    if found is None:
        raise invalid(f"Job {id} does not exist.")
    return found


# --- rules -------------------------------------------------------------------------------------------------------


def check(w: Workspace, said: Mapping[str, Any]) -> None:
    """Refuse settings that the service refuses."""
    starts = [name for name in STARTS if name in said]
    if len(starts) > 1:
        raise invalid(f"Only one of {', '.join(STARTS)} can be set on a job; it has {' and '.join(starts)}.")
    if len(str(said.get("name", "")).encode()) > LONGEST_NAME:
        raise invalid(f"The name of a job can have at most {LONGEST_NAME} bytes.")
    if len(said.get("description", "")) > LONGEST_DESCRIPTION:
        raise invalid(f"The description of a job can have at most {LONGEST_DESCRIPTION} characters.")
    if len(said.get("tags", {})) > MOST_TAGS:
        raise invalid(f"A job can have at most {MOST_TAGS} tags.")
    if not 0 <= said.get("max_concurrent_runs", 1) <= MOST_RUNS:
        raise invalid(f"max_concurrent_runs must be from 0 to {MOST_RUNS}.")
    if "continuous" in said and said.get("max_concurrent_runs", 1) > 1:
        raise invalid("A continuous job has at most one run at a time.")
    if "schedule" in said:
        _check_schedule(said["schedule"])
    if "trigger" in said:
        _check_trigger(said["trigger"])
    _check_tasks(w, said.get("tasks", []))


def _check_schedule(said: Mapping[str, Any]) -> None:
    text, zone = said["quartz_cron_expression"], said["timezone_id"]
    try:
        read_schedule(text, "UTC")
    except ScheduleError:
        raise invalid(
            f"Invalid quartz_cron_expression: {text}. Databricks uses Quartz cron syntax, which is different from the "
            "standard cron syntax. See https://docs.databricks.com/jobs.html for more details."
        ) from None
    try:
        read_schedule(text, zone)
    except ScheduleError:
        raise invalid(f"Invalid timezone_id: {zone}.") from None


def _check_trigger(said: Mapping[str, Any]) -> None:
    kinds = [kind for kind in said if kind not in ("pause_status", "sql_condition")]
    if len(kinds) != 1:
        raise invalid(f"A trigger must have exactly one kind; it has {', '.join(kinds) or 'none'}.")
    about = said[kinds[0]]
    for name in ("min_time_between_triggers_seconds", "wait_after_last_change_seconds"):
        if 0 < about.get(name, 0) < SHORTEST_WAIT:
            raise invalid(f"{name} must be at least {SHORTEST_WAIT}.")
    if kinds == ["file_arrival"] and not about["url"].endswith("/"):
        raise invalid(f"Invalid url '{about['url']}': it must be a folder that ends in /.")
    for name in about.get("table_names", ()) if kinds == ["table_update"] else ():
        if len(name.split(".")) != 3:
            raise invalid(f"Invalid table name '{name}': it must have three parts.")
    if kinds == ["periodic"] and about["interval"] < 1:
        raise invalid("interval must be at least 1.")


def _check_tasks(w: Workspace, tasks: list[dict[str, Any]]) -> None:
    if len(tasks) > MOST_TASKS:
        raise invalid(f"A job can have at most {MOST_TASKS} tasks.")
    keys = [each["task_key"] for each in tasks]
    for key in keys:
        if not _TASK_KEY.fullmatch(key):
            raise invalid(f"Invalid task_key '{key}': it has letters, digits, - and _ only.")
        if keys.count(key) > 1:
            raise invalid(f"Task key '{key}' is used by more than one task.")
    for each in tasks:
        _check_task(w, each, keys)
    _check_circle({each["task_key"]: [on["task_key"] for on in each.get("depends_on", ())] for each in tasks})


def _check_task(w: Workspace, task: Mapping[str, Any], keys: list[str]) -> None:
    kinds = [name for name in task if name.endswith("_task")]
    if len(kinds) != 1:
        raise invalid(f"Task '{task['task_key']}' must have exactly one kind; it has {', '.join(kinds) or 'none'}.")
    for on in task.get("depends_on", ()):
        if on["task_key"] not in keys:
            raise invalid(f"Task '{task['task_key']}' depends on '{on['task_key']}', which is no task of the job.")
    pipeline = task.get("pipeline_task", {})
    if pipeline.get("full_refresh") and (pipeline.get("refresh_selection") or pipeline.get("full_refresh_selection")):
        raise invalid(f"Task '{task['task_key']}': full_refresh cannot be combined with a selection.")


def _check_circle(needs: dict[str, list[str]]) -> None:
    left = dict(needs)
    while left:
        free = [key for key, on in left.items() if not any(each in left for each in on)]
        if not free:
            raise invalid(f"The tasks {', '.join(left)} depend on each other in a circle.")
        for key in free:
            del left[key]


# --- addresses ---------------------------------------------------------------------------------------------------


@route("POST", "/api/2.2/jobs/create")
def _create(w: Workspace, request: Request) -> Any:
    said = dict(request.body or {})
    grants = said.pop("access_control_list", None)
    check(w, said)
    now = w.clock.milliseconds()
    id = w.number()
    w.jobs.put(str(id), Job(id, said, request.user, now, _runs_as(said, request.user), seen=now))
    w.permissions.begin("jobs", str(id), request.user)
    if grants:
        w.permissions.set("jobs", str(id), _with_owner(read_grants("jobs", grants), request.user))
    w.triggers.begin(w.jobs[str(id)])
    return {"job_id": id}


def _with_owner(grants: list[list[str]], user: str) -> list[list[str]]:
    return grants if any(each[2] == "IS_OWNER" for each in grants) else [["user_name", user, "IS_OWNER"], *grants]


def _runs_as(said: Mapping[str, Any], user: str) -> str:
    return next(iter(said.get("run_as", {}).values()), user)


@route("POST", "/api/2.2/jobs/reset")
def _reset(w: Workspace, request: Request) -> None:
    job, said = there(w, request.body["job_id"]), request.body["new_settings"]
    check(w, said)
    _change(w, job, said)


@route("POST", "/api/2.2/jobs/update")
def _update(w: Workspace, request: Request) -> None:
    job, said = there(w, request.body["job_id"]), request.body.get("new_settings", {})
    settings = _merged(job.settings, said)
    for name in request.body.get("fields_to_remove", ()):
        _removed(settings, name)
    check(w, settings)
    _change(w, job, settings)


def _merged(before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said counts; tasks and job clusters are merged by their keys, all else is replaced."""
    merged = dict(before) | dict(said)
    for name, key in (("tasks", "task_key"), ("job_clusters", "job_cluster_key")):
        if name in said and name in before:
            merged[name] = list(({e[key]: e for e in before[name]} | {e[key]: e for e in said[name]}).values())
    return merged


def _removed(settings: dict[str, Any], name: str) -> None:
    first, _, rest = name.partition("/")
    if rest and first in ("tasks", "job_clusters"):
        key = {"tasks": "task_key", "job_clusters": "job_cluster_key"}[first]
        settings[first] = [each for each in settings.get(first, []) if each[key] != rest]
    elif rest and isinstance(settings.get(first), dict):
        settings[first] = {key: value for key, value in settings[first].items() if key != rest}
    else:
        settings.pop(first, None)


def _change(w: Workspace, job: Job, settings: dict[str, Any]) -> None:
    job.settings = settings
    job.seen, job.waiting = w.clock.milliseconds(), 0
    job.runs_as = _runs_as(settings, job.runs_as)  # without run_as the old one stays, as it does there
    w.jobs.put(str(job.id), job)
    w.triggers.begin(job)


@route("GET", "/api/2.2/jobs/get", "job_id", "page_token", "include_trigger_state")
def _get(w: Workspace, request: Request) -> Any:
    job = there(w, request.needed("job_id"))
    return _head(job) | {
        "settings": filled(job.settings),
        "run_as_user_name": job.runs_as,
        "creator_user_name": job.creator,
    }


def _head(job: Job) -> dict[str, Any]:
    return {"job_id": job.id, "created_time": job.made, "creator_user_name": job.creator}


def filled(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with what the service adds to them."""
    said = _USUAL | dict(settings)
    if "tasks" in said:
        said["tasks"] = [_USUAL_TASK | each for each in said["tasks"]]
    return said


@route("GET", "/api/2.2/jobs/list", "name", "limit", "offset", "page_token", "expand_tasks")
def _list(w: Workspace, request: Request) -> Any:
    most, name = request.number("limit", 20, 1, 100), request.query.get("name")
    found = [each for each in w.jobs if name is None or each.name.lower() == name.lower()]
    found.sort(key=lambda each: each.id, reverse=True)
    found = found[request.number("offset", 0, 0, 1_000_000) :] if not request.query.get("page_token") else found
    page, token = pages.cut(found, most, request.query.get("page_token", ""))
    hide = () if request.flag("expand_tasks") else ("tasks", "job_clusters")
    told = [_head(e) | {"settings": {k: v for k, v in filled(e.settings).items() if k not in hide}} for e in page]
    said: dict[str, Any] = {"jobs": told} if told else {}
    return said | {"has_more": bool(token)} | ({"next_page_token": token} if token else {})


@route("POST", "/api/2.2/jobs/delete")
def _delete(w: Workspace, request: Request) -> None:
    job = there(w, request.body["job_id"])
    w.job_runs.cancel_all(job.id)
    w.permissions.drop("jobs", str(job.id))
    w.jobs.drop(str(job.id))
