"""Any text is read: no exception, every place inside the text, bounded time."""

from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.python import read
from ldp_magic.sql.model import Code, Query, Script
from ldp_magic.text import Location, Source
from tests.benchmarks import cpu_seconds
from tests.clock import assert_quick
from tests.python.test_api import DP, STREAM

SAMPLE = '''import dlt
from pyspark import pipelines as dp
from pyspark.sql.functions import col, expr, struct

CATALOG = "main"  # é 🎉
RULES = {"ok": "x > 0", "näme": f"y IS NOT NULL"}

def bronze(t, fmt="json"):
    return (spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", fmt).load(f"/Volumes/{CATALOG}/{t}"))

@dlt.table(name="bronze", comment="hé", schema="id BIGINT NOT NULL, v STRING COMMENT 'x'")
@dlt.expect_all_or_drop(RULES)
@dlt.expect("id", "id > 0")
def b():
    return bronze("raw").withWatermark("ts", "10 minutes").dropDuplicates(["id"])

for i, name in enumerate(["a", "b"]):
    @dp.materialized_view(name=f"gold_{name}", table_properties={"q": "g" + str(i)})
    def gold(name=name):
        return spark.sql(f"""SELECT * FROM {CATALOG}.s.{name} JOIN bronze USING (id)""")

class Feed:
    def __init__(self, target):
        self.target = target

    def flow(self):
        @dp.append_flow(target=self.target, name="f_" + self.target, once=True)
        def inner():
            return spark.read.table("LIVE.x") if spark.conf.get("a") else dlt.read("y")

Feed("sink").flow()
dp.create_sink("sink", "kafka", {"topic": "t"})
dp.create_streaming_table("target", expect_all={"q": "a"}, schema=StructType([StructField("a", LongType())]))
dp.create_auto_cdc_flow(target="target", source="bronze", keys=["id"], sequence_by=struct("a", col("b")),
    apply_as_deletes=expr("op = 'D'"), stored_as_scd_type=2)
'''


def check(script: Script, source: Source) -> None:
    """Every location in the values lies inside the source."""
    waiting: list[object] = [script]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Location):
            assert value.source is source
            assert 0 <= value.start <= value.end <= len(source.text)
        elif isinstance(value, tuple):
            waiting += value
        elif dataclasses.is_dataclass(value) and not isinstance(value, Source):
            waiting += [getattr(value, f.name) for f in dataclasses.fields(value)]
        if isinstance(value, Code):
            for read_ in value.reads:
                assert 0 <= read_.span.start <= read_.span.end <= len(source.text)
                assert read_.whole.start <= read_.span.start and read_.span.end <= read_.whole.end
        if isinstance(value, Query) and value.exact:
            assert value.location.text == value.text


def read_checked(text: str, before: str = "", after: str = "") -> Script:
    source = Source("p.py", None, before + text + after)
    found = read(source.at(len(before), len(before) + len(text)))
    check(found, source)
    return found


def test_the_sample_is_read_in_full():
    found = read_checked(SAMPLE)
    assert [str(s.name) for s in found.statements] == [
        "bronze",
        "gold_a",
        "gold_b",
        "f_sink",
        "sink",
        "target",
        "target",
    ]
    assert not found.problems and not found.unknown


@pytest.mark.parametrize("seed", range(120))
def test_mutations(seed):
    chance = random.Random(seed)
    text = SAMPLE
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text))
        end = at + chance.choice([0, 1, 1, 5, 40])
        piece = chance.choice(
            [
                "",
                "",
                "(",
                ")",
                '"',
                "'''",
                "\n",
                "\r",
                "\\",
                "{",
                "🎉",
                "\0",
                "\ufeff",
                "\x0c",
                "@",
                ":",
                text[:at][-30:],
            ]
        )
        text = text[:at] + piece + text[end:]
    if seed % 3 == 0:
        text = text[: chance.randrange(len(text))]
    assert_quick(lambda: read_checked(text, *(("%%ldp é\n", "\n#") if seed % 2 else ())), 5)


