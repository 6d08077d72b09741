"""Values that stand for others: the same for the same value, type and key, so joins hold.

Nobody without the key can tell which value it was. NULL stays NULL.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from ldp_magic.engine.child import EngineError

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FIRST, _DAYS = date(1970, 1, 1), 36_525  # a century
_BITS = {"int8": 7, "int16": 15, "int32": 31, "int64": 48}


def masked(table: Any, columns: Sequence[str], key: bytes) -> Any:
    """An Arrow table with these columns masked; `a.b` is a field of a struct."""
    for column in columns:
        path = column.split(".")
        names = {name.lower(): n for n, name in enumerate(table.column_names)}
        index = names.get(path[0].strip("`").lower())
        if index is None:
            raise _no_column(column, table.column_names)
        type_ = table.schema.field(index).type
        check(type_, path[1:], column)
        values = [_inside(value, path[1:], type_, key) for value in table.column(index).to_pylist()]
        table = table.set_column(index, table.schema.field(index), _column(values, type_))
    return table


def masked_lines(lines: Sequence[str], columns: Sequence[str], key: bytes) -> list[str]:
    """Lines of JSON objects with these columns masked. A line need not have them all, but some line has each."""
    found, seen = [], set[str]()
    for number, line in enumerate(lines, 1):
        record = _object(line, number) if line.strip() else None
        for column in columns if record is not None else ():
            seen |= {column} if _has(record, column.split(".")) else set()
            record = _inside(record, column.split("."), None, key)
        found.append(line if record is None else json.dumps(record, ensure_ascii=False))
    lost = next((column for column in columns if column not in seen), None)
    if lost is not None and lines:
        raise _no_column(lost, list(_object(lines[0], 1)) if lines[0].strip() else [])
    return found


def _has(value: Any, path: Sequence[str]) -> bool:
    if isinstance(value, list) and path:
        return any(_has(each, path) for each in value)
    if not path or not isinstance(value, dict):
        return not path
    return any(_has(each, path[1:]) for name, each in value.items() if name.lower() == path[0].strip("`").lower())


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if isinstance(record, dict):
        return record
    raise EngineError(
        f"line {number:,} is no JSON object, so nothing in it can be masked",
        why="a value that is not found would stay as it is",
        fix="take the sample of a table that reads these files",
    )


def check(type_: Any, path: Sequence[str], column: str) -> None:
    """Whether a type has the field that a path leads to."""
    import pyarrow.types as t  # type: ignore[import-untyped]

    while t.is_list(type_) or t.is_large_list(type_):
        type_ = type_.value_type
    if not path:
        return
    fields = {field.name.lower(): field.type for field in type_} if t.is_struct(type_) else {}
    if path[0].lower() not in fields:
        raise _no_column(column, list(fields))
    check(fields[path[0].lower()], path[1:], column)


def _no_column(column: str, names: Sequence[str]) -> EngineError:
    near = get_close_matches(column.lower().rpartition(".")[2], [name.lower() for name in names], 1)
    return EngineError(
        f"there is no column {column[:80]} to mask" + (f"; {near[0]} is" if near else ""),
        why=f"there are {', '.join(list(names)[:12])}" if names else "it has no fields",
        fix="check the name behind --mask",
    )


def _column(values: Sequence[Any], type_: Any) -> Any:
    import pyarrow as pa

    return pa.chunked_array([pa.array(values, type_)])


def _inside(value: Any, path: Sequence[str], type_: Any, key: bytes) -> Any:
    """*value* with what lies at the end of the path masked."""
    if isinstance(value, list) and path:
        return [_inside(each, path, type_.value_type if type_ is not None else None, key) for each in value]
    if not path:
        return mask(value, type_, key)
    if not isinstance(value, dict):
        return value
    types = {field.name: field.type for field in type_} if type_ is not None else {}
    name = next((each for each in value if each.lower() == path[0].strip("`").lower()), None)
    return value if name is None else value | {name: _inside(value[name], path[1:], types.get(name), key)}


def mask(value: Any, type_: Any, key: bytes) -> Any:
    """What stands for a value; *type_* is Arrow's, or None where JSON is."""
    if value is None:
        return None
    if isinstance(value, dict):
        types = {field.name: field.type for field in type_} if type_ is not None else {}
        return {name: mask(each, types.get(name), key) for name, each in value.items()}
    if isinstance(value, list):
        return [mask(each, getattr(type_, "value_type", type_), key) for each in value]
    if isinstance(value, tuple):  # an entry of a map
        return mask(value[0], type_.key_type, key), mask(value[1], type_.item_type, key)
    return _simple(value, str(type_), key)


def _simple(value: Any, type_: str, key: bytes) -> Any:
    digest = hmac.digest(key, _text(value).encode("utf-8", "surrogatepass"), "sha256")
    number = int.from_bytes(digest[:8], "big")
    if isinstance(value, bool):
        return bool(number % 2)
    if isinstance(value, str):
        return f"{digest.hex()[:12]}@example.com" if _EMAIL.fullmatch(value.strip()) else f"x{digest.hex()[:12]}"
    if isinstance(value, int):
        return number % 2 ** _BITS.get(type_, 48)
    if isinstance(value, float):
        return number % 100_000_000 / 100
    if isinstance(value, Decimal):
        return _decimal(value, number)
    if isinstance(value, datetime):
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=number % (_DAYS * 86_400))
        return moment.astimezone(value.tzinfo) if value.tzinfo else moment.replace(tzinfo=None)
    if isinstance(value, date):
        return _FIRST + timedelta(days=number % _DAYS)
    if isinstance(value, bytes):
        return digest
    raise EngineError(
        f"a value of the type {type_} cannot be masked",
        why="nothing is known that may stand for it",
        fix="cast the column in a query of its own, and take the sample of that",
    )


def _text(value: Any) -> str:
    """What makes two values one and the same, whatever types their columns have."""
    return value if isinstance(value, str) else value.hex() if isinstance(value, bytes) else str(value)


def _decimal(value: Decimal, number: int) -> Decimal:
    """A number with as many digits before and behind the point."""
    parts = value.as_tuple()
    return Decimal(number % 10 ** len(parts.digits)).scaleb(int(parts.exponent))
