"""`ldp preview` and `ldp sql`, typed and called; what they say when something is not here."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.cli import main
from ldp_magic.engine.child import EngineError
from ldp_magic.errors import LdpError

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_analytics"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a.sql").write_text(
        "CREATE OR REFRESH STREAMING TABLE orders AS SELECT * FROM STREAM read_files('/Volumes/x/orders', format => 'csv');\n"
        "CREATE MATERIALIZED VIEW joined AS SELECT o.id, c.name FROM orders o JOIN main.crm.customers c ON o.who = c.id;\n"
        "CREATE MATERIALIZED VIEW checked (CONSTRAINT small EXPECT (id < 2) ON VIOLATION FAIL UPDATE) AS SELECT id FROM orders;\n"
        "CREATE STREAMING TABLE clicks AS SELECT CAST(value AS STRING) AS v, topic FROM STREAM read_kafka(bootstrapServers => 'k:9092', subscribe => 'clicks');\n"
        "CREATE MATERIALIZED VIEW round AS SELECT * FROM about;\nCREATE MATERIALIZED VIEW about AS SELECT * FROM round;\n"
        "CREATE STREAMING TABLE empty;\nCREATE MATERIALIZED VIEW wrong AS SELECT nope FROM orders;\n"
        "CREATE MATERIALIZED VIEW where_from AS SELECT id, _metadata.file_name AS f FROM read_files('/Volumes/x/orders', format => 'csv');\n"
        "CREATE MATERIALIZED VIEW slip AS SELECT * FROM ordes;\n"
        "CREATE MATERIALIZED VIEW `weird. name` AS SELECT 7 AS x;\n",
        encoding="utf-8",
    )
    (tmp_path / "ldp.toml").write_text(
        'catalog = "main"\nschema = "s"\n[local]\n"/Volumes/x" = "landing"\n"main.crm.customers" = "c.csv"\n"kafka:clicks" = "k.jsonl"\n'
    )
    (tmp_path / "landing" / "orders").mkdir(parents=True)
    (tmp_path / "landing" / "orders" / "1.csv").write_text("id,who\n1,7\n2,8\n")
    (tmp_path / "c.csv").write_text("id,name\n7,Ä\n")
    (tmp_path / "k.jsonl").write_text('{"value": {"a": 1}}\nplain\n')
    return tmp_path


@pytest.mark.parametrize(
    ("what", "rows"),
    [
        ("orders", ((1, 7, None), (2, 8, None))),
        ("main.s.ORDERS", ((1, 7, None), (2, 8, None))),
        ("joined", ((1, "Ä"),)),
        ("clicks", (('{"a":1}', "clicks"), ("plain", "clicks"))),
        ("where_from", ((1, "1.csv"), (2, "1.csv"))),
        ("SELECT sum(id) AS s FROM main.s.orders", ((3,),)),
        ("SELECT orders.id, main.s.orders.who FROM main.s.orders ORDER BY 1 DESC", ((2, 8), (1, 7))),
        ("WITH orders AS (SELECT 5 AS x) SELECT * FROM orders", ((5,),)),
        ("FROM orders SELECT max(id) AS m", ((2,),)),
        ("SELECT name FROM main.crm.customers", (("Ä",),)),
        ("main.crm.customers", ((7, "Ä"),)),
        ("/Volumes/x/orders", ((1, 7, None), (2, 8, None))),
        ("weird. name", ((7,),)),
        ("`weird. name`", ((7,),)),
    ],
)
def test_rows(project: Path, what: str, rows: tuple[tuple[object, ...], ...]):
    assert ldp_magic.preview(what, project).rows == rows


def test_an_expectation_that_stops_is_a_finding(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(project)
    assert main(["preview", "checked"]) == 1
    assert "✗ stops" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("what", "said", "fix"),
    [
        ("nope", "no dataset is called nope", "ldp graph"),
        ("ordesr", "no dataset is called ordesr; orders is", "orders"),
        ("weird. nam", "weird. name is", "write it in back-ticks: `weird. name`"),
        ("", "the name is empty", "ldp graph"),
        ("SELECT * FROM (SELECT 1 AS x WHERE) t", "line 1, column", "mend"),
        ("round", "reads itself", "take one of these reads away"),
        ("empty", "empty has no query", "AS SELECT"),
        ("wrong", "wrong: no column is called nope", "check the name"),
        ("slip", "ordes", "orders"),
        ("SELECT * FROM other.raw.t", "the table other.raw.t is not on this machine", '"other.raw.t" = "data/t.csv"'),
        ("SELECT * FROM read_files('s3://b/k/*.json')", "s3://b/k/*.json is not on this machine", '"s3://b/k"'),
        ("SELECT * FROM read_files('/Volumes/x/nothing')", "no file", ""),
        (
            "SELECT * FROM STREAM read_kafka(subscribe => 'other')",
            "no kafka is asked from here for other",
            '"kafka:other"',
        ),
        ("SELECT * FROM table_changes('orders', 1)", "table_changes", "databricks"),
        ("SELECT ${x}", "the parameter x has no value", "parameters"),
        ("SELECT * FROM STREAM read_pubsub(topic => 'kafka:clicks')", "pubsub", "databricks"),
    ],
)
def test_what_is_not_here_is_said(project: Path, what: str, said: str, fix: str):
    with pytest.raises(LdpError) as caught:
        ldp_magic.preview(what, project)
    assert said in str(caught.value) and fix in caught.value.fix and len(str(caught.value).splitlines()) <= 3


def test_formats(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    assert main(["sql", "SELECT 1 AS a, NULL AS b", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == [[1, None]]
    assert main(["sql", "SELECT 1 AS a, '' AS b", "--format", "csv"]) == 0
    assert capsys.readouterr().out == 'a,b\n1,""\n'
    assert main(["preview", "orders", "--out", "o.html"]) == 0 and "<td" in (project / "o.html").read_text(
        encoding="utf-8"
    )


def test_csv_is_exact(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    assert main(["preview", "SELECT CAST(NULL AS STRING) AS a", "--out", "x.csv"]) == 0
    assert (project / "x.csv").read_text(encoding="utf-8") == "a\n\n"
    assert main(["sql", "SELECT concat('a', char(27), '[8m', char(7)) AS a", "--format", "csv"]) == 0
    assert capsys.readouterr().out.endswith("a\na\x1b[8m\x07\n")
    assert main(["graph", "--out", "x.csv"]) == 2 and "writes no .csv files" in capsys.readouterr().err


def test_a_terminal_takes_no_orders_from_data():
    import io

    from ldp_magic.cli.terminal import Terminal

    for interactive, said in ((True, "a\\u001b[8m\\u0000\\u0007\x1b[31mb\n"), (False, "a\x1b[8m\0\7\x1b[31mb\n")):
        stream = io.StringIO()
        Terminal(stream, interactive, 80, True, "unicode").write("a\x1b[8m\0\7\x1b[31mb\n")
        assert stream.getvalue() == said


def test_what_cannot_be_read_is_said_once(project: Path):
    with pytest.raises(LdpError) as caught:
        ldp_magic.preview("SELECT * FROM (DROP TABLE x)", project)
    assert str(caught.value).count("cannot be read") <= 1 and "column 16: DROP TABLE x" in caught.value.why


@pytest.mark.parametrize("limit", ["-1", "many", "1.5", ""])
def test_a_limit_is_a_number(project: Path, limit: str, capsys: pytest.CaptureFixture[str]):
    assert main(["preview", "orders", str(project), f"--limit={limit}"]) == 2
    assert "is a number of rows" in capsys.readouterr().err


def test_limits(project: Path):
    found = ldp_magic.preview("orders", project, limit=1)
    assert (len(found.rows), found.answer.total, found.answer.more) == (1, 2, True)
    assert ldp_magic.preview("orders", project, limit=0).rows == ()


def test_a_place_that_is_none(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["preview", "orders", str(project), "--place", "mars"]) == 2
    assert "embedded, databricks or sc://host:port" in capsys.readouterr().err


def test_databricks_needs_its_client(project: Path):
    with pytest.raises(EngineError) as caught:
        ldp_magic.preview("orders", project, place="databricks")
    assert "databricks-connect" in caught.value.what and "pip" in caught.value.fix


def test_delta_tables(project: Path):
    import pyarrow
    from deltalake import write_deltalake

    for where in ("a lake ö #1", "plain"):
        write_deltalake(str(project / where), pyarrow.table({"id": [1, 2], "who": ["a", None]}))
        write_deltalake(str(project / where), pyarrow.table({"id": [3], "who": ["c"]}), mode="append")
    text = (project / "ldp.toml").read_text(encoding="utf-8")
    (project / "ldp.toml").write_text(text + '"main.crm.orders" = "a lake ö #1"\n', encoding="utf-8")
    query = f"SELECT count(*) AS n, sum(p.id) AS s FROM main.crm.orders o JOIN delta.`{project}/plain` p ON o.id = p.id"
    assert ldp_magic.preview(query, project).rows == ((3, 6),)
    with pytest.raises(EngineError, match="is no Delta table"):
        ldp_magic.preview(f"SELECT * FROM delta.`{project}/landing`", project)


def test_a_sample_is_named(project: Path, monkeypatch: pytest.MonkeyPatch):
    from ldp_magic.engine import outside

    for n in range(2, 6):
        (project / "landing" / "orders" / f"{n}.csv").write_text("id,who\n1,7\n2,8\n")
    monkeypatch.setattr(outside, "MOST_BYTES", 30)
    found = ldp_magic.preview("orders", project)
    assert [(s.source, s.part) for s in found.fidelity.samples] == [("/Volumes/x/orders", "2 of 5 files")]
    assert not found.fidelity.exact and "sampled from 2 of 5 files" in found.text()
    assert ldp_magic.preview("orders", project, limit=None).answer.total == 10


def test_nothing_is_written(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    before = sorted(os.listdir(project))
    ldp_magic.preview("joined", project)
    assert sorted(os.listdir(project)) == before


def test_the_example_holds_what_it_says():
    counts = "SELECT (SELECT count(*) FROM events) AS e, (SELECT count(*) FROM user_profiles) AS p, count(*) AS closed"
    query = f"{counts} FROM daily_metrics WHERE date < '2026-10-31'"
    assert ldp_magic.preview(query, EXAMPLE, fresh=True).rows == ((1000, 100, 846),)


def test_the_data_of_the_example_is_what_its_generator_makes(tmp_path: Path):
    import subprocess
    import sys

    subprocess.run([sys.executable, str(EXAMPLE / "generate.py"), "--out", str(tmp_path)], check=True)
    for name in ("events", "profiles"):
        made = (tmp_path / name / f"{name}.json").read_bytes()
        assert made == (EXAMPLE / "data" / name / f"{name}.json").read_bytes()
    for part in ("1/3", "2/3", "3/3"):
        command = [sys.executable, str(EXAMPLE / "generate.py"), "--out", str(tmp_path / "parts"), "--part", part]
        subprocess.run(command, check=True)
    parts = b"".join((tmp_path / "parts" / "events" / f"events-{n}.json").read_bytes() for n in (1, 2, 3))
    assert parts == (tmp_path / "events" / "events.json").read_bytes()


MORE = """
CREATE STREAMING TABLE feed AS SELECT * FROM VALUES (1,'a','I',1,1),(2,'x','I',1,3),(2,NULL,'U',2,3),(2,'x','D',3,3),
  (3,'p','I',1,1),(3,NULL,'U',2,1) t(k,v,op,s,n);
