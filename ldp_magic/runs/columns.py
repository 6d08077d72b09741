"""Rows in the columns of a table: values by the names of their fields, and what a statement declares of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ldp_magic.engine.queries import with_values
from ldp_magic.errors import LdpError
from ldp_magic.lake import Columns, Written
from ldp_magic.lake.schema import delta_type, spark_type
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.writing import quoted

_LIMITED = re.compile(r"(?:VAR)?CHAR(?:ACTER)?\s*\(\s*(\d+)\s*\)", re.IGNORECASE)


def arranged(frame: Any, wanted: Columns) -> list[str] | None:
    """The columns of a table as expressions over those of a frame; None if they are the same."""
    have = {each["name"]: each["type"] for each in json.loads(frame.schema.json())["fields"]}
    if [(name, spark_type(type_)) for name, type_ in have.items()] == [(each.name, each.type) for each in wanted]:
        return None
    return [f"{_found(each.name, delta_type(each.type), have)} AS {quoted(each.name)}" for each in wanted]


def _found(name: str, type_: Any, have: Mapping[str, Any], inside: str = "") -> str:
    """The value of a column, or of a field of a struct, by its name in any case; NULL if there is none."""
    found = next((each for each in have if each.lower() == name.lower()), None)
    if found is None:
        return f"CAST(NULL AS {spark_type(type_)})"
    return _fitted(f"{inside}{quoted(found)}", have[found], type_)


def _fitted(text: str, have: Any, want: Any) -> str:
    """A value as another type: a cast of a struct would go by the places of its fields."""
    if spark_type(have) == spark_type(want):
        return text
    if isinstance(have, str) or isinstance(want, str) or not have["type"] == want["type"] == "struct":
        return f"CAST({text} AS {spark_type(want)})"
    known = {field["name"]: field["type"] for field in have["fields"]}
    fields = (
        f"'{field['name'].replace(chr(39), chr(39) * 2)}', {_found(field['name'], field['type'], known, text + '.')}"
        for field in want["fields"]
    )
    return f"CASE WHEN {text} IS NOT NULL THEN named_struct({', '.join(fields)}) END"


def check_declared(dataset: Dataset, rows: Written, parameters: Mapping[str, str]) -> None:
    """Hold the rows that were written against NOT NULL, VARCHAR(n) and CHAR(n) in the list of columns."""
    for column in dataset.definition.columns:
        written = next((each.name for each in rows.columns if each.name.lower() == column.name.lower()), None)
        if written is None:
            continue
        if column.not_null:
            _check_nulls(dataset, written, sum(_nulls(path, written) for path in rows.paths))
        limited = _LIMITED.fullmatch(with_values(column.type, parameters).strip())
        if limited:
            longest = next((text for path in rows.paths for text in _too_long(path, written, int(limited[1]))), None)
            _check_length(dataset, written, limited[0], longest)


def _check_nulls(dataset: Dataset, column: str, nulls: int) -> None:
    if nulls:
        raise LdpError(
            f"column {column} of {dataset.name} is NOT NULL, and is NULL in {nulls:,} row{'s' if nulls > 1 else ''}",
            why="its column list says so; none of the rows was written",
            fix=f"drop such rows: CONSTRAINT has_{column} EXPECT ({quoted(column)} IS NOT NULL) ON VIOLATION DROP ROW",
        )


def _check_length(dataset: Dataset, column: str, type_: str, longest: str | None) -> None:
    if longest is not None:
        shown = longest if len(longest) <= 40 else longest[:39] + "…"
        raise LdpError(
            f"column {column} of {dataset.name} is {type_}, and a row has a longer text: {shown}",
            why="its column list says so; none of the rows was written",
            fix=f"cut it in the query, as in left({quoted(column)}, n), or declare the column as STRING",
        )


def _nulls(path: str, column: str) -> int:
    """How many values of a column are NULL in a file; the file itself mostly knows."""
    from pyarrow import parquet  # type: ignore[import-untyped]

    with parquet.ParquetFile(path) as file:
        index = file.schema_arrow.get_field_index(column)
        plain = [n for n in range(len(file.schema)) if file.schema.column(n).path == column]
        if plain:
            groups = [file.metadata.row_group(n).column(plain[0]) for n in range(file.num_row_groups)]
            if all(each.statistics is not None and each.statistics.has_null_count for each in groups):
                return sum(int(each.statistics.null_count) for each in groups)
        found: int = file.read(columns=[file.schema_arrow.field(index).name]).column(column).null_count
        return found


def _too_long(path: str, column: str, most: int) -> Iterator[str]:
    """Texts of a column that are longer than that."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]
    from pyarrow import parquet

    texts = parquet.read_table(path, columns=[column], partitioning=None).column(column)
    found = texts.filter(pc.greater(pc.utf8_length(texts), most))
    yield from (str(text) for text in found.slice(0, 1).to_pylist())
