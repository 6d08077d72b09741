"""What a rule finds, and how it can be mended: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ldp_magic.text import Edit, Location

Severity: TypeAlias = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Fix:
    """A mend: what to do, the edits that do it (none: advice to be followed by hand), and why it is safe or not.

    *safe* means that no result can change, or that the text could not run and only one repair makes sense;
    only safe fixes are applied unasked. `reason` says which of the two, or what an unsafe fix changes.
    """

    title: str
    edits: tuple[Edit, ...] = ()
    safe: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with a finding."""

    location: Location
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or could be better. The runner fills in code, name and severity."""

    location: Location
    message: str
    why: str = ""
    mark: str = ""  # a few words beside the caret
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    severity: Severity | None = None  # where it is not the rule's own
    code: str = ""
    name: str = ""

    @property
    def fix(self) -> Fix | None:
        """The first fix that edits can do."""
        return next((f for f in self.fixes if f.edits), None)

    @property
    def order(self) -> tuple[str, str, int, int, str]:
        where = self.location
        return (where.source.name, where.source.cell or "", where.start, where.end, self.code)
