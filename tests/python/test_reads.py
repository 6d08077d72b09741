"""What query functions read, and how."""

from __future__ import annotations

import pytest

from ldp_magic.sql.facts import Relation
from tests.python.test_api import DP, code, script

HEAD = DP + "from delta.tables import DeltaTable\nimport os\nCAT = 'main'\n\n"


def reads(expression: str, before: str = "") -> list[Relation]:
    return list(code(f"{HEAD}{before}@dp.table\ndef t():\n    return {expression}\n").reads)


@pytest.mark.parametrize(
    "expression, name, streaming",
    [
        ("spark.read.table('a.b.c')", "a.b.c", False),
        ("spark.table('a')", "a", False),
        ("spark.readStream.table('a')", "a", True),
        ("spark.readStream.option('skipChangeCommits', 'true').table('a')", "a", True),
        ("spark.readStream.format('delta').table(f'{CAT}.s.t')", "main.s.t", True),
        ("dp.read('a')", "a", False),
        ("dp.read_stream('LIVE.a')", "LIVE.a", True),
        ("dlt.readStream('a')", "a", True),
        ("spark.read.table(tableName='a')", "a", False),
        ("spark.read.table('`odd.name`.t')", "odd.name.t", False),
        ("DeltaTable.forName(spark, 'a').toDF()", "a", False),
        ("self.spark.table('a')", "a", False),
        ("spark.sql('SELECT * FROM a')", "a", False),
        ("spark.sql('SELECT * FROM STREAM(a)')", "a", True),
        ("spark.sql(f'SELECT * FROM {CAT}.x.a')", "main.x.a", False),
        ("spark.table(spark.conf.get('cat') + '.a')", "${cat}.a", False),
        ("getattr(spark, mystery) if False else spark.table('a')", "a", False),
    ],
)
def test_tables(expression, name, streaming):
    (relation,) = reads(expression)
    assert (".".join(relation.name), relation.streaming) == (name, streaming)


@pytest.mark.parametrize(
    "expression, function, format_, path",
    [
        (
            "spark.readStream.format('cloudFiles').option('cloudFiles.format', 'json').load('/p')",
            "cloudFiles",
            "json",
            "/p",
        ),
        (
            "spark.readStream.format('cloudFiles').options(**{'cloudFiles.format': 'csv'}).load(path='/p')",
            "cloudFiles",
            "csv",
            "/p",
        ),
        ("spark.read.json('/p')", "", "json", "/p"),
        ("spark.read.format('csv').load('/p')", "", "csv", "/p"),
        ("spark.read.load('/p', format='orc')", "", "orc", "/p"),
        ("spark.read.format('parquet').load(os.path.join('/a', 'b'))", "", "parquet", "/a/b"),
        ("spark.read.table('delta.`/p/q`')", "", "delta", "/p/q"),
        ("DeltaTable.forPath(spark, '/p').toDF()", "", "delta", "/p"),
        ("spark.readStream.format('kafka').option('subscribe', 'x').load()", "kafka", "", ""),
        ("spark.readStream.format('rate').load()", "rate", "", ""),
        ("spark.read.format('jdbc').option('url', 'u').load()", "jdbc", "", ""),
    ],
)
def test_sources(expression, function, format_, path):
    (relation,) = reads(expression)
    assert (relation.function, relation.format, relation.path) == (function, format_, path)
    assert relation.streaming == ("readStream" in expression)


def test_places_of_a_read():
    text = f"{HEAD}# é 🎉\n@dp.table\ndef t():\n    é = 'ü'; return spark.readStream.option('a', 'ö').table('näme')\n"
    found = code(text)
    (relation,) = found.reads
    assert found.locate(relation.span).text == "'näme'"
    assert found.locate(relation.whole).text == "spark.readStream.option('a', 'ö').table('näme')"
    assert relation.stream_span is not None and found.locate(relation.stream_span).text == "readStream"
    assert relation.options == (("a", "ö"),)


def test_places_inside_a_query():
    text = (
        f'{HEAD}@dp.table\ndef t():\n    return spark.sql("""\n  SELECT * FROM STREAM(näme) n\n'
        f'  JOIN other o ON 1 = 1""")\n'
    )
    found = code(text)
    assert [found.locate(r.span).text for r in found.reads] == ["näme", "other"]
    (query,) = found.queries
    assert query.exact and query.location.text == query.text


def test_a_query_that_is_put_together_is_not_exact():
    found = code(f"{HEAD}@dp.table\ndef t():\n    return spark.sql(f'SELECT * FROM {{CAT}}.s.x')\n")
    (query,) = found.queries
    assert not query.exact and query.text == "SELECT * FROM main.s.x"
    assert found.locate(found.reads[0].span).text == "f'SELECT * FROM {CAT}.s.x'"


def test_a_hole_in_a_query_leaves_the_rest():
    found = code(f"{HEAD}@dp.table\ndef t():\n    return spark.sql(f'SELECT * FROM a JOIN {{mystery}}.b')\n")
    assert [r.name for r in found.reads] == [("a",)]
    assert found.unknown and not found.queries


