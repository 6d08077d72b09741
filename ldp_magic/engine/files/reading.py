"""From files to a frame, piece by piece."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

from ldp_magic.engine.files import columnar, plain
from ldp_magic.engine.files.csv_rows import CsvRows
from ldp_magic.engine.files.direct import Asked, direct
from ldp_magic.engine.files.format import Format
from ldp_magic.engine.files.json_rows import JsonRows
from ldp_magic.engine.files.landing import Landing
from ldp_magic.engine.files.lines import pieces, whole
from ldp_magic.engine.files.listing import File
from ldp_magic.engine.files.partitions import partition_values
from ldp_magic.engine.files.schema import SELF_DESCRIBING, Schema, certain, nothing, schema_of
from ldp_magic.engine.files.shape import Parsed, Said, Shape, escaped, uri
from ldp_magic.engine.files.types import Columns, arrow_type
from ldp_magic.engine.files.values import BAD, converter
from ldp_magic.engine.files.xml_rows import XmlRows

GROUP, TINY = 200, 100_000  # so many files with their own types at once, of so many bytes each
METADATA = (
    "struct<file_path:string,file_name:string,file_size:bigint,file_block_start:bigint,"
    "file_block_length:bigint,file_modification_time:timestamp>"
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A frame over files and what is to be said beside it."""

    frame: Any
    columns: Columns
    sampled: str | None  # "3 of 48 files", if not all were read
    notes: tuple[str, ...]  # what was dropped, NULL, rescued or guessed, for people
    unknown: tuple[str, ...]  # columns that the data has and the schema has not
    unfinished: tuple[File, ...]  # their last line is not complete yet: leave them for later if they are young
    rows: int | None = None  # None: the engine reads them, and nobody has counted them


def read(
    spark: Any,
    files: Sequence[File],
    format: Format,
    root: str = "",
    *,
    columns: Columns | None = None,
    scratch: Path | None = None,
    metadata: bool = False,
    limit_files: int | None = None,
    limit_bytes: int | None = None,
    growing: bool = True,
    zone: str = "UTC",
) -> Loaded:
    """A frame over *files*.

    *columns* is what `schema_of` said before. *scratch* is a folder of the caller's that the engine sees too and that
    lives as long as the frame; without it the rows travel with the query. *limit_bytes* ends the reading of lines after
    about so many. While *growing*, a last line that is not complete is left out and said, rather than taken as broken.
    """
    if not files and columns is None and format.schema is None:
        raise nothing(root)
    few = files if limit_files is None else files[:limit_files]
    format = certain(files, format, root) if files else replace(format, name=format.name or "json")
    schema = Schema(columns) if columns is not None else schema_of(few, format, root, zone=zone)
    said = Said(few, growing=growing)
    for name in format.unfollowed:
        said.notes.add(f"the option {name} is not followed here")
    if schema.sampled:
        said.notes.add(schema.sampled)
    job = _Job(spark, few, format, root, schema.columns, scratch, metadata, zone, said, limit_bytes)
    frame = job.frame()
    if said.unknown and not format.rescued and format.name != "csv":
        said.notes.add(f"the data has columns that the schema has not: {', '.join(list(said.unknown)[:10])}")
    return Loaded(
        frame,
        schema.columns,
        _part(few, files, limit_bytes if job.cut else None),
        tuple(said.notes),
        tuple(sorted(said.unknown)),
        tuple(few[n] for n in said.unfinished),
        job.rows,
    )


def _part(few: Sequence[File], files: Sequence[File], most: int | None) -> str | None:
    if most is not None:
        return f"the first {_mb(most)} of {_mb(sum(file.size for file in files))}"
    return f"{len(few):,} of {len(files):,} files" if len(few) < len(files) else None


