"""CSV to rows: fields by their place, or by the names in the header, each as its column's type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ldp_magic.engine.files.csv_tokens import Fields, Tokens, columns_of_rows, unnamed
from ldp_magic.engine.files.failure import FilesError
from ldp_magic.engine.files.format import Format
from ldp_magic.engine.files.json_rows import FEW, groups
from ldp_magic.engine.files.lines import Piece
from ldp_magic.engine.files.shape import Parsed, Said, Shape, counted, rescue_text, whole_lines, with_extras
from ldp_magic.engine.files.values import typed


class CsvRows:
    """Reads pieces of CSV lines, and whole files whose fields may hold lines, into tables of one shape."""

    def __init__(self, shape: Shape, format: Format, said: Said) -> None:
        self.shape, self.format, self.said = shape, format, said
        self.tokens = Tokens(format)
        for name, type_ in shape.columns:
            if "<" in type_:
                raise FilesError(
                    f"the column {name} is {type_}",
                    why="CSV has no nested values",
                    fix="read it as STRING and use from_json",
                )

    def piece(self, piece: Piece) -> Parsed:
        layout = _Layout(self, piece.header)
        columns = self.tokens.columns(piece.data, layout.width)
        if columns is not None:
            table, kept = layout.table(columns, piece, 0)
            return Parsed(table, whole_lines(piece) if kept is None else counted(piece, kept))
        counts: list[int] = []
        tables = list(self._cut(layout, piece, piece.data, counts))
        import pyarrow as pa  # type: ignore[import-untyped]

        return Parsed(pa.concat_tables(tables) if tables else self.shape.empty(), counted(piece, counts))

    def _cut(self, layout: _Layout, piece: Piece, data: bytes, counts: list[int]) -> Iterator[Any]:
        for group in groups(data):
            lines = group.count(b"\n")
            columns = self.tokens.columns(group, layout.width) if lines > 8 else None
            if columns is not None:
                table, kept = layout.table(columns, piece, len(counts))
                counts.extend([1] * lines if kept is None else kept)
                yield table
            elif lines > FEW:
                yield from self._cut(layout, piece, group, counts)
            else:
                yield self._one_by_one(layout, piece, group, counts)

    def _one_by_one(self, layout: _Layout, piece: Piece, data: bytes, counts: list[int]) -> Any:
        text = data.decode("utf-8", "replace")
        rows: list[Fields] = []
        texts: list[str] = []
        at: list[int] = []
        for fields, record, line in self.tokens.records(text):
            part, number = piece.place(len(counts) + line)
            last = number == part.line + part.lines - 1
            if len(fields) < layout.width and self.said.incomplete(part, last):
                continue
            self.said.undecoded(record, f"{self.said.files[part.file].shown}:{number}")
            rows.append(fields)
            texts.append(record)
            at.append(line)
        table, kept = layout.rows(rows, texts, [(piece, len(counts) + line) for line in at])
        per_line = [0] * text.count("\n")
        for line, count in zip(at, kept, strict=True):
            per_line[line] += count
        counts.extend(per_line)
        return table

    def document(self, number: int, text: str) -> Parsed:
        """A file whose records may go over lines."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        header, start, lead = "", 0, 0
        if self.format.header:
            for _, record, line in self.tokens.records(text):
                header, lead = record, line + record.count("\n") + 1
                start = sum(len(each) + 1 for each in text.split("\n")[:lead])
                break
        body = text[start:]
        layout = _Layout(self, header)
        columns = self.tokens.columns((body if body.endswith("\n") else body + "\n").encode(), layout.width)
        if columns is not None:
            table, kept = layout.table(columns, None, 0)
            if kept is None:
                return Parsed(table, [(number, table.num_rows)])
        records = list(self.tokens.records(body))
        texts = [record for _, record, _ in records]
        table, _ = layout.rows(
            [fields for fields, _, _ in records], texts, [(number, lead + line + 1) for *_, line in records]
        )
        return Parsed(table, [(number, table.num_rows)])


