"""Follow an update in the workspace: phases, flows, rows and expectations.

Without an update the one that runs is followed, else the last one is shown.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ldp_magic.errors import LdpError
from ldp_magic.verbs import silent
from ldp_magic.verbs.remote import aloud, flags, pipeline_of, remote
from ldp_magic.verbs.remote.following import Followed, followed

if TYPE_CHECKING:
    from ldp_magic.deploy.workspace import Workspace
    from ldp_magic.events import Event

FORMATS = ("text", "json")


def follow(
    pipeline: str | None = None,
    *,
    update: str | None = None,
    path: str | os.PathLike[str] = ".",
    env: str | None = None,
    profile: str | None = None,
    live: Callable[[Event], None] | None = None,
    say: Callable[[str], None] = silent,
) -> Followed:
    """The update of a pipeline at its end; *live* is told each event as it comes."""
    found = remote(path, env=env, profile=profile, say=say)
    target = pipeline_of(found, pipeline)
    chosen = _chosen(found.workspace, target.id, update)
    say(f"update {chosen[:6]}  {Followed(target, chosen).link}")
    return followed(found, target, chosen, env=env, live=live)


def _chosen(workspace: Workspace, pipeline: str, said: str | None) -> str:
    """The id of the update that is meant, by its beginning, or of the newest."""
    from ldp_magic.deploy.follow import newest

    if said:
        known = [str(each.get("update_id")) for each in workspace.updates(pipeline, 100)]
        meant = [id_ for id_ in known if id_.startswith(said)]
        if len(meant) != 1:
            raise LdpError(
                f"{len(meant) or 'no'} update{'s begin' if len(meant) > 1 else ' begins'} with {said[:40]}",
                why=f"the newest are {', '.join(id_[:6] for id_ in known[:5]) or 'none'}",
                fix="ldp history --profile NAME shows them" if not meant else "say more of its id",
            )
        return meant[0]
    found = newest(workspace, pipeline)
    if found is None:
        raise LdpError("this pipeline was never updated", why="there is nothing to follow", fix="ldp start")
    return str(found["update_id"])


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp follow`."""
    parser.add_argument("pipeline", nargs="?", metavar="NAME", help="its name or id (default: the project's own)")
    parser.add_argument("--update", metavar="ID", help="the beginning of its id (default: the newest)")
    flags(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="how the end is written (default: text)")


def command(args: Namespace) -> Followed:
    """`ldp follow [NAME|ID] [--update ID] [--env NAME] [--profile NAME] [--format FORMAT]`."""
    said = {"env": args.env, "profile": args.profile, "live": args.live, "say": aloud(args)}
    return replace(follow(args.pipeline, update=args.update, **said), format=args.format)
