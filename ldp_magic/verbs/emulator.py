"""Serve a workspace on this machine, in which updates of pipelines really run.

The Databricks SDK, the Databricks CLI and ldp deploy talk to it as to any other workspace: files, pipelines, updates
with their events, jobs on their schedules, permissions and catalogs. It is reached from this machine only, and needs
the token that is shown. What was deployed is gone with it, unless --keep names a folder.

The files that stand in for volumes, buckets and tables in the settings of PATH (`[local]`) lie in the workspace, too:

  [local]
  "/Volumes/main/web/landing" = "data"     # ldp run reads ./data, and so does what is deployed here
"""

from __future__ import annotations

import os
import signal
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import UsageError
from ldp_magic.verbs import Glyphs

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

HIGHEST = 65_535


def emulator(
    path: str | os.PathLike[str] = ".",
    *,
    port: int = 0,
    catalogs: str | os.PathLike[str] | None = None,
    keep: str | os.PathLike[str] | None = None,
    token: str = "",
    user: str = "",
) -> Workspace:
    """Start a workspace; it lives until `close()`, or as long as this process. The files that stand in for sources in
    the settings of *path* lie in it. *port* 0 is any that is free, *catalogs* a file that says what catalogs hold,
    *keep* a folder in which everything is found again."""
    import atexit

    from ldp_magic.emulator.catalogs import read
    from ldp_magic.emulator.workspace import USER, Workspace

    held = read(Path(catalogs)) if catalogs is not None else None
    where: dict[str, Any] = {"keep": Path(keep) if keep else None, "catalogs": held, "volumes": _stand_ins(path)}
    one = Workspace(port=port, user=user or USER, token=token, **where)
    atexit.register(one.close)
    return one


def _stand_ins(path: str | os.PathLike[str]) -> dict[str, str]:
    """What stands in for sources, and the place of each."""
    from ldp_magic.pipeline.names import filled
    from ldp_magic.settings import find

    settings = find(path)
    return {filled(name, settings.parameters): str(settings.root / where) for name, where in settings.local.items()}


@dataclass(frozen=True, slots=True)
class Serving:
    """A workspace that is served."""

    workspace: Workspace
    keep: str = ""
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """How it is reached."""
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.serving import text
        from ldp_magic.verbs.graph import json_text

        if self.format == "json":
            return json_text(self.json())
        return text(self.workspace.environment, self.workspace.volumes, self.keep, Pen.of(width, color, glyphs))

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"url": self.workspace.url, "token": self.workspace.token, "keep": self.keep}

    def stream(self) -> Iterator[Serving]:
        """Say how it is reached, and serve until Ctrl-C."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it, its folder is swept away
        try:
            yield self
            while True:
                threading.Event().wait(3600)
        finally:
            self.workspace.close()


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp emulator`."""
    parser.add_argument("path", nargs="?", default=".", help="a project, whose stand-ins it holds (default: .)")
    parser.add_argument("--port", metavar="N", default="0", help="the port (default: any that is free)")
    parser.add_argument("--catalogs", metavar="FILE", help="YAML or JSON: catalogs, schemas, tables, volumes, grants")
    parser.add_argument("--keep", metavar="FOLDER", help="keep everything there, for the next start")
    parser.add_argument("--token", metavar="TEXT", default="", help="the token to ask for (default: a new one)")
    parser.add_argument("--user", metavar="NAME", default="", help="who the token belongs to")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the address is written")


def command(args: Namespace) -> Serving:
    """`ldp emulator [PATH] [--port N] [--catalogs FILE] [--keep FOLDER] [--token TEXT] [--user NAME]`."""
    port = int(args.port) if args.port.isascii() and args.port.isdecimal() and len(args.port) < 6 else HIGHEST + 1
    if port > HIGHEST:
        raise UsageError(f"ldp emulator: --port cannot be {args.port[:40]}", fix="say --port 8765, or leave it away")
    said = {"catalogs": args.catalogs, "keep": args.keep, "token": args.token, "user": args.user}
    one = emulator(args.path, port=port, **said)
    return Serving(one, args.keep or "", args.format)