CREATE STREAMING TABLE deleted;
CREATE FLOW f1 AS AUTO CDC INTO deleted FROM STREAM(feed) KEYS (k) APPLY AS DELETE WHEN op = '${del}' SEQUENCE BY s;
CREATE STREAMING TABLE by_struct;
CREATE FLOW f2 AS AUTO CDC INTO by_struct FROM STREAM(feed) KEYS (k) APPLY AS DELETE WHEN op = 'D'
  SEQUENCE BY struct(s, n) COLUMNS (k, v) STORED AS SCD TYPE 2;
CREATE STREAMING TABLE patient;
CREATE FLOW f3 AS AUTO CDC INTO patient FROM STREAM(feed) KEYS (k) IGNORE NULL UPDATES APPLY AS DELETE WHEN op = 'D'
  SEQUENCE BY s COLUMNS (k, v) STORED AS SCD TYPE 2;
CREATE STREAMING TABLE patient_of_n;
CREATE FLOW f4 AS AUTO CDC INTO patient_of_n FROM STREAM(feed) KEYS (k) IGNORE NULL UPDATES ON (n) SEQUENCE BY s
  COLUMNS (k, v) STORED AS SCD TYPE 1;
CREATE STREAMING TABLE lost;
CREATE FLOW f5 AS AUTO CDC INTO lost FROM STREAM(feed) KEYS (v) SEQUENCE BY s;
CREATE MATERIALIZED VIEW filtered (CONSTRAINT l EXPECT (op = '${del}') ON VIOLATION DROP ROW) AS SELECT op FROM feed;
CREATE TEMPORARY VIEW renamed (x, y) AS SELECT 1 AS a, 2 AS b;
CREATE MATERIALIZED VIEW generated (a BIGINT, b BIGINT GENERATED ALWAYS AS (a * 2)) AS SELECT 3 AS a;
CREATE STREAMING TABLE union_of_types;
CREATE FLOW u1 AS INSERT INTO union_of_types BY NAME SELECT CAST(1.5 AS DECIMAL(10,2)) AS amount;
CREATE FLOW u2 AS INSERT INTO union_of_types BY NAME SELECT 5.5D AS amount;
CREATE MATERIALIZED VIEW stops (CONSTRAINT c EXPECT (k < 3) ON VIOLATION FAIL UPDATE) AS SELECT k FROM feed;
CREATE MATERIALIZED VIEW behind AS SELECT count(*) AS n FROM stops;
CREATE MATERIALIZED VIEW changes_of AS SELECT * FROM table_changes('feed', 1);
CREATE MATERIALIZED VIEW doubled AS SELECT twice(k) AS k FROM feed WHERE k = 3 AND v IS NOT NULL;
"""
MORE_PYTHON = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F

spark.udf.register("twice", lambda k: 2 * k, "int")
dp.create_streaming_table("from_python")
dp.create_auto_cdc_flow(target="from_python", source="feed", keys=["k"], sequence_by=F.col("s"),
                        apply_as_deletes=F.expr("op = 'D'"), column_list=["k", "v"], stored_as_scd_type=1)

@dp.table
def named():
    return spark.read.format("csv").option("header", True).load("/Volumes/x/orders").select("*", "_metadata.file_name")

@dp.table
def days():
    marked = spark.readStream.table("feed").withColumn("at", F.current_timestamp()).withWatermark("at", "1 hour")
    return marked.groupBy(F.window("at", "1 day")).count().select("count")
"""


