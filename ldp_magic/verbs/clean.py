"""Remove from the lake what no table, no state and no quarantine needs any more.

Rows of tables are never touched. Old versions stay readable for a week, dropped rows up to 100 MB of each table, and
the events of the last 100 updates, unless other numbers are said.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import UsageError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.events import lake_of
from ldp_magic.verbs.graph import json_text

if TYPE_CHECKING:
    from ldp_magic.lake import Cleaned

WAIT = 30.0  # seconds for which an update is waited for
FORMATS = ("text", "json")
EVENTS = "events of updates"


def clean(
    path: str | os.PathLike[str] = ".",
    *,
    days: float | None = None,
    quarantine: float | None = None,
    updates: int | None = None,
    env: str | None = None,
    wait: float = WAIT,
) -> Clean:
    """Sweep the lake of a project: keep that many *days* of old versions, megabytes of dropped rows for each table in
    the *quarantine*, and *updates* with their events. An update at work is waited for, *wait* seconds."""
    from dataclasses import replace

    from ldp_magic.lake import Keep

    lake, keep = lake_of(path, env), Keep()
    keep = keep if days is None else replace(keep, days=days)
    keep = keep if quarantine is None else replace(keep, quarantined=int(quarantine * 1_000_000))
    keep = keep if updates is None else replace(keep, updates=max(updates, 1))
    with lake.lock(wait):
        sizes = {name: _size(os.fspath(folder)) for name, folder in lake.tables().items()}
        events = _size(os.fspath(lake.events.folder))
        cleaned = lake.clean(keep)
        freed = {name: sizes[name] - _size(os.fspath(folder)) for name, folder in lake.tables().items()}
        freed[EVENTS] = events - _size(os.fspath(lake.events.folder))
    return Clean(cleaned, {name: size for name, size in freed.items() if size > 0}, _size(os.fspath(lake.folder)))


def _size(folder: str) -> int:
    """How many bytes lie in a folder."""
    found = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                found += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                continue  # it went meanwhile
    return found


@dataclass(frozen=True, slots=True)
class Clean:
    """What was removed, of which table how much, and how much is left."""

    cleaned: Cleaned
    freed: Mapping[str, int]
    left: int
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each table that lost something."""
        from ldp_magic.show.cleaned import text
        from ldp_magic.show.pen import Pen

        if self.format == "json":
            return json_text(self.json())
        return text(self.cleaned, self.freed, self.left, Pen.of(width, color, glyphs))

    def json(self) -> dict[str, Any]:
        """The same as plain values; sizes in bytes."""
        files = {"files": len(self.cleaned.files), "bytes": self.cleaned.size}
        return {**files, "freed": dict(self.freed), "left": self.left}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("clean", self.text())


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp clean`."""
    parser.add_argument("path", nargs="?", default=".", help="a file or folder of the project (default: .)")
    parser.add_argument("--days", metavar="N", help="of old versions that stay readable (default: 7)")
    parser.add_argument("--quarantine", metavar="MB", help="of dropped rows that stay, for each table (default: 100)")
    parser.add_argument("--updates", metavar="N", help="whose events stay (default: 100)")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--format", choices=FORMATS, default="text", help="a table, or JSON")


def command(args: Namespace) -> Clean:
    """`ldp clean [PATH] [--days N] [--quarantine MB] [--updates N] [--env NAME] [--format FORMAT]`."""
    from dataclasses import replace

    updates = _number("--updates", args.updates)
    if updates is not None and (updates < 1 or updates != int(updates)):
        raise UsageError(f"ldp clean: --updates cannot be {args.updates[:40]}", fix="say --updates 10, at least 1")
    found = clean(
        args.path,
        days=_number("--days", args.days),
        quarantine=_number("--quarantine", args.quarantine),
        updates=None if updates is None else int(updates),
        env=args.env,
    )
    return replace(found, format=args.format)


def _number(flag: str, said: str | None) -> float | None:
    if said is None:
        return None
    if said.isascii() and len(said) < 10 and said.replace(".", "", 1).isdecimal():
        return float(said)
    raise UsageError(f"ldp clean: {flag} cannot be {said[:40]}", why="it is a number", fix=f"say {flag} 10")
