"""What `resources` makes of settings, backwards: from pipelines and jobs of a workspace to what settings say of them.

Nothing here has to be complete: what the settings that come out would send is compared with what was read, and every
difference is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ldp_magic.bundle.found import Target
from ldp_magic.forms.deployment import ALERTS, JOB_EVENTS, UNITS
from ldp_magic.resources.files import slug
from ldp_magic.resources.governance import AFTER, BEFORE
from ldp_magic.resources.wanted import ROOT, Resource, ref

__all__ = ["Meant", "meant"]

Said = dict[str, Any]
SETUP = "setup"  # the task that a deploy puts before updates by itself
_LEVELS = {"CAN_VIEW": "view", "CAN_RUN": "run", "CAN_MANAGE_RUN": "run", "CAN_MANAGE": "manage"}
_CLUSTER = {
    "node_type_id": "node-type",
    "driver_node_type_id": "driver-node-type",
    "num_workers": "workers",
    "policy_id": "policy",
    "instance_pool_id": "instance-pool",
    "spark_conf": "spark-conf",
    "custom_tags": "tags",
    "spark_version": "spark-version",
}
_EVENTS = {
    "on_duration_warning_threshold_exceeded": "on-duration-warning",
    "on_streaming_backlog_exceeded": "on-streaming-backlog",
}
_PERIODS = {"MINUTES": "minute", "HOURS": "hour", "DAYS": "day", "WEEKS": "week"}
_NOTEBOOK = re.compile(r"-- Databricks notebook source\r?\n")
_BORDER = re.compile(r"\r?\n\r?\n-- COMMAND ----------\r?\n\r?\n")
_NAME = r"(?:`(?:[^`]|``)*`(?:\.`(?:[^`]|``)*`)*)"
_GRANT = re.compile(rf"GRANT ([A-Z ,]+) ON (CATALOG|SCHEMA|TABLE) ({_NAME}) TO `((?:[^`]|``)*)`")
_FILTER = re.compile(rf"ALTER (?:STREAMING TABLE|MATERIALIZED VIEW|TABLE) ({_NAME}) SET ROW FILTER (.+)", re.DOTALL)
_MASK = re.compile(
    rf"ALTER (?:STREAMING TABLE|MATERIALIZED VIEW|TABLE) ({_NAME}) ALTER COLUMN `((?:[^`]|``)*)` SET MASK (.+)",
    re.DOTALL,
)
_USE = re.compile(rf"USE ({_NAME})")
_VIEW = re.compile(rf"CREATE OR REPLACE VIEW ({_NAME}) AS\n(.+)", re.DOTALL)


@dataclass(slots=True)
class Meant:
    """What settings say of a target: of all together, and of each pipeline by its name."""

    shared: Said = field(default_factory=dict)
    pipelines: dict[str, Said] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # the key of each pipeline, by its name
    used: set[str] = field(default_factory=set)  # files that became settings


def meant(target: Target, files: Mapping[str, bytes]) -> Meant:
    """What the settings of a project have to say so that a deploy makes this target."""
    return _Reading(target, files).whole()


@dataclass(slots=True)
class _Reading:
    target: Target
    files: Mapping[str, bytes]
    found: Meant = field(default_factory=Meant)
    governed: dict[str, Said] = field(default_factory=dict)  # of the notebooks of SQL that settings can say, by path

    def whole(self) -> Meant:
        names = {one.key: one.name[len(self.prefix()) :] for one in self.target.of("pipeline")}
        for one in self.target.of("pipeline"):
            self.found.pipelines[names[one.key]] = self.pipeline(one)
            self.found.keys[names[one.key]] = one.key
        if self.prefix():
            self.found.shared["name-prefix"] = self.prefix()
        self.around()
        jobs = [(job, self.rights_of(job)) for job in self.target.of("job")]
        for job, rights in jobs:
            self.found.shared |= rights
            own = self.own(job, names)
            if own:
                said = self.found.pipelines[own]
                told = {**said.get("notifications", {}), **_job_told(job.settings)}
                said |= {**self.run(job), **({"notifications": told} if told else {})}
            elif (named := self.named(job, names))["tasks"]:
                self.found.shared.setdefault("jobs", {})[job.name[len(self.prefix()) :]] = named
        if self.target.host:
            self.found.shared["host"] = self.target.host
        if self.target.root:
            self.found.shared["root"] = self.target.root
        return self.found

    def prefix(self) -> str:
        """What all names begin with, as their keys tell: `dev-web` is kept as `web`."""
        every = [one for kind in ("pipeline", "job") for one in self.target.of(kind)]
        starts = {_before_key(one) for one in every}
        return starts.pop() if len(starts) == 1 else ""

    # --- pipelines -----------------------------------------------------------------------------------------------

    def pipeline(self, one: Resource) -> Said:
        settings: Mapping[str, Any] = one.settings
        said: Said = {
            "catalog": settings.get("catalog"),
            "schema": settings.get("schema") or settings.get("target"),
            "parameters": _texts(settings.get("configuration")),
            "channel": settings.get("channel"),
            "development": settings.get("development"),
            "tags": _texts(settings.get("tags")),
            "notifications": _told(settings.get("notifications") or ()),
            "dependencies": list((settings.get("environment") or {}).get("dependencies") or ()),
            "event-log": _event_log(settings.get("event_log")),
            "budget-policy": settings.get("budget_policy_id"),
            "run-as": _principal(settings.get("run_as")),
            "permissions": _people(one.permissions),
            **_compute(settings),
        }
        return {key: value for key, value in said.items() if value not in (None, "", {}, [])}

    # --- schemas, volumes, rights --------------------------------------------------------------------------------

    def around(self) -> None:
        if next(self.target.of("schema"), None) is not None:
            self.found.shared["create-schema"] = True
        volumes = [one.name for one in self.target.of("volume")]
        self.found.shared |= {"volumes": volumes} if volumes else {}

    def rights_of(self, job: Resource) -> Said:
        """The grants, filters, masks and views that the notebooks of a job come to."""
        said: Said = {}
        for task in _list(job.settings.get("tasks")):
            path = str((task.get("notebook_task") or {}).get("notebook_path") or "")
            inside = f"{path.removeprefix(f'{ROOT}/')}.sql"
            content = self.files.get(inside)
            base = inside.rpartition("/")[2] if inside.startswith("setup/") else ""
            if content is None or base not in (BEFORE.rpartition("/")[2], AFTER.rpartition("/")[2]):
                continue
            found = self.statements(content.decode("utf-8", "replace"))
            if found is not None:
                self.governed[path] = found
                self.found.used.add(inside)
                for key, value in found.items():
                    said[key] = (
                        [*said.get(key, []), *value] if isinstance(value, list) else {**said.get(key, {}), **value}
                    )
        return said

    def statements(self, text: str) -> Said | None:
        """A notebook of such statements as settings; None if it holds another one."""
        head = _NOTEBOOK.match(text)
        if head is None:
            return None
        said: Said = {}
        for statement in _BORDER.split(text[head.end() :].rstrip()):
            if not self.statement(statement.rstrip().removesuffix(";"), said):
                return None
        return said

    def statement(self, text: str, said: Said) -> bool:
        if found := _GRANT.fullmatch(text):
            on = self.short(found[3]) if found[2] == "TABLE" else found[2].lower()
            grant = {"to": found[4].replace("``", "`"), "may": found[1].split(", "), "on": on}
            said.setdefault("grants", []).append(grant)
        elif found := _MASK.fullmatch(text):
            column = found[2].replace("``", "`")
            said.setdefault("masks", {})[f"{self.short(found[1])}.{column}"] = found[3]
        elif found := _FILTER.fullmatch(text):
            said.setdefault("row-filters", {})[self.short(found[1])] = found[2]
        elif found := _VIEW.fullmatch(text):
            said.setdefault("views", {})[self.short(found[1])] = found[2]
        else:  # views are made where their queries find the tables by short names
            used = _USE.fullmatch(text)
            return used is not None and _parts(used[1]) == self.place()
        return True

    def short(self, name: str) -> str:
        """A name without the catalog and schema of the target."""
        parts = _parts(name)
        return parts[-1] if parts[:-1] == self.place() else ".".join(parts)

    def place(self) -> list[str]:
        """The catalog and the schema of the target."""
        first = next(self.target.of("pipeline"), None)
        return [str(first.settings.get(key) or "") for key in ("catalog", "schema")] if first is not None else []

    # --- jobs ----------------------------------------------------------------------------------------------------

    def own(self, job: Resource, names: Mapping[str, str]) -> str:
        """The pipeline whose schedule or trigger a job is, and nothing else; no name if it is a job of its own."""
        tasks = [t for t in _list(job.settings.get("tasks")) if not self.is_governed(t)]
        name = names.get(job.key, "")
        if not name or len(tasks) != 1 or job.name != self.prefix() + name:
            return ""
        (task,) = tasks
        said = self.found.pipelines[name]
        rest = task.keys() - {"task_key", "pipeline_task", "depends_on", "max_retries", "min_retry_interval_millis"}
        same = (
            task.get("pipeline_task") == {"pipeline_id": ref("pipeline", job.key)}
            and task.get("task_key") == slug(name)
            and not rest - {"timeout_seconds"}
            and _texts(job.settings.get("tags")) == said.get("tags", {})
            and _principal(job.settings.get("run_as")) == said.get("run-as")
            and _people(job.permissions) == said.get("permissions", {})
        )
        return name if same else ""

    def is_governed(self, task: Mapping[str, Any]) -> bool:
        return str((task.get("notebook_task") or {}).get("notebook_path")) in self.governed

    def run(self, job: Resource) -> Said:
        """When a job runs, and how often its one task is repeated."""
        tasks = [t for t in _list(job.settings.get("tasks")) if "pipeline_task" in t]
        return {**_when(job.settings), **(_repeats(tasks[0]) if tasks else {})}

    def named(self, job: Resource, names: Mapping[str, str]) -> Said:
        settings: Mapping[str, Any] = job.settings
        clusters = {c.get("job_cluster_key"): c.get("new_cluster") or {} for c in _list(settings.get("job_clusters"))}
        tasks = [(each, self.work(each, names)) for each in self.own_tasks(_list(settings.get("tasks")))]
        known = {each.get("task_key") for each, work in tasks if work}
        said = {
            **_when(settings),
            "notifications": _job_told(settings),
            "tags": _texts(settings.get("tags")),
            "run-as": _principal(settings.get("run_as")),
            "permissions": _people(job.permissions),
        }
        said = {key: value for key, value in said.items() if value not in (None, {}, "")}
        done = [self.task(each, work, clusters, known) for each, work in tasks if work]
        return {**self.not_shared(said), **said, "tasks": done}

    def own_tasks(self, tasks: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The tasks without those that a deploy puts around updates by itself."""
        if not any("pipeline_task" in each for each in tasks):
            return tasks
        mine = [each for each in tasks if not self.is_governed(each) or _is_before(each)]
        own = [each for each in mine if not (self.is_governed(each) and each.get("task_key") == SETUP)]
        if len(own) == len(mine) or not all(each.get("depends_on") for each in own):
            return mine
        return [
            {**each, "depends_on": [one for one in _list(each.get("depends_on")) if one.get("task_key") != SETUP]}
            for each in own
        ]

    def not_shared(self, said: Mapping[str, Any]) -> Said:
        """What a job has to say so that it does not take it from its only pipeline."""
        empty: Said = {"tags": {}, "permissions": {"view": []}, "notifications": {"on-start": []}}
        other = next(iter(self.found.pipelines.values()), {}) if len(self.found.pipelines) == 1 else {}
        return {key: none for key, none in empty.items() if key in other and key not in said}

    def task(
        self, task: Mapping[str, Any], work: Said, clusters: Mapping[Any, Mapping[str, Any]], known: set[Any]
    ) -> Said:
        said: Said = {"name": task.get("task_key"), **work}
        after = [each.get("task_key") for each in _list(task.get("depends_on"))]
        if before := [each for each in after if each in known]:
            said["after"] = before
        if task.get("run_if"):
            said["run-if"] = str(task["run_if"]).lower().replace("_", "-")
        if task.get("job_cluster_key") in clusters:
            said["compute"] = _cluster(clusters[task["job_cluster_key"]])
        return {**said, **_repeats(task)}

    def work(self, task: Mapping[str, Any], names: Mapping[str, str]) -> Said:
        if self.is_governed(task) and _is_before(task):
            return {"setup": True}
        for key, read in _WORK.items():
            if isinstance(task.get(key), Mapping):
                said = {name: value for name, value in read(task[key], names).items() if value not in (None, {}, [])}
                return said | ({"notebook": self.file(said["notebook"])} if "notebook" in said else {})
        return {}

    def file(self, path: str) -> str:
        """The file of a notebook, which a workspace knows without its ending."""
        return next((path + ending for ending in ("", ".ipynb", ".sql", ".py") if path + ending in self.files), path)


