"""JSON to rows: by Arrow's parser where every line is clean, else line by line by Spark's rules.

Arrow's parser is only given lines that each look like one object: it crashes the process on a bare `null`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from ldp_magic.engine.files.lines import Piece
from ldp_magic.engine.files.shape import Parsed, Rows, Said, Shape, counted, rescue_text, whole_lines, with_extras
from ldp_magic.engine.files.types import arrow_type
from ldp_magic.engine.files.values import BAD, BITS, Clock, converter, rounded, typed
from ldp_magic.sql.results import parts_of
from ldp_magic.sql.types import fields_of

FEW = 100  # lines that are read one by one rather than cut further
_SPACE = re.compile(r"[ \t\n\r]*")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"|\'((?:[^\'\\]|\\.)*)\'', re.S)
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
# half of a pair of escapes stands for no letter
_SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_NULL_BEHIND = re.compile(rb"\}[ \t\r\n]*null")


class Whole(str):
    """A number without fraction, as it was written."""


class Real(str):
    """A number with a fraction or an exponent, as it was written; also NaN and Infinity."""


_DECODER = json.JSONDecoder(parse_int=Whole, parse_float=Real, parse_constant=Real)


class Unfit(Exception):
    """A value that is not of its type."""


def objects(data: bytes) -> bool:
    """Whether each line looks like one object, so that Arrow's parser may have it."""
    lines = data.count(b"\n")
    return (
        data.startswith(b"{")
        and data.endswith(b"}\n")
        and data.count(b"}\n{") == lines - 1
        and _NULL_BEHIND.search(data) is None
    )


