"""What completion offers where, and what it knows; without a kernel, a query or a wait."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ldp_magic import verbs
from ldp_magic.notebook.completion import Offered, offered
from ldp_magic.notebook.inspection import explained, word_at
from ldp_magic.notebook.session import Session
from ldp_magic.project import live

CELL = """%%ldp
CREATE OR REFRESH MATERIALIZED VIEW customers COMMENT 'who buys' AS SELECT 1 AS id, 'x' AS name, DATE '2026-01-01' AS since;
CREATE OR REFRESH MATERIALIZED VIEW visits (CONSTRAINT known EXPECT (who IS NOT NULL) ON VIOLATION FAIL UPDATE)
AS SELECT id AS who, ${factor} AS n FROM customers JOIN main.raw.shops;"""
LOCK = 'version = 1\n\n[source."main.raw.shops"]\nkind = "table"\ncolumns = [{name = "shop", type = "string", comment = "its name"}]\n'


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ldp.lock").write_text(LOCK)
    (tmp_path / "ldp.toml").write_text('[parameters]\nfactor = "2"\n')
    found = Session(str(tmp_path / "x.ipynb"))
    found.held = found.with_(found.new(CELL, "a", "1"))
    live.open_(found)
    yield found
    live.close(found)


def at(session: Session, text: str) -> Offered:
    """What is offered at `|`."""
    before, _, after = text.partition("|")
    return offered(session, before + after, before)


def words(session: Session, text: str) -> list[str]:
    return [word for word, _ in at(session, text).words]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("%ldp gra|", ["graph"]),
        ("x = %ldp gra|", ["graph"]),
        ("y = 1\n%ldp graph --data|", ["--dataset"]),
        ("%ldp graph --dataset vi|", ["visits"]),
        ("%ldp graph --format s|", ["svg"]),
        ("%ldp preview cu|", ["customers"]),
        ("%ldp expectations v|", ["visits"]),
        ("%ldp lineage customers.n|", ["customers.name"]),
        ("%ldp explain LDP10|", ["LDP101", "LDP102"]),
        ("%ldp explain missing-st|", ["missing-stream"]),
        ("%ldp lint --select LDP503|", ["LDP503"]),
        ("%ldp run --full-refresh cus|", ["customers"]),
        ("%ldp run --pipeline |", ["notebook"]),
        ("%%ldp --unsafe|", ["--unsafe-fixes"]),
        ("%%ldp --place emb|", ["embedded"]),
        ("%%ldp --target spark-4.3|", ["spark-4.3"]),
        ("%%ldp --ignore LDP00|", ["LDP001", "LDP002"]),
        ("%%ldp\nSELECT * FROM cust|", ["customers"]),
        ("%%ldp\nSELECT * FROM STREAM(vis|", ["visits"]),
        ("%%ldp\nSELECT * FROM main.raw.|", ["main.raw.shops"]),
        ("%%ldp\nSELECT c.na| FROM customers AS c", ["c.name"]),
        ("%%ldp\nSELECT customers.| FROM customers", ["customers.id", "customers.name", "customers.since"]),
        ("%%ldp\nSELECT sh| FROM main.raw.shops", ["shop"]),
        ("%%ldp\nSELECT nam| FROM customers c", ["name"]),
        ("%%ldp\nSELECT date_tr|", ["date_trunc"]),
        ("%%ldp\nSELECT approx_count|", ["approx_count_distinct"]),
        ("%%ldp\nCREATE OR REFRESH STREAM|", ["STREAM", "STREAMING"]),
        ("%%ldp\ncreate or refr|", ["refresh"]),
        ("%%ldp\nSELECT ${fa|", ["${factor}"]),
        ("%%ldp --python\nspark.read.table('cust|", ["customers"]),
    ],
)
def test_offers(session: Session, text: str, first: list[str]):
    assert words(session, text)[: len(first)] == first


@pytest.mark.parametrize(
    "text", ["spark.re|", "x = 'ldp gra|", "%%ldp --python\nimport o|", "%%sql\nSELECT * FROM cu|", "%ldpx gra|"]
)
def test_is_silent_elsewhere(session: Session, text: str):
    assert words(session, text) == []


def test_all_verbs(session: Session):
    assert words(session, "%ldp |") == [*verbs.names(), "--help"]


def test_after_a_change(session: Session):
    session.held = session.with_(
        session.new("%%ldp\nCREATE OR REFRESH MATERIALIZED VIEW fresh AS SELECT 1 AS a", "b", "2")
    )
    assert words(session, "%%ldp\nSELECT * FROM fre|") == ["fresh"]
    session.leave_out(["b"])
    assert words(session, "%%ldp\nSELECT * FROM fre|") == []


def test_explains(session: Session):
    said = explained(session, "customers")
    assert (
        said.startswith("customers  materialized view\nwho buys\n")
        and "read by  visits" in said
        and "since  date" in said
    )
    said = explained(session, "visits")
    assert "known: who IS NOT NULL, else the update stops" in said and "reads    customers, main.raw.shops" in said
    assert "shop  string" in explained(session, "main.raw.shops") and "its name" in explained(session, "shops")
    code = "%%ldp\nSELECT c.name FROM customers AS c"
    assert explained(session, "c.name", code) == "name  string  column of customers, materialized view"
    assert explained(session, "LDP101").startswith("LDP101 missing-stream")
    assert explained(session, "missing-stream").startswith("LDP101 missing-stream")
    assert explained(session, "nothing") == "" and explained(session, "") == "" and explained(session, "LDP998") == ""


def test_words():
    assert word_at("SELECT c.name, `x`", 9) == "c.name" and word_at("SELECT  c", 7) == "" and word_at("ab", 2) == "ab"


def test_many_names_stay_quick(session: Session):
    text = "%%ldp\n" + "\n".join(f"CREATE OR REFRESH MATERIALIZED VIEW v{n} AS SELECT {n} AS c{n};" for n in range(500))
    session.held = session.with_(session.new(text, "big", "3"))
    words(session, "%%ldp\nSELECT * FROM v4|")  # the graph is read once
    began = time.process_time()
    for _ in range(20):
        assert "v499" in words(session, "%%ldp\nSELECT * FROM v49|")
    assert (time.process_time() - began) / 20 < 0.5, "as often as a key is pressed"
