"""Run a pipeline: bring its tables in the local lake up to date.

An update takes what is new in the sources, runs the queries over it, and commits rows, offsets and state of each table
together. A table that fails takes only those along that read it; the next update goes on from where this one ended.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Paths, json_text
from ldp_magic.verbs.preview import set_up

if TYPE_CHECKING:
    from ldp_magic.events import Event, Updated

FORMATS = ("text", "json")
WAIT = 30.0  # seconds for which another update is waited for


def run_pipeline(
    paths: Paths = ".",
    *,
    refresh: Sequence[str] = (),
    full_refresh: Sequence[str] = (),
    env: str | None = None,
    pipeline: str | None = None,
    say: Callable[[Event], None] | None = None,
    wait: float = WAIT,
) -> Ran:
    """Update the tables of a pipeline, all or those of *refresh*; those of *full_refresh* (or `all`) begin anew."""
    from ldp_magic.lake import Lake
    from ldp_magic.runs.chosen import Asked
    from ldp_magic.runs.update import Stage, update

    scene = set_up(paths, place=None, env=env, pipeline=pipeline, fresh=True)
    if len(scene.pipelines) != 1:
        names = [each.name for each in scene.pipelines]
        raise LdpError(
            f"there are {len(names)} pipelines here", why=", ".join(names[:12]), fix=f"say --pipeline {names[0]}"
        )
    environment = scene.scene.settings.environment or "dev"
    stage = Stage(
        scene.place, scene.scene, scene.pipelines[0], Lake.open(scene.scene.settings.root, environment), environment
    )
    asked = Asked(tuple(refresh), tuple(full_refresh))
    return Ran(update(stage, asked, say or (lambda event: None), wait=wait), scene.errors)


@dataclass(frozen=True, slots=True)
class Ran:
    """An update that has ended."""

    updated: Updated
    errors: tuple[SourceError, ...] = ()

    @property
    def exit_code(self) -> int:
        return 0 if self.updated.state == "COMPLETED" else 1

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

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp run`."""
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders of the pipeline (default: .)")
    parser.add_argument("--refresh", metavar="NAMES", default="", help="only these tables, with commas between them")
    parser.add_argument("--full-refresh", metavar="NAMES", default="", help="these tables from the beginning, or all")
    parser.add_argument("--pipeline", metavar="NAME", help="the pipeline that is meant")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--format", choices=FORMATS, default="text", help="how the end is written (default: text)")


def run(args: Namespace) -> Shown:
    """`ldp run [paths] [--refresh a,b] [--full-refresh a|all] [--env NAME]`."""
    live = getattr(args, "live", None)
    value = run_pipeline(
        args.paths or ["."],
        refresh=_names(args.refresh),
        full_refresh=_names(args.full_refresh),
        env=args.env,
        pipeline=args.pipeline,
        say=live,
    )
    return Shown(value, args.format)


def _names(said: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in said.split(",") if name.strip())


@dataclass(frozen=True, slots=True)
class Shown:
    """The end of an update in one format."""

    ran: Ran
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return self.ran.exit_code

    @property
    def errors(self) -> tuple[SourceError, ...]:
        return self.ran.errors

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        return json_text(self.ran.json()) if self.format == "json" else self.ran.text(width, color, glyphs)
