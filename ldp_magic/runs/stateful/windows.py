"""Windows of event time: which one is the last that a row is in, and all those that end within a stretch of time.

Times are microseconds since 1970 in a column `__ldp_time`; so is everything that is compared with a watermark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ldp_magic.engine.child import EngineError
from ldp_magic.runs.stateful.durations import duration

TIME = "__ldp_time"


@dataclass(frozen=True, slots=True)
class Point:
    """A group for each event time itself."""

    @property
    def end(self) -> str:
        """When the last group of a row is over."""
        return TIME


@dataclass(frozen=True, slots=True)
class Window:
    """`window(time, length, slide, start)`"""

    length: int
    slide: int
    start: int

    @property
    def end(self) -> str:
        """When the last window of a row is over."""
        return f"({self._last} + {self.length})"

    @property
    def _last(self) -> str:
        """When the last window of a row begins."""
        return f"({TIME} - pmod({TIME} - {self.start}, {self.slide}))"

    def expanded(self, rows: str, columns: Sequence[str], name: str, after: int, until: int) -> str:
        """A query for *rows* once for each of their windows that ends later than *after* and not later than *until*;
        the window is in the column *name*."""
        listed = ", ".join(columns)
        first = f"greatest({self._last} - {self._more * self.slide}, {self._next(after - self.length)})"
        last = f"least({self._last}, {self._next(until - self.length) - self.slide})"
        bounds = f"SELECT {listed}, {TIME}, {first} AS __ldp_first, {last} AS __ldp_last FROM {rows}"
        starts = (
            f"SELECT {listed}, {TIME}, explode(sequence(__ldp_first, __ldp_last, {self.slide})) AS __ldp_start"
            f" FROM ({bounds}) WHERE __ldp_first <= __ldp_last"
        )
        window = f"timestamp_micros(__ldp_start), 'end', timestamp_micros(__ldp_start + {self.length})"
        return (
            f"SELECT {listed}, named_struct('start', {window}) AS {name} FROM ({starts})"
            f" WHERE {TIME} < __ldp_start + {self.length}"
        )

    @property
    def _more(self) -> int:
        """How many windows a row can be in besides the last."""
        return -(-self.length // self.slide) - 1

    def _next(self, time: int) -> int:
        """The first window that begins later than *time*."""
        return time - (time - self.start) % self.slide + self.slide


@dataclass(frozen=True, slots=True)
class Session:
    """`session_window(time, gap)`: rows of one key belong together while the next is no later than the gap."""

    gap: int

    @property
    def end(self) -> str:
        """When the session of a row alone would be over."""
        return f"({TIME} + {self.gap})"

    def formed(self, rows: str, columns: Sequence[str], keys: Sequence[str]) -> str:
        """A query for *rows* with the beginning and the end of their session; *keys* are columns too."""
        by = ", ".join(keys)
        listed = ", ".join(columns)
        over = f"OVER (PARTITION BY {by} ORDER BY {TIME})"
        apart = f"CASE WHEN {TIME} <= lag({TIME}) {over} + {self.gap} THEN 0 ELSE 1 END"
        cut = f"SELECT *, {apart} AS __ldp_apart FROM {rows}"
        numbered = f"SELECT *, sum(__ldp_apart) {over} AS __ldp_number FROM ({cut})"
        session = f"OVER (PARTITION BY {by}, __ldp_number)"
        bounds = f"min({TIME}) {session} AS __ldp_from, max({TIME}) {session} + {self.gap} AS __ldp_until"
        return f"SELECT {listed}, {TIME}, {bounds} FROM ({numbered})"


def window(arguments: Sequence[str]) -> Window:
    """The window that the arguments of a call describe, the first of which is the time."""
    length, slide, start = (_micros(each) for each in [*arguments[1:], *("0",) * (4 - len(arguments))][:3])
    slide = slide if len(arguments) > 2 else length
    if length <= 0 or not 0 < slide <= length or abs(start) >= slide or not 2 <= len(arguments) <= 4:
        raise EngineError(
            f"window({', '.join(arguments)}) describes no window",
            why="its length is above zero, its slide is no longer than that, and its start is shorter than the slide",
            fix="write it as window(time, '10 minutes') or window(time, '10 minutes', '5 minutes')",
        )
    return Window(length, slide, start)


def session(arguments: Sequence[str]) -> Session:
    """The session that the arguments of a call describe."""
    gap = _micros(arguments[1]) if len(arguments) == 2 else 0
    if gap <= 0:
        raise EngineError(
            f"session_window({', '.join(arguments)}) describes no session",
            why="its gap is above zero",
            fix="write it as session_window(time, '10 minutes')",
        )
    return Session(gap)


def _micros(text: str) -> int:
    """A duration, or a number of microseconds."""
    if text.lstrip("-").isdigit():
        return int(text)
    found = duration(text)
    if found is None or found.months:
        raise EngineError(
            f"the duration {text} cannot be used in a window",
            why="it has to be a text such as '10 minutes', without months, and the same for all rows",
            fix="write it in weeks, days, hours, minutes or seconds",
        )
    return found.micros
