"""What the code may ask besides rows, and what it is refused by name."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from ldp_magic.engine.code import Answers

ANSWERS = Answers(
    conf={"run.date": "2026-01-02", "spark.mine": "a"},
    widgets={"region": "eu"},
    secrets={"kv/token": "LDP_TEST_TOKEN", "kv/absent": "LDP_TEST_ABSENT"},
)


@pytest.mark.parametrize(
    "code, value",
    [
        ("spark.conf.get('run.date')", "2026-01-02"),
        ("spark.conf.get('spark.mine', 'b')", "a"),
        ("spark.conf.get('unknown', 'b')", "b"),
        ("spark.conf.get('spark.unknown', 'b')", "b"),
        ("str(spark.conf.get('unknown', None))", "None"),
        ("spark.conf.get('spark.sql.session.timeZone')", "UTC"),
        ("spark.conf.getAll['run.date']", "2026-01-02"),
        ("dbutils.widgets.get('region')", "eu"),
        ("dbutils.widgets.text('region', 'us', 'a label') or dbutils.widgets.get('region')", "eu"),
        ("dbutils.widgets.dropdown('mode', 'full', ['full', 'part']) or dbutils.widgets.get('mode')", "full"),
        ("getArgument('mode', 'other')", "other"),
        ("dbutils.widgets.getAll()['region']", "eu"),
        ("dbutils.secrets.get('kv', 'token')", "s3cret"),
        ("dbutils.secrets.get(scope='kv', key='token')", "s3cret"),
        ("str(dbutils.library.restartPython())", "None"),
    ],
)
def test_answers(bench: Any, monkeypatch: pytest.MonkeyPatch, code: str, value: str):
    monkeypatch.setenv("LDP_TEST_TOKEN", "s3cret")
    text = f"import dlt\nv = {code}\n@dlt.table\ndef t(): return spark.createDataFrame([(v,)], 'v string')"
    assert bench.rows(text, answers=ANSWERS) == [(value,)]


@pytest.mark.parametrize(
    "code, what, fix",
    [
        ("spark.conf.get('unknown')", "nothing is configured as unknown", "configuration of the pipeline"),
        ("dbutils.widgets.get('unknown')", "there is no widget unknown", "dbutils.widgets.text"),
        ("dbutils.secrets.get('kv', 'other')", "no secret kv/other", "environment variable that holds kv/other"),
        ("dbutils.secrets.get('kv', 'absent')", "kv/absent is not set", "export LDP_TEST_ABSENT"),
        ("dbutils.fs.ls('/')", "dbutils.fs.ls is not there", "spark.read"),
        ("dbutils.notebook.run('x', 60)", "dbutils.notebook.run is not there", "import"),
        ("dbutils.jobs.taskValues", "dbutils.jobs.taskValues is not there", ""),
        ("spark.sparkContext.parallelize([1])", "spark.sparkContext.parallelize is not there", "DataFrame API"),
        ("sc.broadcast(1)", "sc.broadcast is not there", "DataFrame API"),
        ("spark.range(1).rdd.map(print)", "DataFrame.rdd.map is not there", "DataFrame API"),
        ("spark.range(1).write.saveAsTable('x')", "DataFrame.write is not there", "return the frame"),
        ("spark.range(1).writeStream.toTable('x')", "DataFrame.writeStream is not there", "return the frame"),
        ("spark.range(1).writeTo('x').append()", "DataFrame.writeTo is not there", "return the frame"),
        ("spark.sql('/* x */ CREATE TABLE x (a INT)')", "spark.sql: CREATE is not there", "return a query"),
        ("spark.sql('insert into x values (1)')", "spark.sql: INSERT is not there", "return a query"),
        (
            "from delta.tables import DeltaTable; DeltaTable.forName(spark, 'x')",
            "DeltaTable.forName is not there",
            "spark.read.table",
        ),
        ("spark.read.json(spark.range(1))", "spark.read.json of a DataFrame is not there", "str"),
    ],
)
@pytest.mark.parametrize("inside", [True, False], ids=["in the function", "while loading"])
def test_refusals_name_the_call_and_the_line(bench: Any, code: str, what: str, fix: str, inside: bool):
    body = f"def t():\n  {code}\n  return spark.range(1)" if inside else f"def t(): return spark.range(1)\n{code}"
    error = bench.error(f"import dlt\n@dlt.table\n{body}", answers=ANSWERS)
    assert what in error.what and fix in error.fix and "pipeline.py:4" in error.why
    assert error.location is not None and error.location.first.line == 4


def test_temporary_views_are_no_writing(bench: Any):
    text = """
        import dlt
        spark.sql("CREATE OR REPLACE TEMP VIEW few AS SELECT 1 AS a")
        @dlt.table
        def t(): return spark.sql("SELECT a FROM few")
    """
    assert bench.rows(textwrap.dedent(text)) == [(1,)]


def test_code_may_try(bench: Any):
    text = """
        import dlt
        try:
            where = dbutils.notebook.entry_point.getDbutils()
        except Exception:
            where = "here"
        @dlt.table
        def t(): return spark.createDataFrame([(where,)], "v string")
    """
    assert bench.rows(text) == [("here",)]
