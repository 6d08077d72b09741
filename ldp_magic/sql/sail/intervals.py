"""Interval literals as Spark shows them: `INTERVAL 90 MINUTES` is INTERVAL '90' MINUTE."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_UNITS = ("year", "month", "day", "hour", "minute", "second")
_SIZE = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000}
_OTHER = {"week": ("day", 7), "millisecond": ("second", "0.001"), "microsecond": ("second", "0.000001")}
_PAIR = re.compile(r"\s*([+-]?\s*'[^']*'|[+-]?\s*[\d.]+)\s*([A-Za-z]+)")
_RANGE = re.compile(r"([+-]?)\s*'([^']*)'\s+([A-Za-z]+)\s+TO\s+([A-Za-z]+)", re.IGNORECASE)
_WITHIN = re.compile(r"'\s*(?:[+-]?\d+(?:\.\d+)?\s+[A-Za-z]+\s*)+'")


def interval_text(written: str) -> str:
    """What stands behind INTERVAL, as Spark names the literal; empty where that is not certain."""
    if _WITHIN.fullmatch(written):
        written = written[1:-1]
    if (range_ := _RANGE.fullmatch(written)) is not None:
        sign, text, first, last = range_.groups()
        text = (
            re.sub(r"(?<=[ :])(\d)(?=$|[:.])", r"0\1", text) if last.upper() in ("HOUR", "MINUTE", "SECOND") else text
        )
        return f"INTERVAL '{sign}{text}' {first.upper()} TO {last.upper()}"
    fields: dict[str, Decimal] = {}
    position = 0
    for found in _PAIR.finditer(written):
        if written[position : found.start()].strip():
            return ""
        position = found.end()
        unit = found[2].lower().rstrip("s")
        base, factor = _OTHER.get(unit, (unit, 1))
        try:
            amount = Decimal(re.sub(r"[\s']", "", found[1])) * Decimal(factor)
        except InvalidOperation:
            return ""
        if base not in _UNITS:
            return ""
        fields[base] = fields.get(base, Decimal(0)) + amount
    if position < len(written) or not fields:
        return ""
    return _shown(fields)


def _shown(fields: dict[str, Decimal]) -> str:
    held = [unit for unit in _UNITS if unit in fields]
    months = {"year", "month"} & set(held)
    if months and len(months) != len(held):
        return ""
    first, last = held[0], held[-1]
    label = first.upper() if first == last else f"{first.upper()} TO {last.upper()}"
    if months:
        total = int(fields.get("year", 0) * 12 + fields.get("month", 0))
        sign, total = "-" * (total < 0), abs(total)
        text = {"year": f"{total // 12}", "month": f"{total}"}[last] if first == last else f"{total // 12}-{total % 12}"
        return f"INTERVAL '{sign}{text}' {label}"
    micros = int(sum(fields[unit] * _SIZE[unit] for unit in held))
    return f"INTERVAL '{'-' * (micros < 0)}{_days_and_time(abs(micros), first, last)}' {label}"


def _days_and_time(micros: int, first: str, last: str) -> str:
    """From the field *first*, which holds all that is larger, to the field *last*."""
    text, inner = "", _UNITS[_UNITS.index(first) : _UNITS.index(last) + 1]
    for unit in inner:
        amount, micros = divmod(micros, _SIZE[unit])
        joint = "" if not text else " " if unit == "hour" and first == "day" else ":"
        text += joint + (str(amount) if unit == "day" else f"{amount:02}")
    fraction = f"{micros:06}".rstrip("0") if last == "second" else ""
    return text + ("." + fraction if fraction else "")
