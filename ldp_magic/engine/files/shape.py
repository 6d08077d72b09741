"""What records are made into: the columns, and where what does not fit goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ldp_magic.engine.files.failure import FilesError, Notes
from ldp_magic.engine.files.lines import Part, Piece
from ldp_magic.engine.files.listing import File
from ldp_magic.engine.files.types import Columns, arrow_type
from ldp_magic.engine.files.values import UTC, Clock


@dataclass(frozen=True, slots=True)
class Shape:
    """*corrupt* and *rescued* name their columns, empty where there is none."""

    columns: Columns
    corrupt: str = ""
    rescued: str = ""
    mode: str = "PERMISSIVE"
    clock: Clock = UTC

    def empty(self) -> Any:
        return Rows(self).table()


@dataclass(slots=True)
class Said:
    """What reading tells beside the rows."""

    files: Sequence[File]
    notes: Notes = field(default_factory=Notes)
    unknown: dict[str, None] = field(default_factory=dict)  # columns of the data that the schema does not have
    unfinished: dict[int, None] = field(default_factory=dict)  # files whose last line is not complete yet
    growing: bool = True  # whether such a line is left out rather than taken as broken

    def incomplete(self, part: Part, last: bool) -> bool:
        """Whether a broken line is one that is still being written."""
        if not (part.open and last):
            return False
        self.unfinished[part.file] = None
        if self.growing:
            self.notes.add("the last line of {} is not complete yet and was left out", self.files[part.file].shown)
        return self.growing

    def broken(self, shape: Shape, place: str, why: str, *, record: bool = True) -> None:
        """A record that cannot be read, or (not *record*) one of its values."""
        if shape.mode == "FAILFAST":
            raise FilesError(
                f"{place} cannot be read: {why}",
                why="the mode is FAILFAST",
                fix="mend the record, or use mode PERMISSIVE",
            )
        if not record:
            self.notes.add(
                "values at {} do not fit their type and are NULL"
                if not shape.rescued
                else f"values at {{}} do not fit and are in {shape.rescued}",
                place,
            )
        elif shape.mode == "DROPMALFORMED":
            self.notes.add("records at {} cannot be read and were dropped", place)
        else:
            where = f" and are in {shape.corrupt or shape.rescued}" if shape.corrupt or shape.rescued else ""
            self.notes.add(f"records at {{}} cannot be read: their columns are NULL{where}", place)

    def undecoded(self, text: str, place: str) -> None:
        """Says it where a text held bytes that its encoding does not know."""
        if "\ufffd" in text:
            self.notes.add("the text at {} is not in its encoding: odd bytes are shown as \ufffd; set encoding", place)

    def extra(self, name: str) -> None:
        self.unknown[name] = None


class Rows:
    """Rows collected one by one, with what was wrong with each."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.values: list[Sequence[Any]] = []
        self.corrupt: list[str | None] = []
        self.rescued: list[str | None] = []

    def add(self, values: Sequence[Any], corrupt: str | None = None, rescued: str | None = None) -> None:
        self.values.append(values)
        self.corrupt.append(corrupt)
        self.rescued.append(rescued)

    def table(self) -> Any:
        import pyarrow as pa  # type: ignore[import-untyped]

        columns = list(zip(*self.values, strict=True)) if self.values else [()] * len(self.shape.columns)
        arrays = [
            pa.array(list(values), arrow_type(type_))
            for values, (_, type_) in zip(columns, self.shape.columns, strict=True)
        ]
        return with_extras(self.shape, arrays, len(self.values), self.corrupt, self.rescued)


def with_extras(shape: Shape, arrays: Sequence[Any], rows: int, corrupt: Any = None, rescued: Any = None) -> Any:
    """A table of the columns, and of what did not fit where the shape has a place for it."""
    import pyarrow as pa

    schema = [pa.field(name, arrow_type(type_)) for name, type_ in shape.columns]
    arrays = list(arrays)
    for name, texts in ((shape.corrupt, corrupt), (shape.rescued, rescued)):
        if name:
            schema.append(pa.field(name, pa.string()))
            arrays.append(pa.array(texts, pa.string()) if texts is not None else pa.nulls(rows, pa.string()))
    if not arrays:  # rows without columns: what they are counted by
        return pa.table({"": pa.nulls(rows)})
    return pa.Table.from_arrays(
        [a if isinstance(a, pa.ChunkedArray) else pa.chunked_array([a]) for a in arrays], schema=pa.schema(schema)
    )


def rescue_text(parts: dict[str, Any], file: File) -> str:
    """What did not fit as JSON: each value as it stood in the file (a text here is JSON already), and the file."""
    return _object({**parts, "_file_path": json.dumps(uri(file.path), ensure_ascii=False)})


def _object(parts: dict[str, Any]) -> str:
    inside = (
        f"{json.dumps(k, ensure_ascii=False)}:{_object(v) if isinstance(v, dict) else v}" for k, v in parts.items()
    )
    return "{" + ",".join(inside) + "}"


_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-!.~'()*,;:$&+=/@")


def escaped(path: str) -> str:
    """A path as Java writes it in a URI: letters of all alphabets stay."""
    return "".join(c if c in _SAFE or ord(c) > 127 else f"%{ord(c):02X}" for c in path)


def uri(path: str) -> str:
    return "file:" + escaped(path)


@dataclass(slots=True)
class Parsed:
    """The rows of a piece, and how many of them come from which file, in order."""

    table: Any
    origins: list[tuple[int, int]]


def whole_lines(piece: Piece) -> list[tuple[int, int]]:
    """The origins where every line is a row."""
    return [(part.file, part.lines) for part in piece.parts]


def counted(piece: Piece, per_line: Sequence[int]) -> list[tuple[int, int]]:
    """The origins where the line at each index gave that many rows."""
    found, start = [], 0
    for part in piece.parts:
        found.append((part.file, sum(per_line[start : start + part.lines])))
        start += part.lines
    return found
