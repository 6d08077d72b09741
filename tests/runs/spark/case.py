"""A pipeline and what its sources get before each update, as plain values; and rows in a form that both sides share.

Nothing here needs an engine: the same module is read where Apache Spark is, and where it is not.
"""

from __future__ import annotations

import datetime
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = "{folder}"  # in a text of a pipeline: where its sources are
Content = str | dict[str, Any]  # text, or {"columns": {name: type}, "rows": [...]} for a Parquet file


@dataclass(frozen=True, slots=True)
class Step:
    """What is put into the project before an update, and what that update is asked for."""

    files: Mapping[str, Content | None]  # None takes a file away
    refresh: tuple[str, ...] = ()
    full_refresh: tuple[str, ...] = ()  # names, or `all`
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A pipeline with its updates."""

    name: str
    steps: tuple[Step, ...]
    apart: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # table -> tables that hold its rows in Spark
    spark: Mapping[str, str] = field(default_factory=dict)  # texts that Spark is given instead, by path
    differs: Mapping[str, str] = field(default_factory=dict)  # table -> why it is not the same here, on purpose

    @staticmethod
    def from_dict(said: Mapping[str, Any]) -> Case:
        steps = tuple(
            Step(each["files"], tuple(each["refresh"]), tuple(each["full_refresh"]), each["fails"])
            for each in said["steps"]
        )
        return Case(
            said["name"], steps, {k: tuple(v) for k, v in said["apart"].items()}, said["spark"], said.get("differs", {})
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


# --- files -----------------------------------------------------------------------------------------------------------


def put(folder: Path, files: Mapping[str, Content | None]) -> None:
    """Write files; each appears at once and whole. A name that ends in `/` is a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        elif content is None:
            path.unlink()
        elif isinstance(content, dict):
            _parquet(path, content)
        else:
            new = path.with_name(f".{path.name}.new")
            new.write_bytes(content.replace(FOLDER, folder.as_posix()).encode("utf-8"))
            os.replace(new, path)


def _parquet(path: Path, content: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "bigint": pa.int64(),
        "int": pa.int32(),
        "double": pa.float64(),
        "string": pa.string(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", "UTC"),
        "decimal(10,2)": pa.decimal128(10, 2),
        "array<string>": pa.list_(pa.string()),
        "map<string,bigint>": pa.map_(pa.string(), pa.int64()),
        "struct<city:string,zip:int>": pa.struct([("city", pa.string()), ("zip", pa.int32())]),
    }
    arrays = []
    for n, type_ in enumerate(content["columns"].values()):
        values = [_value(row[n], type_) for row in content["rows"]]
        arrays.append(pa.array(values, types[type_]))
    pq.write_table(pa.table(arrays, names=list(content["columns"])), path)


def _value(said: Any, type_: str) -> Any:
    """A value that JSON cannot hold."""
    if said is None:
        return None
    if type_ == "date":
        return datetime.date.fromisoformat(said)
    if type_ == "timestamp":
        whole, _, rest = said.partition(".")
        moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
        return moment.replace(microsecond=int(rest.ljust(6, "0")))
    if type_.startswith("decimal"):
        return Decimal(said)
    return list(said.items()) if type_.startswith("map") else said


# --- rows ------------------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value of Spark or Arrow as JSON. The last digits of a sum depend on its order, so 14 are compared."""
    if isinstance(value, float):
        return f"{value + 0.0:.14g}"  # and -0 is 0
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(" ")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if hasattr(value, "asDict"):
        value = value.asDict()
    elif isinstance(value, list) and value and all(type(each) is tuple for each in value):
        value = dict(value)  # a map, as Arrow has it
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in sorted(value.items(), key=str)} or []
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return str(value)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table holds: its columns in their order, and its rows in none."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[str, ...]  # each as JSON, sorted

    @staticmethod
    def of(columns: Iterable[tuple[str, str]], rows: Iterable[Iterable[Any]]) -> Rows:
        said = (json.dumps([plain(each) for each in row], ensure_ascii=False) for row in rows)
        return Rows(tuple((name, type_.lower().replace(" ", "")) for name, type_ in columns), tuple(sorted(said)))

    @staticmethod
    def from_dict(said: Mapping[str, Any]) -> Rows:
        rows = tuple(sorted(json.dumps(each, ensure_ascii=False) for each in said["rows"]))
        return Rows(tuple((name, type_) for name, type_ in said["columns"]), rows)

    def to_dict(self) -> dict[str, Any]:
        return {"columns": [list(each) for each in self.columns], "rows": [json.loads(each) for each in self.rows]}

    def with_rows_of(self, other: Rows) -> Rows:
        assert not other.columns or not self.columns or self.columns == other.columns
        return Rows(self.columns or other.columns, tuple(sorted((*self.rows, *other.rows))))

    def difference(self, other: Rows) -> str:
        """What this has and the other has not, and the other way round."""
        if self.columns != other.columns:
            return f"columns {self.columns} are not {other.columns}"
        mine, yours = Counter(self.rows), Counter(other.rows)
        less, more = yours - mine, mine - yours
        lines = [f"  - {row} x{n}" for row, n in sorted(less.items())[:8]]
        lines += [f"  + {row} x{n}" for row, n in sorted(more.items())[:8]]
        return "\n".join(lines)