def _before_key(one: Resource) -> str:
    """What the name of an object has before that part of which its key is made."""
    found = (n for n, letter in enumerate(one.name) if letter.isalnum() and slug(one.name[n:]) == one.key)
    return one.name[: next(found, 0)]


def _is_before(task: Mapping[str, Any]) -> bool:
    return str((task.get("notebook_task") or {}).get("notebook_path")).endswith("/before")


# --- what a task does ------------------------------------------------------------------------------------------------


def _pipeline_task(said: Mapping[str, Any], names: Mapping[str, str]) -> Said:
    ids = {ref("pipeline", key): name for key, name in names.items()}
    return {
        "pipeline": ids.get(str(said.get("pipeline_id")), said.get("pipeline_id")),
        "refresh": said.get("refresh_selection"),
        "full-refresh": ["all"] if said.get("full_refresh") else said.get("full_refresh_selection"),
        "parameters": said.get("parameters"),
    }


def _notebook_task(said: Mapping[str, Any], names: Mapping[str, str]) -> Said:
    parameters = said.get("base_parameters")
    return {"notebook": _file(said, "notebook_path"), "parameters": parameters, "warehouse": said.get("warehouse_id")}


def _sql_task(said: Mapping[str, Any], names: Mapping[str, str]) -> Said:
    path = _file(said.get("file") or {}, "path")
    return {"sql": path, "parameters": said.get("parameters"), "warehouse": said.get("warehouse_id")}


