"""Find what will fail or surprise, say why, and mend it.

Exit code 0: no errors and no warnings; 1: some; 2: something could not be read, or the command line not followed.
Advice (info) never makes the exit code 1.
"""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError, UsageError
from ldp_magic.verbs import Glyphs, silent

if TYPE_CHECKING:
    from ldp_magic.lint.finding import Finding
    from ldp_magic.lint.run import Linter
    from ldp_magic.lint.select import Selection
    from ldp_magic.pipeline.model import ColumnType, Pipeline
    from ldp_magic.project import Members, Project
    from ldp_magic.settings import Settings
    from ldp_magic.text import Source

FORMATS = ("full", "concise", "json", "sarif", "github")
TARGETS = ("databricks", "spark-4.1", "spark-4.2", "spark-4.3")
Paths = Sequence["str | os.PathLike[str]"]


@dataclass(frozen=True, slots=True)
class Linted:
    """What linting came to. `changes` maps each text that was mended to what it is now."""

    findings: tuple[Finding, ...] = ()
    applied: tuple[Finding, ...] = ()
    changes: Mapping[Source, Source] = field(default_factory=dict)
    errors: tuple[SourceError, ...] = ()
    checked: int = 0  # files
    format: str = "full"
    diff: bool = False
    count: bool = False
    exit_zero: bool = False
    suppressed: bool = False  # *applied* was answered with comments, not mended

    @property
    def exit_code(self) -> int:
        if self.errors:
            return 2
        if self.exit_zero:
            return 0
        return 1 if any(f.severity != "info" for f in self.findings) or (self.diff and self.changes) else 0

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def json(self) -> list[dict[str, object]]:
        """The findings as the contract has them."""
        from ldp_magic.show.findings import as_json

        return as_json(self.findings)

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        from ldp_magic.show import findings as show
        from ldp_magic.show.diff import diff
        from ldp_magic.show.pen import Pen

        pen = Pen.of(width, color, glyphs)
        if self.errors and not self.checked and self.format in ("full", "concise"):
            return ""  # nothing was looked at: no findings would be said of nothing
        if self.diff and self.changes:
            return "".join(diff(was, now.text) for was, now in self.changes.items())
        if self.diff:
            return "nothing to fix safely: " + show.summary(self.findings, pen, checked=self.checked)
        if self.count:
            return (
                "\n".join(show.statistics(self.findings, pen))
                if self.findings
                else show.summary((), pen, checked=self.checked)
            )
        if self.format == "json":
            return json.dumps(self.json(), indent=2, ensure_ascii=glyphs == "ascii")
        if self.format == "sarif":
            return json.dumps(show.sarif(self.findings), indent=2, ensure_ascii=glyphs == "ascii")
        if self.format == "github":
            return "\n".join(show.github(self.findings))
        if self.format == "concise":
            return "\n".join(show.concise(self.findings, pen))
        done = "suppressed" if self.suppressed else "fixed"
        last = show.summary(self.findings, pen, fixed=len(self.applied), checked=self.checked, done=done)
        return "\n".join([*show.full(self.findings, pen), last])

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.findings import html

        return html(self.findings, f"{self.checked:,} file{'' if self.checked == 1 else 's'}")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle
        from ldp_magic.show.findings import live, others

        if self.format != "full" or self.count or self.diff:
            return bundle("text", self.text())
        data = {"findings": live(self.findings), "cells": others(self.findings)}
        return bundle("findings", self.text(), self.html(), data)


def lint(
    paths: str | os.PathLike[str] | Paths = ".",
    *,
    text: str | None = None,
    name: str = "stdin.sql",
    fix: bool = False,
    unsafe_fixes: bool = False,
    diff: bool = False,
    add_noqa: bool = False,
    select: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    target: str | None = None,
    env: str | None = None,
    since: str | None = None,
    cache: bool = True,
    linter: Linter | None = None,
    progress: Callable[[str], None] = silent,
) -> Linted:
    """Lint the pipelines that *paths* belong to or hold, or a *text* as if it stood in a file called *name*.

    With *fix* the files are mended; with *diff* nothing is written and the changes are only told. *since* is a git
    revision that some rules compare with, to tell what will lose rows, checkpoints or history.
    """
    some = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    flags = {"select": tuple(select), "extend-select": tuple(extend_select), "ignore": tuple(ignore), "target": target}
    cached = cache and since is None and not (fix or diff or add_noqa)
    look = _Look(some, {k: v for k, v in flags.items() if v}, env, cached, linter, since)
    look.progress = progress
    if text is not None:
        look.take_text(text, name)
    found = look.mended(unsafe_fixes) if fix or diff else look.found()
    if add_noqa:
        found = _suppressed(found)
    if (fix or add_noqa) and not diff and text is None:
        _write(found.changes)
    return replace(found, diff=diff)


