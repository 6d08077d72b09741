"""Rows that are expected against rows that are there: what is missing, what is more, what has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ldp_magic.testing.values import key_of, same

Values = Mapping[str, Any]
MOST = 4_000  # rows of which those that belong together are looked for


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that is there with other values: how it is known, and by column (expected, found)."""

    key: Values
    cells: Mapping[str, tuple[Any, Any]]
    place: int  # among the expected rows


@dataclass(frozen=True, slots=True)
class Difference:
    """How the rows of a dataset differ from those that are expected."""

    dataset: str
    line: int
    columns: tuple[str, ...]
    expected: int
    found: int
    missing: tuple[tuple[int, Values], ...] = ()  # with their place among the expected rows
    extra: tuple[Values, ...] = ()
    changed: tuple[Changed, ...] = ()
    misplaced: bool = False  # the same rows in another order


def compared(
    dataset: str, line: int, expected: Sequence[Values], found: Sequence[Values], *, subset: bool, ordered: bool
) -> Difference | None:
    """The difference, None if there is none. Rows are compared in the columns that the expected ones have."""
    columns = tuple(expected[0]) if expected else tuple(found[0] if found else ())
    found = [{name: row[name] for name in columns} for row in found]
    missing, extra = _unmatched(expected, found)
    if ordered and not missing and not extra and not all(map(same, expected, found)):
        return Difference(dataset, line, columns, len(expected), len(found), misplaced=True)
    if not missing and (subset or not extra):
        return None
    changed = _changed(columns, expected, found, missing, extra)
    told, other = {each.place for each in changed[0]}, changed[1]
    return Difference(
        dataset,
        line,
        columns,
        len(expected),
        len(found),
        tuple((n, expected[n]) for n in missing if n not in told),
        () if subset else tuple(found[n] for n in extra if n not in other),
        changed[0],
    )


def _unmatched(expected: Sequence[Values], found: Sequence[Values]) -> tuple[list[int], list[int]]:
    """The places of rows without a partner on the other side."""
    waiting: dict[Any, list[int]] = {}
    for n, row in enumerate(found):
        waiting.setdefault(_key(row), []).append(n)
    missing = []
    for n, row in enumerate(expected):
        partners = waiting.get(_key(row))
        if partners:
            partners.pop(0)
        else:
            missing.append(n)
    extra = sorted(n for partners in waiting.values() for n in partners)
    for n in list(missing) if len(missing) * len(extra) < MOST * 100 else ():  # numbers at the border of a rounding
        near = next((m for m in extra if same(dict(expected[n]), dict(found[m]))), None)
        if near is not None:
            missing.remove(n)
            extra.remove(near)
    return missing, extra


def _key(row: Values) -> Any:
    return tuple(key_of(each) for each in row.values())


def _changed(
    columns: Sequence[str], expected: Sequence[Values], found: Sequence[Values], missing: list[int], extra: list[int]
) -> tuple[tuple[Changed, ...], set[int]]:
    """Rows of which a key tells that they belong together, and their places among those found."""
    keys = _keys(columns, expected, found, missing, extra)
    if not keys:
        return (), set()
    there = {tuple(key_of(found[n][name]) for name in keys): n for n in extra}
    changed, taken = [], set()
    for n in missing:
        m = there.get(tuple(key_of(expected[n][name]) for name in keys))
        if m is None:
            continue
        cells = {
            name: (expected[n][name], found[m][name]) for name in columns if not same(expected[n][name], found[m][name])
        }
        changed.append(Changed({name: expected[n][name] for name in keys}, cells, n))
        taken.add(m)
    return tuple(changed), taken


def _keys(
    columns: Sequence[str], expected: Sequence[Values], found: Sequence[Values], missing: list[int], extra: list[int]
) -> tuple[str, ...]:
    """The first columns, one or two, that name each row and are the same in some rows of both sides."""
    if not missing or not extra or len(expected) + len(found) > MOST:
        return ()
    for many in (1, 2):
        for names in combinations(columns, many):
            if many == len(columns):
                continue
            mine, theirs = ([tuple(key_of(row[name]) for name in names) for row in rows] for rows in (expected, found))
            shared = {mine[n] for n in missing} & {theirs[n] for n in extra}
            if shared and len(set(mine)) == len(mine) and len(set(theirs)) == len(theirs):
                return names
    return ()
