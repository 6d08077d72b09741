"""Records of CSV as fields of text: by Arrow where quotes are plain, else by a scanner with Spark's rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from ldp_magic.engine.files.failure import FilesError
from ldp_magic.engine.files.format import Format

Fields: TypeAlias = list[str | None]


def _sign(format: Format, name: str, default: str, *more: str) -> str:
    text = next(
        (format.option(each) for each in (name, *more) if format.options.get(each.lower()) is not None), default
    )
    text = {"\\t": "\t", "\\u0001": "\x01", "\\0": "\0"}.get(text, text)
    if name != "sep" and len(text) > 1:
        raise FilesError(f"{name} is {text!r}", why="it is one character, or none", fix=f"set {name} to one character")
    return text


class Tokens:
    """How fields are told apart."""

    def __init__(self, format: Format) -> None:
        self.sep = _sign(format, "sep", ",", "delimiter") or ","
        self.quote, self.escape = _sign(format, "quote", '"'), _sign(format, "escape", "\\")
        self.comment = _sign(format, "comment", "")
        self.null, self.empty = format.option("nullValue"), format.option("emptyValue")
        self.lead, self.trail = format.on("ignoreLeadingWhiteSpace"), format.on("ignoreTrailingWhiteSpace")
        self.many_lines = format.on("multiLine")

    # -- all at once ------------------------------------------------------------------------------------

    def columns(self, data: bytes, width: int) -> list[Any] | None:
        """Each field of lines that all have *width* of them; None where that needs the scanner."""
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.csv as pc  # type: ignore[import-untyped]

        if not width or not data or not self._plain(data):
            return None
        names = [str(n) for n in range(width)]
        options = pc.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=list({self.null, ""}),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        )
        parse = pc.ParseOptions(
            delimiter=self.sep,
            quote_char=self.quote or False,
            double_quote=self.escape == self.quote,
            newlines_in_values=self.many_lines,
        )
        read = pc.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names)
        try:
            table = pc.read_csv(pa.BufferReader(data), read_options=read, parse_options=parse, convert_options=options)
        except (pa.ArrowInvalid, UnicodeDecodeError):
            return None
        if table.num_rows != data.count(b"\n") and not (self.many_lines and self.quote.encode() in data):
            return None
        return [self._trimmed(column.combine_chunks()) for column in table.columns]

    def _plain(self, data: bytes) -> bool:
        """Whether Arrow reads the quotes of *data* as Spark does."""
        if len(self.sep.encode()) != 1 or b"\n \n" in data or b"\n\t\n" in data or b"\n\n" in data:
            return False
        if self.comment and (data.startswith(self.comment.encode()) or b"\n" + self.comment.encode() in data):
            return False
        quote = self.quote.encode()
        if not quote or quote not in data:
            return True
        if len(quote) > 1 or self.null or self.empty or self.lead or self.trail:
            return False
        if self.escape.encode() * (2 if self.escape == self.quote else 1) in data and self.escape:
            return False
        return self._paired(data)

    def _paired(self, data: bytes) -> bool:
        """Whether every other quote begins a field, and each of the rest ends it."""
        import numpy as np

        bytes_ = np.frombuffer(data, np.uint8)
        at = np.flatnonzero(bytes_ == ord(self.quote))
        if len(at) % 2:
            return False
        first, last = at[::2], at[1::2]
        end, sep = ord("\n"), ord(self.sep)
        before, behind = bytes_[first - 1], bytes_[last + 1]
        begins = (before == sep) | (before == end) | (first == 0)
        if not (begins.all() and ((behind == sep) | (behind == end)).all()):
            return False
        if self.many_lines:
            return True
        lines = np.flatnonzero(bytes_ == end)
        return bool((np.searchsorted(lines, first) == np.searchsorted(lines, last)).all())

    def _trimmed(self, column: Any) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc  # type: ignore[import-untyped]

        if not (self.lead or self.trail):
            return column
        column = pc.utf8_ltrim_whitespace(column) if self.lead else column
        column = pc.utf8_rtrim_whitespace(column) if self.trail else column
        gone = pc.is_in(column, pa.array(sorted({self.null, ""})))
        return pc.if_else(gone, pa.scalar(None, pa.string()), column)

    # -- one by one -------------------------------------------------------------------------------------

    def records(self, text: str) -> Iterator[tuple[Fields, str, int]]:
        """Each record, its text, and the line it begins in (from 0)."""
        at, line = 0, 0
        while at < len(text):
            start = at
            end = _or_end(text, "\n", at)
            if not text[at:end].strip() or (self.comment and text.startswith(self.comment, at)):
                at, line = end + 1, line + 1
                continue
            fields, at = self.record(text, at)
            yield fields, text[start:at], line
            line += text.count("\n", start, at) + 1
            at += 1

    def record(self, text: str, at: int) -> tuple[Fields, int]:
        """The fields of the record that begins at *at*, and where it ends."""
        fields: Fields = []
        while True:
            value, at = self._field(text, at)
            fields.append(value)
            if not text.startswith(self.sep, at):
                return fields, at
            at += len(self.sep)

    def _field(self, text: str, at: int) -> tuple[str | None, int]:
        start = at
        if self.lead:
            while at < len(text) and text[at] in " \t" and not text.startswith(self.sep, at):
                at += 1
        if self.quote and text.startswith(self.quote, at):
            return self._quoted(text, at)
        start = at if self.lead else start
        end = min(_or_end(text, self.sep, start), _or_end(text, "\n", start))
        value = text[start:end]
        value = value.rstrip(" \t") if self.trail else value
        return (None if value in ("", self.null) else value), end

    def _quoted(self, text: str, at: int) -> tuple[str | None, int]:
        """A field in quotes; what follows the closing one makes it a field that holds quotes."""
        pieces: list[str] = []
        start = at + 1
        at = start
        while True:
            close = text.find(self.quote, at)
            limit = len(text) if self.many_lines else _or_end(text, "\n", start)
            if close < 0 or close >= limit:
                return self._value("".join(pieces) + self._unescaped(text[start:limit])), limit
            if self.escape == self.quote and text.startswith(self.quote, close + 1):
                pieces.append(text[start : close + 1])
                start = at = close + 2
                continue
            before = text[start:close]
            escapes = len(before) - len(before.rstrip(self.escape)) if self.escape not in ("", self.quote) else 0
            pieces.append(self._unescaped(before[:-1] + self.quote if escapes % 2 else before))
            if escapes % 2:
                start = at = close + 1
                continue
            end = close + 1
            while end < len(text) and text[end] in " \t" and not text.startswith(self.sep, end):
                end += 1
            ended = end >= len(text) or text[end] == "\n" or text.startswith(self.sep, end)
            if ended:
                return self._value("".join(pieces)), end
            end = min(_or_end(text, self.sep, close), _or_end(text, "\n", close))
            return self.quote + "".join(pieces) + text[close:end], end

    def _unescaped(self, text: str) -> str:
        return text if self.escape in ("", self.quote) else text.replace(self.escape * 2, self.escape)

    def _value(self, text: str) -> str | None:
        text = text or self.empty
        return None if text == self.null else text

    def header(self, line: str) -> list[str]:
        """The names that a header gives: numbered where they are missing or said twice."""
        fields, _ = self.record(line, 0)
        counts = Counter((field or "").lower() for field in fields)
        return [
            f"_c{n}" if not field else f"{field}{n}" if counts[field.lower()] > 1 else field
            for n, field in enumerate(fields)
        ]


def _or_end(text: str, sign: str, at: int) -> int:
    found = text.find(sign, at)
    return len(text) if found < 0 else found


def unnamed(width: int) -> list[str]:
    return [f"_c{n}" for n in range(width)]


def columns_of_rows(rows: Sequence[Fields], width: int) -> list[Any]:
    """Arrays of the first *width* fields; short rows are filled with NULL."""
    import pyarrow as pa

    return [pa.array([row[n] if n < len(row) else None for row in rows], pa.string()) for n in range(width)]
