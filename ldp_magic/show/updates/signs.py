"""The signs of what runs: those of every output, and those of what goes on, waits or was left out."""

from __future__ import annotations

from ldp_magic.show.glyphs import STATES, Sign
from ldp_magic.show.pen import Pen, Run

_RUNNING = Sign(glyph="●", ascii=">", word="running", terminal="blue", static="#2470dc", dark="#5b9dff")
_WAITING = Sign(glyph="○", ascii="-", word="waiting", terminal="bright black")
_SIGNS = {
    "running": _RUNNING,
    "done": STATES["ok"],
    "unchanged": STATES["ok"],
    "failed": STATES["error"],
    "stopped": STATES["warning"],
    "cut short": STATES["warning"],
    "waiting": _WAITING,
    "skipped": _WAITING,
    "left out": _WAITING,
}
_ENDS = {"WARN": STATES["warning"], "ERROR": STATES["error"]}


def sign_of(word: str) -> Sign:
    """The sign of a state; one that nobody knows is unknown."""
    return _SIGNS.get(word) or STATES.get(word) or STATES["unknown"]


def sign_of_level(level: str) -> Sign:
    return _ENDS.get(level, STATES["info"])


def mark(word: str, pen: Pen) -> Run:
    """The sign of a state for a terminal."""
    sign = sign_of(word)
    return Run(sign.of(pen.glyphs), sign.terminal)
