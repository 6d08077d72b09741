"""Tell what a deploy would do to files, settings, jobs and the rows of each table.

Without a login it tells what a first deploy would make. --out FILE keeps it, as the file's ending says: .json, .html
or text.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError, UsageError
from ldp_magic.verbs import Glyphs, silent
from ldp_magic.verbs.check import by_setting, said, sources
from ldp_magic.verbs.check import flags as wanted_flags
from ldp_magic.verbs.graph import Paths, Written, format_of, json_text, written

if TYPE_CHECKING:
    from ldp_magic.deploy.plan import Have, Plan
    from ldp_magic.resources.wanted import Wanted

FORMATS = ("text", "html", "json")


def plan(
    paths: Paths = ".",
    *,
    env: str | None = None,
    name: str = "",
    catalog: str | None = None,
    schema: str | None = None,
    profile: str | None = None,
    schedule: str | None = None,
    zone: str | None = None,
    offline: bool = False,
    overwrite: bool = False,
    have: Have | None = None,
    say: Callable[[str], None] = silent,
) -> Planned:
    """What a deploy of the pipelines that *paths* belong to would do. *have* is what is there, where that is known;
    *offline* asks no workspace; *overwrite* undoes what others changed there."""
    from ldp_magic.deploy.plan import plan as compared
    from ldp_magic.verbs.remote.deploying import again, planned, refreshed

    given = by_setting(catalog, schema, profile, schedule, zone)
    wanted, errors = sources(paths, env, given, name)
    if have is None:
        login = "--offline says so" if offline else _no_login(wanted)
        if not login:
            found = planned(wanted, overwrite=overwrite, say=say).plan
            return Planned(found, errors, again(env, name, given, refreshed(found), {"overwrite": overwrite}))
        have = _nothing(wanted, login)
    return Planned(compared(wanted, have, overwrite=overwrite), errors)


def _nothing(wanted: Wanted, why: str) -> Have:
    from ldp_magic.deploy.plan import Have

    return Have(why=why, host=wanted.host, profile=wanted.profile)


def _no_login(wanted: Wanted) -> str:
    """Why no workspace can be asked; nothing where one can."""
    from importlib.util import find_spec

    from ldp_magic.deploy.sign_in import account

    try:
        if not account(wanted.profile, wanted.host).host:
            return "neither the settings nor a profile nor DATABRICKS_HOST name one"
    except LdpError as error:
        return error.what
    try:
        found = find_spec("databricks.sdk")
    except ModuleNotFoundError:
        found = None
    return "" if found else "databricks-sdk is not installed: pip install 'ldp-magic[deploy]'"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan in one format."""

    plan: Plan
    errors: tuple[SourceError, ...] = ()
    command: str = ""  # the flags that it was made with
    format: str = "text"
    diffs: bool = False

    @property
    def exit_code(self) -> int:
        return 0

    @property
    def timeless(self) -> Planned:
        """The same without times and ports: what a notebook keeps that is run again and compared."""
        return replace(self, plan=self.plan.timeless)

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """Who and where, the counts, the steps, and what happens to the rows."""
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.plan import text

        if self.format == "json":
            return json_text(self.json())
        if self.format == "html":
            from ldp_magic.show.markup import document

            return document(f"plan for {self.plan.wanted.environment or self.plan.wanted.project}", self.html())
        return text(self.plan, Pen.of(width, color, glyphs), diffs=self.diffs, apply=self._line("ldp"))

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.plan import html

        return html(self.plan, apply=self._line("%ldp"))

    def _line(self, program: str) -> str:
        """What does exactly this, where the workspace was asked."""
        return f"{program} deploy --plan {self.plan.hash} {self.command}".rstrip() if self.plan.have.asked else ""

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.plan import json

        return json(self.plan)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("plan", replace(self, format="text").text(), self.html(), self.json(), less=("steps",))


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp plan`."""
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders of the pipelines (default: .)")
    wanted_flags(parser)
    parser.add_argument("--offline", action="store_true", help="ask no workspace: what a first deploy would make")
    parser.add_argument("--overwrite", action="store_true", help="undo what was changed in the workspace")
    parser.add_argument("--diff", action="store_true", help="show the changed lines of each file")
    parser.add_argument("--format", choices=FORMATS, help="text, or as the ending of --out says")
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("--out", metavar="FILE", help="write it into a file")


def command(args: Namespace) -> Planned | Written:
    """`ldp plan [paths] [--env NAME] [--profile NAME] [--diff] [--json] [--out FILE]`."""
    if args.json and args.format not in (None, "json"):
        raise UsageError(f"ldp plan: --json and --format {args.format} differ", fix="say one of them")
    format = format_of("plan", "json" if args.json else args.format, args.out, FORMATS)
    found = plan(
        args.paths or ["."],
        **said(args),
        offline=args.offline,
        overwrite=args.overwrite,
        say=_aloud(args),
    )
    shown = replace(found, format=format, diffs=args.diff)
    return shown if args.out is None else written(shown, args.out)


def _aloud(args: Namespace) -> Callable[[str], None]:
    from ldp_magic.verbs.remote import aloud

    return aloud(args)
