"""Arrow's parsers are only a faster way: what they read is what is read line by line."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ldp_magic.engine.files import File, format_of
from ldp_magic.engine.files.csv_rows import CsvRows
from ldp_magic.engine.files.csv_types import CsvTypes
from ldp_magic.engine.files.json_rows import JsonRows
from ldp_magic.engine.files.json_types import JsonTypes
from ldp_magic.engine.files.lines import Part, Piece
from ldp_magic.engine.files.shape import Said, Shape
from ldp_magic.engine.files.types import columns_of
from ldp_magic.engine.files.values import UTC

FILES = [File("/in/a", 1, 1.0)]
KINDS = (
    "STRING", "INT", "BIGINT", "DOUBLE", "FLOAT", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "BINARY",
    "DECIMAL(6,2)", "ARRAY<INT>", "STRUCT<x: INT>", "STRUCT<y: ARRAY<STRUCT<z: STRING>>>",
)  # fmt: skip
VALUES = (
    "1", "-0", "1.50", "1e3", "2026", "1234", '"x"', '"1"', '"1.5"', '""', "null", "true", "[]", "{}", "[1, 2]", '{"x": 1}',
    '{"y": [1, {"z": null}]}', "[null]", '{"x": null}', '"\\u00e4"', '"a\\nb"', '"é"', '"\\ud83d\\ude00"', '"\\ud800"', "NaN",
    "Infinity", "1E400", "01", "1.", ".5", "12345678901234567890", "9223372036854775807", '"2026-01-02"', '"2026-02-30"',
    '"2026-01-02T03:04:05Z"', '"2026-01-02 03:04:05.5"', '"TRUE"', '"aGk="',
)  # fmt: skip
FIELDS = (
    "1", "-0", "+1", "1.50", "1e3", "2026", "x", "", " ", " 1", "1 ", '""', '"x"', '"a,b"', '"a""b"', '"a\\"b"', 'a"b', '"a"b', '"a',
    "NaN", "nan", "Inf", "inf", "true", "TRUE", "tRue", "yes", "2026-01-02", "2026-02-30", "2026-1-2", "2026-01-02T03:04:05Z",
    "2026-01-02 03:04:05", "12345678901", "99999999999999999999", "1_0", "é", "\\", "#", "1.0", "1f", "0x10", "''",
)  # fmt: skip


def piece(lines: list[str], header: str = "") -> Piece:
    data = "".join(line + "\n" for line in lines).encode()
    return Piece(data, (Part(0, 1, data.count(b"\n")),), header)


def both(reader: Any, slow: Any, lines: Piece) -> None:
    fast, one_by_one = reader.piece(lines), slow.piece(lines)
    assert repr(fast.table.to_pylist()) == repr(one_by_one.table.to_pylist()), (lines, reader.shape)
    assert sum(n for _, n in fast.origins) == sum(n for _, n in one_by_one.origins) == fast.table.num_rows


def json_both(shape: Shape, lines: list[str]) -> None:
    slow = JsonRows(shape, Said(FILES))
    slow.clean = lambda data: None  # type: ignore[method-assign]
    both(JsonRows(shape, Said(FILES)), slow, piece(lines))


def csv_both(shape: Shape, lines: list[str], **options: str) -> None:
    format = format_of("csv", options)
    slow = CsvRows(shape, format, Said(FILES))
    slow.tokens.columns = lambda data, width: None  # type: ignore[method-assign]
    both(CsvRows(shape, format, Said(FILES)), slow, piece(lines))


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_as_every_type(kind: str):
    for value in VALUES:
        json_both(Shape(columns_of(f"v {kind}, k INT"), "_c", "_r"), [f'{{"v": {value}, "k": 1}}'] * 12)


@pytest.mark.parametrize("kind", KINDS[:-3])
def test_every_field_as_every_type(kind: str):
    for value in FIELDS:
        csv_both(Shape(columns_of(f"v {kind}, k INT"), "_c"), [f"{value},1"] * 12)
        if kind in ("STRING", "INT"):
            csv_both(Shape(columns_of(f"v {kind}, k INT"), "", "_r"), [f"{value},1"] * 12, escape='"', nullValue="x")


@pytest.mark.parametrize("seed", range(2))
def test_random_json(seed: int):
    chance = random.Random(seed)
    for _ in range(60):
        columns = ", ".join(f"{name} {chance.choice(KINDS)}" for name in "abc")
        lines = [json_line(chance) for _ in range(chance.randint(1, 3))] * chance.choice([1, 5, 12])
        json_both(Shape(columns_of(columns), chance.choice(["", "_c"]), chance.choice(["", "_r"])), lines)


def json_line(chance: random.Random) -> str:
    members = [f'"{chance.choice("abcde")}": {chance.choice(VALUES)}' for _ in range(chance.randint(0, 4))]
    return bent(
        chance, "{" + ", ".join(members) + "}", ['"', "{", "}", "[", "]", ",", ":", "null", " ", "\\", "\t", "1", "e"]
    )


def bent(chance: random.Random, text: str, signs: list[str]) -> str:
    """Now and then something is taken out of it, or put into it."""
    if chance.random() > 0.3:
        return text
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(["", *signs]) + text[at + chance.randint(0, 2) :]


@pytest.mark.parametrize("seed", range(2))
def test_random_csv(seed: int):
    chance = random.Random(seed)
    for _ in range(60):
        columns = ", ".join(f"{name} {chance.choice(KINDS[:-3])}" for name in "abc")
        line = [bent(chance, ",".join(chance.choices(FIELDS, k=3)), ['"', ",", "\\", " ", "#"]) for _ in range(3)]
        lines = line[: chance.randint(1, 3)] * chance.choice([1, 5, 12])
        options = chance.choice(
            [{}, {"escape": '"'}, {"comment": "#"}, {"nullValue": "x"}, {"ignoreLeadingWhiteSpace": "true"}]
        )
        csv_both(Shape(columns_of(columns), chance.choice(["", "_c"]), chance.choice(["", "_r"])), lines, **options)


@pytest.mark.parametrize("seed", range(2))
def test_random_types(seed: int, monkeypatch: pytest.MonkeyPatch):
    chance = random.Random(seed)
    quick = [value for value in VALUES if value != '"\\ud800"']
    for _ in range(60):
        keys = chance.sample("abcdefgh", 4)
        lines = [
            "{" + ", ".join(f'"{key}": {chance.choice(quick)}' for key in keys) + "}"
            for _ in range(chance.randint(1, 3))
        ]
        found = []
        for objects in (None, lambda data: False):
            with monkeypatch.context() as patch:
                if objects:
                    patch.setitem(JsonTypes._lines.__globals__, "objects", objects)
                told = JsonTypes(format_of("json", {}), FILES)
                told.piece(piece(lines))
                found.append(told.columns())
        assert found[0] == found[1], lines


@pytest.mark.parametrize("seed", range(2))
def test_random_csv_types(seed: int):
    chance = random.Random(seed)
    plain = [field for field in FIELDS if '"' not in field]
    for _ in range(60):
        lines = [",".join(chance.choices(plain, k=3)) for _ in range(chance.randint(1, 4))]
        format = format_of("csv", {"header": "true", "inferSchema": "true"})
        quick, slow = CsvTypes(format, UTC), CsvTypes(format, UTC)
        slow.tokens.columns = lambda data, width: None  # type: ignore[method-assign]
        for told in (quick, slow):
            told.piece(piece(lines, "a,b,c"))
        assert quick.columns() == slow.columns(), lines
