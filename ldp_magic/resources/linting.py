"""What lint finds that stops an update, as problems of a deploy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ldp_magic.lint.finding import Finding
from ldp_magic.lint.fix import fixed
from ldp_magic.lint.run import Linter
from ldp_magic.lint.select import Selection
from ldp_magic.lint.sources import pythons, specs
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.project import Members, Project
from ldp_magic.resources.wanted import Problem
from ldp_magic.settings import Settings

__all__ = ["as_registered", "lint_errors"]


def as_registered(project: Project, settings: Settings) -> Project:
    """The project with the safe fixes of its notebook cells, which a notebook applies when it runs them; files are
    sent as they are."""

    def mended(members: Members) -> Members:
        cells = any(cell.source.cell is not None for cell in members.cells)
        return fixed(members, _linter(settings)).members if cells else members

    return replace(project, pipelines=tuple(map(mended, project.pipelines)))


def _linter(said: Settings) -> Linter:
    return Linter(Selection(said.select, said.extend_select, said.ignore, said.per_file_ignores))


def lint_errors(project: Project, pipelines: Sequence[Pipeline], settings: Settings) -> Iterator[Problem]:
    """Each error of each pipeline, once; warnings and advice stop nobody."""
    linter = _linter(settings)
    members = {each.name: each for each in project.pipelines}
    declared = specs(project)
    seen: set[tuple[str, str, str]] = set()
    for pipeline in pipelines:
        for found in linter.lint(pipeline, specs=declared, pythons=pythons(members[pipeline.name])):
            problem = _problem(found)
            if found.severity == "error" and (key := (problem.where, problem.code, problem.what)) not in seen:
                seen.add(key)
                yield problem


def _problem(found: Finding) -> Problem:
    where, first = found.location.source, found.location.first
    cell = f":cell {where.cell}" if where.cell is not None else ""
    return Problem(
        what=found.message,
        why=found.why,
        fix=found.fixes[0].title if found.fixes else f"ldp explain {found.code}",
        where=f"{where.name}{cell}:{first.line}:{first.column}",
        code=found.code,
    )
