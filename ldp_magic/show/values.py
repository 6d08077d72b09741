"""One value of a table: as a person reads it in a cell, and as plain data for other programs."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

__all__ = ["MOST", "Cell", "cell", "is_number", "literal", "plain", "type_shown"]

MOST = 24  # characters of a text or a nested value
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
_SIGNS = {"\n": "↵", "\r": "↵", "\t": "⇥"}


@dataclass(frozen=True, slots=True)
class Cell:
    """*pieces* of text, each plain or a `mark` that stands for a character that nobody would see."""

    kind: Literal["text", "null", "word", "number", "time", "nested", "binary"]
    pieces: tuple[tuple[str, bool], ...]
    whole: str = ""  # the full value, where the pieces are only its beginning
    length: int = 0  # characters of the full value, where it was cut

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


def cell(value: Any, type_: str, zone: str) -> Cell:
    """How a value of Spark's type *type_* looks."""
    if value is None:
        return Cell("null", (("NULL", False),))
    if isinstance(value, bool):
        return Cell("word", ((str(value).lower(), False),))
    if isinstance(value, (int, Decimal, float)):
        return Cell("number", ((_number(value), False),))
    if isinstance(value, (datetime, date)):
        return Cell("time", ((_time(value, type_, zone), False),))
    if isinstance(value, (bytes, bytearray)):
        return _binary(bytes(value))
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, timedelta):
        return Cell("word", ((_interval(value), False),))
    whole = _nested(value, type_, zone)
    cut = whole if len(whole) <= 2 * MOST else _opened(whole)
    return Cell("nested", ((cut, False),), whole if cut != whole else "", 0)


def is_number(type_: str) -> bool:
    """Does a column of this type stand to the right?"""
    return type_.partition("(")[0] in _NUMBERS


def type_shown(type_: str) -> str:
    """A type as short as it can be said: a struct by the names of its fields."""
    if type_.startswith("struct<"):
        names = [each.partition(":")[0] for each in _parts(type_[7:-1])]
        return f"struct<{', '.join(names[:3])}{', …' if len(names) > 3 else ''}>"
    if type_.startswith("array<"):
        return f"array<{type_shown(type_[6:-1])}>"
    return type_


def plain(value: Any, type_: str, zone: str) -> Any:
    """The value for JSON: exact numbers keep their digits, times their zone."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _number(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return _moment(value, type_, zone).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return "0x" + bytes(value).hex()
    if isinstance(value, timedelta):
        return _interval(value)
    each: Callable[[Any], Any] = lambda inner: plain(inner, type_, zone)  # noqa: E731
    if hasattr(value, "__fields__"):
        return {name: each(inner) for name, inner in zip(value.__fields__, value, strict=True)}
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: each(inner) for key, inner in value.items()}
        return [[each(key), each(inner)] for key, inner in value.items()]
    if isinstance(value, (list, tuple)):
        return [each(inner) for inner in value]
    return str(value)


def literal(value: Any, type_: str, zone: str) -> str:
    """The value in a cell of CSV; nested ones are JSON."""
    data = plain(value, type_, zone)
    if isinstance(data, (dict, list)):
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return str(data).lower() if isinstance(data, bool) else str(data)


def _number(value: int | Decimal | float) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return repr(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _time(value: date, type_: str, zone: str) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    moment = _moment(value, type_, zone)
    text = (
        moment.strftime("%Y-%m-%d %H:%M:%S") if moment.year > 999 else moment.replace(tzinfo=None).isoformat(" ")[:19]
    )
    if not moment.microsecond:
        return text
    fraction = f"{moment.microsecond:06}"
    return f"{text}.{fraction[:3] if fraction.endswith('000') else fraction}"


def _moment(value: datetime, type_: str, zone: str) -> datetime:
    """The client gives moments in this machine's zone; people get them in the session's. Without a zone they stay."""
    if "timestamp_ntz" in type_:
        return value
    try:
        return value.astimezone(ZoneInfo(zone) if zone[:1] not in "+-" else datetime.strptime(zone, "%z").tzinfo)
    except (OverflowError, OSError, ValueError):  # the year 1, and others that a clock of this machine does not know
        return value


def _interval(value: timedelta) -> str:
    days, rest = value.days, value - timedelta(days=value.days)
    return f"{days} days {rest}" if days else str(rest)


def _binary(value: bytes) -> Cell:
    start = "0x" + value[:4].hex()
    return Cell("binary", ((start if len(value) <= 4 else f"{start}… {_size(len(value))}", False),))


def _size(size: int) -> str:
    for unit, many in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= many:
            return f"{size / many:.1f} {unit}"
    return f"{size} bytes"


def _text(value: str) -> Cell:
    if not value:
        return Cell("word", (('""', False),))
    short = value[:MOST] if len(value) > MOST + 4 else value
    pieces: list[tuple[str, bool]] = []
    inside = len(short.strip(" "))
    lead = len(short) - len(short.lstrip(" "))
    for n, char in enumerate(short):
        edge = char == " " and (not inside or n < lead or (n >= lead + inside and short is value))
        mark = "·" if edge else _SIGNS.get(char) or _escaped(char)
        if pieces and pieces[-1][1] == bool(mark):
            pieces[-1] = (pieces[-1][0] + (mark or char), bool(mark))
        else:
            pieces.append((mark or char, bool(mark)))
    if short is value:
        return Cell("text", tuple(pieces))
    return Cell("text", (*pieces, ("…", False)), value, len(value))


def _escaped(char: str) -> str:
    """The escape of a character that has no shape, or that turns the direction of others."""
    if char.isprintable() and unicodedata.category(char) not in ("Cf", "Zl", "Zp"):
        return ""
    return "" if char in "\u200c\u200d" else f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _nested(value: Any, type_: str, zone: str) -> str:
    if hasattr(value, "__fields__"):
        inner = (f"{name}: {_nested(each, type_, zone)}" for name, each in zip(value.__fields__, value, strict=True))
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_nested(k, type_, zone)}: {_nested(v, type_, zone)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_nested(each, type_, zone) for each in value) + "]"
    return str(value) if isinstance(value, str) and value else cell(value, type_, zone).text


def _opened(whole: str) -> str:
    """The first fields, as many as fit, and the bracket that closes them."""
    at = whole.rfind(", ", 0, MOST + 2)
    return (whole[: at + 2] if at > 0 else whole[:MOST]) + "…" + ("}" if whole[0] == "{" else "]")


def _parts(text: str) -> list[str]:
    """The parts of a list of types between the commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for n, char in enumerate(text):
        depth += (char in "<(") - (char in ">)")
        if char == "," and not depth:
            parts.append(text[start:n])
            start = n + 1
    return [*parts, text[start:]]
