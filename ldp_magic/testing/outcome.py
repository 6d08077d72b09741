"""How a test has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ldp_magic.errors import LdpError
from ldp_magic.testing.case import Case, Expected
from ldp_magic.testing.comparing import Difference

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something of a batch that is not as expected: a sentence, or rows."""

    what: str
    line: int = 0
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class After:
    """The rows of a dataset after a batch, for who wants to write them down."""

    batch: int
    expected: Expected
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test has ended."""

    case: Case
    wrong: tuple[tuple[int, Wrong], ...] = ()  # (number of the batch, what)
    error: LdpError | None = None  # why it could not run at all
    seconds: float = 0.0
    after: tuple[After, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.wrong and self.error is None
