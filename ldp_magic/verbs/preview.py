"""Show the rows of a dataset or a query, computed from its sources.

Nothing is written. A dataset is computed from what it reads: tables as the last update left them, and through
everything that has no table yet. Its expectations are counted. What lies elsewhere is read from what [tool.ldp.local]
says stands in for it.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Paths, Written, format_of, json_text, listed, with_columns, written

if TYPE_CHECKING:
    from ldp_magic.engine.answer import Answer, Checked, Fidelity
    from ldp_magic.engine.place import Place
    from ldp_magic.engine.views import Scene, Tables
    from ldp_magic.pipeline.model import Dataset, Pipeline
    from ldp_magic.project import Project
    from ldp_magic.settings import Settings

LIMIT = 20
FORMATS = ("text", "html", "json", "csv")
_STARTS = ("select", "with", "from", "values", "table", "(")


def preview(
    what: str,
    paths: Paths = ".",
    *,
    limit: int | None = LIMIT,
    place: str | None = None,
    env: str | None = None,
    pipeline: str | None = None,
    fresh: bool = False,
) -> Preview:
    """The rows of a dataset or a source by its name, or of a query over the datasets; *limit* None gives all. What is
    upstream is read as the last update left it, or if *fresh* computed from its sources."""
    from ldp_magic.engine.preview import preview as computed
    from ldp_magic.engine.preview import query

    stage = set_up(paths, place=place, env=env, pipeline=pipeline, fresh=fresh)
    if not is_query(what):
        if found := stage.dataset(what):
            return Preview(computed(stage.place, stage.scene, *found, limit), stage.errors)
        what = stage.source(what)
    return Preview(query(stage.place, stage.scene, stage.pipeline_of(what), what, limit), stage.errors)


@dataclass(frozen=True, slots=True)
class Preview:
    """Rows to be shown, and what they are worth."""

    answer: Answer
    errors: tuple[SourceError, ...] = ()

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The columns: (name, Spark's type)."""
        return self.answer.columns

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        """The rows as tuples of the values that the Spark client gives."""
        return self.answer.rows

    @property
    def expectations(self) -> tuple[Checked, ...]:
        return self.answer.expectations

    @property
    def fidelity(self) -> Fidelity:
        """How far the rows can be relied on."""
        return self.answer.fidelity

    @property
    def exit_code(self) -> int:
        return 1 if self.answer.stops else 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A table for a terminal."""
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.rows import text

        return text(self.answer, Pen.of(width, color, glyphs))

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.rows import html

        return html(self.answer)

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.rows import json

        return json(self.answer)

    def csv(self) -> str:
        """The rows with a line of names above them."""
        from ldp_magic.show.rows import csv

        return csv(self.answer)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("rows", self.text(), self.html(), self.json(), less=("rows",))


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp preview`."""
    parser.add_argument("what", help="a dataset, a source that one reads, or a query in quotes")
    place_arguments(parser)
    parser.add_argument("--limit", metavar="N", default=str(LIMIT), help=f"how many rows, or all (default: {LIMIT})")
    parser.add_argument("--format", choices=FORMATS, help="text, or as the ending of --out says")
    parser.add_argument("--out", metavar="FILE", help="write it into a file")


def place_arguments(parser: ArgumentParser) -> None:
    """Where the pipelines are, and where the engine is."""
    parser.add_argument(
        "paths", nargs="*", default=["."], help="files or folders (default: .); the pipelines they belong to or hold"
    )
    parser.add_argument("--pipeline", metavar="NAME", help="the pipeline that is meant")
    parser.add_argument("--place", metavar="PLACE", help="embedded, databricks or sc://host:port")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument(
        "--fresh", action="store_true", help="compute what is upstream anew, whatever updates have left"
    )


def command(args: Namespace) -> ShownPreview | Written:
    """`ldp preview WHAT [paths] [--limit N] [--place PLACE] [--format FORMAT] [--out FILE]`."""
    value = preview(
        args.what,
        args.paths or ["."],
        limit=limit_of("preview", args.limit),
        place=args.place,
        env=args.env,
        pipeline=args.pipeline,
        fresh=args.fresh,
    )
    shown = ShownPreview(value, format_of("preview", args.format, args.out, FORMATS))
    return shown if args.out is None else written(shown, args.out)


def limit_of(verb: str, said: str) -> int | None:
    """A number of rows; None for all."""
    from ldp_magic.errors import UsageError

    if said == "all":
        return None
    if said.isdecimal():
        return int(said)
    raise UsageError(
        f"ldp {verb}: --limit cannot be {said[:40]}", why="it is a number of rows", fix="say --limit 100, or all"
    )


