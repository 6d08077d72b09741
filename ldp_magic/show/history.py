"""The updates of a lake, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal, TypeAlias

from ldp_magic.events import Updated
from ldp_magic.events.words import duration, figure
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table
from ldp_magic.show.updates.data import json as whole
from ldp_magic.show.updates.signs import sign_of
from ldp_magic.show.updates.words import problems, scope

__all__ = ["json", "text", "zone_of"]

Sum: TypeAlias = Literal["read", "written", "dropped"]
_SUMS: tuple[Sum, ...] = ("read", "written", "dropped")


def text(updates: Sequence[Updated], total: int, pen: Pen, zone: tzinfo | None = None) -> str:
    """A line for each update: when, how long, how many flows and rows, and what went wrong."""
    several = len({update.pipeline for update in updates}) > 1
    wanted = [name for name in _COLUMNS if name != "pipeline" or several]
    wanted = [name for name in wanted if pen.width >= _COLUMNS[name].width]
    columns = [_COLUMNS[name] for name in wanted]
    heads = [Column(name, column.align, column.cuts) for name, column in zip(wanted, columns, strict=True)]
    heads = [Column("") if head.head == "refresh" else head for head in heads]
    nothing = "·" if pen.glyphs == "unicode" else "."
    rows = []
    for update in updates:
        cells = [column.cell(update, zone) for column in columns]
        rows.append([Run(nothing if cell is None else pen.theirs(cell)) for cell in cells])
    first, *lines = table(heads, rows, pen, indent="  ")
    both = zip(updates, lines, strict=True)
    lines = [line for update, row in both for line in (_marked(update, row, pen), *_failures(update, pen))]
    left = total - len(updates)
    more = [pen.ours(f"  … {left:,} earlier: --limit {total}")] if left > 0 else []
    return "\n".join([_head(updates, total, pen, zone), "", first, *lines, *more])


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


def _started(update: Updated, zone: tzinfo | None) -> str:
    return update.began.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if update.began else "unknown"


def _took(update: Updated, zone: tzinfo | None) -> str | None:
    seconds = update.elapsed()
    return duration(seconds) if seconds is not None else None


def _sum_of(what: Sum) -> Callable[[Updated, tzinfo | None], str | None]:
    def cell(update: Updated, zone: tzinfo | None) -> str | None:
        number = update.sum_of(what)
        return None if number is None else figure(number)

    return cell


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: what it says of an update, how it stands, and how wide a terminal must be to have it."""

    cell: Callable[[Updated, tzinfo | None], str | None]
    align: Literal["left", "right"] = "right"
    width: int = 0
    cuts: Literal["middle", "never"] = "never"


_COLUMNS = {
    "state": _Column(lambda update, _: update.word, "left"),
    "update": _Column(lambda update, _: update.name.removeprefix("update ")),
    "started": _Column(_started, "left"),
    "time": _Column(_took),
    "flows": _Column(lambda update, _: f"{update.fine:,} of {update.total:,}", width=90),
    "read": _Column(_sum_of("read"), width=110),
    "written": _Column(_sum_of("written")),
    "dropped": _Column(_sum_of("dropped")),
    "pipeline": _Column(lambda update, _: update.pipeline, "left", width=90, cuts="middle"),
    "refresh": _Column(lambda update, _: _scope(update), "left", width=90, cuts="middle"),
}


def json(updates: Sequence[Updated]) -> list[dict[str, Any]]:
    """An object for each update, with the sums of its flows in place of the flows."""
    found = []
    for update in updates:
        said = {key: value for key, value in whole(update).items() if key not in ("flows", "phases", "failure")}
        said["seconds"] = update.elapsed()
        said |= {f"rows_{each}": update.sum_of(each) for each in _SUMS}
        found.append({**said, "ended": update.ended, "problems": [each.what for each in problems(update)]})
    return found
