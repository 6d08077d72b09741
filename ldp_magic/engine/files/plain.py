"""Files whose columns are always the same: lines of text, whole texts, and bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.engine.files.format import Format
from ldp_magic.engine.files.lines import Piece, raw, whole
from ldp_magic.engine.files.listing import File
from ldp_magic.engine.files.shape import Parsed, Said, uri, whole_lines
from ldp_magic.engine.files.types import Columns, arrow_type

BINARY: Columns = (("path", "string"), ("modificationTime", "timestamp"), ("length", "bigint"), ("content", "binary"))
BATCH = 64_000_000  # bytes of whole files in one table


def text_lines(piece: Piece, name: str, said: Said) -> Parsed:
    import pyarrow as pa  # type: ignore[import-untyped]

    text = piece.data.decode("utf-8", "replace")
    said.undecoded(text, said.files[piece.parts[0].file].shown)
    values = text.split("\n")
    return Parsed(pa.table({name: pa.array(values[:-1], pa.string())}), whole_lines(piece))


def whole_texts(files: Sequence[File], format: Format, name: str) -> Iterator[Parsed]:
    import pyarrow as pa

    for numbers in _batches(files):
        values = [whole(files[n], format) for n in numbers]
        yield Parsed(pa.table({name: pa.array(values, pa.string())}), [(n, 1) for n in numbers])


def binaries(files: Sequence[File], wanted: Columns) -> Iterator[Parsed]:
    import pyarrow as pa

    for numbers in _batches(files):
        values = {
            "path": [uri(files[n].path) for n in numbers],
            "modificationTime": [int(files[n].mtime * 1000) * 1000 for n in numbers],
            "length": [files[n].size for n in numbers],
            "content": [_bytes(files[n]) for n in numbers] if any(c == "content" for c, _ in wanted) else [],
        }
        arrays = {c: pa.array(values.get(c) or [None] * len(numbers), arrow_type(t)) for c, t in wanted}
        yield Parsed(pa.table(arrays), [(n, 1) for n in numbers])


def _bytes(file: File) -> bytes:
    return b"".join(raw(file, packed=True))


def _batches(files: Sequence[File]) -> Iterator[list[int]]:
    """The files in turn; empty ones give no row, as in Spark."""
    found: list[int] = []
    size = 0
    for number, file in enumerate(files):
        if not file.size:
            continue
        if found and size + file.size > BATCH:
            yield found
            found, size = [], 0
        found.append(number)
        size += file.size
    if found:
        yield found
