"""Show what this project has in the workspace, and when its jobs run next."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from ldp_magic.cron import ScheduleError, read
from ldp_magic.verbs import Glyphs, silent
from ldp_magic.verbs.graph import json_text
from ldp_magic.verbs.remote import Remote, Target, aloud, as_dict, flags, pipeline_of, remote


def status(
    pipeline: str | None = None,
    *,
    path: str | os.PathLike[str] = ".",
    env: str | None = None,
    profile: str | None = None,
    say: Callable[[str], None] = silent,
) -> Status:
    """How the pipelines and jobs of a project are, or one pipeline by its name or id."""
    found = remote(path, env=env, profile=profile, say=say)
    kept = found.state.resources if found.state else {}
    if pipeline or not kept:
        return Status(found.workspace.host, found.workspace.user, (_pipeline(found, pipeline_of(found, pipeline)),))
    lines = []
    for key, one in kept.items():
        kind, name = key.partition(".")[0], str(one.sent.get("name") or key)
        if kind == "pipeline":
            lines.append(_pipeline(found, Target(one.id, name, found.workspace.link("pipelines", one.id))))
        elif kind == "job":
            lines.append(_job(found, one.id, name))
    return Status(found.workspace.host, found.workspace.user, tuple(lines))


@dataclass(frozen=True, slots=True)
class Line:
    """One pipeline or job: how it is, what it did last, and what comes next."""

    kind: str
    name: str
    id: str
    state: str
    last: str = ""
    when: str = ""
    next: str = ""
    link: str = ""


def _pipeline(found: Remote, target: Target) -> Line:
    there = found.workspace.pipeline(target.id)
    if there is None:
        return Line("pipeline", target.name, target.id, "gone", link=target.link)
    updates = [each for each in there.get("latest_updates") or () if isinstance(each, dict)]
    newest = max(updates, key=lambda each: str(each.get("creation_time") or ""), default={})
    last, when = str(newest.get("state") or ""), str(newest.get("creation_time") or "")
    return Line("pipeline", target.name, target.id, _word(there.get("state")), _word(last), when, "", target.link)


def _job(found: Remote, id_: str, name: str) -> Line:
    link = found.workspace.link("jobs", id_)
    there = found.workspace.job(id_)
    if there is None:
        return Line("job", name, id_, "gone", link=link)
    settings = as_dict(there.get("settings"))
    said = next((as_dict(settings[key]) for key in ("schedule", "trigger", "continuous") if settings.get(key)), None)
    paused = said is not None and said.get("pause_status") == "PAUSED"
    state = "paused" if paused else "scheduled" if said is not None else "by hand"
    newest = next(iter(found.workspace.runs(id_, 1)), {})
    return Line("job", name, id_, state, run_word(newest), _moment(newest.get("start_time")), _next(said or {}), link)


def run_word(run: dict[str, Any]) -> str:
    """How a run is, in either of the two forms that services write."""
    old, new = as_dict(run.get("state")), as_dict(run.get("status"))
    code = as_dict(new.get("termination_details")).get("code")
    said = old.get("result_state") or old.get("life_cycle_state") or code or new.get("state")
    return _word({"SUCCESS": "done"}.get(str(said or ""), said))


def _next(schedule: dict[str, Any]) -> str:
    """When a schedule fires next; what cannot be read here is not guessed."""
    try:
        known = read(str(schedule.get("quartz_cron_expression") or ""), str(schedule.get("timezone_id") or "UTC"))
    except ScheduleError:
        return ""
    fire = next(iter(islice(known.fires(datetime.now(timezone.utc)), 1)), None)
    return f"{fire:%a %d %b %H:%M} {known.zone}" if fire and schedule.get("pause_status") != "PAUSED" else ""


def _moment(milliseconds: object) -> str:
    text = str(milliseconds or "")
    if not text.isdigit():
        return ""
    return datetime.fromtimestamp(int(text) / 1000, timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _word(said: object) -> str:
    words = {"COMPLETED": "done", "CANCELED": "stopped"}
    return words.get(str(said or ""), str(said or "").lower().replace("_", " "))


@dataclass(frozen=True, slots=True)
class Status:
    """What a project has in a workspace."""

    host: str
    user: str
    lines: tuple[Line, ...]
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        return 1 if any("failed" in (each.last, each.state) or each.state == "gone" for each in self.lines) else 0

    @property
    def timeless(self) -> Status:
        """The same without times and ports: what a notebook keeps that is run again and compared."""
        from ldp_magic.deploy.plan import portless

        lines = tuple(replace(each, when="", next="", link=portless(each.link)) for each in self.lines)
        return replace(self, host=portless(self.host), lines=lines)

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each pipeline and job."""
        from ldp_magic.show.pen import Pen, Run
        from ldp_magic.show.table import Column, table

        if self.as_json:
            return json_text(self.json())
        pen = Pen.of(width, color, glyphs)
        head = pen.line([Run("status", "bold"), Run(pen.ours(f"  {self.host} · {self.user}"))])
        nothing = pen.ours("·")
        cells = ["kind", "name", "state"]
        cells += [cell for cell in ("last", "when", "next") if any(getattr(each, cell) for each in self.lines)]
        rows = [[Run(pen.theirs(getattr(each, cell)) or nothing) for cell in cells] for each in self.lines]
        heads = [Column(cell, cuts="middle" if cell == "name" else "never") for cell in cells]
        return "\n".join([head, "", *table(heads, rows, pen), "", *self._links(pen)])

    def _links(self, pen: Any) -> Iterator[str]:
        wide = max((len(each.kind) for each in self.lines), default=0)
        yield from (f"  {each.kind:<{wide}}  {pen.theirs(each.link)}" for each in self.lines)

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from dataclasses import asdict

        return {"host": self.host, "user": self.user, "objects": [asdict(each) for each in self.lines]}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text()}


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp status`."""
    parser.add_argument(
        "pipeline", nargs="?", metavar="NAME", help="a pipeline's name or id (default: all of the project)"
    )
    flags(parser)
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def command(args: Namespace) -> Status:
    """`ldp status [NAME|ID] [--env NAME] [--profile NAME] [--json]`."""
    return replace(status(args.pipeline, env=args.env, profile=args.profile, say=aloud(args)), as_json=args.json)
