"""What only Databricks does: types of `read_files` and Auto Loader, hints, and the column for what does not fit."""

from __future__ import annotations

import json

from ldp_magic.engine.files import format_of, listed, schema_of
from tests.engine.files.conftest import Reading

FILE = '"_file_path":"file:/a.json"}'


def test_read_files_infers_types_and_adds_the_column(reading: Reading):
    reading.write(a_json='{"id": 1, "at": "2026-01-02", "who": {"x": 1.5}}\n')
    loaded = reading("json", "read_files")
    assert loaded.columns == (
        ("at", "string"),
        ("id", "bigint"),
        ("who", "struct<x:double>"),
        ("_rescued_data", "string"),
    )
    assert reading.rows(loaded) == [("2026-01-02", 1, {"x": "double 1.5"}, None)]
    assert loaded.notes == ()


def test_auto_loader_leaves_text_unless_told_otherwise(reading: Reading):
    where = reading.write(a_json='{"id": 1, "v": 1.50, "who": {"x": [1,  2]}, "ok": true}\n')
    loaded = reading("cloudFiles", **{"cloudFiles.format": "json"})
    assert {type_ for _, type_ in loaded.columns} == {"string"}
    assert reading.rows(loaded) == [("1", "true", "1.50", '{"x": [1,  2]}', None)]
    options = {"cloudFiles.format": "json", "cloudFiles.inferColumnTypes": "true"}
    typed = schema_of(listed(where), format_of("cloudFiles", options), where)
    assert typed.columns[0] == ("id", "bigint")


def test_what_does_not_fit_is_rescued(reading: Reading):
    reading.write(
        a_json='{"id": "x", "name": 5, "Name": "n", "more": {"a": [1, 2]}}\n{"id": 1, "name": "b"}\n{"id": 1.5}\n'
    )
    loaded = reading("json", schema="id INT, name STRING", rescuedDataColumn="_rest")
    assert reading.rows(loaded) == [
        (1, "b", None),
        (None, "5", '{"id":"x","Name":"n","more":{"a": [1, 2]},' + FILE),
        (None, None, '{"id":1.5,' + FILE),
    ]
    assert loaded.unknown == ("Name", "more")
    assert any("do not fit" in note and "a.json:1, " in note for note in loaded.notes)


def test_what_does_not_fit_inside(reading: Reading):
    reading.write(a_json='{"a": {"b": "x", "c": 2, "z": 3}}\n{"a": [1]}\n{"a": {"b": 1}, "l": [1, "x"]}\n')
    loaded = reading("json", schema="a STRUCT<b: INT, c: INT>, l ARRAY<INT>", rescuedDataColumn="_rest")
    assert reading.rows(loaded) == [
        (None, None, '{"a":[1],' + FILE),
        ({"b": 1, "c": None}, None, '{"l":[1, "x"],' + FILE),
        ({"b": None, "c": 2}, None, '{"a":{"b":"x","z":3},' + FILE),
    ]


def test_a_broken_record_is_rescued_as_it_is(reading: Reading):
    reading.write(a_json='{"id": 1}\n{"id": \n{"id": 2}\n')
    loaded = reading("json", "read_files")
    assert reading.rows(loaded) == [(1, None), (2, None), (None, '{"_corrupt_record":"{\\"id\\": ",' + FILE)]
    assert [json.loads(row[1])["_file_path"] for row in reading.rows(loaded) if row[1]] == ["file:/a.json"]
    assert any("a.json:2" in note and "_rescued_data" in note for note in loaded.notes)


def test_modes_drop_broken_records_but_not_what_is_rescued(reading: Reading):
    reading.write(a_json='{"id": 1}\n{"id": "x"}\n{"id"\n')
    loaded = reading("json", "read_files", "id INT", rescuedDataColumn="_rest", mode="DROPMALFORMED")
    assert reading.rows(loaded) == [(1, None), (None, '{"id":"x",' + FILE)]


def test_no_column_when_a_schema_is_given_or_evolution_is_off(reading: Reading):
    reading.write(a_json='{"id": 1, "b": 2}\n')
    loaded = reading("json", "read_files", "id INT")
    assert [name for name, _ in loaded.columns] == ["id"]
    assert loaded.unknown == ("b",) and any("the schema has not: b" in note for note in loaded.notes)
    loaded = reading("json", "read_files", schemaEvolutionMode="none")
    assert [name for name, _ in loaded.columns] == ["b", "id"]


