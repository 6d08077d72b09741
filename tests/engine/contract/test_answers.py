"""The same questions at every place, with one answer."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import ldp_magic
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import engine_at
from tests.engine.contract.conftest import spoken

pytestmark = pytest.mark.xdist_group("spark")

EVENTS = [
    {"id": 1, "who": "ann", "at": "2026-11-01 10:00:00", "points": 5},
    {"id": 2, "who": "bob", "at": "2026-11-01 11:30:00", "points": -1},
    {"id": 3, "who": None, "at": "2026-11-02 09:00:00", "points": 7},
    {"id": 4, "who": "ann", "at": "2026-11-02 09:05:00", "points": None},
]
CHANGES = [
    {"id": 1, "name": "Ann", "city": "Bonn", "op": "u", "seq": 10},
    {"id": 2, "name": "Bob", "city": "Kiel", "op": "u", "seq": 11},
    {"id": 1, "name": "Ann", "city": "Ulm", "op": "u", "seq": 30},
    {"id": 1, "name": "Anna", "city": None, "op": "u", "seq": 20},
    {"id": 2, "name": None, "city": None, "op": "d", "seq": 12},
]
PIPELINE = """
CREATE OR REFRESH STREAMING TABLE events (CONSTRAINT positive EXPECT (points > 0) ON VIOLATION DROP ROW,
  CONSTRAINT named EXPECT (who IS NOT NULL)) AS
SELECT id, who, CAST(at AS TIMESTAMP) AS at, points FROM STREAM read_files('/Volumes/main/raw/events', format => 'json',
  schema => 'id BIGINT, who STRING, at STRING, points INT');
CREATE OR REFRESH MATERIALIZED VIEW per_day AS
SELECT CAST(at AS DATE) AS day, count(*) AS many, sum(points) AS points FROM events GROUP BY ALL ORDER BY day;
CREATE TEMPORARY VIEW seen AS SELECT e.id, c.name FROM STREAM(events) e LEFT JOIN raw.people c ON e.who = c.who;
CREATE OR REFRESH STREAMING TABLE both;
CREATE FLOW one AS INSERT INTO both BY NAME SELECT id, who FROM STREAM(events);
CREATE FLOW two AS INSERT INTO both BY NAME SELECT -id AS id, 'x' AS extra FROM STREAM(events);
CREATE TEMPORARY VIEW changes AS SELECT * FROM STREAM read_files('/Volumes/main/raw/changes', format => 'json',
  schema => 'id INT, name STRING, city STRING, op STRING, seq INT');
CREATE OR REFRESH STREAMING TABLE customers;
CREATE FLOW f AS AUTO CDC INTO customers FROM STREAM(changes) KEYS (id) APPLY AS DELETE WHEN op = 'd' SEQUENCE BY seq
  COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE 1;
CREATE OR REFRESH STREAMING TABLE history;
CREATE FLOW g AS AUTO CDC INTO history FROM STREAM(changes) KEYS (id) APPLY AS DELETE WHEN op = 'd' SEQUENCE BY seq
  COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE 2 TRACK HISTORY ON (name);
CREATE OR REFRESH STREAMING TABLE kept;
CREATE FLOW h AS AUTO CDC INTO kept FROM STREAM(changes) KEYS (id) IGNORE NULL UPDATES SEQUENCE BY seq
  COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE 1;
