"""What another program wrote, read with patience: numbers may be texts, keys may be missing, anything may be odd."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?\s*(?:Z|([+-])(\d\d):?(\d\d))?", re.IGNORECASE
)
_NOTHING: Mapping[str, Any] = {}


def mapping(value: object) -> Mapping[str, Any]:
    """An object, also one that is written as a JSON text; anything else is an empty one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return _NOTHING
    return value if isinstance(value, Mapping) else _NOTHING


def items(value: object) -> list[Any]:
    """A list; anything else is an empty one."""
    return list(value) if isinstance(value, (list, tuple)) else []


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(each for each in items(value) if isinstance(each, str))


def text(value: object) -> str:
    """A text; anything else is an empty one."""
    return value if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """A whole number, also one that is written as a text of digits."""
    number = real(value)
    return int(number) if number is not None else None


def real(value: object) -> float | int | None:
    """A number, also one that is written as a text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                return None
    if isinstance(value, int):
        return value
    return value if isinstance(value, float) and abs(value) < float("inf") else None


def moment(value: object) -> datetime | None:
    """A time as events write it; one that names no zone is in UTC."""
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    day, clock, fraction, sign, hours, minutes = found.groups()
    try:
        time = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}")
        offset = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
        return (time - offset if sign != "-" else time + offset).replace(tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        return None


def written(time: datetime) -> str:
    """A time as events write it."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
