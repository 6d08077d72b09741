"""The updates of a lake, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from ldp_magic.events import Updated
from ldp_magic.events.words import duration, figure
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table
from ldp_magic.show.updates.data import json as whole
from ldp_magic.show.updates.signs import sign_of
from ldp_magic.show.updates.words import problems, scope

__all__ = ["json", "text", "zone_of"]

_NARROW = 110  # cells below which what was read is left out
_SUMS = ("read", "written", "dropped")


def text(updates: Sequence[Updated], total: int, pen: Pen, zone: tzinfo | None = None) -> str:
    """A line for each update: when, how long, how many flows and rows, and what went wrong."""
    several = len({update.pipeline for update in updates}) > 1
    sums = _SUMS if pen.width >= _NARROW else _SUMS[1:]
    heads = [Column("state", cuts="never"), Column("update", "right", "never"), Column("started", cuts="never")]
    heads += [Column("time", "right", "never"), Column("flows", "right", "never")]
    heads += [Column(each, "right", "never") for each in sums]
    heads += [*([Column("pipeline")] if several else []), *([Column("")] if _special(updates) else [])]
    rows = []
    for update in updates:
        cells = [update.word, _number(update), _time(update.began, zone), _took(update)]
        cells += [f"{update.fine:,} of {update.total:,}", *(_sum(update, each, pen) for each in sums)]
        cells += [*([update.pipeline] if several else []), *([_scope(update)] if _special(updates) else [])]
        rows.append([Run(pen.theirs(cell) if cell and cell != "·" else cell) for cell in cells])
    first, *lines = table(heads, rows, pen, indent="  ")
    both = zip(updates, lines, strict=True)
    lines = [line for update, row in both for line in (_marked(update, row, pen), *_failures(update, pen))]
    left = total - len(updates)
    more = [pen.ours(f"  … {left:,} earlier: --limit {total}")] if left > 0 else []
    return "\n".join([_head(updates, total, pen, zone), "", first, *lines, *more])


def _special(updates: Sequence[Updated]) -> bool:
    return any(_scope(update) for update in updates)


def _scope(update: Updated) -> str:
    """Which flows took part, if not all as ever."""
    said = scope(update)[-1]
    return "" if said == "all flows" else said


def _failures(update: Updated, pen: Pen) -> Iterator[str]:
    """What went wrong, below its update."""
    found = list(problems(update))
    more = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
    for problem in found[:1]:
        yield pen.hanging("  ", pen.theirs(problem.what) + more)


def _head(updates: Sequence[Updated], total: int, pen: Pen, zone: tzinfo | None) -> str:
    said = [f"{total:,} update{'' if total == 1 else 's'}", *dict.fromkeys(each.environment for each in updates)]
    shown = pen.ours(" · ").join(pen.theirs(each) for each in said if each)
    newest = next((each.began for each in updates if each.began), None)
    times = pen.ours(" · ") + f"times in {zone_of(newest, zone)}" if newest else ""
    return pen.line([Run("history", "bold"), Run(f"  {shown}{times}")])


def _marked(update: Updated, line: str, pen: Pen) -> str:
    """The line with the sign of its state in front."""
    sign = sign_of(update.word)
    return pen.line([Run(sign.of(pen.glyphs), sign.terminal)]) + line[1:]


def zone_of(time: datetime | None, zone: tzinfo | None) -> str:
    """`UTC`, `UTC+2`, `UTC+5:30`: the zone in which times are shown."""
    offset = time.astimezone(zone).utcoffset() if time else None
    minutes = round(offset.total_seconds() / 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" + (f"{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}" if minutes else "")


def _number(update: Updated) -> str:
    return update.name.removeprefix("update ")


def _time(time: datetime | None, zone: tzinfo | None) -> str:
    return time.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if time else "unknown"


def _took(update: Updated) -> str:
    seconds = update.elapsed()
    return duration(seconds) if seconds is not None else ""


def _sum(update: Updated, what: Any, pen: Pen) -> str:
    number = update.sum_of(what)
    return figure(number) if number is not None else "·" if pen.glyphs == "unicode" else "."


def json(updates: Sequence[Updated]) -> list[dict[str, Any]]:
    """An object for each update, with the sums of its flows in place of the flows."""
    found = []
    for update in updates:
        said = {key: value for key, value in whole(update).items() if key not in ("flows", "phases", "failure")}
        said["seconds"] = update.elapsed()
        said |= {f"rows_{each}": update.sum_of(each) for each in _SUMS}  # type: ignore[arg-type]
        found.append({**said, "ended": update.ended, "problems": [each.what for each in problems(update)]})
    return found
