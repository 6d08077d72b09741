"""Values out of text, by Spark's rules: a column at once where Arrow reads it as Spark does, else one by one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from ldp_magic.engine.files.failure import FilesError
from ldp_magic.engine.files.types import arrow_type

BAD: Final = object()  # what cannot be read as its type
BITS = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
_INTEGER = re.compile(r"[+-]?\d+", re.A)
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?", re.A)
_ENDLESS = {"NaN": "nan", "Inf": "inf", "-Inf": "-inf", "+Inf": "inf"}
_ENDLESS |= {"INF": "inf", "-INF": "-inf", "+INF": "inf"}
_ENDLESS |= {"Infinity": "inf", "-Infinity": "-inf", "+Infinity": "inf"}
_DATE = re.compile(r"\s*([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T].*)?)?)?\s*", re.A | re.S)
_MOMENT = re.compile(
    r"\s*(\d{4,6})(?:-(\d{1,2})(?:-(\d{1,2}))?)?"
    r"(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?|\w+/\w+)?)?\s*",
    re.A,
)
# what Arrow's cast reads as Spark does; everything else goes one by one
_PLAIN = {
    "tinyint": r"^-?[0-9]{1,2}$",
    "smallint": r"^-?[0-9]{1,4}$",
    "int": r"^-?[0-9]{1,9}$",
    "bigint": r"^-?[0-9]{1,18}$",
    "double": r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
    "float": r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
    "boolean": r"^(true|false|True|False|TRUE|FALSE)$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamp": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z?$",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """How days and moments are written, and where an hour without a zone was meant."""

    zone: str = "UTC"
    date: str = ""  # patterns as Spark takes them; empty: ISO
    timestamp: str = ""
    timestamp_ntz: str = ""


UTC: Final = Clock()


@lru_cache(maxsize=256)
def converter(name: str, clock: Clock = UTC) -> Callable[[str], Any]:
    """The function from a text to a value of that type, or BAD."""
    if name in BITS:
        return lambda text, limit=1 << BITS[name]: _integer(text, limit)  # type: ignore[misc]
    if name.startswith("decimal("):
        precision, scale = (int(n) for n in name[8:-1].split(","))
        return lambda text: rounded(text, precision, scale)
    found: dict[str, Callable[[str], Any]] = {
        "double": _real,
        "float": _real,
        "boolean": lambda text: {"true": True, "false": False}.get(text.lower(), BAD),
        "date": _patterned(clock.date, clock, True) if clock.date else _day,
        "timestamp": _patterned(clock.timestamp, clock) if clock.timestamp else lambda text: moment(text, clock.zone),
        "timestamp_ntz": _without_zone(_patterned(clock.timestamp_ntz, UTC) if clock.timestamp_ntz else _local),
        "binary": lambda text: text.encode(),
        "void": lambda text: BAD,
    }
    return found.get(name, lambda text: text)


def _integer(text: str, limit: int) -> Any:
    if not _INTEGER.fullmatch(text) or len(text) > 30:
        return BAD
    value = int(text)
    return value if -limit <= value < limit else BAD


def _real(text: str) -> Any:
    stripped = text.strip()
    if _REAL.fullmatch(stripped):
        return float(stripped.rstrip("fFdD"))
    return float(_ENDLESS[stripped]) if stripped in _ENDLESS else BAD


def rounded(text: str, precision: int, scale: int) -> Any:
    """A decimal of that size; half a unit is rounded away from zero."""
    if not _REAL.fullmatch(text) or text[-1] in "fFdD" or len(text) > 400:
        return BAD
    value = Decimal(text)
    if value.adjusted() > precision or value.adjusted() < -400:
        return BAD if value.adjusted() > 0 else Decimal(0)
    value = value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    return value if value.adjusted() < precision - scale or not value else BAD


def _day(text: str) -> Any:
    match = _DATE.fullmatch(text)
    if not match:
        return BAD
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return BAD


def _local(text: str) -> Any:
    match = _MOMENT.fullmatch(text)
    return moment(text, "UTC") if match and not match[8] else BAD


def moment(text: str, zone: str) -> Any:
    """A moment in ISO's way of writing, parts of which may be missing at the end."""
    match = _MOMENT.fullmatch(text)
    if not match:
        return BAD
    year, month, day, hour, minute, second, fraction, where = match.groups()
    try:
        local = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")), tzinfo=_zone(where or zone),
        )  # fmt: skip
        return local.astimezone(timezone.utc)
    except (ValueError, KeyError, OverflowError):
        return BAD


