"""Lines for a terminal: how wide, in colour or not, with which glyphs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ldp_magic.show.glyphs import KINDS, OURS, STATES, GlyphSet, clean, cut, cut_front, wide

__all__ = ["Pen", "Run"]

_CODES = {
    "bold": "1",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "bright black": "90",
}
NARROWEST, WIDEST = 80, 140


class Run(NamedTuple):
    """A piece of a line in one style."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Pen:
    """What the lines are written with."""

    width: int = 100
    color: bool = False
    glyphs: GlyphSet = "unicode"

    @classmethod
    def of(cls, width: int, color: bool, glyphs: GlyphSet) -> Pen:
        """A pen for a stream *width* cells wide, between the narrowest and the widest that we draw for."""
        return cls(min(max(width, NARROWEST), WIDEST), color, glyphs)

    def ours(self, text: str) -> str:
        """Words and lines of ours, in characters that arrive."""
        return text if self.glyphs == "unicode" else text.translate(OURS)

    def theirs(self, text: str) -> str:
        """A name or text that somebody else wrote."""
        return clean(text, self.glyphs)

    def state(self, name: str) -> Run:
        sign = STATES[name]
        return Run(sign.of(self.glyphs), sign.terminal)

    def kind(self, name: str) -> Run:
        sign = KINDS[name]
        return Run(sign.of(self.glyphs), sign.terminal)

    def cut(self, text: str, room: int) -> str:
        return cut(text, room, self.ours("…"))

    def cut_front(self, text: str, room: int) -> str:
        return cut_front(text, room, self.ours("…"))

    def line(self, runs: Iterable[Run]) -> str:
        """One line; spaces at its end are left out."""
        runs = list(runs)
        while runs and not runs[-1].text.rstrip():
            runs.pop()
        if runs:
            runs[-1] = Run(runs[-1].text.rstrip(), runs[-1].style)
        return "".join(self._styled(run) for run in runs)

    def _styled(self, run: Run) -> str:
        if not (self.color and run.style and run.text):
            return run.text
        return f"\x1b[{_CODES[run.style]}m{run.text}\x1b[0m"

    def wrapped(self, text: str, room: int) -> list[str]:
        """Prose in lines of at most *room* cells; a word that is longer is cut, never broken."""
        lines: list[str] = []
        for word in text.split():
            word = self.cut(word, room)
            if lines and wide(lines[-1]) + 1 + wide(word) <= room:
                lines[-1] += " " + word
            else:
                lines.append(word)
        return lines or [""]

    def hanging(self, head: str, text: str) -> str:
        """Prose behind *head*, its further lines below its first word."""
        first, *rest = self.wrapped(text, self.width - wide(head))
        return "\n".join([head + first, *(" " * wide(head) + line for line in rest)])
