"""What a long command is doing, in one line on a terminal's stderr; nothing anywhere else, and nothing that stays."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ldp_magic.cli.terminal import Terminal

_PATIENCE, _PAUSE = 0.5, 0.125  # seconds before the first line, and between two


@dataclass(slots=True)
class Progress:
    """Called with what is being done; a command that is soon done says nothing."""

    terminal: Terminal
    began: float = field(default_factory=time.monotonic)
    last: float = 0.0
    width: int = 0
    hushed: bool = False  # something else is drawn from now on

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if self.hushed or not self.terminal.interactive or now - self.began < _PATIENCE or now - self.last < _PAUSE:
            return
        self.last = now
        text = "".join(c if c.isprintable() else " " for c in text)[: self.terminal.width - 3] + " …"
        text = (
            text
            if self.terminal.glyphs == "unicode"
            else text.encode("ascii", "replace").decode().replace(" ?", " ...")
        )
        self._put("\r" + text.ljust(self.width))
        self.width = len(text)

    def hush(self) -> None:
        """Take the line away for good."""
        self.hushed = True
        self.clear()

    def clear(self) -> None:
        """Take the line away."""
        if self.width:
            self._put("\r" + " " * self.width + "\r")
            self.width = 0

    def _put(self, text: str) -> None:
        self.terminal.stream.write(text)
        self.terminal.stream.flush()