@pytest.fixture
def more(project: Path) -> Path:
    (project / "a.sql").write_text(MORE)
    (project / "b.py").write_text(MORE_PYTHON)
    text = (project / "ldp.toml").read_text(encoding="utf-8")
    settings = '[pipelines.p]\nsources = ["*.sql", "*.py"]\nparameters = { del = "D" }\n'
    (project / "ldp.toml").write_text(text + settings, encoding="utf-8")
    return project


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("deleted", [(1, "a", "I", 1, 1), (3, None, "U", 2, 1)]),
        (
            "by_struct",
            [
                (1, "a", (1, 1), None),
                (2, "x", (1, 3), (2, 3)),
                (2, None, (2, 3), (3, 3)),
                (3, "p", (1, 1), (2, 1)),
                (3, None, (2, 1), None),
            ],
        ),
        ("patient", [(1, "a", 1, None), (2, "x", 1, 3), (3, "p", 1, None)]),
        ("patient_of_n", [(1, "a"), (2, "x"), (3, None)]),
        ("from_python", [(1, "a"), (3, None)]),
        ("filtered", [("D",)]),
        ("renamed", [(1, 2)]),
        ("generated", [(3, 6)]),
        ("union_of_types", [(1.5,), (5.5,)]),
        ("behind", [(6,)]),
        ("doubled", [(6,)]),
        ("named", [("1", "7", "1.csv"), ("2", "8", "1.csv")]),
        ("days", [(6,)]),
    ],
)
def test_what_people_write(more: Path, name: str, rows: list[tuple[object, ...]]):
    found = ldp_magic.preview(name, more)
    assert sorted(map(tuple, found.rows), key=repr) == sorted(rows, key=repr)


