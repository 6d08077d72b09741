"""Column expressions and types of PySpark, as the SQL that says the same."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from ldp_magic.python.values import (
    Arguments,
    Column,
    Const,
    Dict,
    Field,
    Frame,
    Method,
    Opaque,
    Seq,
    Struct,
    Symbol,
    Type,
    Value,
    field_ddl,
    text,
)
from ldp_magic.text import Location

BARE = ("col", "column", "expr", "struct", "lit", "current_timestamp", "to_timestamp", "to_date")
TYPES = {
    "StringType": "STRING",
    "IntegerType": "INT",
    "LongType": "BIGINT",
    "ShortType": "SMALLINT",
    "ByteType": "TINYINT",
    "DoubleType": "DOUBLE",
    "FloatType": "FLOAT",
    "BooleanType": "BOOLEAN",
    "DateType": "DATE",
    "TimestampType": "TIMESTAMP",
    "TimestampNTZType": "TIMESTAMP_NTZ",
    "BinaryType": "BINARY",
    "VariantType": "VARIANT",
    "NullType": "VOID",
    "DecimalType": "DECIMAL",
    "ArrayType": "ARRAY",
    "MapType": "MAP",
    "VarcharType": "VARCHAR",
    "CharType": "CHAR",
}
_PLAIN = re.compile(r"\w+(\.\w+)*\Z")
_COMPARE = {ast.Eq: "=", ast.NotEq: "<>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.BitAnd: "AND", ast.BitOr: "OR"}
_AFTER = {"isNull": "IS NULL", "isNotNull": "IS NOT NULL", "desc": "DESC", "asc": "ASC"}


def quoted(name: str) -> str:
    """A column name as SQL writes it."""
    return name if _PLAIN.match(name) or "`" in name or name == "*" else f"`{name}`"


def item(frame: Frame, key: Value, at: Location) -> Value:
    """`df["x"]`, `df[["a", "b"]]`, `df[condition]`"""
    name = text(key)
    if name is not None:
        return Column(quoted(name), at, name=True)
    return frame if isinstance(key, Seq | Column) else Column("", at)


def columnar(value: Value) -> bool:
    return isinstance(value, Column) or (isinstance(value, Method) and isinstance(value.receiver, Frame))


def _as_column(value: Value) -> Value:
    if isinstance(value, Method) and isinstance(value.receiver, Frame):
        return Column(quoted(value.name), value.at, name=True)
    return value


def sql(value: Value | None) -> str | None:
    """An operand as SQL: columns as they are, Python values as literals."""
    value = _as_column(value) if value is not None else None
    if isinstance(value, Column):
        return value.sql or None
    if not isinstance(value, Const):
        return None
    if isinstance(value.value, str):
        return "'" + value.value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value.value, bool) or value.value is None:
        return {True: "true", False: "false", None: "NULL"}[value.value]
    return str(value.value) if isinstance(value.value, int | float) else None


def compare(kind: type[ast.cmpop], left: Value, right: Value, at: Location) -> Column:
    """`col("op") == "DELETE"`"""
    a, b, sign = sql(left), sql(right), _COMPARE.get(kind)
    return Column(f"{a} {sign} {b}" if a and b and sign else "", at)


def binary(kind: type[ast.operator], left: Value, right: Value, at: Location) -> Column | None:
    """`col("a") + 1`, `(condition) & (condition)`"""
    if not columnar(left) and not columnar(right):
        return None
    a, b, sign = sql(left), sql(right), _BINARY.get(kind)
    if not a or not b or not sign:
        return Column("", at)
    return Column(f"({a}) {sign} ({b})" if sign in ("AND", "OR") else f"{a} {sign} {b}", at)


def method(column: Column, name: str, arguments: Arguments) -> Value:
    """A method of a column."""
    held, at = column.sql, arguments.at
    given = [sql(a.value) for a in arguments.positional]
    if name in ("alias", "name"):
        return replace(column, at=at)
    if not held:
        return Column("", at)
    if name in _AFTER and not given:
        return Column(f"{held} {_AFTER[name]}", at)
    if name == "cast" and arguments.positional:
        kind = _ddl(arguments.positional[0].value)
        return Column(f"CAST({held} AS {kind})" if kind else "", at)
    if name == "isin" and given and all(given):
        return Column(f"{held} IN ({', '.join(g for g in given if g)})", at)
    return Column("", at)


def function(name: str, arguments: Arguments) -> Column:
    """A call of `pyspark.sql.functions`."""
    at, first = arguments.at, arguments.items[0].value if arguments.items else None
    held = text(first)
    if name in ("col", "column"):
        return Column(quoted(held) if held else "", at, name=True)
    if name == "expr":
        return Column(held or "", at)
    if name == "lit":
        return Column(sql(first) or "", at)
    values = [v for a in arguments.items for v in (a.value.items if isinstance(a.value, Seq) else [a.value])]
    given = [quoted(t) if (t := text(v)) else sql(v) for v in values]
    return Column(f"{name}({', '.join(g for g in given if g)})" if all(given) else "", at)


# -- types ------------------------------------------------------------------------------------------


def _ddl(value: Value | None) -> str:
    if isinstance(value, Type):
        return value.ddl
    if isinstance(value, Struct):
        return "" if value.more else f"STRUCT<{', '.join(field_ddl(f).replace(' ', ': ', 1) for f in value.fields)}>"
    if isinstance(value, Symbol) and value.path.rpartition(".")[2] in TYPES:
        return TYPES[value.path.rpartition(".")[2]]
    return text(value) or ""


def type_call(name: str, arguments: Arguments) -> Value:
    """A call of `pyspark.sql.types`."""
    at = arguments.at
    if name == "StructType":
        return _struct(arguments)
    if name == "StructField":
        return Struct(_field(arguments), at)
    base, given = TYPES.get(name, ""), [a.value for a in arguments.items]
    if name in ("ArrayType", "MapType"):
        inner = [_ddl(v) for v in given[: 1 if name == "ArrayType" else 2]]
        return Type(f"{base}<{', '.join(inner)}>", at) if inner and all(inner) else Opaque("a type", at)
    if name in ("DecimalType", "VarcharType", "CharType") and given:
        numbers = [str(v.value) for v in given if isinstance(v, Const)]
        return Type(f"{base}({','.join(numbers)})", at)
    return Type("DECIMAL(10,0)" if name == "DecimalType" else base, at) if base else Opaque(f"the type {name}", at)


def _struct(arguments: Arguments) -> Struct:
    held = arguments.value("fields", 0)
    items = held.items if isinstance(held, Seq) else []
    fields = tuple(f for i in items if isinstance(i, Struct) for f in i.fields)
    more = held is not None and (not isinstance(held, Seq) or held.more or len(fields) < len(items))
    return Struct(fields, arguments.at, more)


def _field(arguments: Arguments) -> tuple[Field, ...]:
    name, kind = arguments.value("name", 0) or arguments.value("field", 0), arguments.find("dataType", 1)
    nullable, metadata = arguments.value("nullable", 2), arguments.value("metadata", 3)
    if not isinstance(name, Const) or not isinstance(name.value, str):
        return ()
    entry = metadata.entries.get("comment") if isinstance(metadata, Dict) else None
    return (
        Field(
            name=name.value,
            type=_ddl(kind.value if kind else arguments.value("data_type")),
            at=arguments.at,
            name_at=name.place,
            type_at=kind.value_at if kind else None,
            not_null=isinstance(nullable, Const) and nullable.value is False,
            comment=text(entry[1]) if entry else None,
        ),
    )


def add_field(struct: Struct, name: str, arguments: Arguments) -> Value:
    """`StructType().add("name", "string")`"""
    if name != "add":
        return Opaque(f"what `.{name}()` gives", arguments.at)
    first = arguments.items[0].value if arguments.items else None
    added = first.fields if isinstance(first, Struct) else _field(arguments)
    return Struct((*struct.fields, *added), arguments.at, struct.more or not added)
