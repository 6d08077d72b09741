"""`ldp lint --since`: what a change does to tables, checkpoints and history that are there already."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.cli import main
from ldp_magic.lint.finding import Finding
from tests.repositories import commit, git, put

COMPARING = ["LDP215", "LDP217", "LDP417"]
ORDERS = "CREATE OR REFRESH STREAMING TABLE orders AS\r\nSELECT id, amount\r\nFROM STREAM(main.raw.orders);\r\n"
EU = "CREATE FLOW eu AS INSERT INTO world BY NAME SELECT id FROM STREAM(main.raw.eu);\n"
WORLD = "CREATE OR REFRESH STREAMING TABLE world;\n"
CDC = (
    "CREATE OR REFRESH STREAMING TABLE customers;\n"
    "CREATE FLOW people AS AUTO CDC INTO customers FROM STREAM(main.raw.people)\n"
    "KEYS (id) SEQUENCE BY ts STORED AS SCD TYPE 2;\n"
)
VIEW = "CREATE OR REFRESH MATERIALIZED VIEW orders AS SELECT id, amount FROM main.raw.orders;\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    commit(folder, {"orders.sql": ORDERS, "sub/eu.sql": EU, "world.sql": WORLD, "cdc.sql": CDC}, tag="v1")
    monkeypatch.chdir(folder)
    return folder


def said(*paths: str, since: str | None = "HEAD", **more: object) -> list[tuple[str, str]]:
    found = ldp_magic.lint(list(paths) or ".", since=since, select=COMPARING, **more)
    assert not found.errors and all(isinstance(f, Finding) for f in found)
    return [(f.code, f.location.text) for f in found]


def test_nothing_is_said_of_what_is_as_it_was(shop: Path) -> None:
    assert said() == []
    put(shop, "orders.sql", ORDERS.replace("\r\n", "\n").replace("SELECT", "-- now\n  select"))
    put(shop, "cdc.sql", None)
    put(shop, "moved/people.sql", CDC)
    assert said() == []


def test_each_rule_speaks_once_and_only_with_a_revision(shop: Path) -> None:
    put(shop, "orders.sql", VIEW)
    put(shop, "sub/eu.sql", None)
    put(shop, "sub/europe.sql", EU.replace("FLOW eu", "FLOW europe"))
    put(shop, "cdc.sql", CDC.replace("(id)", "(id, region)"))
    assert said() == [("LDP417", "(id, region)"), ("LDP215", "MATERIALIZED VIEW"), ("LDP217", "europe")]
    assert said(since=None) == []
    assert said("sub") == []  # by itself the folder is another pipeline, which has flows without tables
    assert said("orders.sql", since="v1") == [("LDP215", "MATERIALIZED VIEW")]


def test_the_revision_decides(shop: Path) -> None:
    commit(shop, {"orders.sql": VIEW})
    assert said() == [] and said(since="HEAD~1") == said(since="v1") == [("LDP215", "MATERIALIZED VIEW")]
    put(shop, "orders.sql", ORDERS)
    assert said() == [("LDP215", "STREAMING TABLE")] and said(since="v1") == []


def test_from_a_folder_below(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shop, "world.sql", WORLD.replace("world", "planet"))
    put(shop, "sub/eu.sql", EU.replace("world", "planet"))
    monkeypatch.chdir(shop / "sub")
    assert said("..") == [("LDP217", "planet")]


def test_a_pipeline_that_is_new_or_gone_is_no_change(shop: Path) -> None:
    one = '[pipelines.one]\nsources = ["orders.sql"]\n'
    commit(shop, {"ldp.toml": one + '[pipelines.two]\nsources = ["cdc.sql"]\n'})
    put(shop, "ldp.toml", one + '[pipelines.three]\nsources = ["cdc.sql"]\n')
    put(shop, "cdc.sql", CDC.replace("TYPE 2", "TYPE 1"))
    assert said() == []
    put(shop, "ldp.toml", one + '[pipelines.two]\nsources = ["cdc.sql"]\n')
    assert said() == [("LDP417", "SCD TYPE 1")]


def test_notebook(shop: Path) -> None:
    def book(text: str) -> str:
        cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        held = [cell | {"id": "a", "source": "%%ldp\n" + WORLD}, cell | {"id": "b", "source": "%%ldp\n" + text}]
        return json.dumps({"cells": held, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})

    commit(shop, {"book.ipynb": book(EU)})
    put(shop, "book.ipynb", book("-- 😀\n" + EU.replace("FLOW eu", "FLOW `europe`")))
    (found,) = ldp_magic.lint("book.ipynb", since="HEAD", select=COMPARING)
    assert (found.code, found.location.text, found.location.source.cell) == ("LDP217", "`europe`", "b")


def test_what_was_wrong_then_is_not_told(shop: Path) -> None:
    commit(shop, {"orders.sql": "CREATE STREAMING TABLE (;\nCREATE OR REPLACE STREAMING TABLE orders AS SELECT 1;\n"})
    put(shop, "orders.sql", ORDERS)
    found = ldp_magic.lint(".", since="HEAD")
    assert {f.code for f in found if f.severity == "error"} == set() and not found.errors


def test_nothing_is_kept_on_disk(shop: Path) -> None:
    put(shop, "orders.sql", VIEW)
    assert said() and not (shop / ".ldp").exists()
    assert said(since=None) == [] and (shop / ".ldp").exists()
    assert said()


def test_with_a_text_in_place_of_its_file(shop: Path) -> None:
    found = ldp_magic.lint(text=VIEW, name="orders.sql", since="v1", select=COMPARING)
    assert [f.code for f in found] == ["LDP215"]
    assert not len(ldp_magic.lint(text=VIEW, name="other.sql", since="v1", select=COMPARING))


def test_what_is_left_after_fixes_has_it_too(shop: Path) -> None:
    put(shop, "orders.sql", VIEW.replace("OR REFRESH", "OR REPLACE"))
    found = ldp_magic.lint(".", since="v1", fix=True, select=["LDP003", "LDP215"])
    assert [f.code for f in found] == ["LDP215"] and [f.code for f in found.applied] == ["LDP003"]
    assert (shop / "orders.sql").read_text() == VIEW


def test_a_suppression_waits_for_the_revision(shop: Path) -> None:
    put(shop, "orders.sql", VIEW.replace("orders AS", "orders AS -- noqa: LDP215\n"))
    codes = {f.code for f in ldp_magic.lint(".")} | {f.code for f in ldp_magic.lint(".", since="v1")}
    assert not codes & {"LDP215", "LDP091"}
    put(shop, "orders.sql", ORDERS.replace("orders AS", "orders AS -- noqa: dataset-kind-changed"))
    assert "LDP091" not in {f.code for f in ldp_magic.lint(".")}
    assert "LDP091" in {f.code for f in ldp_magic.lint(".", since="v1")}


def test_the_command(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(shop, "orders.sql", VIEW)
    git(shop, "checkout", "-q", "-b", "work")
    assert main(["lint", "--since", "main", "--select", "LDP215", "--format", "concise"]) == 1
    out = capsys.readouterr().out
    assert "orders.sql:1:19" in out and "orders was a streaming table and is a materialized view now" in out
    assert main(["lint", "--since", "v1", "--select", "LDP217"]) == 0


@pytest.mark.parametrize("fix", [[], ["--fix"], ["--diff"]])
def test_a_wrong_revision_is_told_and_changes_nothing(
    shop: Path, capsys: pytest.CaptureFixture[str], fix: list[str]
) -> None:
    put(shop, "orders.sql", VIEW.replace("OR REFRESH", "OR REPLACE"))
    assert main(["lint", "--since", "origin/main", *fix]) == 2
    said = capsys.readouterr().err
    assert "git knows no revision 'origin/main'" in said and "why" in said and "git fetch" in said
    assert "OR REPLACE" in (shop / "orders.sql").read_text()
    put(shop, "none/readme.md", "nothing here")
    assert main(["lint", "none", "--since", "nowhere", *fix]) == 2


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "a.sql", VIEW)
    assert main(["lint", "--since", "HEAD"]) == 2
    said = capsys.readouterr().err
    assert "this folder is in no git repository" in said and "clone" in said and "Traceback" not in said
    assert main(["lint", "--select", "LDP215"]) == 0


def test_messages_name_what_was(shop: Path) -> None:
    put(shop, "orders.sql", "USE SCHEMA other;\n" + ORDERS)
    put(
        shop, "cdc.sql", CDC.replace("TYPE 2", "TYPE 2 TRACK HISTORY ON * EXCEPT (seen)").replace("BY ts", "BY version")
    )
    found = ldp_magic.lint(".", since="v1", select=COMPARING)
    assert [f.message for f in found] == [
        "the sequence of customers changed from ts to version",
        "the tracked columns of customers changed from every column to all but seen",
    ]
    put(shop, "orders.sql", ORDERS.replace("orders AS", "shop.all_orders AS"))
    (found,) = (f for f in ldp_magic.lint(".", since="v1", select=["LDP217"]))
    assert found.message == "all_orders has the query that orders had, and orders is gone"


def test_what_cannot_be_read_now_is_not_taken_for_gone(shop: Path) -> None:
    put(shop, "sub/eu.sql", EU.replace("FLOW eu", "FLOW europe") + "CREATE FLOW eu AS INSERT INTO;\n")
    assert said() == []
