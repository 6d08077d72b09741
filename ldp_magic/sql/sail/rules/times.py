"""Dates, times and intervals."""

from __future__ import annotations

from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site
from ldp_magic.sql.sail.typed import digits_of, is_decimal

_TRUNC_KNOWN = frozenset(["year", "yyyy", "yy", "quarter", "month", "mm", "mon", "week"])


def _datediff(node: Node, site: Site) -> str | None:
    """Days are an INT."""
    return None if node.names else f"CAST({node.word}({', '.join(site.arguments(node))}) AS INT)"


def _weekday(node: Node, site: Site) -> str:
    """Monday is 0, Sunday 6."""
    return f"pmod(weekday({site.text(node.parts[0])}), 7)"


def _date_trunc(node: Node, site: Site) -> str | None:
    """Of text and of dates it makes a TIMESTAMP."""
    if len(node.parts) == 2 and site.type(node.parts[1]) in ("string", "date", "timestamp_ntz"):
        return f"date_trunc({site.text(node.parts[0])}, CAST({site.text(node.parts[1])} AS TIMESTAMP))"
    return None


def _trunc(node: Node, site: Site) -> str | None:
    unit = site.string(node.parts[1]) if len(node.parts) == 2 else None
    if unit is None or unit.lower() in _TRUNC_KNOWN:
        return None
    return "CAST(NULL AS DATE)"


def _try_to_date(node: Node, site: Site) -> str:
    inside = site.arguments(node)
    if len(inside) == 1:
        return f"TRY_CAST({inside[0]} AS DATE)"
    return f"CAST(try_to_timestamp({', '.join(inside)}) AS DATE)"


def _timestamp_seconds(node: Node, site: Site) -> str | None:
    """Fractions of a second count."""
    type_ = site.type(node.parts[0])
    if is_decimal(type_) and digits_of(type_)[1] > 6:
        raise Refused(
            f"{site.original(node)} may hold more than microseconds",
            why="Spark raises where it does",
            fix="round the seconds to six digits",
        )
    if is_decimal(type_) or type_ in ("double", "float"):
        return f"timestamp_micros(CAST({site.tight(node.parts[0])} * 1000000 AS BIGINT))"
    return None


def _part(node: Node, site: Site) -> str | None:
    """extract(field FROM x) and its other spellings."""
    unit = unquoted(node.names[1]) if node.names else site.string(node.parts[0]) or ""
    value = node.parts[-1]
    unit, text, type_ = unit.lower(), site.text(value), site.type(value)
    if unit in ("dow", "dayofweek"):
        return f"dayofweek({text})"
    if unit in ("dow_iso", "dayofweek_iso"):
        return f"pmod(weekday({text}), 7) + 1"
    if unit == "yearofweek":
        return f"year(date_add(CAST({text} AS DATE), 3 - pmod(weekday({text}), 7)))"
    if type_.startswith("interval"):
        return _of_interval(unit.rstrip("s"), text)
    return None


def _of_interval(unit: str, text: str) -> str | None:
    """The field alone, not all that it holds."""
    if unit in ("hour", "minute"):
        below = {"hour": 24, "minute": 60}[unit]
        return f"CAST(date_part('{unit}', {text}) % {below} AS TINYINT)"
    return f"CAST(date_part('month', {text}) AS TINYINT)" if unit == "month" else None


def _make_date(node: Node, site: Site) -> str | None:
    if any(part.word == "null" for part in node.parts):
        return "CAST(NULL AS DATE)"
    return None


def moved(node: Node, site: Site, left: str, right: str, word: str = "") -> str | None:
    """Days are days of the calendar, also where the clocks change; the difference of two times is the local one."""
    a, b = (site.tight(part) for part in node.parts)
    word = word or node.word
    if left == right == "date":
        return f"make_dt_interval(CAST(datediff({a}, {b}) AS INT))"
    if left == right == "timestamp":
        return f"(to_timestamp_ntz({a}) - to_timestamp_ntz({b}))"
    if {left, right} == {"date", "timestamp"}:
        a, b = (f"CAST({x} AS TIMESTAMP)" if t == "date" else x for x, t in ((a, left), (b, right)))
        return f"(to_timestamp_ntz({a}) - to_timestamp_ntz({b}))"
    if left == "date" and _has_hours(right):
        return f"(CAST({a} AS TIMESTAMP) {word} {b})"
    if right == "date" and _has_hours(left):
        return f"({a} {word} CAST({b} AS TIMESTAMP))"
    if left == "timestamp" and _days(node.parts[1], site):
        return f"CAST(to_timestamp_ntz({a}) {word} {b} AS TIMESTAMP)"
    if right == "timestamp" and _days(node.parts[0], site):
        return f"CAST({a} + to_timestamp_ntz({b}) AS TIMESTAMP)"
    return None


def _has_hours(type_: str) -> bool:
    """An interval that holds more than days or months."""
    return type_.startswith("interval ") and any(unit in type_ for unit in ("hour", "minute", "second"))


def _days(node: Node, site: Site) -> bool:
    """A literal interval of whole days."""
    return node.kind == "interval" and site.type(node) == "interval day"


CALLS: dict[str, Rule] = {
    "datediff": _datediff,
    "date_diff": _datediff,
    "weekday": _weekday,
    "date_trunc": _date_trunc,
    "trunc": _trunc,
    "try_to_date": _try_to_date,
    "timestamp_seconds": _timestamp_seconds,
    "extract": _part,
    "date_part": _part,
    "datepart": _part,
    "make_date": _make_date,
}