def parse_arrow(data: bytes, schema: Any = None, unexpected: str = "error") -> Any:
    """A table of lines for which `objects` holds; None where Arrow does not take them or sees other rows in them."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.json as pj  # type: ignore[import-untyped]

    options = pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
    parse = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior=unexpected)
    try:
        table = pj.read_json(pa.BufferReader(data), read_options=options, parse_options=parse)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError):
        return None
    return table if table.num_rows == data.count(b"\n") else None


def _names(data: bytes) -> set[str]:
    table = parse_arrow(data, None, "infer")
    return set() if table is None else set(table.column_names)


def groups(data: bytes) -> Iterator[bytes]:
    """Sixteen parts of the lines."""
    size, start = max(len(data) // 16, 1), 0
    while start < len(data):
        end = data.find(b"\n", start + size) + 1 or len(data)
        yield data[start:end]
        start = end


def text_of(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def record_of(text: str, decoder: Any = _DECODER) -> tuple[Any, str]:
    """The first value of a line, and the text it was read from: that of a line with single quotes is changed."""
    start = _SPACE.match(text).end()  # type: ignore[union-attr]
    if "\\u" in text:
        text = _SURROGATES.sub(lambda match: "?" if match[1] else match[0], text)
    try:
        return decoder.raw_decode(text, start)[0], text
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        if "'" not in text:
            raise
        text = _STRINGS.sub(_doubly_quoted, text)
        return decoder.raw_decode(text, start)[0], text


def _doubly_quoted(match: re.Match[str]) -> str:
    if match[0].startswith('"'):
        return match[0]
    return '"' + match[1].replace("\\'", "'").replace('"', '\\"') + '"'


def raw(text: str, path: Sequence[str | int]) -> str:
    """The text of the value that *path* leads to, exactly as it was written."""
    start, end = _at(text, _SPACE.match(text).end(), list(path))  # type: ignore[union-attr]
    return text[start:end]


def _at(text: str, start: int, path: list[str | int]) -> tuple[int, int]:
    if not path:
        return start, _DECODER.raw_decode(text, start)[1]
    step, found, index = path[0], (start, start), 0
    if text[start] not in "{[":  # a key that comes twice, first with something else
        return found
    at = _skip(text, start + 1)
    while text[at] not in "}]":
        key: str | int = index
        if text[start] == "{":
            key, at = scanstring(text, at + 1)
            at = _skip(text, _skip(text, at) + 1)
        end = _DECODER.raw_decode(text, at)[1]
        found = _at(text, at, path[1:]) if key == step else found
        at = _skip(text, end)
        at, index = _skip(text, at + 1) if text[at] == "," else at, index + 1
    return found


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


class JsonRows:
    """Reads pieces of JSON lines, and whole documents, into tables of one shape."""

    def __init__(self, shape: Shape, said: Said) -> None:
        self.shape, self.said = shape, said
        self.names = [name for name, _ in shape.columns]
        self.known = frozenset(self.names)
        self.late = [n for n, (_, type_) in enumerate(shape.columns) if _late(type_)]
        self.schema = _parsed_schema(shape)
        self.unexpected = "error" if shape.rescued else "ignore"
        self.unseen = not shape.rescued  # then one look at what Arrow's parser leaves out without a word
        bare = [name for name, type_ in shape.columns if type_.startswith(("string", "varchar(", "char(", "decimal("))]
        names = "|".join(re.escape(json.dumps(name, ensure_ascii=False)[1:-1]) for name in bare)
        number = rf'"({names})"([ \t]*:[ \t]*)({_NUMBER}|true|false)(?=[ \t]*[,}}])'
        self.bare = re.compile(number.encode()) if bare else None  # what is text for Spark, quotes or not

    def piece(self, piece: Piece) -> Parsed:
        table = self.clean(piece.data)
        if table is not None:
            return Parsed(table, whole_lines(piece))
        counts: list[int] = []
        tables = list(self.cut(piece, piece.data, counts))
        import pyarrow as pa

        return Parsed(pa.concat_tables(tables) if tables else self.shape.empty(), counted(piece, counts))

    def cut(self, piece: Piece, data: bytes, counts: list[int]) -> Iterator[Any]:
        """The tables of parts of the piece, as large as Arrow's parser takes them."""
        for group in groups(data):
            lines = group.count(b"\n")
            table = self.clean(group) if lines > 8 else None
            if table is not None:
                counts.extend([1] * lines)
                yield table
            elif lines > FEW:
                yield from self.cut(piece, group, counts)
            else:
                yield self.one_by_one(piece, group, counts)

    def clean(self, data: bytes) -> Any:
        """The table, if Arrow's parser reads every line as Spark would."""
        if self.schema is None or not objects(data):
            return None
        table = parse_arrow(data, self.schema, self.unexpected)
        if table is not None and self.unseen:
            self.unseen = False
            for name in _names(data) - self.known:
                self.said.extra(name)
        if table is None and self.bare is not None:
            quoted = self.bare.sub(rb'"\1"\2"\3"', data)
            table = parse_arrow(quoted, self.schema, self.unexpected) if quoted != data else None
        if table is None:
            return None
        arrays = []
        for n, (name, type_) in enumerate(self.shape.columns):
            column = table.column(name)
            if n in self.late:
                column, bad = _from_text(column.combine_chunks(), type_, self.shape.clock)
                if bad is not None:
                    return None
            elif column.type != arrow_type(type_):
                column = _narrowed(column, arrow_type(type_))
                if column is None:
                    return None
            arrays.append(column)
        return with_extras(self.shape, arrays, table.num_rows)

    def one_by_one(self, piece: Piece, data: bytes, counts: list[int]) -> Any:
        rows = Rows(self.shape)
        for line in data.split(b"\n")[:-1]:
            before = len(rows.values)
            if line.strip():
                part, number = piece.place(len(counts))
                last = number == part.line + part.lines - 1
                self.line(text_of(line), rows, part, number, last)
            counts.append(len(rows.values) - before)
        return rows.table()

    def line(self, text: str, rows: Rows, part: Any, number: int, last: bool) -> None:
        file = self.said.files[part.file]
        self.said.undecoded(text, f"{file.shown}:{number}")
        try:
            value, text = record_of(text)
        except ValueError as error:
            if not self.said.incomplete(part, last):
                self.broken(text, rows, file, f"{file.shown}:{number}", f"it is not JSON: {str(error).lower()}")
            return
        self.value(value, text, rows, file, f"{file.shown}:{number}")

    def document(self, number: int, text: str) -> Parsed:
        """A file that is one JSON value: an object, or an array of them."""
        rows, file = Rows(self.shape), self.said.files[number]
        if text.strip():
            try:
                value, text = record_of(text)
            except ValueError as error:
                at = getattr(error, "lineno", 1)
                self.broken(text, rows, file, f"{file.shown}:{at}", f"it is not JSON: {str(error).lower()}")
            else:
                self.value(value, text, rows, file, file.shown)
        return Parsed(rows.table(), [(number, len(rows.values))])

    def value(self, value: Any, text: str, rows: Rows, file: Any, place: str) -> None:
        each = value if isinstance(value, list) else [value]
        if not all(isinstance(record, dict) for record in each):
            self.broken(text, rows, file, place, "it is not an object")
            return
        for n, record in enumerate(each):
            self.record(record, text, [n] if each is value else [], rows, file, place)

    def broken(self, text: str, rows: Rows, file: Any, place: str, why: str) -> None:
        self.said.broken(self.shape, place, why)
        if self.shape.mode != "DROPMALFORMED":
            rescued = (
                rescue_text({"_corrupt_record": json.dumps(text, ensure_ascii=False)}, file)
                if self.shape.rescued
                else None
            )
            rows.add([None] * len(self.names), text, rescued)

    def record(
        self, record: dict[str, Any], text: str, path: list[str | int], rows: Rows, file: Any, place: str
    ) -> None:
        fitting = _Fitting(text, self.shape.clock)
        values = [fitting.field(type_, record.get(name), [*path, name]) for name, type_ in self.shape.columns]
        unfit = list(fitting.unfit)
        for inner in fitting.new:
            self.said.extra(".".join(str(step) for step in inner[len(path) :]))
        for name in record.keys() - self.known:
            self.said.extra(name)
            fitting.extra.append([*path, name])
        if unfit:
            self.said.broken(
                self.shape if not self.shape.rescued else _permissive(self.shape),
                place,
                f"{unfit[0][-1]} does not fit its type",
                record=False,
            )
            if self.shape.mode == "DROPMALFORMED" and not self.shape.rescued:
                return
        rescued = None
        if self.shape.rescued and (unfit or fitting.extra):
            tree: dict[str, Any] = {}
            order = {name: n for n, name in enumerate(record)}
            for each in sorted([*unfit, *fitting.extra], key=lambda p: order.get(str(p[len(path)]), 0)):
                _grow(tree, [str(step) for step in each[len(path) :]], raw(text, each))
            rescued = rescue_text(tree, file)
        rows.add(values, text if unfit else None, rescued)


