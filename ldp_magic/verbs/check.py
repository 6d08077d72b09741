"""Check a deploy without any network, and tell all that is wrong with it at once.

Lint errors, names, schedules and time zones, sizes, compute, addresses, tags, tasks. Exit code 1 if something would
fail; warnings leave it 0.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import SourceError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Paths, json_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ldp_magic.resources.wanted import Problem, Wanted

FORMATS = ("text", "json")


def check(
    paths: Paths = ".",
    *,
    env: str | None = None,
    name: str = "",
    catalog: str | None = None,
    schema: str | None = None,
    profile: str | None = None,
    schedule: str | None = None,
    zone: str | None = None,
) -> Checked:
    """What would go wrong with a deploy of the pipelines that *paths* belong to."""
    given = by_setting(catalog, schema, profile, schedule, zone)
    return Checked(*sources(paths, env, given, name, lints=True))


def by_setting(
    catalog: str | None, schema: str | None, profile: str | None, schedule: str | None, zone: str | None
) -> dict[str, object]:
    """The flags of a deploy by the names of their settings."""
    return {"catalog": catalog, "schema": schema, "profile": profile, "schedule": schedule, "schedule-time-zone": zone}


def sources(
    paths: Paths, env: str | None, flags: Mapping[str, object], name: str = "", *, lints: bool = False
) -> tuple[Wanted, tuple[SourceError, ...]]:
    """What the workspace should hold, and what could not be read. With *lints* the problems hold errors of lint."""
    from ldp_magic.project import find, graph, lockfile
    from ldp_magic.resources.build import wanted
    from ldp_magic.resources.linting import as_registered, lint_errors
    from ldp_magic.settings import find as settings_at
    from ldp_magic.verbs.graph import listed, with_columns

    some = listed(paths)
    settings = settings_at(some[0] if some else ".", _known(some, env), {k: v for k, v in flags.items() if v})
    project = as_registered(find(some, settings, env), settings)
    if project.errors and not project.pipelines:
        raise project.errors[0]
    locked = lockfile.columns(lockfile.load(project.root / lockfile.NAME))
    pipelines = with_columns(tuple(graph(each, locked) for each in project.pipelines))
    problems = tuple(lint_errors(project, pipelines, settings)) if lints else ()
    unread = tuple(_unread(each) for each in project.errors)
    return wanted(project, pipelines, settings, name=name, problems=(*unread, *problems)), project.errors


def _known(paths: Sequence[Any], env: str | None) -> str | None:
    """The environment, where the settings have it; a bundle may have it as a target."""
    from ldp_magic.settings import find

    return env if env is None or env in find(paths[0] if paths else ".").environments else None


def _unread(error: SourceError) -> Problem:
    from ldp_magic.resources.wanted import Problem

    return Problem(what=error.what, why=error.why, fix=error.fix)


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wanted, with its problems."""

    wanted: Wanted
    unread: tuple[SourceError, ...] = ()
    format: str = "text"

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.wanted.problems

    @property
    def exit_code(self) -> int:
        return int(any(each.severity == "error" for each in self.problems))

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """All problems, errors first."""
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.problems import text

        if self.format == "json":
            return json_text(self.json())
        return text(self.wanted, Pen.of(width, color, glyphs))

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.problems import html

        return html(self.wanted)

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.problems import json

        return json(self.wanted)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("check", replace(self, format="text").text(), self.html(), self.json())


# --- the command -------------------------------------------------------------------------------------------------


def flags(parser: ArgumentParser) -> None:
    """The settings that a flag may say for this once."""
    parser.add_argument("--name", metavar="NAME", default="", help="what the pipeline is called there")
    parser.add_argument("--catalog", metavar="NAME", help="the catalog of its tables")
    parser.add_argument("--schema", metavar="NAME", help="the schema of its tables")
    parser.add_argument("--profile", metavar="NAME", help="the login to use, of ~/.databrickscfg")
    parser.add_argument("--schedule", metavar="EXPRESSION", help='when it runs: Quartz, such as "0 0 2 * * ?"')
    parser.add_argument("--zone", metavar="ZONE", help="the time zone of the schedule (default: UTC)")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")


def said(args: Namespace) -> dict[str, Any]:
    """Those flags as the functions of the verbs take them."""
    return {name: getattr(args, name) for name in ("env", "name", "catalog", "schema", "profile", "schedule", "zone")}


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp check`."""
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders of the pipelines (default: .)")
    flags(parser)
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.add_argument("--json-schema", action="store_true", help="print the JSON schema of ldp.yml, for an editor")


@dataclass(frozen=True, slots=True)
class Schema:
    """The JSON schema of a spec."""

    exit_code: int = 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """As it stands in a file."""
        from ldp_magic.spec.schema import schema

        return json_text(schema())


def command(args: Namespace) -> Checked | Schema:
    """`ldp check [paths] [--env NAME] [--json] [--json-schema]`."""
    if args.json_schema:
        return Schema()
    found = check(args.paths or ["."], **said(args))
    return replace(found, format="json" if args.json else "text")
