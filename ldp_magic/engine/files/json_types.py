"""What types JSON has, by Spark's rules: whole numbers are bigint, what disagrees is a string, keys are sorted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from ldp_magic.engine.files.failure import FilesError
from ldp_magic.engine.files.format import Format
from ldp_magic.engine.files.json_rows import Real, Whole, groups, objects, parse_arrow, record_of, text_of
from ldp_magic.engine.files.lines import Piece
from ldp_magic.engine.files.listing import File
from ldp_magic.engine.files.types import Columns
from ldp_magic.engine.files.values import BAD, moment

Kind: TypeAlias = Any  # a name; "" for null; a dict for a struct; a list of one for an array
_LONG = re.compile(rb"[:,\[]\s*-?[0-9]{19}")


class _Twice(Exception):
    """A key that stands twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


_DECODER = json.JSONDecoder(parse_int=Whole, parse_float=Real, parse_constant=Real, object_pairs_hook=_once)


class JsonTypes:
    """Collects the type of every record it is shown."""

    def __init__(self, format: Format, files: Iterable[File]) -> None:
        self.format, self.files = format, list(files)
        self.kind: Kind = {}
        self.broken = False
        self.all_text = format.on("primitivesAsString") or not format.typed
        self.decimals = format.on("prefersDecimal")
        self.moments = format.on("inferTimestamp")

    def piece(self, piece: Piece) -> None:
        self._lines(piece, piece.data, 0)

    def _lines(self, piece: Piece, data: bytes, before: int) -> None:
        quick = not (self.decimals or self.moments)
        if quick and objects(data) and not _LONG.search(data):
            table = parse_arrow(data, None, "infer")
            if table is not None:
                self.kind = merged(self.kind, {field.name: _kind(field.type) for field in table.schema})
                return
        if data.count(b"\n") > 100:
            for group in groups(data):
                self._lines(piece, group, before)
                before += group.count(b"\n")
            return
        for n, line in enumerate(data.split(b"\n")[:-1]):
            if line.strip():
                part, number = piece.place(before + n)
                last = part.open and number == part.line + part.lines - 1
                self.text(text_of(line), f"{self.files[part.file].shown}:{number}", last)

    def text(self, text: str, place: str, open_: bool = False) -> None:
        try:
            value, _ = record_of(text, _DECODER)
        except _Twice as error:
            raise FilesError(
                f"{place} has the key {error} twice",
                why="a table has each column once",
                fix="give one of them another name",
            ) from None
        except ValueError:
            self.broken = self.broken or not open_
            return
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                self.kind = merged(self.kind, self.of(each))
            else:
                self.broken = True

    def of(self, value: Any) -> Kind:
        if isinstance(value, dict):
            found: dict[str, Kind] = {}
            for name, each in value.items():
                found = merged(found, {name: self.of(each)})
            return found
        if isinstance(value, list):
            inner: Kind = ""
            for each in value:
                inner = merged(inner, self.of(each))
            return [inner]
        if value is None:
            return ""
        if isinstance(value, bool):
            return "boolean"
        if isinstance(value, Whole):
            return "bigint" if -(2**63) <= int(value) < 2**63 else _decimal(value)
        if isinstance(value, Real):
            return _decimal(value) if self.decimals else "double"
        return "timestamp" if self.moments and value[:1].isdigit() and moment(value, "UTC") is not BAD else "string"

    def columns(self) -> Columns:
        kind = dict(self.kind)
        if self.broken and self.format.mode == "PERMISSIVE" and not self.format.rescued:
            kind[self.format.corrupt] = "string"
        named = ((name, self.name(kind[name])) for name in sorted(kind))
        return tuple((name, type_) for name, type_ in named if type_)

    def name(self, kind: Kind) -> str:
        """Spark's name; empty for an object without keys."""
        if isinstance(kind, dict):
            if not self.format.typed:
                return "string"
            fields = [(name, self.name(kind[name])) for name in sorted(kind)]
            inside = ",".join(f"{name}:{type_}" for name, type_ in fields if type_)
            return f"struct<{inside}>" if inside else ""
        if isinstance(kind, list):
            inner = self.name(kind[0])
            return "string" if not self.format.typed else f"array<{inner}>" if inner else ""
        return "string" if self.all_text or not kind else str(kind)


def _decimal(text: str) -> str:
    from decimal import Decimal

    _, digits, exponent = Decimal(text).as_tuple()
    if not isinstance(exponent, int):
        return "double"
    scale = max(-exponent, 0)
    precision = max(len(digits) + max(exponent, 0), scale)
    return f"decimal({precision},{scale})" if precision <= 38 else "double"


def merged(one: Kind, other: Kind) -> Kind:
    """The type that holds both."""
    if one == other or other == "":
        return one
    if one == "":
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        found, known = dict(one), {name.lower(): name for name in one}
        for name, kind in other.items():
            name = known.setdefault(name.lower(), name)
            found[name] = merged(found.get(name, ""), kind)
        return found
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])]
    if isinstance(one, str) and isinstance(other, str):
        return _both(one, other)
    return "string"


def _both(one: str, other: str) -> str:
    if {one, other} <= {"bigint", "double"} or ("double" in (one, other) and "decimal" in one + other):
        return "double"
    sizes = [_size(each) for each in (one, other)]
    if None in sizes:
        return "string"
    (precision, scale), (second, inner) = (size for size in sizes if size)
    most, digits = max(scale, inner), max(precision - scale, second - inner)
    return f"decimal({most + digits},{most})" if most + digits <= 38 else "double"


def _size(name: str) -> tuple[int, int] | None:
    if name == "bigint":
        return 20, 0
    if not name.startswith("decimal("):
        return None
    precision, scale = name[8:-1].split(",")
    return int(precision), int(scale)


def _kind(type_: Any) -> Kind:
    """What Arrow's parser found; it takes some texts for moments, which Spark does not."""
    import pyarrow as pa  # type: ignore[import-untyped]

    t = pa.types
    if t.is_struct(type_):
        return merged({}, {field.name: _kind(field.type) for field in type_})
    if t.is_list(type_):
        return [_kind(type_.value_type)]
    if t.is_null(type_):
        return ""
    return (
        "bigint"
        if t.is_integer(type_)
        else "double"
        if t.is_floating(type_)
        else "boolean"
        if t.is_boolean(type_)
        else "string"
    )
