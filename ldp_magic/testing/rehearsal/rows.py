"""Files taken apart into rows, and rows written as files again: each row stays as it was, beside those of its file."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldp_magic.engine.files import File, Format
from ldp_magic.engine.files.format import guessed
from ldp_magic.testing.rehearsal.moments import moment_in

AGE = 3600.0  # seconds since a file was written: nobody is still at it
_PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file, or a file that is not taken apart."""

    piece: Piece
    value: Any
    time: float | None = None


@dataclass(frozen=True, eq=False)
class Piece:
    """A file that rows come from: where it lies below its source, how its rows are written, what stands above them."""

    file: File
    below: str
    kind: str  # lines, array, parquet, or whole
    head: str = ""

    def write(self, folder: Path, step: int, values: Sequence[Any]) -> None:
        """Rows of this file as a file of one step."""
        stem, ending = os.path.splitext(self.below)
        path = folder / f"{stem}.{step:04}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.kind == "whole":
            for n in range(len(values)):
                self._aged(
                    Path(shutil.copy(self.file.path, path if not n else path.with_stem(f"{path.stem}.{n}"))), step
                )
            return
        if self.kind == "parquet":
            self._parquet(path, values)
        else:
            text = "[" + ",\n".join(values) + "]" if self.kind == "array" else "\n".join(values)
            path.write_text(f"{self.head}{text}\n", encoding="utf-8", newline="")
        self._aged(path, step)

    def _parquet(self, path: Path, values: Sequence[int]) -> None:
        from pyarrow import parquet  # type: ignore[import-untyped]

        parquet.write_table(_table(self.file.path).take(list(values)), path)

    def _aged(self, path: Path, step: int) -> None:
        moment = min(self.file.mtime, _now() - AGE) + step
        os.utime(path, (moment, moment))


def rows_of(file: File, root: str, format: Format, times: Sequence[str]) -> list[Row]:
    """The rows of one file in their order; *times* are the columns that may hold their event time."""
    base = root if os.path.isdir(root) else os.path.dirname(file.path)
    below = os.path.relpath(file.path, base)
    below = os.path.basename(file.path) if below.startswith("..") else below
    name = format.name or guessed(file.path)
    if name == "parquet":
        return _columnar(Piece(file, below, "parquet"), times)
    if name not in ("json", "csv", "text") or (name == "text" and format.on("wholetext")):
        return [Row(Piece(file, below, "whole"), None)]
    text, below = _text(file, below, format)
    if text is None:
        return [Row(Piece(file, below, "whole"), None)]
    if name == "csv":
        return _csv(file, below, text, format, times)
    return _json(file, below, text, times) if name == "json" else _lines(file, below, text)


def _text(file: File, below: str, format: Format) -> tuple[str | None, str]:
    """The text of a file, and its name without that of its packing; None for one that cannot be cut into lines."""
    data, ending = Path(file.path).read_bytes(), os.path.splitext(below)[1]
    encoding = format.option("encoding") or format.option("charset") or "utf-8"
    if format.option("linesep") or encoding.lower().replace("-", "") != "utf8":
        return None, below
    try:
        text = (_PACKED[ending](data) if ending in _PACKED else data).decode("utf-8-sig")
    except UnicodeDecodeError:
        return None, below
    return text, below[: -len(ending)] if ending in _PACKED else below


def _split(text: str) -> list[str]:
    """Lines as engines see them: other separators that Unicode knows are a part of the text."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def _lines(file: File, below: str, text: str) -> list[Row]:
    piece = Piece(file, below, "lines")
    return [Row(piece, line) for line in _split(text)]


def _json(file: File, below: str, text: str, times: Sequence[str]) -> list[Row]:
    """One value in each line, or else one list of them."""
    lines = [line for line in _split(text) if line.strip()]
    if lines and not lines[0].lstrip().startswith("["):
        piece, read = Piece(file, below, "lines"), [_read(line) for line in lines]
        if len(lines) == 1 or any(isinstance(each, dict) for each in read):
            return [Row(piece, line, _moment(each, times)) for line, each in zip(lines, read, strict=True)]
    whole = _read(text)
    if not isinstance(whole, list):
        return [Row(Piece(file, below, "whole"), None, _moment(whole, times))] if lines else []
    piece = Piece(file, below, "array")
    return [Row(piece, json.dumps(each, ensure_ascii=False), _moment(each, times)) for each in whole]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _moment(value: Any, times: Sequence[str]) -> float | None:
    return moment_in(value, times) if isinstance(value, dict) else None


def _csv(file: File, below: str, text: str, format: Format, times: Sequence[str]) -> list[Row]:
    records = _records(text, format.option("quote", '"'))
    head = records.pop(0) if format.header and records else ""
    piece = Piece(file, below, "lines", f"{head}\n" if head else "")
    separator = format.option("sep") or format.option("delimiter") or ("\t" if below.endswith(".tsv") else ",")
    names = _cells(head, separator) or _declared(format)
    rows = (dict(zip(names, _cells(each, separator), strict=False)) for each in records)
    return [Row(piece, each, moment_in(row, times)) for each, row in zip(records, rows, strict=True)]


def _records(text: str, quote: str) -> list[str]:
    """The records of a CSV text: a line that ends inside quotes goes on in the next one."""
    found, begun, inside = list[str](), list[str](), False
    for line in _split(text):
        begun.append(line)
        inside ^= bool(quote) and line.count(quote) % 2 == 1
        if not inside:
            found.append("\n".join(begun))
            begun = []
    return [each for each in (*found, "\n".join(begun)) if each.strip()]


def _cells(line: str, separator: str) -> list[str]:
    if not line or len(separator) != 1:
        return line.split(separator) if line else []
    return next(csv.reader(io.StringIO(line), delimiter=separator), [])


def _declared(format: Format) -> list[str]:
    from ldp_magic.sql.types import ddl_columns

    return [name for name, _ in ddl_columns(format.schema)] if format.schema else []


def _columnar(piece: Piece, times: Sequence[str]) -> list[Row]:
    table = _table(piece.file.path)
    low = {name.lower(): name for name in table.column_names}
    named = [low[name.lower()] for name in times if name.lower() in low]
    held = table.select(named).to_pylist() if named else [{}] * table.num_rows
    return [Row(piece, n, moment_in(each, named)) for n, each in enumerate(held)]


def _table(path: str) -> Any:
    from pyarrow import parquet

    return parquet.read_table(path, partitioning=None)


def _now() -> float:
    import time

    return time.time()
