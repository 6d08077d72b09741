"""Every name of the pipeline API, and every way to reach it."""

from __future__ import annotations

import pytest

from ldp_magic.python import read
from ldp_magic.sql.model import Code, DatasetDef, FlowDef, Script
from ldp_magic.text import Source

DP = (
    "from pyspark import pipelines as dp\nfrom pyspark.sql import functions as F\nfrom pyspark.sql.functions import *\n"
)
DLT = "import dlt\n"
STREAM = "    return spark.readStream.table('s')\n"
BATCH = "    return spark.read.table('s')\n"


def script(text: str) -> Script:
    return read(Source("p.py", None, text).whole())


def only(text: str) -> DatasetDef:
    (found,) = script(text).statements
    assert isinstance(found, DatasetDef)
    return found


def flow(text: str) -> FlowDef:
    (found,) = [s for s in script(text).statements if isinstance(s, FlowDef)]
    return found


def code(text: str) -> Code:
    body = only(text).query
    assert isinstance(body, Code)
    return body


@pytest.mark.parametrize(
    "decorator, body, kind",
    [
        ("dp.table", STREAM, "streaming table"),
        ("dp.table", BATCH, "materialized view"),
        ("dp.table()", STREAM, "streaming table"),
        ("dp.materialized_view", BATCH, "materialized view"),
        ("dp.materialized_view", STREAM, "materialized view"),
        ("dp.temporary_view", STREAM, "temporary view"),
        ("dp.view", BATCH, "temporary view"),
        ("dlt.table", STREAM, "streaming table"),
        ("dlt.table", BATCH, "materialized view"),
        ("dlt.create_table(comment='c')", STREAM, "streaming table"),
        ("dlt.create_view()", BATCH, "temporary view"),
        ("dlt.view", BATCH, "temporary view"),
        ("dp.table", "    return unknown_reader()\n", "streaming table"),
        ("dlt.table", "    return unknown_reader()\n", "materialized view"),
        ("dp.table", "    return spark.sql('SELECT * FROM STREAM s')\n", "streaming table"),
        ("dp.table", "    return spark.sql('SELECT * FROM s')\n", "materialized view"),
        ("dp.table", "    return spark.range(3)\n", "materialized view"),
    ],
)
def test_dataset_decorators(decorator, body, kind):
    found = only(f"{DP}{DLT}@{decorator}\ndef t():\n{body}")
    assert (found.kind, str(found.name), found.name.location.text) == (kind, "t", "t")
    assert found.head.text == "@" + decorator
    assert found.words == ("@" + decorator.partition("(")[0],)
    assert found.location.text == f"@{decorator}\ndef t():\n{body}".rstrip("\n")
    assert (found.flow is not None) == (kind == "streaming table")


@pytest.mark.parametrize(
    "imports, decorator, word",
    [
        ("import dlt as d", "d.table", "@dlt.table"),
        ("from dlt import table", "table", "@dlt.table"),
        ("from dlt import *", "table", "@dlt.table"),
        ("from pyspark import pipelines", "pipelines.table", "@dp.table"),
        ("from pyspark import pipelines as sdp", "sdp.table", "@dp.table"),
        ("from pyspark.pipelines import table as tab", "tab", "@dp.table"),
        ("from pyspark.pipelines import *", "table", "@dp.table"),
        ("import pyspark.pipelines", "pyspark.pipelines.table", "@dp.table"),
        ("import pyspark.pipelines as pp", "pp.table", "@dp.table"),
        (
            "try:\n    from pyspark import pipelines as dp\nexcept ImportError:\n    import dlt as dp",
            "dp.table",
            "@dp.table",
        ),
        ("try:\n    import dlt\nexcept ImportError:\n    dlt = None", "dlt.table", "@dlt.table"),
        ("# imported in another cell", "dlt.table", "@dlt.table"),
        ("import dlt\nalias = dlt.table", "alias", "@dlt.table"),
    ],
)
def test_ways_to_import(imports, decorator, word):
    assert only(f"{imports}\n@{decorator}(name='x')\ndef t():\n{STREAM}").words == (word,)


