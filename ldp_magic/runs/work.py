"""What a mode is given, and what it answers: one turn of one flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ldp_magic.engine.answer import Checked
from ldp_magic.engine.session import Session
from ldp_magic.engine.views import Views
from ldp_magic.lake.batch import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one turn of a flow is to leave behind, as queries over views of the session."""

    rows: str  # the rows to write, in words that the engine knows
    replaces: bool = False  # they take the place of all rows of the table, or are added to them
    state: Mapping[str, str] = field(default_factory=dict)  # name -> query whose rows are the new state of that name
    adds: Mapping[str, str] = field(default_factory=dict)  # name -> query whose rows are added to that state
    memory: Mapping[str, Json] = field(default_factory=dict)  # small values to find again in the next turn
    left_out: str = ""  # rows that expectations dropped on the way, with a flag for each expectation
    checks: tuple[Checked, ...] | None = None  # of rows on the way; None: the rows that are written are to be checked
    numbers: Mapping[str, Json] = field(default_factory=dict)  # what events say about it


class Turn(Protocol):
    """One turn of one flow, as a mode sees it."""

    @property
    def session(self) -> Session: ...

    @property
    def views(self) -> Views: ...

    @property
    def state(self) -> Mapping[str, str]:
        """By name, a quoted view over the state rows that the last turn left."""
        ...

    @property
    def memory(self) -> Mapping[str, Json]:
        """The memory that the last turn left."""
        ...

    def kept(self, name: str, text: str) -> str:
        """Run a query once and keep its rows for this turn; a quoted view over them."""
        ...
