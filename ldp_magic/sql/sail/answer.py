"""What comes of a query that is made ready for the embedded engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ldp_magic.errors import LdpError

# The name of a relation, part by part -> its columns as (name, Spark's type), or None where nobody knows.
Columns: TypeAlias = Callable[[tuple[str, ...]], Sequence[tuple[str, str]] | None]


@dataclass(frozen=True, slots=True)
class Label:
    """Something in a query whose result can differ from Spark's: *what* it is, and *why*."""

    what: str
    why: str
    exact: str = "exact with --place databricks"  # how to get it exactly; empty where there is no other way


@dataclass(frozen=True, slots=True)
class ForSail:
    """The text for the engine, and what is only approximate in its answer."""

    text: str
    labels: tuple[Label, ...] = ()


class Refused(LdpError):
    """The embedded engine cannot answer this as Spark would, and says so instead of guessing."""


def no_columns(name: tuple[str, ...]) -> Sequence[tuple[str, str]] | None:
    """The columns of a relation when nobody knows any."""
    return None
