"""One update at a time: the lock of a lake, which the system takes back from a process that dies.

Tables stay right without it, as every commit is checked against what was looked at; with it a second update waits
instead of working in vain.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from ldp_magic.lake.failure import Busy, writing

POLL = 0.05  # seconds between two tries
_BEYOND = 1 << 30  # where Windows locks a byte: text before it stays readable for others
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # some network drives


@contextmanager
def held(path: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of that file. Another's is waited for that many seconds, then it is an error that names them."""
    with writing(str(path)):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        until = time.monotonic() + wait
        while not _taken(handle):
            if time.monotonic() >= until:
                raise _busy(path)
            time.sleep(POLL)
        with writing(str(path)):
            _say(handle, {"pid": os.getpid(), "since": datetime.now(timezone.utc).isoformat(timespec="seconds")})
        try:
            yield
        finally:
            with suppress(OSError):
                _say(handle, None)
            _release(handle)
    finally:
        os.close(handle)


def _say(handle: int, holder: dict[str, object] | None) -> None:
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, json.dumps(holder).encode() if holder else b"")


def _busy(path: Path) -> Busy:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = f"process {int(holder['pid'])}, since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # it is just beginning, or just ending
        who = "another process"
    return Busy(
        f"another update is running: {who}",
        why="a lake takes one update at a time",
        fix="wait until it has ended, or end that process",
    )


if sys.platform == "win32":
    import msvcrt

    def _taken(handle: int) -> bool:
        os.lseek(handle, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(handle: int) -> None:
        os.lseek(handle, _BEYOND, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _taken(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        return True

    def _release(handle: int) -> None:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
