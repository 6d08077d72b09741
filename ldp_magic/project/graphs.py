"""From the texts of pipelines to their graphs."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

from ldp_magic.cells import Cell, Piece, pieces
from ldp_magic.pipeline.memory import Memory
from ldp_magic.pipeline.model import ColumnType, Pipeline
from ldp_magic.project import lockfile
from ldp_magic.project.discovery import find
from ldp_magic.project.model import Members, Project
from ldp_magic.settings import Settings
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import Code, Script
from ldp_magic.text import Location, Source, Span

__all__ = ["graph", "graphs", "load", "scripts"]

NOTHING: Mapping[str, tuple[ColumnType, ...]] = {}


def load(
    paths: Sequence[str | os.PathLike[str]], settings: Settings | None = None, env: str | None = None
) -> tuple[Pipeline, ...]:
    """The graphs of the pipelines that *paths* belong to or hold.

    If nothing at all could be read the first reason is raised; `find` and `graphs` give every reason.
    """
    project = find(paths, settings, env)
    if project.errors and not project.pipelines:
        raise project.errors[0]
    return graphs(project)


def graphs(project: Project) -> tuple[Pipeline, ...]:
    """The graph of each pipeline of a project, in its order, knowing what is locked and what the others make."""
    from ldp_magic.pipeline import across

    locked = lockfile.columns(lockfile.load(project.root / lockfile.NAME))
    return across(graph(members, locked) for members in project.pipelines)


def graph(
    members: Members, locked: Mapping[str, tuple[ColumnType, ...]] = NOTHING, memory: Memory | None = None
) -> Pipeline:
    """The graph of one pipeline by itself; a *memory* given again and again makes the next one cost what changed."""
    from ldp_magic.pipeline import build
    from ldp_magic.sql.calm import calm

    with calm():  # every statement stays, so there is no garbage to look for
        return build(
            members.name,
            scripts(members.cells),
            parameters=members.parameters,
            catalog=members.catalog,
            schema=members.schema,
            target=members.target,
            locked=locked,
            whole=members.whole,
            declared=members.declared,
            memory=memory,
        )


def scripts(cells: Iterable[Cell]) -> tuple[Script, ...]:
    """What the cells say, one script for each file or notebook, because a `USE` holds until its end."""
    by_name: dict[str, list[Cell]] = {}
    for cell in cells:
        by_name.setdefault(cell.source.name, []).append(cell)
    return tuple(_script(tuple(some)) for some in by_name.values())


@lru_cache(maxsize=16_384)
def _script(cells: tuple[Cell, ...]) -> Script:
    """One file or notebook, in the order of its text."""
    found = [piece for cell in cells for piece in _pieces(cell) if piece.language in ("sql", "python")]
    python = tuple(piece for piece in found if piece.language == "python")
    if not python or len(found) == 1:
        return _all([_sql(piece) if piece.language == "sql" else _python(piece) for piece in found])
    order = {cell.source: place for place, cell in enumerate(cells)}

    def place(one: Any) -> tuple[int, int]:
        return order[one.location.source], one.location.start

    together = _together(python) if len(python) > 1 else _python(python[0])
    read = _all([*(_sql(piece) for piece in found if piece.language == "sql"), together])
    return Script(
        tuple(sorted(read.statements, key=place)),
        tuple(sorted(read.problems, key=place)),
        tuple(sorted(read.unknown, key=place)),
    )


def _all(read: Sequence[Script]) -> Script:
    """What several pieces say, one after the other."""
    return Script(
        tuple(one for script in read for one in script.statements),
        tuple(one for script in read for one in script.problems),
        tuple(one for script in read for one in script.unknown),
    )


@lru_cache(maxsize=4096)
def _pieces(cell: Cell) -> tuple[Piece, ...]:
    return pieces(cell.source, cell.language)


@lru_cache(maxsize=8192)
def _sql(piece: Piece) -> Script:
    from ldp_magic.sql import read

    return read(piece.location, piece.text)


@lru_cache(maxsize=8192)
def _python(piece: Piece) -> Script:
    from ldp_magic.python import read

    return read(piece.location, piece.text)


# --- the Python cells of a notebook, which share their names -----------------------------------------------------


def _together(python: tuple[Piece, ...]) -> Script:
    """What the Python cells of one notebook say together: one imports, the next defines, a third uses."""
    from ldp_magic.python import read

    text = "\n".join(piece.text for piece in python)
    joined = Source(python[0].location.source.name, None, text)
    starts = tuple(accumulate((len(piece.text) + 1 for piece in python[:-1]), initial=0))
    script: Script = _Home(starts, tuple(piece.location for piece in python)).of(read(joined.whole(), text))
    return script


@dataclass(frozen=True, slots=True)
class _Home:
    """Brings what was read in the joined text back to the cells it stands in."""

    starts: tuple[int, ...]
    cells: tuple[Location, ...]

    def of(self, value: Any) -> Any:
        """*value* with every location in it moved."""
        if isinstance(value, Location):
            return self.location(value)
        if isinstance(value, tuple) and not isinstance(value, Span):
            return tuple(map(self.of, value))
        if isinstance(value, Relation) or not is_dataclass(value) or isinstance(value, type):
            return value
        parts = {field.name: self.of(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, Code):
            return self.code(value, replace(value, **parts))
        return replace(value, **parts)

    def location(self, joined: Location) -> Location:
        cell = self.cells[self.index(joined.start)]
        move = cell.start - self.starts[self.index(joined.start)]
        return Location(cell.source, min(joined.start + move, cell.end), min(joined.end + move, cell.end))

    def index(self, offset: int) -> int:
        return max(0, bisect_right(self.starts, offset) - 1)

    def code(self, joined: Code, moved: Code) -> Code:
        """The reads of a function, whose spans count from the start of their source."""
        return replace(moved, reads=tuple(self.relation(read, joined.location, moved) for read in joined.reads))

    def relation(self, read: Relation, joined: Location, moved: Code) -> Relation:
        def span(one: Span) -> Span:
            # a helper function may stand in another cell than the code that calls it
            if self.index(one.start) != self.index(joined.start):
                return moved.location.span
            move = moved.location.start - joined.start
            return Span(one.start + move, one.end + move)

        mark = read.watermark and replace(read.watermark, span=span(read.watermark.span))
        word = read.stream_span and span(read.stream_span)
        return replace(read, span=span(read.span), whole=span(read.whole), stream_span=word, watermark=mark)