def _permissive(shape: Shape) -> Shape:
    """Values that were rescued break no mode."""
    return Shape(shape.columns, shape.corrupt, shape.rescued, "PERMISSIVE", shape.clock)


def _grow(tree: dict[str, Any], path: list[str], text: str) -> None:
    for step in path[:-1]:
        inner = tree.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    tree[path[-1]] = text


class _Fitting:
    """One record's values as their types; what does not fit is remembered by its path."""

    def __init__(self, text: str, clock: Clock) -> None:
        self.text, self.clock = text, clock
        self.unfit: list[list[str | int]] = []
        self.extra: list[list[str | int]] = []
        self.new: list[list[str | int]] = []  # of those, fields of structs that the schema could have

    def field(self, type_: str, value: Any, path: list[str | int]) -> Any:
        if value is None:
            return None
        try:
            return self.of(type_, value, path)
        except Unfit:
            self.unfit.append(path)
            return None

    def of(self, type_: str, value: Any, path: list[str | int]) -> Any:
        if value is None:
            return None
        if type_ == "string" or type_.startswith(("varchar(", "char(")):
            return self.string(value, path)
        if "<" in type_:
            if not isinstance(value, (dict, list)):
                raise Unfit
            return self.nested(type_, value, path)
        found = _scalar(type_, self.clock)(value)
        if found is BAD:
            raise Unfit
        return found

    def string(self, value: Any, path: list[str | int]) -> str:
        if isinstance(value, str):
            return str(value)
        return ("true" if value else "false") if isinstance(value, bool) else raw(self.text, path)

    def nested(self, type_: str, value: Any, path: list[str | int]) -> Any:
        kind, fields = _nested(type_)
        if isinstance(value, dict) == (kind == "array"):
            raise Unfit
        if kind == "struct":
            names = {name for name, _ in fields}
            unknown = [[*path, name] for name in value if name not in names]
            self.extra += unknown
            self.new += unknown
            return {name: self.field(inner, value.get(name), [*path, name]) for name, inner in fields}
        unfit, extra, new, inner = len(self.unfit), len(self.extra), len(self.new), fields[-1][1]
        found: Any
        if kind == "array":
            found = [self.of(inner, each, [*path, n]) for n, each in enumerate(value)]
        else:
            found = [(key, self.of(inner, each, [*path, key])) for key, each in value.items()]
        if len(self.extra) > extra:
            self.extra[extra:] = [path]
            del self.new[new:]
        if len(self.unfit) > unfit:
            self.unfit[unfit:] = [path]
        return found