class _Layout:
    """Where the columns of the shape stand in files with one header."""

    def __init__(self, reader: CsvRows, header: str) -> None:
        self.reader, self.shape = reader, reader.shape
        columns = reader.shape.columns
        names = reader.tokens.header(header) if header and reader.format.by_name else []
        if names:
            self.names = names
            places = {name: n for n, name in enumerate(names)}
            self.slots = [places.get(name, -1) for name, _ in columns]
        else:
            self.names = unnamed(len(columns))
            self.slots = list(range(len(columns)))
        self.width = len(self.names)
        self.extra = sorted(set(range(self.width)).difference(self.slots))
        for n in self.extra:
            reader.said.extra(self.names[n])

    def table(self, columns: Sequence[Any], piece: Piece | None, before: int) -> tuple[Any, list[int] | None]:
        """The rows of whole records, and how many each line gave (None: one)."""
        arrays, bads = self._typed(columns)
        if not any(bad is not None for bad in bads) and not (self.shape.rescued and self.extra):
            return with_extras(self.shape, arrays, len(columns[0])), None
        rows = [list(row) for row in zip(*(column.to_pylist() for column in columns), strict=True)]
        if piece is None:
            return None, [0]
        lines = piece.data.split(b"\n")[before : before + len(rows)]
        texts = [line.decode("utf-8", "replace") for line in lines]
        return self.rows(rows, texts, [(piece, before + n) for n in range(len(rows))])

    def _typed(self, columns: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        import pyarrow as pa

        arrays, bads = [], []
        for slot, (_, type_) in zip(self.slots, self.shape.columns, strict=True):
            texts = columns[slot] if slot >= 0 else pa.nulls(len(columns[0]), pa.string())
            values, bad = typed(texts, type_, self.shape.clock)
            arrays.append(values)
            bads.append(bad)
        return arrays, bads

    def rows(
        self, rows: Sequence[Fields], texts: Sequence[str], places: Sequence[tuple[Any, int]]
    ) -> tuple[Any, list[int]]:
        """The rows of records of any length, and how many each gave."""
        import pyarrow as pa

        shape, said = self.shape, self.reader.said
        if not rows:
            return shape.empty(), []
        arrays, bads = self._typed(columns_of_rows(rows, self.width) or [pa.nulls(len(rows), pa.string())])
        unfit: dict[int, list[int]] = {}
        for column, bad in enumerate(bads):
            for row in _where(bad):
                unfit.setdefault(row, []).append(column)
        corrupt: list[str | None] = [None] * len(rows)
        rescued: list[str | None] = [None] * len(rows)
        kept = [1] * len(rows)
        for n, fields in enumerate(rows):
            wrong_size = len(fields) != self.width
            if not (wrong_size or n in unfit or (shape.rescued and self.extra)):
                continue
            file, place = self._place(*places[n])
            if wrong_size:
                said.broken(shape, place, f"it has {len(fields)} fields for {self.width} columns", record=False)
            elif n in unfit:
                name = shape.columns[unfit[n][0]][0]
                said.broken(
                    shape if not shape.rescued else _lenient(shape),
                    place,
                    f"{name} does not fit its type",
                    record=False,
                )
            if wrong_size or n in unfit:
                corrupt[n] = texts[n]
                dropped = shape.mode == "DROPMALFORMED" and (wrong_size or not shape.rescued)
                kept[n] = 0 if dropped else 1
            if shape.rescued:
                rescued[n] = self._rescued(fields, unfit.get(n, ()), file)
        table = with_extras(shape, arrays, len(rows), corrupt, rescued)
        return (table.filter(pa.array([bool(k) for k in kept])) if 0 in kept else table), kept

    def _rescued(self, fields: Fields, unfit: Sequence[int], file: Any) -> str | None:
        parts = {self.shape.columns[n][0]: fields[self.slots[n]] for n in unfit}
        parts |= {self.names[n]: fields[n] for n in self.extra if n < len(fields)}
        parts |= {f"_c{n}": fields[n] for n in range(self.width, len(fields))}
        texts = {name: json.dumps(text, ensure_ascii=False) for name, text in parts.items() if text is not None}
        return rescue_text(texts, file) if texts else None

    def _place(self, where: Any, line: int) -> tuple[Any, str]:
        files = self.reader.said.files
        if isinstance(where, Piece):
            part, line = where.place(line)
            where = part.file
        return files[where], f"{files[where].shown}:{line}"


def _lenient(shape: Shape) -> Shape:
    return Shape(shape.columns, shape.corrupt, shape.rescued, "PERMISSIVE", shape.clock)


def _where(bad: Any) -> list[int]:
    if bad is None:
        return []
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    return [int(n) for n in pc.indices_nonzero(bad).to_pylist()]
