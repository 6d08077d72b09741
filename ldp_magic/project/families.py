"""Which plain files of a folder belong together where nothing declares it.

The files under one folder are one pipeline. Where two folders below it define the same dataset they cannot be: a lab
and its solution, an old version and a new one. Then each of these folders is a pipeline of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from ldp_magic.cells import Cell

__all__ = ["families"]

_SQL = re.compile(
    r"\bcreate\s+(?:or\s+(?:refresh|replace)\s+)?(?:(?:private|temporary|temp|incremental|streaming|live|materialized)\s+){1,4}"
    r"(?:table|view)\s+(?:if\s+not\s+exists\s+)?([\w.`${}-]{1,300})",
    re.IGNORECASE,
)
_PYTHON = re.compile(
    r"@(?:dlt|dp|sdp)\.(?:table|view|materialized_view|temporary_view|create_table)\b[^@]{0,2000}?\bdef\s+(\w{1,200})"
)


def families(cells: Sequence[Cell]) -> list[tuple[str, tuple[Cell, ...]]]:
    """(folder below the common one, its cells) of every pipeline among the plain files of a folder."""
    if not cells:
        return []
    parents = [PurePath(cell.source.name).parent.parts for cell in cells]
    depth = _shared(parents)
    return [("/".join(where), some) for where, some in _split(tuple(cells), parents, depth, ())]


def _shared(parents: Sequence[tuple[str, ...]]) -> int:
    """How many leading folders all files have in common."""
    shortest = min(len(p) for p in parents)
    return next((n for n in range(shortest) if len({p[n] for p in parents}) > 1), shortest)


def _split(
    cells: tuple[Cell, ...], parents: Sequence[tuple[str, ...]], depth: int, where: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[Cell, ...]]]:
    groups: dict[str, list[int]] = {}
    for number, parent in enumerate(parents):
        groups.setdefault(parent[depth] if len(parent) > depth else "", []).append(number)
    if len(groups) < 2:
        yield where, cells
        return
    apart = _collide([[cells[n] for n in some] for some in groups.values()])
    together: list[int] = []
    for folder, some in groups.items():
        inside = [parents[n] for n in some]
        below = (*where, folder) if folder else where
        parts = list(_split(tuple(cells[n] for n in some), inside, _shared(inside), below)) if folder else []
        if len(parts) > 1 or (apart and folder):
            yield from parts
        else:
            together += some
    if together:
        yield where, tuple(cells[n] for n in sorted(together))


def _collide(groups: Sequence[Sequence[Cell]]) -> bool:
    """Do two groups define a dataset of the same name?"""
    seen: set[str] = set()
    for group in groups:
        names = {name for cell in group for name in _names(cell)}
        if seen & names:
            return True
        seen |= names
    return False


def _names(cell: Cell) -> Iterator[str]:
    pattern = _PYTHON if cell.language == "python" else _SQL
    for match in pattern.finditer(cell.source.text):
        yield match.group(1).lower().replace("`", "").removeprefix("live.")
