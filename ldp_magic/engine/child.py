"""The embedded engine as a child process: its death is not ours, and ours is always its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ldp_magic.engine import serve
from ldp_magic.errors import LdpError

STARTS_WITHIN = 30.0  # seconds; 0.1 is usual, a cold disk or a busy machine takes longer
_TAIL = 400  # characters of its last words
_QUIET = {
    "RUST_LOG": "off",
    "SAIL_SPARK__SESSION_TIMEOUT_SECS": "31536000",  # 15 minutes, and it would end what sleeps or runs
}


_NOTHING: Mapping[str, str] = {}


class EngineError(LdpError):
    """The engine, or what it was asked to do, failed."""


class Child:
    """A running engine. Whoever holds this holds the pipe that keeps it alive."""

    def __init__(self, *, memory: int = 0, environ: Mapping[str, str] = _NOTHING) -> None:
        self._said: IO[bytes] = tempfile.TemporaryFile(prefix="ldp-engine-")  # noqa: SIM115  (closed with the child)
        self._folder = tempfile.TemporaryDirectory(prefix="ldp-engine-", ignore_cleanup_errors=True)
        self.owner = os.getpid()
        self._asking = threading.Lock()
        self._told: Mapping[str, Any] | None = None
        self.process = self._started(memory, environ)
        self._line: list[bytes] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)  # one: whoever asks may be interrupted
        self._listener.start()

    @property
    def address(self) -> str:
        """Where it listens. Whoever asks first waits until it does, and the others for him."""
        with self._asking:
            if self._told is None:
                self._told = self._greeting()
        return f"sc://127.0.0.1:{self._told['port']}"

    @property
    def alive(self) -> bool:
        """A fork of this process cannot ask about a child that is not its own, and takes it for alive."""
        return os.getpid() != self.owner or self.process.poll() is None

    def close(self) -> None:
        """End it, quietly and at once. A fork of this process leaves it to the owner."""
        if os.getpid() != self.owner:
            return
        if self.process.stdin:
            with contextlib.suppress(OSError):  # it may be gone already
                self.process.stdin.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.process.stdout:
            self.process.stdout.close()
        self._said.close()
        self._folder.cleanup()

    def kill(self) -> None:
        """End it whatever it is doing."""
        self.process.kill()
        self.process.wait(10)

    def last_words(self) -> str:
        """The end of what it wrote to its standard error."""
        if self._said.closed:
            return ""
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(size - 20 * _TAIL, 0))
        text = self._said.read().decode("utf-8", "replace").strip()
        return text if len(text) <= _TAIL else "…" + text[-_TAIL:]

    def how_it_ended(self) -> EngineError:
        """Why a call found nobody there."""
        code = self.process.poll()
        words = " ".join(self.last_words().split())
        if "memory allocation" in words or "Cannot allocate memory" in words:
            return EngineError(
                "the embedded engine ran out of memory and was ended",
                why="the query needs more rows in memory at once than the engine may hold",
                fix="preview fewer rows or a smaller sample, or raise engine-memory in [tool.ldp]; the next call starts"
                " it again",
            )
        return EngineError(
            f"the embedded engine ended ({_named(code)}) while it was at work",
            why=f"its last words were: {words}" if words else "it left no message",
            fix="run it again: the next call starts a new one",
        )

    def _started(self, memory: int, more: Mapping[str, str]) -> subprocess.Popen[bytes]:
        environ = {name: value for name, value in os.environ.items() if name not in (serve.MEMORY, serve.STAND_IN)}
        environ |= _QUIET | dict(more)
        if memory:
            environ[serve.MEMORY] = str(memory)
        own_group: dict[str, Any] = {"creationflags": 0x200} if sys.platform == "win32" else {"start_new_session": True}
        try:
            return subprocess.Popen(
                [_interpreter(), str(Path(serve.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                cwd=self._folder.name,
                env=environ,
                **own_group,
            )
        except OSError as error:
            raise EngineError(
                f"the embedded engine cannot be started: {error.strerror or error}",
                why="it runs as a process of its own, in the Python that runs this",
                fix="ldp doctor tells whether that Python is whole",
            ) from error

    def _listen(self) -> None:
        assert self.process.stdout is not None
        self._line.append(self.process.stdout.readline())

    def _greeting(self) -> Mapping[str, Any]:
        """What the child says when it is ready; waiting for it is bounded."""
        self._listener.join(STARTS_WITHIN)
        try:
            told: Mapping[str, Any] = json.loads(self._line[0])
            return told
        except (IndexError, ValueError):
            self.process.kill()
            self.process.wait(10)
            words = self.last_words()
        raise EngineError(
            "the embedded engine did not start",
            why=f"it said: {' '.join(words.split())}" if words else f"it said nothing in {STARTS_WITHIN:.0f} seconds",
            fix="ldp doctor tells what is missing",
        )


def _interpreter() -> str:
    if not sys.executable:
        raise EngineError(
            "the embedded engine cannot be started",
            why="this Python does not know the path of its own program",
            fix="run ldp from a virtual environment",
        )
    return sys.executable


def _named(code: int | None) -> str:
    if code is None:
        return "it does not answer"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
