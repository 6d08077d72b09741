"""What types the columns of CSV have, by Spark's rules."""

from __future__ import annotations

import re
from typing import Any

from ldp_magic.engine.files.csv_tokens import Tokens, columns_of_rows, unnamed
from ldp_magic.engine.files.format import Format
from ldp_magic.engine.files.json_types import _both
from ldp_magic.engine.files.lines import Piece
from ldp_magic.engine.files.types import Columns
from ldp_magic.engine.files.values import BAD, Clock, converter

_WHOLE = r"^[+-]?[0-9]+$"
_REAL = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[fFdD]?\s*$|^NaN$|^[+-]?Inf$"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.A)
_NUMBERS = ("int", "bigint", "double", "decimal")


class CsvTypes:
    """Collects names and types from the files it is shown. Names come from the first header; where columns are found
    by name, those of later headers are added."""

    def __init__(self, format: Format, clock: Clock) -> None:
        self.format, self.clock = format, clock
        self.tokens = Tokens(format)
        self.kinds: dict[str, str] = {}

    def piece(self, piece: Piece) -> None:
        names = self._names(piece.header)
        columns = self.tokens.columns(piece.data, len(names)) if names else None
        if columns is None:
            self.text(piece.data.decode("utf-8", "replace"), piece.header)
        else:
            self._add(names, columns)

    def text(self, text: str, header: str) -> None:
        rows = [fields for fields, _, _ in self.tokens.records(text)]
        names = self._names(header) or (list(self.kinds) or unnamed(len(rows[0])) if rows else [])
        self._add(names, columns_of_rows(rows, len(names)))

    def document(self, text: str) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        records = [record for _, record, _ in self.tokens.records(text)]
        header = records.pop(0) if records and self.format.header else ""
        self.text("\n".join(records), header)

    def _names(self, header: str) -> list[str]:
        if header and (not self.kinds or self.format.by_name):
            return self.tokens.header(header)
        return list(self.kinds)

    def _add(self, names: list[str], columns: list[Any]) -> None:
        for name, column in zip(names, columns, strict=True):
            known = self.kinds.get(name, "")
            self.kinds[name] = self._kind(column, known) if self.format.typed and known != "string" else known

    def _kind(self, column: Any, kind: str) -> str:
        import pyarrow.compute as pc  # type: ignore[import-untyped]

        rest = column.drop_null()
        for pattern, guess in ((_WHOLE, _whole), (_REAL, lambda texts: "double")):
            if len(rest):
                fits = pc.match_substring_regex(rest, pattern)
                if pc.any(fits).as_py():
                    kind = _wider(kind, guess(rest.filter(fits)))
                    rest = rest.filter(pc.invert(fits))
        for text in rest.unique().to_pylist() if len(rest) else ():
            kind = _wider(kind, self._worded(text))
            if kind == "string":
                return kind
        return kind

    def _worded(self, text: str) -> str:
        if text[:1].isdigit() or self.clock.date or self.clock.timestamp:
            day = self.clock.date or _DAY.fullmatch(text)
            if day and converter("date", self.clock)(text) is not BAD:
                return "date"
            if converter("timestamp", self.clock)(text) is not BAD:
                return "timestamp"
        return "boolean" if text.lower() in ("true", "false") else "string"

    def columns(self) -> Columns:
        return tuple((name, kind or "string") for name, kind in self.kinds.items())


def _whole(texts: Any) -> str:
    import pyarrow as pa
    import pyarrow.compute as pc

    longest = pc.max(pc.utf8_length(texts)).as_py()
    if longest <= 9:
        return "int"
    if longest <= 18:
        spread = pc.min_max(pc.cast(pc.utf8_ltrim(texts, "+"), pa.int64())).as_py()
        return "int" if spread["min"] >= -(2**31) and spread["max"] < 2**31 else "bigint"
    most = max((int(text) for text in texts.to_pylist() if len(text) < 4000), key=abs)
    if abs(most) < 2**63:
        return "bigint"
    digits = len(str(abs(most)))
    return f"decimal({digits},0)" if digits <= 38 else "double"


def _wider(one: str, other: str) -> str:
    if not one or not other or one == other:
        return one or other
    if sorted((one, other)) == ["date", "timestamp"]:
        return "timestamp"
    if not (one.startswith(_NUMBERS) and other.startswith(_NUMBERS)):
        return "string"
    if "int" in (one, other) and "decimal" not in one + other:
        return one if other == "int" else other
    return _both(*("bigint" if each == "int" else each for each in (one, other)))