@pytest.mark.parametrize(
    "text, names",
    [
        ("dp.table(name='x')(lambda: spark.table('s'))", ["x"]),
        ("def f():\n" + BATCH + "dp.table(f, name='x')", ["x"]),
        ("def f():\n" + BATCH + "dlt.table(name='x')(dlt.expect('e', 'c')(f))", ["x"]),
        ("for n in ['a', 'b']:\n    @dp.table(name=n)\n    def f():\n    " + BATCH, ["a", "b"]),
        ("for i in range(3):\n    @dp.table(name=f't{i}')\n    def f():\n    " + BATCH, ["t0", "t1", "t2"]),
        (
            "for k, v in {'a': 1, 'b': 2}.items():\n    @dp.table(name='%s_%d' % (k, v))\n    def f():\n    " + BATCH,
            ["a_1", "b_2"],
        ),
        (
            "for a, b in zip('x y'.split(), ('p', 'q')):\n    dp.table(name=a + b)(lambda: spark.table('s'))",
            ["xp", "yq"],
        ),
        ("for i, n in enumerate(['a'], 1):\n    dp.table(name=n + str(i))(lambda: spark.table('s'))", ["a1"]),
        (
            "def make(t, z='z'):\n    @dp.table(name=f'{t}_{z}')\n    def f():\n    "
            + BATCH
            + "make('a')\nmake('b', z='y')",
            ["a_z", "b_y"],
        ),
        ("[dp.table(name=n)(lambda: spark.table('s')) for n in ('a', 'b')]", ["a", "b"]),
        ("C = 'c'.upper()\n@dp.table(name='.'.join([C, 's', 't']))\ndef f():\n" + BATCH, ["C.s.t"]),
        ("@dp.table(name='{}.{x}'.format('a', x='b'))\ndef f():\n" + BATCH, ["a.b"]),
        ("@dp.table(name=spark.conf.get('env', 'dev') + '.t')\ndef f():\n" + BATCH, ["${env}.t"]),
        ("@dp.table(name=dbutils.widgets.get('env') + '.t')\ndef f():\n" + BATCH, ["${env}.t"]),
        ("class C:\n    N = 'n'\n@dp.table(name=C.N)\ndef f():\n" + BATCH, ["n"]),
        (
            "class M:\n    def __init__(self, n):\n        self.n = n\n    def go(self):\n"
            "        @dp.table(name=self.n)\n        def f():\n        " + BATCH + "M('q').go()",
            ["q"],
        ),
        (
            "if spark.conf.get('e') == 'x':\n    n = 'a'\nelse:\n    n = 'b'\n@dp.table(name=n)\ndef f():\n" + BATCH,
            ["a", "b"],
        ),
        (
            "L = []\nfor x in 'ab', 'cd':\n    L.append({'n': x.replace('a', 'A')})\nfor e in L:\n"
            "    dp.table(name=e['n'])(lambda: spark.table('s'))",
            ["Ab", "cd"],
        ),
        ("async def f():\n" + BATCH + "dp.table(f)", ["f"]),
    ],
)
def test_names_are_folded(text, names):
    found = script(DP + DLT + text + "\n")
    assert [str(s.name) for s in found.statements] == names
    assert not found.unknown


@pytest.mark.parametrize(
    "text",
    [
        "@dp.table(name=imported)\ndef f():\n" + BATCH,
        "for n in load():\n    @dp.table(name=n)\n    def f():\n    " + BATCH,
        "def make(t):\n    @dp.table(name=t)\n    def f():\n    " + BATCH,
        "@dp.table(**options)\ndef f():\n" + BATCH,
        "for i in range(100000):\n    @dp.table(name=f't{i}')\n    def f():\n    " + BATCH,
        "dp.create_streaming_table(name)",
    ],
)
def test_what_is_not_known_is_said(text):
    found = script(DP + text + "\n")
    assert found.unknown
    assert all(u.what and 0 <= u.location.start <= u.location.end for u in found.unknown)


@pytest.mark.parametrize(
    "name, action, count",
    [
        ("expect('a', 'x > 0')", "warn", 1),
        ("expect_or_drop('a', 'x > 0')", "drop", 1),
        ("expect_or_fail(name='a', inv='x > 0')", "fail", 1),
        ("expect_all({'a': 'x > 0'})", "warn", 1),
        ("expect_all_or_drop(RULES)", "drop", 2),
        ("expect_all_or_fail({**RULES, 'c': 'z'})", "fail", 3),
        ("expect_all({k: v for k, v in RULES.items()})", "warn", 2),
    ],
)
def test_expectations(name, action, count):
    found = only(f"{DP}RULES = {{'a': 'x > 0', 'b': 'y'}}\n@dp.table\n@dp.{name}\ndef t():\n{STREAM}").expectations
    assert len(found) == count
    first = found[0]
    assert (first.name, first.condition, first.on_violation) == ("a", "x > 0", action)
    assert (first.name_location.text, first.condition_location.text) == ("a", "x > 0")
    assert first.action_location is not None and first.action_location.text == name.partition("(")[0]


