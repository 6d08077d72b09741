"""Files that are damaged, odd or missing: one clear message, or rows and a word about them; never a traceback."""

from __future__ import annotations

import gzip
import sys
from typing import Any

import pytest

from ldp_magic.engine.files import FilesError, format_of, listed
from tests.engine.files.cases import parquet
from tests.engine.files.conftest import Reading


def refused(reading: Reading, *words: str, **arguments: Any) -> str:
    with pytest.raises(FilesError) as caught:
        reading(**arguments)
    text = str(caught.value)
    assert all(word in text for word in words), text
    assert caught.value.why and caught.value.fix
    return text


def test_no_file(reading: Reading):
    reading.write(a_txt="x")
    assert "no file under" in refused(reading, "matches", format="json", pathGlobFilter="*.json")
    loaded = reading("json", schema="a INT, b STRING", pathGlobFilter="*.json")
    assert loaded.frame.count() == 0 and loaded.columns == (("a", "int"), ("b", "string"))


@pytest.mark.parametrize("format", ["json", "csv"])
def test_empty_files(reading: Reading, format: str):
    reading.put(f"a.{format}", "")
    refused(reading, "holds no column", format=format)
    assert reading(format, schema="a INT").frame.count() == 0


def test_truncated(reading: Reading):
    reading.put("a.json.gz", gzip.compress(b'{"a": 1}\n' * 10_000)[:-30])
    refused(reading, "a.json.gz cannot be read", "middle", format="json")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"junk" * 100, parquet(a=[1, 2])[:-20]])
def test_damaged_parquet(reading: Reading, content: bytes):
    reading.put("good.parquet", parquet(a=[1]))
    reading.put("bad.parquet", content)
    refused(reading, "bad.parquet", "not a whole parquet file", format="parquet")


def test_damaged_orc(reading: Reading):
    reading.put("bad.orc", b"ORC junk")
    refused(reading, "bad.orc", "orc", format="orc")


def test_not_text(reading: Reading):
    reading.put("a.json", bytes(range(256)) * 50)
    refused(reading, "a.json:1 is not text", format="json")


def test_wrong_encoding(reading: Reading):
    reading.put("a.csv", "n\nä\nb\n".encode("latin-1"))
    loaded = reading("csv", header="true")
    assert reading.rows(loaded) == [("b",), ("\ufffd",)]
    assert any("a.csv:2" in note and "encoding" in note for note in loaded.notes)


def test_unknown_encoding(reading: Reading):
    reading.put("a.csv", "n\n")
    refused(reading, "no encoding klingon", format="csv", encoding="klingon")


def test_utf16_is_seen_by_its_mark(reading: Reading):
    reading.put("a.json", '{"a": "ä"}\n'.encode("utf-16"))
    assert reading.rows(reading("json")) == [("ä",)]


def test_fail_fast_names_file_and_line(reading: Reading):
    reading.write(a_json='{"a": 1}\n{"a": 2}\njunk\n')
    refused(reading, "a.json:3", "FAILFAST", format="json", schema="a INT", mode="FAILFAST")
    reading.write(a_json='{"a": 1}\n{"a": "x"}\n')
    refused(reading, "a.json:2", "a does not fit", format="json", schema="a INT", mode="FAILFAST")


def test_a_line_that_is_still_being_written(reading: Reading):
    reading.write(a_json='{"a": 1}\n{"a": 2', b_json='{"a": 3}')
    loaded = reading("json")
    assert reading.rows(loaded) == [(1,), (3,)]
    assert [file.path.rsplit("/", 1)[1] for file in loaded.unfinished] == ["a.json"]
    assert any("last line of" in note and "not complete yet" in note for note in loaded.notes)
    late = reading("json", schema="a INT, _corrupt_record STRING", also={"growing": False})
    assert (None, '{"a": 2') in reading.rows(late)


def test_a_csv_line_that_is_still_being_written(reading: Reading):
    reading.write(a_csv="a,b\n1,2\n3")
    loaded = reading("csv", header="true")
    assert reading.rows(loaded) == [("1", "2")] and len(loaded.unfinished) == 1


def test_a_long_line(reading: Reading):
    reading.write(a_json='{"a": "' + "x" * 9_000_000 + '"}\n{"a": "y"}\n')
    assert {len(row[0]) for row in reading.rows(reading("json"))} == {9_000_000, 1}


def test_deep_nesting(reading: Reading):
    reading.write(a_json='{"a": ' + "[" * 5000 + "]" * 5000 + '}\n{"a": 1}\n')
    loaded = reading("json", schema="a INT, _corrupt_record STRING")
    assert len(reading.rows(loaded)) == 2


