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
        "CREATE MATERIALIZED VIEW slip AS SELECT * FROM ordes;\n",
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
    assert ldp_magic.preview(query, EXAMPLE).rows == ((1000, 100, 846),)


def test_the_data_of_the_example_is_what_its_generator_makes(tmp_path: Path):
    import subprocess
    import sys

    subprocess.run([sys.executable, str(EXAMPLE / "generate.py"), "--out", str(tmp_path)], check=True)
    for name in ("events", "profiles"):
        made = (tmp_path / name / f"{name}.json").read_bytes()
        assert made == (EXAMPLE / "data" / name / f"{name}.json").read_bytes()
