"""Where a column comes from, what decides which rows it has, and who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ldp_magic.text import Location

How: TypeAlias = Literal["source", "copied", "cast", "aggregated", "computed", "constant", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One column on the way. `made_by` is the expression's text; `uses` are the columns it is made from."""

    dataset: str
    column: str
    type: str = ""
    how: How = "unknown"
    made_by: str = ""
    location: Location | None = None
    uses: tuple[tuple[str, str], ...] = ()  # (dataset or external, column)
    per: tuple[str, ...] = ()  # for an aggregate: the group keys, as written


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """Something that decides which rows a dataset has: `by` is filter, join, group, watermark, expectation, ..."""

    by: str
    dataset: str
    what: str
    location: Location | None = None
    uses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """One column's way, sources first, itself last."""

    dataset: str
    column: str
    type: str = ""
    steps: tuple[Step, ...] = ()
    rows: tuple[RowRule, ...] = ()
    readers: tuple[Step, ...] = ()  # columns made from it, directly
    unknown: tuple[str, ...] = ()  # datasets that could not be looked into, and why
    reach: int = 0  # how many columns, anywhere downstream, a change of it touches
