"""How long a duration is, as Spark reads it in windows and in the delays of watermarks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from ldp_magic.engine.child import EngineError

DAY = 86_400_000_000  # microseconds
_MILLISECOND = 1000
_DAYS_OF_A_MONTH = 31  # in the delay of a watermark, whatever the month
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MICROS = {
    "microsecond": 1,
    "millisecond": _MILLISECOND,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": DAY,
    "week": 7 * DAY,
}
_FIELDS = ("day", "hour", "minute", "second")
_PAIR = re.compile(r"\s*([+-]?)\s*(?:'\s*([+-]?[\d.]+)\s*'|\"\s*([+-]?[\d.]+)\s*\"|([\d.]+))\s*([A-Za-z]+)")
_RANGE = re.compile(r"([+-]?)\s*['\"]\s*([+-]?)([\d .:-]+?)\s*['\"]\s*([A-Za-z]+)\s+TO\s+([A-Za-z]+)", re.IGNORECASE)
_INTERVAL = re.compile(r"^\s*INTERVAL\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Duration:
    """Months, whose length nobody knows, and microseconds."""

    months: int
    micros: int


def duration(written: str) -> Duration | None:
    """What `INTERVAL 1 HOUR`, `INTERVAL '1:30' HOUR TO MINUTE` or `'1 day 2 hours'` says; None for anything else."""
    text = _INTERVAL.sub("", written.strip()).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" and text[0] not in text[1:-1]:
        text = _INTERVAL.sub("", text[1:-1]).strip()
    ranged = _RANGE.fullmatch(text)
    return _range(*ranged.groups()) if ranged is not None else _pairs(text)


def delay(written: str) -> int:
    """The delay of a watermark in microseconds; it counts in whole milliseconds, and a month is 31 days."""
    found = duration(written)
    if found is None:
        raise EngineError(
            f"the delay {written.strip()} of a watermark cannot be read",
            why="it has to be an interval such as INTERVAL 1 HOUR",
            fix="write it as INTERVAL, a number and a unit",
        )
    micros = found.months * _DAYS_OF_A_MONTH * DAY + found.micros
    if micros < 0:
        raise EngineError(
            f"the delay {written.strip()} of a watermark is negative",
            why="it says how late a row may come",
            fix="take the time that the latest rows need, such as INTERVAL 1 HOUR",
        )
    return micros - micros % _MILLISECOND


def _pairs(text: str) -> Duration | None:
    """`1 DAY 2 HOURS`, `'10' MINUTES`"""
    months = micros = Decimal(0)
    position = 0
    for found in _PAIR.finditer(text):
        sign, single, double, bare, unit = found.groups()
        if text[position : found.start()].strip() or (value := _number(single or double or bare)) is None:
            return None
        position, name = found.end(), unit.lower().removesuffix("s")
        value = -value if sign == "-" else value
        if name in _MONTHS:
            months += value * _MONTHS[name]
        elif name in _MICROS:
            micros += value * _MICROS[name]
        else:
            return None
    return Duration(int(months), int(micros)) if position and not text[position:].strip() else None


def _range(before: str, inside: str, text: str, first: str, last: str) -> Duration | None:
    """`'1 02:03:04.5' DAY TO SECOND`, `'1-2' YEAR TO MONTH`"""
    sign = -1 if (before == "-") != (inside == "-") else 1
    units = [unit.lower().removesuffix("s") for unit in (first, last)]
    numbers = [_number(each) for each in re.split(r"[ :-]+", text.strip())]
    if units == ["year", "month"] and len(numbers) == 2 and None not in numbers:
        return Duration(sign * int((numbers[0] or 0) * 12 + (numbers[1] or 0)), 0)
    if not set(units) <= set(_FIELDS) or None in numbers:
        return None
    names = _FIELDS[_FIELDS.index(units[0]) : _FIELDS.index(units[1]) + 1]
    if len(names) != len(numbers):
        return None
    return Duration(0, sign * int(sum((n or 0) * _MICROS[name] for n, name in zip(numbers, names, strict=True))))


def _number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text) else None
