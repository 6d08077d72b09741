"""Formats beside JSON and CSV, large inputs, and engines that do not see this disk."""

from __future__ import annotations

import json
import sys
import types
from datetime import datetime, timezone
from typing import Any

import pytest

from ldp_magic.engine.files import FilesError
from tests.engine.files.cases import parquet
from tests.engine.files.conftest import Reading


def test_parquet_of_several_kinds(reading: Reading):
    import pyarrow as pa

    reading.put("a.parquet", parquet(x=pa.array([1], pa.int32()), y=["a"]))
    reading.put("b.parquet", parquet(y=["b"], x=pa.array([2], pa.int64()), z=[True]))
    loaded = reading("parquet", "read_files")
    assert loaded.columns == (("x", "bigint"), ("y", "string"), ("z", "boolean"), ("_rescued_data", "string"))
    assert reading.rows(loaded) == [(1, "a", None, None), (2, "b", True, None)]


def test_parquet_of_many_kinds_is_read_here(reading: Reading):
    for n in range(60):
        reading.put(f"p={n}/a.parquet", parquet(x=[n]))
    loaded = reading("parquet")
    assert sorted(tuple(row) for row in loaded.frame.collect()) == [(n, n) for n in range(60)]


def test_parquet_with_odd_types(reading: Reading):
    import pyarrow as pa

    at = datetime(2026, 1, 2)
    columns = {
        "u": pa.array([7], pa.uint32()),
        "d": pa.array(["x"]).dictionary_encode(),
        "t": pa.array([at], pa.timestamp("ns")),
    }
    reading.put("a.parquet", parquet(**columns))
    assert reading.rows(reading("parquet")) == [(7, "x", "2026-01-02T00:00:00")]


def test_moments_of_old_spark(reading: Reading):
    import pyarrow as pa
    import pyarrow.parquet as pq

    reading.folder.mkdir()
    table = pa.table({"t": pa.array([datetime(2026, 1, 2, tzinfo=timezone.utc)])})
    pq.write_table(table, reading.folder / "a.parquet", use_deprecated_int96_timestamps=True)
    assert reading("parquet").columns == (("t", "timestamp"),)
    assert reading("parquet").frame.selectExpr("CAST(t AS STRING)").collect()[0][0].startswith("2026-01-02 00:00:00")


def test_parquet_with_metadata(reading: Reading):
    reading.put("a.parquet", parquet(x=[1]))
    loaded = reading("parquet", also={"metadata": True})
    assert [tuple(row) for row in loaded.frame.selectExpr("x", "_metadata.file_name").collect()] == [(1, "a.parquet")]


def test_orc(reading: Reading):
    import pyarrow as pa
    import pyarrow.orc as orc

    reading.folder.mkdir()
    orc.write_table(pa.table({"a": [1, 2], "l": [["x"], []]}), reading.folder / "a.orc")
    loaded = reading("orc")
    assert loaded.columns == (("a", "bigint"), ("l", "array<string>"))
    assert reading.rows(loaded) == [(1, ["x"]), (2, [])]


def test_avro_names_the_library_it_needs(reading: Reading, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "fastavro", None)
    reading.put("a.avro", b"Obj\x01")
    with pytest.raises(FilesError) as caught:
        reading("avro")
    assert caught.value.fix == "pip install fastavro"


def test_avro(reading: Reading, monkeypatch: pytest.MonkeyPatch):
    """What the library hands over, by a stand-in for it: it is not among the tools of the tests."""
    fields = [
        {"name": "id", "type": "long"},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
        {"name": "who", "type": {"type": "record", "name": "w", "fields": [{"name": "x", "type": ["null", "string"]}]}},
        {"name": "tags", "type": {"type": "map", "values": "int"}},
    ]
    rows = [{"id": 1, "at": datetime(2026, 1, 2, tzinfo=timezone.utc), "who": {"x": None}, "tags": {"a": 1}}]

    class Reader:
        def __init__(self, stream: Any) -> None:
            self.writer_schema = {"type": "record", "fields": fields}

        def __iter__(self) -> Any:
            return iter(rows)

    monkeypatch.setitem(sys.modules, "fastavro", types.SimpleNamespace(reader=Reader))
    reading.put("a.avro", b"x")
    loaded = reading("avro")
    assert dict(loaded.columns) == {
        "id": "bigint",
        "at": "timestamp",
        "who": "struct<x:string>",
        "tags": "map<string,int>",
    }
    assert reading.rows(loaded)[0][2:] == ({"x": None}, {"a": 1})


