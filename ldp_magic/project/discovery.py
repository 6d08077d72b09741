"""Which files make which pipeline: what is declared first, then notebooks, then folders and single files."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ldp_magic.cells import SUFFIXES, Cell, cells, is_export, pieces
from ldp_magic.errors import LdpError, SettingsError, SourceError
from ldp_magic.project.bundle import bundle
from ldp_magic.project.families import families
from ldp_magic.project.files import read_bytes, text_of
from ldp_magic.project.globs import base, is_glob, literal, matches, under
from ldp_magic.project.live import NAME as LIVE
from ldp_magic.project.live import here as notebook_here
from ldp_magic.project.model import Declared, Members, Pattern, Project
from ldp_magic.project.spark_spec import spark_spec
from ldp_magic.project.specs import specs
from ldp_magic.project.tests import is_test
from ldp_magic.project.tree import BUNDLES, SETTINGS, SPECS, Entry, Tree
from ldp_magic.settings import PipelineSettings, Settings, of_spec, path_shown, table_shown
from ldp_magic.settings import find as find_settings
from ldp_magic.spec.read import NAMES, is_spec

__all__ = ["find"]

NOTEBOOK_FACTOR = 16  # a saved notebook holds its outputs too
NEWEST_SPARK = "spark-4.3"
NOTHING_LIVE: Mapping[str, tuple[Cell, ...]] = {}
_IMPORTS = re.compile(rb"^[ \t]*(?:from|import)[ \t][^\r\n]{0,500}\b(?:dlt|pipelines)\b", re.MULTILINE)
_DEFINES = re.compile(
    r"\bcreate\s+(?:or\s+(?:refresh|replace)\s+)?(?:(?:private|temporary|temp|incremental)\s+){0,3}"
    r"(?:streaming|live|materialized|flow)\b|\bapply\s+changes\b",
    re.IGNORECASE,
)


def find(
    paths: Sequence[str | os.PathLike[str]],
    settings: Settings | None = None,
    env: str | None = None,
    *,
    live: Mapping[str, tuple[Cell, ...]] = NOTHING_LIVE,
) -> Project:
    """The pipelines that *paths* belong to or hold, and every file that could not be read.

    A path inside a declared pipeline means that pipeline, whole. What no file declares is a pipeline by itself
    if it is a notebook; the plain files under one folder are one together. The cells in *live*, by path, stand
    for files that are open in an editor or a kernel, and what is saved of these is not read. In a notebook with
    cells of ours no path, or `.`, means the notebook.
    """
    here = notebook_here()
    if here is not None and here.cells:
        live = {here.path: here.cells, **live}
        paths = [here.path] if [str(path) for path in paths] in ([], ["."]) else paths
    wanted = [os.path.abspath(path) for path in paths] or [os.getcwd()]
    chosen = settings or _settings(wanted[0], env)
    look = _Look(chosen, env or chosen.environment, Tree(chosen.root, chosen.exclude))
    look.texts.update((os.path.realpath(path), some) for path, some in live.items())
    look.notebook = os.path.realpath(here.path) if here is not None else ""
    asked = [ask for path in wanted if (ask := look.ask(path)) is not None]
    look.declare(wanted, asked)
    found = [*look.declared_members(asked), *look.undeclared_members(asked)]
    if env is not None and env not in chosen.environments and env not in look.targets:
        raise _no_environment(env, {*chosen.environments, *look.targets})
    errors = (*look.errors, *look.tree.errors.values())
    return Project(tuple(_renamed(found)), tuple({str(error): error for error in errors}.values()), chosen.root)


def _settings(path: str, env: str | None) -> Settings:
    """The settings of a path. An environment that they do not have may still be the target of a bundle."""
    plain = find_settings(path)
    return find_settings(path, env) if env in plain.environments else plain


def _no_environment(env: str, names: set[str]) -> SettingsError:
    near = get_close_matches(env, sorted(names), n=1)
    return SettingsError(
        f"no environment is called {env[:60]}" + (f"; {near[0]} is" if near else ""),
        why=f"there are {', '.join(sorted(names))}" if names else "neither settings nor a bundle have any",
        fix=f"say {near[0]}" if near else "write a [tool.ldp.env.NAME], or a target in databricks.yml",
    )


@dataclass(frozen=True, slots=True)
class _Ask:
    """A path that the user named, and the files it means."""

    path: str
    real: str
    folder: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A declared pipeline with its files."""

    declared: Declared
    settings: Settings
    entries: tuple[Entry, ...]