def _mb(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB" if size >= 10_000_000 else f"{size:,} bytes"


class _Job:
    """One reading of files into columns."""

    def __init__(
        self,
        spark: Any,
        files: Sequence[File],
        format: Format,
        root: str,
        columns: Columns,
        scratch: Path | None,
        metadata: bool,
        zone: str,
        said: Said,
        most: int | None,
    ) -> None:
        self.spark, self.files, self.format, self.columns, self.said = spark, files, format, columns, said
        self.scratch, self.metadata, self.most = scratch, metadata, most
        self.rows: int | None = None
        lines = format.name in ("json", "csv", "text") and not format.on("multiLine") and not format.on("wholetext")
        self.cut = lines and most is not None and sum(file.size for file in files) > most
        self.values = partition_values(files, root)
        asked = format.partitions
        folders = set(asked or ())
        if asked is None and self.values:
            folders = set(self.values[0]).intersection(*self.values)
        low = {name.lower() for name in folders}
        self.parts = tuple((name, type_) for name, type_ in columns if name.lower() in low)
        rescued = format.rescued
        special = {
            name.lower() for name in (rescued, format.corrupt if format.name in ("json", "csv", "xml") else "") if name
        }
        data = tuple((n, t) for n, t in columns if n.lower() not in low and n.lower() not in special)
        corrupt = next((n for n, _ in columns if n.lower() == format.corrupt.lower() and n.lower() in special), "")
        self.shape = Shape(data, corrupt, rescued, format.mode, format.clock(zone))

    def frame(self) -> Any:
        if self.format.name == "parquet" and self.scratch is not None and not self.metadata and not self._tiny:
            values = [
                tuple((name, self.constants[name][n].as_py()) for name, _ in self.parts) for n in range(len(self.files))
            ]
            asked = Asked(self.columns, self.shape.columns, tuple(values), self.shape.rescued)
            frame = direct(self.spark, self.files, asked, self.scratch, self.said.notes)
            if frame is not None:
                return frame
        landing = Landing(self.scratch)
        landing.add(self._finished(Parsed(self.shape.empty(), [])))
        try:
            for parsed in self._parsed():
                landing.add(self._finished(parsed))
        finally:
            landing.close()
        self.rows = landing.rows
        return landing.frame(self.spark)

    def _parsed(self) -> Iterator[Parsed]:
        format, files = self.format, self.files
        if format.name == "binaryfile":
            return plain.binaries(files, self.shape.columns)
        if format.name in SELF_DESCRIBING:
            return self._columnar()
        if format.name == "text":
            name = self.shape.columns[0][0] if self.shape.columns else "value"
            if format.on("wholetext"):
                return plain.whole_texts(files, format, name)
            return _side_by_side(
                lambda piece: plain.text_lines(piece, name, self.said), pieces(files, format, most=self.most)
            )
        if format.name == "xml":
            documents = XmlRows(self.shape, format, self.said)
            return (documents.document(n) for n in range(len(files)))
        reader: Any = (
            CsvRows(self.shape, format, self.said) if format.name == "csv" else JsonRows(self.shape, self.said)
        )
        if format.on("multiLine"):
            return (reader.document(n, whole(file, format)) for n, file in enumerate(files))
        header = format.name == "csv" and format.header
        return _side_by_side(reader.piece, pieces(files, format, header=header, most=self.most))

    def _columnar(self) -> Iterator[Parsed]:
        if self._tiny:
            groups = [range(n, min(n + GROUP, len(self.files))) for n in range(0, len(self.files), GROUP)]
            yield from _side_by_side(self._group, groups)
            return
        for n in range(len(self.files)):
            for table in self._conformed(n):
                yield Parsed(table, [(n, table.num_rows)])

    @property
    def _tiny(self) -> bool:
        """Whether there are many small files: opening each of them for every query takes longer than reading them."""
        return len(self.files) > GROUP and sum(file.size for file in self.files) < TINY * len(self.files)

    def _group(self, numbers: Sequence[int]) -> Parsed:
        import pyarrow as pa  # type: ignore[import-untyped]

        tables = [(n, table) for n in numbers for table in self._conformed(n)]
        rows = pa.concat_tables([table for _, table in tables]).combine_chunks() if tables else self.shape.empty()
        return Parsed(rows, [(n, table.num_rows) for n, table in tables])

    def _conformed(self, n: int) -> Iterator[Any]:
        folders = [name for name, _ in self.parts]
        return columnar.conformed(
            self.files[n], self.format.name, self.shape.columns, self.said.notes, self.shape.rescued, folders
        )

    def _finished(self, parsed: Parsed) -> Any:
        """The table with what is the same for each row of a file, its columns in order."""
        import pyarrow as pa

        table = parsed.table
        if self.parts or self.metadata:
            import numpy as np

            numbers = [file for file, _ in parsed.origins]
            counts = [count for _, count in parsed.origins]
            rows = pa.array(np.repeat(np.array(numbers, dtype="int64"), counts))
            for name, values in self.constants.items():
                table = table.append_column(name, values.take(rows))
        names = [name for name, _ in self.columns] + ["_metadata"] * self.metadata
        return table.select(names)

    @cached_property
    def constants(self) -> dict[str, Any]:
        """For each column that does not stand in the files, its value in each of them."""
        import pyarrow as pa

        found = {}
        for name, type_ in self.parts:
            convert = converter(type_, self.shape.clock)
            texts = [next((v for k, v in each.items() if k.lower() == name.lower()), None) for each in self.values]
            known = {text: convert(text) for text in set(texts) if text is not None}
            values = [None if text is None or known[text] is BAD else known[text] for text in texts]
            found[name] = pa.array(values, arrow_type(type_))
        if self.metadata:
            rows = [
                {
                    "file_path": uri(f.path),
                    "file_name": escaped(os.path.basename(f.path)),
                    "file_size": f.size,
                    "file_block_start": 0,
                    "file_block_length": f.size,
                    "file_modification_time": int(f.mtime * 1000) * 1000,
                }
                for f in self.files
            ]
            found["_metadata"] = pa.array(rows, arrow_type(METADATA))
        return found


def _side_by_side(work: Callable[[Any], Parsed], items: Iterable[Any]) -> Iterator[Parsed]:
    """The results in order, a few at work at a time."""
    it = iter(items)
    first = list(islice(it, 2))
    if len(first) < 2:
        yield from map(work, first)
        return
    ahead = os.cpu_count() or 1
    with ThreadPoolExecutor(ahead) as pool:
        waiting: deque[Future[Parsed]] = deque()
        for item in chain(first, it):
            waiting.append(pool.submit(work, item))
            if len(waiting) > ahead + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
