"""Types: Spark's names for them and Arrow's values, each from the other, and schemas as people write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

from ldp_magic.engine.files.failure import FilesError
from ldp_magic.sql.results import parts_of
from ldp_magic.sql.types import ddl_columns, fields_of, type_name

Columns: TypeAlias = tuple[tuple[str, str], ...]  # names and Spark types
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_HINT = re.compile(r"\s*((?:`(?:[^`]|``)+`|[^\s`.:]+)(?:\.(?:`(?:[^`]|``)+`|[^\s`.:]+))*)\s*:?\s+(.+)", re.S)
_STEP = re.compile(r"`(?:[^`]|``)+`|[^.`]+")


def columns_of(ddl: str) -> Columns:
    """The columns of a schema as people write it."""
    columns = ddl_columns(ddl)
    if not columns and type_name(ddl).startswith("struct<"):
        columns = tuple(fields_of(type_name(ddl)))
    if not columns and ddl.strip():
        raise FilesError(
            f"the schema cannot be read: {ddl.strip()[:80]}",
            why="it says what the columns are",
            fix="write it as a INT, b STRING",
        )
    counts = Counter(name.lower() for name, _ in columns)
    if twice := next((name for name, count in counts.items() if count > 1), ""):
        raise FilesError(
            f"the schema has the column {twice} twice", why="names do not care about case", fix="rename one"
        )
    return columns


def arrow_type(name: str) -> Any:
    """The Arrow type that holds what Spark calls *name*."""
    import pyarrow as pa  # type: ignore[import-untyped]

    simple = {
        "string": pa.string(),
        "bigint": pa.int64(),
        "int": pa.int32(),
        "smallint": pa.int16(),
        "tinyint": pa.int8(),
        "double": pa.float64(),
        "float": pa.float32(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", "UTC"),
        "timestamp_ntz": pa.timestamp("us"),
        "binary": pa.binary(),
        "void": pa.null(),
    }
    if name in simple:
        return simple[name]
    if match := _DECIMAL.fullmatch(name):
        return pa.decimal128(int(match[1]), int(match[2]))
    if name.startswith(("varchar(", "char(")):
        return pa.string()
    inner = name.partition("<")[2][:-1]
    if name.startswith("array<"):
        return pa.list_(arrow_type(inner))
    if name.startswith("map<"):
        key, value = parts_of(inner)
        return pa.map_(arrow_type(key), arrow_type(value))
    if name.startswith("struct<"):
        return pa.struct([pa.field(field, arrow_type(type_)) for field, type_ in fields_of(name)])
    raise FilesError(
        f"a column of type {name} cannot be read here",
        why="the local reader does not know it",
        fix="declare it as STRING",
    )


def spark_type(type_: Any) -> str:
    """What Spark calls an Arrow type."""
    import pyarrow as pa

    t = pa.types
    if t.is_dictionary(type_):
        return spark_type(type_.value_type)
    if t.is_struct(type_):
        return f"struct<{','.join(f'{field.name}:{spark_type(field.type)}' for field in type_)}>"
    if t.is_map(type_):
        return f"map<{spark_type(type_.key_type)},{spark_type(type_.item_type)}>"
    if t.is_list(type_) or t.is_large_list(type_) or t.is_fixed_size_list(type_):
        return f"array<{spark_type(type_.value_type)}>"
    if t.is_timestamp(type_):
        return "timestamp" if type_.tz else "timestamp_ntz"
    if t.is_decimal(type_):
        return f"decimal({type_.precision},{type_.scale})"
    names = (
        (t.is_boolean, "boolean"),
        (t.is_int8, "tinyint"),
        (lambda x: t.is_int16(x) or t.is_uint8(x), "smallint"),
        (lambda x: t.is_int32(x) or t.is_uint16(x), "int"),
        (lambda x: t.is_int64(x) or t.is_uint32(x), "bigint"),
        (t.is_uint64, "decimal(20,0)"),
        (lambda x: t.is_float32(x) or t.is_float16(x), "float"),
        (t.is_float64, "double"),
        (t.is_date, "date"),
        (lambda x: t.is_string(x) or t.is_large_string(x) or t.is_string_view(x), "string"),
        (lambda x: t.is_binary(x) or t.is_large_binary(x) or t.is_fixed_size_binary(x), "binary"),
        (t.is_null, "void"),
    )
    found = next((name for fits, name in names if fits(type_)), "")
    if not found:
        raise FilesError(
            f"a column of the Arrow type {type_} has no type in Spark",
            why="its values cannot be handed over",
            fix="write it as another type",
        )
    return found


def hinted(columns: Sequence[tuple[str, str]], hints: str) -> Columns:
    """The columns with the types that *hints* give; `a.b`, `list.element` and `map.value` lead inside."""
    found = dict(columns)
    names = {name.lower(): name for name in found}
    for part in parts_of(hints):
        match = _HINT.fullmatch(part)
        type_ = (
            type_name(re.sub(r"\s+(NOT\s+NULL|COMMENT\s.*)$", "", match[2].strip(), flags=re.I | re.S)) if match else ""
        )
        if not match or not type_:
            raise FilesError(
                f"a schema hint cannot be read: {part.strip()}",
                why="it says the type of a column",
                fix="write it as name TYPE",
            )
        first, *rest = [step.strip("`").replace("``", "`") for step in _STEP.findall(match[1])]
        name = names.setdefault(first.lower(), first)
        found[name] = _inside(found.get(name, ""), rest, type_)
    return tuple(found.items())


def _inside(whole: str, path: Sequence[str], type_: str) -> str:
    if not path:
        return type_
    step, *rest = path
    inner = whole.partition("<")[2][:-1]
    if whole.startswith("array<") and step == "element":
        return f"array<{_inside(inner, rest, type_)}>"
    if whole.startswith("map<") and step in ("key", "value"):
        key, value = parts_of(inner)
        return (
            f"map<{_inside(key, rest, type_)},{value}>"
            if step == "key"
            else f"map<{key},{_inside(value, rest, type_)}>"
        )
    fields = dict(fields_of(whole))
    name = next((field for field in fields if field.lower() == step.lower()), step)
    fields[name] = _inside(fields.get(name, ""), rest, type_)
    return f"struct<{','.join(f'{field}:{each}' for field, each in fields.items())}>"
