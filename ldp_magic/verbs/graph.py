"""Draw pipelines: what reads what and how, and what is wrong.

The JSON form is one object with datasets, external and cycles; of several pipelines it is
{"pipelines": [...]} with such an object for each. Pictures hold 60 datasets; of a larger pipeline
they show those nearest to --dataset, or to the busiest one.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ldp_magic.errors import LdpError, SourceError, UsageError
from ldp_magic.pipeline.model import ColumnType, Pipeline
from ldp_magic.verbs import Glyphs

if TYPE_CHECKING:
    from ldp_magic.runs.outcome import Commit

FORMATS = ("text", "mermaid", "svg", "html", "json")
SUFFIXES = {
    ".mmd": "mermaid", ".mermaid": "mermaid", ".svg": "svg", ".html": "html", ".htm": "html", ".json": "json",
    ".csv": "csv",
}  # fmt: skip
Paths: TypeAlias = "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]"


def graph(
    paths: Paths = ".", *, env: str | None = None, pipeline: str | None = None, dataset: str | None = None
) -> Graph:
    """The graph of the pipelines that *paths* belong to or hold; of one *pipeline*, or around one *dataset*."""
    found = read(paths, env)
    if found.errors and not found.pipelines:
        raise found.errors[0]
    return _graph(found, pipeline, dataset, env)


@dataclass(frozen=True, slots=True)
class Left:
    """What updates have left of a pipeline: of each dataset the rows, and what became of its expectations."""

    note: str = ""
    counts: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """Pipelines to be shown. `errors` are the files that could not be read, `selected` a dataset of each pipeline."""

    pipelines: tuple[Pipeline, ...]
    errors: tuple[SourceError, ...] = ()
    selected: tuple[str, ...] = ()
    root: Path | None = None  # of the project, whose lake tells what updates have left
    env: str | None = None

    @property
    def exit_code(self) -> int:
        return 0 if self.pipelines or not self.errors else 2

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A tree for a terminal, one for each pipeline."""
        from ldp_magic.show.graph import text
        from ldp_magic.show.pen import Pen

        pen = Pen.of(width, color, glyphs)
        every = zip(self.pipelines, *self._left(), strict=True)
        return "\n\n".join(text(each, pen, note, counts) for each, note, counts in every)

    def json(self) -> dict[str, Any]:
        """The contract: one object for one pipeline, else `{"pipelines": [...]}`."""
        from ldp_magic.show.graph import json

        return json(self.pipelines)

    def mermaid(self) -> str:
        """A flowchart for a README."""
        from ldp_magic.show.graph import mermaid

        return mermaid(self.pipelines, self._selected())

    def svg(self) -> str:
        """A picture, light or dark as its reader likes."""
        from ldp_magic.show.graph import svg

        return svg(self.pipelines, self._selected())

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.graph import html

        last = len(self.pipelines) - 1
        every = enumerate(zip(self.pipelines, self._selected(), *self._left(), strict=True))
        pages = (html(each, name, note=note, hint=n == last, counts=left) for n, (each, name, note, left) in every)
        return "".join(pages)

    def _left(self) -> tuple[list[str], list[Mapping[str, tuple[str, str, str]]]]:
        """What to say of each pipeline, and what updates have left of its datasets."""
        left = [_left(each, self.root, self.env) for each in self.pipelines]
        notes = [" · ".join(filter(None, (note, each.note))) for note, each in zip(self._notes(), left, strict=True)]
        return notes, [each.counts for each in left]

    def _selected(self) -> tuple[str, ...]:
        return self.selected or ("",) * len(self.pipelines)

    def _notes(self) -> list[str]:
        return [f"around {name}" if name else "" for name in self._selected()]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("graph", self.text(), self.html(), self.json())


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp graph`."""
    parser.add_argument(
        "paths", nargs="*", default=["."], help="files or folders (default: .); the pipelines they belong to or hold"
    )
    parser.add_argument("--pipeline", metavar="NAME", help="only this pipeline")
    parser.add_argument("--dataset", metavar="NAME", help="only this dataset, what it reads and what reads it")
    parser.add_argument("--format", choices=FORMATS, help="text, or as the ending of --out says")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--out", metavar="FILE", help="write it into a file")


def command(args: Namespace) -> ShownGraph | Written:
    """`ldp graph [paths] [--pipeline NAME] [--dataset NAME] [--format FORMAT] [--env NAME] [--out FILE]`."""
    found = read(args.paths or ["."], args.env)
    shown = ShownGraph(
        _graph(found, args.pipeline, args.dataset, args.env), format_of("graph", args.format, args.out, FORMATS)
    )
    return shown if args.out is None else written(shown, args.out)


def format_of(verb: str, said: str | None, out: str | None, formats: Sequence[str]) -> str:
    """The format that was said, or as the ending of the file wants it."""
    ending = Path(out or "").suffix.lower()
    known = [suffix for suffix, format in SUFFIXES.items() if format in formats]
    if said is None and ending not in ("", ".txt", ".md", *known):
        raise UsageError(
            f"ldp {verb} writes no {ending} files",
            why=f"it writes .txt, {', '.join(known)}",
            fix="end --out with one of these, or say the --format",
        )
    return said or SUFFIXES.get(ending, "text")


@dataclass(frozen=True, slots=True)
class ShownGraph:
    """A graph in one format."""

    graph: Graph
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return self.graph.exit_code

    @property
    def errors(self) -> tuple[SourceError, ...]:
        return self.graph.errors

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        if not self.graph.pipelines and self.format != "json":
            return ""
        if self.format == "text":
            return self.graph.text(width, color, glyphs)
        return _arriving(self._file(), self.format, glyphs)

    def _file(self) -> str:
        if self.format == "json":
            return json_text(self.graph.json())
        if self.format == "html":
            from ldp_magic.show.markup import document

            return document(", ".join(pipeline.name for pipeline in self.graph.pipelines), self.graph.html())
        return self.graph.svg() if self.format == "svg" else self.graph.mermaid()


def _arriving(text: str, format: str, glyphs: Glyphs) -> str:
    """*text* with what is not ASCII written in the way of its format, where only ASCII arrives."""
    if glyphs == "unicode" or text.isascii():
        return text
    if format in ("svg", "html"):
        return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
    if format == "mermaid":
        return "".join(char if char.isascii() else f"#{ord(char)};" for char in text)
    return text  # the terminal's own escapes are those of JSON


def json_text(value: object) -> str:
    """JSON as it stands in a file; half a character of a damaged notebook is escaped."""
    import json

    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=2)
    return text


@dataclass(frozen=True, slots=True)
class Written:
    """Something that went into a file."""

    path: str
    exit_code: int
    errors: tuple[SourceError, ...] = ()

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        from ldp_magic.show.pen import Pen, Run

        pen = Pen.of(width, color, glyphs)
        return "" if self.exit_code else pen.line([pen.state("ok"), Run(f" wrote {pen.theirs(self.path)}")])


def written(shown: Any, out: str) -> Written:
    """Put what is shown into a file; nothing is written where nothing could be read."""
    from ldp_magic.project import write_text

    text = shown.text(100, False, "unicode")
    if shown.exit_code == 0:
        write_text(out, text.removesuffix("\n") + "\n")
    return Written(out, shown.exit_code, shown.errors)


# --- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """The pipelines under some paths with their columns, what could not be read, and the folder of the lock."""

    pipelines: tuple[Pipeline, ...]
    errors: tuple[SourceError, ...]
    root: Path


def read(paths: Paths, env: str | None = None) -> Found:
    """Everything that is known of the pipelines that *paths* belong to or hold."""
    from ldp_magic.project import find
    from ldp_magic.project.graphs import graph as built

    project = find(listed(paths), env=env)
    locked, errors = _locked(project.root)
    pipelines = with_columns(tuple(built(members, locked) for members in project.pipelines))
    return Found(pipelines, (*project.errors, *errors), project.root)


def listed(paths: Paths) -> list[str | os.PathLike[str]]:
    """One path, or several, as a list."""
    return [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)


def with_columns(pipelines: Sequence[Pipeline]) -> tuple[Pipeline, ...]:
    """The pipelines with the columns of their datasets, each knowing what the others make."""
    from ldp_magic.pipeline import across
    from ldp_magic.pipeline.schemas import with_columns as filled

    alone = tuple(map(filled, pipelines))
    return tuple(map(filled, across(alone))) if len(alone) > 1 else alone


def _locked(root: Path) -> tuple[dict[str, tuple[ColumnType, ...]], tuple[SourceError, ...]]:
    """What the lock knows; a damaged one is an error beside the graph, not instead of it."""
    from ldp_magic.project import lockfile

    try:
        return lockfile.columns(lockfile.load(root / lockfile.NAME)), ()
    except SourceError as error:
        return {}, (error,)


def _graph(found: Found, pipeline: str | None, dataset: str | None, env: str | None) -> Graph:
    pipelines = chosen(found, pipeline)
    if dataset is None or not pipelines:
        return Graph(pipelines, found.errors, root=found.root, env=env)
    from ldp_magic.show.graph import selection

    wanted = selection.find(pipelines, dataset)
    if not wanted:
        raise selection.unknown(pipelines, dataset)
    parts = tuple(selection.around(each, held.name) for each, held in wanted)
    return Graph(parts, found.errors, tuple(held.name for _, held in wanted), found.root, env)


def _left(pipeline: Pipeline, root: Path | None, env: str | None) -> Left:
    """What the last updates have left in the lake of the project; nothing where nothing was run."""
    if root is None or not (root / ".ldp" / "lake").is_dir():
        return Left()
    from ldp_magic.settings import find

    environment = find(root, env).environment or "dev"
    from ldp_magic.lake import Lake, LakeError
    from ldp_magic.runs.outcome import commits
    from ldp_magic.runs.tables import STORED, name_of

    try:
        lake = Lake.found(root, environment)
        stored = [each for each in pipeline.datasets.values() if each.kind in STORED] if lake else []
        tables = [(each, lake.look(name_of(each))) for each in stored if lake]
    except LakeError:  # a graph is drawn of a damaged lake, too; runs and previews say what is wrong
        return Left()
    counts = {}
    for dataset, table in tables:
        if table.flows:
            rows = sum(file.rows or 0 for file in table.files)
            counts[dataset.name] = (f"{rows:,} row{'' if rows == 1 else 's'}", *_kept(next(iter(commits(table)), None)))
    updates = lake.events.next_number() - 1 if lake and counts else 0
    return Left(f"after update {updates}" if updates else "", counts)


def _kept(commit: Commit | None) -> tuple[str, str]:
    """What became of the expectations of a table in its last commit: a state, and words for it."""
    if commit is None or not commit.checks:
        return "", ""
    broken = sum(each.failed for each in commit.checks if each.action == "warn")
    if commit.dropped:
        return "dropped", f"{commit.dropped:,} dropped"
    return ("warning", f"{broken:,} warned") if broken else ("ok", f"{len(commit.checks)} of {len(commit.checks)}")


def chosen(found: Found, name: str | None) -> tuple[Pipeline, ...]:
    """All pipelines, or the one of that name."""
    if not found.pipelines and not found.errors:
        from ldp_magic.project import live

        cell = "run a %%ldp cell that makes a dataset (%%ldp --help shows one), or " if live.here() else ""
        raise LdpError(
            "no pipeline code was found",
            why="a pipeline is made of .sql, .py or .ipynb files that define datasets",
            fix=f"{cell}name the folder or the file that holds them",
        )
    if name is None or not found.pipelines:
        return found.pipelines
    kept = tuple(each for each in found.pipelines if each.name == name)
    return kept or _no_pipeline(found.pipelines, name)


def _no_pipeline(pipelines: Sequence[Pipeline], name: str) -> tuple[Pipeline, ...]:
    names = [each.name for each in pipelines]
    near = get_close_matches(name, names, 1)
    raise LdpError(
        f"no pipeline is called {name[:80]}" + (f"; {near[0]} is" if near else ""),
        why=f"there are {', '.join(names[:12])}",
        fix=f"say --pipeline {near[0]}" if near else "ldp graph shows them all",
    )
