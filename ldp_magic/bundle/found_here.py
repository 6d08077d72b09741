"""A folder of pipeline files, or a project of Apache Spark, as what a project is made of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ldp_magic.bundle.found import Found, Target
from ldp_magic.cells import SUFFIXES
from ldp_magic.errors import SourceError
from ldp_magic.project import Members, Project
from ldp_magic.project.files import read_bytes
from ldp_magic.project.tree import Tree
from ldp_magic.resources.files import slug
from ldp_magic.resources.wanted import Problem, Resource

__all__ = ["found_here"]

_LARGEST = 64_000_000


def found_here(folder: Path, project: Project, *, copied: bool) -> Found:
    """The pipelines below a folder; their files only where they are *copied* to another place."""
    resources = tuple(_pipeline(each) for each in project.pipelines)
    files = {slug(each.name): _files(each, folder) for each in project.pipelines}
    contents: dict[str, bytes] = {}
    left = [Problem(what=each.what, why=each.why, fix=each.fix) for each in project.errors]
    for path in dict.fromkeys(path for some in files.values() for path in some) if copied else ():
        try:
            contents[path] = read_bytes(folder / path, _LARGEST)
        except SourceError as error:
            left.append(Problem(what=error.what, why=error.why, fix=error.fix))
    return Found(
        name=folder.name,
        targets=(Target(name="", resources=resources),),
        files=contents,
        sources={key: tuple(_patterns(some, _all(folder))) for key, some in files.items()},
        dialects={slug(each.name): each.target for each in project.pipelines if each.target != "databricks"},
        left=tuple(left),
    )


def _pipeline(members: Members) -> Resource:
    settings: dict[str, str | bool | Mapping[str, str]] = {"name": members.name, "serverless": True}
    settings |= {"catalog": members.catalog} if members.catalog else {}
    settings |= {"schema": members.schema} if members.schema else {}
    settings |= {"configuration": members.parameters} if members.parameters else {}
    return Resource(kind="pipeline", key=slug(members.name), settings=settings)


def _files(members: Members, folder: Path) -> list[str]:
    names = dict.fromkeys(cell.source.name for cell in members.cells)
    return [os.path.relpath(os.path.abspath(name), folder).replace(os.sep, "/") for name in names]


def _all(folder: Path) -> list[str]:
    entries = (entry for entry in Tree(folder).files(str(folder)) if entry.suffix in SUFFIXES)
    return [os.path.relpath(entry.path, folder).replace(os.sep, "/") for entry in entries]


def _patterns(files: Iterable[str], every: Iterable[str]) -> Iterator[str]:
    """The folder that holds these files and no others, or else each of them."""
    some = set(files)
    folder = os.path.commonpath([os.path.dirname(path) or "." for path in some]) if some else "."
    inside = {path for path in every if folder in ("", ".") or path.startswith(f"{folder}/")}
    if some and inside == some:
        yield "**" if folder in ("", ".") else f"{folder}/**"
    else:
        yield from sorted(some)
