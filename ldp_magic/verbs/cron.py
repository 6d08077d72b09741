"""Say when a Quartz expression fires next, in its time zone.

Times that daylight saving leaves out do not fire that day, and times that come twice fire the second time.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any

from ldp_magic.cron import Schedule, read
from ldp_magic.errors import UsageError
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import json_text

COUNT, MOST = 5, 10_000


def cron(expression: str, *, zone: str = "UTC", after: datetime | str | None = None, count: int = COUNT) -> Fires:
    """The next times of a Quartz expression after a moment, else after now."""
    schedule = read(expression, zone)
    moment = _moment(after) if isinstance(after, str) else after or datetime.now(timezone.utc)
    return Fires(schedule, tuple(islice(schedule.fires(moment), count)))


def _moment(said: str) -> datetime:
    """A time as people and programs write it; one that names no zone is in UTC."""
    text = said.strip()
    try:
        found = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in ("Z", "z") else text)
    except ValueError:
        raise UsageError(
            f"ldp cron: --after cannot be {said[:40]}", why="it is a time", fix="write --after 2026-03-28T00:00:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Fires:
    """When a schedule fires."""

    schedule: Schedule
    next: tuple[datetime, ...]
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        return 0

    def json(self) -> dict[str, Any]:
        """The times as local ones with their offset."""
        return {"next": [_written(fire) for fire in self.next]}

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """The schedule in words, and a line for each time."""
        if self.as_json:
            return json_text(self.json())
        pen = Pen.of(width, color, glyphs)
        head = pen.line([Run(self.schedule.text, "bold"), Run("  " + pen.ours(self.schedule.words()))])
        if not self.next:
            return "\n".join([head, "", *_never(pen)])
        rows = [[Run(f"{fire:%a %d %b %Y}"), Run(f"{fire:%H:%M:%S}"), Run(_offset(fire))] for fire in self.next]
        notes = [_note(said, pen) for said in self._remarks()]
        return "\n".join([head, "", *table([Column()] * 3, rows, pen), *(["", *notes] if notes else [])])

    def _remarks(self) -> Iterator[str]:
        zone = self.schedule.zone
        if "/" not in zone and zone != "UTC":
            yield f"{zone} is an old short name, and Java reads some of them as a fixed offset; name a place or UTC"
        offsets = {fire.utcoffset() for fire in self.next}
        if len(offsets) > 1:
            yield f"the clocks of {zone} change in between; in UTC no time is left out and none comes twice"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("cron", self.text())


def _written(fire: datetime) -> str:
    text = fire.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def _offset(fire: datetime) -> str:
    minutes = int((fire.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" + (f"{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}" if minutes else "")


def _note(said: str, pen: Pen) -> str:
    sign = pen.state("warning")
    return pen.hanging(f"{sign.text} ", pen.ours(said))


def _never(pen: Pen) -> Iterator[str]:
    yield _note("it does not fire any more: no day fits", pen)


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp cron`."""
    parser.add_argument(
        "expression", metavar="EXPRESSION", nargs="+", help='six or seven fields, such as "0 0 2 * * ?"'
    )
    parser.add_argument("--zone", default="UTC", metavar="ZONE", help="the time zone, by its name (default: UTC)")
    parser.add_argument("--after", metavar="TIME", help="the time after which they are (default: now)")
    parser.add_argument("--count", metavar="N", default=str(COUNT), help=f"how many (default: {COUNT})")
    parser.add_argument("--json", action="store_true", help='{"next": [local times with their offset]}')


def command(args: Namespace) -> Fires:
    """`ldp cron EXPRESSION [--zone ZONE] [--after TIME] [--count N] [--json]`."""
    found = cron(" ".join(args.expression), zone=args.zone, after=args.after, count=_count(args.count))
    return Fires(found.schedule, found.next, args.json)


def _count(said: str) -> int:
    if said.isdecimal() and said.isascii() and 0 < int(said) <= MOST:
        return int(said)
    raise UsageError(
        f"ldp cron: --count cannot be {said[:40]}", why=f"it is a number up to {MOST:,}", fix="say --count 5"
    )
