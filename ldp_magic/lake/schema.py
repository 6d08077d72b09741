"""Columns of tables: Spark's names of types and those of Delta and Arrow, both ways.

A type is held as Delta and Spark write it in JSON: `"integer"`, or `{"type": "struct", "fields": [...]}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ldp_magic.lake.failure import LakeError
from ldp_magic.pipeline.model import ColumnType

if TYPE_CHECKING:
    import pyarrow  # type: ignore[import-untyped]
    from deltalake import Schema

Columns: TypeAlias = tuple[ColumnType, ...]

_TO_DELTA = {
    **{name: name for name in ("string", "boolean", "float", "double", "binary", "date", "timestamp", "timestamp_ntz")},
    **{"tinyint": "byte", "smallint": "short", "int": "integer", "bigint": "long"},
    **{"byte": "byte", "short": "short", "integer": "integer", "long": "long", "real": "float", "bool": "boolean"},
    **{"timestamp_ltz": "timestamp", "char": "string", "varchar": "string", "void": "string", "null": "string"},
}
_TO_SPARK = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}
_WORD = re.compile(r"\s*([A-Za-z_]\w*)\s*(\(([\d\s,]*)\))?\s*")
_NAME = re.compile(r"\s*(?:`((?:[^`]|``)*)`|([^:`]+?))\s*:\s*")
_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)


# -- the columns of what is about to be written -----------------------------------------------------------


def columns_of(schema: str) -> Columns:
    """The columns of a frame, from `frame.schema.json()`: what a table can hold of them."""
    return checked(
        ColumnType(name=field["name"], type=spark_type(field["type"])) for field in json.loads(schema)["fields"]
    )


def checked(columns: Iterable[ColumnType]) -> Columns:
    """The same columns, each type written one way, NULL alone as a string; what no table can hold is refused."""
    found = tuple(ColumnType(name=each.name, type=spark_type(delta_type(each.type, each.name))) for each in columns)
    if not found:
        raise LakeError("a table needs a column", why="the query has none", fix="select at least one")
    _distinct([each.name for each in found], "the table")
    for each in found:
        _check_fields(delta_type(each.type), each.name)
    return found


def _distinct(names: Sequence[str], where: str) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.get(name.lower())
        if other is not None:
            raise LakeError(
                f"{where} would have two columns {name}" + (f" and {other}" if other != name else ""),
                why="names of columns are the same whatever their case",
                fix=f"give one of them another name: ... AS {name}_2",
            )
        seen[name.lower()] = name


def _check_fields(type_: Any, where: str) -> None:
    if isinstance(type_, dict):
        if type_["type"] == "struct":
            _distinct([field["name"] for field in type_["fields"]], where)
        for inner in _inside(type_):
            _check_fields(inner, where)


def _inside(type_: dict[str, Any]) -> list[Any]:
    if type_["type"] == "struct":
        return [field["type"] for field in type_["fields"]]
    if type_["type"] == "array":
        return [type_["elementType"]]
    if type_["type"] == "map":
        return [type_["keyType"], type_["valueType"]]
    raise _unstorable(str(type_["type"]), "")


def _unstorable(type_: str, column: str) -> LakeError:
    return LakeError(
        f"column {column} is of type {type_}, which a table cannot hold" if column else f"no table can hold {type_}",
        why="Delta has no such type here",
        fix=f"cast it: CAST({column or 'x'} AS STRING) AS {column or 'x'}",
    )


# -- one type, both ways ----------------------------------------------------------------------------------


def spark_type(type_: Any) -> str:
    """The type as Spark names it; names of fields that are no plain words are quoted."""
    if isinstance(type_, str):
        return _TO_SPARK.get(type_, type_)
    if type_["type"] == "struct":
        return "struct<" + ",".join(f"{_quoted(f['name'])}:{spark_type(f['type'])}" for f in type_["fields"]) + ">"
    return f"{type_['type']}<{','.join(spark_type(inner) for inner in _inside(type_))}>"


def delta_type(text: str, column: str = "") -> Any:
    """The type that Spark names so."""
    try:
        type_, end = _type_at(text, 0, column)
    except (IndexError, RecursionError):
        raise _unstorable(text[:200], column) from None
    if text[end:].strip():
        raise _unstorable(text[:200], column)
    return type_


def _type_at(text: str, at: int, column: str) -> tuple[Any, int]:
    word = _WORD.match(text, at)
    kind = word[1].lower() if word else ""
    if word and kind == "decimal":
        precision, _, scale = (word[3] or "10,0").partition(",")
        return f"decimal({int(precision)},{int(scale or 0)})", word.end()
    if word and kind in ("array", "map", "struct") and text[word.end()] == "<":
        return _nested_at(text, word.end() + 1, kind, column)
    if not word or kind not in _TO_DELTA:
        raise _unstorable(text.strip()[:200] or "nothing", column)
    return _TO_DELTA[kind], word.end()


def _nested_at(text: str, at: int, kind: str, column: str) -> tuple[Any, int]:
    parts: list[tuple[str, Any]] = []
    while text[at] != ">":
        name = _NAME.match(text, at) if kind == "struct" else None
        if kind == "struct" and not name:
            raise _unstorable(text[:200], column)
        type_, at = _type_at(text, name.end() if name else at, column)
        parts.append((_unquoted(name) if name else "", type_))
        at += text[at] == ","
    at += 1
    while text[at : at + 1] == " ":
        at += 1
    types = [type_ for _, type_ in parts]
    if kind == "struct" and parts:
        return _struct(parts), at
    if len(types) != {"array": 1, "map": 2}.get(kind):
        raise _unstorable(text[:200], column)
    return (_array(*types) if kind == "array" else _map(*types)), at


def _struct(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {"type": "struct", "fields": [_field(name, type_) for name, type_ in fields]}


def _field(name: str, type_: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, "nullable": True, "metadata": {}}


def _array(element: Any) -> dict[str, Any]:
    return {"type": "array", "elementType": element, "containsNull": True}


def _map(key: Any, value: Any) -> dict[str, Any]:
    return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": True}


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "`" + name.replace("`", "``") + "`"


def _unquoted(name: re.Match[str]) -> str:
    return name[2] if name[1] is None else name[1].replace("``", "`")


# -- what other libraries want ----------------------------------------------------------------------------


def ddl(columns: Columns) -> str:
    """What `spark.read.schema(...)` takes."""
    return ", ".join(f"`{each.name.replace('`', '``')}` {each.type}" for each in columns)


def delta_schema(columns: Columns, mark: str = "") -> Schema:
    """The schema of a table. deltalake takes two that differ only in the order of columns for one, and then keeps the
    old; with a *mark* they differ."""
    from deltalake import Schema

    schema = _struct((each.name, delta_type(each.type)) for each in columns)
    if mark:
        schema["fields"][0]["metadata"] = {"ldp.columns": mark}
    return Schema.from_json(json.dumps(schema))


def columns_in(schema: str) -> Columns:
    """The columns of a table, from the schema in its log."""
    return tuple(
        ColumnType(name=field["name"], type=spark_type(field["type"])) for field in json.loads(schema)["fields"]
    )


def arrow_schema(columns: Columns) -> pyarrow.Schema:
    import pyarrow

    return pyarrow.schema(delta_schema(columns).to_arrow())


def columns_of_arrow(schema: pyarrow.Schema) -> Columns:
    """The columns of a Parquet file; of a type that no table holds, the name that Arrow has for it."""
    return tuple(ColumnType(name=field.name, type=spark_type(_of_arrow(field.type))) for field in schema)


def _of_arrow(type_: pyarrow.DataType) -> Any:
    from pyarrow import types

    if types.is_struct(type_):
        return _struct((field.name, _of_arrow(field.type)) for field in type_)
    if types.is_map(type_):
        return _map(_of_arrow(type_.key_type), _of_arrow(type_.item_type))
    if types.is_list(type_) or types.is_large_list(type_):
        return _array(_of_arrow(type_.value_type))
    if types.is_decimal(type_):
        return f"decimal({type_.precision},{type_.scale})"
    if types.is_timestamp(type_):
        return "timestamp" if type_.tz else "timestamp_ntz"
    return _FROM_ARROW.get(str(type_), str(type_))


_FROM_ARROW = {
    **{"int8": "byte", "int16": "short", "int32": "integer", "int64": "long", "bool": "boolean"},
    **{"float": "float", "double": "double", "date32[day]": "date"},
    **{"string": "string", "large_string": "string", "string_view": "string"},
    **{"binary": "binary", "large_binary": "binary", "binary_view": "binary"},
}


# -- evolution --------------------------------------------------------------------------------------------


def merged(table: str, old: Columns, new: Columns) -> Columns:
    """The old columns in their order, then those that are new. A type may only gain fields of structs."""
    found = {each.name.lower(): each for each in old}
    for each in new:
        before = found.get(each.name.lower())
        if before is None:
            found[each.name.lower()] = each
            continue
        wider = _wider(delta_type(before.type), delta_type(each.type))
        if wider is None:
            raise LakeError(
                f"column {before.name} of {table} is {before.type} and would become {each.type}",
                why="rows that are there already have the old type",
                fix=f"CAST({before.name} AS {before.type.upper()}) in the query, or `ldp run --full-refresh {table}`",
            )
        found[each.name.lower()] = ColumnType(name=before.name, type=spark_type(wider))
    return tuple(found.values())


def _wider(old: Any, new: Any) -> Any:
    """The type that holds both, or None."""
    if isinstance(old, str) or isinstance(new, str) or old["type"] != new["type"]:
        return old if old == new else None
    if old["type"] != "struct":
        return old if spark_type(old) == spark_type(new) else None
    fields = {field["name"].lower(): field for field in old["fields"]}
    for field in new["fields"]:
        before = fields.get(field["name"].lower())
        wider = _wider(before["type"], field["type"]) if before else field["type"]
        if wider is None:
            return None
        fields[field["name"].lower()] = _field(before["name"] if before else field["name"], wider)
    return {"type": "struct", "fields": list(fields.values())}