@lru_cache(maxsize=1024)
def _nested(type_: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    kind, _, inner = type_.partition("<")
    if kind == "struct":
        return kind, tuple(fields_of(type_))
    return kind, tuple(("", part) for part in ([inner[:-1]] if kind == "array" else parts_of(inner[:-1])))


@lru_cache(maxsize=256)
def _scalar(type_: str, clock: Clock) -> Callable[[Any], Any]:
    """From a JSON value that is neither null, object nor array."""
    read = converter(type_, clock)
    if type_ in BITS:
        return lambda value: read(value) if type(value) is Whole else BAD
    if type_ in ("double", "float"):
        named = ("NaN", "Infinity", "-Infinity", "+INF", "INF", "-INF", "+Infinity")
        return lambda value: read(value) if type(value) in (Whole, Real) or value in named else BAD
    if type_ == "boolean":
        return lambda value: value if isinstance(value, bool) else BAD
    if type_.startswith("decimal("):
        precision, scale = (int(n) for n in type_[8:-1].split(","))
        return lambda value: rounded(value, precision, scale) if isinstance(value, str) and value else BAD
    if type_ == "timestamp":
        return lambda value: _epoch(value) if type(value) is Whole else read(value) if type(value) is str else BAD
    if type_ == "binary":
        return lambda value: _base64(value) if type(value) is str else BAD
    return lambda value: read(value) if type(value) is str else BAD


def _epoch(seconds: str) -> Any:
    from datetime import datetime, timedelta, timezone

    try:
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=int(seconds))
    except (OverflowError, ValueError):
        return BAD


def _base64(text: str) -> Any:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return BAD


def _from_text(column: Any, type_: str, clock: Clock) -> tuple[Any, Any]:
    """A column that was parsed as texts."""
    if type_ != "binary":
        return typed(column, type_, clock)
    import pyarrow as pa

    found = [None if text is None else _base64(text) for text in column.to_pylist()]
    bad = any(value is BAD for value in found)
    return (column, True) if bad else (pa.array(found, pa.binary()), None)


def _late(type_: str) -> bool:
    """Types that Arrow's parser is not trusted with: it reads their texts, we what they say."""
    return type_ in ("timestamp", "timestamp_ntz", "date", "binary") or type_.startswith(
        ("decimal(", "varchar(", "char(")
    )


def _parsed_schema(shape: Shape) -> Any:
    import pyarrow as pa

    fields = []
    for name, type_ in shape.columns:
        parsed = pa.string() if _late(type_) else _wide(type_)
        if parsed is None:
            return None
        fields.append(pa.field(name, parsed))
    return pa.schema(fields)


def _wide(type_: str) -> Any:
    """The type that Arrow's parser is asked for; None if it cannot read it as Spark does."""
    import pyarrow as pa

    if type_ in BITS:
        return pa.int64()
    if type_ in ("double", "float"):
        return pa.float64()
    if type_ in ("string", "boolean"):
        return arrow_type(type_)
    if type_.startswith("array<"):
        inner = _wide(type_[6:-1])
        return None if inner is None else pa.list_(inner)
    if type_.startswith("struct<"):
        fields = [(name, _wide(inner)) for name, inner in fields_of(type_)]
        return None if not fields or any(inner is None for _, inner in fields) else pa.struct(fields)
    return None


def _narrowed(column: Any, type_: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    if pa.types.is_float32(type_):
        return pc.cast(column, type_, safe=False)
    try:
        return pc.cast(column, type_)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
