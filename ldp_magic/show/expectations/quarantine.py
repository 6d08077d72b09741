"""Rows that were left out, as a person reads them: what they broke as names, not as a list of a table."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ldp_magic.engine.answer import Answer, Fidelity
from ldp_magic.runs.quarantined import AT
from ldp_magic.show.pen import Pen
from ldp_magic.show.rows import html, text


def quarantine_text(answer: Answer, pen: Pen) -> str:
    """A table for a terminal."""
    note = f"newest first; times in {answer.zone}" if _times(answer) else "newest first"
    return text(_read(answer, note), pen)


def quarantine_html(answer: Answer) -> str:
    """A piece of HTML."""
    return html(_read(answer, "newest first"))


def _read(answer: Answer, note: str) -> Answer:
    times = (("dropped at", "timestamp"),) if _times(answer) else ()
    columns = (("dropped by", "expectations"), *times, *answer.columns[1 + len(times) :])
    rows = tuple((_Names(tuple(row[0])), *row[1:]) for row in answer.rows)
    notes = answer.fidelity.notes or (note,)
    return replace(answer, name=f"{answer.name} quarantine", columns=columns, rows=rows, fidelity=Fidelity(notes=notes))


def _times(answer: Answer) -> bool:
    """Does it tell when a row was left out?"""
    return answer.columns[1:2] == ((AT, "timestamp"),)


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of expectations, which are no list to whoever reads them."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.names)
