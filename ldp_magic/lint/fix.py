"""Applying fixes: round by round, each re-read and re-linted, until nothing is left that may be applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ldp_magic.cells import Cell
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.run import Linter
from ldp_magic.lint.sources import pythons
from ldp_magic.pipeline import across
from ldp_magic.pipeline.memory import Memory
from ldp_magic.pipeline.model import ColumnType, Pipeline
from ldp_magic.project import Members, graph
from ldp_magic.text import Edit, Source, apply_edits

_MOST_ROUNDS = 20
_Locked = Mapping[str, tuple[ColumnType, ...]]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What fixing came to: the new texts, what was mended, and what is still to be said."""

    members: Members
    changes: Mapping[Source, Source]  # as it was -> as it is
    applied: tuple[Finding, ...]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _State:
    members: Members
    findings: tuple[Finding, ...]
    origin: dict[Source, Source] = field(default_factory=dict)  # a text of now -> as it was


def choose(findings: Iterable[Finding], *, unsafe: bool = False) -> list[tuple[Finding, Fix]]:
    """The fixes that can be applied together: whole ones, first come first served, none touching another."""
    chosen: list[tuple[Finding, Fix]] = []
    taken: dict[Source, list[tuple[int, int, str]]] = {}
    for finding in findings:
        fix = finding.fix
        if fix is None or not (fix.safe or unsafe):
            continue
        if any(_touches(edit, taken.get(edit.location.source, ())) for edit in fix.edits):
            continue
        for edit in fix.edits:
            place = (edit.location.start, edit.location.end, edit.text)
            taken.setdefault(edit.location.source, []).append(place)
        chosen.append((finding, fix))
    return chosen


def _touches(edit: Edit, taken: Sequence[tuple[int, int, str]]) -> bool:
    start, end = edit.location.start, edit.location.end
    for other_start, other_end, text in taken:
        if (start, end, edit.text) == (other_start, other_end, text):
            continue  # the same mend, found twice
        if start < other_end and other_start < end:
            return True
        inserts = start == end and other_start <= start <= other_end
        if inserts or (other_start == other_end and start <= other_start <= end):
            return True
    return False


def fixed(
    members: Members,
    linter: Linter,
    *,
    unsafe: bool = False,
    locked: _Locked | None = None,
    others: Sequence[Pipeline] = (),
    before: Pipeline | None = None,
    found: Sequence[Finding] | None = None,
    memory: Memory | None = None,
) -> Fixed:
    """Apply what may be applied, with *unsafe* also somebody's decisions.

    *others* are the neighbouring pipelines, *before* is this one as it was, if that is known. Whoever has linted
    already hands over what was *found*, and whoever does so again and again a *memory* of the graph.
    """
    look = _Look(linter, dict(locked or {}), tuple(others), before, memory)
    state = _State(members, look.findings(members) if found is None else tuple(found))
    applied: list[Finding] = []
    refused: set[tuple[str, str, str | None, int, int]] = set()
    for _ in range(_MOST_ROUNDS):
        chosen = choose((f for f in state.findings if _name(f) not in refused), unsafe=unsafe)
        if not chosen:
            break
        after = look.after(state, chosen)
        if after is None:
            after, chosen = look.one_by_one(state, chosen, refused)
        if after is None:
            continue
        applied += [finding for finding, _ in chosen]
        state = after
    changes = {was: now for now, was in state.origin.items() if was.text != now.text}
    return Fixed(state.members, changes, tuple(applied), state.findings)


def _name(finding: Finding) -> tuple[str, str, str | None, int, int]:
    where = finding.location
    return (finding.code, where.source.name, where.source.cell, where.start, where.end)


@dataclass(slots=True)
class _Look:
    """Reading and linting a state of the texts."""

    linter: Linter
    locked: dict[str, tuple[ColumnType, ...]]
    others: tuple[Pipeline, ...]
    before: Pipeline | None
    memory: Memory | None = None

    def findings(self, members: Members) -> tuple[Finding, ...]:
        pipeline = across((graph(members, self.locked, self.memory), *self.others))[0]
        found = self.linter.lint(pipeline, pythons=pythons(members), before=self.before)
        return tuple(f for f in found if not members.focus or f.location.source in members.focus)

    def after(self, state: _State, chosen: Sequence[tuple[Finding, Fix]]) -> _State | None:
        """The state behind these fixes; None if they made a text harder to read than it was."""
        texts = apply_edits(edit for _, fix in chosen for edit in fix.edits)
        renewed = {source: replace(source, text=text) for source, text in texts.items() if text != source.text}
        if not renewed:
            return None
        cells = tuple(Cell(renewed.get(c.source, c.source), c.language) for c in state.members.cells)
        focus = tuple(renewed.get(s, s) for s in state.members.focus)
        members = replace(state.members, cells=cells, focus=focus)
        findings = self.findings(members)
        if _unreadable(findings) > _unreadable(state.findings):
            return None
        origin = {now: was for now, was in state.origin.items() if now not in renewed}
        origin |= {now: state.origin.get(before, before) for before, now in renewed.items()}
        return _State(members, findings, origin)

    def one_by_one(
        self, state: _State, chosen: Sequence[tuple[Finding, Fix]], refused: set[tuple[str, str, str | None, int, int]]
    ) -> tuple[_State | None, list[tuple[Finding, Fix]]]:
        """The first fix that does no harm; those before it are not tried again."""
        for pair in chosen:
            after = self.after(state, [pair])
            if after is not None:
                return after, [pair]
            refused.add(_name(pair[0]))
        return None, []


def _unreadable(findings: Iterable[Finding]) -> int:
    return sum(1 for f in findings if f.code == "LDP001")
