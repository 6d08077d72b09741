"""The forms of what an environment says about its workspace: compute, triggers, tasks, rights."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ldp_magic.forms.form import Form, Key, Mismatch, Reader, each, named, one_of, table
from ldp_magic.forms.plain import NAME, NAMED_ZONE, QUARTZ, parameters, text, texts, texts_by_text

ALERTS = ("on-update-success", "on-update-failure", "on-update-fatal-failure", "on-flow-failure")
JOB_EVENTS = ("on-start", "on-success", "on-failure", "on-duration-warning", "on-streaming-backlog")
LEVELS = ("view", "run", "manage")
ENDINGS = ("all-success", "all-done", "none-failed", "at-least-one-success", "all-failed", "at-least-one-failed")
UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(r"([1-9]\d{0,6}) ?(second|minute|hour|day|week)s?", re.IGNORECASE)


def yes_or_no(value: object) -> bool:
    """true or false, not in quotes."""
    if not isinstance(value, bool):
        raise Mismatch
    return value


def number(least: int, most: int) -> Reader:
    """A whole number from *least* to *most*."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Mismatch
        return value

    return read


def duration(value: object) -> tuple[int, str]:
    """`15 minutes` as (15, minute)."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise Mismatch
    return int(match[1]), match[2].lower()


def _autoscale(value: object) -> object:
    return one_of("enhanced", "legacy").read(value)


_COMPUTE = table(
    {
        "node-type": text,
        "driver-node-type": text,
        "workers": number(0, 100_000),
        "min-workers": number(0, 100_000),
        "max-workers": number(1, 100_000),
        "autoscale": _autoscale,
        "policy": text,
        "instance-pool": text,
        "spark-version": text,
        "spark-conf": parameters,
        "tags": texts_by_text,
    }
)
_WAITS: dict[str, Reader] = {"at-most-every": duration, "quiet-for": duration}
_ONE_TRIGGER = ("every", "files", "tables", "continuous")
_ANY_TRIGGER = table(
    {
        "every": duration,
        "files": text,
        "tables": texts,
        "when": one_of("any", "all").read,
        "continuous": yes_or_no,
        **_WAITS,
    }
)


def _trigger(value: object) -> object:
    if not isinstance(value, Mapping) or sum(name in value for name in _ONE_TRIGGER) != 1:
        raise Mismatch
    return _ANY_TRIGGER(value)


WORK = ("pipeline", "notebook", "sql", "python", "dashboard", "setup")
_ANY_TASK = table(
    {
        "name": text,
        "pipeline": text,
        "notebook": text,
        "sql": text,
        "python": text,
        "dashboard": text,
        "setup": yes_or_no,
        "warehouse": text,
        "after": texts,
        "run-if": one_of(*ENDINGS).read,
        "refresh": texts,
        "full-refresh": texts,
        "parameters": parameters,
        "compute": _COMPUTE,
        "retries": number(0, 1_000),
        "retry-interval": duration,
        "timeout": duration,
    },
    "name",
)


def _task(value: object) -> object:
    if not isinstance(value, Mapping) or sum(name in value for name in WORK) != 1:
        raise Mismatch
    return _ANY_TASK(value)


def _event_log(value: object) -> str:
    name = text(value)
    if not 1 <= len(name.split(".")) <= 3 or not all(name.split(".")):
        raise Mismatch
    return name


_GRANT = table({"to": text, "may": texts, "on": text}, "to", "may", "on")
TRIGGER = Form(
    "a table with one of every, files, tables, continuous; at-most-every and quiet-for go with files and tables",
    '{ every = "4 hours" }',
    _trigger,
)
COMPUTE = Form(
    "a table of node-type, workers or min-workers and max-workers, autoscale (enhanced or legacy), policy, spark-conf",
    '{ node-type = "i3.xlarge", min-workers = 1, max-workers = 5, autoscale = "enhanced" }',
    _COMPUTE,
)
_YES = Form("true or false", "true", yes_or_no)
_DURATION_FORM = Form("a number of seconds, minutes, hours, days or weeks", '"2 hours"', duration)
_TABLE_OF_TEXTS = Form("a table of texts", '{ team = "web" }', texts_by_text)
_PEOPLE = Form(
    "a table of view, run or manage = a list of people", '{ view = ["analysts"] }', table(dict.fromkeys(LEVELS, texts))
)
_TOLD = Form(
    f"a table of {', '.join((*ALERTS, *JOB_EVENTS))} = a list of addresses or webhook:ID",
    '{ on-update-failure = ["team@example.com"] }',
    table(dict.fromkeys((*ALERTS, *JOB_EVENTS), texts)),
)
_GRANTS = Form(
    "a list of tables of to, may and on", '[{ to = "analysts", may = ["SELECT"], on = "daily_metrics" }]', each(_GRANT)
)
_TASKS = Form(
    f"a list of tables with a name and one of {', '.join(WORK)}",
    '[{ name = "update", pipeline = "web" }]',
    each(_task),
)

SCHEDULE = Key("schedule", QUARTZ, None, "when the pipeline runs in the workspace")
SCHEDULE_ZONE = Key("schedule-time-zone", NAMED_ZONE, "UTC", "the time zone of the schedule")
_TRIGGER = Key("trigger", TRIGGER, None, "what else makes it run: a period, files, tables, or without end")
_PAUSED = Key("paused", _YES, False, "whether the schedule or trigger waits until somebody starts it")
_NOTIFICATIONS = Key("notifications", _TOLD, {}, "who is told of what")
_TAGS = Key("tags", _TABLE_OF_TEXTS, {}, "tags of the pipeline and its job")
_RUN_AS = Key("run-as", NAME, None, "the user or service principal that updates run as")
_PERMISSIONS = Key("permissions", _PEOPLE, {}, "who may see, run or manage the pipeline and its job")
_RETRIES = Key(
    "retries", Form("a number up to 1,000", "2", number(0, 1_000)), None, "how often a failed run is repeated"
)
_RETRY_INTERVAL = Key("retry-interval", _DURATION_FORM, None, "how long a repetition waits")
_TIMEOUT = Key("timeout", _DURATION_FORM, None, "after which time a run is stopped")
_OF_A_RUN = (_TRIGGER, _PAUSED, _NOTIFICATIONS, _TAGS, _RUN_AS, _PERMISSIONS, _RETRIES, _RETRY_INTERVAL, _TIMEOUT)

_JOB_KEYS = {key.name: key for key in (SCHEDULE, SCHEDULE_ZONE, *_OF_A_RUN, Key("tasks", _TASKS, (), "what it does"))}
JOBS = Form(
    f"a table of jobs, each with tasks, and any of {', '.join(list(_JOB_KEYS)[:4])}",
    '{ nightly = { tasks = [{ name = "update", pipeline = "web" }] } }',
    named(table({name: key.form.read for name, key in _JOB_KEYS.items()}, "tasks")),
)

KEYS: tuple[Key, ...] = (
    Key("host", NAME, None, "the address of the workspace, if the profile does not say it"),
    Key("root", NAME, None, "the folder in the workspace that the files are put into"),
    Key("name-prefix", NAME, "", "what the names of pipelines and jobs begin with"),
    Key("serverless", _YES, True, "whether updates run on serverless compute"),
    Key("compute", COMPUTE, {}, "the cluster of a pipeline that is not serverless"),
    Key("photon", _YES, None, "whether a cluster uses Photon"),
    Key("edition", one_of("ADVANCED", "PRO", "CORE"), None, "what a pipeline that is not serverless may use"),
    Key("channel", one_of("CURRENT", "PREVIEW"), None, "which release updates run on"),
    Key("development", _YES, None, "whether updates reuse their compute and are not repeated"),
    Key("dependencies", Form("a list of packages", '["rich==14.0"]', texts), (), "packages that Python sources import"),
    Key("budget-policy", NAME, None, "the id of the budget policy"),
    Key("event-log", Form("a name of up to three parts", '"main.ops.events"', _event_log), None, "where events go"),
    *_OF_A_RUN,
    Key("jobs", JOBS, {}, "jobs of several tasks"),
    Key("grants", _GRANTS, (), "who may do what with schemas and tables"),
    Key("row-filters", _TABLE_OF_TEXTS, {}, "by table, the function that filters its rows, and on which columns"),
    Key("masks", _TABLE_OF_TEXTS, {}, "by table.column, the function that masks it"),
    Key("views", _TABLE_OF_TEXTS, {}, "by name, the query of a view that is made after updates"),
    Key("volumes", Form("a list of names", '["landing"]', texts), (), "volumes of the schema"),
    Key("create-schema", _YES, False, "whether the schema is made where it is missing"),
)
JOB_KEYS: tuple[Key, ...] = tuple(_JOB_KEYS.values())
__all__ = ["ALERTS", "JOB_EVENTS", "JOB_KEYS", "KEYS", "LEVELS", "SCHEDULE", "SCHEDULE_ZONE", "UNITS", "WORK"]
