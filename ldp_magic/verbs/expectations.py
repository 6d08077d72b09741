"""Show how many rows broke which expectation in the last update, and why.

Without a dataset all are listed. --rows shows some of the rows, and which part of a condition each of them broke; the
exit code is 1 where the newest update stopped at an expectation.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.events import lake_of, state_of
from ldp_magic.verbs.graph import Paths, Written, format_of, json_text, listed, read
from ldp_magic.verbs.graph import chosen as pipelines_of

if TYPE_CHECKING:
    from ldp_magic.events import Updated
    from ldp_magic.lake import Lake
    from ldp_magic.pipeline.model import Dataset, Pipeline
    from ldp_magic.runs.broken import Reason
    from ldp_magic.runs.outcome import Outcome

LIMIT = 6
FORMATS = ("text", "html", "json")
_ENDINGS = (".sql", ".py", ".ipynb", ".yml", ".yaml", ".toml")


def expectations(
    dataset: str | None = None,
    paths: Paths = ".",
    *,
    rows: bool = False,
    limit: int | None = LIMIT,
    update: int | None = None,
    env: str | None = None,
    pipeline: str | None = None,
) -> Expectations | Overview:
    """What the last update counted, or that of the number *update*; with *rows* the reasons, *limit* rows of each."""
    found = read(paths, env)
    pipelines = pipelines_of(found, pipeline)
    lake = lake_of(listed(paths)[0] if listed(paths) else ".", env)
    if dataset is None:
        return _overview(lake, pipelines, update, found.errors)
    held, one = dataset_in(pipelines, dataset)
    if not one.expectations:
        raise LdpError(
            f"{one.name} has no expectations",
            why="nothing is asked of its rows",
            fix="CONSTRAINT name EXPECT (condition) ON VIOLATION DROP ROW, in its statement",
        )
    outcome = _outcome(lake, held, one, _updates(lake, held, update), update)
    current = tuple((each.name, _filled(each.condition, held)) for each in one.expectations)
    reasons, zone = None, "UTC"
    if rows and outcome.commits:
        reasons, zone = _reasons(paths, env, held, outcome, limit)
    return Expectations(outcome, reasons, current, zone, found.errors)


@dataclass(frozen=True, slots=True)
class Expectations:
    """The expectations of one dataset, what they counted, and why rows broke them."""

    outcome: Outcome
    reasons: tuple[Reason, ...] | None = None  # None: nobody asked
    current: tuple[tuple[str, str], ...] = ()  # what the pipeline says now: (name, condition)
    zone: str = "UTC"
    errors: tuple[SourceError, ...] = ()

    @property
    def exit_code(self) -> int:
        return 1 if self.outcome.stop else 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A table for a terminal."""
        from ldp_magic.show.expectations import text
        from ldp_magic.show.pen import Pen

        return text(self.outcome, self.reasons, self.current, Pen.of(width, color, glyphs), self.zone)

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.expectations import html

        return html(self.outcome, self.reasons, self.current, self.zone)

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.expectations import json

        return json(self.outcome, self.reasons, self.zone)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("expectations", self.text(), self.html(), self.json())