@dataclass(slots=True)
class _Look:
    """One look at the disk. Every file is listed and read once, whatever asks for it."""

    settings: Settings
    env: str | None
    tree: Tree
    errors: list[SourceError] = field(default_factory=list)
    found: list[_Found] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    texts: dict[str, tuple[Cell, ...]] = field(default_factory=dict)
    notebook: str = ""  # the path of the one that is being written
    taken: set[str] = field(default_factory=set)
    chosen: set[tuple[str, str]] = field(default_factory=set)  # (path asked for, folder of the declaration it chose)

    def ask(self, path: str) -> _Ask | None:
        """The files that *path* means; None, with an error, if it means nothing."""
        real = os.path.realpath(path)
        if os.path.isdir(path):
            return _Ask(path, real, True, self.tree.files(path))
        entry = self.tree.entry(path)
        if not os.path.lexists(path) and real not in self.texts:
            shown = path_shown(Path(path))
            name = "" if entry.suffix or os.sep in shown else "; a dataset is named so: ldp run --refresh NAME"
            self.say(f"{shown} is not there", "it was named as a source", f"check the path{name}")
        elif entry.suffix in SUFFIXES or _declares(entry.name):
            return _Ask(path, real, False, (entry,))
        else:
            kinds = ", ".join(SUFFIXES)
            self.say(f"{path_shown(Path(path))} is no kind of source", f"sources are {kinds}", "name one of these")
        return None

    def say(self, what: str, why: str, fix: str) -> None:
        self.errors.append(SourceError(what, why=why, fix=fix))

    def declare(self, wanted: Iterable[str], asked: Iterable[_Ask]) -> None:
        """Read every declaration above and below the paths, and look for the files each one names."""
        starts = dict.fromkeys(path if os.path.isdir(path) else os.path.dirname(path) for path in wanted)
        own = [str(file) for start in starts if (file := self.of_start(start).file) is not None]
        below = (entry.path for ask in asked for entry in ask.entries if _declares(entry.name))
        above = (name for start in starts for name in _above(start))
        for path in dict.fromkeys([*own, *sorted({*below, *above}, key=_by_parts)]):
            for declared, chosen in self.read(path):
                self.roots.add(os.path.dirname(os.path.realpath(path)))
                self.found.append(_Found(declared, chosen, tuple(self.sources(declared, chosen))))

    def of_start(self, start: str) -> Settings:
        """The settings that hold where a path lies. The first path's hold for what is not declared."""
        inside = Path(start).is_relative_to(self.settings.root)
        return self.settings if inside else _settings(start, self.env)

    def read(self, path: str) -> list[tuple[Declared, Settings]]:
        """What the declaration at *path* says; a broken one is an error, and the others are still read."""
        name = os.path.basename(path)
        try:
            if name in SETTINGS:
                return list(self.of_settings(path))
            if is_spec(name):
                declared, errors, environments = specs(path, self.env)
                self.targets.update(environments)
            else:
                declared, errors = spark_spec(path) if name in SPECS else self.of_bundle(path)
        except SourceError as error:
            self.errors.append(error)
            return []
        except LdpError as error:
            self.say(error.what, error.why, error.fix)
            return []
        self.errors += errors
        return [(one, self.settings) for one in declared]

    def of_bundle(self, path: str) -> tuple[tuple[Declared, ...], tuple[SourceError, ...]]:
        if os.path.basename(path).startswith("bundle.") and b"bundle:" not in read_bytes(path, 2_000_000):
            return (), ()
        declared, errors, targets = bundle(path, self.env, self.tree, os.environ)
        self.targets.update(targets)
        return declared, errors

    def of_settings(self, path: str) -> Iterator[tuple[Declared, Settings]]:
        chosen = self.settings
        if chosen.file is None or os.path.abspath(chosen.file) != path:
            chosen = _settings(path, self.env)
        if chosen.file is None or os.path.abspath(chosen.file) != path:
            return
        for name, entry in chosen.pipelines.items():
            root = chosen.root
            patterns = tuple(Pattern(_normal(under(str(root), source)), source) for source in entry.sources)
            origin = table_shown(chosen.file, "pipelines", name)
            yield Declared(name=name, file=path, origin=origin, patterns=patterns), chosen

    def sources(self, declared: Declared, chosen: Settings) -> Iterator[Entry]:
        """The files of a declared pipeline, each once; a pattern that finds nothing is an error."""
        seen: set[str] = set()
        if not declared.patterns and not declared.open_source and declared.file == str(chosen.file):
            self.say(f"{declared.origin} names no sources", "nothing is in it", 'add sources = ["transformations/**"]')
        if is_spec(os.path.basename(declared.file)) and not (declared.patterns or declared.cells):
            self.say(f"{declared.origin} names no sources", "nothing is in it", "add sources, or datasets")
        for pattern in declared.patterns:
            entries = list(self.matching(pattern))
            if not entries:
                self.nothing(declared, pattern)
            for entry in entries:
                if entry.real not in seen:
                    seen.add(entry.real)
                    yield from self.legal(declared, entry)

    def matching(self, pattern: Pattern) -> Iterator[Entry]:
        if is_glob(pattern.path):
            folder = base(pattern.path)
            entries = self.tree.files(folder) if os.path.isdir(folder) else ()
            fits = (entry for entry in entries if matches(pattern.path, _normal(entry.path)))
            yield from (entry for entry in fits if entry.suffix in SUFFIXES)
            return
        path = literal(pattern.path)
        if os.path.isdir(path):
            yield from (entry for entry in self.tree.files(path) if entry.suffix in SUFFIXES)
        else:
            # a notebook is named without the ending that its file has
            names = (path + ending for ending in ("", *SUFFIXES))
            there = next((name for name in names if os.path.lexists(name)), None)
            yield from [self.tree.entry(os.path.normpath(there))] if there else []

    def legal(self, declared: Declared, entry: Entry) -> Iterator[Entry]:
        if declared.open_source and entry.suffix not in (".sql", ".py"):
            shown = path_shown(Path(entry.path))
            self.say(
                f"{shown} cannot be in a Spark pipeline",
                f"{declared.origin} names it, and Spark reads .sql and .py files only",
                "move it to a folder that the spec does not name",
            )
            return
        yield entry

    def nothing(self, declared: Declared, pattern: Pattern) -> None:
        where = f"{path_shown(Path(declared.file))}:{pattern.line}" if pattern.line else declared.origin
        self.say(
            f"{where}: {pattern.written[:200]} matches no file",
            f"pipeline {declared.name} is read without it",
            "correct the path, which is relative to the file that says it",
        )

    def declared_members(self, asked: Sequence[_Ask]) -> Iterator[Members]:
        """The declared pipelines that the paths are in, or that are declared or kept under them."""
        for found in self.found:
            reals = {entry.real: entry for entry in found.entries}
            real = os.path.realpath(found.declared.file)
            whole = [ask for ask in asked if ask.real == real or (ask.folder and _holds(ask, {real, *reals}))]
            single = [reals[ask.real] for ask in asked if not ask.folder and ask.real in reals]
            self.taken.update(reals)
            self.chosen.update((ask.path, os.path.dirname(real)) for ask in whole)
            if whole or single:
                yield self.members(found, () if whole else tuple(single))

    def members(self, found: _Found, focus: Iterable[Entry]) -> Members:
        declared, name = found.declared, found.declared.name
        chosen = found.settings
        if declared.file != str(chosen.file):
            chosen = replace(chosen, pipelines={name: _said(declared, chosen)})
        chosen = chosen.of(name)
        return Members(
            name=name,
            cells=(*declared.cells, *(cell for entry in found.entries for cell in self.cells(entry))),
            origin=declared.origin,
            settings=chosen,
            environment=declared.environment or self.env or "",
            focus=tuple(cell.source for entry in focus for cell in self.cells(entry)),
            **_meaning(chosen),
        )

    def undeclared_members(self, asked: Sequence[_Ask]) -> Iterator[Members]:
        """What nothing declares: each notebook by itself, the plain files under a folder together."""
        plain: dict[str, list[Cell]] = {}
        notebooks = False
        for ask in asked:
            for entry in self.left(ask):
                if entry.real == self.notebook and entry.real in self.texts:
                    notebooks = True
                    yield self.being_written(entry)
                    continue
                some = self.cells(entry) if not ask.folder or self.counts(entry) else ()
                if some and _is_notebook(entry, some):
                    notebooks = True
                    yield self.undeclared(Path(entry.path).stem, some, "notebook", entry.path, whole=False)
                elif some:
                    plain.setdefault(ask.path if ask.folder else os.path.dirname(ask.path), []).extend(some)
        folders = {ask.path for ask in asked if ask.folder}
        for folder, parts in plain.items():
            single = folder not in folders and len(parts) == 1
            name = Path(parts[0].source.name).stem if single else os.path.basename(folder) or "pipeline"
            kin = families(parts)
            whole = folder in folders and not notebooks and len(kin) == 1  # else what is missing may stand elsewhere
            for below, some in kin:
                place = os.path.join(folder, below) if below else folder
                yield self.undeclared(below or name, some, "file" if single else "folder", place, whole=whole)

    def being_written(self, entry: Entry) -> Members:
        """The notebook of this process: its cells are one pipeline, and others may not have run yet."""
        found = self.undeclared(LIVE, self.cells(entry), "notebook", entry.path, whole=False)
        return replace(found, origin="the cells of this notebook", declared=True)

    def left(self, ask: _Ask) -> Iterator[Entry]:
        """The files of an ask that no declared pipeline has.

        Where pipelines are declared, a file that none of them names is no pipeline code, unless it is asked for.
        """
        for entry in ask.entries:
            new = entry.suffix in SUFFIXES and entry.real not in self.taken
            if new and not (ask.folder and self.governed(entry, ask)):
                self.taken.add(entry.real)
                yield entry

    def governed(self, entry: Entry, ask: _Ask) -> bool:
        above = {str(parent) for parent in Path(entry.real).parents}
        inside = ask.real if ask.real.endswith(os.sep) else ask.real + os.sep
        roots = self.roots & above
        return any(root == ask.real or root.startswith(inside) or (ask.path, root) in self.chosen for root in roots)

    def undeclared(self, name: str, some: tuple[Cell, ...], kind: str, path: str, *, whole: bool) -> Members:
        origin = f"{kind} {path_shown(Path(path))}"
        meaning = _meaning(self.settings)
        environment = self.env or ""
        return Members(
            name=name, cells=some, origin=origin, environment=environment, whole=whole, declared=False, **meaning
        )

    def cells(self, entry: Entry) -> tuple[Cell, ...]:
        """The cells of a file; none, with an error, if it cannot be read."""
        if entry.real not in self.texts:
            try:
                name = path_shown(Path(entry.path))
                self.texts[entry.real] = cells(name, text_of(read_bytes(entry.path, self.limit(entry)), name))
            except SourceError as error:
                self.errors.append(error)
                self.texts[entry.real] = ()
        return self.texts[entry.real]

    def counts(self, entry: Entry) -> bool:
        """Whether a file that was merely come across holds pipeline code."""
        if entry.suffix == ".py" and not self.imports(entry):
            return False
        some = self.cells(entry)
        if (
            entry.suffix == ".sql"
            and "tests" in Path(entry.path).parent.parts
            and any(is_test(c.source.text) for c in some)
        ):
            return False
        return not _is_notebook(entry, some) or any(_is_pipeline_code(cell) for cell in some)

    def imports(self, entry: Entry) -> bool:
        """Whether a Python file mentions pipelines; one that does not is none of our business, however broken."""
        if entry.real in self.texts:
            return any(_is_pipeline_code(cell) for cell in self.texts[entry.real])
        try:
            data = read_bytes(entry.path, self.limit(entry))
        except SourceError as error:
            self.errors.append(error)
            return False
        return _IMPORTS.search(data) is not None or (b"# MAGIC %sql" in data and b"Databricks notebook" in data[:200])

    def limit(self, entry: Entry) -> int:
        return self.settings.max_file_size * (NOTEBOOK_FACTOR if entry.suffix == ".ipynb" else 1)


