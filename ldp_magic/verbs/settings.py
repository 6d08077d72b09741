"""Show every setting, its value and where it comes from.

Of two places that say something, the later wins: default, file, environment table, variable, flag.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path

from ldp_magic.cron import Schedule, ScheduleError, ZoneError, read
from ldp_magic.errors import SettingsError, SourceError
from ldp_magic.forms.plain import SIZE
from ldp_magic.settings import KEYS, PIPELINE_KEYS, Settings, find, path_shown, table_shown, without_secrets
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table
from ldp_magic.verbs import Glyphs

_NOTHING: Mapping[str, object] = {}
SOON = 3


def settings(path: str | Path = ".", *, env: str | None = None, overrides: Mapping[str, object] = _NOTHING) -> Settings:
    """The settings that count for *path* in environment *env*; *overrides* are flags, by their setting's name."""
    return find(path, env, overrides)


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp settings`."""
    parser.add_argument("path", nargs="?", default=".", help="a file or folder; its settings are looked for upwards")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def command(args: Namespace) -> ShownSettings:
    """`ldp settings [PATH] [--env NAME] [--json]`."""
    if not os.path.lexists(args.path):
        why = "settings are looked for from there upwards"
        raise SourceError(f"{args.path} is not there", why=why, fix="check the path")
    said = settings(args.path, env=args.env)
    return ShownSettings(said, args.json, schedules(said))


def schedules(said: Settings) -> dict[str, Schedule]:
    """The schedule of each pipeline that has one; a mistake in it is told with the place that says it."""
    every = {name: said.of(name) for name in said.pipelines} or {said.root.name: said}
    return {name: _schedule(each.schedule, each) for name, each in every.items() if each.schedule}


def _schedule(text: str, said: Settings) -> Schedule:
    try:
        return read(text, said.schedule_time_zone)
    except ScheduleError as error:
        key = "schedule-time-zone" if isinstance(error, ZoneError) else "schedule"
        raise SettingsError(f"{said.origin[key]}: {error.what}", why=error.why, fix=error.fix) from None


@dataclass(frozen=True, slots=True)
class ShownSettings:
    """The settings as a table or as JSON, and when the pipelines run next."""

    settings: Settings
    as_json: bool = False
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        if self.as_json:
            return json.dumps(self._json(), indent=2, ensure_ascii=glyphs == "ascii")
        pen = Pen.of(width, color, glyphs)
        rows = [[Run(pen.theirs(cell)) for cell in row] for row in _rows(self.settings)]
        columns = [Column("key"), Column("value"), Column("origin")]
        return "\n".join([self._headline(pen), "", *table(columns, rows, pen), *self._runs(pen)])

    def _runs(self, pen: Pen) -> list[str]:
        if not self.schedules:
            return []
        rows = [
            [Run(pen.theirs(name)), Run(pen.theirs(schedule.words())), Run(pen.ours(self._soon(schedule)))]
            for name, schedule in self.schedules.items()
        ]
        columns = [Column("pipeline"), Column("runs", cuts="end"), Column("next", cuts="end")]
        return ["", *table(columns, rows, pen)]

    def _soon(self, schedule: Schedule) -> str:
        return " · ".join(f"{fire:%Y-%m-%d %H:%M}" for fire in self._next(schedule)) or "never"

    def _next(self, schedule: Schedule) -> list[datetime]:
        return list(islice(schedule.fires(self.now), SOON))

    def _headline(self, pen: Pen) -> str:
        said = self.settings
        parts = [pen.theirs(path_shown(said.file)) if said.file else "no settings file", f"{len(KEYS)} settings"]
        parts += [f"environment {pen.theirs(said.environment)}"] if said.environment else []
        return pen.line([Run("settings", "bold"), Run("  " + pen.ours(" · ").join(parts))])

    def _json(self) -> dict[str, object]:
        said = self.settings
        values = {key.name: getattr(said, key.field) for key in KEYS} | dict(said.deployment)
        values["place"] = without_secrets(said.place)
        return {
            "file": path_shown(said.file) if said.file else None,
            "environment": said.environment,
            "environments": said.environments,
            "settings": {name: {"value": value, "origin": said.origin[name]} for name, value in values.items()},
            "parameters": {name: said.origin[f"parameters.{name}"] for name in said.parameters},
            "pipelines": {name: dict(_of_pipeline(said, name)) for name in said.pipelines},
            "schedules": {name: self._scheduled(schedule) for name, schedule in self.schedules.items()},
        }

    def _scheduled(self, schedule: Schedule) -> dict[str, object]:
        return {
            "expression": schedule.text,
            "time-zone": schedule.zone,
            "words": schedule.words(),
            "next": [fire.isoformat() for fire in self._next(schedule)],
        }


def _of_pipeline(said: Settings, name: str) -> Iterator[tuple[str, object]]:
    entry = said.pipelines[name]
    values = {key.name: getattr(entry, key.field, None) for key in PIPELINE_KEYS} | dict(entry.deployment)
    return ((name, value) for name, value in values.items() if value)


def _rows(said: Settings) -> Iterator[tuple[str, str, str]]:
    for key in KEYS:
        value = getattr(said, key.field)
        if isinstance(value, Mapping) and f"{key.name}.{next(iter(value), '')}" in said.origin:
            names = [(f"{key.name}.{each}", text) for each, text in value.items()]
            yield from ((name, _value(text), said.origin[name]) for name, text in names)
        else:
            yield key.name, _size(value) if key.form is SIZE and value else _value(value), said.origin[key.name]
    yield from ((name, _value(value), said.origin[name]) for name, value in said.deployment.items())
    for name in said.pipelines:
        where = table_shown(said.file, "pipelines", name)
        yield from ((f"pipelines.{name}.{key}", _value(value), where) for key, value in _of_pipeline(said, name))
    for name in said.environments:
        yield f"env.{name}", "chosen" if name == said.environment else "not chosen", table_shown(said.file, "env", name)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) or "none"
    if isinstance(value, tuple):
        return " ".join(map(_value, value)) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return "not set" if value is None else without_secrets(str(value))


def _size(size: int) -> str:
    units = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))
    fits = ((size // many, unit) for many, unit in units if size % many == 0)
    return "{} {}".format(*next(fits, (size, "B")))
