"""A cell before it runs: what the linter says of it, and the text that is left when everything safe is mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from ldp_magic.cells import Cell
from ldp_magic.notebook.options import Options
from ldp_magic.notebook.session import Held, Session, blank, defines, statements
from ldp_magic.project.live import NAME
from ldp_magic.text import Source

if TYPE_CHECKING:
    from ldp_magic.lint.finding import Finding
    from ldp_magic.lint.fix import Fixed
    from ldp_magic.lint.select import Selection
    from ldp_magic.pipeline.model import ColumnType
    from ldp_magic.project import Members, Project
    from ldp_magic.settings import Settings
    from ldp_magic.sql.model import Statement, Unsupported

    Locked: TypeAlias = Mapping[str, tuple[ColumnType, ...]]

__all__ = ["Checked", "check"]

_TWICE = "LDP203"  # says that a dataset is made twice
_BARE = "LDP002"  # says that a pipeline cannot hold a statement, also of a query that stands by itself


@dataclass(frozen=True, slots=True)
class Checked:
    """A cell as it was typed and as it runs. `findings` are of *shown*: the typed text, or the one that replaces it."""

    typed: Source
    shown: Source
    runs: Source  # with the fixes that were applied
    session: tuple[Held, ...]  # all texts of the notebook, as they are with this one
    findings: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()  # what is still wrong with the text that runs
    applied: int = 0
    elsewhere: tuple[Source, ...] = ()  # other cells that fixes of this one changed

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.left if each.severity == "error")

    @property
    def statements(self) -> tuple[Statement, ...]:
        return statements(Cell(self.runs, "python"))


def check(session: Session, new: Held, options: Options) -> Checked:
    """What there is to say of a new text, seen with everything else of its pipeline."""
    from ldp_magic.project import lockfile
    from ldp_magic.settings import find as settings_at

    settings = settings_at(".", options.env, options.flags or {})
    candidate = session.with_(new)
    project, members = _found(session, candidate, new, settings, options.env)
    if members is None:
        return Checked(new.cell.source, new.cell.source, new.cell.source, candidate)
    locked = lockfile.columns(lockfile.load(project.root / lockfile.NAME))
    session.linter.selection = _selection(settings)
    return _Look(session, candidate, new, options).at(members, project, locked)


def _found(
    session: Session, candidate: tuple[Held, ...], new: Held, settings: Settings, env: str | None
) -> tuple[Project, Members | None]:
    """The pipeline that the cell belongs to."""
    from ldp_magic.project import find

    before, session.held = session.held, candidate
    try:
        project = find(["."], settings, env)
    finally:
        session.held = before
    return project, next((each for each in project.pipelines if new.cell in each.cells), None)


def _selection(said: Settings) -> Selection:
    from ldp_magic.lint.select import Selection

    return Selection(said.select, said.extend_select, said.ignore, said.per_file_ignores)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a cell among all the others."""

    session: Session
    candidate: tuple[Held, ...]
    new: Held
    options: Options

    def at(self, members: Members, project: Project, locked: Locked) -> Checked:
        """Lint the cell as it stands, mend it, and see what is left."""
        from ldp_magic.lint.fix import fixed
        from ldp_magic.lint.sources import pythons
        from ldp_magic.pipeline import across
        from ldp_magic.project import graph

        linter, memory, own = self.session.linter, self.session.memory, self.new.cell.source
        others = tuple(graph(each, locked) for each in project.pipelines if each is not members)
        members = replace(members, focus=(own,))
        pipeline = across((graph(members, locked, memory), *others))[0]
        found = [each for each in linter.lint(pipeline, pythons=pythons(members)) if each.location.source == own]
        unsafe = self.options.unsafe_fixes
        done = fixed(members, linter, unsafe=unsafe, locked=locked, others=others, found=found, memory=memory)
        return self._checked(found, done)

    def _checked(self, found: Sequence[Finding], done: Fixed) -> Checked:
        typed = self.new.cell.source
        runs = done.changes.get(typed, typed)
        first, left = _said(found, typed), _said(done.findings, runs)
        fix = self.options.fix
        held = tuple(kept for each in self.candidate if (kept := _mended(each, done.changes)) is not None)
        return Checked(
            typed=typed,
            shown=runs if fix else typed,
            runs=runs,
            session=held,
            findings=_loudest_first(map(_elsewhere, left if fix else (*first, *_newly(left, first)))),
            left=left,
            applied=len(done.applied),
            elsewhere=tuple(now for was, now in done.changes.items() if was != typed),
        )


def _said(findings: Sequence[Finding], own: Source) -> tuple[Finding, ...]:
    """The findings of the cell itself; that a query stands by itself is none of them."""
    queries = [each.location for each in _queries(own)]
    here = (each for each in findings if each.location.source == own)
    return tuple(
        each
        for each in here
        if each.code != _BARE or not any(where.start <= each.location.start < where.end for where in queries)
    )


def _elsewhere(finding: Finding) -> Finding:
    """Of a dataset that another cell makes already a notebook can say how that cell is left out."""
    others = (each.location.source for each in finding.related)
    if finding.code != _TWICE or not any(each.name == NAME and each != finding.location.source for each in others):
        return finding
    name = finding.location.text
    title = f"change that cell, or leave it out: %ldp forget {name}, then run this one; or give this one another name"
    return replace(finding, fixes=tuple(replace(each, title=title) for each in finding.fixes))


def _loudest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors before warnings, and of each kind in the order of the text."""
    return tuple(sorted(findings, key=lambda each: ("error", "warning", "info").index(each.severity or "info")))


def _newly(left: Sequence[Finding], first: Sequence[Finding]) -> Iterator[Finding]:
    """What is only wrong once the fixes are made; its own fixes would be of another text."""
    known = {(each.code, each.message) for each in first}
    for each in left:
        if (each.code, each.message) not in known:
            yield replace(each, fixes=tuple(replace(fix, edits=()) for fix in each.fixes))


def _queries(source: Source) -> tuple[Unsupported, ...]:
    """The queries that stand by themselves: they are shown, and are no part of the pipeline."""
    from ldp_magic.sql.model import Unsupported

    some = statements(Cell(source, "python"))
    return tuple(each for each in some if isinstance(each, Unsupported) and each.query is not None)


def _mended(held: Held, changes: Mapping[Source, Source]) -> Held | None:
    """A text with its fixes and without its bare queries; None if it says nothing then."""
    source = changes.get(held.cell.source, held.cell.source)
    queries = _queries(source) if source.name == NAME else ()
    if queries and len(queries) == len(statements(Cell(source, held.cell.language))):
        return None
    text = source.text
    for each in queries:
        text = text[: each.location.start] + blank(each.location.text) + text[each.location.end :]
    cell = Cell(replace(source, text=text), held.cell.language)
    return held if cell == held.cell else replace(held, cell=cell, names=defines(cell)[1])
