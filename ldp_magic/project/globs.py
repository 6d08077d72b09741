"""Globs over paths: `*`, `?` and `[a-z]` within one part of a path, `**` over any number of parts.

`[*]`, `[?]` and `[[]` stand for the characters themselves, so a folder may be called `drafts [1]`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache

__all__ = ["base", "excludes", "is_glob", "literal", "matches", "under"]

_MAGIC = re.compile(r"[*?\[]")
_ESCAPED = re.compile(r"\[([*?\[])\]")


def is_glob(text: str) -> bool:
    return _MAGIC.search(_ESCAPED.sub("", text)) is not None


def under(folder: str, pattern: str) -> str:
    """*pattern* below *folder*, whose own name is no pattern whatever it is called."""
    return os.path.join(_MAGIC.sub(r"[\g<0>]", folder), pattern)


def literal(path: str) -> str:
    """The path that a pattern without wildcards means."""
    return _ESCAPED.sub(r"\1", path)


def base(pattern: str) -> str:
    """The folder under which everything lies that *pattern* can match."""
    parts = pattern.split("/")
    plain = next((n for n, part in enumerate(parts) if is_glob(part)), len(parts))
    return literal("/".join(parts[:plain])) or ("/" if pattern.startswith("/") else ".")


def matches(pattern: str, path: str) -> bool:
    """Whether the whole of *path* fits *pattern*; both have `/` between their parts."""
    return _fits(_parts(pattern), path.split("/"))


def excludes(pattern: str, path: str) -> bool:
    """Whether *pattern* takes *path* out: it fits the path or a folder above it, or a name if it is only a name."""
    pattern = pattern.replace("\\", "/").removeprefix("./").rstrip("/")
    parts = path.split("/")
    if "/" not in pattern:
        fits = _part(pattern)
        return any(fits.match(part) for part in parts)
    pieces = _parts(pattern.removeprefix("/"))
    return any(_fits(pieces, parts[:n]) for n in range(1, len(parts) + 1))


def _fits(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """One row per part of the pattern, so the time is the product of the two lengths, never more."""
    reached = [True] + [False] * len(parts)
    for piece in pattern:
        if piece == "**":
            first = reached.index(True) if True in reached else len(reached)
            reached = [n >= first for n in range(len(reached))]
        else:
            fits = _part(piece)
            steps = zip(reached, parts, strict=False)
            reached = [False, *(was and fits.match(part) is not None for was, part in steps)]
    return reached[-1]


@lru_cache(maxsize=512)
def _parts(pattern: str) -> tuple[str, ...]:
    parts = pattern.split("/")
    return tuple(part for n, part in enumerate(parts) if part != "**" or n == 0 or parts[n - 1] != "**")


@lru_cache(maxsize=1024)
def _part(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))
