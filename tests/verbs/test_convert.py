"""`ldp convert` as its users meet it: files and folders, output forms, what is written, exit codes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.cli import main
from ldp_magic.errors import LdpError, UsageError

BATCH = "-- 😀 orders\nCREATE TABLE orders AS SELECT id, at FROM raw.orders;\n"
GOLD = "CREATE TABLE gold AS SELECT id, count(*) AS n FROM orders GROUP BY id"
ORDERS = (
    "-- 😀 orders\n-- streaming table: orders only gains rows, those new in raw.orders\n"
    "CREATE OR REFRESH STREAMING TABLE orders AS SELECT id, at FROM STREAM(raw.orders);\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "batch").mkdir()
    (tmp_path / "batch" / "1_orders.sql").write_text(BATCH, encoding="utf-8", newline="")
    (tmp_path / "batch" / "2_gold.sql").write_text(GOLD, encoding="utf-8", newline="")
    (tmp_path / "batch" / "notes.txt").write_text("not SQL", encoding="utf-8")
    return tmp_path


def test_the_python_call(folder: Path):
    found = ldp_magic.convert("batch")
    assert [(d.name, d.kind) for d in found.datasets] == [("orders", "streaming table"), ("gold", "materialized view")]
    assert found.left == () and found.files == ()
    assert found.text.startswith("-- batch/1_orders.sql\n" + ORDERS) and found.text.endswith("GROUP BY id;\n")


def test_a_text():
    assert ldp_magic.convert(text=BATCH).text == ORDERS


def test_it_prints_sql_that_can_be_piped_on(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["convert", "batch"]) == 0
    out = capsys.readouterr().out
    assert "-- converted  2 datasets\n" in out and "\n--   gold     materialized view  count needs all rows" in out
    assert not ldp_magic.convert(text=out).conversion.changed


def test_the_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BATCH.encode())))
    assert main(["convert", "-"]) == 0
    assert capsys.readouterr().out.startswith(ORDERS)


def test_what_is_left_is_told_apart_from_the_sql(folder: Path, capsys: pytest.CaptureFixture[str]):
    Path("batch/3.sql").write_text("\n\nDROP TABLE gold;", encoding="utf-8")
    assert main(["convert", "batch"]) == 1
    said = capsys.readouterr()
    assert "batch/3.sql:3: DROP TABLE is left as it was" in said.err and "fix  leave it out" in said.err
    assert "DROP" not in said.out and "1 left as it was" in said.out


def test_a_file_for_each_dataset(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["convert", "batch", "--out", "new/sql"]) == 0
    assert sorted(p.name for p in Path("new/sql").iterdir()) == ["gold.sql", "orders.sql"]
    assert Path("new/sql/orders.sql").read_text(encoding="utf-8") == ORDERS
    assert Path("new/sql/gold.sql").read_text(encoding="utf-8").endswith("GROUP BY id;\n")
    assert "2 files written" in capsys.readouterr().out
    assert [d.kind for d in ldp_magic.convert("new/sql").datasets] == ["materialized view", "streaming table"]


def test_files_that_say_something_else_are_not_written_over(folder: Path):
    assert main(["convert", "batch", "--out", "new"]) == 0
    assert main(["convert", "batch", "--out", "new"]) == 0  # the same again
    Path("new/gold.sql").write_text("-- mine", encoding="utf-8")
    Path("new/orders.sql").unlink()
    with pytest.raises(LdpError, match="says something else"):
        ldp_magic.convert("batch", out="new")
    assert not Path("new/orders.sql").exists() and Path("new/gold.sql").read_text(encoding="utf-8") == "-- mine"
    ldp_magic.convert("batch", out="new", force=True)
    assert "MATERIALIZED VIEW gold" in Path("new/gold.sql").read_text(encoding="utf-8")


def test_file_names_are_safe_and_settings_go_along(tmp_path: Path):
    text = (
        "USE CATALOG web;\r\nCREATE TABLE `../a/b` AS SELECT 1 AS x;\r\nCREATE TABLE con AS SELECT 1 AS x;\r\n"
        "USE SCHEMA s;\r\nCREATE TABLE Con AS SELECT 1 AS x;\r\n"
    )
    found = ldp_magic.convert(text=text, out=tmp_path / "o")
    names = [Path(file).name for file in found.files]
    assert names == ["_a_b.sql", "con_.sql", "Con__2.sql"]
    assert (
        (tmp_path / "o" / "Con__2.sql").read_bytes().startswith(b"USE CATALOG web;\r\nUSE SCHEMA s;\r\n-- materialized")
    )


def test_json_is_a_contract(folder: Path, capsys: pytest.CaptureFixture[str]):
    Path("batch/3.sql").write_text("DROP TABLE gold", encoding="utf-8")
    assert main(["convert", "batch", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"text", "datasets", "left", "files"}
    assert said["datasets"][1] == {
        "name": "gold",
        "kind": "materialized view",
        "reason": "count needs all rows of its group",
        "notes": [],
        "changed": True,
        "path": "batch/2_gold.sql",
        "line": 1,
        "text": "-- materialized view: count needs all rows of its group\n"
        "CREATE OR REFRESH MATERIALIZED VIEW gold AS SELECT id, count(*) AS n FROM orders GROUP BY id",
    }
    assert said["left"] == [
        {
            "what": "DROP TABLE",
            "why": "a pipeline drops what it no longer defines, and replaces the rest itself",
            "fix": "leave it out",
            "path": "batch/3.sql",
            "line": 1,
            "text": "DROP TABLE gold",
        }
    ]


def test_the_difference(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["convert", "batch/1_orders.sql", "--diff", "--out", "new"]) == 0
    out = capsys.readouterr().out
    assert "-CREATE TABLE orders AS" in out and "+CREATE OR REFRESH STREAMING TABLE orders" in out
    assert not Path("new").exists()


def test_pipeline_sql_is_told_to_be_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a.sql").write_text(ORDERS, encoding="utf-8")
    assert main(["convert", str(tmp_path / "a.sql")]) == 0
    out = capsys.readouterr().out
    assert out.startswith(ORDERS) and "nothing to convert · it is pipeline SQL already" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.sql"], "missing.sql is not there"),
        (["batch/notes.txt"], "batch/notes.txt is no .sql file"),
        (["empty"], "empty holds no .sql files"),
        (["blank.sql"], "there is nothing to convert"),
        (["batch", "--delay", "soon"], "'soon' is not a delay"),
        (["batch", "--stream", "gold", "--batch", "GOLD"], "gold is named with --stream and with --batch"),
    ],
)
def test_what_cannot_be_followed(folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str):
    Path("empty").mkdir()
    Path("blank.sql").write_text("-- nothing\n", encoding="utf-8")
    assert main(["convert", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_it(folder: Path, capsys: pytest.CaptureFixture[str]):
    Path("batch/bad.sql").write_bytes(b"\xff\xfe\x00")
    assert main(["convert", "batch"]) == 1
    said = capsys.readouterr()
    assert "bad.sql is UTF-16" in said.err and "STREAMING TABLE orders" in said.out


def test_names_that_stand_nowhere_are_told(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["convert", "batch", "--stream", "ordres"]) == 1
    assert "--stream ordres: nothing here is called so" in capsys.readouterr().err


def test_flags_reach_the_conversion(folder: Path):
    assert ldp_magic.convert("batch", batch=["orders"]).datasets[0].kind == "materialized view"
    with pytest.raises(UsageError):
        ldp_magic.convert(text="", delay="'; DROP")


def test_ascii(folder: Path):
    from ldp_magic.verbs.convert import ShownConversion

    shown = ShownConversion(ldp_magic.convert("batch"), told=True).text(80, False, "ascii")
    assert shown.isascii() and "orders" in shown
