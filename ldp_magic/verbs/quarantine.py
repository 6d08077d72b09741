"""Show the rows that expectations left out of a table, with what each of them broke.

The newest come first. --sql writes the pair of statements that keeps such rows in a table of their own: every row is in
exactly one of the two, also where NULL makes a condition unknown.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError, UsageError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.events import lake_of
from ldp_magic.verbs.expectations import dataset_in, name_and_paths
from ldp_magic.verbs.graph import Paths, Written, format_of, json_text, listed, read, written
from ldp_magic.verbs.graph import chosen as pipelines_of

if TYPE_CHECKING:
    from ldp_magic.author.quarantine import Pair
    from ldp_magic.engine.answer import Answer
    from ldp_magic.pipeline.model import Dataset

LIMIT = 20
FORMATS = ("text", "html", "json", "csv")


def quarantine(
    dataset: str,
    paths: Paths = ".",
    *,
    limit: int | None = LIMIT,
    env: str | None = None,
    pipeline: str | None = None,
) -> Quarantine:
    """The rows that were left out of a dataset's table, *limit* of them; None gives all."""
    from ldp_magic.engine.session import engine_at
    from ldp_magic.runs.quarantined import left_out
    from ldp_magic.runs.tables import STORED, name_of
    from ldp_magic.verbs.preview import set_up

    found = read(paths, env)
    held, one = dataset_in(pipelines_of(found, pipeline), dataset)
    if one.kind not in STORED:
        raise LdpError(
            f"{one.name} is a {one.kind}, which keeps no rows",
            why="what it leaves out is computed anew with each reading, and not stored",
            fix=f"ldp preview {one.name} counts them; a table keeps them",
        )
    table = lake_of(listed(paths)[0] if listed(paths) else ".", env).look(name_of(one))
    if not table.exists:
        raise LdpError(
            f"{one.name} was not written yet", why="rows are left out when a table is written", fix="ldp run"
        )
    stage = set_up(paths, place="embedded", env=env, pipeline=held.name)
    with engine_at(stage.place).session() as session:
        answer = session.call(lambda: left_out(session, stage.scene, one, table, limit))
    return Quarantine(answer, one, found.errors)


def quarantine_pair(dataset: str, paths: Paths = ".", *, env: str | None = None, pipeline: str | None = None) -> Pair:
    """The statements for the valid rows of a dataset and for the others."""
    from ldp_magic.author.quarantine import pair

    return pair(*dataset_in(pipelines_of(read(paths, env), pipeline), dataset))


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Rows that were left out: what each broke, when, and the row itself."""

    answer: Answer
    dataset: Dataset
    errors: tuple[SourceError, ...] = ()

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The columns: (name, Spark's type); the first two are ours."""
        return self.answer.columns

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        """The rows as tuples of the values that the Spark client gives."""
        return self.answer.rows

    @property
    def exit_code(self) -> int:
        return 0

    @property
    def timeless(self) -> Quarantine:
        """The same without the times: what a notebook keeps that is run again and compared."""
        from dataclasses import replace

        first, _, *others = self.columns
        rows = tuple((one, *rest) for one, _, *rest in self.rows)
        return replace(self, answer=replace(self.answer, columns=(first, *others), rows=rows))

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A table for a terminal."""
        from ldp_magic.show.expectations import quarantine_text
        from ldp_magic.show.pen import Pen

        return quarantine_text(self.answer, Pen.of(width, color, glyphs))

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.expectations import quarantine_html

        return quarantine_html(self.answer)

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.rows import json

        said = json(self.answer)
        return {key: said[key] for key in ("name", "kind", "columns", "rows", "total", "time_zone")}

    def csv(self) -> str:
        """The rows with a line of names above them."""
        from dataclasses import replace

        from ldp_magic.show.rows import csv

        (first, _), *others = self.columns
        rows = tuple((", ".join(row[0]), *row[1:]) for row in self.rows)
        return csv(replace(self.answer, columns=((first, "string"), *others), rows=rows))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("rows", self.text(), self.html(), self.json(), less=("rows",))


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp quarantine`."""
    parser.add_argument("words", nargs="*", metavar="dataset", help="a dataset, then files or folders (default: .)")
    parser.add_argument("--limit", metavar="N", help=f"how many rows, or all (default: {LIMIT}, in JSON and CSV all)")
    parser.add_argument("--sql", action="store_true", help="write the statements for valid rows and for the others")
    parser.add_argument("--pipeline", metavar="NAME", help="the pipeline that is meant")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--format", choices=FORMATS, help="text, or as the ending of --out says")
    parser.add_argument("--out", metavar="FILE", help="write it into a file")


def command(args: Namespace) -> Shown | ShownPair | Written:
    """`ldp quarantine DATASET [paths] [--limit N] [--sql] [--format FORMAT] [--out FILE]`."""
    from ldp_magic.verbs.preview import limit_of

    dataset, paths = name_and_paths(args.words)
    if dataset is None:
        raise UsageError("ldp quarantine needs a dataset", fix="ldp quarantine NAME")
    if args.sql:
        if args.format not in (None, "text"):
            raise UsageError(f"ldp quarantine --sql writes no {args.format}", fix="leave --format away")
        pair = ShownPair(quarantine_pair(dataset, paths, env=args.env, pipeline=args.pipeline))
        return pair if args.out is None else written(pair, args.out)
    format = format_of("quarantine", args.format, args.out, FORMATS)
    said = args.limit or (str(LIMIT) if format in ("text", "html") else "all")
    value = quarantine(dataset, paths, limit=limit_of("quarantine", said), env=args.env, pipeline=args.pipeline)
    shown = Shown(value, format)
    return shown if args.out is None else written(shown, args.out)


@dataclass(frozen=True, slots=True)
class Shown:
    """Rows that were left out in one format."""

    value: Quarantine
    format: str = "text"
    exit_code: int = 0

    @property
    def errors(self) -> tuple[SourceError, ...]:
        return self.value.errors

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        if self.format == "text":
            return self.value.text(width, color, glyphs)
        if self.format == "json":
            return json_text(self.value.json())
        if self.format == "csv":
            return self.value.csv()
        from ldp_magic.show.markup import document

        text = document(f"{self.value.dataset.name}: rows that were left out", self.value.html())
        return text if glyphs == "unicode" else text.encode("ascii", "xmlcharrefreplace").decode("ascii")


@dataclass(frozen=True, slots=True)
class ShownPair:
    """Two statements, as they go into a file."""

    pair: Pair
    exit_code: int = 0
    errors: tuple[SourceError, ...] = ()

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        return self.pair.text
