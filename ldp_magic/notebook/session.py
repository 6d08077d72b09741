"""The cells of a notebook as they last ran well: which of them makes what, and what stands for what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ldp_magic.cells import Cell
from ldp_magic.errors import LdpError
from ldp_magic.text import Source

if TYPE_CHECKING:
    from ldp_magic.lint.run import Linter
    from ldp_magic.pipeline.memory import Memory
    from ldp_magic.sql.model import Statement

__all__ = ["Held", "Session", "defines", "statements"]


LOADED = "loaded"  # the execution of what came from a file


@dataclass(frozen=True, slots=True)
class Held:
    """A text of the session: a cell, which its front end's id names, or a file that was loaded."""

    cell: Cell
    names: tuple[str, ...] = ()  # what it defines, as names are compared
    owner: str | None = None  # the cell's id
    execution: str = ""

    @property
    def label(self) -> str:
        return self.cell.source.cell or ""


@dataclass(slots=True)
class Session:
    """What a notebook has said so far: a text under its cell's id, or without one under the names that it defines."""

    path: str
    held: tuple[Held, ...] = ()
    seen: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)  # columns, as previews had them
    _linter: Linter | None = field(default=None, repr=False)
    _memory: Memory | None = field(default=None, repr=False)

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(each.cell for each in self.held)

    @property
    def linter(self) -> Linter:
        """A linter that remembers what has not changed."""
        from ldp_magic.lint.run import Linter

        self._linter = self._linter or Linter()
        return self._linter

    @property
    def memory(self) -> Memory:
        """The graph as it last was, so that the next one costs what changed."""
        from ldp_magic.pipeline.memory import Memory

        self._memory = self._memory or Memory()
        return self._memory

    def owner_of(self, label: str) -> str | None:
        """The id of the cell with that label."""
        return next((each.owner for each in self.held if each.label == label), None)

    def new(self, text: str, owner: str | None, execution: str) -> Held:
        """*text* as a cell of this notebook, labelled after the first thing that it defines."""
        from ldp_magic.project.live import NAME

        cell = Cell(Source(NAME, "", text), "python")
        labels, names = defines(cell)
        before = [each for each in self.held if owner is not None and each.owner == owner]
        others = {each.label for each in self.held if each not in before and not set(each.names) & set(names)}
        others |= {each.label for each in self.held if each.owner not in (None, owner)}
        label = next(_numbered(labels[0] if labels else f"cell {len(self.held) + 1 - len(before)}", others))
        return Held(Cell(Source(NAME, label, text), "python"), names, owner, execution)

    def with_(self, new: Held) -> tuple[Held, ...]:
        """The texts as they are once *new* is one of them."""
        kept = [each for each in self.held if not _replaced(each, new)]
        place = next((n for n, each in enumerate(self.held) if _replaced(each, new)), len(self.held))
        place = len([each for each in self.held[:place] if each in kept])
        if new.owner is None:
            cut = [_without(each, new.names) for each in kept]
        else:  # what a file or a cell without id defined is taken over
            own = [each.owner is not None and each.execution != LOADED for each in kept]
            cut = [each if is_own else _without(each, new.names) for each, is_own in zip(kept, own, strict=True)]
        after = [*cut[:place], new, *cut[place:]]
        return tuple(each for each in after if each is not None)

    @contextmanager
    def trying(self, held: Iterable[Held]) -> Iterator[None]:
        """The session with these texts; an error or an interrupt leaves it as it was."""
        before, self.held = self.held, tuple(held)
        try:
            yield
        except BaseException:
            self.held = before
            raise

    def leave_out(self, owners: Iterable[str]) -> None:
        """Cells that were deleted, or are no cells of ours any more, define nothing."""
        gone = set(owners)
        if gone:
            self.held = tuple(each for each in self.held if each.owner not in gone)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for each in self.held for name in each.names)

    def take(
        self, found: tuple[Cell, ...], *, force: bool = False, owners: Mapping[Cell, str | None] | None = None
    ) -> tuple[str, ...]:
        """Take texts of files in. A cell that defines the same keeps its place; if it says something else, only by
        *force*."""
        held, taken = self, list[str]()
        for cell in found:
            labels, names = defines(cell)
            there = [each for each in held.held if set(each.names) & set(names)]
            if not force and (other := next((each for each in there if not _same(each.cell, cell)), None)):
                raise _made_already(labels, other, cell)
            if force or not there:
                owner = next((each.owner for each in there if each.owner), (owners or {}).get(cell))
                new = Held(cell, names, owner, LOADED)
                left = [cut for each in held.held if (cut := _without(each, names)) is not None]
                held = replace(held, held=(*left, new))
            taken += labels
        self.held = held.held
        return tuple(taken)

    def forget(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Leave these datasets out from now on."""
        wanted = {name.lower() for name in names}
        gone = tuple(name for each in self.held for name in each.names if name in wanted)
        left = (_without(each, tuple(wanted)) for each in self.held)
        self.held = tuple(each for each in left if each is not None)
        return gone


def statements(cell: Cell) -> tuple[Statement, ...]:
    """What a text says."""
    from ldp_magic.project import scripts

    return tuple(each for script in scripts((cell,)) for each in script.statements)


def defines(cell: Cell) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the datasets and flows that a text defines, as written and as they are compared."""
    from ldp_magic.sql.model import DatasetDef, FlowDef

    found = [each for each in statements(cell) if isinstance(each, (DatasetDef, FlowDef))]
    names = [(str(each.name), "" if isinstance(each, DatasetDef) else "flow ") for each in found]
    return tuple(name for name, _ in names), tuple(kind + name.lower() for name, kind in names)


def _replaced(old: Held, new: Held) -> bool:
    """Is *old* an earlier run of the same cell? In one execution several texts may come from one cell."""
    if new.owner is not None and old.owner == new.owner:
        return old.execution != new.execution or old.cell.source.text == new.cell.source.text
    if new.owner is not None or old.owner is not None:
        return False
    same = bool(old.names) and set(old.names) <= set(new.names)
    return same or old.cell.source.text == new.cell.source.text


def _without(held: Held, names: tuple[str, ...]) -> Held | None:
    """The text with the definitions of *names* blanked; None if nothing is left of it."""
    gone = set(names) & set(held.names)
    if not gone:
        return held
    if gone == set(held.names):
        return None
    from ldp_magic.sql.model import DatasetDef, FlowDef

    text = held.cell.source.text
    for each in statements(held.cell):
        if isinstance(each, (DatasetDef, FlowDef)) and _key(each) in gone:
            where = each.location
            text = text[: where.start] + blank(text[where.start : where.end]) + text[where.end :]
    cell = Cell(replace(held.cell.source, text=text), held.cell.language)
    return replace(held, cell=cell, names=tuple(name for name in held.names if name not in gone))


def _key(each: Statement) -> str:
    from ldp_magic.sql.model import DatasetDef

    return ("" if isinstance(each, DatasetDef) else "flow ") + str(getattr(each, "name", "")).lower()


def blank(text: str) -> str:
    """As many blanks, with the line ends kept, so that everything behind stays where it is."""
    return "".join(char if char in "\r\n" else " " for char in text)


def _same(one: Cell, other: Cell) -> bool:
    """Do two texts say the same, but for the magic line and blanks?"""
    return _body(one) == _body(other)


def _body(cell: Cell) -> str:
    text = cell.source.text.strip()
    return (text.partition("\n")[2] if text.startswith("%%") else text).strip().rstrip(";").strip()


def _made_already(labels: tuple[str, ...], other: Held, cell: Cell) -> LdpError:
    name = labels[0] if labels else cell.source.name
    return LdpError(
        f"{name} of {cell.source.name} is not what the notebook has under that name",
        why=f"{'the cell ' + other.label if other.label else other.cell.source.name} makes it already",
        fix="say --force to take the file's, or %ldp save to write the notebook's",
    )


def _numbered(name: str, taken: set[str]) -> Iterator[str]:
    number = 1
    while True:
        found = name if number == 1 else f"{name} {number}"
        if found not in taken:
            yield found
        number += 1