def test_xml_that_is_broken(reading: Reading):
    reading.write(a_xml="<r><i><a>1</a></i>", b_xml="<?xml version='1.0' encoding='utf-8'?><r><i><a>2</a></i></r>")
    loaded = reading("xml", rowTag="i")
    assert reading.rows(loaded) == [(1,), (2,)]
    assert any("a.xml" in note for note in loaded.notes)
    with pytest.raises(FilesError, match="rowTag"):
        reading("xml")


def test_limits_are_said(reading: Reading):
    for n in range(5):
        reading.put(f"{n}.json", f'{{"a": {n}}}\n')
    loaded = reading("json", also={"limit_files": 2})
    assert loaded.sampled == "2 of 5 files" and loaded.frame.count() == 2
    assert reading("json").sampled is None
    reading.put("0.json", '{"a": 0}\n' * 2_000_000)
    loaded = reading("json", also={"limit_bytes": 5_000_000})
    assert loaded.sampled == "the first 5,000,000 bytes of 18 MB" and loaded.frame.count() < 1_000_000


@pytest.mark.parametrize("format", ["json", "csv"])
def test_many_small_files(reading: Reading, format: str):
    text = {"json": '{{"id": {0}, "v": "x"}}\n{{"id": {0}, "v": null}}\n', "csv": "id,v\n{0},x\n{0},\n"}[format]
    for n in range(3000):
        reading.put(f"{n:05}.{format}", text.format(n))
    loaded = reading(format, "read_files", also={"metadata": True})
    assert loaded.notes == ("types are told from the first 1,000 of 3,000 files",)
    wrong = "CAST(id AS STRING) <> CAST(CAST(substring(_metadata.file_name, 1, 5) AS INT) AS STRING)"
    assert loaded.frame.count() == 6000 and loaded.frame.filter(wrong).count() == 0


def test_large_files_with_a_few_broken_lines(reading: Reading):
    lines = [f'{{"id": {n}, "name": "n{n}", "v": {n / 2}}}' for n in range(200_000)]
    lines[77_777], lines[150_000] = "junk", '{"id": "x", "name": 5, "v": 1.50}'
    reading.write(a_json="\n".join(lines) + "\n")
    loaded = reading("json", schema="id INT, name STRING, v DOUBLE, _corrupt_record STRING")
    assert loaded.frame.count() == 200_000
    bad = loaded.frame.filter("_corrupt_record IS NOT NULL").collect()
    assert {tuple(row)[:3] for row in bad} == {(None, None, None), (None, "5", 1.5)}
    assert loaded.frame.selectExpr("sum(id)").collect()[0][0] == sum(range(200_000)) - 77_777 - 150_000
    assert any("a.json:77778" in note for note in loaded.notes) and any(
        "a.json:150001" in note for note in loaded.notes
    )


def test_an_engine_that_does_not_see_this_disk(reading: Reading):
    reading.scratch = None
    reading.put("p=1/a.json", '{"a": {"x": [1, 2]}, "t": "2026-01-02T03:04:05Z"}\n')
    assert json.loads(json.dumps(reading.rows(reading("json")))) == [[{"x": [1, 2]}, "2026-01-02T03:04:05Z", 1]]
    reading.put("q/b.parquet", parquet(a=[1]))
    assert reading.rows(reading("parquet", where=str(reading.folder / "q"))) == [(1,)]


def test_many_small_parquet_files(reading: Reading):
    for n in range(450):
        reading.put(f"p={n % 2}/{n}.parquet", parquet(x=[n, n]))
    loaded = reading("parquet", "read_files")
    rows = loaded.frame.selectExpr("count(*)", "sum(x)", "sum(x * p)").collect()[0]
    assert tuple(rows) == (900, 2 * sum(range(450)), 2 * sum(range(1, 450, 2)))