def test_what_is_said_beside_them(more: Path):
    assert [name for name, _ in ldp_magic.preview("renamed", more).columns] == ["x", "y"]
    assert ldp_magic.preview("union_of_types", more).columns == (("amount", "double"),)
    assert ldp_magic.preview("filtered", more).expectations[0].condition == "op = 'D'"
    assert "an update would stop at stops: 2 of 6 rows break c" in ldp_magic.preview("behind", more).fidelity.notes
    assert [each.what for each in ldp_magic.preview("days", more).fidelity.approximate] == ["withWatermark"]
    with pytest.raises(EngineError, match="2 of the changes have no key"):
        ldp_magic.preview("lost", more)
    with pytest.raises(EngineError, match="table_changes"):
        ldp_magic.preview("changes_of", more)


def test_long_chains_and_wide_diamonds(tmp_path: Path):
    chain = ["CREATE MATERIALIZED VIEW c0 AS SELECT id FROM range(3);"]
    chain += [f"CREATE MATERIALIZED VIEW c{n} AS SELECT id + 1 AS id FROM c{n - 1};" for n in range(1, 220)]
    diamond = ["CREATE MATERIALIZED VIEW d0 AS SELECT id FROM range(2);"]
    diamond += [
        f"CREATE MATERIALIZED VIEW d{n} AS SELECT a.id FROM d{n - 1} a JOIN d{n - 1} b ON a.id = b.id;"
        for n in range(1, 14)
    ]
    (tmp_path / "a.sql").write_text("\n".join(chain + diamond))
    assert sorted(ldp_magic.preview("c219", tmp_path).rows) == [(219,), (220,), (221,)]
    assert sorted(ldp_magic.preview("d13", tmp_path).rows) == [(0,), (1,)]
