"""Run again what failed in a run of a job, without what was well.

A pipeline without a job needs no repair: ldp start goes on where the failed update ended.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ldp_magic.errors import LdpError
from ldp_magic.verbs import Glyphs, silent
from ldp_magic.verbs.remote import Remote, aloud, as_dict, flags, remote
from ldp_magic.verbs.status import run_word

_FAILED = ("failed", "timedout", "internal error", "run execution error", "canceled", "upstream failed")


def repair(
    run: str | None = None,
    *,
    path: str | os.PathLike[str] = ".",
    env: str | None = None,
    profile: str | None = None,
    say: Callable[[str], None] = silent,
) -> Repaired:
    """Repair a run by its id, else the last failed one of the project's job."""
    found = remote(path, env=env, profile=profile, say=say)
    if run is not None and not run.isdecimal():
        raise LdpError(f"{run[:40]} is no run", why="the id of a run is a number", fix="ldp status shows the job")
    chosen = _run(found, run) if run else _last_failed(found)
    word = run_word(chosen)
    id_ = str(chosen.get("run_id") or run)
    if word not in _FAILED:
        raise LdpError(f"run {id_} has not failed", why=f"it is {word or 'unknown'}", fix="ldp status shows the job")
    failed = tuple(str(task.get("task_key")) for task in chosen.get("tasks") or () if run_word(task) in _FAILED)
    history = [as_dict(each) for each in chosen.get("repair_history") or ()]
    latest = [str(each["id"]) for each in history if each.get("id")]
    found.workspace.repair(id_, latest[-1] if latest else "")
    link = found.workspace.link("jobs", chosen.get("job_id") or "", "runs", id_)
    return Repaired(id_, failed, str(chosen.get("run_page_url") or link))


def _run(found: Remote, id_: str) -> dict[str, Any]:
    """A run by its id; services call one that is not there an invalid parameter."""
    from ldp_magic.deploy.failure import WorkspaceError

    try:
        return found.workspace.run(id_)
    except WorkspaceError as error:
        if not error.missing and error.code != "INVALID_PARAMETER_VALUE":
            raise
        said = f"{found.workspace.host} does not know that id: {error.said}"
    raise LdpError(f"there is no run {id_[:40]}", why=said, fix="leave the id away for the last run that failed")


def _last_failed(found: Remote) -> dict[str, Any]:
    kept = found.state.resources if found.state else {}
    jobs = [one.id for key, one in kept.items() if key.startswith("job.")]
    if not jobs:
        raise LdpError(
            "this project has no job in the workspace",
            why="an update alone needs no repair: the next one goes on where it ended",
            fix="ldp start, or say the id of a run",
        )
    runs = [each for job in jobs for each in found.workspace.runs(job)]
    runs = [each for each in runs if run_word(each) in _FAILED]
    if not runs:
        raise LdpError(
            "no run of this project failed", why="the last five of each job were looked at", fix="ldp status"
        )
    newest = max(runs, key=lambda each: int(each.get("start_time") or 0))
    return found.workspace.run(str(newest["run_id"]))


@dataclass(frozen=True, slots=True)
class Repaired:
    """A run that goes on with the tasks that had failed."""

    run: str
    tasks: tuple[str, ...]
    link: str

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """What runs again, and where to look."""
        from ldp_magic.show.pen import Pen

        pen = Pen.of(width, color, glyphs)
        again = f": {pen.theirs(', '.join(self.tasks))} again" if self.tasks else ""
        return f"run {self.run} goes on{again}\n  see  {pen.theirs(self.link)}"

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"run_id": self.run, "tasks": list(self.tasks), "link": self.link}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text()}


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp repair`."""
    parser.add_argument("run", nargs="?", metavar="RUN", help="the id of the run (default: the last that failed)")
    flags(parser)


def command(args: Namespace) -> Repaired:
    """`ldp repair [RUN] [--env NAME] [--profile NAME]`."""
    return repair(args.run, env=args.env, profile=args.profile, say=aloud(args))
