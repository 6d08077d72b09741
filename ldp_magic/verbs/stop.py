"""Stop the update of a pipeline that runs in the workspace.

What its flows have committed stays; the next update goes on from there.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ldp_magic.verbs import Glyphs, silent
from ldp_magic.verbs.remote import Target, aloud, flags, pipeline_of, remote


def stop(
    pipeline: str | None = None,
    *,
    path: str | os.PathLike[str] = ".",
    env: str | None = None,
    profile: str | None = None,
    say: Callable[[str], None] = silent,
) -> Stopped:
    """Stop what runs of a pipeline by its name or id, and wait until it has ended."""
    from ldp_magic.deploy.follow import stop as stopped

    found = remote(path, env=env, profile=profile, say=say)
    target = pipeline_of(found, pipeline)
    return Stopped(target, stopped(found.workspace, target.id))


@dataclass(frozen=True, slots=True)
class Stopped:
    """The update that was stopped; empty if none ran."""

    target: Target
    update: str

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """One line."""
        from ldp_magic.show.pen import Pen

        pen = Pen.of(width, color, glyphs)
        name = pen.theirs(self.target.name)
        return f"update {self.update[:6]} of {name} is stopped" if self.update else f"no update of {name} runs"

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"pipeline_id": self.target.id, "pipeline": self.target.name, "update_id": self.update or None}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text()}


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp stop`."""
    parser.add_argument("pipeline", nargs="?", metavar="NAME", help="its name or id (default: the project's own)")
    flags(parser)


def command(args: Namespace) -> Stopped:
    """`ldp stop [NAME|ID] [--env NAME] [--profile NAME]`."""
    return stop(args.pipeline, env=args.env, profile=args.profile, say=aloud(args))
