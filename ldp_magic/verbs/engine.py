"""Install what Python functions need beside Databricks Connect.

Databricks Connect's pyspark runs Python functions on Databricks only. `ldp engine install` puts the open-source
client (20 MB) into a folder of the engine's own; the Python that runs this is not changed.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from typing import Literal

from ldp_magic.errors import LdpError
from ldp_magic.verbs import Glyphs

ACTIONS = ("status", "install", "remove")


def engine(action: str = "status", *, yes: bool = False) -> Engine:
    """Say whether it is there, install it (with *yes*, without asking), or remove it."""
    from ldp_magic.engine import udfs

    if action == "install" and udfs.needed() and not udfs.ready():
        if not yes and not _agreed(udfs.VERSION):
            raise LdpError(
                "nothing was installed",
                why=f"pyspark-client {udfs.VERSION} would be downloaded, and nobody agreed to that",
                fix="ldp engine install --yes",
            )
        udfs.install()
        return Engine("installed", udfs.VERSION)
    if action == "remove":
        return Engine("removed" if udfs.remove() else "absent", udfs.VERSION)
    return Engine("ready" if udfs.ready() else "absent" if udfs.needed() else "unneeded", udfs.VERSION)


@dataclass(frozen=True, slots=True)
class Engine:
    """How it stands."""

    state: Literal["installed", "removed", "ready", "absent", "unneeded"]
    version: str

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        from ldp_magic.show.pen import Pen, Run

        pen = Pen.of(width, color, glyphs)
        said = {
            "installed": f"installed pyspark-client {self.version} for the embedded engine",
            "removed": f"removed pyspark-client {self.version}",
            "ready": f"pyspark-client {self.version} is there: Python functions run in the embedded engine",
            "absent": f"pyspark-client {self.version} is not there: ldp engine install",
            "unneeded": "nothing to install: this Python's own client runs Python functions in the embedded engine",
        }[self.state]
        sign = pen.state("info" if self.state == "absent" else "ok")
        return pen.line([sign, Run(" " + said)])


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp engine`."""
    parser.add_argument(
        "action", nargs="?", choices=ACTIONS, default="status", help="status (default), install, remove"
    )
    parser.add_argument("--yes", action="store_true", help="download without asking")


def command(args: Namespace) -> Engine:
    """`ldp engine [status|install|remove] [--yes]`."""
    return engine(args.action, yes=args.yes)


def _agreed(version: str) -> bool:
    """Ask, where somebody can answer."""
    if not (sys.stdin and sys.stdin.isatty()):
        return False
    print(
        f"download pyspark-client {version} (20 MB) for the embedded engine? [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip().lower() in ("y", "yes")