CREATE OR REFRESH MATERIALIZED VIEW chosen AS SELECT id FROM events WHERE id >= ${least} AND who = :who;
CREATE OR REFRESH MATERIALIZED VIEW counted (big BIGINT, word STRING) AS SELECT CAST(id AS INT) AS big, 7 AS word FROM events;
"""
PYTHON = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.table
def shouted():
    return spark.readStream.table("events").select("id", F.upper("who").alias("who"))


@dp.materialized_view(name="most")
def _most():
    least = int(spark.conf.get("least"))
    return spark.sql("SELECT max(id) AS id FROM shouted").where(F.col("id") >= least)
"""
SETTINGS = """
parameters = { least = 2, who = "ann" }
[local]
"/Volumes/main/raw" = "landing"
"raw.people" = "people.csv"
[pipelines.all]
sources = ["*.sql", "*.py"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a project ö #1 [x]")
    for name, rows in {"events": EVENTS, "changes": CHANGES}.items():
        (folder / "landing" / name).mkdir(parents=True)
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "landing" / name / "part 1.json").write_text(text, encoding="utf-8")
    (folder / "people.csv").write_text("who,name\nann,Ann Ä.\nbob,Bob\n", encoding="utf-8")
    (folder / "p.sql").write_text(PIPELINE, encoding="utf-8")
    (folder / "q.py").write_text(PYTHON, encoding="utf-8")
    (folder / "ldp.toml").write_text(SETTINGS, encoding="utf-8")
    return folder


def rows(found: Any) -> list[tuple[Any, ...]]:
    return sorted(found.rows, key=repr)


@pytest.mark.parametrize(
    ("what", "columns", "expected"),
    [
        ("events", "id bigint, who string, at timestamp, points int", None),
        ("per_day", "day date, many bigint, points bigint", [(date(2026, 11, 1), 1, 5), (date(2026, 11, 2), 1, 7)]),
        ("seen", "id bigint, name string", [(1, "Ann Ä."), (3, None)]),
        (
            "both",
            "id bigint, who string, extra string",
            [(-1, None, "x"), (-3, None, "x"), (1, "ann", None), (3, None, None)],
        ),
        ("customers", "id int, name string, city string", [(1, "Ann", "Ulm")]),
        (
            "history",
            "id int, name string, city string, __START_AT int, __END_AT int",
            [
                (1, "Ann", "Bonn", 10, 20),
                (1, "Ann", "Ulm", 30, None),
                (1, "Anna", None, 20, 30),
                (2, "Bob", "Kiel", 11, 12),
            ],
        ),
        ("kept", "id int, name string, city string", [(1, "Ann", "Ulm"), (2, "Bob", "Kiel")]),
        ("chosen", "id bigint", []),
        ("counted", "big bigint, word string", [(1, "7"), (3, "7")]),
        ("shouted", "id bigint, who string", [(1, "ANN"), (3, None)]),
        ("most", "id bigint", [(3,)]),
        ("SELECT count(*) AS n, max(who) AS who FROM events", "n bigint, who string", [(2, "ann")]),
    ],
)
def test_a_pipeline(project: Path, open_place: Place, what: str, columns: str, expected: list[tuple[Any, ...]] | None):
    found = ldp_magic.preview(what, project, place=spoken(open_place), limit=None)
    assert ", ".join(f"{name} {type_}" for name, type_ in found.columns) == columns
    assert expected is None or rows(found) == sorted(expected, key=repr)


def test_expectations(project: Path):
    found = ldp_magic.preview("events", project, limit=1)
    assert [(e.name, e.action, e.passed, e.failed) for e in found.expectations] == [
        ("positive", "drop", 2, 2),
        ("named", "warn", 3, 1),
    ]
    assert (len(found.rows), found.answer.total, found.answer.read) == (1, 2, 4)
    assert [each.source for each in found.fidelity.stand_ins] == ["/Volumes/main/raw/events"]


def test_types_and_values(said: str):
    found = ldp_magic.sql(
        "SELECT 1 AS i, CAST(2 AS BIGINT) AS l, 1.50 AS m, CAST(0.1 AS DOUBLE) AS d, 'ü' AS s, true AS b, "
        "DATE'2026-11-20' AS dt, array(1, NULL) AS a, map('k', 1) AS mp, named_struct('x', 1, 'y', 'z') AS st, "
        "CAST('ab' AS BINARY) AS bin, CAST(NULL AS STRING) AS n",
        "examples",
        place=said,
    )
    types = "int bigint decimal(3,2) double string boolean date array<int> map<string,int> struct<x:int,y:string>"
    assert [type_ for _, type_ in found.columns] == [*types.split(), "binary", "string"]
    (row,) = found.rows
    assert row == (
        1,
        2,
        Decimal("1.50"),
        0.1,
        "ü",
        True,
        date(2026, 11, 20),
        [1, None],
        {"k": 1},
        (1, "z"),
        b"ab",
        None,
    )
    assert row[9].x == 1, "a struct is a Row"


def test_halves_are_rounded_as_they_are_written(said: str):
    values = "(72.445D), (1.005D), (-1.005D), (1.15D), (2.5D), (-0.04D), (1e20D), (1e-7D), (double('NaN')), (NULL)"
    query = f"SELECT round(d, 2), round(d, 1), round(d), round(CAST(d AS FLOAT), 2) FROM VALUES {values} AS t(d)"
    found = [[repr(value) for value in row] for row in ldp_magic.sql(query, "examples", place=said).rows]
    assert [row[0] for row in found[:5]] == ["72.45", "1.01", "-1.01", "1.15", "2.5"]
    assert [row[1] for row in found[3:7]] == ["1.2", "2.5", "0.0", "1e+20"]
    assert [row[2] for row in found[4:]] == ["3.0", "0.0", "1e+20", "0.0", "nan", "None"]
    assert [row[3] for row in found[:4]] == ["72.44000244140625", "1.0", "-1.0", "1.149999976158142"]


def test_moments_are_as_the_client_gives_them(said: str):
    (row,) = ldp_magic.sql("SELECT TIMESTAMP'2026-11-20 12:00:00' AS t", "examples", place=said).rows
    assert row[0].astimezone().timestamp() == datetime.fromisoformat("2026-11-20T12:00:00+00:00").timestamp()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT nope FROM (SELECT 1 AS a)", "nope"),
        ("SELECT no_such_function(1)", "no_such_function"),
        ("SELECT CAST('x' AS INT)", "'x'"),
        ("SELECT 1 / 0", "zero"),
        ("SELECT raise_error('as it was meant')", "as it was meant"),
        ("SELECT (1", "is never closed"),
        ("SELECT ${nobody_said}", "nobody_said"),
    ],
)
def test_a_mistake_is_three_lines(said: str, query: str, words: str):
    with pytest.raises(EngineError) as caught:
        ldp_magic.sql(query, "examples", place=said)
    assert words in str(caught.value) and len(str(caught.value).splitlines()) <= 3
    assert not any(noise in str(caught.value) for noise in ("Traceback", "JVM", "SQLSTATE", "== SQL", "org.apache"))


def test_sessions_do_not_see_each_other(open_place: Place):
    with engine_at(open_place).session() as one, engine_at(open_place).session() as other:
        one.call(lambda: one.spark.sql("SELECT 1 AS a").createOrReplaceTempView("mine"))
        one.call(lambda: one.spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo"))
        with pytest.raises(EngineError, match="mine"):
            other.call(lambda: other.spark.table("mine").collect())
        assert other.call(lambda: other.spark.conf.get("spark.sql.session.timeZone")) == "UTC"


def test_views_of_a_preview_are_gone(place: Place, said: str, tmp_path: Path):
    (tmp_path / "a.sql").write_text(
        "CREATE TEMPORARY VIEW a AS SELECT 1 AS x;\nCREATE TEMPORARY VIEW b AS SELECT x + 1 AS x FROM a;\n"
    )
    assert ldp_magic.preview("b", tmp_path, place=said).rows == ((2,),)
    with engine_at(place).session() as session:
        assert (
            session.call(lambda: [each.name for each in session.spark.catalog.listTables() if each.isTemporary]) == []
        )


def test_frames_of_python_values(place: Place):
    with engine_at(place).session() as session:
        frame = session.call(lambda: session.spark.createDataFrame([(1, "a", None)], "i INT, s STRING, d DOUBLE"))
        assert [tuple(row) for row in session.call(frame.collect)] == [(1, "a", None)]
        maps = session.call(lambda: session.spark.createDataFrame([{"m": {"x": 1}, "a": [1]}]).collect())
        assert maps[0].m == {"x": 1}


def test_the_lock_is_filled_from_a_catalog(place: Place, said: str, tmp_path: Path):
    (tmp_path / "a.sql").write_text(
        "CREATE MATERIALIZED VIEW a AS SELECT o.id, n.x FROM shop_orders o JOIN shop_nowhere n ON o.id = n.id"
    )
    if place.embedded:
        with pytest.raises(EngineError, match="has no catalog"):
            ldp_magic.lock(tmp_path, place=said)
        return
    with engine_at(place).session() as session:
        ddl = "CREATE OR REPLACE TABLE shop_orders (id BIGINT NOT NULL, amount DECIMAL(9,2) COMMENT 'in euro') USING parquet"
        session.call(lambda: session.spark.sql("DROP TABLE IF EXISTS shop_orders").collect())
        session.call(lambda: session.spark.sql(ddl.replace(" OR REPLACE", "")).collect())
    result = ldp_magic.lock(tmp_path, place=said)
    assert result.lacking == ("shop_nowhere",) and "not in the catalog" in result.text()
    text = (tmp_path / "ldp.lock").read_text(encoding="utf-8")
    assert "decimal(9,2)" in text and "in euro" in text and "bigint" in text
    found = ldp_magic.preview("SELECT count(*) AS n FROM shop_orders", tmp_path, place=said)
    assert found.rows == ((0,),)


def test_tables_of_the_place(remote_place: Place, tmp_path: Path):
    """At a remote place its tables are read, those of upstream datasets too; nothing stands in for them."""
    place, said = remote_place, spoken(remote_place)
    (tmp_path / "ldp.toml").write_text(
        'catalog = "spark_catalog"\nschema = "default"\n[pipelines.p]\nsources = ["*.sql", "*.py"]\n'
    )
    (tmp_path / "a.sql").write_text(
        "CREATE OR REFRESH STREAMING TABLE there AS SELECT * FROM STREAM(nowhere_at_all);\n"
        "CREATE MATERIALIZED VIEW fresh (CONSTRAINT few EXPECT (id < 3) ON VIOLATION DROP ROW) AS SELECT id * 2 AS id FROM there;\n"
    )
    (tmp_path / "b.py").write_text(
        "from pyspark import pipelines as dp\nfrom pyspark.sql import functions as F\n@dp.table\ndef doubled():\n"
        "    return spark.readStream.table('fresh').join(spark.table('there'), 'id').select((F.col('id') * 2).alias('d'))\n"
    )
    with engine_at(place).session() as session:
        for text in ("DROP TABLE IF EXISTS there", "CREATE TABLE there USING parquet AS SELECT id FROM range(1, 4)"):
            session.call(lambda text=text: session.spark.sql(text).collect())
    found = ldp_magic.preview("fresh", tmp_path, place=said)
    assert found.rows == ((2,),) and [(e.passed, e.failed) for e in found.expectations] == [(1, 2)]
    assert found.fidelity.notes == ("spark_catalog.default.there is read as it stands there",)
    assert ldp_magic.preview("doubled", tmp_path, place=said).rows == ((4,),)
