"""Give a pipeline of the workspace a schedule, or change the one it has.

For a pipeline of this project the schedule belongs into its settings: ldp deploy --schedule.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from ldp_magic.cron import Schedule, read
from ldp_magic.errors import LdpError
from ldp_magic.verbs import Glyphs, silent
from ldp_magic.verbs.cron import Fires
from ldp_magic.verbs.graph import json_text
from ldp_magic.verbs.remote import Remote, Target, aloud, as_dict, flags, pipeline_of, remote

if TYPE_CHECKING:
    from ldp_magic.deploy.workspace import Said, Workspace

COUNT = 5
_MOST_JOBS = 5_000


def schedule(
    pipeline: str | None = None,
    *,
    cron: str,
    zone: str = "UTC",
    pause: bool = False,
    job: str | None = None,
    another: bool = False,
    path: str | os.PathLike[str] = ".",
    env: str | None = None,
    profile: str | None = None,
    say: Callable[[str], None] = silent,
) -> Scheduled:
    """Let a job update a pipeline, by its name or id, at the times of a Quartz expression. *job* is the one to change;
    *another* adds one beside a job that runs the pipeline already."""
    wanted = read(cron, zone)
    found = remote(path, env=env, profile=profile, say=say)
    target = pipeline_of(found, pipeline)
    said = {"quartz_cron_expression": wanted.text, "timezone_id": wanted.zone}
    said["pause_status"] = "PAUSED" if pause else "UNPAUSED"
    known = _job(found, target, job, another)
    before = as_dict(as_dict(known).get("settings"))
    if known is None:
        id_, action = _created(found.workspace, target, said), "added"
    elif as_dict(before.get("schedule")) == said:
        id_, action = str(known["job_id"]), "unchanged"
    else:
        id_, action = str(known["job_id"]), "changed"
        found.workspace.change_schedule(id_, said)
    name = str(before.get("name") or _name(target))
    return Scheduled(target, id_, name, action, wanted, pause, found.workspace.link("jobs", id_))


def _name(target: Target) -> str:
    return f"{target.name} schedule"


def _mark(target: Target) -> str:
    return f"schedule-{target.id}"


def _settings(target: Target, said: dict[str, str]) -> dict[str, Any]:
    from ldp_magic.deploy.objects import MARK

    return {
        "name": _name(target),
        "tasks": [{"task_key": "update", "pipeline_task": {"pipeline_id": target.id}}],
        "schedule": said,
        "max_concurrent_runs": 1,
        "queue": {"enabled": True},
        "tags": {MARK: _mark(target)},
    }


def _created(workspace: Workspace, target: Target, said: dict[str, str]) -> str:
    from ldp_magic.deploy.objects import create

    return create(workspace, "job", _settings(target, said))


def _job(found: Remote, target: Target, id_: str | None, another: bool) -> Said | None:
    """The job to change; None where one is to be added."""
    from ldp_magic.deploy.objects import MARK

    if id_:
        job = found.workspace.job(id_) if id_.isdecimal() else None
        if job is None:
            raise LdpError(
                f"there is no job {id_}", why=f"{found.workspace.host} does not know that id", fix="ldp status"
            )
        return job
    _not_deployed(found, target)
    running = [each for each in islice(found.workspace.jobs(), _MOST_JOBS) if _runs(each, target.id)]
    ours = [each for each in running if as_dict(as_dict(each["settings"]).get("tags")).get(MARK) == _mark(target)]
    if ours or another or not running:
        return ours[0] if ours else None
    first = running[0]
    name = as_dict(first["settings"]).get("name") or first["job_id"]
    raise LdpError(
        f"the job {name} runs {target.name} already",
        why=f"its id is {first['job_id']}; a second job would update the pipeline twice",
        fix=f"change it: --job {first['job_id']}, or add one beside it: --another",
    )


def _runs(job: Said, pipeline: str) -> bool:
    tasks = as_dict(job.get("settings")).get("tasks")
    found = [as_dict(as_dict(task).get("pipeline_task")).get("pipeline_id") for task in tasks or ()]
    return pipeline in found and bool(job.get("job_id"))


def _not_deployed(found: Remote, target: Target) -> None:
    """A job that a deploy made is changed by a deploy, or the next one would find it changed."""
    every = found.state.resources if found.state else {}
    own = next((key for key, one in every.items() if key.startswith("pipeline.") and one.id == target.id), "")
    if own and any(key.startswith("job.") for key in every):
        raise LdpError(
            f"{target.name} was deployed from here with its job",
            why="the next deploy would find the job changed",
            fix='ldp deploy --schedule "0 0 2 * * ?", or say --job and its id',
        )


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A job and when it updates its pipeline."""

    target: Target
    job: str
    name: str
    action: str
    schedule: Schedule
    paused: bool
    link: str
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        return 0

    def _fires(self) -> Fires:
        return Fires(self.schedule, tuple(islice(self.schedule.fires(datetime.now(timezone.utc)), COUNT)))

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """What the job is, and when it runs next."""
        from ldp_magic.show.pen import Pen

        if self.as_json:
            return json_text(self.json())
        pen = Pen.of(width, color, glyphs)
        head = f"job {pen.theirs(self.name)} {self.action}: it updates {pen.theirs(self.target.name)}"
        paused = ["  paused  it waits until somebody resumes it"] if self.paused else []
        return "\n".join([head, f"  see  {self.link}", *paused, "", self._fires().text(width, color, glyphs)])

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        said = {"job_id": self.job, "job": self.name, "action": self.action, "pipeline_id": self.target.id}
        times = {"cron": self.schedule.text, "zone": self.schedule.zone, "paused": self.paused}
        return said | times | {"link": self.link} | self._fires().json()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text()}


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp schedule`."""
    parser.add_argument("pipeline", nargs="?", metavar="NAME", help="its name or id (default: the project's own)")
    parser.add_argument(
        "--cron", metavar="EXPRESSION", required=True, help='a Quartz expression, such as "0 0 2 * * ?"'
    )
    parser.add_argument("--zone", default="UTC", metavar="ZONE", help="the time zone, by its name (default: UTC)")
    parser.add_argument("--pause", action="store_true", help="the schedule waits until somebody resumes it")
    parser.add_argument("--job", metavar="ID", help="change this job")
    parser.add_argument("--another", action="store_true", help="add a job beside one that runs the pipeline already")
    flags(parser)
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def command(args: Namespace) -> Scheduled:
    """`ldp schedule [NAME|ID] --cron EXPRESSION [--zone ZONE] [--pause] [--job ID] [--another]`."""
    from dataclasses import replace

    how = {"cron": args.cron, "zone": args.zone, "pause": args.pause, "job": args.job, "another": args.another}
    found = schedule(args.pipeline, **how, env=args.env, profile=args.profile, say=aloud(args))
    return replace(found, as_json=args.json)
