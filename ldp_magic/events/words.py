"""Figures and states of an update in plain words, the same in messages, lines and displays."""

from __future__ import annotations

# what the documented states of a flow are called here
FLOW_STATES = {
    "QUEUED": "waiting",
    "PLANNING": "running",
    "STARTING": "running",
    "RUNNING": "running",
    "COMPLETED": "done",
    "IDLE": "unchanged",
    "FAILED": "failed",
    "SKIPPED": "skipped",
    "STOPPED": "stopped",
    "EXCLUDED": "left out",
}
# and those of an update; a state that nobody knows is still going
UPDATE_STATES = {
    "QUEUED": "waiting",
    "COMPLETED": "done",
    "FAILED": "failed",
    "CANCELED": "stopped",
    "CUT_SHORT": "cut short",  # ours: its process is gone, and said nothing
}
ENDS = ("COMPLETED", "FAILED", "CANCELED", "CUT_SHORT")
# the phases of an update that are shown
PHASES = {
    "WAITING_FOR_RESOURCES": "wait for compute",
    "INITIALIZING": "initialize",
    "RESETTING": "reset",
    "SETTING_UP_TABLES": "set up tables",
    "RUNNING": "run flows",
    "STOPPING": "finish",
}
# what becomes of a flow that was not done when its update ended
CUT_SHORT = {"QUEUED": "SKIPPED", "PLANNING": "STOPPED", "STARTING": "STOPPED", "RUNNING": "STOPPED"}
_LARGEST = 9_999_999  # that is written out


def figure(number: int) -> str:
    """`1,204`, or `12.3M` where that would be long."""
    if abs(number) <= _LARGEST:
        return f"{number:,}"
    for size, unit in ((1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M")):
        if abs(number) >= size:
            return f"{number / size:,.1f}{unit}"
    return f"{number:,}"


def rows(number: int, kind: str = "") -> str:
    """`1 row`, `846 upserted rows`."""
    return f"{figure(number)} {kind + ' ' if kind else ''}row{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """`0.31 s`, `2.7 s`, `34 s`, `2 min 05 s`, `1 h 04 min`, `3 d 2 h`."""
    if seconds < 0.01:
        return "< 0.01 s"
    if round(seconds, 2) < 1:
        return f"{seconds:.2f} s"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours < 24 else _days(seconds)


def _days(seconds: float) -> str:
    days, hours = divmod(round(seconds / 3_600), 24)
    return f"{days} d {hours} h"


def rate(number: int, seconds: float) -> int:
    """Rows in a second, with three digits that count."""
    each = number / seconds
    digits = 3 - len(str(int(each)))
    return round(round(each, digits)) if each >= 1 else round(each)


def listed(names: list[str] | tuple[str, ...], most: int = 3) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b and 4 more`."""
    shown = list(names[:most] if len(names) <= most else names[: most - 1])
    left = len(names) - len(shown)
    last = f"{left:,} more" if left else shown.pop() if shown else ""
    return f"{', '.join(shown)} and {last}" if shown else last
