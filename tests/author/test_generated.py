"""What holds for any pipeline: its edges stay, nothing is lost, the result is clean; hostile text is answered."""

from __future__ import annotations

import random
import re

import pytest

from ldp_magic.author.convert import conversion
from ldp_magic.cells import Cell
from ldp_magic.lint.run import Linter
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.project import Members, graph
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Source
from tests.author.batches import Batches
from tests.benchmarks import cpu_seconds
from tests.clock import assert_quick

# true of the original as well: files without a schema or read whole, windows over all rows, views that nobody reads
_THE_AUTHORS = {"LDP606", "LDP607", "LDP608", "LDP204", "LDP212"}
_KEYWORDS = "CREATE TABLE VIEW AS SELECT FROM INSERT INTO OVERWRITE UNION ALL GROUP BY WHERE AND RIGHT JOIN ON STREAM"
_OTHERS = "( ) , ; ' ` \" -- /* */ t a . date(ts) ${x} BEGIN END MERGE VALUES WITH IN ORDER LIMIT CONSTRAINT 1 *"
_WORDS = [
    *_KEYWORDS.split(),
    *_OTHERS.split(),
    *("\n", "\r\n", "😀", "\ufeff", "\0"),
]


def pipeline(text: str) -> Pipeline:
    return graph(Members(name="a", cells=(Cell(Source("a.sql", None, text), "sql"),), origin="a test"))


def as_tables(text: str) -> str:
    """Batch SQL that the graph can read: every table a materialized view."""
    text = re.sub(r"CREATE TABLE \w+ \([^()]*\);", "", text, flags=re.IGNORECASE)
    text = re.sub(r"INSERT OVERWRITE (\w+)", r"CREATE TABLE \1 AS", text, flags=re.IGNORECASE)
    return re.sub(r"CREATE (OR REPLACE )?TABLE", "CREATE MATERIALIZED VIEW", text, flags=re.IGNORECASE)


def edges(of: Pipeline) -> set[tuple[str, str]]:
    """Who reads what; a folder is the same however it is read."""
    return {(re.sub(r".*(/in/\w+).*", r"\1", r.name), n) for n, d in of.datasets.items() for r in d.reads}


def comments(text: str) -> list[str]:
    return sorted(text[s:e].rstrip() for s, e in tokens_of(text).comments)


def literals(text: str) -> set[str]:
    return {word for word in re.findall(r"'[^']*'", text) if re.match(r"'l\d+'", word, re.IGNORECASE)}


@pytest.mark.parametrize("seed", range(60))
def test_any_pipeline(seed: int):
    batches = Batches(seed)
    for _ in range(5):
        text = batches.pipeline()
        found = conversion([Source("a.sql", None, text)])
        (new,) = found.texts.values()
        assert not found.left, text
        assert edges(pipeline(new)) == edges(pipeline(as_tables(text))), new
        told = [
            c for c in comments(new) if not re.match(r"-- (streaming table|materialized view|view|temporary view): ", c)
        ]
        assert told == comments(text), new
        assert literals(text) <= literals(new), new
        said = [f for f in Linter().lint(pipeline(new)) if f.severity != "info" and f.code not in _THE_AUTHORS]
        assert not said, (said[0].code, said[0].message, text, new)
        again = conversion([Source("a.sql", None, new)])
        assert list(again.texts.values()) == [new]
        assert "\r\n" not in text or "\n" not in new.replace("\r\n", ""), new


@pytest.mark.parametrize("seed", range(8))
def test_hostile_text_is_answered(seed: int):
    chance, batches = random.Random(seed), Batches(seed)
    for _ in range(40):
        text = batches.pipeline()
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(text) + 1)
            cut = at + chance.choice([0, 0, chance.randint(1, 40)])
            text = text[:at] + chance.choice(["", chance.choice(_WORDS), f" {chance.choice(_WORDS)} "]) + text[cut:]
        source = Source("a.sql", None, text)
        found = conversion([source])
        (new,) = found.texts.values()
        for one in found.left:
            assert 0 <= one.location.start <= one.location.end <= len(text) and one.why
        assert list(conversion([Source("a.sql", None, new)]).texts.values()) == [new], text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("\ufeff  -- only a comment", id="a comment"),
        pytest.param(";;;", id="semicolons"),
        pytest.param("(" * 20_000, id="brackets"),
        pytest.param("CREATE TABLE a AS SELECT " + "(" * 5000 + "1" + ")" * 5000, id="a deep query"),
        pytest.param("INSERT INTO t SELECT 1;" * 2000, id="many inserts"),
        pytest.param("BEGIN " * 3000, id="begins"),
        pytest.param(
            "CREATE TABLE a AS SELECT * FROM b WHERE " + " AND ".join(f"c{n} > {n}" for n in range(3000)), id="long"
        ),
        pytest.param("MERGE INTO a USING b ON " + "(" * 500, id="a merge"),
        pytest.param("'" * 5000, id="quotes"),
        pytest.param("/*" * 5000, id="comments"),
    ],
)
def test_odd_texts_end_in_time(text: str):
    (new,) = assert_quick(lambda: conversion([Source("a.sql", None, text)]), 20).texts.values()
    assert isinstance(new, str)


def test_the_time_grows_with_the_text():
    def seconds(count: int) -> float:
        some = "".join(
            f"-- c\nCREATE TABLE t{n} AS SELECT id, a{n} FROM t{n - 1} WHERE id > {n};\n" for n in range(1, count)
        )
        text = "CREATE TABLE t0 AS SELECT * FROM raw.t;\n" + some
        return cpu_seconds(lambda: conversion([Source("a.sql", None, text)]), times=2)

    assert seconds(1000) < 12 * seconds(200) + 1