def _python_task(said: Mapping[str, Any], names: Mapping[str, str]) -> Said:
    words = [str(word) for word in said.get("parameters") or ()]
    pairs = dict(zip((word.removeprefix("--") for word in words[::2]), words[1::2], strict=False))
    return {"python": _file(said, "python_file"), "parameters": pairs}


def _dashboard_task(said: Mapping[str, Any], names: Mapping[str, str]) -> Said:
    return {"dashboard": said.get("dashboard_id"), "warehouse": said.get("warehouse_id")}


_WORK: dict[str, Callable[[Mapping[str, Any], Mapping[str, str]], Said]] = {
    "pipeline_task": _pipeline_task,
    "notebook_task": _notebook_task,
    "sql_task": _sql_task,
    "spark_python_task": _python_task,
    "dashboard_task": _dashboard_task,
}


def _file(said: Mapping[str, Any], key: str) -> str:
    return str(said.get(key) or "").removeprefix(f"{ROOT}/")


# --- values ----------------------------------------------------------------------------------------------------------


def _parts(name: str) -> list[str]:
    return [part.replace("``", "`") for part in re.findall(r"`((?:[^`]|``)*)`", name)]


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, (list, tuple)) else []


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {str(k): str(v).lower() if isinstance(v, bool) else str(v) for k, v in value.items() if v is not None}


