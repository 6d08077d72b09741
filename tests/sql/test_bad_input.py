"""Bad input: one clear problem each, never an exception, never a hang, and what stands around it is read."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ldp_magic.sql import read
from ldp_magic.sql.facts import Facts
from ldp_magic.sql.model import Query, Script, Unsupported
from ldp_magic.sql.query import expression_facts, facts_of
from ldp_magic.text import Location, Source
from tests.benchmarks import cpu_seconds
from tests.clock import assert_quick
from tests.sql import mutation
from tests.sql.test_facts import spans_in

TEXTS = mutation.texts()
SECONDS = 2.0  # for one short text on a slow and busy machine; each takes a millisecond or so


def read_text(text: str) -> Script:
    return read(Source("t.sql", None, text).whole())


def locations_in(value: Any) -> Iterator[Location]:
    if isinstance(value, Location):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from locations_in(item)
    elif is_dataclass(value) and not isinstance(value, Source):
        for f in fields(value):
            yield from locations_in(getattr(value, f.name))


def queries_in(value: Any) -> Iterator[Query]:
    if isinstance(value, Query):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from queries_in(item)
    elif is_dataclass(value) and not isinstance(value, (Source, Location)):
        for f in fields(value):
            yield from queries_in(getattr(value, f.name))


def assert_sound_facts(facts: Facts, text: str) -> None:
    assert facts.text == text
    assert (facts.failure is None) == (facts.root is not None)
    for span in spans_in(facts):
        assert 0 <= span.start <= span.end <= len(text), (span, text)
    if facts.failure is not None:
        assert facts.failure.message


def assert_sound_script(script: Script, text: str) -> None:
    for location in locations_in((script.statements, script.problems)):
        assert 0 <= location.start <= location.end <= len(text), (location, text)
    for problem in script.problems:
        assert problem.message and "Traceback" not in problem.message
    for query in queries_in(script.statements):
        assert query.text == query.location.text
        assert_sound_facts(query.facts, query.text)


def assert_sound(text: str) -> None:
    """All three readers take *text*."""

    def take() -> None:
        assert_sound_script(read_text(text), text)
        assert_sound_facts(facts_of(text), text)
        assert_sound_facts(expression_facts(text), text)

    assert_quick(take, SECONDS, text)


def take_damage(rng: random.Random, count: int) -> None:
    for _ in range(count):
        text = mutation.damaged(rng.choice(TEXTS), rng)
        if rng.random() < 0.2:
            text += "\n" + mutation.damaged(rng.choice(TEXTS), rng)
        try:
            assert_sound(text)
        except Exception as error:
            raise AssertionError(repr(text)) from error


@pytest.mark.parametrize("seed", range(10))
def test_damaged_texts(seed: int) -> None:
    take_damage(random.Random(seed), 150)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1050))
def test_damaged_texts_for_long(seed: int) -> None:
    take_damage(random.Random(seed), 4000)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from([*mutation.SCRAPS, *"abc123 \n", " "]) | st.text(max_size=3), max_size=40))
def test_words_and_marks_in_any_order(pieces: list[str]) -> None:
    assert_sound("".join(pieces))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_text(data: bytes) -> None:
    assert_sound(data.decode("utf-8", errors="replace"))
    assert_sound(data.decode("latin-1"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM STREAM t CHANGES FROM VERSION",
        "SELECT * FROM STREAM t IDENTIFIED BY",
        "SELECT * FROM STREAM t WITH (",
        "SELECT * FROM STREAM t WATERMARK a DELAY OF",
        "WITH RECURSIVE r MAX RECURSION LEVEL",
        "SELECT * FROM t FOR SYSTEM_VERSION",
        "FROM t |> SET a =",
        "SELECT * FROM t@",
    ],
)
def test_a_clause_cut_off(text: str) -> None:
    assert_sound(text)


@pytest.mark.parametrize("text", TEXTS[::7], ids=lambda t: t[:40])
def test_a_text_cut_off_anywhere(text: str) -> None:
    for end in range(0, len(text), max(len(text) // 12, 1)):
        assert_sound(text[:end])


# -- nothing, or next to nothing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "\r", "\r\n", ";", ";;;", " ; ; ", "\ufeff", "\ufeff;", "-- x", "/* x */", "\t\v\f"]
)
def test_nothing_is_nothing(text: str) -> None:
    assert read_text(text) == Script()
    assert_sound(text)


def test_a_byte_order_mark_and_old_line_ends() -> None:
    text = "\ufeffCREATE STREAMING TABLE a\r-- note\rAS SELECT 1 AS x FROM STREAM s;\rCREATE VIEW b AS SELECT 2 AS y\r"
    script = read_text(text)
    assert [str(s.name) for s in script.statements] == ["a", "b"]  # type: ignore[union-attr]
    assert script.problems == ()
    assert script.statements[1].query.facts.failure is None  # type: ignore[union-attr]


# -- one problem each, the rest is read -----------------------------------------------------------------------

GOOD = "CREATE STREAMING TABLE good_{n} AS SELECT * FROM STREAM s"
BAD = {
    "no name": "CREATE STREAMING TABLE",
    "unclosed bracket": "CREATE STREAMING TABLE t (a INT AS SELECT 1 AS a",
    "unknown clause": "CREATE STREAMING TABLE t FROBNICATE BY 3 AS SELECT 1 AS a",
    "unknown statement": "CERATE STREAMING TABLE t",
    "flow without body": "CREATE FLOW f AS",
    "flow into nothing": "CREATE FLOW f AS INSERT INTO",
    "no keys": "CREATE FLOW f AS AUTO CDC INTO t FROM s KEYS",
    "unknown CDC clause": "CREATE FLOW f AS AUTO CDC INTO t FROM s KEYS (k) STORED AS SCD TYPE 2 FROBNICATE",
    "no condition": "CREATE STREAMING TABLE t (CONSTRAINT c EXPECT ()) AS SELECT 1 AS a",
    "missing AS": "CREATE STREAMING TABLE t SELECT 1 AS a",
    "missing comma": "CREATE STREAMING TABLE t (CONSTRAINT c EXPECT (a) CONSTRAINT d EXPECT (b)) AS SELECT 1 AS a",
    "schedule of nothing": "CREATE MATERIALIZED VIEW t SCHEDULE AS SELECT 1 AS a",
    "use of nothing": "USE",
}


@pytest.mark.parametrize("one", BAD)
@pytest.mark.parametrize("other", ["no name", "unknown clause", "unknown CDC clause"])
def test_two_mistakes_are_two_problems_and_the_rest_is_read(one: str, other: str) -> None:
    texts = [GOOD.format(n=1), BAD[one], GOOD.format(n=2), BAD[other], GOOD.format(n=3)]
    script = read_text(";\n".join(texts))
    names = [str(s.name) for s in script.statements if hasattr(s, "name")]
    assert [n for n in names if n.startswith("good")] == ["good_1", "good_2", "good_3"]
    lines = [problem.location.first.line for problem in script.problems]
    assert set(lines) == {2, 4}, script.problems
    assert lines == [2, 4]


@pytest.mark.parametrize("quote", ["'", '"', "`", "/*"])
def test_what_is_never_closed_is_one_problem(quote: str) -> None:
    text = f"{GOOD.format(n=1)};\nCREATE VIEW v COMMENT {quote}abc AS SELECT 1 AS a;\n{GOOD.format(n=2)};"
    script = read_text(text)
    assert sum("never closed" in p.message for p in script.problems) == 1
    names = [str(s.name) for s in script.statements if hasattr(s, "name")]
    assert "good_1" in names and ("good_2" in names or quote == "/*")
    assert_sound(text)


# -- size and depth -------------------------------------------------------------------------------------------

DEEP: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "SELECT " + "(" * n + "1" + ")" * n,
    "open brackets": lambda n: "SELECT " + "(" * n,
    "closing brackets": lambda n: "SELECT 1" + ")" * n,
    "square brackets": lambda n: "SELECT a" + "[" * n + "0" + "]" * n,
    "braces": lambda n: "SELECT " + "{" * n,
    "subqueries": lambda n: "SELECT * FROM " + "(SELECT * FROM " * n + "t" + ")" * n,
    "calls": lambda n: "SELECT " + "struct(" * n + "1" + ")" * n,
    "types": lambda n: "SELECT cast(a AS " + "ARRAY<" * n + "INT" + ">" * n + ")",
    "not": lambda n: "SELECT " + "NOT " * n + "a",
    "minus": lambda n: "SELECT " + "- " * n + "1",
    "case": lambda n: "SELECT " + "CASE WHEN a THEN " * n + "1" + " END" * n,
    "and": lambda n: "SELECT * FROM t WHERE " + " AND ".join(["a = 1"] * n),
    "or": lambda n: "SELECT * FROM t WHERE " + " OR ".join(["a"] * n),
    "plus": lambda n: "SELECT " + " + ".join(["1"] * n),
    "concat": lambda n: "SELECT " + " || ".join(["'a'"] * n),
    "dots": lambda n: "SELECT a" + ".b" * n,
    "subscripts": lambda n: "SELECT a" + "[0]" * n,
    "casts": lambda n: "SELECT a" + "::int" * n,
    "paths": lambda n: "SELECT a" + ":b" * n,
    "lambdas": lambda n: "SELECT f(" + "x -> " * n + "1)",
    "unions": lambda n: " UNION ALL ".join(["SELECT 1 AS a"] * n),
    "excepts": lambda n: " EXCEPT ".join(["(SELECT 1)"] * n),
    "joins": lambda n: "SELECT * FROM t" + " JOIN t ON a = b" * n,
    "open joins": lambda n: "SELECT * FROM t" + " JOIN t" * n + " ON a = b" * n,
    "commas": lambda n: "SELECT * FROM t" + ", t" * n,
    "withs": lambda n: "WITH a AS (" * n,
    "ctes": lambda n: "WITH " + ", ".join(f"c{i} AS (SELECT 1)" for i in range(n)) + " SELECT * FROM c0",
    "pipes": lambda n: "FROM t" + " |> WHERE a" * n,
    "columns": lambda n: "SELECT " + ", ".join(["a"] * n) + " FROM t",
    "watermarks": lambda n: "SELECT * FROM STREAM t" + " WATERMARK a" * n,
    "streams": lambda n: "SELECT * FROM " + "STREAM(" * n + "t" + ")" * n,
    "options": lambda n: "SELECT * FROM STREAM t" + " WITH (a = 1)" * n,
    "windows": lambda n: "SELECT " + ", ".join(["sum(a) OVER (PARTITION BY b)"] * n) + " FROM t",
    "laterals": lambda n: "SELECT * FROM t" + " LATERAL VIEW explode(a) x AS y" * n,
    "strings": lambda n: "SELECT " + "'a' " * n,
    "open quotes": lambda n: "SELECT " + "'a\n" * n,
    "block comments": lambda n: "SELECT 1 " + "/*" * n,
    "closed comments": lambda n: "SELECT " + "/* a */ " * n + "1",
    "parameters": lambda n: "SELECT " + "${a}" * n,
    "semicolons": lambda n: ";" * n,
    "columns of a table": lambda n: "CREATE STREAMING TABLE t (" + ", ".join(f"c{i} INT" for i in range(n)) + ")",
    "expectations": lambda n: "CREATE STREAMING TABLE t (" + "CONSTRAINT c EXPECT (a), " * n + "a INT)",
    "words": lambda n: "CREATE STREAMING TABLE t " + "WORD " * n,
    "creates": lambda n: "CREATE " * n,
    "create tables": lambda n: "CREATE STREAMING TABLE " * n,
    "clauses": lambda n: "CREATE STREAMING TABLE t " + "COMMENT 'a' " * n,
    "keys": lambda n: "CREATE FLOW f AS AUTO CDC INTO t FROM s KEYS " * n,
    "struct fields": lambda n: "CREATE STREAMING TABLE t (a " + "STRUCT<a: " * n + "INT" + ">" * n + ")",
    "shifts": lambda n: "SELECT a " + ">>> " * n + "b",
    "table arguments": lambda n: "SELECT * FROM f(" + "TABLE(t) PARTITION BY a, " * n + "1)",
}


@pytest.mark.parametrize("shape", DEEP)
@pytest.mark.parametrize("size", [150, 2_000])
def test_much_of_one_thing(shape: str, size: int) -> None:
    text = DEEP[shape](size)

    def take() -> None:
        assert_sound_script(read_text(text), text)
        assert_sound_facts(facts_of(text), text)

    assert_quick(take, 5 * SECONDS)


@pytest.mark.parametrize(
    "shape", ["brackets", "open brackets", "subqueries", "types", "not", "creates", "block comments", "open quotes"]
)
def test_a_hundred_thousand_of_one_thing(shape: str) -> None:
    text = DEEP[shape](100_000)

    def take() -> None:
        script = read_text(text)
        found = facts_of(text)
        assert found.failure is not None
        assert_sound_facts(found, text)
        assert_sound_script(Script(problems=script.problems), text)

    assert_quick(take, 10 * SECONDS)


def test_one_statement_of_five_megabytes() -> None:
    text = "CREATE VIEW v AS SELECT " + ", ".join(f"a{i} AS b{i}" for i in range(300_000)) + " FROM t"
    script = read_text(f"{text};\n{GOOD.format(n=1)}")
    assert len(text) > 5_000_000 and len(script.statements) == 2
    failure = script.statements[0].query.facts.failure  # type: ignore[union-attr]
    assert failure is not None and failure.kind == "too-deep"


def test_reading_is_linear() -> None:
    statement = (
        "CREATE OR REFRESH STREAMING TABLE t{n} (a INT, CONSTRAINT c EXPECT (a > 0)) AS SELECT a FROM STREAM s;\n"
    )

    def seconds(count: int) -> float:
        text = "".join(statement.format(n=n) for n in range(count))
        assert len(read_text(text).statements) == count
        return cpu_seconds(lambda: read_text(text), times=2)

    assert seconds(5_000) < 25 * seconds(500)  # 10 where a machine has nothing else to do


@pytest.mark.parametrize("join", ["JOIN", "INNER JOIN", "LEFT JOIN"])
def test_joins_without_conditions_take_no_longer_for_each(join: str) -> None:
    query = "SELECT * FROM a " + " ".join(f"{join} t{n}" for n in range(60))
    facts = assert_quick(lambda: facts_of(query), 2)
    assert facts.failure is not None or len(facts.relations) == 61


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("CREATE STREAMING TABEL t AS SELECT 1", "nothing is called TABEL here; TABLE is", "TABEL"),
        (
            "CREATE OR REFRESH MATERIALISED VIEW v AS SELECT 1",
            "nothing is called MATERIALISED here; MATERIALIZED is",
            "MATERIALISED",
        ),
        ("create temporary veiw v as select 1", "nothing is called veiw here; VIEW is", "veiw"),
        ("CREATE OR REFRESH STREAMING t AS SELECT 1", "TABLE is missing, found t", "t"),
        ("CREATE OR REFRESH t AS SELECT 1", "TABLE or VIEW is missing, found t", "t"),
    ],
)
def test_a_dataset_whose_kind_is_misspelt_is_no_other_statement(text: str, message: str, at: str):
    script = read(Source("a.sql", None, text).whole())
    assert not script.statements
    assert [(p.kind, p.message, p.location.text) for p in script.problems] == [("syntax", message, at)]


@pytest.mark.parametrize(
    "text",
    ["CREATE FUNCTION f() RETURNS INT RETURN 1", "CREATE OR REPLACE TEMPORARY FUNCTION f AS 'x'", "CREATE ROLE r"],
)
def test_what_is_created_otherwise_is_another_statement(text: str):
    script = read(Source("a.sql", None, text).whole())
    assert not script.problems and isinstance(script.statements[0], Unsupported)


@pytest.mark.parametrize(
    ("clause", "hint"),
    [
        ("COMENT 'x'", "; COMMENT is"),
        ("CLUSTERED BY (a)", "; CLUSTER BY is"),
        ("TBLPROPERTY ('a' = 'b')", "; TBLPROPERTIES is"),
        ("RETAIN 7 DAYS", ""),
    ],
)
def test_a_clause_that_is_nearly_one(clause: str, hint: str):
    script = read(Source("a.sql", None, f"CREATE STREAMING TABLE t {clause} AS SELECT a FROM STREAM(s)").whole())
    assert [p.message for p in script.problems] == [f"no clause is called {clause}{hint}"]


def test_brackets_that_are_never_closed_take_no_longer_for_each() -> None:
    query = "SELECT * FROM t " + "JOIN (u JOIN FROM t " * 60 + "JOIN v ON u.a = v.a) ON t.a = u.a"
    failure = assert_quick(lambda: facts_of(query), 1).failure
    assert failure is not None and failure.message == "this ( is never closed"