def test_expectations_keep_text_order_and_may_stand_above_the_dataset():
    found = only(
        DP + "@dp.expect('a', '1')\n@dp.table\n@dp.expect('b', '2')\n@dp.expect('c', '3')\ndef t():\n" + STREAM
    )
    assert [e.name for e in found.expectations] == ["a", "b", "c"]
    assert found.location.text.startswith("@dp.expect('a'")
    assert found.head.text == "@dp.table"


@pytest.mark.parametrize(
    "call, kind, name",
    [
        ("dp.create_streaming_table('t', comment='c')", "streaming table", "t"),
        ("dlt.create_target_table(name='t')", "streaming table", "t"),
        ("dlt.create_streaming_live_table('t')", "streaming table", "t"),
        ("dp.create_table('t')", "table", "t"),
        ("dp.create_sink('t', 'kafka', {'topic': 'x'})", "sink", "t"),
    ],
)
def test_statements(call, kind, name):
    found = only(f"{DP}{DLT}{call}\n")
    assert (found.kind, str(found.name), found.query, found.flow) == (kind, name, None, None)
    assert found.location.text == call
    assert found.words == (call.partition("(")[0],)


def test_clauses_keep_values_and_places():
    text = "dp.create_sink(name='t', format='kafka', options={'a': 1, 'b': [True, None], 'c': mystery})"
    found = only(DP + text)
    assert [(c.name, c.value, c.location.text) for c in found.clauses] == [
        ("name", "t", "name='t'"),
        ("format", "kafka", "format='kafka'"),
        ("options", (("a", 1), ("b", (True, None)), ("c", None)), "options={'a': 1, 'b': [True, None], 'c': mystery}"),
    ]
    assert found.clauses[0].value_location is not None and found.clauses[0].value_location.text == "'t'"


def test_sink_function_and_expectations_of_a_table():
    sink = only(DP + "@dp.foreach_batch_sink(name='k')\ndef h(df, batch_id):\n    df.write.save('x')\n")
    assert (sink.kind, str(sink.name), sink.words) == ("sink", "k", ("@dp.foreach_batch_sink",))
    table = only(DP + "dp.create_streaming_table('t', expect_all_or_drop={'a': 'b'})")
    assert [(e.name, e.on_violation) for e in table.expectations] == [("a", "drop")]


@pytest.mark.parametrize("argument", ["private=True", "temporary=True"])
def test_private(argument):
    assert only(f"{DP}@dp.table({argument})\ndef t():\n{STREAM}").private


@pytest.mark.parametrize(
    "schema, columns",
    [
        ("'a INT, b STRING COMMENT \\'x\\''", [("a", "INT", False, None), ("b", "STRING", False, "x")]),
        (
            '"a INT NOT NULL, s STRUCT<x: INT, y: ARRAY<STRING>>"',
            [("a", "INT", True, None), ("s", "STRUCT<x: INT, y: ARRAY<STRING>>", False, None)],
        ),
        (
            "StructType([StructField('a', LongType(), False), StructField('b', DecimalType(10, 2))])",
            [("a", "BIGINT", True, None), ("b", "DECIMAL(10,2)", False, None)],
        ),
        (
            "StructType().add('a', 'int').add('b', ArrayType(StringType()))",
            [("a", "int", False, None), ("b", "ARRAY<STRING>", False, None)],
        ),
    ],
)
def test_columns(schema, columns):
    found = only(f"{DP}from pyspark.sql.types import *\n@dp.table(schema={schema})\ndef t():\n{STREAM}")
    assert [(c.name, c.type, c.not_null, c.comment) for c in found.columns] == columns


def test_columns_of_an_exact_text_have_exact_places():
    found = only(f"{DP}@dp.table(schema='a INT, b STRING')\ndef t():\n{STREAM}")
    assert [(c.location.text, c.name_location.text) for c in found.columns] == [("a INT", "a"), ("b STRING", "b")]


@pytest.mark.parametrize("api", ["append_flow", "update_flow", "replace_flow"])
def test_flows(api):
    found = flow(
        f"{DP}@dp.{api}(target='a.t', once=True, replace_using=['k'])\n@dp.expect('e', 'c')\ndef f():\n{STREAM}"
    )
    assert (str(found.name), str(found.target), found.once) == ("f", "a.t", True)
    assert found.replace_using == ("k",)
    assert [c.name for c in found.clauses] == ["target", "once", "replace_using", "expect"]
    assert isinstance(found.body, Code) and found.body.reads[0].streaming