def _principal(said: Any) -> str | None:
    names = [said.get(key) for key in ("user_name", "service_principal_name", "group_name")] if said else []
    return next((str(each) for each in names if each), None)


def _people(entries: Iterable[Mapping[str, Any]]) -> Said:
    found: Said = {}
    for entry in entries:
        level, name = _LEVELS.get(str(entry.get("permission_level"))), _principal(entry)
        if level and name:
            found.setdefault(level, []).append(name)
    return found


def _told(said: Sequence[Mapping[str, Any]]) -> Said:
    found: Said = {}
    for one in said:
        for alert in one.get("alerts") or ():
            found.setdefault(str(alert), []).extend(one.get("email_recipients") or ())
    return {alert: found[alert] for alert in ALERTS if alert in found}


def _job_told(settings: Mapping[str, Any]) -> Said:
    found: Said = {}
    for event, people in (settings.get("email_notifications") or {}).items():
        found.setdefault(_EVENTS.get(event, event.replace("_", "-")), []).extend(people or ())
    for event, hooks in (settings.get("webhook_notifications") or {}).items():
        ids = [f"webhook:{each.get('id')}" for each in hooks or ()]
        found.setdefault(_EVENTS.get(event, event.replace("_", "-")), []).extend(ids)
    return {event: found[event] for event in JOB_EVENTS if event in found}


