"""Say what is missing or in the way, here and in the workspace, and what cures it.

The workspace is only asked where one is named: by --profile or --env, or with --workspace the one of the environment.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldp_magic.verbs import Glyphs, silent

if TYPE_CHECKING:
    from ldp_magic.engine.packages import Check


def doctor(
    *,
    workspace: bool = False,
    path: str | os.PathLike[str] = ".",
    env: str | None = None,
    profile: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Doctor:
    """What was looked at, one check after the other; the embedded engine is started and asked something, and where
    *workspace*, *env* or *profile* name one, the workspace as well."""
    from ldp_magic.deploy.health import library
    from ldp_magic.engine.health import checks

    there = _remote(path, env, profile, say) if workspace or env or profile else ()  # first: it is what was asked for
    return Doctor((*checks(), library(), *there))


def _remote(
    path: str | os.PathLike[str], env: str | None, profile: str | None, say: Callable[[str], None] | None
) -> tuple[Check, ...]:
    from ldp_magic.deploy.health import workspace_checks
    from ldp_magic.settings import find
    from ldp_magic.verbs.remote import signed_in_as

    settings = find(path, env, {"profile": profile} if profile else {})
    asked = workspace_checks(
        lambda: signed_in_as(settings, say=say or silent), settings.catalog or "", settings.schema or ""
    )
    return tuple(asked)


@dataclass(frozen=True, slots=True)
class Doctor:
    """The checks, to be shown."""

    checks: tuple[Check, ...]
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        """What is only not installed is no finding: nobody needs everything."""
        return 1 if any(each.state == "error" for each in self.checks) else 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each check, and below those that are not well the way out."""
        from ldp_magic.show.checks import text
        from ldp_magic.show.pen import Pen
        from ldp_magic.verbs.graph import json_text

        return json_text(self.json()) if self.as_json else text(self.checks, Pen.of(width, color, glyphs))

    def json(self) -> list[dict[str, Any]]:
        """The same as plain values."""
        return [
            {"name": each.name, "state": each.state, "found": each.found, "why": each.why, "fix": each.fix}
            for each in self.checks
        ]


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp doctor`."""
    from ldp_magic.verbs.remote import flags

    parser.add_argument("--workspace", action="store_true", help="look at the workspace, too")
    flags(parser)
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def command(args: Namespace) -> Doctor:
    """`ldp doctor [--workspace] [--env NAME] [--profile NAME] [--json]`."""
    from ldp_magic.verbs.remote import aloud

    found = doctor(workspace=args.workspace, env=args.env, profile=args.profile, say=aloud(args))
    return Doctor(found.checks, args.json)
