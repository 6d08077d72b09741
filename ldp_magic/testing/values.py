"""Values of tests as values of columns, and whether two of them are the same."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from ldp_magic.spec.documents import Word

CLOSE = 1e-9  # two numbers with a fraction are the same that differ by less, in relation to their size
_WHOLE, _NUMBER = re.compile(r"[-+]?\d+"), re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def plain(value: Any) -> Any:
    """A value without a type to go by: numbers, truth and texts as they are written."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, Word) or value.is_text:
        return str(value) if isinstance(value, Word) else value
    low = value.lower()
    if low in ("true", "false"):
        return low == "true"
    if _WHOLE.fullmatch(value):
        return int(value)
    return float(value) if _NUMBER.fullmatch(value) else str(value)


def json_line(row: Mapping[str, Any]) -> str:
    """A row as files hold it."""
    return json.dumps(plain(row), ensure_ascii=False, default=_told)


def _told(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def typed(value: Any, type_: Any, zone: str = "UTC") -> Any:
    """A value as one of that Arrow type; `ValueError` if it is none."""
    from pyarrow import types  # type: ignore[import-untyped]

    if value is None:
        return None
    if types.is_struct(type_):
        return {field.name: typed(_mapping(value).get(field.name), field.type, zone) for field in type_}
    if types.is_map(type_):
        return [(typed(k, type_.key_type, zone), typed(v, type_.item_type, zone)) for k, v in _mapping(value).items()]
    if types.is_list(type_) or types.is_large_list(type_):
        return [typed(each, type_.value_type, zone) for each in _items(value)]
    if isinstance(value, (Mapping, list)):
        raise ValueError("a list or a mapping")
    return _scalar(value, type_, zone)


def _mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if hasattr(value, "asDict"):
        found: Mapping[str, Any] = value.asDict()
        return found
    raise ValueError("no mapping")


def _items(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return value
    raise ValueError("no list")


def _scalar(value: Any, type_: Any, zone: str) -> Any:
    from pyarrow import types

    if types.is_boolean(type_):
        return _truth(value)
    if types.is_integer(type_):
        return int(_exact(value, 0))
    if types.is_floating(type_):
        return float(str(value))
    if types.is_decimal(type_):
        return _exact(value, type_.scale)
    if types.is_timestamp(type_):
        return _moment(value, type_, zone)
    if types.is_date(type_):
        return value if type(value) is date else date.fromisoformat(str(value))
    if types.is_binary(type_) or types.is_large_binary(type_) or str(type_) == "binary_view":
        return value if isinstance(value, (bytes, bytearray)) else str(value).encode()
    return str(value) if not isinstance(value, bool) else str(value).lower()


def _exact(value: Any, scale: int) -> Decimal:
    """A number with so many digits behind the point; one that has more is none of that type."""
    try:
        number = Decimal(str(value))
        found = number.quantize(Decimal(1).scaleb(-scale))
    except InvalidOperation:
        raise ValueError("not a number") from None
    return found if found == number else _no(f"a number with {scale} digits behind the point")


def _truth(value: Any) -> bool:
    low = str(value).lower()
    return low == "true" if low in ("true", "false") else _no("true or false")


def _no(what: str) -> Any:
    raise ValueError(f"not {what}")


def _moment(value: Any, type_: Any, zone: str) -> datetime:
    """An instant in UTC, or for a type without a zone what the clock shows."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(_iso(str(value)))
    if type_.tz is None:
        return moment.replace(tzinfo=None)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone) if zone != "UTC" else timezone.utc)
    return moment.astimezone(timezone.utc)


def _iso(text: str) -> str:
    """What Python 3.10 reads, too: no `Z`, and a fraction of six digits."""
    text = text.strip().replace("Z", "+00:00").replace("z", "+00:00")
    return re.sub(r"\.(\d{1,6})\d*", lambda found: "." + found[1].ljust(6, "0"), text)


def same(one: Any, other: Any) -> bool:
    """Are two values of one type the same? NULL is NULL, NaN is NaN, and 0.1 + 0.2 is 0.3."""
    if isinstance(one, float) and isinstance(other, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def key_of(value: Any) -> Any:
    """Something that is equal for most values that are the same, and can be looked up."""
    if isinstance(value, float):
        return f"{value:.8g}"
    if isinstance(value, dict):
        return tuple((key, key_of(each)) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(key_of, value))
    return value


def order_of(row: Mapping[str, Any]) -> tuple[tuple[int, Any], ...]:
    """What rows of a table are sorted by, so that they are told in one order each time: nulls last."""
    return tuple(map(_place, row.values()))


def _place(value: Any) -> tuple[int, Any]:
    if value is None or value != value:
        return 2 if value is None else 1, ""
    return 0, value if isinstance(value, (int, float, Decimal, date, str)) else shown(value)


def shown(value: Any) -> str:
    """A value as a test file would say it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        said = value.replace(tzinfo=None).isoformat()
        return said + ("Z" if value.tzinfo else "")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (int, Decimal, date)):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name_shown(str(key))}: {shown(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        pairs = bool(value) and all(isinstance(each, tuple) and len(each) == 2 for each in value)
        return shown(dict(value)) if pairs else "[" + ", ".join(map(shown, value)) + "]"
    return name_shown(value.decode("utf-8", "replace") if isinstance(value, (bytes, bytearray)) else str(value))


_BARE = re.compile(r"[A-Za-z_][\w .@/+-]*(?<! )", re.ASCII)
_TAKEN = frozenset(["true", "false", "null", "yes", "no", "on", "off"])


def name_shown(text: str) -> str:
    """A text, in quotes where YAML would take it for something else."""
    return text if _BARE.fullmatch(text) and text.lower() not in _TAKEN else json.dumps(text, ensure_ascii=False)