def _holds(ask: _Ask, reals: Iterable[str]) -> bool:
    inside = ask.real if ask.real.endswith(os.sep) else ask.real + os.sep
    return any(real.startswith(inside) for real in reals)


def _above(path: str) -> Iterator[str]:
    """The declarations in the folders above a path, up to the top of its repository."""
    start = Path(path)
    for folder in (start, *start.parents):
        yield from (str(folder / name) for name in (*BUNDLES, *SPECS, *NAMES) if os.path.isfile(folder / name))
        if os.path.lexists(folder / ".git"):
            return


def _declares(name: str) -> bool:
    return name in BUNDLES or name in SPECS or name in SETTINGS or is_spec(name)


def _by_parts(path: str) -> list[str]:
    return path.split(os.sep)


def _said(declared: Declared, chosen: Settings) -> PipelineSettings:
    """A declaration in the words of the settings, so that one order of precedence holds for all."""
    if is_spec(os.path.basename(declared.file)):
        return of_spec(declared.name, declared.said, declared.origin)
    default = chosen.origin.get("target") == "default"
    return PipelineSettings(
        name=declared.name,
        catalog=declared.catalog or None,
        schema=declared.schema or None,
        parameters=declared.parameters,
        target=declared.target or (NEWEST_SPARK if declared.open_source and default else None),
    )


