"""Plain values as TOML: single keys, then a table for each name, what is inside these on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["toml_text"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_UNSEEN = re.compile("[\x7f\ud800-\udfff]")
_LONG = 100


def toml_text(said: Mapping[str, Any], tables: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]], head: str) -> str:
    """Keys at the top, then tables with their names; an empty table is written, too."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    lines += _lines(said)
    for name, table in tables:
        lines += ["", f"[{'.'.join(map(_key, name))}]", *_lines(table)]
    return "\n".join(lines) + "\n"


def _lines(said: Mapping[str, Any]) -> Iterator[str]:
    for key, value in said.items():
        line = f"{_key(key)} = {_value(value)}"
        if len(line) > _LONG and isinstance(value, (list, tuple)):
            yield f"{_key(key)} = ["
            yield from (f"  {_value(each)}," for each in value)
            yield "]"
        else:
            yield line


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(each) for each in value)}]"
    return json.dumps(value)  # true, 1 and 0.5


def _text(text: str) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}" if ord(found[0]) == 0x7F else "\ufffd", plain)
