"""Run a pipeline: bring its tables in the local lake up to date.

An update takes what is new in the sources, runs the queries over it, and commits rows, offsets and state of each table
together. A table that fails takes only those along that read it; the next update goes on from where this one ended.
"""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Paths, json_text
from ldp_magic.verbs.preview import set_up

if TYPE_CHECKING:
    from ldp_magic.events import Event, Updated
    from ldp_magic.runs.chosen import Asked
    from ldp_magic.runs.dry import Ahead
    from ldp_magic.runs.update import Stage

FORMATS = ("text", "json")
PAUSE = 0.5  # seconds between two looks for changes
WAIT = 30.0  # seconds for which another update is waited for


def run(
    paths: Paths = ".",
    *,
    refresh: Sequence[str] = (),
    full_refresh: Sequence[str] = (),
    env: str | None = None,
    pipeline: str | None = None,
    say: Callable[[Event], None] | None = None,
    wait: float = WAIT,
) -> Ran:
    """Update the tables of a pipeline, all or those of *refresh*; those of *full_refresh* (or `all`) begin anew. *say*
    is called with each event."""
    from ldp_magic.runs.update import update

    stage, errors = _stage(paths, env, pipeline)
    asked = _asked(refresh, full_refresh)
    return Ran(update(stage, asked, say or (lambda event: None), wait=wait), errors)


def dry_run(
    paths: Paths = ".",
    *,
    refresh: Sequence[str] = (),
    full_refresh: Sequence[str] = (),
    env: str | None = None,
    pipeline: str | None = None,
) -> DryRan:
    """What such an update would do; nothing is written."""
    from ldp_magic.runs.dry import dry_run as looked

    stage, errors = _stage(paths, env, pipeline)
    return DryRan(looked(stage, _asked(refresh, full_refresh)), errors)


def _asked(refresh: Sequence[str], full_refresh: Sequence[str]) -> Asked:
    from ldp_magic.runs.chosen import Asked

    return Asked(*((one,) if isinstance(one, str) else tuple(one) for one in (refresh, full_refresh)))


def _stage(paths: Paths, env: str | None, pipeline: str | None) -> tuple[Stage, tuple[SourceError, ...]]:
    """What is updated, and where."""
    from ldp_magic.lake import Lake
    from ldp_magic.runs.update import Stage

    found = set_up(paths, place="embedded", env=env, pipeline=pipeline, fresh=True)
    if len(found.pipelines) != 1:
        names = [each.name for each in found.pipelines]
        raise LdpError(
            f"there are {len(names)} pipelines here, and an update is of one",
            why=f"they are {', '.join(names[:12])}",
            fix=f"say --pipeline {names[0]}, or name its folder",
        )
    settings = found.scene.settings
    environment = settings.environment or "dev"
    lake = Lake.open(settings.root, environment)
    return Stage(found.place, found.scene, found.pipelines[0], lake, environment), found.errors


@dataclass(frozen=True, slots=True)
class Ran:
    """An update that has ended."""

    updated: Updated
    errors: tuple[SourceError, ...] = ()

    @property
    def exit_code(self) -> int:
        return 0 if self.updated.state == "COMPLETED" else 1

    @property
    def timeless(self) -> Ran:
        """The same without times and ids: what a notebook keeps that is run again and compared."""
        return replace(self, updated=self.updated.timeless)

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """The flows and how they ended."""
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.updates import text

        return text(self.updated, Pen.of(width, color, glyphs))

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.updates import html

        return html(self.updated)

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.updates import json

        return json(self.updated)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("update", self.text(), self.html(), self.json())


@dataclass(frozen=True, slots=True)
class DryRan:
    """What an update would do."""

    flows: tuple[Ahead, ...]
    errors: tuple[SourceError, ...] = ()

    @property
    def exit_code(self) -> int:
        return 1 if any(each.error for each in self.flows) else 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each flow."""
        from ldp_magic.show.ahead import text
        from ldp_magic.show.pen import Pen

        return text(self.flows, Pen.of(width, color, glyphs))

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.ahead import json

        return json(self.flows)


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp run`."""
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders of the pipeline (default: .)")
    parser.add_argument("--refresh", metavar="NAMES", default="", help="only these tables, with commas between them")
    parser.add_argument("--full-refresh", metavar="NAMES", default="", help="these tables from the beginning, or all")
    parser.add_argument(
        "--dry-run", action="store_true", help="check every query and say what would run; write nothing"
    )
    parser.add_argument("--watch", action="store_true", help="run again whenever the pipeline or its local data change")
    parser.add_argument("--pipeline", metavar="NAME", help="the pipeline that is meant")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--format", choices=FORMATS, default="text", help="how the end is written (default: text)")


def command(args: Namespace) -> Shown | Watching:
    """`ldp run [paths] [--refresh a,b] [--full-refresh a|all] [--dry-run] [--watch] [--env NAME]`."""
    return Watching(args) if args.watch else _once(args)


def _once(args: Namespace) -> Shown:
    asked: dict[str, Any] = {"env": args.env, "pipeline": args.pipeline}
    asked |= {"refresh": _names(args.refresh), "full_refresh": _names(args.full_refresh)}
    paths = args.paths or ["."]
    if args.dry_run:
        return Shown(dry_run(paths, **asked), args.format)
    return Shown(run(paths, **asked, say=args.live), args.format)


def _names(said: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in said.split(",") if name.strip())


@dataclass(frozen=True, slots=True)
class Shown:
    """The end of an update in one format."""

    ran: Ran | DryRan
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return self.ran.exit_code

    @property
    def errors(self) -> tuple[SourceError, ...]:
        return self.ran.errors

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        return json_text(self.ran.json()) if self.format == "json" else self.ran.text(width, color, glyphs)


@dataclass(frozen=True, slots=True)
class Watching:
    """Runs again whenever the pipeline or a local source of it changes; what is new is taken, what is not stays."""

    args: Namespace

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        return ""

    def stream(self) -> Iterator[Shown | Failed]:
        """Each update, as it ends."""
        before = None
        while True:
            now = _signature(self.args.paths or ["."])
            if now != before:
                before = now
                try:
                    yield _once(self.args)
                except LdpError as error:  # a text that is being written is wrong for a while
                    yield Failed(error)
                self.args.full_refresh = ""
            time.sleep(PAUSE)


@dataclass(frozen=True, slots=True)
class Failed:
    """An update that could not begin."""

    error: LdpError

    @property
    def exit_code(self) -> int:
        return 2

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        from ldp_magic.show.pen import Pen

        pen = Pen.of(width, color, glyphs)
        return pen.theirs(f"{pen.state('error').text} {self.error}")


def _signature(paths: Sequence[str]) -> list[tuple[str, int, int]]:
    """Every file of the project and of what stands in for its sources, with size and time."""
    from ldp_magic.settings import find

    settings = find(paths[0], None)
    places = {str(path) for path in paths} | {str(settings.root / where) for where in settings.local.values()}
    found = []
    for place in places:
        for folder, folders, files in os.walk(place):
            folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
            found += [_stat(os.path.join(folder, name)) for name in files]
        if os.path.isfile(place):
            found.append(_stat(place))
    return sorted(set(found))


def _stat(path: str) -> tuple[str, int, int]:
    try:
        held = os.stat(path)
    except OSError:  # it vanished meanwhile: that is a change, too
        return path, -1, -1
    return path, held.st_size, held.st_mtime_ns
