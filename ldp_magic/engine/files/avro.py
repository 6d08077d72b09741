"""Avro, by the fastavro library, which is asked for by name where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from ldp_magic.engine.files.failure import FilesError
from ldp_magic.engine.files.listing import File

BATCH = 50_000  # records in one table
_SIMPLE = {
    "null": "null",
    "boolean": "bool_",
    "int": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "bytes": "binary",
    "string": "string",
    "enum": "string",
}


def _library() -> Any:
    try:
        import fastavro  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise FilesError(
            "Avro files need the fastavro library", why="it is not installed", fix="pip install fastavro"
        ) from None
    return fastavro


def avro_schema(file: File) -> Any:
    """The Arrow schema of a file."""
    library = _library()
    with open(file.path, "rb") as stream:
        return _schema_of(library.reader(stream).writer_schema)


def avro_tables(file: File) -> Iterator[Any]:
    import pyarrow as pa  # type: ignore[import-untyped]

    library = _library()
    with open(file.path, "rb") as stream:
        reader = library.reader(stream)
        schema, rest = _schema_of(reader.writer_schema), iter(reader)
        named = "'uuid'" in str(reader.writer_schema)  # the library makes objects of them, Spark texts
        while records := list(islice(rest, BATCH)):
            records = [_texts(record) for record in records] if named else records
            yield pa.Table.from_pylist(records, schema=schema)


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return str(value) if isinstance(value, UUID) else value


def _schema_of(record: Any) -> Any:
    import pyarrow as pa

    return pa.schema([pa.field(each["name"], _type(each["type"])) for each in record["fields"]])


def _type(kind: Any) -> Any:
    import pyarrow as pa

    if isinstance(kind, list):
        others = [each for each in kind if each != "null"]
        if len(others) == 1:
            return _type(others[0])
        names = {each if isinstance(each, str) else each["type"] for each in others}
        for both, wider in (({"int", "long"}, "long"), ({"float", "double"}, "double")):
            if names == both:
                return _type(wider)
        raise FilesError(
            f"a column is one of {', '.join(sorted(names))}",
            why="no type holds all of them",
            fix="write it as one type",
        )
    if isinstance(kind, str):
        return getattr(pa, _SIMPLE[kind])()
    logical, name = kind.get("logicalType", ""), kind["type"]
    if logical == "decimal":
        return pa.decimal128(kind["precision"], kind.get("scale", 0))
    moments = {
        "timestamp-millis": "UTC",
        "timestamp-micros": "UTC",
        "local-timestamp-millis": None,
        "local-timestamp-micros": None,
    }
    if logical in moments:
        return pa.timestamp("us", moments[logical])
    if logical.startswith(("time-", "duration")):
        raise FilesError(f"a column is {logical}", why="Spark has no type for it", fix="write it as a number or a text")
    if logical == "date":
        return pa.date32()
    if name == "record":
        return pa.struct([pa.field(each["name"], _type(each["type"])) for each in kind["fields"]])
    if name == "array":
        return pa.list_(_type(kind["items"]))
    if name == "map":
        return pa.map_(pa.string(), _type(kind["values"]))
    return pa.binary() if name == "fixed" else _type(name)
