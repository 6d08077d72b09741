"""Datasets as people write them, previewed as they stand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ldp_magic.engine.code.pipelines import module
from ldp_magic.python.definitions import NAMES

ORDERS = [(1, "ann", 10.0), (2, "bob", 20.0), (3, "ann", 30.0)]
BY_CUSTOMER = [("ann", 40.0), ("bob", 20.0)]
DP = "from pyspark import pipelines as dp\nfrom pyspark.sql import functions as F\n"
DLT = "import dlt\nfrom pyspark.sql.functions import *\n"

FORMS = {
    "dp.table": (DP + "@dp.table\ndef t():\n  return spark.readStream.table('orders')", ORDERS),
    "dp.table()": (DP + "@dp.table()\ndef t():\n  return spark.read.table('orders')", ORDERS),
    "name=": (DP + "@dp.table(name='t', comment='x')\ndef any():\n  return spark.table('orders')", ORDERS),
    "materialized view": (
        DP + "@dp.materialized_view(cluster_by=['customer'], private=True)\ndef t():\n"
        "  return spark.table('orders').groupBy('customer').agg(F.sum('amount').alias('a'))",
        BY_CUSTOMER,
    ),
    "temporary view": (DP + "@dp.temporary_view\ndef t():\n  return spark.read.table('orders')", ORDERS),
    "from pyspark.pipelines import": (
        "from pyspark.pipelines import table, expect\n@table\n@expect('a', 'id > 0')\ndef t():\n  return spark.table('orders')",
        ORDERS,
    ),
    "from pyspark.pipelines.api import": (
        "from pyspark.pipelines.api import table\n@table\ndef t():\n  return spark.table('orders')",
        ORDERS,
    ),
    "import pyspark.pipelines": (
        "import pyspark.pipelines as dp\n@dp.table\ndef t():\n  return spark.table('orders')",
        ORDERS,
    ),
    "import by name": (
        "import importlib\ndp = importlib.import_module('pyspark.pipelines')\n@dp.table\ndef t():\n  return spark.table('orders')",
        ORDERS,
    ),
    "from dlt import star": ("from dlt import *\n@table\ndef t():\n  return spark.table('orders')", ORDERS),
    "dlt.table": (
        DLT + "@dlt.table(table_properties={'quality': 'gold'})\ndef t():\n  return dlt.read('orders')",
        ORDERS,
    ),
    "dlt.view": (DLT + "@dlt.view\ndef t():\n  return dlt.read_stream('LIVE.orders')", ORDERS),
    "expectations": (
        DLT + "@dlt.table\n@dlt.expect_all_or_drop({'a': 'id > 0'})\n@dlt.expect_or_fail('b', 'id < 9')\ndef t():\n"
        "  return dlt.read('orders').where(col('id') > 1).select('id')",
        [(2,), (3,)],
    ),
    "expectation above": (
        DLT + "@dlt.expect('a', 'id > 0')\n@dlt.table\ndef t():\n  return dlt.read('orders')",
        ORDERS,
    ),
    "called by hand": (DP + "def f():\n  return spark.table('orders')\ndp.table(name='t')(f)", ORDERS),
    "lambda": (DP + "dp.table(name='t')(lambda: spark.table('orders'))", ORDERS),
    "partial": (
        DP
        + "from functools import partial\ndef f(n):\n  return spark.table(n)\ndp.table(name='t')(partial(f, 'orders'))",
        ORDERS,
    ),
    "loop": (
        DP
        + "for n in ['orders', 'customers']:\n  @dp.table(name=f'{n}_copy')\n  def f(n=n):\n    return spark.table(n)\n"
        "@dp.table\ndef t():\n  return f().select('city')",
        [("Oslo",), ("Rome",)],
    ),
    "factory": (
        DP
        + "def make(name, source):\n  @dp.table(name=name)\n  def inner():\n    return spark.table(source)\n  return inner\n"
        "make('t', 'orders')\nmake('u', 'customers')",
        ORDERS,
    ),
    "class": (
        DP + "class Maker:\n  def __init__(self, source): self.source = source\n  def make(self, name):\n"
        "    @dp.table(name=name)\n    def f(): return spark.read.table(self.source)\nMaker('orders').make('t')",
        ORDERS,
    ),
    "method": (
        DP + "class Maker:\n  def query(self): return spark.read.table('orders')\ndp.table(name='t')(Maker().query)",
        ORDERS,
    ),
    "helper function": (
        DP + "def cleaned(frame):\n  return frame.filter(F.col('id') > 1)\n@dp.table\ndef t():\n"
        "  return spark.table('orders').transform(cleaned).select('id')",
        [(2,), (3,)],
    ),
    "calls another": (
        DLT + "@dlt.view\ndef v():\n  return dlt.read('orders')\n@dlt.table\ndef t():\n  return v().select('id')",
        [(1,), (2,), (3,)],
    ),
    "wrapped function": (
        DP
        + "import functools\ndef logged(f):\n  @functools.wraps(f)\n  def g(*a): print(f.__name__); return f(*a)\n  return g\n"
        "@dp.table\n@logged\ndef t():\n  return spark.table('orders')",
        ORDERS,
    ),
    "spark.sql": (
        DP + "@dp.table\ndef t():\n  return spark.sql('SELECT customer, sum(amount) FROM orders GROUP BY customer')",
        BY_CUSTOMER,
    ),
    "spark.sql with STREAM": (
        DP + "@dp.table\ndef t():\n  return spark.sql('SELECT id FROM STREAM(orders)')",
        [(1,), (2,), (3,)],
    ),
    "spark.sql f-string": (
        DP
        + "src = 'orders'\n@dp.table\ndef t():\n  return spark.sql(f'''\n    SELECT id FROM {src} WHERE id > 2\n  ''')",
        [(3,)],
    ),
    "spark.sql parameters": (
        DP + "@dp.table\ndef t():\n  return spark.sql('SELECT id FROM orders WHERE id > :least', args={'least': 2})",
        [(3,)],
    ),
    "spark.sql of a frame": (
        DP
        + "@dp.table\ndef t():\n  f = spark.table('orders')\n  return spark.sql('SELECT id FROM {f} WHERE id > {n}', f=f, n=2)",
        [(3,)],
    ),
    "join": (
        DP + "@dp.materialized_view\ndef t():\n  o, c = spark.table('orders'), spark.table('customers')\n"
        "  return o.join(c, o.customer == c.name, 'left').select('id', 'city')",
        [(1, "Rome"), (2, "Oslo"), (3, "Rome")],
    ),
    "self join": (
        DP + "@dp.materialized_view\ndef t():\n  o = spark.table('orders')\n"
        "  return o.alias('a').join(o.alias('b'), F.col('a.id') == F.col('b.id') + 1).select('a.id', 'b.customer')",
        [(2, "ann"), (3, "bob")],
    ),
    "self join by columns of two reads": (
        DP + "@dp.materialized_view\ndef t():\n  a, b = spark.table('customers'), spark.table('customers')\n"
        "  return a.join(b, a.city < b.city).select(a.city, b.name)",
        [("Oslo", "ann")],
    ),
    "union in a loop": (
        DP + "from functools import reduce\n@dp.table\ndef t():\n"
        "  return reduce(lambda a, b: a.unionByName(b), [spark.table('orders').select('id') for _ in range(2)])",
        [(1,), (1,), (2,), (2,), (3,), (3,)],
    ),
    "window": (
        DP + "from pyspark.sql.window import Window\n@dp.table\ndef t():\n"
        "  w = Window.partitionBy('customer').orderBy(F.desc('id'))\n"
        "  return spark.table('orders').withColumn('n', F.row_number().over(w)).where('n = 1').select('id')",
        [(2,), (3,)],
    ),
    "from_json with a DDL schema": (
        DP + "@dp.table\ndef t():\n  f = spark.createDataFrame([('{\"a\": 1}',)], 's string')\n"
        "  return f.select(F.from_json('s', 'a INT').alias('j')).select('j.*')",
        [(1,)],
    ),
    "rows of their own": (
        DP
        + "from pyspark.sql import Row\nfrom pyspark.sql.types import StructType, StructField, LongType\n@dp.table\ndef t():\n"
        "  schema = StructType([StructField('id', LongType())])\n"
        "  return spark.createDataFrame([Row(id=1)], schema).union(spark.range(1))",
        [(0,), (1,)],
    ),
    "pandas rows": (
        DP + "import pandas as pd\n@dp.table\ndef t():\n  return spark.createDataFrame(pd.DataFrame({'a': [1, 2]}))",
        [(1,), (2,)],
    ),
    "actions run": (
        DP + "@dp.table\ndef t():\n  f = spark.table('orders')\n  most = f.agg(F.max('id')).collect()[0][0]\n"
        "  assert f.count() == 3 and f.columns == ['id', 'customer', 'amount']\n  return f.where(F.col('id') == most).select('id')",
        [(3,)],
    ),
    "pivot": (
        DP
        + "@dp.table\ndef t():\n  return spark.table('orders').groupBy().pivot('customer', ['ann', 'bob']).agg(F.sum('amount'))",
        [(40.0, 20.0)],
    ),
    "temporary view by hand": (
        DP + "@dp.table\ndef t():\n  spark.table('orders').where('id = 1').createOrReplaceTempView('mine')\n"
        "  return spark.sql('SELECT id FROM mine')",
        [(1,)],
    ),
    "cached and checkpointed": (
        DP + "@dp.table\ndef t():\n  return spark.table('orders').cache().localCheckpoint().select('id')",
        [(1,), (2,), (3,)],
    ),
    "type hints and dataclasses": (
        "from __future__ import annotations\nfrom dataclasses import dataclass, field\nfrom pyspark import pipelines as dp\n"
        "from pyspark.sql import DataFrame, SparkSession\n@dataclass\nclass C:\n  name: str\n  keys: list[str] = field(default_factory=list)\n"
        "def load(spark: SparkSession, c: C) -> DataFrame:\n  return spark.read.table(c.name)\n"
        "@dp.table\ndef t() -> DataFrame:\n  found = load(spark, C('orders'))\n  assert isinstance(found, DataFrame)\n  return found",
        ORDERS,
    ),
    "methods added to DataFrame": (
        DP
        + "from pyspark.sql import DataFrame\ndef few(self): return self.limit(1).select('id')\nDataFrame.few = few\n"
        "@dp.table\ndef t():\n  return spark.table('orders').few()",
        [(1,)],
    ),
    "match statement": (
        DP
        + "@dp.table\ndef t():\n  match 'a':\n    case 'a': return spark.table('orders')\n    case _: raise ValueError",
        ORDERS,
    ),
    "main guard": (
        DP + "@dp.table\ndef t():\n  return spark.table('orders')\nif __name__ == '__main__':\n  raise SystemExit(1)",
        ORDERS,
    ),
    "unicode names": (
        DP + "@dp.table(name='t')\ndef größe_表():\n  return spark.sql('SELECT 1 AS `größe 🙂`')",
        [(1,)],
    ),
    "create_table": (DP + "@dp.create_table(name='t')\ndef f():\n  return spark.table('orders')", ORDERS),
}


@pytest.mark.parametrize("text, rows", FORMS.values(), ids=FORMS)
def test_a_form_gives_its_rows(bench: Any, text: str, rows: list[Any]):
    assert bench.rows(text) == rows


def test_lines_may_end_as_on_windows(bench: Any):
    text = (DP + "@dp.table\ndef t():\n  return spark.table('nowhere')").replace("\n", "\r\n")
    assert bench.error(text).line == 5


@pytest.mark.parametrize(
    "read, asked",
    [
        ("spark.read.table('a.b.orders')", ("table", "a.b.orders", False, {})),
        ("spark.table('orders')", ("table", "orders", False, {})),
        ("dlt.read('orders')", ("table", "orders", False, {})),
        ("dp.read_stream('orders')", ("table", "orders", True, {})),
        ("dlt.readStream('orders')", ("table", "orders", True, {})),
        (
            "spark.readStream.option('skipChangeCommits', True).table('orders')",
            ("table", "orders", True, {"skipChangeCommits": "true"}),
        ),
        ("spark.readStream.format('delta').table('LIVE.orders')", ("table", "LIVE.orders", True, {})),
        ("spark.read.changes('orders')", ("table", "orders", False, {"readChangeFeed": "true"})),
        ("spark.read.json('/a')", ("load", "json", ["/a"], None, False, {})),
        ("spark.read.json(['/a', '/b'], schema='id INT')", ("load", "json", ["/a", "/b"], "id INT", False, {})),
        (
            "spark.read.csv('/a', header=True, sep=';')",
            ("load", "csv", ["/a"], None, False, {"sep": ";", "header": "true"}),
        ),
        ("spark.read.option('header', 'true').csv('/a')", ("load", "csv", ["/a"], None, False, {"header": "true"})),
        ("spark.read.parquet('/a', '/b')", ("load", "parquet", ["/a", "/b"], None, False, {})),
        ("spark.read.orc(['/a'])", ("load", "orc", ["/a"], None, False, {})),
        ("spark.readStream.text('/a')", ("load", "text", ["/a"], None, True, {})),
        ("spark.read.load('/a')", ("load", "", ["/a"], None, False, {})),
        ("spark.read.load('/a', format='avro', x=1)", ("load", "avro", ["/a"], None, False, {"x": "1"})),
        ("spark.read.format('delta').option('PATH', '/a').load()", ("load", "delta", ["/a"], None, False, {})),
        (
            "spark.readStream.format('cloudFiles').option('cloudFiles.format', 'json').options(**{'header': True, 'n': None})"
            ".schema('id INT').load('/Volumes/a/b')",
            ("load", "cloudFiles", ["/Volumes/a/b"], "id INT", True, {"cloudFiles.format": "json", "header": "true"}),
        ),
        (
            "spark.readStream.format('kafka').option('subscribe', 'a').option('SUBSCRIBE', 'b').load()",
            ("load", "kafka", [], None, True, {"SUBSCRIBE": "b"}),
        ),
        (
            "spark.read.jdbc('jdbc:x', 'orders', properties={'user': 'me'})",
            ("load", "jdbc", [], None, False, {"user": "me", "url": "jdbc:x", "dbtable": "orders"}),
        ),
    ],
)
def test_readers_say_what_they_were_told(bench: Any, read: str, asked: tuple[Any, ...]):
    text = f"import dlt\nfrom pyspark import pipelines as dp\n@dp.table\ndef t():\n  return {read}"
    assert bench.rows(text) == ORDERS
    assert bench.asked[0] == asked


def test_a_reader_changes_itself(bench: Any):
    bench.rows(DP + "@dp.table\ndef t():\n  r = spark.read\n  r.option('a', 1)\n  return r.table('orders')")
    assert bench.asked == [("table", "orders", False, {"a": "1"})]


def test_streams_are_told_from_batches(bench: Any):
    rows = bench.rows("""
        import dlt
        from pyspark.sql import functions as F
        @dlt.table
        def t():
            stream, batch = spark.readStream.table("orders"), spark.read.table("orders")
            late = stream.withWatermark("id", "10 minutes").dropDuplicatesWithinWatermark(["id"])
            told = [stream, batch, late, batch.join(stream, "id"), batch.union(batch), stream.groupBy("id").count(),
                    spark.sql("SELECT * FROM STREAM orders"), spark.sql("SELECT * FROM orders"), spark.range(1)]
            return spark.createDataFrame([(str([frame.isStreaming for frame in told]),)], "told string")
    """)
    assert json.loads(rows[0][0].lower()) == [True, False, True, True, False, True, True, False, False]


def test_asking_for_a_frame_asks_the_engine_nothing(bench: Any, monkeypatch: pytest.MonkeyPatch):
    def look(code: Any) -> Any:
        code.datasets["t"].frame()  # makes the table that is read
        monkeypatch.setattr(type(bench.session.spark.client), "_analyze", None)
        monkeypatch.setattr(type(bench.session.spark.client), "_execute", None)
        return code.datasets["t"].frame() is not None

    assert bench.run(DP + "@dp.table\ndef t():\n  return spark.read.load('/a').select('no such column')", look)


def test_flows_and_targets(bench: Any):
    text = """
        from pyspark import pipelines as dp
        dp.create_streaming_table("all_orders", comment="x")
        dp.create_sink("out", "kafka", {"topic": "x"})
        @dp.append_flow(target="all_orders")
        def first():
            return spark.readStream.table("orders")
        @dp.append_flow(target="all_orders", name="backfill", once=True)
        def second():
            return spark.read.table("orders").limit(1)
        @dp.foreach_batch_sink(name="batches")
        def handle(df, batch_id):
            df.write.save()
        dp.create_auto_cdc_flow("history", "orders", ["id"], sequence_by="amount", stored_as_scd_type=2)
        dp.create_auto_cdc_from_snapshot_flow(target="snap", source=lambda last: None, keys=["id"])
    """

    def look(code: Any) -> Any:
        flows = [(flow.name, flow.target, flow.once, flow.frame().count()) for flow in code.flows["all_orders"]]
        return flows, code.targets, code.changes

    flows, targets, changes = bench.run(text, look)
    assert flows == [("first", "all_orders", False, 3), ("backfill", "all_orders", True, 1)]
    assert targets == {"all_orders", "out"}
    assert dict(changes["history"][0].arguments) == {
        "target": "history",
        "source": "orders",
        "keys": ["id"],
        "sequence_by": "amount",
        "stored_as_scd_type": 2,
    }
    assert changes["snap"][0].snapshots and changes["snap"][0].arguments["source"](None) is None


def test_a_function_knows_where_it_stands(bench: Any):
    text = DP + "\n@dp.table\ndef t():\n  return spark.table('orders')"
    found = bench.run(text, lambda code: code.datasets["t"])
    assert found.source.text == text and found.line == 4


def test_cells_of_a_notebook_share_their_names(bench: Any):
    lines = [
        "%pip install nothing-of-this-name\nfrom __future__ import annotations\nfrom pyspark import pipelines as dp",
        "%md\n# words",
        "%sql\nSELECT 1",
        "!ls\nname: Unknown = 'orders'",
        "@dp.table\ndef t():\n  return spark.table(name)",
    ]
    cell = [
        {"cell_type": "code", "id": f"c{n}", "source": text, "metadata": {}, "outputs": []}
        for n, text in enumerate(lines)
    ]
    text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cell})
    assert bench.rows(text, name="book.ipynb") == ORDERS


def test_exported_notebooks_run_their_python(bench: Any):
    text = (
        "# Databricks notebook source\n# MAGIC %md\n# MAGIC # words\n\n# COMMAND ----------\n\nimport dlt\n"
        "# COMMAND ----------\n# MAGIC %pip install x\n\n# COMMAND ----------\n\n@dlt.table\ndef t():\n  return dlt.read('orders')\n"
    )
    assert bench.rows(text) == ORDERS


def test_sql_files_with_python_in_them(bench: Any):
    text = (
        "-- Databricks notebook source\nSELECT 1\n-- COMMAND ----------\n-- MAGIC %python\n-- MAGIC import dlt\n"
        "-- MAGIC @dlt.table\n-- MAGIC def t():\n-- MAGIC   return dlt.read('orders')\n"
    )
    assert bench.rows(text, name="book.sql") == ORDERS


def test_the_api_has_every_name_that_is_read_from_texts():
    made = module(lambda: None)  # type: ignore[arg-type,return-value]
    assert set(made.__all__) == NAMES.keys() and all(callable(getattr(made, name)) for name in NAMES)
