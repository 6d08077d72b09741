"""Follow one column to where it comes from, or to what it makes.

The column is written table.column. The table may be qualified, in back-ticks, or the path of an
external source, whole or its last parts.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError
from ldp_magic.pipeline.model import ColumnType, Pipeline
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Found, Paths, Written, chosen, format_of, json_text, read, written

if TYPE_CHECKING:
    from ldp_magic.show.lineage import Way

FORMATS = ("text", "html", "json")
_PART = re.compile(r"`((?:[^`]|``)*)`|([^.`]+)")


def lineage(
    column: str, paths: Paths = ".", *, down: bool = False, env: str | None = None, pipeline: str | None = None
) -> ColumnLineage:
    """The way of one column, written `table.column`; with *down*, the columns that are made from it."""
    found = read(paths, env)
    if found.errors and not found.pipelines:
        raise found.errors[0]
    return _lineage(found, column, down, pipeline)


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """A column's way, to be shown. `way.lineage` holds its steps."""

    way: Way
    errors: tuple[SourceError, ...] = ()

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A table for a terminal."""
        from ldp_magic.show.lineage import text
        from ldp_magic.show.pen import Pen

        return text(self.way, Pen.of(width, color, glyphs))

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.lineage import html

        return html(self.way)

    def json(self) -> dict[str, Any]:
        """The steps as plain values."""
        from ldp_magic.show.lineage import json

        return json(self.way)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("lineage", self.text(), self.html(), self.json())


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp lineage`."""
    parser.add_argument("column", help="such as daily_metrics.user_id")
    parser.add_argument(
        "paths", nargs="*", default=["."], help="files or folders (default: .); the pipelines they belong to or hold"
    )
    parser.add_argument("--down", action="store_true", help="what is made from it, instead of what it is made from")
    parser.add_argument("--pipeline", metavar="NAME", help="only this pipeline")
    parser.add_argument("--format", choices=FORMATS, help="text, or as the ending of --out says")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--out", metavar="FILE", help="write it into a file")


def command(args: Namespace) -> ShownLineage | Written:
    """`ldp lineage table.column [paths] [--down] [--pipeline NAME] [--format FORMAT] [--env NAME] [--out FILE]`."""
    value = lineage(args.column, args.paths or ["."], down=args.down, env=args.env, pipeline=args.pipeline)
    shown = ShownLineage(value, format_of("lineage", args.format, args.out, FORMATS))
    return shown if args.out is None else written(shown, args.out)


@dataclass(frozen=True, slots=True)
class ShownLineage:
    """A lineage in one format."""

    lineage: ColumnLineage
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return 0

    @property
    def errors(self) -> tuple[SourceError, ...]:
        return self.lineage.errors

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        if self.format == "text":
            return self.lineage.text(width, color, glyphs)
        if self.format == "json":
            return json_text(self.lineage.json())
        from ldp_magic.show.markup import document

        text = document(self.lineage.way.name, self.lineage.html())
        return text if glyphs == "unicode" else text.encode("ascii", "xmlcharrefreplace").decode("ascii")


# --- which column is meant ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Meant:
    """A dataset or an external source that a word can mean, and the column asked for."""

    pipeline: Pipeline
    name: str
    column: str
    columns: tuple[ColumnType, ...] | None


def _lineage(found: Found, word: str, down: bool, pipeline: str | None) -> ColumnLineage:
    from ldp_magic.pipeline.lineage import lineage_of
    from ldp_magic.show.lineage import Way

    meant = _meant(chosen(found, pipeline), word)
    held = lineage_of(meant.pipeline, meant.name, _column(meant))
    if not held.steps:
        raise _no_column(meant)
    return ColumnLineage(Way(meant.pipeline, held, down), found.errors)


def _meant(pipelines: Sequence[Pipeline], word: str) -> _Meant:
    """The one thing that *word* means."""
    parts = [quoted.replace("``", "`") or plain.strip() for quoted, plain in _PART.findall(word)]
    if len(parts) < 2 or not all(parts):
        raise LdpError(
            f"{word[:80]} names no column of a table",
            why="a column is written table.column",
            fix=f"write it so, such as ldp lineage {_example(pipelines, word)}",
        )
    found = list(_candidates(pipelines, parts, word.strip()))
    if not found:
        raise _no_table(pipelines, ".".join(parts[:-1]))
    if len({meant.pipeline.name for meant in found}) > 1:
        raise _several([meant.pipeline.name for meant in found], found[0])
    return found[0]


def _example(pipelines: Sequence[Pipeline], word: str) -> str:
    """A column that there is, of the table that *word* names if it names one."""
    made = [d for pipeline in pipelines for d in pipeline.datasets.values() if d.columns]
    meant = next((d for d in made if d.name.lower() == word.strip().lower()), made[0] if made else None)
    return f"{meant.name}.{meant.columns[0].name}" if meant and meant.columns else "daily_metrics.user_id"


def _candidates(pipelines: Sequence[Pipeline], parts: list[str], word: str) -> Iterator[_Meant]:
    from ldp_magic.show.graph.selection import named

    made = [
        _Meant(pipeline, dataset.name, parts[-1], dataset.columns)
        for pipeline in pipelines
        for dataset in pipeline.datasets.values()
        if named(dataset, parts[:-1])
    ]
    yield from made or _outside(pipelines, word)


def _outside(pipelines: Sequence[Pipeline], word: str) -> Iterator[_Meant]:
    """External sources: their names hold dots and slashes of their own."""
    name, _, column = word.replace("`", "").rpartition(".")
    for pipeline in pipelines:
        for external in pipeline.externals.values():
            own, wanted = external.name.lower().strip("/"), name.lower().strip("/")
            if own == wanted or own.endswith(("/" + wanted, "." + wanted)):
                yield _Meant(pipeline, external.name, column, external.columns)


def _column(meant: _Meant) -> str:
    """The column as its table writes it."""
    if meant.columns is None:
        return meant.column
    own = next((each.name for each in meant.columns if each.name.lower() == meant.column.lower()), None)
    if own is None:
        raise _no_column(meant)
    return own


def _no_table(pipelines: Sequence[Pipeline], name: str) -> LdpError:
    from ldp_magic.show.graph.selection import unknown

    return unknown(pipelines, name)


def _no_column(meant: _Meant) -> LdpError:
    names = [each.name for each in meant.columns or ()]
    near = get_close_matches(meant.column.lower(), {name.lower(): name for name in names}, 1)
    nearest = next((name for name in names if near and name.lower() == near[0]), "")
    return LdpError(
        f"{meant.name} has no column {meant.column[:80]}" + (f"; {nearest} is one" if nearest else ""),
        why=f"its columns are {', '.join(names[:20])}" if names else "its text names no such column",
        fix=f"did you mean {meant.name}.{nearest}?" if nearest else "ldp graph --format json lists the columns",
    )


def _several(names: Sequence[str], meant: _Meant) -> LdpError:
    return LdpError(
        f"{meant.name} is in {len(names)} pipelines",
        why=f"they are {', '.join(names[:12])}",
        fix=f"say --pipeline {names[0]}",
    )