@lru_cache(maxsize=256)
def _zone(name: str) -> Any:
    if name in ("Z", "UTC", "GMT", "Etc/UTC"):
        return timezone.utc
    if name[0] in "+-":
        digits = name[1:].replace(":", "")
        hours, minutes = int(digits[:-2] if len(digits) > 2 else digits), int(digits[-2:] if len(digits) > 2 else 0)
        return timezone((-1 if name[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
    return ZoneInfo(name)


def _without_zone(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def converted(text: str) -> Any:
        value = convert(text)
        return value if value is BAD else value.replace(tzinfo=None)

    return converted


_LETTERS = {
    "yyyy": r"(?P<year>\d{4})",
    "uuuu": r"(?P<year>\d{4})",
    "yy": r"(?P<short>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "MMM": r"(?P<named>[A-Za-z]{3})",
    "MMMM": r"(?P<named>[A-Za-z]{3,9})",
    "dd": r"(?P<day>\d{2})",
    "d": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{2})",
    "H": r"(?P<hour>\d{1,2})",
    "hh": r"(?P<hour>\d{2})",
    "h": r"(?P<hour>\d{1,2})",
    "a": r"(?P<half>[AaPp][Mm])",
    "mm": r"(?P<minute>\d{2})",
    "m": r"(?P<minute>\d{1,2})",
    "ss": r"(?P<second>\d{2})",
    "s": r"(?P<second>\d{1,2})",
    **dict.fromkeys(("XXX", "XX", "X", "xxx", "xx", "x", "Z"), r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)"),
    **{"S" * n: rf"(?P<fraction>\d{{{n}}})" for n in range(1, 10)},
    **dict.fromkeys(("E", "EE", "EEE"), r"[A-Za-z]{3}"),
    "EEEE": r"[A-Za-z]{6,9}",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PIECE = re.compile(r"'((?:[^']|'')*)'|\[|\]|([A-Za-z])\2*|[^A-Za-z]")


def _patterned(pattern: str, clock: Clock, day: bool = False) -> Callable[[str], Any]:
    """A reader of texts written after one of Spark's patterns."""
    shape = re.compile("".join(_piece(match, pattern) for match in _PIECE.finditer(pattern)), re.A)

    def read(text: str) -> Any:
        match = shape.fullmatch(text)
        if not match:
            return BAD
        part = match.groupdict()
        try:
            value = _assembled(part, clock)
        except (ValueError, KeyError, OverflowError):
            return BAD
        return value.date() if day else value.astimezone(timezone.utc)

    return read


def _piece(match: re.Match[str], pattern: str) -> str:
    text = match[0]
    if text in "[]":
        return "(?:" if text == "[" else ")?"
    if text.startswith("'"):
        return re.escape(match[1].replace("''", "'") or "'")
    if not text[0].isalpha():
        return re.escape(text)
    if text not in _LETTERS:
        raise FilesError(
            f"the pattern {pattern} cannot be followed: {text} is not known here", why="it says how dates are written",
            fix="read the column as STRING and convert it in the query",
        )  # fmt: skip
    return _LETTERS[text]


def _assembled(part: dict[str, str | None], clock: Clock) -> datetime:
    def number(name: str, default: int) -> int:
        return int(part.get(name) or default)

    year = 2000 + number("short", 0) if part.get("short") else number("year", 1970)
    named = part.get("named")
    month = _MONTHS.index(named[:3].lower()) + 1 if named else number("month", 1)
    hour = number("hour", 0)
    if half := part.get("half"):
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    fraction = int((part.get("fraction") or "0")[:6].ljust(6, "0"))
    where = _zone(part.get("zone") or clock.zone)
    return datetime(
        year, month, number("day", 1), hour, number("minute", 0), number("second", 0), fraction, tzinfo=where
    )


# -- whole columns --------------------------------------------------------------------------------------


def typed(texts: Any, name: str, clock: Clock) -> tuple[Any, Any]:
    """A column of texts as that type, and which of its rows could not be read (None: all could)."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    if name == "string" or name.startswith(("varchar(", "char(")):
        return texts, None
    type_ = arrow_type(name)
    values, left = pa.nulls(len(texts), type_), texts.is_valid()
    patterned = {"date": clock.date, "timestamp": clock.timestamp}.get(name, "")
    if name in _PLAIN and not patterned:
        plain = pc.match_substring_regex(texts, _PLAIN[name])
        try:
            values = _cast(pc.if_else(plain, texts, pa.scalar(None, pa.string())), type_, clock)
            left = pc.fill_null(pc.invert(plain), False)
        except pa.ArrowInvalid:  # such as the 30th of February
            pass
    if not pc.any(left).as_py():
        return values, None
    rest = texts.filter(left).dictionary_encode()
    convert = converter(name, clock)
    found = [convert(text) for text in rest.dictionary.to_pylist()]
    bad = pa.array([value is BAD for value in found], pa.bool_())
    good = pa.array([None if value is BAD else value for value in found], type_)
    values = pc.replace_with_mask(values, left, good.take(rest.indices))
    if not pc.any(bad).as_py():
        return values, None
    return values, pc.replace_with_mask(
        pa.array([False]).take(pa.array([0] * len(texts))), left, bad.take(rest.indices)
    )


def _cast(texts: Any, type_: Any, clock: Clock) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_timestamp(type_):
        return pc.cast(texts, type_)
    ended = pc.ends_with(texts, "Z")
    if pc.any(ended).as_py() and clock.zone != "UTC":
        raise pa.ArrowInvalid("two zones")
    naive = pc.cast(pc.utf8_rtrim(texts, "Z"), pa.timestamp("us"))
    if clock.zone == "UTC":
        return naive.cast(type_)
    return pc.assume_timezone(naive, clock.zone, ambiguous="earliest", nonexistent="latest").cast(type_)
