"""Show every setting, its value and where it comes from.

Of two places that say something, the later wins: default, file, environment table, variable, flag.
"""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ldp_magic.settings import KEYS, PIPELINE_KEYS, Settings, find, path_shown, table_shown, without_secrets
from ldp_magic.verbs import Glyphs

_NOTHING: Mapping[str, object] = {}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def settings(
    path: str | Path = ".", *, env: str | None = None, overrides: Mapping[str, object] = _NOTHING
) -> Settings:
    """The settings that count for *path* in environment *env*; *overrides* are flags, by their setting's name."""
    return find(path, env, overrides)


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp settings`."""
    parser.add_argument("path", nargs="?", default=".", help="a file or folder; its settings are looked for upwards")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(args: Namespace) -> ShownSettings:
    """`ldp settings [PATH] [--env NAME] [--json]`."""
    return ShownSettings(settings(args.path, env=args.env), args.json)


@dataclass(frozen=True, slots=True)
class ShownSettings:
    """The settings as a table or as JSON."""

    settings: Settings
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        if self.as_json:
            return json.dumps(self._json(), indent=2, ensure_ascii=glyphs == "ascii")
        bold = ("\x1b[1m", "\x1b[0m") if color else ("", "")
        head = ("key", "value", "origin")
        first, *rest = _table([head, *_rows(self.settings)], width, "..." if glyphs == "ascii" else "…")
        return "\n".join([self._headline(glyphs), "", first.join(bold), *rest])

    def _headline(self, glyphs: Glyphs) -> str:
        said = self.settings
        parts = [path_shown(said.file) if said.file else "no settings file", f"{len(KEYS)} settings"]
        parts += [f"environment {_clean(said.environment)}"] if said.environment else []
        return "settings  " + (" · " if glyphs == "unicode" else " * ").join(parts)

    def _json(self) -> dict[str, object]:
        said = self.settings
        values = {key.name: getattr(said, key.field) for key in KEYS} | {"place": without_secrets(said.place)}
        return {
            "file": path_shown(said.file) if said.file else None,
            "environment": said.environment,
            "environments": said.environments,
            "settings": {name: {"value": value, "origin": said.origin[name]} for name, value in values.items()},
            "parameters": {name: said.origin[f"parameters.{name}"] for name in said.parameters},
            "pipelines": {name: dict(_of_pipeline(said, name)) for name in said.pipelines},
        }


def _of_pipeline(said: Settings, name: str) -> Iterator[tuple[str, object]]:
    entry = said.pipelines[name]
    return ((key.name, value) for key in PIPELINE_KEYS if (value := getattr(entry, key.field)))


def _rows(said: Settings) -> Iterator[tuple[str, str, str]]:
    for key in KEYS:
        value = getattr(said, key.field)
        if key.name == "parameters" and value:
            names = [(f"parameters.{each}", text) for each, text in value.items()]
            yield from ((name, _value(text), said.origin[name]) for name, text in names)
        else:
            yield key.name, _size(value) if key.name == "max-file-size" else _value(value), said.origin[key.name]
    for name in said.pipelines:
        where = table_shown(said.file, "pipelines", name)
        yield from ((f"pipelines.{name}.{key}", _value(value), where) for key, value in _of_pipeline(said, name))
    for name in said.environments:
        yield f"env.{name}", "chosen" if name == said.environment else "not chosen", table_shown(said.file, "env", name)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) or "none"
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "none"
    return "not set" if value is None else without_secrets(str(value))


def _size(size: int) -> str:
    units = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))
    fits = ((size // many, unit) for many, unit in units if size % many == 0)
    return "{} {}".format(*next(fits, (size, "B")))


def _table(rows: list[tuple[str, str, str]], width: int, gap: str) -> list[str]:
    """Rows with two spaces between the columns; what is too long is cut in its middle, a row never wraps."""
    cells = [[_clean(cell) for cell in row] for row in rows]
    wide = [max(map(_wide, column)) for column in zip(*cells, strict=True)]
    while sum(wide) + 2 * len(wide) > width:
        wide[wide.index(max(wide))] -= 1
    cut = ([_cut(cell, room, gap) for cell, room in zip(row, wide, strict=True)] for row in cells)
    return [("  " + "  ".join(row)).rstrip() for row in cut]


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


def _wide(text: str) -> int:
    from wcwidth import wcswidth

    return len(text) if text.isascii() else max(wcswidth(text), 0)


def _cut(text: str, room: int, gap: str) -> str:
    """*text* in exactly *room* cells."""
    left, right = text, ""
    if _wide(text) > room:
        left, right = text[: room - room // 2], text[-(room // 2) :]
        while _wide(left + gap + right) > room:
            left, right = (left[:-1], right) if len(left) >= len(right) else (left, right[1:])
        left += gap
    return left + right + " " * (room - _wide(left + right))
