"""Show the updates of a project: when, how long, how many rows, and what went wrong.

Those of this machine, or with --profile or --pipeline those of the workspace. The newest is first.
`ldp events --update N` tells what happened in one of them.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.verbs import Glyphs, silent
from ldp_magic.verbs.remote import aloud, flags

if TYPE_CHECKING:
    from ldp_magic.deploy.workspace import Workspace
    from ldp_magic.events import Updated

LIMIT = 20
MOST = 100  # updates of a workspace that are looked at
FORMATS = ("text", "json")


def history(path: str | os.PathLike[str] = ".", *, limit: int | None = None, env: str | None = None) -> History:
    """The updates of a project, the newest first."""
    from ldp_magic.verbs.events import lake_of, state_of

    lake = lake_of(path, env)
    ids = lake.events.updates()
    found = [state_of(lake, lake.events.of(each), newest=each == ids[0]) for each in ids[:limit]]
    return History(tuple(found), len(ids))


def remote_history(
    pipeline: str | None = None,
    *,
    path: str | os.PathLike[str] = ".",
    limit: int | None = None,
    env: str | None = None,
    profile: str | None = None,
    say: Callable[[str], None] = silent,
) -> History:
    """The updates of a pipeline in the workspace, by its name or id, else of the project's own."""
    from ldp_magic.verbs.remote import pipeline_of, remote

    found = remote(path, env=env, profile=profile, say=say)
    target = pipeline_of(found, pipeline)
    known = found.workspace.updates(target.id, MOST)
    return History(tuple(_remote(found.workspace, target.id, each) for each in known[:limit]), len(known))


def _remote(workspace: Workspace, pipeline: str, said: Mapping[str, Any]) -> Updated:
    """An update as its events tell it; of an old one only the service's list knows, and only how it ended."""
    from ldp_magic.deploy.follow import events_of
    from ldp_magic.events import Updated, folded
    from ldp_magic.events.values import text

    id_, state = text(said.get("update_id")), text(said.get("state"))
    update = folded(events_of(workspace, pipeline, id_))
    return update if update.state else Updated(id=id_, state=state, cause=text(said.get("cause")))


@dataclass(frozen=True, slots=True)
class History:
    """The newest of so many updates."""

    updates: tuple[Updated, ...]
    total: int
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return 0

    @property
    def timeless(self) -> History:
        """The same without times and ids: what a notebook keeps that is run again and compared."""
        return replace(self, updates=tuple(each.timeless for each in self.updates))

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each update."""
        from ldp_magic.show.history import text
        from ldp_magic.show.pen import Pen
        from ldp_magic.verbs.graph import json_text

        if self.format == "json":
            return json_text(self.json())
        return text(self.updates, self.total, Pen.of(width, color, glyphs))

    def json(self) -> list[dict[str, Any]]:
        """The same as plain values."""
        from ldp_magic.show.history import json

        return json(self.updates)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("history", self.text())


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp history`."""
    parser.add_argument("path", nargs="?", default=".", help="a file or folder of the project (default: .)")
    parser.add_argument("--limit", metavar="N", help=f"how many, or all (default: {LIMIT}, in JSON all)")
    parser.add_argument("--pipeline", metavar="NAME", help="a pipeline of the workspace, by its name or id")
    flags(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="a table, or JSON")


def command(args: Namespace) -> History:
    """`ldp history [PATH] [--limit N] [--pipeline NAME] [--env NAME] [--profile NAME] [--format FORMAT]`."""
    from ldp_magic.verbs.events import count_of

    limit = count_of("history", args.limit, LIMIT if args.format == "text" else None)
    if args.profile or args.pipeline:
        where = {"env": args.env, "profile": args.profile, "say": aloud(args)}
        return replace(remote_history(args.pipeline, path=args.path, limit=limit, **where), format=args.format)
    return replace(history(args.path, limit=limit, env=args.env), format=args.format)
