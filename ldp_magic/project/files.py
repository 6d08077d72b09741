"""The texts of files: read exactly as they are, written without a moment in which they are half there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from ldp_magic.errors import SourceError
from ldp_magic.settings import path_shown

__all__ = ["read_bytes", "read_text", "text_of", "write_text"]

_NOT_A_FILE: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: str | os.PathLike[str], limit: int) -> str:
    """The text of a UTF-8 file of at most *limit* bytes; line ends and a byte order mark stay as they are."""
    return text_of(read_bytes(path, limit), path_shown(Path(path)))


def read_bytes(path: str | os.PathLike[str], limit: int) -> bytes:
    """What a regular file of at most *limit* bytes holds. Pipes and devices are never waited for."""
    name = path_shown(Path(path))
    try:
        _must_be_regular(name, os.stat(path).st_mode)
        # the path may have become something else since it was looked at, so opening must not block either
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            _must_be_regular(name, os.fstat(file.fileno()).st_mode)
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    if len(data) > limit:
        raise SourceError(
            f"{name} is larger than {_size(limit)}",
            why="a file of that size is rarely pipeline code, and reading it takes long",
            fix="set max-file-size higher, or name it in exclude",
        )
    return data


def text_of(data: bytes, name: str) -> str:
    """*data* as text, or one error that says which encoding it seems to have."""
    if data.startswith(_UTF_16) or b"\0" in data:
        utf_16 = data.startswith(_UTF_16) or data[1::2].count(0) * 2 > len(data[1::2])
        raise SourceError(
            f"{name} is UTF-16" if utf_16 else f"{name} is not text: it holds zero bytes",
            why="sources are read as UTF-8",
            fix="save it as UTF-8" if utf_16 else "name it in exclude",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{name}:{line} is not UTF-8: byte 0x{data[error.start]:02x} fits nowhere",
            why="sources are read as UTF-8",
            fix="save it as UTF-8",
        ) from None


def _must_be_regular(name: str, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((words for is_kind, words in _NOT_A_FILE if is_kind(mode)), "no file")
    raise SourceError(f"{name} is {kind}", why="only files are read", fix="name a file, or exclude it")


def _unreadable(name: str, error: Exception) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError(f"{name} is not there", why="it was named, or went away", fix="check the path")
    reason = getattr(error, "strerror", None) or str(error)
    return SourceError(f"{name} cannot be read: {reason.lower()}", why="its code is missing", fix="make it readable")


def _size(limit: int) -> str:
    return f"{limit / 1_000_000:g} MB" if limit >= 100_000 else f"{limit:,} bytes"


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Put *text* into a file in one step. Its permissions stay, and a link goes on leading to it."""
    target = os.path.realpath(path)
    spare = f"{target}.{os.getpid()}.ldp"
    try:
        data = text.encode("utf-8")
        try:
            _write_new(spare, data)
            if os.path.exists(target):
                os.chmod(spare, stat.S_IMODE(os.stat(target).st_mode))
            os.replace(spare, target)
        finally:
            if os.path.exists(spare):
                os.unlink(spare)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        lacks_folder = isinstance(error, FileNotFoundError)
        reason = "its folder is not there" if lacks_folder else reason.lower()
        raise SourceError(
            f"{path_shown(Path(path))} cannot be written: {reason}",
            why="nothing was made" if lacks_folder else "the file is as it was before",
            fix="make the folder first" if lacks_folder else "make the file and its folder writable",
        ) from None


def _write_new(path: str, data: bytes) -> None:
    """A new file with the permissions that new files have here."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
