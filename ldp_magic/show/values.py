"""One value of a table: as a person reads it in a cell, and as plain data for other programs."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Sequence
from ctypes import c_float
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

__all__ = ["MOST", "Cell", "cell", "is_number", "literal", "plain", "type_shown"]

MOST = 24  # characters of a text, or of the beginning of a nested value
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
_SIMPLE = (bool, int, float, Decimal, date, bytes, bytearray, str, timedelta)
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


def cell(value: Any, type_: str, zone: str, most: int = 2 * MOST) -> Cell:
    """How a value of Spark's type *type_* looks; a nested one of more than *most* characters is cut."""
    if value is None:
        return Cell("null", (("NULL", False),))
    if isinstance(value, bool):
        return Cell("word", ((str(value).lower(), False),))
    if isinstance(value, (int, Decimal, float)):
        return Cell("number", ((_number(value, type_), False),))
    if isinstance(value, (datetime, date)):
        return Cell("time", ((_time(value, type_, zone), False),))
    if isinstance(value, (bytes, bytearray)):
        return _binary(bytes(value))
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, timedelta):
        return Cell("word", ((_interval(value), False),))
    whole = _nested(value, type_, zone)
    cut = whole if len(whole) <= most else _opened(whole)
    return Cell("nested", ((_visible(cut), False),), whole if cut != whole else "", 0)


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
        return _digits(value, type_) if math.isfinite(value) else _number(value, type_)
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
    if isinstance(value, dict):
        keys, values = _inside(type_, 2)
        pairs = [(plain(key, keys, zone), plain(inner, values, zone)) for key, inner in value.items()]
        return dict(pairs) if all(isinstance(key, str) for key in value) else [list(pair) for pair in pairs]
    if isinstance(value, (list, tuple)):
        parts = [plain(inner, each, zone) for inner, each in zip(value, _inside(type_, len(value)), strict=True)]
        return dict(zip(value.__fields__, parts, strict=True)) if hasattr(value, "__fields__") else parts
    return _other(value, zone)


def literal(value: Any, type_: str, zone: str) -> str:
    """The value in a cell of CSV; nested ones are JSON."""
    if isinstance(value, float):
        return _number(value, type_)
    data = plain(value, type_, zone)
    if isinstance(data, (dict, list)):
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return str(data).lower() if isinstance(data, bool) else str(data)


def _number(value: int | Decimal | float, type_: str) -> str:
    """The number as Spark casts it to a text."""
    if not isinstance(value, float):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    value = _digits(value, type_)
    if not value or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    head, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{head if '.' in head else f'{value:.1e}'.partition('e')[0]}E{exponent.lstrip('+')}"


def _digits(value: float, type_: str) -> float:
    """A FLOAT with the fewest digits that tell it from its neighbours: 0.1, not 0.10000000149011612."""
    if type_ != "float":
        return value
    shorter = (float(f"{value:.{digits}e}") for digits in range(1, 9))
    return next((each for each in shorter if c_float(each).value == value), value)


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
    if isinstance(value, dict):
        keys, values = _inside(type_, 2)
        return "{" + ", ".join(f"{_nested(k, keys, zone)}: {_nested(v, values, zone)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        parts = [_nested(inner, each, zone) for inner, each in zip(value, _inside(type_, len(value)), strict=True)]
        if hasattr(value, "__fields__"):
            return "{" + ", ".join(f"{name}: {part}" for name, part in zip(value.__fields__, parts, strict=True)) + "}"
        return "[" + ", ".join(parts) + "]"
    if isinstance(value, str) and value:
        return '"NULL"' if value == "NULL" else value
    return cell(value, type_, zone).text if value is None or isinstance(value, _SIMPLE) else _other(value, zone)


def _other(value: Any, zone: str) -> str:
    """A value of a class that nobody here knows; a VARIANT is its JSON."""
    if hasattr(value, "toJson") and zone[:1] not in "+-":
        return str(value.toJson(zone))
    return str(value)


def _inside(type_: str, many: int) -> Sequence[str]:
    """The types of the *many* values in a nested one; where they cannot be told, its own."""
    kind, _, rest = type_.partition("<")
    parts = _parts(rest[:-1])
    if kind == "array":
        return [rest[:-1]] * many
    if len(parts) != many or kind not in ("struct", "map"):
        return [type_] * many
    return parts if kind == "map" else [each.partition(":")[2] for each in parts]


def _visible(text: str) -> str:
    return "".join(_SIGNS.get(char) or _escaped(char) or char for char in text)


def _opened(whole: str) -> str:
    """The first fields, as many as fit, and the bracket that closes them."""
    at = whole.rfind(", ", 0, MOST + 2)
    return (whole[: at + 2] if at > 0 else whole[:MOST]) + "…" + {"{": "}", "[": "]"}.get(whole[0], "")


def _parts(text: str) -> list[str]:
    """The parts of a list of types between the commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for n, char in enumerate(text):
        depth += (char in "<(") - (char in ">)")
        if char == "," and not depth:
            parts.append(text[start:n])
            start = n + 1
    return [*parts, text[start:]]
