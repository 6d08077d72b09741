"""Event times as people write them in files, as numbers that can be put in order."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any

_FRACTION = re.compile(r"\.(\d+)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_INSIDE = ("value", "data")  # where an event has its payload
_MILLIS, _MICROS, _MOST = 1e11, 1e14, 6e16  # numbers from which on they cannot be seconds, milliseconds, or a time


def moment_in(row: Mapping[str, Any], names: Sequence[str]) -> float | None:
    """The first of these columns that holds a time, in seconds since 1970."""
    low = {name.lower(): value for name, value in row.items()}
    for name in names:
        found = moment(low.get(name.lower()))
        if found is not None:
            return found
    for name in _INSIDE:
        inner = _payload(low.get(name))
        if inner:
            return moment_in(inner, names)
    return None


def _payload(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def moment(value: Any) -> float | None:
    """A value as a time, if it is one."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _scaled(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc).timestamp()
    return _written(str(value).strip())


def _scaled(number: float) -> float | None:
    """Seconds, whatever unit a number is in; None for one that is no time between the years 1 and 9999."""
    size = abs(number)
    if not size < _MOST:
        return None
    return number / 1e6 if size >= _MICROS else number / 1e3 if size >= _MILLIS else float(number)


def _written(text: str) -> float | None:
    if _NUMBER.fullmatch(text):
        return _scaled(float(text))
    text = _FRACTION.sub(lambda found: "." + f"{found[1]:0<6}"[:6], text[:-1] + "+00:00" if text[-1:] == "Z" else text)
    try:
        return moment(datetime.fromisoformat(text))
    except ValueError:
        return None