def test_a_bare_null_does_not_end_the_process(reading: Reading):
    reading.write(a_json='{"a": 1}\nnull\n{"a": 2} null\n{"a": 3}\n' + '{"a": 4}\n' * 20)
    assert len(reading.rows(reading("json"))) == 24


def test_a_key_twice(reading: Reading):
    reading.write(a_json='{"a": 1}\n{"b": 1, "b": 2}\n')
    refused(reading, "a.json:2", "the key b twice", format="json")


def test_many_columns(reading: Reading):
    reading.write(a_csv=",".join(f"c{n}" for n in range(10_000)) + "\n" + ",".join("1" * 10_000) + "\n")
    loaded = reading("csv", "read_files")
    assert len(loaded.columns) == 10_001 and loaded.frame.count() == 1


def test_columns_said_twice(reading: Reading):
    reading.write(a_csv="a,A,b,b\n1,2,3,4\n")
    assert [name for name, _ in reading("csv", header="true").columns] == ["a0", "A1", "b2", "b3"]


@pytest.mark.parametrize("name", ["excel", "xlsx", "delta", "com.crealytics.spark.excel"])
def test_formats_that_are_not_read(name: str):
    with pytest.raises(FilesError) as caught:
        format_of(name, {})
    assert name in str(caught.value) and caught.value.fix


def test_the_format_is_told_by_the_name(reading: Reading):
    reading.write(a_jsonl='{"a": 1}\n')
    assert reading("", "read_files").columns[0] == ("a", "bigint")
    reading.write(a_jsonl="", b_what="x")
    (reading.folder / "a.jsonl").unlink()
    refused(reading, "b.what is not clear", format="", style="read_files")


@pytest.mark.parametrize(
    "options",
    [{"mode": "ODD"}, {"quote": "''"}, {"dateFormat": "QQQ", "inferSchema": "true"}, {"modifiedAfter": "soon"}],
)
def test_options_that_cannot_be_followed(reading: Reading, options: dict[str, str]):
    reading.write(a_csv="a\n2026\n")
    refused(reading, format="csv", **options)


def test_options_that_change_nothing_are_said(reading: Reading):
    reading.write(a_json='{"a": 1}\n')
    options = {"cloudFiles.schemaLocation": "/x", "ignoreCorruptFiles": "true"}
    assert reading("json", **options).notes == ("the option ignorecorruptfiles is not followed here",)


@pytest.mark.parametrize("schema", ["a b c d", "a INT,,", "a VARIANT", "a INTERVAL DAY", "a INT, A STRING"])
def test_schemas_that_cannot_be_followed(reading: Reading, schema: str):
    reading.write(a_json='{"a": 1}\n')
    refused(reading, format="json", schema=schema)


@pytest.mark.parametrize("hint", ["a", "a INT b", ","])
def test_hints_that_cannot_be_followed(reading: Reading, hint: str):
    reading.write(a_json='{"a": 1}\n')
    refused(reading, "hint", format="json", style="read_files", schemaHints=hint)


def test_types_that_disagree(reading: Reading):
    reading.put("a.parquet", parquet(x=[1], y=[1]))
    reading.put("b.parquet", parquet(x=["t"], y=[1.5]))
    refused(reading, "x is string in", "b.parquet", format="parquet", mergeSchema="true")
    loaded = reading("parquet", schema="x BIGINT, y DOUBLE")
    assert reading.rows(loaded) == [(1, "double 1.0"), (None, "double 1.5")]
    assert any("cast" in note for note in loaded.notes)


def test_too_much_for_an_engine_elsewhere(reading: Reading, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["ldp_magic.engine.files.landing"], "MOST", 1000)
    reading.scratch = None
    reading.write(a_json='{"a": 1}\n' * 1000)
    refused(reading, "more than", format="json")


def test_a_folder_that_looks_like_a_pattern(reading: Reading):
    assert reading.scratch is not None
    reading.scratch = reading.scratch / "x[1]"
    reading.write(a_json='{"a": 1}\n')
    refused(reading, "x[1]", "pattern", format="json")


def test_a_file_that_goes_away(reading: Reading):
    where = reading.write(a_json='{"a": 1}\n')
    from ldp_magic.engine.files import read

    files = listed(where)
    (reading.folder / "a.json").unlink()
    with pytest.raises(FilesError, match="not there any more"):
        read(reading.spark, files, format_of("json", {}), where, scratch=reading.scratch)
