"""An update while it runs: on a terminal one block that is redrawn in place, anywhere else a line for each change."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING

from ldp_magic.cli.progress import Progress
from ldp_magic.cli.terminal import PIPE_WIDTH, WIDEST, Terminal
from ldp_magic.errors import LdpError

if TYPE_CHECKING:
    from ldp_magic.events import Event, Fold

PAUSE = 0.125  # seconds between two drawings
_TICK = 0.25  # seconds after which only the time has changed
_AROUND = 6  # lines of a block that are no flows, and the one below it
_STYLE = re.compile(r"(\x1b\[[0-9;]*m)")
_PLAIN = "\x1b[0m"


@dataclass(slots=True)
class Live:
    """Called with each event of an update. In a `with`, what it drew goes away at the end unless it *stays*."""

    terminal: Terminal
    progress: Progress
    stays: bool = True
    redraws: bool = True
    _fold: Fold | None = None  # None: no update is running
    _lines: list[str] = field(default_factory=list)  # what is drawn
    _heard: tuple[datetime | None, float] = (None, 0.0)  # the time of the last event, and when it was heard
    _news: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    _artist: threading.Thread | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _deaf: bool = False  # nobody reads any more

    @classmethod
    def on(
        cls, terminal: Terminal, progress: Progress, *, stays: bool, environ: Mapping[str, str] | None = None
    ) -> Live:
        """As that terminal can show it."""
        environ = os.environ if environ is None else environ
        in_ci = environ.get("CI", "").lower() not in ("", "0", "false")
        redraws = not in_ci and environ.get("TERM") != "dumb" and terminal.can_move()
        return cls(terminal, progress, stays, redraws)

    def __call__(self, event: Event) -> None:
        """Something happened."""
        from ldp_magic.events import Fold

        with self._lock:
            self.progress.hush()
            if self._fold is None or event.update != self._fold.head.id:
                self._fold, self._lines = Fold(), []
            self._fold.add(event)
            self._heard = (event.at, time.monotonic())
            name = self._fold.head.name
        if not self.redraws:
            self._tell(event, name)
        elif self._artist is None:
            self._over.clear()
            self._artist = threading.Thread(target=self._draw_on, name="ldp live", daemon=True)
            self._artist.start()
        self._news.set()

    def __enter__(self) -> Live:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end(stays=kind is not None)

    def end(self, *, stays: bool = False) -> None:
        """Draw the last state, or take the block away, as what follows says it again."""
        self._over.set()
        self._news.set()
        if self._artist is not None:
            self._artist.join()
            self._artist = None
        with self._lock:
            if self.redraws and self._fold is not None:
                self._put(self._block(self._fold) if stays or self.stays else [])
            self._fold, self._lines = None, []

    # -- a line for each change ---------------------------------------------------------------------------

    def _tell(self, event: Event, name: str) -> None:
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.updates import line_of

        pen = Pen(PIPE_WIDTH, self.terminal.color, self.terminal.glyphs)
        with self._lock:
            if self._deaf:
                return
            try:
                self.terminal.write(line_of(event, pen, name=name))
            except (OSError, LdpError):  # an update does not end because nobody listens
                self._deaf = True

    # -- a block that is redrawn --------------------------------------------------------------------------

    def _draw_on(self) -> None:
        while not self._over.is_set():
            self._news.clear()
            with self._lock:
                if self._fold is not None:
                    self._put(self._block(self._fold))
            self._over.wait(PAUSE)
            self._news.wait(_TICK - PAUSE)

    def _block(self, fold: Fold) -> list[str]:
        """The lines that fit the terminal as it is now."""
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.updates import block

        columns, rows = self.terminal.size()
        heard, then = self._heard
        now = heard and heard + timedelta(seconds=time.monotonic() - then)
        pen = Pen(min(columns - 1, WIDEST), self.terminal.color, self.terminal.glyphs)
        lines = block(fold.updated(), pen, now=now, most=max(rows - _AROUND, 1))
        return [cut(self.terminal.plain(line), columns - 1) for line in lines[: max(rows - 1, 1)]]

    def _put(self, lines: list[str]) -> None:
        """Draw over what is drawn; a terminal that became narrower has wrapped it."""
        if self._deaf or lines == self._lines:
            return
        columns, rows = self.terminal.size()
        up = min(sum(-(-max(_cells(line), 1) // columns) for line in self._lines), rows - 1)
        back = f"\r\x1b[{up}A" if up else "\r"
        try:
            self.terminal.stream.write(back + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J")
            self.terminal.stream.flush()
        except (OSError, ValueError):
            self._deaf = True
        self._lines = lines


def cut(line: str, room: int) -> str:
    """A coloured line in at most *room* cells."""
    from ldp_magic.show.glyphs import letters, wide

    if _cells(line) <= room:
        return line
    kept = []
    for part in _STYLE.split(line):
        if _STYLE.fullmatch(part):
            kept.append(part)
            continue
        for letter in letters(part):
            room -= wide(letter)
            if room < 0:
                return "".join(kept) + (_PLAIN if len(kept) and _STYLE.search(line) else "")
            kept.append(letter)
    return "".join(kept)


def _cells(line: str) -> int:
    from ldp_magic.show.glyphs import wide

    return wide(_STYLE.sub("", line))