@pytest.mark.parametrize(
    "body, names",
    [
        ("    a = spark.table('a')\n    b = spark.table('b')\n    return a.join(b, 'id')\n", ["a", "b"]),
        ("    return helper('x').union(helper(t='y'))\n", ["x", "y"]),
        (
            "    df = None\n    for n in ['p', 'q']:\n        d = spark.table(n)\n"
            "        df = d if df is None else df.union(d)\n    return df\n",
            ["p", "q"],
        ),
        ("    if flag():\n        return spark.table('a')\n    return spark.table('b')\n", ["a", "b"]),
        ("    return reduce(lambda l, r: l.union(r), [spark.table(n) for n in ('a', 'b')])\n", ["a", "b"]),
        ("    return spark.table('a').transform(lambda d: d.join(spark.table('b')))\n", ["a", "b"]),
        (
            "    spark.table('a').createOrReplaceTempView('v')\n    return spark.sql('SELECT * FROM v JOIN b')\n",
            ["a", "b"],
        ),
        ("    return spark.sql('SELECT * FROM {d} JOIN b', d=spark.table('a'))\n", ["a", "b"]),
        ("    return shared.join(spark.table('b'))\n", ["b", "shared"]),
        ("    return loop(3)\n", ["deep"]),
        ("    return partial(two, 'a', b='b')()\n", ["a", "b"]),
        ("    with open('x') as f:\n        return spark.table('a')\n", ["a"]),
        (
            "    try:\n        return spark.table('a')\n    except Exception:\n        return spark.table('b')\n",
            ["a", "b"],
        ),
    ],
)
def test_following(body, names):
    before = (
        "shared = spark.table('shared')\n"
        "def helper(t):\n    return later(t)\n"
        "def loop(n):\n    return spark.table('deep') if n == 0 else loop(n - 1)\n"
    )
    after = "def later(t):\n    return spark.table(t)\ndef two(a, b):\n    return later(a).join(later(b))\n"
    found = code(f"{HEAD}from functools import partial, reduce\n{before}@dp.table\ndef t():\n{body}\n{after}")
    assert sorted(".".join(r.name) for r in found.reads) == names


@pytest.mark.parametrize(
    "expression",
    [
        "spark.readStream.table('a').withWatermark('ts', '10 minutes')",
        "spark.readStream.table('a').withWatermark(eventTime='ts', delayThreshold='10 minutes').groupBy('k')",
        "spark.sql('SELECT * FROM STREAM a').withWatermark('ts', '10 minutes')",
    ],
)
def test_watermarks(expression):
    (relation,) = reads(expression)
    assert relation.watermark is not None
    assert (relation.watermark.column, relation.watermark.delay) == ("ts", "10 minutes")


def test_a_watermark_through_a_variable_stays_with_its_read():
    body = (
        "    a = spark.readStream.table('a')\n    a = a.withWatermark('ts', '1 hour')\n"
        "    return a.join(spark.table('b'))\n"
    )
    found = code(f"{HEAD}@dp.table\ndef t():\n{body}")
    assert [(r.name, bool(r.watermark)) for r in found.reads] == [(("a",), True), (("b",), False)]


def test_calls_stand_in_text_order():
    body = (
        "    n = spark.table('a').count()\n    x = ','.join(['a'])\n"
        "    df = spark.table('b').groupBy('k').count()\n    df.write.save('x')\n"
        "    return df.orderBy('k').limit(3)\n"
    )
    found = code(f"{HEAD}@dp.table\ndef t():\n{body}")
    assert [name for name, _ in found.calls] == [
        "count",
        "groupBy",
        "grouped.count",
        "write",
        "save",
        "orderBy",
        "limit",
    ]
    assert next(place.text for _, place in found.calls) == "count()"


@pytest.mark.parametrize(
    "expression",
    [
        "spark.table(mystery)",
        "imported_reader(spark)",
        "spark.sql(mystery)",
        "spark.read.table()",
        "spark.read.weird('x')",
    ],
)
def test_unknown_reads_are_said(expression):
    found = code(f"{HEAD}@dp.table\ndef t():\n    return {expression}\n")
    assert not found.reads and found.unknown


def test_a_function_that_reads_later_helpers_says_nothing_unknown():
    found = script(f"{HEAD}@dp.table\ndef t():\n    return h()\ndef h():\n    return spark.table('a')\n")
    assert not found.unknown and not found.problems


def test_a_loop_variable_means_what_it_was_when_the_function_was_made():
    text = "for n in ['a', 'b']:\n    @dp.table(name='t_' + n)\n    def f():\n        return spark.table(n)\n"
    found = script(HEAD + text).statements
    assert [(str(s.name), [r.name for r in s.query.reads]) for s in found] == [("t_a", [("a",)]), ("t_b", [("b",)])]


@pytest.mark.parametrize("strip", ["strip()", "lstrip()", "rstrip()", "removeprefix(' ')"])
def test_a_stripped_query_still_stands_in_the_source(strip):
    found = code(f"{HEAD}@dp.table\ndef t():\n    return spark.sql('  SELECT * FROM a  '.{strip})\n")
    assert found.queries[0].exact and found.queries[0].location.text == found.queries[0].text
    assert [found.locate(r.span).text for r in found.reads] == ["a"]


def test_the_first_true_side_of_an_or_decides():
    assert [r.name for r in reads("spark.table('a' or 'b')")] == [("a",)]
    assert sorted(r.name for r in reads("spark.table(mystery() and 'a' or 'b')")) == [("a",), ("b",)]


def test_both_tables_of_an_unknown_condition_are_watermarked_and_read():
    found = reads(
        "(spark.readStream.table('a') if flag() else spark.readStream.table('b')).withWatermark('t', '1 day')"
    )
    assert [(r.name, bool(r.watermark)) for r in found] == [(("a",), True), (("b",), True)]
