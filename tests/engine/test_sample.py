"""Samples: masks that hold joins together, rows that are made up, and rows from Apache Spark's own server."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from ldp_magic.cli import main
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.place import Place
from ldp_magic.engine.sample import made, masked, rows_of, write
from ldp_magic.engine.sample.made import guessed
from ldp_magic.engine.sample.masks import mask, masked_lines
from ldp_magic.engine.session import engine_at
from ldp_magic.pipeline.model import ColumnType
from tests import spark_server

pytestmark = pytest.mark.xdist_group("spark")
KEY, OTHER = b"k" * 32, b"o" * 32

# --- masks -------------------------------------------------------------------------------------------------------

MOMENT = datetime(2026, 1, 1, tzinfo=timezone.utc)
VALUES = pa.table(
    {
        "id": pa.array([1, 2, 1, None], pa.int32()),
        "email": ["ada@example.org", "bo@example.org", "ada@example.org", None],
        "name": ["Ada", "Bo", "Ada", ""],
        "amount": pa.array([Decimal("10.50"), Decimal("0.01"), Decimal("10.50"), None], pa.decimal128(10, 2)),
        "ratio": [0.5, 1e300, 0.5, None],
        "born": [date(1990, 1, 1), date(1991, 1, 1), date(1990, 1, 1), None],
        "at": pa.array([MOMENT, MOMENT + timedelta(1), MOMENT, None], pa.timestamp("us", "UTC")),
        "ok": [True, False, True, None],
        "raw": [b"a", b"b", b"a", None],
        "who": [
            {"mail": "a@b.co", "tags": ["x", None]},
            {"mail": None, "tags": []},
            {"mail": "a@b.co", "tags": ["x"]},
            None,
        ],
        "by": pa.array([[("k", 1)], [], [("k", 1)], None], pa.map_(pa.string(), pa.int64())),
    }
)


@pytest.mark.parametrize("column", VALUES.column_names)
def test_one_value_is_always_masked_by_one_other(column: str):
    once, twice = masked(VALUES, [column], KEY), masked(VALUES, [column.upper()], KEY)
    assert once.equals(twice) and once.schema == VALUES.schema
    before, after = VALUES.column(column).to_pylist(), once.column(column).to_pylist()
    assert after[3] is None or column == "name"
    assert after[0] == after[2] or column == "who"
    if column != "ok":  # of two values there are only two
        assert after[0] != before[0] and after[0] != after[1]
        assert masked(VALUES, [column], OTHER).column(column).to_pylist()[0] != after[0]
    assert once.drop_columns([column]).equals(VALUES.drop_columns([column]))


def test_a_field_of_a_struct():
    after = masked(VALUES, ["who.mail"], KEY).column("who").to_pylist()
    assert after[0]["mail"].endswith("@example.com") and after[0]["tags"] == ["x", None] and after[1]["mail"] is None


def test_what_is_masked_cannot_be_seen():
    table = masked(VALUES, ["email", "name"], KEY)
    assert "ada" not in str(table.column("email").to_pylist()).lower()
    assert all(re.fullmatch(r"[0-9a-f]{12}@example\.com", each) for each in table.column("email").to_pylist()[:3])
    numbers = [mask(n, pa.int64(), KEY) for n in range(5_000)]
    assert len(set(numbers)) == 5_000 and min(numbers) >= 0


@pytest.mark.parametrize(
    ("column", "what"), [("emial", "emial to mask; email is"), ("who.male", "mail is"), ("id.x", "no column id.x")]
)
def test_a_column_that_is_not_there_is_never_passed_over(column: str, what: str):
    with pytest.raises(EngineError, match=what):
        masked(VALUES, [column], KEY)


def test_lines():
    lines = ['{"a": 1, "u": {"mail": "x@y.de"}, "l": [{"m": "s"}]}', "", '{"a": 2}', '{"a": 1, "u": null}']
    found = [json.loads(line) if line else None for line in masked_lines(lines, ["a", "u.mail", "l.m"], KEY)]
    assert found[0]["a"] == found[3]["a"] != found[2]["a"] and found[0]["u"]["mail"].endswith("@example.com")
    assert found[0]["l"][0]["m"].startswith("x") and found[1] is None and found[3]["u"] is None
    with pytest.raises(EngineError, match="no column email to mask"):
        masked_lines(lines, ["email"], KEY)
    with pytest.raises(EngineError, match="line 2 is no JSON object"):
        masked_lines(['{"a": 1}', "[1]"], ["a"], KEY)


# --- made up -----------------------------------------------------------------------------------------------------

TYPES = {
    "id": "bigint",
    "customer_id": "int",
    "email": "string",
    "country": "string",
    "amount": "decimal(6,2)",
    "price": "double",
    "ordered_at": "timestamp",
    "local_time": "timestamp_ntz",
    "day": "date",
    "is_new": "boolean",
    "raw": "binary",
    "tiny": "tinyint",
    "tags": "array<string>",
    "who": "struct<first_name:string,age:int>",
    "counts": "map<string,bigint>",
    "short": "varchar(10)",
    "unknown": "",
}


def columns(nullable: bool | None = None) -> list[ColumnType]:
    return [ColumnType(name=name, type=type_, nullable=nullable) for name, type_ in TYPES.items()]


def test_every_type_is_made_and_the_same_again():
    table = made("main.raw.orders", columns(), 200, seed=3)
    assert table.equals(made("main.raw.orders", columns(), 200, seed=3))
    assert not table.equals(made("main.raw.orders", columns(), 200, seed=4))
    assert table.num_rows == 200 and table.column_names == list(TYPES)
    assert table.column("id").to_pylist() == list(range(1, 201))
    assert max(each or 0 for each in table.column("customer_id").to_pylist()) <= 20
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+\d+@example\.com", e) for e in table.column("email").to_pylist() if e)
    times = table.column("ordered_at").to_pylist()
    assert times == sorted(times) and times[0].year == 2026
    assert {len(each) for each in table.column("country").to_pylist() if each} == {2}


def test_a_column_more_changes_no_other():
    fewer = made("t", columns()[:5], 50)
    assert fewer.equals(made("t", columns(), 50).select(fewer.column_names))


@pytest.mark.parametrize(("nullable", "some"), [(True, True), (False, False)])
def test_what_may_be_null(nullable: bool, some: bool):
    table = made("t", columns(nullable), 400)
    assert [(table.column(name).null_count > 0) for name in TYPES] == [some] * len(TYPES)
    assert all(field.nullable == nullable for field in table.schema)


def test_no_rows():
    assert made("t", columns(), 0).num_rows == 0


@pytest.mark.parametrize(
    ("name", "type_"),
    [("order_id", "bigint"), ("is_open", "boolean"), ("created_at", "timestamp"), ("note", "string"), ("day", "date")],
)
def test_types_that_nobody_knows(name: str, type_: str):
    assert guessed(name) == type_


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "json", "csv"])
def test_each_kind_of_file(tmp_path: Path, ending: str):
    path = tmp_path / "deep" / f"t.{ending}"
    write(made("t", columns(), 20), path)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    if ending == "parquet":
        assert parquet.read_table(path).num_rows == 20
    else:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) == 20 + (ending == "csv")
        assert json.loads(lines[0])["id"] == 1 if ending != "csv" else lines[0].startswith("id,customer_id")


def test_a_file_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="cannot be written"):
        write(made("t", columns(), 1), tmp_path / "file" / "t.parquet")


# --- taken -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    said = os.environ.get("LDP_TEST_SPARK_ADDRESS", "")
    if said:
        yield said
        return
    with spark_server.running(tmp_path_factory.mktemp("spark")) as address:
        yield address


@pytest.fixture
def orders(spark: str) -> Iterator[str]:
    """A server that has a table of orders."""
    rows = (
        "SELECT id, concat('user', id % 3, '@shop.org') AS email, CAST(id AS DECIMAL(10,2)) AS amount, "
        "timestampadd(HOUR, CAST(id AS INT), TIMESTAMP'2026-01-01 00:00:00Z') AS at FROM range(20)"
    )
    with engine_at(Place("remote", spark)).session() as session:
        session.call(lambda: _table(session.spark, rows))
    yield spark
    with engine_at(Place("remote", spark)).session() as session:
        session.call(lambda: session.spark.sql("DROP TABLE IF EXISTS default.orders_taken").collect())


def _table(spark: object, rows: str) -> None:
    spark.sql("DROP TABLE IF EXISTS default.orders_taken").collect()  # type: ignore[attr-defined]
    spark.sql(f"CREATE TABLE default.orders_taken USING parquet AS {rows}").collect()  # type: ignore[attr-defined]


def test_from_a_server_into_the_pipeline(
    orders: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    Path("ldp.toml").write_text('# kept\n[local]\n"/x" = "y" # too\n')
    Path("p.sql").write_text(
        "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n, count(DISTINCT email) AS who, "
        "max(at) AS last FROM default.orders_taken;"
    )
    assert main(["sample", "default.orders_taken", "--mask", "email", "--place", orders]) == 0
    assert "20 rows of default.orders_taken taken, email masked" in capsys.readouterr().out
    assert Path("ldp.toml").read_text() == (
        '# kept\n[local]\n"/x" = "y" # too\n"default.orders_taken" = "data/orders_taken.parquet"\n'
    )
    assert b"shop.org" not in Path("data/orders_taken.parquet").read_bytes()
    assert (Path(".ldp/mask.key").stat().st_mode & 0o777) == 0o600 and Path(".ldp/.gitignore").read_text() == "*\n"
    assert main(["preview", "m", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "20,3,2026-01-01 19:00:00+00:00"
    again = ["sample", "default.orders_taken", "--rows", "12", "--mask", "email", "--place", orders]
    settings = Path("ldp.toml").read_text()
    assert main(again) == 2 and "is there already" in capsys.readouterr().err
    assert main([*again, "--force"]) == 0 and Path("ldp.toml").read_text() == settings
    assert parquet.read_table("data/orders_taken.parquet").num_rows == 12


def test_files_from_a_server(orders: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    there, other = tmp_path / "there", tmp_path / "other"
    there.mkdir()
    other.mkdir()
    (there / "a.json").write_text('{"id": 1, "email": "a@b.de", "big": 12345678901234567890}\n{"id": 2}\n')
    (other / "a.csv").write_text("id,email\n1,a@b.de\n2,\n")
    project = tmp_path / "here"
    project.mkdir()
    monkeypatch.chdir(project)
    assert main(["sample", str(there), "--format", "json", "--place", orders, "--rows", "5"]) == 0
    assert (project / "data/there/sample.json").read_text().splitlines()[0].endswith('"big": 12345678901234567890}')
    assert main(["sample", f"{other}/a.csv", "--place", orders, "--mask", "email", "--out", "data/c"]) == 0
    header, first, second = (project / "data/c/sample.csv").read_text().splitlines()
    assert header == "id,email" and first.startswith("1,") and "a@b.de" not in first and second == "2,"


def test_a_table_that_is_not_there(orders: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["sample", "default.nothing_there", str(tmp_path), "--place", orders]) == 2
    assert "nothing_there" in capsys.readouterr().err and not any(tmp_path.iterdir())


def test_the_embedded_engine_has_no_rows_to_give():
    with pytest.raises(EngineError, match="already"):
        rows_of(Place(), ("a",), 1)
