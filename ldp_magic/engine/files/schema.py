"""The columns that reading gives: what the schema says, or what the data looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ldp_magic.engine.files import columnar, plain
from ldp_magic.engine.files.csv_types import CsvTypes
from ldp_magic.engine.files.failure import FilesError
from ldp_magic.engine.files.format import Format, guessed
from ldp_magic.engine.files.json_types import JsonTypes
from ldp_magic.engine.files.lines import pieces, whole
from ldp_magic.engine.files.listing import File
from ldp_magic.engine.files.partitions import partition_columns, partition_values
from ldp_magic.engine.files.types import Columns, columns_of, hinted
from ldp_magic.engine.files.values import Clock
from ldp_magic.engine.files.xml_rows import Elements, XmlTypes

SAMPLE_FILES, SAMPLE_BYTES = 1000, 64_000_000  # what types are told from
SELF_DESCRIBING = ("parquet", "orc", "avro")


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of files, and in words what was looked at to tell them, if that was not everything."""

    columns: Columns
    sampled: str | None = None


def schema_of(files: Sequence[File], format: Format, root: str = "", *, zone: str = "UTC") -> Schema:
    """The columns that reading gives: those of the schema, or else what the data looks like."""
    format = certain(files, format, root)
    values = partition_values(files, root)
    parts = partition_columns(values, format.style == "spark" or format.typed, format.partitions)
    sampled = None
    if format.schema is not None:
        data = columns_of(format.schema)
    elif not files:
        raise nothing(root)
    else:
        data, sampled = _inferred(files, format, format.clock(zone))
        if not data and not parts:
            which = files[0].shown if len(files) == 1 else f"none of the {len(files):,} files under {root}"
            raise FilesError(
                f"{which} holds {'no' if len(files) == 1 else 'a'} column",
                why="there is nothing to tell a schema from",
                fix="give the schema",
            )
    columns = hinted(data, format.hints) if format.hints else data
    return Schema(_arranged(columns, parts, format), sampled)


def nothing(where: str) -> FilesError:
    """The error for a place without files."""
    return FilesError(
        f"no file under {where or 'that path'} matches",
        why="there is nothing to tell the columns from",
        fix="check the path and its filters, or give a schema",
    )


def certain(files: Sequence[File], format: Format, root: str) -> Format:
    """The format with a name, told by the first file if it was not given."""
    if format.name:
        return format
    if not files:
        raise nothing(root)
    return replace(format, name=guessed(files[0].path))


def _arranged(data: Columns, parts: Columns, format: Format) -> Columns:
    """Partition columns stand behind the data, what was rescued before them."""
    given = {name.lower(): type_ for name, type_ in data}
    folders = {name.lower(): (name, type_) for name, type_ in parts}
    if format.schema is not None or format.hints:
        folders = {low: (name, given.get(low, type_)) for low, (name, type_) in folders.items()}
    kept = [] if format.schema is not None else list(folders)
    found = [
        folders.pop(name.lower()) if name.lower() in kept else (name, type_)
        for name, type_ in data
        if name.lower() in kept or name.lower() not in folders
    ]
    if format.rescued and format.rescued.lower() not in {name.lower() for name, _ in found}:
        found.append((format.rescued, "string"))
    return (*found, *folders.values())


def _inferred(files: Sequence[File], format: Format, clock: Clock) -> tuple[Columns, str | None]:
    if format.name == "binaryfile":
        return plain.BINARY, None
    if format.name == "text":
        return (("value", "string"),), None
    sample = files[:SAMPLE_FILES] if format.style != "spark" else files
    if format.name in SELF_DESCRIBING:
        sample = files[:1] if format.style == "spark" and not format.on("mergeSchema") else sample
        return columnar.union_of(columnar.kinds_of(sample, format.name), sample), None
    if format.name == "xml":
        return _inferred_xml(sample, format, clock), None if len(sample) == len(files) else _first(
            len(sample), len(files)
        )
    if format.name == "csv" and not format.typed and not format.by_name:
        sample = files[:10]  # names are all that is asked
    told: Any = CsvTypes(format, clock) if format.name == "csv" else JsonTypes(format, sample)
    looked = _look(told, sample, format)
    if looked >= SAMPLE_BYTES:
        return told.columns(), f"types are told from the first {SAMPLE_BYTES // 1_000_000} MB"
    short = len(sample) < len(files) and format.typed
    return told.columns(), _first(len(sample), len(files)) if short else None


def _first(sample: int, all_: int) -> str:
    return f"types are told from the first {sample:,} of {all_:,} files"


def _inferred_xml(files: Sequence[File], format: Format, clock: Clock) -> Columns:
    told, elements = XmlTypes(format, clock), Elements(format)
    for file in files:
        for value in elements.of(file):
            if isinstance(value, dict):
                told.add(value)
    return told.columns()


def _look(told: Any, files: Sequence[File], format: Format) -> int:
    """Shows the files to what tells their types; how many bytes that were, as far as they are bounded."""
    size = 0
    if format.on("multiLine"):
        for file in files:
            text = whole(file, format)
            size += len(text)
            if format.name == "csv":
                told.document(text)
            elif text.strip():
                told.text(text, file.shown)
            if size >= SAMPLE_BYTES:
                break
        return size
    for piece in pieces(files, format, header=format.name == "csv" and format.header, most=SAMPLE_BYTES):
        told.piece(piece)
        size += len(piece.data)
    return size
