"""Start an update of a pipeline in the workspace, and follow it to its end.

Ctrl-C ends the following, not the update.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, UsageError
from ldp_magic.verbs import silent
from ldp_magic.verbs.remote import Remote, Target, aloud, flags, names_of, pipeline_of, remote
from ldp_magic.verbs.remote.following import Followed, followed

if TYPE_CHECKING:
    from ldp_magic.events import Event

FORMATS = ("text", "json")


def start(
    pipeline: str | None = None,
    *,
    refresh: Sequence[str] = (),
    full_refresh: Sequence[str] = (),
    validate_only: bool = False,
    restart: bool = False,
    job: bool = False,
    wait: bool = True,
    path: str | os.PathLike[str] = ".",
    env: str | None = None,
    profile: str | None = None,
    live: Callable[[Event], None] | None = None,
    say: Callable[[str], None] = silent,
) -> Followed:
    """Begin an update of a pipeline by its name or id, else of the project's own; *wait* follows it, telling *live*
    each event. *restart* stops the one that runs; *job* lets the job begin it that was deployed with it."""
    some, full = _listed(refresh), _listed(full_refresh)
    asked = request(some, full, validate_only)
    if job and asked:
        raise UsageError(
            "ldp start: a job says itself what it refreshes", fix="say --job alone, or leave it away to choose tables"
        )
    found = remote(path, env=env, profile=profile, say=say)
    target = pipeline_of(found, pipeline)
    _known((*some, *full), found)
    from ldp_magic.deploy.follow import started, stop

    if restart:
        stop(found.workspace, target.id)
    update = _by_job(found, target, say) if job else started(found.workspace, target.id, asked)
    begun = Followed(target, update)
    say(f"update {update[:6]}  {begun.link}")
    return followed(found, target, update, env=env, live=live) if wait else begun


def _by_job(found: Remote, target: Target, say: Callable[[str], None]) -> str:
    """Let the job of a pipeline run now; the update that it begins."""
    from ldp_magic.deploy.follow import by_job

    kept = found.state.resources if found.state else {}
    jobs = [one for key, one in kept.items() if key.startswith("job.")]
    if len(jobs) != 1:
        raise LdpError(
            f"{len(jobs) or 'no'} job{'s' * (len(jobs) > 1)} of this project could run {target.name}",
            why="--job is about the one that was deployed with it",
            fix='ldp deploy --schedule "0 0 2 * * ?" makes one' if not jobs else "leave --job away: ldp start",
        )
    say(f"job {jobs[0].sent.get('name')}  {found.workspace.link('jobs', jobs[0].id)}")
    return by_job(found.workspace, jobs[0].id, target.id)


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def request(refresh: Sequence[str], full_refresh: Sequence[str], validate_only: bool) -> dict[str, Any]:
    """What is sent to begin an update."""
    every = "all" in full_refresh
    if every and (refresh or len(full_refresh) > 1):
        raise UsageError(
            "ldp start: --full-refresh all leaves nothing to choose",
            why="all tables begin anew then",
            fix="name the tables in --full-refresh, or leave --refresh away",
        )
    if validate_only and (refresh or full_refresh):
        raise UsageError(
            "ldp start: --validate-only refreshes nothing",
            why="it only checks the sources",
            fix="leave one of them away",
        )
    asked: dict[str, Any] = {"full_refresh": True} if every else {}
    asked |= {"refresh_selection": list(refresh)} if refresh else {}
    asked |= {"full_refresh_selection": list(full_refresh)} if full_refresh and not every else {}
    return asked | ({"validate_only": True} if validate_only else {})


def _known(names: Sequence[str], found: Remote) -> None:
    """A name that no table of the project has is a mistake; nothing is known of other pipelines."""
    tables = {name.replace("`", "").lower() for name in (found.state.tables if found.state else {})}
    short = {name.rpartition(".")[2] for name in tables}
    for name in names:
        said = name.replace("`", "").lower()
        if tables and said != "all" and said not in tables | short and said.rpartition(".")[2] not in short:
            near = next(iter(get_close_matches(said, sorted(short), 1)), None)
            raise LdpError(
                f"no table of this project is called {name}" + (f"; {near} is" if near else ""),
                why=f"there are {', '.join(sorted(short)[:12])}",
                fix=f"say {near}" if near else "ldp graph shows them",
            )


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp start`."""
    parser.add_argument("pipeline", nargs="?", metavar="NAME", help="its name or id (default: the project's own)")
    parser.add_argument("--refresh", metavar="NAMES", default="", help="only these tables, with commas between them")
    parser.add_argument("--full-refresh", metavar="NAMES", default="", help="these tables from the beginning, or all")
    parser.add_argument("--validate-only", action="store_true", help="check the sources there; change no table")
    parser.add_argument("--restart", action="store_true", help="stop an update that runs, and begin anew")
    parser.add_argument("--job", action="store_true", help="let the job run that was deployed with it")
    parser.add_argument("--no-wait", action="store_true", help="do not follow it")
    flags(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="how the end is written (default: text)")


def command(args: Namespace) -> Followed:
    """`ldp start [NAME|ID] [--refresh a,b] [--full-refresh a|all] [--job] [--validate-only] [--restart]`."""
    found = start(
        args.pipeline,
        refresh=names_of(args.refresh),
        full_refresh=names_of(args.full_refresh),
        validate_only=args.validate_only,
        restart=args.restart,
        job=args.job,
        wait=not args.no_wait,
        env=args.env,
        profile=args.profile,
        live=args.live,
        say=aloud(args),
    )
    return replace(found, format=args.format)