def _meaning(chosen: Settings) -> dict[str, Any]:
    return {
        "parameters": dict(chosen.parameters),
        "catalog": chosen.catalog or "",
        "schema": chosen.schema or "",
        "target": chosen.target,
    }


def _is_notebook(entry: Entry, some: tuple[Cell, ...]) -> bool:
    return entry.suffix == ".ipynb" or any(is_export(cell.source.text, "") for cell in some)


def _is_pipeline_code(cell: Cell) -> bool:
    for piece in pieces(cell.source, cell.language):
        if piece.magic.startswith("%%ldp") and piece.language != "other":
            return True
        if piece.language == "sql" and _DEFINES.search(piece.text):
            return True
        if piece.language == "python" and _IMPORTS.search(piece.text.encode("utf-8", "replace")):
            return True
    return False


def _renamed(found: Iterable[Members]) -> Iterator[Members]:
    """The pipelines under names of their own: where two share one, the folder of each goes before it."""
    found = list(found)
    shared = Counter(members.name for members in found)
    taken: set[str] = set()
    for members in found:
        name = members.name
        if shared[name] > 1 and members.cells:
            name = f"{Path(members.cells[0].source.name).parent.name or '.'}/{name}"
        name = next(each for each in _numbered(name) if each not in taken)
        taken.add(name)
        yield members if name == members.name else replace(members, name=name)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1


def _normal(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")
