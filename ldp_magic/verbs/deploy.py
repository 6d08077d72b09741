"""Make the workspace hold a pipeline: its files, its settings, its job and schedule.

The plan is shown first. A terminal then asks; elsewhere --yes does it, or --plan HASH does exactly what was shown.
A second deploy without changes sends nothing; one that was broken off goes on.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.deploy.objects import alike
from ldp_magic.deploy.plan import portless
from ldp_magic.errors import LdpError, SourceError
from ldp_magic.verbs import Glyphs, Shown, silent
from ldp_magic.verbs.check import by_setting, sources
from ldp_magic.verbs.check import flags as wanted_flags
from ldp_magic.verbs.graph import Paths, json_text, listed
from ldp_magic.verbs.remote import Target, agreed, aloud, names_of, typed
from ldp_magic.verbs.remote.deploying import Planned, again, planned, refreshed
from ldp_magic.verbs.remote.following import Followed, followed

if TYPE_CHECKING:
    from ldp_magic.deploy.apply import Done
    from ldp_magic.deploy.plan import Plan
    from ldp_magic.deploy.state import State
    from ldp_magic.events import Event

FORMATS = ("text", "json")


def deploy(
    paths: Paths = ".",
    *,
    env: str | None = None,
    name: str = "",
    catalog: str | None = None,
    schema: str | None = None,
    profile: str | None = None,
    schedule: str | None = None,
    zone: str | None = None,
    yes: bool = False,
    plan: str | None = None,
    ask: Callable[[Shown], bool] | None = None,
    start: bool = False,
    full_refresh: Sequence[str] = (),
    drop: Sequence[str] = (),
    adopt: bool = False,
    overwrite: bool = False,
    take_lock: bool = False,
    wait: bool = True,
    live: Callable[[Event], None] | None = None,
    say: Callable[[str], None] = silent,
    progress: Callable[[str], None] = silent,
) -> Deployed:
    """Make the workspace hold what the project is. *yes* does it at once, *plan* if the plan still has that hash, *ask*
    if it agrees with the text of the plan; otherwise only the plan comes back. *full_refresh* begins these tables
    anew, *drop* names the tables that may go."""
    from ldp_magic.deploy.lock import tidy

    said = by_setting(catalog, schema, profile, schedule, zone)
    wanted, errors = sources(paths, env, said, name, lints=True)
    _in_order(wanted.problems)
    found = planned(wanted, overwrite=overwrite, say=say)
    lists = {**refreshed(found.plan), "drop": _listed(drop)}
    lists |= {"full-refresh": _listed(full_refresh)} if full_refresh else {}
    switches = {"start": start, "adopt": adopt, "overwrite": overwrite}
    command = again(env, name, said, lists, switches)
    shown = Deployed(found.plan, errors=errors, command=command, given=typed(env, profile))
    _allowed(found, _listed(drop), overwrite)
    _unclaimed(found, adopt)
    if plan is not None and plan != found.plan.hash:
        raise _moved(plan, shown)
    if not found.plan.empty or _unwritten(found):
        if not (found.plan.empty or yes or plan or (ask and ask(shown))):
            return replace(shown, declined=ask is not None)
        shown = _applied(found, shown, adopt=adopt, take_lock=take_lock, progress=progress)
    else:
        tidy(found.workspace, found.folder)
        shown = replace(shown, applied=True)
    if not (start or full_refresh):
        return shown
    return _started(found, shown, paths, _listed(full_refresh), env, live, say, wait)


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _in_order(problems: Sequence[Any]) -> None:
    """What would fail there is told before anybody signs in, all of it."""
    wrong = [each for each in problems if each.severity == "error"]
    if not wrong:
        return
    first, more = wrong[0], len(wrong) - 1
    where = f"{first.where}: " if first.where else ""
    raise LdpError(
        f"{where}{first.what}" + (f", and {more} more problem{'s' * (more > 1)}" if more else ""),
        why=first.why or "the workspace would refuse it",
        fix=first.fix if not more else "ldp check shows them all",
    )


def _allowed(found: Planned, drop: tuple[str, ...], overwrite: bool) -> None:
    """Rows go only where their table is named, and an edit in the workspace only where somebody says so."""
    going = [each for each in found.plan.destroyed if not {each.name, each.table} & set(drop)]
    if going:
        names = ",".join(each.name for each in going)
        raise LdpError(
            f"this deploy drops {', '.join(each.table for each in going)}, with all rows",
            why=going[0].why,
            fix=f"leave it as it is, or name what may go: ldp deploy --drop {names}",
        )
    sent = {step.key for step in found.plan.steps if step.kind == "file" and step.action == "change"}
    if not overwrite and (both := sorted(found.seen.edited & sent)):
        raise LdpError(
            f"{both[0]} was changed here and in the workspace" + (f", and {len(both) - 1} more" if both[1:] else ""),
            why=f"a deploy would undo what somebody wrote there, in {found.folder.files}",
            fix="take the change over into your file, or undo it there: ldp deploy --overwrite",
        )


def _unclaimed(found: Planned, adopt: bool) -> None:
    """Whoever has the name of what is to be made is told before anybody agrees and before anything is sent."""
    from ldp_magic.deploy.objects import found as found_by_name

    for step in found.plan.steps:
        if step.action == "add" and step.kind in ("pipeline", "job"):
            found_by_name(found.workspace, step.kind, step.settings, adopt=adopt)


def _unwritten(found: Planned) -> bool:
    """Whether everything was done, and only what decides the rows was not written down any more."""
    state = found.seen.state
    return state is not None and not alike(state.tables, found.plan.wanted.tables)


def _moved(asked: str, shown: Deployed) -> LdpError:
    return LdpError(
        f"the plan {asked[:20]} is not what a deploy would do any more",
        why=f"something changed since, here or in the workspace; the plan is now {shown.plan.hash}",
        fix=f"look at it again: ldp plan, then {shown.line('ldp')}",
    )


def _overtaken(shown: Deployed) -> LdpError:
    return LdpError(
        "somebody else deployed this since the plan was made",
        why=f"{shown.plan.hash} was made of what was there before; nothing was sent",
        fix=f"plan anew: {' '.join(filter(None, ['ldp deploy', shown.command]))}",
    )


def _applied(
    found: Planned, shown: Deployed, *, adopt: bool, take_lock: bool, progress: Callable[[str], None]
) -> Deployed:
    """Do what the plan says, if nobody else deployed meanwhile."""
    from ldp_magic import __version__
    from ldp_magic.deploy.apply import apply, work_of
    from ldp_magic.deploy.lock import locked
    from ldp_magic.deploy.state import State, load

    done: list[Done] = []

    def told(one: Done) -> None:
        done.append(one)
        progress(f"{one.what} {one.action}")

    with locked(found.workspace, found.folder, take=take_lock):
        now = load(found.workspace, found.folder)
        before = found.seen.state
        if (now and (now.lineage, now.serial)) != (before and (before.lineage, before.serial)):
            raise _overtaken(shown)
        work = work_of(found.plan, adopt=adopt)
        state = apply(found.workspace, found.folder, now or State.new(), work, told, version=__version__)
    return replace(shown, applied=True, done=tuple(done), links=tuple(_links(found, state)))


def _links(found: Planned, state: State) -> Iterator[tuple[str, str]]:
    for kind in ("pipeline", "job"):
        for key, one in state.resources.items():
            if key.partition(".")[0] != kind:
                continue
            yield f"{kind} {one.sent.get('name') or key}", found.workspace.link(f"{kind}s", one.id)


def _started(
    found: Planned,
    shown: Deployed,
    paths: Paths,
    full_refresh: tuple[str, ...],
    env: str | None,
    live: Callable[[Event], None] | None,
    say: Callable[[str], None],
    wait: bool,
) -> Deployed:
    from ldp_magic.deploy.follow import started
    from ldp_magic.deploy.state import load
    from ldp_magic.verbs.remote import Remote, pipeline_of, settings_of
    from ldp_magic.verbs.start import request

    state = load(found.workspace, found.folder)
    settings = settings_of(listed(paths)[0], env)
    there = Remote(found.workspace, settings, found.folder, state, shown.given)
    target: Target = pipeline_of(there, None)
    update = started(found.workspace, target.id, request((), full_refresh, False))
    begun = Followed(target, update)
    say(f"update {update[:6]}  {begun.link}")
    return replace(shown, started=followed(there, target, update, env=env, live=live) if wait else begun)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A plan, and what was done of it: nothing, where nobody agreed."""

    plan: Plan
    applied: bool = False
    declined: bool = False  # somebody saw it and said no
    done: tuple[Done, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    started: Followed | None = None
    command: str = ""
    given: str = ""  # those flags of it that another verb needs, too
    errors: tuple[SourceError, ...] = ()
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return self.started.exit_code if self.started else 0 if self.applied else 1

    @property
    def timeless(self) -> Deployed:
        """The same without times and ports: what a notebook keeps that is run again and compared."""
        links = tuple((name, portless(link)) for name, link in self.links)
        started = self.started.timeless if self.started else None
        return replace(self, plan=self.plan.timeless, links=links, started=started)

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """The plan and the line that does it, or what was done."""
        from ldp_magic.show.pen import Pen

        if self.format == "json":
            return json_text(self.json())
        pen = Pen.of(width, color, glyphs)
        if self.declined:
            return f"nothing was sent; later: {self.line('ldp')}"
        if not self.applied:
            from ldp_magic.show.plan import text

            return text(self.plan, pen, apply=self.line("ldp"))
        after = ["", self.started.text(width, color, glyphs)] if self.started else []
        return "\n".join([*self._done(pen), *after])

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.markup import plain
        from ldp_magic.show.plan import html

        return plain(self.text()) if self.applied else html(self.plan, apply=self.line("%ldp"))

    def line(self, program: str) -> str:
        """What does exactly this."""
        return f"{program} deploy --plan {self.plan.hash} {self.command}".rstrip()

    def _done(self, pen: Any) -> Iterator[str]:
        from ldp_magic.show.pen import Run

        where = f"{self.plan.wanted.environment or 'default'} on {self.plan.have.host}"
        if not self.done:
            yield f"{pen.state('ok').text} {pen.theirs(where)} is as it should be; nothing was sent"
            return
        yield pen.line([pen.state("ok"), Run(" deployed", "bold"), Run(f"  {pen.theirs(where)}")])
        yield ""
        for action in dict.fromkeys(one.action for one in self.done):
            those = [one.what for one in self.done if one.action == action]
            files = action == "sent" or (action == "removed" and len(those) > 3)
            said = f"{len(those):,} file{'s' * (len(those) != 1)}" if files else ", ".join(those)
            yield pen.hanging(f"  {action:<14}", pen.theirs(said))
        for name, link in self.links:
            yield f"  {pen.theirs(name)}\n    {pen.theirs(link)}"
        for runs in self.plan.runs:
            soon = f", next {runs.times[0]:%a %d %b %H:%M}" if runs.times else ""
            yield pen.hanging("  ", f"{pen.theirs(runs.job)} runs {runs.words}{soon}")
        if not self.started:
            names = ",".join(each.name for each in self.plan.refreshed)
            refresh = f"--full-refresh {names}" if names else ""
            yield "  next: " + " ".join(filter(None, ["ldp start", refresh, self.given]))

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from dataclasses import asdict

        return {
            "hash": self.plan.hash,
            "applied": self.applied,
            "done": [asdict(one) for one in self.done],
            "links": dict(self.links),
            "update": self.started.json() if self.started else None,
        }

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("deploy", self.text(), self.html())


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp deploy`."""
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders of the pipeline (default: .)")
    wanted_flags(parser)
    parser.add_argument("--start", action="store_true", help="start an update afterwards and follow it")
    parser.add_argument("--full-refresh", metavar="NAMES", default="", help="start, these tables from the beginning")
    parser.add_argument("--no-wait", action="store_true", help="do not follow the update that is started")
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("--plan", metavar="HASH", help="do it if the plan is still that one")
    parser.add_argument("--drop", metavar="NAMES", default="", help="the tables that may go, with their rows")
    parser.add_argument("--overwrite", action="store_true", help="undo what was changed in the workspace")
    parser.add_argument("--adopt", action="store_true", help="take over a pipeline or job of that name")
    parser.add_argument("--take-lock", action="store_true", help="go on although a broken-off deploy holds the lock")
    parser.add_argument("--format", choices=FORMATS, default="text", help="how the end is written (default: text)")


def command(args: Namespace) -> Deployed:
    """`ldp deploy [paths] [--env NAME] [--name NAME] [--schedule EXPRESSION] [--start] [--yes] [--plan HASH]`."""
    found = deploy(
        args.paths or ["."],
        env=args.env,
        name=args.name,
        catalog=args.catalog,
        schema=args.schema,
        profile=args.profile,
        schedule=args.schedule,
        zone=args.zone,
        yes=args.yes,
        plan=args.plan,
        ask=agreed(args),
        start=args.start,
        full_refresh=names_of(args.full_refresh),
        drop=names_of(args.drop),
        adopt=args.adopt,
        overwrite=args.overwrite,
        take_lock=args.take_lock,
        wait=not args.no_wait,
        live=args.live,
        say=aloud(args),
        progress=args.progress,
    )
    return replace(found, format=args.format)
