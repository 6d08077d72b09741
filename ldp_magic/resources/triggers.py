"""What makes a job run: a schedule, a period, files that arrive, tables that change, or itself without end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ldp_magic.cron import ScheduleError, read
from ldp_magic.forms.deployment import UNITS
from ldp_magic.resources.wanted import Json, Problem

__all__ = ["seconds", "trigger"]

_PERIODS = {"minute": "MINUTES", "hour": "HOURS", "day": "DAYS", "week": "WEEKS"}
LEAST_WAIT = 60


def seconds(duration: tuple[int, str]) -> int:
    """`(15, minute)` in seconds."""
    return duration[0] * UNITS[duration[1]]


def trigger(said: Mapping[str, Any], where: str, problems: list[Problem]) -> dict[str, Json]:
    """The one of `schedule`, `trigger` and `continuous` that *said* means, as a job has it; none if it says nothing."""
    paused = "PAUSED" if said.get("paused") else "UNPAUSED"
    schedule, other = said.get("schedule"), said.get("trigger")
    if schedule and other:
        problems.append(
            Problem(
                what="there is a schedule and a trigger",
                why="a job has one of them at most",
                fix="take one of them away",
                where=where,
            )
        )
    if schedule:
        return _scheduled(schedule, said.get("schedule-time-zone") or "UTC", paused, where, problems)
    return _triggered(other, paused, where, problems) if other else {}


def _scheduled(text: str, zone: str, paused: str, where: str, problems: list[Problem]) -> dict[str, Json]:
    try:
        text = read(text, zone).text
    except ScheduleError as error:
        problems.append(Problem(what=error.what, why=error.why, fix=error.fix, where=where))
    return {"schedule": {"quartz_cron_expression": text, "timezone_id": zone, "pause_status": paused}}


def _triggered(said: Mapping[str, Any], paused: str, where: str, problems: list[Problem]) -> dict[str, Json]:
    if "continuous" in said:
        return {"continuous": {"pause_status": paused}} if said["continuous"] else {}
    if "every" in said:
        return {"trigger": {"pause_status": paused, "periodic": _period(said["every"], where, problems)}}
    waits = _waits(said, where, problems)
    if "files" in said:
        return {
            "trigger": {"pause_status": paused, "file_arrival": {"url": _url(said["files"], where, problems), **waits}}
        }
    tables = list(said["tables"])
    for name in tables:
        if len(name.split(".")) != 3:
            problems.append(
                Problem(
                    what=f"the trigger watches {name}, which is no full name",
                    why="a table that triggers a job is named with its catalog and schema",
                    fix=f"write catalog.schema.{name.rpartition('.')[2]}",
                    where=where,
                )
            )
    condition = "ALL_UPDATED" if said.get("when") == "all" else "ANY_UPDATED"
    return {
        "trigger": {"pause_status": paused, "table_update": {"table_names": tables, "condition": condition, **waits}}
    }


def _period(every: tuple[int, str], where: str, problems: list[Problem]) -> dict[str, Json]:
    if every[1] not in _PERIODS:
        problems.append(
            Problem(
                what=f"the trigger runs every {every[0]} seconds",
                why="a period is counted in minutes, hours, days or weeks",
                fix='write trigger = { every = "1 minute" }, or { continuous = true }',
                where=where,
            )
        )
    return {"interval": every[0], "unit": _PERIODS.get(every[1], "MINUTES")}


def _waits(said: Mapping[str, Any], where: str, problems: list[Problem]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    names = {"at-most-every": "min_time_between_triggers_seconds", "quiet-for": "wait_after_last_change_seconds"}
    for name, sent in names.items():
        if name in said:
            found[sent] = wait = seconds(said[name])
            if wait < LEAST_WAIT:
                problems.append(
                    Problem(
                        what=f"{name} is {wait} seconds",
                        why=f"the service takes {LEAST_WAIT} seconds or more",
                        fix=f'write {name} = "1 minute"',
                        where=where,
                    )
                )
    return found


def _url(said: str, where: str, problems: list[Problem]) -> str:
    if not said.startswith("/Volumes/") and "://" not in said:
        problems.append(
            Problem(
                what=f"the trigger watches {said}",
                why="files are watched in a volume or an external location",
                fix="write /Volumes/catalog/schema/volume/folder/, or an address such as s3://bucket/folder/",
                where=where,
            )
        )
    return said if said.endswith("/") else said + "/"