def test_a_flow_without_a_target_is_a_problem():
    found = script(f"{DP}@dp.append_flow\ndef f():\n{STREAM}@dp.table\ndef t():\n{STREAM}")
    assert [p.location.text for p in found.problems] == ["@dp.append_flow"]
    assert len(found.statements) == 1


@pytest.mark.parametrize("api", ["dp.create_auto_cdc_flow", "dlt.apply_changes", "dlt.create_auto_cdc_flow"])
def test_auto_cdc(api):
    found = flow(
        f"""{DP}{DLT}{api}(target="t", source="LIVE.s", keys=["id", F.col("k")], sequence_by=struct("at", "n"),
        apply_as_deletes=F.expr("op = 'D'"), apply_as_truncates=col("op") == "T", column_list=["a"],
        except_column_list=[col("b")], stored_as_scd_type="2", track_history_column_list=["c"],
        track_history_except_column_list=["d"], ignore_null_updates=True, once=True, name="n")\n"""
    )
    change = found.cdc
    assert change is not None and isinstance(change.source, Code)
    assert (str(found.name), str(found.target), found.once, found.body) == ("n", "t", True, change.source)
    assert (change.keys, change.sequence_by, change.scd_type) == (("id", "k"), "struct(at, n)", "2")
    assert (change.delete_when, change.truncate_when) == ("op = 'D'", "op = 'T'")
    assert (change.columns, change.except_columns) == (("a",), ("b",))
    assert (change.track_history, change.track_history_except) == (("c",), ("d",))
    assert change.ignore_null_updates and not change.from_snapshot
    (relation,) = change.source.reads
    assert (relation.name, relation.streaming) == (("LIVE", "s"), True)
    assert change.source.locate(relation.span).text == "LIVE.s"
    assert [c.location.text for c in change.clauses][:2] == ['target="t"', 'source="LIVE.s"']


def test_auto_cdc_positional_and_default_name():
    found = flow(DP + "dp.create_auto_cdc_flow('t', 's', ['id'], 'seq', 'op = 1', None, None, 2)")
    assert found.cdc is not None
    assert (str(found.name), found.cdc.keys, found.cdc.sequence_by) == ("t", ("id",), "seq")
    assert (found.cdc.delete_when, found.cdc.scd_type, found.cdc.columns) == ("op = 1", "2", None)


@pytest.mark.parametrize("api", ["dp.create_auto_cdc_from_snapshot_flow", "dlt.apply_changes_from_snapshot"])
@pytest.mark.parametrize(
    "source", ["'snap'", "load", "lambda last: (spark.read.table('snap'), 1)"], ids=["name", "function", "lambda"]
)
def test_snapshots(api, source):
    text = f"""{DP}{DLT}
def load(last):
    if last is None:
        return (spark.read.table("snap"), 1)
    return None
{api}(target="t", source={source}, keys=["id"], stored_as_scd_type=2)
"""
    change = flow(text).cdc
    assert change is not None and change.from_snapshot and isinstance(change.source, Code)
    assert [(r.name, r.streaming) for r in change.source.reads] == [(("snap",), False)]


def test_two_definitions_in_branches_that_exclude_each_other_count_once():
    text = (
        "if unknown():\n    @dp.table\n    def t():\n    " + STREAM + "else:\n    @dp.table\n    def t():\n    " + BATCH
    )
    found = script(DP + text)
    assert [s.kind for s in found.statements if isinstance(s, DatasetDef)] == ["streaming table"]
    assert [u.what for u in found.unknown] == ["which definition of t counts"]


def test_a_file_without_pipelines_is_empty():
    assert script("import pandas\ndef table():\n    return 1\n") == Script()
    assert script("") == Script()


def test_none_is_an_argument_left_out() -> None:
    """Many spell every argument out, and most of those are None."""
    found = flow(
        DLT + "dlt.create_streaming_table('t', partition_cols=None)\n"
        "dlt.apply_changes(target='t', source='s', keys=['k'], sequence_by='v', apply_as_truncates=None, name=None,\n"
        "  stored_as_scd_type=2, track_history_except_column_list=None)\n"
    )
    assert found.cdc is not None
    assert [c.name for c in found.cdc.clauses] == ["target", "source", "keys", "sequence_by", "stored_as_scd_type"]
    assert (found.cdc.truncate_when, found.cdc.track_history_except) == ("", None)
