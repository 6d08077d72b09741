"""Small hand-made inputs, each with what reads it: shared by what asks Spark and by what asks us."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

NAMES = "id BIGINT, name STRING"
JSON_TYPES = "i INT, l BIGINT, d DOUBLE, f FLOAT, b BOOLEAN, s STRING, t TIMESTAMP, dt DATE, m DECIMAL(10,2)"


@dataclass(frozen=True)
class Case:
    """Files by their path, and what `spark.read.format(..).options(..).schema(..).load()` is told."""

    name: str
    format: str
    files: Mapping[str, str | bytes]
    options: Mapping[str, str] = field(default_factory=dict)
    schema: str = ""
    metadata: bool = False


def lines(*texts: str) -> str:
    return "".join(text + "\n" for text in texts)


def json_case(name: str, *texts: str, schema: str = "", **options: str) -> Case:
    return Case(name, "json", {"a.json": lines(*texts)}, options, schema)


def csv_case(name: str, *texts: str, schema: str = "", **options: str) -> Case:
    return Case(name, "csv", {"a.csv": lines(*texts)}, options, schema)


def parquet(**columns: Any) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


JSON = [
    json_case("plain", '{"id": 1, "name": "a"}', '{"id": 2, "name": "b"}'),
    json_case("key order and case", '{"b": 1, "a": 2, "C": 3, "_x": 4}', '{"Z": true, "0": null}'),
    json_case("numbers", '{"i": 1, "l": 9999999999, "d": 1.5, "e": 1e3, "z": -0, "n": -7}'),
    json_case("int then double", '{"x": 1}', '{"x": 1.5}', '{"x": null}'),
    json_case("int then text", '{"x": 1}', '{"x": "one"}', '{"x": 1.50}', '{"x": true}', '{"x": [1, {"a": 2}]}'),
    json_case("bool and int", '{"x": true}', '{"x": 1}'),
    json_case("beyond bigint", '{"x": 99999999999999999999}', '{"x": 1}'),
    json_case("beyond bigint and double", '{"x": 99999999999999999999}', '{"x": 1.5}'),
    json_case("far beyond bigint", '{"x": 99999999999999999999999999999999999999999}'),
    json_case("only null", '{"x": null, "y": 1}', '{"x": null}'),
    json_case("dates stay text", '{"t": "2026-01-02T03:04:05Z", "d": "2026-01-02"}'),
    json_case("infer timestamps", '{"t": "2026-01-02T03:04:05Z", "d": "2026-01-02"}', inferTimestamp="true"),
    json_case("nested", '{"a": {"c": 1, "b": {"x": "t"}}}', '{"a": {"b": {"y": 2.5}, "d": [1, 2]}}', '{"a": null}'),
    json_case("arrays", '{"a": [1, 2.5], "b": [], "c": [null]}', '{"a": [], "b": [{"x": 1}, {"y": "z"}], "c": []}'),
    json_case("struct and scalar", '{"a": {"b": 1}}', '{"a": 5}', '{"a": [1]}'),
    json_case("array of arrays", '{"a": [[1], [2, 3], null]}', '{"a": [[1.5]]}'),
    json_case("empty object", '{"a": {}, "b": 1}', "{}"),
    json_case("broken line", '{"id": 1}', '{"id": 2', '{"id": 3}'),
    json_case("broken line, schema", '{"id": 1, "name": "a"}', '{"id": 2', '{"id": 3}', schema=NAMES),
    json_case("broken line, column", '{"id": 1}', "junk", '{"id": 3}', schema="id INT, _corrupt_record STRING"),
    json_case("own corrupt column", '{"id": 1}', "junk", columnNameOfCorruptRecord="bad"),
    json_case("drop malformed", '{"id": 1}', "junk", '{"id": "x"}', schema="id INT", mode="DROPMALFORMED"),
    json_case("fail fast", '{"id": 1}', "junk", schema="id INT", mode="FAILFAST"),
    json_case("drop malformed, inferred", '{"id": 1}', "junk", '{"id": 2}', mode="DROPMALFORMED"),
    json_case(
        "mismatches",
        '{"i": "1", "l": 1.5, "d": "x", "f": 2, "b": "true", "s": 5, "t": 0, "dt": 1, "m": "1.25"}',
        '{"i": 9999999999, "l": 99999999999999999999, "d": 3, "f": "NaN", "b": 1, "s": {"a": [1]}, "t": "x", "m": 1.255}',
        '{"i": true, "l": false, "d": true, "b": null, "s": true, "t": "2026-01-02", "dt": "2026-01-02", "m": 5}',
        '{"i": 1.0, "d": "Infinity", "s": 1.50, "t": "2026-01-02 03:04:05.123", "dt": "2026-01-02T03:04:05Z", "m": 123456789.5}',
        '{"i": [1], "s": [ 1,  "a" ], "t": "2026-01-02T03:04:05+02:00", "dt": "02.01.2026", "m": true}',
        schema=JSON_TYPES + ", _corrupt_record STRING",
    ),
    json_case(
        "mismatch inside",
        '{"a": {"b": "x", "c": 2}, "l": [1, "x", 3], "k": 1}',
        '{"a": [1], "l": 5, "k": 2}',
        '{"a": {"b": 1, "zz": 5}, "l": [1], "k": 3}',
        schema="a STRUCT<b: INT, c: INT>, l ARRAY<INT>, k INT",
    ),
    json_case("map", '{"m": {"a": 1, "b": null}}', '{"m": {}}', '{"m": 5}', schema="m MAP<STRING, INT>"),
    json_case("line of an array", '[{"a": 1}, {"a": 2}]', '{"a": 3}', "[]"),
    json_case("line of a scalar", '{"a": 1}', "5", '"x"', "null", ""),
    json_case("two on a line", '{"a": 1} {"a": 2}', '{"a": 3}'),
    json_case("single quotes", "{'a': 'it', 'b': 1}", '{"a": "don\'t", "b": 2}'),
    json_case("not a number", '{"a": NaN, "b": 1.5}', '{"a": Infinity, "b": -Infinity}'),
    json_case("primitives as text", '{"a": 1, "b": {"c": 1.50}, "d": [true]}', primitivesAsString="true"),
    json_case("decimals", '{"a": 1.25, "b": 1}', '{"a": 10.5, "b": 2.5}', prefersDecimal="true"),
    json_case("case", '{"id": 1}', '{"ID": 2}', schema="id INT"),
    json_case("case, inferred", '{"id": 1}', '{"ID": 2}'),
    json_case("key twice", '{"a": 1, "a": 2}', '{"a": 3}'),
    json_case("escapes", '{"a": "\\u00e4\\n\\"\\\\", "b": "ä€😀"}'),
    json_case(
        "date formats",
        '{"d": "02.01.2026", "t": "02/01/2026 03:04"}',
        schema="d DATE, t TIMESTAMP",
        dateFormat="dd.MM.yyyy",
        timestampFormat="dd/MM/yyyy HH:mm",
    ),
    json_case("text behind", '{"a": 1} junk', '{"a": 2}}', '{"a": 3},', schema="a INT, _corrupt_record STRING"),
    json_case("array of odds", '[{"a": 1}, 5, {"a": 2}]', '[[{"a": 3}]]', schema="a INT, _corrupt_record STRING"),
    json_case(
        "small types",
        '{"t": 127, "s": 32767, "n": "2026-01-02T03:04:05"}',
        '{"t": 300, "s": 32768, "n": "2026-01-02T03:04:05Z"}',
        schema="t TINYINT, s SMALLINT, n TIMESTAMP_NTZ",
    ),
    json_case("case inside", '{"a": {"B": 1}}', '{"a": {"b": 2}}', schema="a STRUCT<b: INT>"),
    json_case(
        "structs in an array",
        '{"a": [{"b": 1}, {"b": "x"}]}',
        '{"a": [{"b": 1, "c": 2}, null]}',
        schema="a ARRAY<STRUCT<b: INT>>",
    ),
    json_case("bytes", '{"a": "aGk="}', schema="a BINARY"),
    Case("multi line array", "json", {"a.json": '[\n {"a": 1},\n {"a": 2,\n "b": "x"}\n]'}, {"multiLine": "true"}),
    Case("multi line object", "json", {"a.json": '{\n "a": 1\n}', "b.json": '{"a":\n 2.5}'}, {"multiLine": "true"}),
    Case(
        "multi line broken", "json", {"a.json": '[\n {"a": 1},\n {"a": ', "b.json": '{"a": 2}'}, {"multiLine": "true"}
    ),
    Case("crlf and mark", "json", {"a.json": b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n'}),
    Case(
        "utf-16",
        "json",
        {"a.json": '{"a": "ä"}\n{"a": "b"}\n'.encode("utf-16-le")},
        {"encoding": "UTF-16LE", "lineSep": "\n"},
    ),
    Case("gzip", "json", {"a.json.gz": gzip.compress(b'{"a": 1}\n{"a": 2}\n', mtime=0)}),
    Case("partitions", "json", {f"dt=2026-01-0{n}/c=x%20{n}/a.json": f'{{"a": {n}}}\n' for n in (1, 2)}),
    Case(
        "partition numbers", "json", {f"p={p}/a.json": '{"a": 1}\n' for p in ("1", "20", "__HIVE_DEFAULT_PARTITION__")}
    ),
    Case("partition mixed", "json", {f"p={p}/q={p}/r=1.5/a.json": '{"a": 1}\n' for p in ("1", "x")}),
    Case("partition in data", "json", {f"p={p}/a.json": '{"p": 7, "a": 1}\n' for p in ("1", "2")}),
    Case("partition, schema", "json", {"p=1/a.json": '{"a": 1}\n', "p=2/a.json": '{"a": 2}\n'}, {}, "a INT, p STRING"),
    Case(
        "hidden",
        "json",
        {"a.json": '{"a": 1}\n', "_b.json": '{"b": 1}\n', ".c.json": '{"c": 1}\n', "_d/e.json": '{"d": 1}\n'},
    ),
    Case(
        "metadata",
        "json",
        {"a b.json": '{"a": 1}\n', "ü#.json": '{"a": 2}\n', "c%20d.json": '{"a": 3}\n'},
        {},
        "a INT",
        True,
    ),
    Case("empty beside", "json", {"a.json": "", "b.json": '{"a": 1}\n'}),
    Case("glob filter", "json", {"a.json": '{"a": 1}\n', "b.txt": '{"b": 1}\n'}, {"pathGlobFilter": "*.json"}),
    Case("subfolders", "json", {"a.json": '{"a": 1}\n', "x/b.json": '{"a": 2}\n'}, {"recursiveFileLookup": "true"}),
]

CSV = [
    csv_case("no header", "1,a", "2,b"),
    csv_case("header", "id,name", "1,a", "2,b", header="true"),
    csv_case(
        "inferred",
        "i,l,d,b,t,dt,s,m",
        "1,9999999999,1.5,true,2026-01-02 03:04:05,2026-01-02,x,1",
        ",,,,,,,x",
        header="true",
        inferSchema="true",
    ),
    csv_case(
        "inferred mixed",
        "a,b,c,d,e",
        "1,1,true,2026-01-02,1",
        "1.5,x,5,2026-01-02T03:04:05Z,",
        "2,2,false,2026-01-03,99999999999999999999",
        header="true",
        inferSchema="true",
    ),
    csv_case("schema", "id,name", "1,a", "x,b", "3", "4,d,e", header="true", schema=NAMES + ", _corrupt_record STRING"),
    csv_case("schema by position", "name,id", "a,1", header="true", schema=NAMES),
    csv_case("drop malformed", "1,a", "x,b", "3", "4,d,e", "5,f", schema=NAMES, mode="DROPMALFORMED"),
    csv_case("fail fast", "1,a", "x,b", schema=NAMES, mode="FAILFAST"),
    csv_case("quotes", '"a,b",c', '"say ""hi""",d', '"x\\"y",e', '"",f', ",g", '" h ", i '),
    csv_case("odd quotes", 'a"b,c', '"open,d', '"x" y,e', "'q',f", '"z"'),
    csv_case("doubled quotes", '"say ""hi""",d', '"""",e', escape='"'),
    csv_case("other signs", "'a;b';c", "d;e", sep=";", quote="'"),
    csv_case("tabs", "a\tb", "\tc", sep="\\t"),
    csv_case("long separator", "a||b", "c||d", sep="||"),
    csv_case("null value", "NA,1", "x,NA", "NULL,-", nullValue="NA"),
    csv_case("empty value", '"",1', ",2", emptyValue="E"),
    csv_case("comments", "# no", "a,1", "b,2 # c", comment="#"),
    csv_case("white space", " a , b ", "c,d", ignoreLeadingWhiteSpace="true", ignoreTrailingWhiteSpace="true"),
    csv_case("blank lines", "a,1", "", "  ", "b,2"),
    csv_case("header names", "a,a,,A b,c.d", "1,2,3,4,5", header="true"),
    csv_case("short and long", "a,b,c", "1", "1,2,3,4", "1,2,3", header="true"),
    csv_case(
        "formats",
        "02.01.2026,02/01/2026 03:04,x",
        schema="d DATE, t TIMESTAMP, s STRING",
        dateFormat="dd.MM.yyyy",
        timestampFormat="dd/MM/yyyy HH:mm",
    ),
    csv_case(
        "types",
        "1,2,3.5,4.5,TRUE,1.25",
        "+1,-2,1e3,NaN,false,1.255",
        " 1,x,Inf,-Inf,yes,x",
        "1.0,1e3,3f,1_0,0,12345678901",
        schema="i INT, l BIGINT, d DOUBLE, f FLOAT, b BOOLEAN, m DECIMAL(10,2)",
    ),
    csv_case(
        "times",
        "2026-01-02,2026-01-02",
        "2026-01-02T03:04:05Z,2026-1-2",
        "2026-01-02 03:04:05.123456,2026-01-02 03:04:05",
        "2026-01-02T03:04,x",
        "2026-01-02T03:04:05+01:00,2026",
        "x,20260102",
        schema="t TIMESTAMP, d DATE",
    ),
    csv_case(
        "space around quotes",
        '"a" ,b',
        ' "c",d',
        '"e"f"g",h',
        '"i\\\\",j',
        '"k\\\\"l",m',
        '"n\\to",p',
        '"p\\\\q",r',
        '"s" x,t',
        '"u"  ',
    ),
    csv_case("null value in quotes", '"NA",""', "NA,", '" NA",x', nullValue="NA"),
    csv_case("comments and a header", "", "# x", "a,b", "# y", "1,2", header="true", comment="#"),
    csv_case("inferred numbers", "1e3,3f, 1,+1,1.,.5", "NaN,4d,2,-2,2.5,-Inf", header="false", inferSchema="true"),
    csv_case(
        "inferred days",
        "2026-1-2,2026,2026-01,2026-01-02 03:04,0001",
        "2026-01-02,2027,2026-02,2026-01-02,10",
        inferSchema="true",
    ),
    csv_case("inferred truth", "true,TRUE,True,t", "false,,FALSE,f", inferSchema="true"),
    Case("open quote over lines", "csv", {"a.csv": 'a,"b\nc,d\n\ne,f\n'}, {"multiLine": "true"}),
    Case("blank lines over lines", "csv", {"a.csv": 'a,b\n\n"c\n\nd",e\n'}, {"multiLine": "true"}),
    Case("lines in quotes", "csv", {"a.csv": 'id,t\n1,"a\nb"\n2,c\n'}, {"header": "true", "multiLine": "true"}),
    Case("crlf", "csv", {"a.csv": b"\xef\xbb\xbfid,t\r\n1,a\r\n2,b"}, {"header": "true"}),
    Case("latin", "csv", {"a.csv": "n\nä\nö\n".encode("latin-1")}, {"header": "true", "encoding": "ISO-8859-1"}),
    Case(
        "two headers", "csv", {"a.csv": "a,b\n1,2\n", "b.csv": "a,b\n3,4\n"}, {"header": "true", "inferSchema": "true"}
    ),
    Case("only a header", "csv", {"a.csv": "a,b\n"}, {"header": "true"}),
    Case("gzip", "csv", {"a.csv.gz": gzip.compress(b"a,b\n1,2\n", mtime=0)}, {"header": "true"}),
    Case("partitions", "csv", {"y=2026/m=01/a.csv": "1,x\n", "y=2025/m=12/b.csv": "2,y\n"}),
]