def _event_log(said: Any) -> str | None:
    parts = [said.get(key) for key in ("catalog", "schema", "name")] if isinstance(said, Mapping) else []
    return ".".join(str(part) for part in parts if part) or None


def _compute(settings: Mapping[str, Any]) -> Said:
    if settings.get("serverless"):
        return {}
    clusters = _list(settings.get("clusters"))
    said: Said = {"compute": _cluster(clusters[0])} if clusters else {"serverless": False}
    return {**said, "photon": settings.get("photon"), "edition": settings.get("edition")}


def _cluster(said: Mapping[str, Any]) -> Said:
    found: Said = {_CLUSTER[key]: value for key, value in said.items() if key in _CLUSTER}
    for key in ("spark-conf", "tags"):
        if key in found:
            found[key] = _texts(found[key])
    scale = said.get("autoscale")
    if isinstance(scale, Mapping):
        found |= {"min-workers": scale.get("min_workers"), "max-workers": scale.get("max_workers")}
        found |= {"autoscale": str(scale["mode"]).lower()} if scale.get("mode") else {}
    return {key: value for key, value in found.items() if value is not None}


def _when(settings: Mapping[str, Any]) -> Said:
    """The schedule or the trigger of a job."""
    schedule, trigger, always = (settings.get(key) for key in ("schedule", "trigger", "continuous"))
    held = schedule or trigger or always or {}
    paused: Said = {"paused": True} if held.get("pause_status") == "PAUSED" else {}
    if schedule:
        zone = schedule.get("timezone_id") or "UTC"
        return {"schedule": schedule.get("quartz_cron_expression"), "schedule-time-zone": zone, **paused}
    if always is not None:
        return {"trigger": {"continuous": True}, **paused}
    return {"trigger": _trigger(trigger), **paused} if trigger and _trigger(trigger) else {}


def _trigger(said: Mapping[str, Any]) -> Said:
    if period := said.get("periodic"):
        return {"every": _count(int(period.get("interval") or 1), _PERIODS.get(str(period.get("unit")), "hour"))}
    files, tables = said.get("file_arrival") or {}, said.get("table_update") or {}
    found: Said = {"files": files["url"]} if files.get("url") else {}
    if tables.get("table_names"):
        found = {"tables": list(tables["table_names"])}
        found |= {"when": "all"} if tables.get("condition") == "ALL_UPDATED" else {}
    waits = {"at-most-every": "min_time_between_triggers_seconds", "quiet-for": "wait_after_last_change_seconds"}
    both = {**files, **tables}
    return {**found, **{name: _duration(both[sent]) for name, sent in waits.items() if both.get(sent)}} if found else {}


def _repeats(task: Mapping[str, Any]) -> Said:
    found: Said = {"retries": task["max_retries"]} if task.get("max_retries") is not None else {}
    if pause := task.get("min_retry_interval_millis"):
        found["retry-interval"] = _duration(int(pause) // 1_000)
    if limit := task.get("timeout_seconds"):
        found["timeout"] = _duration(int(limit))
    return found


def _duration(seconds: int) -> str:
    """Seconds in the largest unit that they are a whole number of."""
    unit = next(name for name in reversed(UNITS) if seconds % UNITS[name] == 0)
    return _count(seconds // UNITS[unit], unit)


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'s' * (number != 1)}"