@given(st.text(alphabet="dltp.@()[]{}'\"\\=:,#f \n\r\t\x0cé🎉%$0", max_size=80))
@settings(max_examples=150, deadline=None)
def test_noise(noise):
    read_checked("import dlt\n" + noise)
    read_checked(SAMPLE[:600] + noise + SAMPLE[600:])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_marks(end, mark):
    found = read_checked(mark + SAMPLE.replace("\n", end), "%%ldp 🎉\n")
    assert len(found.statements) == 7
    assert next(s.name.location.text for s in found.statements) == "bronze"
    assert found.statements[-1].location.text.startswith("dp.create_auto_cdc_flow(")


def test_blanked_text_is_what_is_parsed():
    text = f"%pip install x\n{DP}@dp.table\ndef t():\n{STREAM}"
    source = Source("c", "1", text)
    (found,) = read(source.whole(), " " * 14 + text[14:]).statements
    assert found.name.location.text == "t"


@pytest.mark.parametrize(
    "broken, kind",
    [
        ("print 'x'", "python"),
        ("x = = 1", "python"),
        ("def broken(:\n    pass", "python"),
        ("x = 'never closed", "python"),
        ("\0", "python"),
        ("x = " + "9" * 5000, "python"),
        ("x = " + "(" * 100_000, "too-deep"),
        ("x = " + "-" * 50_000 + "1", "too-deep"),
        ("x = " + "[" * 150 + "]" * 150, None),
    ],
    ids=lambda v: str(v)[:12],
)
def test_one_bad_statement_costs_only_itself(broken, kind):
    text = f"{DP}@dp.table\ndef a():\n{STREAM}\n{broken}\n\n@dp.table\ndef b():\n{STREAM}"
    found = read_checked(text)
    names = [str(s.name) for s in found.statements]
    assert names == ["a", "b"] or (broken.startswith("x = ((") and names == ["a"])
    assert [p.kind for p in found.problems] == ([kind] if kind else [])
    assert all(p.message[0].islower() for p in found.problems)


@pytest.mark.parametrize(
    "text",
    [
        "x = 'ab'\nfor i in range(5000):\n    x = x + x\n    x = x.replace('a', x)\n",
        "l = ['a']\nfor i in range(5000):\n    l = l + l\n    l.extend(l)\n    l = [*l, *l]\n",
        "def g(n):\n    return g(n + 1).union(g(n + 2))\ng(0)\n",
        "".join(f"def g{i}():\n    return g{i + 1}().union(g{i + 1}())\n" for i in range(60)) + "g0()\n",
        "for i in range(1000):\n    for j in range(1000):\n        for k in range(1000):\n            x = i\n",
        "x = '%999999999d' % 1\ny = f'{1:>999999999}'\nz = '{:999999999}'.format(1)\nw = 'a' * 10 ** 12\n",
        "x = 10\nfor i in range(9000):\n    x = x * x\n",
        "x = '" + "é" * 3_000_000 + "'\n",
        "x = spark.table('a')" + ".select('a')" * 400 + "\n",
        "x = " + " + ".join(["'a'"] * 500) + "\n",
    ],
    ids=range(10),
)
def test_time_is_bounded(text):
    found = assert_quick(lambda: read_checked(f"{DP}{text}@dp.table\ndef a():\n{STREAM}"), 20)
    assert [str(s.name) for s in found.statements] == ["a"]


def test_time_grows_with_the_text():
    def seconds(count: int) -> float:
        text = DP + "".join(f"@dp.table(name='t{i}')\ndef f{i}():\n{STREAM}" for i in range(count))
        assert len(read(Source("p.py", None, text).whole()).statements) == count
        return cpu_seconds(lambda: read(Source("p.py", None, text).whole()))

    assert seconds(2000) < 40 * max(seconds(200), 0.01)  # 10 where a machine has nothing else to do
