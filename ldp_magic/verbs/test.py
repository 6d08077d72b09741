"""Test a pipeline with rows that arrive, and rows that have to be there then.

Tests are YAML or SQL files in folders called tests. Each test has a lake of its own, and reads nothing but
what it names. A source that is read as a stream grows with each batch; any other is replaced.

  name: late rows are dropped
  now: 2026-10-05T00:00:00Z          # what current_timestamp() answers
  batches:                           # one update each; a single one may stand at the top instead
  - input:                           # sources, paths, topics, or datasets: these are not computed then
      main.raw.orders:
      - {id: 1, amount: 9.5}
      /Volumes/main/raw/more: {csv: "1,2"}      # or {files: [more.json]}, beside the test
    expect:
      totals:                        # the rows in any order, in the columns that are named
      - {id: 1, total: 9.5}
      big: {mode: subset, rows: [{id: 1}]}      # there may be more; ordered: true keeps the order
    dropped: {totals: {positive: 1}}            # rows that broke an expectation, or {totals: 1}
    fails: a part of the error                  # where the update has to fail

A file with several tests has a list of them under tests:. In SQL, queries stand below comments:

  -- test NAME, -- now MOMENT, -- batch, -- input NAME, -- expect NAME [subset] [ordered],
  -- dropped DATASET [EXPECTATION] NUMBER, -- fails TEXT
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import UsageError
from ldp_magic.verbs import Glyphs, silent
from ldp_magic.verbs.graph import Paths, json_text, listed

if TYPE_CHECKING:
    from ldp_magic.testing.case import Case
    from ldp_magic.testing.outcome import Outcome
    from ldp_magic.testing.rewriting import Rewritten
    from ldp_magic.testing.running import Subject

FORMATS = ("text", "json")


def test(
    paths: Paths = ".",
    *,
    words: str = "",
    update: bool = False,
    env: str | None = None,
    progress: Callable[[str], None] = silent,
) -> Tested:
    """Run the tests below *paths*; with *words* those whose names hold them all. *update* writes the rows that are
    there into the files in place of those that were expected."""
    from ldp_magic.testing.running import Subject, run_all

    outcomes: list[Outcome] = []
    chosen = _chosen(listed(paths), words)
    many = sum(map(len, chosen.values()))
    for subject, cases in _subjects(chosen, env, Subject.at):
        outcomes += run_all(subject, cases, lambda outcome: progress(f"of {many} tests: {outcome.case.name}"))
    if not update:
        return Tested(tuple(outcomes))
    from ldp_magic.testing.rewriting import rewrite

    rewritten = rewrite(outcomes)
    if not rewritten:
        return Tested(tuple(outcomes))
    again = test(paths, words=words, env=env, progress=progress)
    return Tested(again.outcomes, rewritten)


def new(dataset: str, path: str | os.PathLike[str] = ".", *, env: str | None = None) -> Tested:
    """Write a first test of a dataset: made-up rows for what it reads, and what comes of them now."""
    from ldp_magic.testing.running import Subject
    from ldp_magic.testing.skeleton import written

    made = written(Subject.at(Path(os.path.abspath(path)), env), dataset)
    return replace(test([made], update=True, env=env), made=str(made))


def fuzz_cdc(dataset: str, path: str | os.PathLike[str] = ".", *, seed: int = 0, env: str | None = None) -> Tested:
    """Run made-up changes through an AUTO CDC target: in disorder, twice, with deletes and ties, in many batches."""
    from ldp_magic.testing.fuzz import fuzz
    from ldp_magic.testing.running import Subject

    return Tested(fuzz(Subject.at(Path(os.path.abspath(path)), env), dataset, seed))


def _chosen(paths: Sequence[str | os.PathLike[str]], words: str) -> dict[Path, list[Case]]:
    """The tests by their files."""
    from ldp_magic.testing.files import found, read

    wanted = words.lower().split()
    some = {path: read(path) for path in found(paths)}
    return {
        path: [case for case in cases if all(word in f"{path.stem} {case.name}".lower() for word in wanted)]
        for path, cases in some.items()
    }


def _subjects(
    chosen: Mapping[Path, list[Case]], env: str | None, at: Callable[[Path, str | None], Subject]
) -> list[tuple[Subject, list[Case]]]:
    """The tests of each project together, so that they can run side by side."""
    folders: dict[Path, Subject] = {}
    found: dict[Path, tuple[Subject, list[Case]]] = {}
    for path, cases in chosen.items():
        if cases:
            subject = folders.get(path.parent) or folders.setdefault(path.parent, at(path, env))
            found.setdefault(subject.start, (subject, []))[1].extend(cases)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Tested:
    """Tests that have run."""

    outcomes: tuple[Outcome, ...]
    rewritten: tuple[Rewritten, ...] = ()
    made: str = ""  # the file of a test that was written first

    @property
    def passed(self) -> bool:
        return all(each.passed for each in self.outcomes)

    @property
    def exit_code(self) -> int:
        return 2 if any(each.error for each in self.outcomes) else 0 if self.passed else 1

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each test, and what is wrong below it."""
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.tests import made, text

        if self.made:
            return made(self.made, self.outcomes, Pen.of(width, color, glyphs))
        return text(self.outcomes, self.rewritten, Pen.of(width, color, glyphs))

    def json(self) -> list[dict[str, Any]]:
        """The same as plain values."""
        from ldp_magic.show.tests import json

        return json(self.outcomes)

    def junit(self) -> str:
        """The same as the XML that CI systems read."""
        from ldp_magic.show.tests import junit

        return junit(self.outcomes)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("test", self.text())


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp test`."""
    parser.add_argument(
        "paths", nargs="*", default=["."], help="files with tests, or folders that hold some (default: .)"
    )
    parser.add_argument("-k", metavar="WORDS", default="", help="only tests whose file or name holds these words")
    parser.add_argument("--update", action="store_true", help="write the rows that are there into the files")
    parser.add_argument("--new", metavar="DATASET", help="write a first test of a dataset, with rows made up")
    parser.add_argument("--fuzz-cdc", metavar="DATASET", help="try an AUTO CDC target with changes made up")
    parser.add_argument("--seed", metavar="N", default="0", help="other changes for --fuzz-cdc (default: 0)")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--junit", metavar="FILE", help="write JUnit's XML into a file, too")
    parser.add_argument("--format", choices=FORMATS, default="text", help="text, or JSON")


def command(args: Namespace) -> Shown:
    """`ldp test [paths] [-k WORDS] [--update] [--junit FILE] [--format FORMAT]`; `--new` or `--fuzz-cdc DATASET`."""
    progress = getattr(args, "progress", silent)
    if args.new:
        return Shown(new(args.new, (args.paths or ["."])[0], env=args.env), args.format)
    if args.fuzz_cdc:
        return Shown(
            fuzz_cdc(args.fuzz_cdc, (args.paths or ["."])[0], seed=_seed(args.seed), env=args.env), args.format
        )
    tested = test(args.paths or ["."], words=args.k, update=args.update, env=args.env, progress=progress)
    if args.junit:
        from ldp_magic.project import write_text

        write_text(args.junit, tested.junit())
    return Shown(tested, args.format)


def _seed(said: str) -> int:
    if said.isascii() and said.isdecimal() and len(said) < 10:
        return int(said)
    raise UsageError(f"ldp test: --seed cannot be {said[:40]}", why="it is a number", fix="say --seed 7")


@dataclass(frozen=True, slots=True)
class Shown:
    """Tests that have run, in one format."""

    tested: Tested
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return self.tested.exit_code

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        return json_text(self.tested.json()) if self.format == "json" else self.tested.text(width, color, glyphs)
