"""Files that know their own types: Parquet, ORC and Avro."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ldp_magic.engine.files.avro import avro_schema, avro_tables
from ldp_magic.engine.files.failure import FilesError, Notes, Unreadable
from ldp_magic.engine.files.json_types import _both
from ldp_magic.engine.files.listing import File
from ldp_magic.engine.files.shape import rescue_text
from ldp_magic.engine.files.types import Columns, arrow_type, spark_type
from ldp_magic.engine.files.values import BITS

_WHOLE = tuple(BITS)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file says of itself; *native*: the engine reads its types as Spark does."""

    columns: Columns
    native: bool


def kinds_of(files: Sequence[File], name: str) -> list[Kind]:
    """The kind of each file."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda file: _kind(file, name), files))


def _kind(file: File, name: str) -> Kind:
    try:
        return _named(_schema(file, name))
    except FilesError:
        raise
    except Exception as error:  # Arrow raises half a dozen kinds for damaged files
        raise _damaged(file, name, error) from None


@lru_cache(maxsize=64)
def _named(schema: Any) -> Kind:
    columns = tuple((field.name, spark_type(field.type)) for field in schema)
    return Kind(columns, all(_native(field.type) for field in schema))


def _native(type_: Any) -> bool:
    """Whether the type, whatever width of offsets it was written with, is the one its name stands for."""
    import pyarrow as pa  # type: ignore[import-untyped]

    plain = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}.get(type_, type_)
    if pa.types.is_timestamp(type_):
        plain = pa.timestamp("us", "UTC" if type_.tz else None)
    if pa.types.is_nested(type_):
        return all(_native(type_.field(n).type) for n in range(type_.num_fields))
    return bool(plain == arrow_type(spark_type(type_)))


def _schema(file: File, name: str) -> Any:
    import pyarrow as pa

    if name == "avro":
        return avro_schema(file)
    if name == "orc":
        import pyarrow.orc as orc  # type: ignore[import-untyped]

        return orc.ORCFile(file.path).schema.remove_metadata()
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    stored = pq.read_metadata(file.path).schema
    schema = stored.to_arrow_schema().remove_metadata()
    for column in map(stored.column, range(len(stored))):
        if column.physical_type == "INT96" and "." not in column.path:  # Spark's old moments, which have a zone
            index = schema.get_field_index(column.path)
            schema = schema.set(index, pa.field(column.path, pa.timestamp("us", "UTC")))
    return schema


def _damaged(file: File, name: str, error: Exception) -> Unreadable:
    reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
    return Unreadable(
        f"{file.shown} is not a whole {name} file: {reason}",
        why="its rows cannot be read",
        fix="write the file again, or take it away",
    )


def union_of(kinds: Sequence[Kind], files: Sequence[File]) -> Columns:
    """The columns of all files; numbers are widened where they differ."""
    found: dict[str, str] = {}
    names: dict[str, str] = {}
    for kind in dict.fromkeys(kinds):
        for name, type_ in kind.columns:
            name = names.setdefault(name.lower(), name)
            known = found.get(name, type_)
            both = wider(known, type_)
            if not both:
                file = files[list(kinds).index(kind)]
                raise FilesError(
                    f"{name} is {type_} in {file.shown} and {known} in files before it",
                    why="no type holds both",
                    fix=f"say which it is: schemaHints => '{name} STRING'",
                )
            found[name] = both
    return tuple((name, "string" if type_ == "void" else type_) for name, type_ in found.items())


def wider(one: str, other: str) -> str:
    """The type that holds the values of both, empty if there is none."""
    if one == other or other == "void":
        return one
    if one == "void":
        return other
    if one in _WHOLE and other in _WHOLE:
        return max(one, other, key=_WHOLE.index)
    reals = ("float", "double")
    if {one, other} <= {*_WHOLE, *reals}:
        return "double"
    if all(each in _WHOLE or each.startswith("decimal(") for each in (one, other)):
        return _both(*("bigint" if each in _WHOLE else each for each in (one, other)))
    return ""


def conformed(
    file: File, name: str, columns: Columns, notes: Notes, rescued: str = "", folders: Sequence[str] = ()
) -> Iterator[Any]:
    """The rows of a file as tables of those columns: found by name, whatever its case. Behind them stands what does
    not fit, if *rescued* names a column for it; columns that the *folders* tell do not count."""
    try:
        for table in _tables(file, name, None if rescued else columns):
            yield _fit(
                table.drop_columns([n for n in table.column_names if n in folders]), columns, file, notes, rescued
            )
    except FilesError:
        raise
    except Exception as error:  # as above
        raise _damaged(file, name, error) from None


def _tables(file: File, name: str, columns: Columns | None) -> Iterator[Any]:
    """The rows of a file with those columns, or with all."""
    import pyarrow as pa

    wanted = None if columns is None else {each.lower() for each, _ in columns}
    if name == "parquet":
        import pyarrow.parquet as pq

        source = pq.ParquetFile(file.path)
        names = [each for each in source.schema_arrow.names if wanted is None or each.lower() in wanted]
        for batch in source.iter_batches(batch_size=131_072, columns=names):
            yield pa.Table.from_batches([batch])
    elif name == "orc":
        import pyarrow.orc as orc

        stripes = orc.ORCFile(file.path)
        for n in range(stripes.nstripes):
            yield pa.Table.from_batches([stripes.read_stripe(n)])
    else:
        yield from avro_tables(file)


def _fit(table: Any, columns: Columns, file: File, notes: Notes, rescued: str) -> Any:
    import pyarrow as pa

    by_name = {name.lower(): n for n, name in reversed(list(enumerate(table.column_names)))}
    lost: dict[int, dict[str, str]] = {}
    arrays = []
    for name, type_ in columns:
        wanted, index = arrow_type(type_), by_name.pop(name.lower(), None)
        column = pa.chunked_array([pa.nulls(table.num_rows, wanted)]) if index is None else table.column(index)
        fitting = _cast(column, wanted)
        if fitting is None and rescued:
            notes.add(f"values of {name} do not fit their type in {{}} and are in {rescued}", file.shown)
            fitting = _one_by_one(column, wanted, name, lost)
        elif fitting is None:
            notes.add(f"{name} does not fit its type in {{}} and is NULL there", file.shown)
            fitting = pa.chunked_array([pa.nulls(table.num_rows, wanted)])
        arrays.append(fitting)
    names = [name for name, _ in columns]
    if rescued:
        for index in by_name.values():
            _keep(table.column_names[index], table.column(index).to_pylist(), lost)
        texts = [rescue_text(lost[n], file) if n in lost else None for n in range(table.num_rows)]
        arrays, names = [*arrays, pa.chunked_array([pa.array(texts, pa.string())])], [*names, rescued]
    return pa.Table.from_arrays(arrays, names=names) if arrays else pa.table({"": pa.nulls(table.num_rows)})


def _cast(column: Any, wanted: Any) -> Any:
    """The values as that type; None if not all of them fit."""
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    if column.type == wanted:
        return column
    try:
        if pa.types.is_timestamp(column.type) and not column.type.tz and pa.types.is_timestamp(wanted):
            return column.cast(pa.timestamp("us"), safe=False).cast(wanted)
        return pc.cast(column, wanted, safe=not pa.types.is_timestamp(wanted))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _one_by_one(column: Any, wanted: Any, name: str, lost: dict[int, dict[str, str]]) -> Any:
    """The values that fit, NULL for the others, which are kept as they were."""
    import pyarrow as pa

    values = []
    for n, value in enumerate(column):
        fitting = _cast(pa.chunked_array([pa.array([value.as_py()], column.type)]), wanted)
        values.append(None if fitting is None else fitting[0].as_py())
        if fitting is None:
            lost.setdefault(n, {})[name] = _text(value.as_py())
    return pa.chunked_array([pa.array(values, wanted)])


def _keep(name: str, values: Sequence[Any], lost: dict[int, dict[str, str]]) -> None:
    for n, value in enumerate(values):
        if value is not None:
            lost.setdefault(n, {})[name] = _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
