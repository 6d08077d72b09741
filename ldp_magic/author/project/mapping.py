"""A line more in the table of what stands in for what, with every other character of the settings as it was."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["mapped"]


def mapped(text: str, prefix: Sequence[str], name: str, where: str) -> str | None:
    """The text of a settings file in which *where* stands in for *name*; None if that takes a person.

    *prefix* leads to our table: nothing in `ldp.toml`, `tool.ldp` in `pyproject.toml`.
    """
    before = _toml(text)
    if before is None:
        return None
    wanted = _with(before, (*prefix, "local"), name, where)
    line = f"{_quoted(name)} = {_quoted(where)}"
    newline = "\r\n" if "\r\n" in text else "\n"
    for candidate in (
        _in_table(text, prefix, line, newline),
        _inline(text, line),
        _at_end(text, prefix, line, newline),
    ):
        if candidate is not None and _toml(candidate) == wanted:
            return candidate
    return None


def _in_table(text: str, prefix: Sequence[str], line: str, newline: str) -> str | None:
    """Behind the last key of the table, if it has a head of its own."""
    steps = r"\s*\.\s*".join(rf'"?{re.escape(each)}"?' for each in (*prefix, "local"))
    head = re.compile(rf"\s*\[\s*{steps}\s*\]\s*(#.*)?")
    lines = text.splitlines(keepends=True)
    first = next((n for n, each in enumerate(lines) if head.fullmatch(each.rstrip("\r\n"))), None)
    if first is None:
        return None
    last = first
    for n in range(first + 1, len(lines)):
        if re.match(r"\s*\[", lines[n]):
            break
        if lines[n].strip() and not lines[n].lstrip().startswith("#"):
            last = n
    if not lines[last].endswith("\n"):
        lines[last] += newline
    return "".join([*lines[: last + 1], line + newline, *lines[last + 1 :]])


def _inline(text: str, line: str) -> str | None:
    """First in a table that is written on one line."""
    found = re.search(r"^[ \t]*local[ \t]*=[ \t]*\{[ \t]*", text, re.MULTILINE)
    if not found:
        return None
    rest = text[found.end() :]
    comma = " " if rest.startswith("}") else ", "
    return text[: found.end()].rstrip(" \t") + f" {line}{comma}" + rest


def _at_end(text: str, prefix: Sequence[str], line: str, newline: str) -> str:
    """In a table of its own behind everything."""
    head = ".".join((*prefix, "local"))
    gap = newline if text.strip() else ""
    end = "" if not text or text.endswith("\n") else newline
    return f"{text}{end}{gap}[{head}]{newline}{line}{newline}"


def _with(table: Mapping[str, Any], path: Sequence[str], name: str, where: str) -> dict[str, Any]:
    if not path:
        return {**table, name: where}
    inner = table.get(path[0], {})
    return {**table, path[0]: _with(inner if isinstance(inner, Mapping) else {}, path[1:], name, where)}


def _toml(text: str) -> dict[str, Any] | None:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _quoted(text: str) -> str:
    """A text as TOML says it; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
