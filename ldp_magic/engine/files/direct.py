"""Parquet as the engine itself reads it: one read for all files of a kind, nothing is copied."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldp_magic.engine.files.columnar import Kind, kinds_of, wider
from ldp_magic.engine.files.failure import Notes
from ldp_magic.engine.files.listing import File
from ldp_magic.engine.files.types import Columns, arrow_type
from ldp_magic.sql.writing import literal, quoted

MOST_KINDS = 50  # more reads than that are slower than reading the files here
_PLAIN = re.compile(r"[\w./=+@,:-]+", re.A)


@dataclass(frozen=True, slots=True)
class Asked:
    """The columns of the result, those of them that stand in the files, and what each file's folders say of others.
    *rescued* names the column for what does not fit, which only a reading value by value can tell."""

    columns: Columns
    data: Columns
    values: Sequence[tuple[tuple[str, Any], ...]]
    rescued: str = ""


def direct(spark: Any, files: Sequence[File], asked: Asked, scratch: Path, notes: Notes) -> Any:
    """The frame; None if the files are of odd or too many kinds."""
    kinds: dict[tuple[Kind, Any], list[File]] = {}
    for file, kind, values in zip(files, kinds_of(files, "parquet"), asked.values, strict=True):
        kinds.setdefault((kind, values), []).append(file)
    if not kinds or len(kinds) > MOST_KINDS or not all(kind.native for kind, _ in kinds):
        return None
    frame = None
    for (kind, values), alike in kinds.items():
        part = _read(spark, alike, kind.columns, dict(values), asked, scratch, notes)
        if part is None:
            return None
        frame = part if frame is None else frame.unionAll(part)
    return frame


def _read(
    spark: Any, files: Sequence[File], own: Columns, values: dict[str, Any], asked: Asked, scratch: Path, notes: Notes
) -> Any:
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyspark.sql.pandas.types import from_arrow_schema

    def spark_schema(columns: Columns) -> Any:
        schema = pa.schema([pa.field(name, arrow_type(type_)) for name, type_ in columns])
        return from_arrow_schema(schema, prefer_timestamp_ntz=True)

    stored = {name.lower(): (name, type_) for name, type_ in own}
    if asked.rescued and not stored.keys() <= {name.lower() for name, _ in asked.columns}:
        return None
    data = {name.lower() for name, _ in asked.data}
    needed = tuple(each for low, each in stored.items() if low in data and each[1] != "void") or own[:1]
    picked = []
    for name, type_ in asked.columns:
        there = stored.get(name.lower()) if name.lower() in data else None
        if name in values:
            column = f"CAST({_said(values[name])} AS {type_})"
        elif there is None or there[1] == "void":
            column = f"CAST(NULL AS {type_})"
        elif there[1] == type_:
            column = quoted(there[0])
        elif "<" in type_ or (asked.rescued and wider(there[1], type_) != type_):
            return None
        else:
            column = f"try_cast({quoted(there[0])} AS {type_})"
            notes.add(f"{name} is {there[1]} in {{}} and was cast to {type_}", files[0].shown, len(files))
        picked.append(f"{column} AS {quoted(name)}")
    paths = _linked([file.path for file in files], scratch)
    return (
        spark.read.schema(spark_schema(needed)).parquet(*paths).selectExpr(*picked)
    )  # texts: a Column asks for the line it was made at


def _said(value: Any) -> str:
    """What a folder's name says, for a cast."""
    return "NULL" if value is None else literal(str(value))


def _linked(paths: Sequence[str], scratch: Path) -> list[str]:
    """Paths the engine takes as they are: it reads `[1]` as a pattern, and finds nothing without saying so."""
    found = []
    folder = scratch / uuid.uuid4().hex
    for number, path in enumerate(paths):
        if not _PLAIN.fullmatch(path):
            folder.mkdir(parents=True, exist_ok=True)
            link = folder / f"{number}.parquet"
            os.symlink(path, link)
            path = str(link)
        found.append(path)
    return found
