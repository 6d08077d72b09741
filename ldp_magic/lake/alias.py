"""Another way to a folder: one whose name engines can read.

The embedded engine finds no Delta log where the path holds a space, a letter beyond ASCII or `#`, and refuses to write
where it holds `[ ] * ?`. A link with a plain name, kept outside of the project, leads to the same files. What is
written like `%20` no link helps: deltalake follows it and reads the name as that of an address.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ldp_magic.lake.failure import LakeError

_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_PLAIN = re.compile(r"[\w./\\:~-]*", re.ASCII)


def plain(folder: Path) -> Path:
    """The folder itself if its path is plain, else a link to it that has a plain path."""
    if _ESCAPED.search(os.path.realpath(folder)):
        raise _unreadable(folder, "it reads % and two digits as an escaped letter")
    if _PLAIN.fullmatch(str(folder)):
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    problem: OSError | None = None
    for place in _places():
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_mine(place):
                return _link(place / name, folder)
        except OSError as error:
            problem = error
    raise _unreadable(
        folder, f"no link around them can be made: {problem.strerror if problem else 'nowhere to put it'}"
    )


def _unreadable(folder: Path, why: str) -> LakeError:
    return LakeError(
        f"{folder} holds characters that the engine cannot read",
        why=why,
        fix="move the project to a path of plain letters, digits, . _ and -",
    )


def _places() -> Iterator[Path]:
    """Where a link may be: somewhere that is the user's own, and plain itself."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.cache")
    user = os.getuid() if hasattr(os, "getuid") else "user"
    for place in (Path(cache) / "ldp-magic" / "lakes", Path(tempfile.gettempdir()) / f"ldp-magic-{user}"):
        if place.is_absolute() and _PLAIN.fullmatch(str(place)):
            yield place


def _is_mine(place: Path) -> bool:
    """Whether nobody else can put a link there."""
    if not hasattr(os, "getuid"):
        return True
    status = place.stat(follow_symlinks=False)
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _link(link: Path, folder: Path) -> Path:
    if os.path.lexists(link) and os.path.realpath(link) == os.path.realpath(folder):
        return link
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    if sys.platform == "win32":
        import _winapi

        if os.path.lexists(link):
            os.rmdir(link)
        _winapi.CreateJunction(str(folder), str(link))
    else:
        os.symlink(folder, fresh, target_is_directory=True)
        os.replace(fresh, link)
    return link
