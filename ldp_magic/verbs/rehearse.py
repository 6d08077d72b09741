"""Rehearse a pipeline: its sources arrive in steps, each of them a real update.

The updates run over a lake of their own that is thrown away; nothing of the project's lake is touched. Rows can be made
late, doubled and shuffled. At the end stands what a stream keeps from you: rows that wait for their window to close,
rows that came too late, and how the result differs from that of all rows at once.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError, UsageError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Paths, Written, format_of, json_text, written
from ldp_magic.verbs.preview import set_up

if TYPE_CHECKING:
    from ldp_magic.events import Event
    from ldp_magic.testing.rehearsal import Rehearsal

FORMATS = ("text", "html", "json")
BATCHES = 3


def rehearse(
    dataset: str = "",
    paths: Paths = ".",
    *,
    batches: int = BATCHES,
    late: float = 0.0,
    duplicate: float = 0.0,
    shuffle: bool = False,
    seed: int = 0,
    env: str | None = None,
    pipeline: str | None = None,
    say: Callable[[Event], None] | None = None,
) -> Rehearsed:
    """Let the sources arrive in *batches* steps; *late* and *duplicate* are shares of the rows, such as 0.05. *say* is
    called with each event of each update."""
    from ldp_magic.engine.packages import needs_embedded
    from ldp_magic.testing.rehearsal import Made
    from ldp_magic.testing.rehearsal import rehearse as rehearsed

    needs_embedded()
    stage = set_up(paths, place=None, env=env, pipeline=pipeline, fresh=True)
    if len(stage.pipelines) != 1:
        names = [each.name for each in stage.pipelines]
        raise LdpError(
            f"there are {len(names)} pipelines here, and a rehearsal is of one",
            why=f"they are {', '.join(names[:12])}",
            fix=f"say --pipeline {names[0]}, or name its folder",
        )
    place = replace(stage.place, kind="embedded", address="", profile="", cluster="")
    made = Made(batches=batches, late=late, duplicate=duplicate, shuffle=shuffle, seed=seed)
    value = rehearsed(place, stage.scene, stage.pipelines[0], dataset, made, say or (lambda event: None))
    return Rehearsed(value, stage.errors)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A rehearsal, to be shown."""

    rehearsal: Rehearsal
    errors: tuple[SourceError, ...] = ()

    @property
    def exit_code(self) -> int:
        return 1 if self.rehearsal.failed else 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """The steps for a terminal."""
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.rehearsal import text

        return text(self.rehearsal, Pen.of(width, color, glyphs))

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.rehearsal import html

        return html(self.rehearsal)

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.rehearsal import json

        return json(self.rehearsal)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("rehearse", self.text(), self.html(), self.json())


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp rehearse`."""
    parser.add_argument("dataset", nargs="?", default="", help="a streaming table to look into (default: all of them)")
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders of the pipeline (default: .)")
    parser.add_argument("--batches", metavar="N", default=str(BATCHES), help=f"how many steps (default: {BATCHES})")
    parser.add_argument("--late", metavar="SHARE", default="0", help="rows that come in a later step, such as 5%%")
    parser.add_argument("--duplicate", metavar="SHARE", default="0", help="rows that come twice, such as 2%%")
    parser.add_argument("--shuffle", action="store_true", help="the rows of a step come in any order")
    parser.add_argument("--seed", metavar="N", default="0", help="another number, other rows (default: 0)")
    parser.add_argument("--pipeline", metavar="NAME", help="the pipeline that is meant")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--format", choices=FORMATS, help="text, or as the ending of --out says")
    parser.add_argument("--out", metavar="FILE", help="write it into a file")


def command(args: Namespace) -> ShownRehearsal | Written:
    """`ldp rehearse [dataset] [paths] [--batches N] [--late 5%] [--duplicate 2%] [--shuffle] [--seed N]`."""
    name, paths = _subject(args.dataset, args.paths or ["."])
    value = rehearse(
        name,
        paths,
        batches=_number("--batches", args.batches),
        late=share_of("--late", args.late),
        duplicate=share_of("--duplicate", args.duplicate),
        shuffle=args.shuffle,
        seed=_number("--seed", args.seed),
        env=args.env,
        pipeline=args.pipeline,
    )
    shown = ShownRehearsal(value, format_of("rehearse", args.format, args.out, FORMATS))
    return shown if args.out is None else written(shown, args.out)


def _subject(word: str, paths: list[str]) -> tuple[str, list[str]]:
    """A first word that is written as a path is no dataset."""
    if word in (".", "..") or "/" in word or word.endswith((".sql", ".py", ".ipynb")):
        return "", [word, *(each for each in paths if each != ".")]
    return word, paths


def _number(flag: str, said: str) -> int:
    if said.isdecimal():
        return int(said)
    raise UsageError(f"ldp rehearse: {flag} cannot be {said[:40]}", why="it is a whole number", fix=f"say {flag} 3")


def share_of(flag: str, said: str) -> float:
    """`5%`, `5 %` or `0.05`"""
    text = said.strip()
    try:
        share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        share = -1.0
    if 0 <= share <= 1:
        return share
    raise UsageError(
        f"ldp rehearse: {flag} cannot be {said[:40]}", why="it is a share of the rows", fix=f"say {flag} 5%"
    )


@dataclass(frozen=True, slots=True)
class ShownRehearsal:
    """A rehearsal in one format."""

    rehearsed: Rehearsed
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return self.rehearsed.exit_code

    @property
    def errors(self) -> tuple[SourceError, ...]:
        return self.rehearsed.errors

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        if self.format == "text":
            return self.rehearsed.text(width, color, glyphs)
        if self.format == "json":
            return json_text(self.rehearsed.json())
        from ldp_magic.show.markup import document

        subject = self.rehearsed.rehearsal.dataset or self.rehearsed.rehearsal.pipeline
        text = document(f"rehearsal of {subject}", self.rehearsed.html())
        return text if glyphs == "unicode" else text.encode("ascii", "xmlcharrefreplace").decode("ascii")
