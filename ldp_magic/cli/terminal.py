"""Where text goes: how wide it may be, whether it has colour, which glyphs arrive; and writing it without accidents."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TextIO

from ldp_magic.errors import LdpError
from ldp_magic.verbs import Glyphs

PIPE_WIDTH, NARROWEST, WIDEST = 100, 80, 140
_OUR_GLYPHS = "✓▲✗●○▼≈■□◊►→│└─╌╎…·█▌−"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_ORDER = re.compile(r"(\x1b\[[0-79;]*m)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # colours are ours; 8 would hide text
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Terminal:
    """One of the two streams of a command, and what it can show."""

    stream: TextIO
    interactive: bool
    width: int
    color: bool
    glyphs: Glyphs

    @classmethod
    def of(cls, stream: TextIO | None, environ: Mapping[str, str] | None = None) -> Terminal:
        """What *stream* (None: a closed one) can show."""
        environ = os.environ if environ is None else environ
        stream = io.StringIO() if stream is None else stream
        interactive = _is_terminal(stream)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # half a surrogate in a file name must not end the command
        return cls(
            stream,
            interactive,
            _width() if interactive else PIPE_WIDTH,
            wants_color(environ, interactive) and (not interactive or _takes_escapes(stream)),
            "ascii" if environ.get("LDP_ASCII") == "1" or not _encodes(stream, _OUR_GLYPHS) else "unicode",
        )

    def with_color(self, when: str) -> Terminal:
        """As `--color always`, `never` or `auto` wants it."""
        return self if when == "auto" else replace(self, color=when == "always")

    def write(self, text: str) -> None:
        """Put *text* out, ending in a line end; a reader who left raises BrokenPipeError."""
        if not text:
            return
        try:
            self.stream.write(self.plain(text.removesuffix("\n")) + "\n")
            self.stream.flush()
        except OSError as error:
            self.abandon()
            raise _cannot_write(error) from error

    def write_error(self, error: LdpError) -> None:
        """Three lines: what, why, fix."""
        mark = "x" if self.glyphs == "ascii" else "✗"
        parts = [("", error.what), ("  why  ", error.why), ("  fix  ", error.fix)]
        lines = [self._wrapped(head or mark + " ", words) for head, words in parts if words]
        text = "\n".join(lines)
        self.write(text.replace(mark, f"{_RED}{mark}{_PLAIN}", 1) if self.color else text)

    def can_move(self) -> bool:
        """Whether a cursor can be moved there."""
        return self.interactive and _takes_escapes(self.stream)

    def size(self) -> tuple[int, int]:
        """Columns and rows as they are now; a window can be resized."""
        try:
            found = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError):
            return self.width, 24
        return found.columns or self.width, found.lines or 24

    def abandon(self) -> None:
        """Nobody reads any more: let what is still buffered go nowhere, without a message at exit."""
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())
        except (OSError, ValueError):  # no file behind the stream, so nothing is written at exit either
            return

    def _wrapped(self, head: str, words: str) -> str:
        words = _CONTROL.sub("", words.replace("\n", " "))
        if not self.interactive:
            return head + words
        wrapper = textwrap.TextWrapper(self.width, head, " " * len(head), break_long_words=False)
        wrapper.break_on_hyphens = False
        return wrapper.fill(words)

    def plain(self, text: str) -> str:
        """*text* as the stream may have it; a pipe gets data as they are, a terminal takes no orders from them."""
        if self.interactive:
            text = _ORDER.sub(lambda found: found[1] or _escaped(found), text)
        return _NOT_ASCII.sub(_escaped, text) if self.glyphs == "ascii" else text


def wants_color(environ: Mapping[str, str], interactive: bool) -> bool:
    """The usual variables: NO_COLOR, then FORCE_COLOR, then TERM=dumb, then whether a terminal listens."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return environ["FORCE_COLOR"] != "0"
    return interactive and environ.get("TERM") != "dumb"


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[n : n + 4]}" for n in range(0, len(units), 4))


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def _width() -> int:
    return min(max(shutil.get_terminal_size((PIPE_WIDTH, 24)).columns, NARROWEST), WIDEST)


def _encodes(stream: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _cannot_write(error: OSError) -> Exception:
    # Windows says "invalid argument" where the reader of a pipe has left
    if error.errno == errno.EPIPE or (sys.platform == "win32" and error.errno == errno.EINVAL):
        return BrokenPipeError(errno.EPIPE, error.strerror)
    return LdpError(f"the output cannot be written: {error.strerror}", fix="make room, or write it elsewhere")


def _takes_escapes(stream: TextIO) -> bool:
    """Whether the terminal draws colours; older Windows consoles must be asked to."""
    if sys.platform != "win32":
        return True
    import ctypes
    import msvcrt

    kernel = ctypes.windll.kernel32
    handle, mode = msvcrt.get_osfhandle(stream.fileno()), ctypes.c_uint32()
    draws_escapes = 0x0004
    if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    return bool(mode.value & draws_escapes or kernel.SetConsoleMode(handle, mode.value | draws_escapes))