OTHER = [
    Case("parquet", "parquet", {"a.parquet": parquet(a=[1, 2], b=["x", None])}),
    Case("parquet partitions", "parquet", {f"p={p}/a.parquet": parquet(a=[p]) for p in (1, 2)}),
    Case("parquet, schema", "parquet", {"a.parquet": parquet(a=[1, 2], b=["x", None])}, {}, "b STRING, c INT"),
    Case(
        "parquet, merged",
        "parquet",
        {"a.parquet": parquet(a=[1]), "b.parquet": parquet(a=[2], b=["x"])},
        {"mergeSchema": "true"},
    ),
    Case("parquet, case", "parquet", {"a.parquet": parquet(Id=[1])}, {}, "id BIGINT"),
    Case("text", "text", {"a.txt": "a\n\nb c\r\nd"}),
    Case("whole text", "text", {"a.txt": "a\nb\n", "b.txt": "c"}, {"wholetext": "true"}),
    Case("text, own ends", "text", {"a.txt": "a|b|c"}, {"lineSep": "|"}),
    Case("text partitions", "text", {"p=1/a.txt": "a\n", "p=2/a.txt": "b\n"}),
    Case("binary", "binaryFile", {"a.bin": b"\x00\x01", "b.bin": b""}),
    Case(
        "xml", "xml", {"a.xml": '<r><i k="1"><n>a</n><v>1</v></i><i k="2"><n>b</n><v>2.5</v></i></r>'}, {"rowTag": "i"}
    ),
    Case(
        "xml nested",
        "xml",
        {"a.xml": "<r><i><n><a>1</a></n><l>x</l><l>y</l></i><i><n><a>2</a></n><l>z</l></i></r>"},
        {"rowTag": "i"},
    ),
    Case("xml text", "xml", {"a.xml": '<r><i><n u="m">5</n></i><i><n>6</n></i><i/></r>'}, {"rowTag": "i"}),
    Case(
        "xml, schema",
        "xml",
        {"a.xml": "<r><i><a>1</a><b>x</b></i><i><a>q</a></i></r>"},
        {"rowTag": "i"},
        "a INT, b STRING",
    ),
]

CASES = [*JSON, *CSV, *OTHER]


def label(case: Case) -> str:
    return f"{case.format}: {case.name}"


def write(case: Case, folder: Path) -> None:
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def plain(value: Any, folder: str) -> Any:
    """A value of a row as JSON can hold it, without the folder it was read from."""
    if isinstance(value, dict):
        return {str(key): plain(each, folder) for key, each in value.items()}
    if hasattr(value, "asDict"):
        return {key: plain(getattr(value, key), folder) for key in value.asDict()}
    if isinstance(value, (list, tuple)):
        return [plain(each, folder) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"decimal {value}"
    if isinstance(value, (bytes, bytearray)):
        return f"bytes {bytes(value).hex()}"
    if isinstance(value, float):
        return f"double {value!r}"
    return value.replace(folder, "") if isinstance(value, str) else value
