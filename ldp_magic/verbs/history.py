"""Show the updates of a project: when, how long, how many rows, and what went wrong.

The newest is first. `ldp events --update N` tells what happened in one of them.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.verbs import Glyphs

if TYPE_CHECKING:
    from ldp_magic.events import Updated

LIMIT = 20
FORMATS = ("text", "json")


def history(path: str | os.PathLike[str] = ".", *, limit: int | None = None, env: str | None = None) -> History:
    """The updates of a project, the newest first."""
    from ldp_magic.verbs.events import lake_of, state_of

    lake = lake_of(path, env)
    ids = lake.events.updates()
    found = [state_of(lake, lake.events.of(each), newest=each == ids[0]) for each in ids[:limit]]
    return History(tuple(found), len(ids))


@dataclass(frozen=True, slots=True)
class History:
    """The newest of so many updates."""

    updates: tuple[Updated, ...]
    total: int
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return 0

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
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--format", choices=FORMATS, default="text", help="a table, or JSON")


def command(args: Namespace) -> History:
    """`ldp history [PATH] [--limit N] [--env NAME] [--format FORMAT]`."""
    from ldp_magic.verbs.events import count_of

    limit = count_of("history", args.limit, LIMIT if args.format == "text" else None)
    return replace(history(args.path, limit=limit, env=args.env), format=args.format)