@dataclass(frozen=True, slots=True)
class ShownPreview:
    """A preview in one format."""

    preview: Preview
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return self.preview.exit_code

    @property
    def errors(self) -> tuple[SourceError, ...]:
        return self.preview.errors

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        if self.format == "text":
            return self.preview.text(width, color, glyphs)
        if self.format == "json":
            return json_text(self.preview.json())
        if self.format == "csv":
            return self.preview.csv()
        from ldp_magic.show.markup import document

        text = document(self.preview.answer.name, self.preview.html())
        return text if glyphs == "unicode" else text.encode("ascii", "xmlcharrefreplace").decode("ascii")


# --- what is previewed, and where --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that a computation needs to know: the place, the pipelines, and which of them is meant."""

    place: Place
    scene: Scene
    pipelines: tuple[Pipeline, ...]  # those that may be meant
    errors: tuple[SourceError, ...]

    def pipeline_of(self, query: str) -> Pipeline:
        """The pipeline whose datasets a query reads; any, if it reads none."""
        from ldp_magic.pipeline.lookup import dataset_of
        from ldp_magic.sql.query import facts_of

        names = [relation.name for relation in facts_of(query).relations if relation.name]
        found = [each for each in self.pipelines if any(dataset_of(each, name) for name in names)]
        if len(found) > 1:
            raise _ambiguous("the query", found)
        return (found or self.pipelines)[0]

    def dataset(self, name: str) -> tuple[Pipeline, Dataset] | None:
        """The dataset of that name and its pipeline."""
        from ldp_magic.pipeline.lookup import dataset_of
        from ldp_magic.pipeline.names import parts_in

        for parts in ((name,), parts_in(name)):  # a name may hold dots of its own
            if parts and (found := [(each, held) for each in self.pipelines if (held := dataset_of(each, parts))]):
                break
        if len(found) > 1:
            raise _ambiguous(name, [each for each, _ in found])
        return found[0] if found else None

    def source(self, name: str) -> str:
        """A query for all rows of an external source, as a dataset written in SQL reads it."""
        for pipeline in self.pipelines:
            for dataset in pipeline.datasets.values():
                for read in dataset.reads:
                    if read.kind == "external" and read.name.lower() == name.lower() and dataset.language == "sql":
                        return f"SELECT * FROM {read.location.text}"
        from ldp_magic.show.graph import selection

        raise selection.unknown(self.pipelines, name)


def is_query(what: str) -> bool:
    """Is this a query rather than a name?"""
    first = what.strip().lower()
    return first.startswith("(") or (first.split(None, 1)[0:1] != [first] and first.startswith(_STARTS))


def set_up(paths: Paths, *, place: str | None, env: str | None, pipeline: str | None, fresh: bool = False) -> Stage:
    """Read the pipelines that *paths* belong to or hold, and the settings that say where to compute. Unless it is to be
    *fresh*, what updates have left in the lake is read from there."""
    from ldp_magic.engine.place import place_of
    from ldp_magic.engine.session import engine_at
    from ldp_magic.settings import find as settings_at

    some = listed(paths)
    settings = settings_at(some[0] if some else ".", env, {"place": place} if place else {})
    engine_at(place_of(settings)).prepare()
    from ldp_magic.engine.views import Scene
    from ldp_magic.project import find

    project = find(some, settings, env)
    pipelines = _pipelines(project)
    chosen = [each for each in pipelines if pipeline is None or each.name == pipeline]
    if not chosen:
        names = ", ".join(each.name for each in pipelines[:12])
        raise LdpError(f"no pipeline is called {pipeline}", why=f"there are {names}", fix="ldp graph shows them all")
    members = {each.name: each for each in project.pipelines}
    here = place_of(settings)
    tables = None if fresh or not here.embedded else _tables(settings)
    return Stage(here, Scene(pipelines, members, settings, tables), tuple(chosen), project.errors)


def _tables(settings: Settings) -> Tables | None:
    """What updates have left, if there were any."""
    from ldp_magic.lake import Lake
    from ldp_magic.runs.tables import Left

    lake = Lake.found(settings.root, settings.environment or "dev")
    return Left(lake) if lake else None


def _pipelines(project: Project) -> tuple[Pipeline, ...]:
    """The graphs of a project; where there is none, an empty one, over which a query can run, too."""
    from ldp_magic.pipeline.model import Pipeline
    from ldp_magic.project import graph, lockfile

    if project.errors and not project.pipelines:
        raise project.errors[0]
    locked = lockfile.columns(lockfile.load(project.root / lockfile.NAME))
    return with_columns(tuple(graph(each, locked) for each in project.pipelines)) or (Pipeline(name=""),)


def _ambiguous(what: str, pipelines: Sequence[Pipeline]) -> LdpError:
    names = [each.name for each in pipelines]
    return LdpError(
        f"{what} can mean more than one pipeline",
        why=f"there are {', '.join(names[:12])}",
        fix=f"say --pipeline {names[0]}, or name its folder",
    )
