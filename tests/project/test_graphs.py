"""From paths to graphs: pieces of every kind of file end up in one pipeline, at their own places."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.cells import Cell
from ldp_magic.errors import SourceError
from ldp_magic.pipeline.model import ColumnType
from ldp_magic.project import find, graphs, load, scripts
from ldp_magic.project.lockfile import Locked, dump
from ldp_magic.sql.model import Code, DatasetDef
from ldp_magic.text import Location, Source, Span


def ipynb(*sources: str) -> str:
    some = [{"cell_type": "code", "id": f"c{n}", "source": source} for n, source in enumerate(sources)]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": some})


CELLS = (
    "%pip install x\nimport dlt\nNAME = '🦊raw'",
    "def helper():\n    return spark.readStream.table('src.x')",
    "# é\n@dlt.table(name=NAME)\n@dlt.expect('positive', 'id > 0')\ndef t():\n    return helper()",
    "%%ldp\nCREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t2",
    "def broken(:",
    "@dlt.table\ndef t2():\n    a = 1\n    return dlt.read('🦊raw')",
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_python_cells_of_a_notebook_share_their_names(here, eol):
    cells = [cell.replace("\n", eol) for cell in CELLS]
    (here / "n.ipynb").write_text(ipynb(*cells), encoding="utf-8")
    (pipeline,) = load(["n.ipynb"])
    found = {name: (each.kind, each.location.source.cell) for name, each in pipeline.datasets.items()}
    assert found == {
        "🦊raw": ("streaming table", "c2"),
        "t2": ("materialized view", "c5"),
        "m": ("materialized view", "c3"),
    }
    raw, t2 = pipeline.datasets["🦊raw"], pipeline.datasets["t2"]
    assert raw.location.text == cells[2][cells[2].index("@") :]
    assert raw.expectations[0].condition_location.text == "id > 0"
    assert t2.reads[0].location.source.text == cells[5] and "🦊raw" in t2.reads[0].location.text
    assert {problem.location.source.cell for problem in pipeline.problems} == {"c4"}


def test_reads_through_a_helper_in_another_cell_stay_inside_their_cell(here):
    (here / "n.ipynb").write_text(ipynb(*CELLS), encoding="utf-8")
    (pipeline,) = load(["n.ipynb"])
    (body,) = {each.body for each in pipeline.datasets.values() if each.name == "🦊raw"}
    assert isinstance(body, Code)
    assert [read.label for read in body.reads] == ["src.x"]
    for read in body.reads:
        where = body.locate(read.span)
        assert where.source.cell == "c2" and 0 <= where.start <= where.end <= len(where.source.text)


def test_one_cell_reads_the_same_alone_and_together():
    code = "import dlt\n@dlt.table\ndef t():\n    return spark.read.table('a.b').withWatermark('c', '1 minute')"
    alone = scripts([Cell(Source("n", "x", code), "python")])
    together = scripts([Cell(Source("n", "w", "y = '🎉'"), "python"), Cell(Source("n", "x", code), "python")])
    assert alone == together


def test_use_holds_to_the_end_of_its_notebook_only(here):
    use, create = "USE SCHEMA s", "CREATE STREAMING TABLE t AS SELECT * FROM STREAM x"
    export = f"-- Databricks notebook source\n{use}\n\n-- COMMAND ----------\n\n{create}\n"
    (here / "a.sql").write_text(export)
    (here / "b.sql").write_text("CREATE STREAMING TABLE u AS SELECT * FROM STREAM x;")
    (pipeline,) = load(["a.sql"])
    assert pipeline.datasets["t"].qualified[-2:] == ("s", "t")
    (other,) = load(["b.sql"])
    assert other.datasets["u"].qualified[-1:] == ("u",) and "s" not in other.datasets["u"].qualified


def test_exports_statement_order_is_text_order():
    sql = "# MAGIC %sql\n# MAGIC CREATE MATERIALIZED VIEW a AS SELECT 1"
    python = "import dlt\n@dlt.table\ndef b(): ..."
    text = f"# Databricks notebook source\n{sql}\n\n# COMMAND ----------\n{python}\n"
    (script,) = scripts([Cell(Source("n.py", None, text), "python")])
    assert [str(each.name) for each in script.statements if isinstance(each, DatasetDef)] == ["a", "b"]


def test_the_lock_gives_columns_to_what_is_read(here):
    (here / "a.sql").write_text("CREATE MATERIALIZED VIEW m AS SELECT * FROM main.raw.orders;")
    columns = (ColumnType(name="id", type="bigint", nullable=False), ColumnType(name="when", type="timestamp"))
    (here / "ldp.lock").write_text(dump([Locked(name="main.raw.orders", kind="table", columns=columns)]))
    (pipeline,) = load(["a.sql"])
    assert pipeline.externals["main.raw.orders"].columns == columns
    (here / "ldp.lock").write_text("version = 9")
    with pytest.raises(SourceError, match="version 9"):
        load(["a.sql"])


def test_names_of_another_pipeline_are_known(here):
    (here / "ldp.toml").write_text(
        'catalog = "c"\nschema = "s"\n[pipelines.one]\nsources = ["one.sql"]\n[pipelines.two]\nsources = ["two.sql"]\n'
    )
    (here / "one.sql").write_text("CREATE MATERIALIZED VIEW a AS SELECT 1 AS x;")
    (here / "two.sql").write_text("CREATE MATERIALIZED VIEW b AS SELECT x FROM c.s.a;")
    _, two = graphs(find(["."]))
    assert "pipeline one makes it" in two.externals["c.s.a"].reason


def test_nothing_to_read_raises_the_first_reason(here):
    with pytest.raises(SourceError, match="nope is not there"):
        load(["nope"])
    (here / "a.sql").write_text("CREATE MATERIALIZED VIEW a AS SELECT 1;")
    assert [pipeline.name for pipeline in load(["nope", "a.sql"])] == ["a"]


MORE = (
    *CELLS,
    "for i in range(3):\n    @dlt.table(name=f'x{i}')\n    def f(i=i):\n        return spark.sql(f'FROM y{i}')",
    "dlt.create_auto_cdc_flow(target='tt', source='🦊raw', keys=['id'], sequence_by=col('ts'))",
    "Q = '''\nselect * from é.b\n'''\n@dlt.view\ndef w():\n    return spark.sql(Q).join(dlt.read('t'), 'id')",
)
DAMAGE = st.tuples(st.integers(0, 200), st.integers(0, 4), st.sampled_from([*"(\"'\n🎉%\\#:\x00\f", "'''", "\r\n"]))


def inside(value: object, sources: set[Source]) -> None:
    """Every location in a value is a place in one of the sources."""
    if isinstance(value, Location):
        assert value.source in sources and 0 <= value.start <= value.end <= len(value.source.text)
    elif isinstance(value, tuple) and not isinstance(value, Span):
        for each in value:
            inside(each, sources)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            inside(getattr(value, field.name), sources)
    if isinstance(value, Code):
        for read in value.reads:
            for span in filter(None, (read.span, read.whole, read.stream_span)):
                inside(value.locate(span), sources)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(MORE), st.none() | DAMAGE), min_size=1, max_size=7))
def test_damaged_notebooks_are_read_and_every_location_stays_in_its_cell(some):
    cells = []
    for n, (text, damage) in enumerate(some):
        at, cut, put = damage or (0, 0, "")
        cells.append(Cell(Source("n.ipynb", f"c{n}", text[:at] + put + text[at + cut :]), "python"))
    for script in scripts(cells):
        inside(script.statements + script.problems + script.unknown, {cell.source for cell in cells})
