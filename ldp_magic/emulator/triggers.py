"""What starts jobs by itself: schedules, periods, files that arrive, tables that change, and jobs that never end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.cron import read as read_schedule
from ldp_magic.emulator.jobs import Job

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

_UNITS = {"MINUTES": 60_000, "HOURS": 3_600_000, "DAYS": 86_400_000, "WEEKS": 604_800_000}
_APART = 10_000  # milliseconds between two runs of a schedule


class Triggers:
    """Looks at the clock and around for every job that is not paused."""

    def __init__(self, w: Workspace) -> None:
        self._w = w

    def begin(self, job: Job) -> None:
        """A job is new, or its settings are: what is there already starts nothing."""
        job.known = self._there(job)
        self._w.jobs.put(str(job.id), job)
        self.happen()

    def due(self) -> Iterator[int]:
        """The moments, in milliseconds, at which a job starts next."""
        for job in self._w.jobs:
            if not job.paused and (moment := self._next(job)) is not None:
                yield moment

    def happen(self) -> None:
        """Start what is due by now."""
        for job in list(self._w.jobs):
            if not job.paused:
                self._look(job)

    def _look(self, job: Job) -> None:
        now = self._w.clock.milliseconds()
        if "continuous" in job.settings:
            if not self._w.job_runs.active(job.id):
                self._w.job_runs.start(job, "CONTINUOUS")
            return
        self._notice(job, now)
        moment = self._next(job)
        if moment is not None and moment <= now:
            job.seen, job.waiting, job.fired = now, 0, now
            self._w.jobs.put(str(job.id), job)
            self._w.job_runs.start(job, self._kind(job))

    def _kind(self, job: Job) -> str:
        kinds = {"file_arrival": "FILE_ARRIVAL", "table_update": "TABLE"}
        return next((kinds[name] for name in job.settings.get("trigger", {}) if name in kinds), "PERIODIC")

    # --- when ----------------------------------------------------------------------------------------------------

    def _next(self, job: Job) -> int | None:
        """When a job starts next, as far as that is known now."""
        if "schedule" in job.settings:
            return _after(job.settings["schedule"], max(job.seen, job.fired + _APART if job.fired else 0))
        trigger = job.settings.get("trigger", {})
        if "periodic" in trigger:
            return job.seen + int(trigger["periodic"]["interval"]) * _UNITS[trigger["periodic"]["unit"]]
        about = trigger.get("file_arrival") or trigger.get("table_update")
        if not about or not job.waiting:
            return None
        wait = int(about.get("wait_after_last_change_seconds", 0)) * 1000
        apart = int(about.get("min_time_between_triggers_seconds", 0)) * 1000
        return max(job.waiting + wait, job.fired + apart if job.fired else 0)

    # --- what changes --------------------------------------------------------------------------------------------

    def _notice(self, job: Job, now: int) -> None:
        """Is something new there?"""
        trigger = job.settings.get("trigger", {})
        if "file_arrival" not in trigger and "table_update" not in trigger:
            return
        there = self._there(job)
        fresh = {name for name, at in there.items() if job.known.get(name) != at}
        if not fresh:
            return
        everything = trigger.get("table_update", {}).get("condition") == "ALL_UPDATED"
        if everything and fresh != {name.lower() for name in trigger["table_update"]["table_names"]}:
            return
        job.known, job.waiting = there, now
        self._w.jobs.put(str(job.id), job)

    def _there(self, job: Job) -> dict[str, int]:
        """The files or tables that a trigger looks at, and when each changed."""
        trigger: dict[str, Any] = job.settings.get("trigger", {})
        if "file_arrival" in trigger:
            folder = self._w.disk(trigger["file_arrival"]["url"])
            return dict(_files(folder))
        names = [name.lower() for name in trigger.get("table_update", {}).get("table_names", ())]
        found = ((name, self._w.tables.get(name)) for name in names)
        return {name: table.version for name, table in found if table is not None}


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    """The files under a folder, and when each changed."""
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.path.join(parent, name), os.stat(os.path.join(parent, name)).st_mtime_ns
            except OSError:
                continue  # it went meanwhile


def _after(schedule: dict[str, Any], moment: int) -> int | None:
    """The next time after a moment at which a schedule fires."""
    read = read_schedule(schedule["quartz_cron_expression"], schedule["timezone_id"])
    found = next(read.fires(datetime.fromtimestamp(moment / 1000, timezone.utc)), None)
    return round(found.timestamp() * 1000) if found else None