def test_known_columns_stay_and_new_ones_are_named(reading: Reading):
    """An incremental run hands over the columns of before and the new files only."""
    where = reading.write(a_json='{"id": 1}\n')
    format = format_of("json", {}, style="read_files")
    known = schema_of(listed(where), format, where).columns
    reading.write(a_json='{"id": 2, "new": {"x": 1}}\n{"id": "three"}\n')
    loaded = reading("json", "read_files", also={"columns": known})
    assert reading.rows(loaded) == [(2, '{"new":{"x": 1},' + FILE), (None, '{"id":"three",' + FILE)]
    assert loaded.unknown == ("new",)


def test_hints(reading: Reading):
    reading.write(a_json='{"id": 1, "who": {"x": 1}, "l": [{"y": 1}], "at": "2026-01-02"}\n')
    hints = "id STRING, who.x DOUBLE, l.element.y INT, at DATE, extra DECIMAL(10, 2)"
    loaded = reading("json", "read_files", schemaHints=hints)
    assert dict(loaded.columns) == {
        "id": "string",
        "who": "struct<x:double>",
        "l": "array<struct<y:int>>",
        "at": "date",
        "extra": "decimal(10,2)",
        "_rescued_data": "string",
    }
    assert reading.rows(loaded) == [("2026-01-02", "1", [{"y": 1}], {"x": "double 1.0"}, None, None)]


def test_csv_columns_are_found_by_name(reading: Reading):
    reading.write(a_csv="id,name\n1,a\n", b_csv="name,id,more\nb,2,x\nc,oops,\n")
    loaded = reading("csv", "read_files", schemaHints="id INT")
    assert loaded.columns == (("id", "int"), ("name", "string"), ("more", "string"), ("_rescued_data", "string"))
    rest = '{"id":"oops","_file_path":"file:/b.csv"}'
    assert reading.rows(loaded) == [(1, "a", None, None), (2, "b", "x", None), (None, "c", None, rest)]


def test_csv_what_is_too_much_is_rescued(reading: Reading):
    reading.write(a_csv="id,name\n1,a,b,c\n2\n3,x\n", b_csv="name,z,id\nq,9,4\n")
    loaded = reading("csv", "read_files", "id INT, name STRING", rescuedDataColumn="_rest", header="true")
    assert reading.rows(loaded) == [
        (1, "a", '{"_c2":"b","_c3":"c","_file_path":"file:/a.csv"}'),
        (2, None, None),
        (3, "x", None),
        (4, "q", '{"z":"9","_file_path":"file:/b.csv"}'),
    ]
    assert loaded.unknown == ("z",)


def test_csv_types(reading: Reading):
    reading.write(a_csv="i,d,t,b\n1,2026-01-02,2026-01-02T03:04:05Z,true\n")
    assert reading("csv", "read_files").columns[:4] == (
        ("i", "int"),
        ("d", "date"),
        ("t", "timestamp"),
        ("b", "boolean"),
    )
    assert reading("cloudFiles", **{"cloudFiles.format": "csv"}).columns[:2] == (("i", "string"), ("d", "string"))
    assert reading("csv", "read_files", header="false").columns[0] == ("_c0", "string")


def test_partition_columns(reading: Reading):
    for day in (1, 2):
        reading.put(f"dt=2026-01-0{day}/k=a b/x.json", '{"id": 1}\n')
    assert reading("json", "read_files").columns[-2:] == (("dt", "date"), ("k", "string"))
    assert reading("cloudFiles", **{"cloudFiles.format": "json"}).columns[-2:] == (("dt", "string"), ("k", "string"))
    assert [name for name, _ in reading("json", "read_files", partitionColumns="").columns] == ["id", "_rescued_data"]
    loaded = reading("json", "read_files", partitionColumns="dt")
    assert reading.rows(loaded) == [(1, None, "2026-01-01"), (1, None, "2026-01-02")]


def test_metadata(reading: Reading):
    path = reading.put("sub folder/a.json", '{"id": 1}\n{"id": 2}\n')
    loaded = reading("json", "read_files", also={"metadata": True})
    row = loaded.frame.selectExpr("id", "_metadata.*").collect()[1].asDict()
    assert (row["id"], row["file_name"], row["file_size"], row["file_block_length"]) == (2, "a.json", 20, 20)
    assert row["file_path"].endswith("/sub%20folder/a.json")
    assert abs(row["file_modification_time"].timestamp() - path.stat().st_mtime) < 86_400