class _Look:
    """One look at a project: settings, texts, graphs, and the linter that goes through them."""

    def __init__(
        self,
        paths: Paths,
        flags: Mapping[str, object],
        env: str | None,
        cache: bool,
        linter: Linter | None,
        since: str | None = None,
    ) -> None:
        from ldp_magic.lint.run import Linter
        from ldp_magic.lint.select import Selection
        from ldp_magic.settings import find

        self.settings: Settings = find(paths[0] if paths else ".", env, flags)
        said = self.settings
        self.selection: Selection = Selection(said.select, said.extend_select, said.ignore, said.per_file_ignores)
        self.linter = linter or Linter(self.selection)
        self.linter.selection = self.selection
        self.cache, self.env, self.paths, self.since = cache, env, paths, since
        self.progress: Callable[[str], None] = silent
        self._project: Project | None = None

    @property
    def project(self) -> Project:
        from ldp_magic.project import find

        if self._project is None:
            self._project = find([Path(p) for p in self.paths], self.settings, self.env)
        return self._project

    def take_text(self, text: str, name: str) -> None:
        """Look at this text instead of files."""
        from ldp_magic.cells import cells
        from ldp_magic.project import Members, Project

        said = self.settings
        members = Members(
            name=Path(name).stem,
            cells=cells(name, text),
            origin="a text",
            whole=False,
            declared=False,
            parameters=said.parameters,
            catalog=said.catalog or "",
            schema=said.schema or "",
            target=said.target,
        )
        self._project = Project((members,), (), said.root)
        self.cache, self.paths = False, [name]

    @property
    def locked(self) -> Mapping[str, tuple[ColumnType, ...]]:
        from ldp_magic.project import lockfile

        return lockfile.columns(lockfile.load(self.project.root / lockfile.NAME))

    @cached_property
    def before(self) -> Mapping[str, Pipeline]:
        """The pipelines as they were, by name."""
        from ldp_magic.project.history import at_revision

        if self.since is None:
            return {}
        return {p.name: p for p in at_revision(self.paths, self.since, self.settings, self.env)}

    def checked(self) -> int:
        return len({cell.source.name for members in self.project.pipelines for cell in members.cells})

    def found(self) -> Linted:
        """Everything the linter says."""
        findings: list[Finding] = []
        before = self.before  # a revision that nobody knows is told even where there is no pipeline
        folder, keys = self._kept()
        known = [self._load(folder, key, m) for key, m in zip(keys, self.project.pipelines, strict=True)]
        if any(k is None for k in known):
            known = [
                self._linted(p, m, before.get(m.name))
                for p, m in zip(self._graphs(), self._told("linting"), strict=True)
            ]
            self._save(folder, keys, known)
        for one, members in zip(known, self.project.pipelines, strict=True):
            findings += _focused(one or (), members)
        return Linted(self._ordered(findings), errors=self.project.errors, checked=self.checked())

    def _ordered(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Text order; a file that belongs to two pipelines says each thing once."""
        return tuple(sorted(dict.fromkeys(findings), key=lambda f: f.order))

    def _told(self, doing: str) -> Iterator[Members]:
        """The pipelines, each announced before it is looked at."""
        every = self.project.pipelines
        for number, members in enumerate(every, 1):
            self.progress(f"{doing} {members.name}, {number:,} of {len(every):,}")
            yield members

    def _graphs(self) -> tuple[Pipeline, ...]:
        from ldp_magic.project import graphs

        self.progress(f"reading {self.checked():,} files")
        return graphs(self.project)

    def _linted(self, pipeline: Pipeline, members: Members, before: Pipeline | None) -> tuple[Finding, ...]:
        from ldp_magic.lint.sources import pythons, specs

        return self.linter.lint(pipeline, specs=specs(self.project), pythons=pythons(members), before=before)

    def mended(self, unsafe: bool) -> Linted:
        """What is left when everything that may be mended is."""
        from ldp_magic.lint.fix import fixed

        findings: list[Finding] = []
        applied: list[Finding] = []
        changes: dict[Source, Source] = {}
        earlier, graphs, locked = self.before, self._graphs(), self.locked
        for number, members in enumerate(self._told("mending")):
            others = graphs[:number] + graphs[number + 1 :]
            before = earlier.get(members.name)
            mine = _renewed(members, changes)
            done = fixed(mine, self.linter, unsafe=unsafe, locked=locked, others=others, before=before)
            findings += done.findings
            applied += done.applied
            for was, now in done.changes.items():
                changes[next((w for w, n in changes.items() if n == was), was)] = now
        return Linted(self._ordered(findings), tuple(applied), changes, self.project.errors, self.checked())

    # -- what was found before -------------------------------------------------------------------------------

    def _kept(self) -> tuple[Path, list[str]]:
        from ldp_magic.lint.cache import FOLDER, key_of

        project = self.project
        if not self.cache:
            return Path(), ["" for _ in project.pipelines]
        outside: list[object] = [sorted(self.locked.items())]
        if len(project.pipelines) > 1:  # they see each other's tables
            outside += [hash_of(m) for m in project.pipelines]
        return project.root / FOLDER, [
            key_of(m, self.selection, [*outside, _specs(project)]) for m in project.pipelines
        ]

    def _load(self, folder: Path, key: str, members: Members) -> tuple[Finding, ...] | None:
        from ldp_magic.lint.cache import load

        return load(folder, key, members) if key else None

    def _save(self, folder: Path, keys: Sequence[str], known: Sequence[tuple[Finding, ...] | None]) -> None:
        from ldp_magic.lint.cache import save

        for key, findings in zip(keys, known, strict=True):
            if key and findings is not None:
                save(folder, key, findings)


def hash_of(members: Members) -> str:
    """The texts of a pipeline as one short name."""
    import hashlib

    digest = hashlib.sha256()
    for cell in members.cells:
        digest.update(f"\0{cell.source.name}\0{cell.source.text}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _specs(project: Project) -> list[str]:
    from ldp_magic.lint.sources import specs

    return [spec.source.text for spec in specs(project)]


def _focused(findings: Sequence[Finding], members: Members) -> Iterator[Finding]:
    return (f for f in findings if not members.focus or f.location.source in members.focus)


def _renewed(members: Members, changes: Mapping[Source, Source]) -> Members:
    """The pipeline with what an earlier one's fixes did to texts that both hold."""
    from ldp_magic.cells import Cell

    cells = tuple(Cell(changes.get(c.source, c.source), c.language) for c in members.cells)
    return replace(members, cells=cells, focus=tuple(changes.get(s, s) for s in members.focus))


def _heard(findings: Sequence[Finding]) -> Iterator[tuple[Source, int]]:
    """The lines where a comment would be one: after a quote that is never closed, it is a part of the string."""
    from ldp_magic.lint.ignore import noqas
    from ldp_magic.lint.noqa import suppressing
    from ldp_magic.text import apply_edits

    for source, text in apply_edits(suppressing(findings)).items():
        yield from ((source, noqa.line) for noqa in noqas(replace(source, text=text)))


def _suppressed(found: Linted) -> Linted:
    from ldp_magic.lint.noqa import suppressing
    from ldp_magic.text import apply_edits

    heard = set(_heard(found.findings))
    done = tuple(f for f in found.findings if (f.location.source, f.location.first.line) in heard)
    texts = apply_edits(suppressing(done))
    changes = {source: replace(source, text=text) for source, text in texts.items()}
    left = tuple(f for f in found.findings if f not in done)
    return replace(found, findings=left, applied=done, changes=changes, suppressed=True)


def _write(changes: Mapping[Source, Source]) -> None:
    """Put the new texts into their files, each only if it is still as it was read."""
    from ldp_magic.cells import cells
    from ldp_magic.project import read_text, write_text
    from ldp_magic.project.notebooks import with_cells

    by_file: dict[str, list[tuple[Source, Source]]] = {}
    _refuse_live(changes)
    for was, now in changes.items():
        by_file.setdefault(was.name, []).append((was, now))
    for name, some in by_file.items():
        text = read_text(name, Path(name).stat().st_size + 1)
        held = {cell.source for cell in cells(name, text)}
        if any(was not in held for was, _ in some):
            raise LdpError(f"{name} has changed since it was read", why="nothing was written to it", fix="run it again")
        if some[0][0].cell is None:
            write_text(name, some[0][1].text)
        else:
            write_text(name, with_cells(name, text, {str(now.cell): now.text for _, now in some}))


def _refuse_live(changes: Mapping[Source, Source]) -> None:
    """The cells of an open notebook are its front end's, which changes them only while they run."""
    from ldp_magic.project.live import NAME, here

    cells_ = [str(was.cell) for was in changes if was.name == NAME and was.cell is not None]
    if cells_ and here() is not None:
        raise LdpError(
            f"the cells of this notebook are no files: {', '.join(cells_[:6])}",
            why="a cell can only be rewritten while it runs",
            fix="run it with %%ldp --fix; %ldp lint --diff shows what that changes",
        )


# -- the command ------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp lint`."""
    add = parser.add_argument
    add("paths", nargs="*", default=["."], help="files, folders, notebooks (default: .); - is the standard input")
    add("--fix", action="store_true", help="apply safe fixes to the files")
    add("--unsafe-fixes", action="store_true", help="apply the fixes that are your decision, too")
    add("--diff", action="store_true", help="show what --fix would change, and change nothing")
    add("--select", metavar="CODES", action="append", default=[], help="only these rules: LDP101,LDP2 or names")
    add("--extend-select", metavar="CODES", action="append", default=[], help="these rules besides the usual ones")
    add("--ignore", metavar="CODES", action="append", default=[], help="not these rules")
    add("--target", choices=TARGETS, help="the dialect and the engine that the code is for")
    add("--env", metavar="NAME", help="the environment, such as dev or prod")
    add("--since", metavar="REV", help="compare with the pipelines at a git revision, such as origin/main")
    add("--format", choices=FORMATS, default="full", help="how findings are shown (default: full)")
    add("--statistics", action="store_true", help="how often each rule has something to say")
    add("--add-noqa", action="store_true", help="suppress everything that is found today, by comments")
    add("--exit-zero", action="store_true", help="exit 0 also with findings")
    add("--no-cache", action="store_true", help="look at everything again")
    add("--watch", action="store_true", help="look again whenever a file changes")
    add("--stdin-filename", metavar="NAME", default="stdin.sql", help="what the standard input is called")


def command(args: Namespace) -> Linted | Watching:
    """`ldp lint [PATHS] [flags]`."""
    if args.watch:
        return Watching(args)
    return _once(args)


def _once(args: Namespace, linter: Linter | None = None) -> Linted:
    if args.paths == ["-"] and not args.diff and (args.fix or args.unsafe_fixes or args.add_noqa):
        raise UsageError("the standard input is no file to write to", fix="say --diff, or name the file instead of -")
    text = _stdin() if args.paths == ["-"] else None
    found = lint(
        args.paths if text is None else Path(args.stdin_filename).parent,
        text=text,
        name=args.stdin_filename,
        fix=args.fix or (args.unsafe_fixes and not args.diff),
        unsafe_fixes=args.unsafe_fixes,
        diff=args.diff,
        add_noqa=args.add_noqa,
        select=_codes(args.select),
        extend_select=_codes(args.extend_select),
        ignore=_codes(args.ignore),
        target=args.target,
        env=args.env,
        since=args.since,
        cache=not args.no_cache,
        linter=linter,
        progress=getattr(args, "progress", silent),
    )
    return replace(found, format=args.format, count=args.statistics, exit_zero=args.exit_zero)


def _codes(said: Sequence[str]) -> tuple[str, ...]:
    return tuple(code.strip() for each in said for code in each.split(",") if code.strip())


def _stdin() -> str:
    from ldp_magic.project.files import text_of

    return text_of(sys.stdin.buffer.read(), "the standard input")


@dataclass(frozen=True, slots=True)
class Watching:
    """Lints again and again; only what changed, and what reads it, is looked at."""

    args: Namespace

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        return ""

    def stream(self) -> Iterator[Linted]:
        """What is found, each time that a file changes."""
        from ldp_magic.lint.run import Linter

        linter, before = Linter(), None
        while True:
            now = _signature(self.args.paths)
            if now != before:
                before = now
                yield _once(self.args, linter)
            time.sleep(0.3)


def _signature(paths: Sequence[str]) -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of every file that may matter."""
    from ldp_magic.cells import SUFFIXES

    suffixes = (*SUFFIXES, ".yml", ".yaml", ".toml", ".lock")
    found = []
    for path in paths:
        for folder, folders, files in os.walk(path) if os.path.isdir(path) else [(os.path.dirname(path), [], [path])]:
            folders[:] = [
                f for f in folders if not f.startswith(".") and f not in ("node_modules", "__pycache__", "venv")
            ]
            for name in files:
                if name.lower().endswith(suffixes):
                    found.append(_stat(name if name == path else os.path.join(folder, name)))
    return tuple(sorted(found))


def _stat(path: str) -> tuple[str, int, int]:
    try:
        held = os.stat(path)
    except OSError:  # it vanished between being listed and being looked at: that is a change, too
        return path, 0, -1
    return path, held.st_mtime_ns, held.st_size
