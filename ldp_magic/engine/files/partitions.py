"""Columns that stand in the names of folders, such as `dt=2026-01-01`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from urllib.parse import unquote

from ldp_magic.engine.files.listing import File
from ldp_magic.engine.files.types import Columns
from ldp_magic.engine.files.values import BAD, converter

_NOTHING = "__HIVE_DEFAULT_PARTITION__"
_KINDS = (
    ("int", re.compile(r"[+-]?\d{1,9}")),
    ("bigint", re.compile(r"[+-]?\d{1,18}")),
    ("double", re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")),
    ("date", re.compile(r"\d{4}-\d{1,2}-\d{1,2}")),
    ("timestamp", re.compile(r"\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?")),
)
_ORDER = [name for name, _ in _KINDS]


def partition_values(files: Sequence[File], root: str) -> list[dict[str, str | None]]:
    """What the folders between *root* and each file say, by the column's name."""
    known: dict[str, dict[str, str | None]] = {}
    found = []
    for file in files:
        folder = os.path.dirname(file.path)
        if folder not in known:
            known[folder] = _values(folder, root)
        found.append(known[folder])
    return found


def _values(folder: str, root: str) -> dict[str, str | None]:
    below = os.path.relpath(folder, root) if root and folder.startswith(root) else folder
    pairs = [part.partition("=") for part in below.split(os.sep)]
    named = {unquote(name): unquote(value) for name, sign, value in pairs if sign and name}
    return {name: None if value == _NOTHING else value for name, value in named.items()}


def partition_columns(values: Sequence[dict[str, str | None]], typed: bool, wanted: Sequence[str] | None) -> Columns:
    """The columns that all files agree on, with the narrowest type that holds what they say."""
    distinct = {id(each): each for each in values}.values()
    names = list(next(iter(distinct), {}))
    names = [name for name in names if all(name in each for each in distinct)]
    if wanted is not None:
        names = list(wanted)
    texts = {name: {each[name] for each in distinct if each.get(name) is not None} for name in names}
    return tuple((name, _kind([t for t in texts[name] if t is not None]) if typed else "string") for name in names)


def _kind(texts: Sequence[str]) -> str:
    kinds = {_one(text) for text in texts}
    if not kinds or "string" in kinds:
        return "string"
    numbers = kinds <= {"int", "bigint", "double"}
    moments = kinds <= {"date", "timestamp"}
    return max(kinds, key=_ORDER.index) if numbers or moments else "string"


def _one(text: str) -> str:
    for kind, pattern in _KINDS:
        if pattern.fullmatch(text) and converter(kind)(text) is not BAD:
            return kind
    return "string"