@dataclass(frozen=True, slots=True)
class Overview:
    """The expectations of all datasets."""

    name: str
    outcomes: tuple[Outcome, ...]
    errors: tuple[SourceError, ...] = ()

    @property
    def exit_code(self) -> int:
        return 1 if any(each.stop for each in self.outcomes) else 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A table for a terminal."""
        from ldp_magic.show.expectations import all_text
        from ldp_magic.show.pen import Pen

        return all_text(self.name, self.outcomes, Pen.of(width, color, glyphs))

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.expectations import all_html

        return all_html(self.name, self.outcomes)

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.expectations import json

        return {"pipeline": self.name, "datasets": [json(each, None) for each in self.outcomes]}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("expectations", self.text(), self.html(), self.json())


# --- what is known ------------------------------------------------------------------------------------------------


def dataset_in(pipelines: Sequence[Pipeline], name: str) -> tuple[Pipeline, Dataset]:
    """The dataset that a name means, and its pipeline."""
    from ldp_magic.show.graph import selection

    found = selection.find(pipelines, name)
    exact = [each for each in found if each[1].name.lower() == name.strip().strip("`").lower()]
    found = tuple(exact) if len(exact) == 1 else found
    if not found:
        raise selection.unknown(pipelines, name)
    if len(found) > 1:
        names = list(dict.fromkeys(each.name for each, _ in found))
        full = [".".join(held.qualified) for _, held in found]
        raise LdpError(
            f"{name[:80]} can mean more than one dataset",
            why=f"there are {', '.join(full[:12])}",
            fix=f"say --pipeline {names[0]}" if len(names) > 1 else f"say {full[0]}",
        )
    return found[0]


def _overview(
    lake: Lake, pipelines: Sequence[Pipeline], update: int | None, errors: tuple[SourceError, ...]
) -> Overview:
    outcomes = []
    for pipeline in pipelines:
        checked = [each for each in pipeline.datasets.values() if each.expectations]
        updates = list(_updates(lake, pipeline, update)) if checked else []
        outcomes += [_found(lake, each, updates, update) for each in checked]
    if not outcomes:
        raise LdpError(
            "no dataset here has expectations",
            why="nothing is asked of any row",
            fix="CONSTRAINT name EXPECT (condition) ON VIOLATION DROP ROW, in the statement of a dataset",
        )
    if not any(each.known or each.stop for each in outcomes):
        raise _nothing_written(", ".join(each.dataset.name for each in outcomes[:6]), update)
    return Overview(pipelines[0].name if len(pipelines) == 1 else "expectations", tuple(outcomes), errors)


def _outcome(
    lake: Lake, pipeline: Pipeline, dataset: Dataset, updates: Iterable[Updated], update: int | None
) -> Outcome:
    found = _found(lake, dataset, updates, update)
    if not found.known and not found.stop:
        raise _nothing_written(dataset.name, update)
    if not found.checks and not found.stop:
        raise LdpError(
            f"{dataset.name} had no expectations when it was written last",
            why="they were added since, and rows are checked when they are written",
            fix=f"ldp run, or ldp run --full-refresh {dataset.name} for the rows that are there",
        )
    return found


def _found(lake: Lake, dataset: Dataset, updates: Iterable[Updated], number: int | None) -> Outcome:
    from ldp_magic.runs.outcome import outcome
    from ldp_magic.runs.tables import STORED, name_of

    table = lake.look(name_of(dataset)) if dataset.kind in STORED else None
    return outcome(table, dataset, updates, number)


def _nothing_written(name: str, update: int | None) -> LdpError:
    if update is not None:
        return LdpError(
            f"update {update} has written no rows of {name}",
            why="nothing of it was checked then",
            fix="ldp expectations without --update shows the last update that did",
        )
    return LdpError(f"{name} was not written yet", why="expectations are counted when rows are written", fix="ldp run")


def _updates(lake: Lake, pipeline: Pipeline, number: int | None) -> Iterator[Updated]:
    """The updates of a pipeline, the newest first; that of the *number* has to be among those of the lake."""
    ids, seen = lake.events.updates(), False
    for each in ids:
        update = state_of(lake, lake.events.of(each), newest=each == ids[0])
        seen = seen or update.number == number
        if update.pipeline in ("", pipeline.name):
            yield update
    if number is not None and not seen:
        raise LdpError(
            f"there is no update {number}",
            why=f"{len(ids):,} {'update is' if len(ids) == 1 else 'updates are'} kept",
            fix="ldp history shows them",
        )


def _filled(condition: str, pipeline: Pipeline) -> str:
    from ldp_magic.engine.queries import with_values

    return with_values(condition, pipeline.parameters)


def _reasons(
    paths: Paths, env: str | None, pipeline: Pipeline, outcome: Outcome, limit: int | None
) -> tuple[tuple[Reason, ...], str]:
    from ldp_magic.engine.session import engine_at
    from ldp_magic.runs.broken import reasons
    from ldp_magic.verbs.preview import set_up

    stage = set_up(paths, place="embedded", env=env, pipeline=pipeline.name)
    with engine_at(stage.place).session() as session:
        found = session.call(lambda: reasons(session, stage.scene, outcome, limit))
    return found, stage.place.zone


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp expectations`."""
    parser.add_argument(
        "words", nargs="*", metavar="dataset", help="a dataset (default: all), then files or folders (default: .)"
    )
    parser.add_argument(
        "--rows", action="store_true", help="some of the rows, and which part of a condition they broke"
    )
    parser.add_argument("--limit", metavar="N", default=str(LIMIT), help=f"how many rows, or all (default: {LIMIT})")
    parser.add_argument("--update", metavar="N", help="what that update counted (default: the last that wrote)")
    parser.add_argument("--pipeline", metavar="NAME", help="the pipeline that is meant")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--format", choices=FORMATS, help="text, or as the ending of --out says")
    parser.add_argument("--out", metavar="FILE", help="write it into a file")


def command(args: Namespace) -> Shown | Filed:
    """`ldp expectations [DATASET] [paths] [--rows] [--limit N] [--update N] [--format FORMAT] [--out FILE]`."""
    from ldp_magic.verbs.preview import limit_of

    dataset, paths = name_and_paths(args.words)
    limit = limit_of("expectations", args.limit)
    if args.rows and dataset is None:
        from ldp_magic.errors import UsageError

        raise UsageError("ldp expectations --rows needs a dataset", fix="ldp expectations NAME --rows")
    value = expectations(
        dataset,
        paths,
        rows=args.rows,
        limit=limit,
        update=_number("expectations", args.update),
        env=args.env,
        pipeline=args.pipeline,
    )
    shown = Shown(value, format_of("expectations", args.format, args.out, FORMATS))
    if args.out is None:
        return shown
    from ldp_magic.project import write_text

    write_text(args.out, shown.text(100, False, "unicode").removesuffix("\n") + "\n")
    return Filed(args.out, shown.exit_code, shown.errors)


def name_and_paths(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """A name first, unless it is the path of something."""
    if words and not _is_path(words[0]):
        return words[0], list(words[1:]) or ["."]
    return None, list(words) or ["."]


def _is_path(word: str) -> bool:
    if word in (".", "..") or "/" in word or os.sep in word:
        return True
    return word.endswith(_ENDINGS) and os.path.exists(word)


def _number(verb: str, said: str | None) -> int | None:
    if said is None:
        return None
    if said.isdecimal() and said.isascii() and len(said) < 10:
        return int(said)
    from ldp_magic.errors import UsageError

    raise UsageError(
        f"ldp {verb}: --update cannot be {said[:40]}", why="it is the number of an update", fix="ldp history shows them"
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """Expectations in one format."""

    value: Expectations | Overview
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return self.value.exit_code

    @property
    def errors(self) -> tuple[SourceError, ...]:
        return self.value.errors

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        if self.format == "text":
            return self.value.text(width, color, glyphs)
        if self.format == "json":
            return json_text(self.value.json())
        from ldp_magic.show.markup import document

        text = document("expectations", self.value.html())
        return text if glyphs == "unicode" else text.encode("ascii", "xmlcharrefreplace").decode("ascii")


@dataclass(frozen=True, slots=True)
class Filed:
    """Expectations that went into a file, whatever they say."""

    path: str
    exit_code: int
    errors: tuple[SourceError, ...] = ()

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        return Written(self.path, 0).text(width, color, glyphs)
