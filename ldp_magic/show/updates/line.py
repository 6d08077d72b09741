"""One event as one line of a log: nothing is redrawn, nothing is cut."""

from __future__ import annotations

from datetime import tzinfo

from ldp_magic.events import Event, Told, told
from ldp_magic.events.words import figure
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.updates.signs import mark
from ldp_magic.show.updates.words import clock


def line_of(event: Event, pen: Pen, *, name: str = "", zone: tzinfo | None = None) -> str:
    """`02:00:07  ✓ events done: 2,400,000 rows in 3.9 s`; empty for what is neither a beginning nor an end.

    *name* is that of the update, which later events do not tell; *zone* is that of the clock, else this machine's.
    """
    said = told(event, name)
    return pen.line([Run(f"{clock(event.at, zone)}  "), *sentence(said, pen)]) if said.turns else ""


def sentence(said: Told, pen: Pen) -> list[Run]:
    """The sign and the words of what an event tells."""
    runs = [mark(said.state, pen), Run(" ")] if said.state else []
    runs.append(Run(pen.theirs(said.text)))
    if said.dropped:
        runs += [Run(", "), mark("dropped", pen), Run(f" {figure(said.dropped)} dropped")]
    return runs
