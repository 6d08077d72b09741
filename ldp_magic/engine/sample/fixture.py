"""Rows into a file that stands in for a source: Parquet, JSON lines or CSV, as its name says."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ldp_magic.engine.child import EngineError
from ldp_magic.project import write_text

ENDINGS = (".parquet", ".json", ".jsonl", ".csv")


def write(table: Any, path: Path) -> None:
    """Put an Arrow table into a file, in one step; its folder is made."""
    _folder(path)
    if path.suffix == ".parquet":
        _parquet(table, path)
    elif path.suffix == ".csv":
        write_text(path, _csv(table))
    else:
        write_text(path, "".join(json.dumps(_plain(row), ensure_ascii=False) + "\n" for row in table.to_pylist()))


def write_lines(lines: Sequence[str], path: Path) -> None:
    """Put lines into a text file as they are."""
    _folder(path)
    write_text(path, "".join(f"{line}\n" for line in lines))


def _folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from None


def _parquet(table: Any, path: Path) -> None:
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow import parquet

    spare = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        parquet.write_table(table, spare)
        os.replace(spare, path)
    except (OSError, pa.ArrowException) as error:
        raise _unwritable(path, error) from None
    finally:
        spare.unlink(missing_ok=True)


def _unwritable(path: Path, error: Exception) -> EngineError:
    reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
    return EngineError(
        f"{path} cannot be written: {reason.lower()[:120]}",
        why="the rows were to be kept there",
        fix="name another file: --out data/sample.parquet",
    )


def _csv(table: Any) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow("" if value is None else _cell(_plain(value)) for value in row.values())
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _plain(value: Any) -> Any:
    """A value as JSON says it; what is NULL is left out of objects, as in files of JSON lines."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, list) and value and all(isinstance(each, tuple) for each in value):
        return {str(name): _plain(each) for name, each in value}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return float(value)
    return value.hex() if isinstance(value, bytes) else value
