"""The expression reader and its edits: what needs nothing stays, what is broken does no harm."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.sail import Refused, for_sail
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.intervals import interval_text
from ldp_magic.sql.sail.literals import java_double, string_value
from ldp_magic.sql.sail.queries import Queries
from tests.benchmarks import cpu_seconds
from tests.clock import assert_quick

COLUMNS = {
    ("t",): [("i", "int"), ("l", "bigint"), ("d", "double"), ("m", "decimal(10,2)"), ("s", "string"), ("dt", "date"),
             ("ts", "timestamp"), ("a", "array<int>"), ("mp", "map<string,int>")],
}  # fmt: skip


def made(text: str) -> str:
    """The new text, of columns with every type."""
    return for_sail(text, lambda name: COLUMNS.get(name)).text


@pytest.mark.parametrize(
    "text",
    [
        "SELECT i, l FROM t",
        "SELECT count(*) AS n FROM t WHERE s = 'x' GROUP BY dt",
        "select  T.I\tfrom t -- a comment with 'quotes' and f(\n where i>1",
        "SELECT /* sum(l) */ upper(s) AS u FROM t",
        "SELECT 'a\\'b' AS x, r'\\d' AS y, \"z\" AS w FROM t",
        "SELECT '😀' AS `é` FROM t\r\nWHERE s LIKE '😀%'",
        "SELECT * FROM t",
        "",
        ";",
        "not a query at all (",
    ],
)
def test_what_needs_nothing_stays(text: str) -> None:
    assert made(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 'it''s' AS x", "SELECT 'it\\'s' AS x"),
        ('SELECT "a""b" AS x', 'SELECT "a\\"b" AS x'),
        ("SELECT r'it''s' AS x", "SELECT r'it''s' AS x"),
        ("SELECT i+1 AS j FROM t", "SELECT CAST(CAST(i AS BIGINT) + 1 AS INT) AS j FROM t"),
        ("SELECT d + 1 AS j FROM t", "SELECT d + 1 AS j FROM t"),
        ("SELECT i + 1 AS j FROM elsewhere", "SELECT i + 1 AS j FROM elsewhere"),
        ("SELECT m + 1 AS j FROM t", "SELECT (m + (1BD)) AS j FROM t"),
        ("SELECT i IS NULL FROM t", "SELECT i IS NULL AS `(i IS NULL)` FROM t"),
        ("SELECT s / 2 AS x FROM t", "SELECT (CAST(s AS DOUBLE) / 2) AS x FROM t"),
        ("SELECT l + 1 AS x FROM t", "SELECT if(abs(CAST(l AS DOUBLE) + CAST(1 AS DOUBLE)) > 9e18D, CAST(CAST(l AS DECIMAL(20,0)) + CAST(1 AS DECIMAL(20,0)) AS BIGINT), l + 1) AS x FROM t"),
        ("SELECT explode(mp) FROM t", "SELECT inline(map_entries(mp)) FROM t"),
        ("SELECT x FROM (SELECT weekday(dt) AS x FROM t)", "SELECT x FROM (SELECT pmod(weekday(dt), 7) AS x FROM t)"),
        ("WITH w AS (SELECT weekday(dt) AS x FROM t) SELECT x FROM w", "WITH w AS (SELECT pmod(weekday(dt), 7) AS x FROM t) SELECT x FROM w"),
        ("SELECT i FROM t WHERE weekday(dt) /* c */ = 1", "SELECT i FROM t WHERE pmod(weekday(dt), 7) /* c */ = 1"),
        ("SELECT datediff( dt , /* ) */ dt ) AS x FROM t", "SELECT CAST(datediff(dt, dt) AS INT) AS x FROM t"),
        ("SELECT max(t.s LIKE 'a') AS x, s RLIKE 'b' AS y FROM t", "SELECT max(t.s LIKE 'a') AS x, s RLIKE 'b' AS y FROM t"),
        ("SELECT i LIKE '1%' AS x FROM t", "SELECT CAST(i AS STRING) LIKE '1%' AS x FROM t"),
        ("SELECT nvl(s, 'x') AS x FROM t", "SELECT coalesce(s, 'x') AS x FROM t"),
        ("SELECT sum(m) AS x, count(DISTINCT s) AS n FROM t", "SELECT sum(m) FILTER (WHERE true) AS x, count(DISTINCT s) AS n FROM t"),
        ("SELECT sum(m) AS x, count(s) AS n FROM t", "SELECT sum(m) AS x, count(s) AS n FROM t"),
        ("SELECT s FROM t GROUP BY s HAVING sum(m) > 1.5 AND 2 > count(DISTINCT i)", "SELECT s FROM t GROUP BY s HAVING sum(m) FILTER (WHERE true) > 1.5 AND 2 > count(DISTINCT i)"),
    ],
)  # fmt: skip
def test_rewrites(text: str, expected: str) -> None:
    assert made(text) == expected


def test_a_path_reads_json_without_its_blanks() -> None:
    text = made("SELECT s:a.b[0] AS x FROM t")
    assert text.startswith("SELECT get_json_object(if(s RLIKE ") and text.endswith(", s), '$.a.b[0]') AS x FROM t")


@pytest.mark.parametrize("text", ["SELECT product(d) FROM t", "SELECT get_json_object(s, '$.a[*]') FROM t"])
def test_refusals_say_what_to_do(text: str) -> None:
    with pytest.raises(Refused) as refused:
        made(text)
    assert refused.value.what and refused.value.fix


def test_an_estimate_has_a_label() -> None:
    found = for_sail("SELECT percentile_approx(i, 0.5) AS p FROM t", lambda name: COLUMNS.get(name))
    assert [label.what for label in found.labels] == ["percentile_approx"]
    assert for_sail("SELECT i + l AS x FROM t", lambda name: COLUMNS.get(name)).labels == ()


def test_types_that_are_needed_and_not_known_have_a_label() -> None:
    found = for_sail("SELECT i + l AS x, count(*) AS n FROM nowhere WHERE i > 1 ORDER BY upper(s), x + 1")
    assert [label.what for label in found.labels] == ["upper(s), x + 1, i + l"]
    assert "not known" in found.labels[0].why
    assert for_sail("SELECT i, count(*) AS n FROM nowhere WHERE i = 1 GROUP BY i").labels == ()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "upper(" * 200 + "s" + ")" * 200 + " FROM t",
        "SELECT " + "weekday(" * 200 + "dt" + ")" * 200 + " FROM t",
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT " + " + ".join("i" for _ in range(2000)) + " FROM t",
        "SELECT " + "NOT " * 3000 + "true",
        "SELECT " + "- " * 3000 + "1",
        "SELECT " + "CASE WHEN " * 500,
        "SELECT " + "a[" * 3000,
        "SELECT f(" * 300,
        "SELECT 'open",
        "SELECT `open",
        "SELECT /* open",
        "SELECT a FROM t WHERE (((",
        "SELECT )))(((",
        "SELECT CAST(x AS " + "ARRAY<" * 500,
        "VALUES " + ", ".join(f"({n}, 'x''y')" for n in range(3000)),
        "SELECT a, FROM t",
        "SELECT left(), substring(), decode(1,2,3), log(), max_by(a,b,c,d), zip_with(a), transform(x -> y)",
        "SELECT first(), sum(), explode(), date_add(DAY), extract(FROM x), trim(BOTH), CAST(), interval, CASE END",
    ],
    ids=lambda text: text[:30],
)
def test_broken_and_deep_texts_end_quickly(text: str) -> None:
    def take() -> None:
        with contextlib.suppress(Refused):
            made(text)

    assert_quick(take, 5)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(
    ["SELECT", "FROM", "t", "(", ")", "'it''s'", "weekday", "dt", ",", "AS", "x", "CASE", "WHEN", "END", "+", "-", "->", "::",
     "int", "[", "]", ".", "*", "OVER", "WITHIN", "GROUP", "INTERVAL", "'1'", "DAY", "LIKE", "IN", "NOT", "é", "😀", "\r\n", "--\n",
     "/*", "*/", "`a`", "1.5", ":", "sum", "LATERAL", "VALUES", "WITH", "UNION", "CAST", "{", "}", "<", ">", "EXISTS"]
), max_size=30))  # fmt: skip
def test_any_words_do_no_harm(words: list[str]) -> None:
    with contextlib.suppress(Refused):
        made(" ".join(words))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_does_no_harm(text: str) -> None:
    with contextlib.suppress(Refused):
        made("SELECT " + text)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["i", "upper(s)", "t.l", "coalesce(s, 'a')", "d * 2", "m", "ts", "abs(d)"]), min_size=1, max_size=6),
    st.sampled_from(["", " WHERE i = 1", " WHERE s LIKE 'a%' AND d > 1", " ORDER BY ts", " GROUP BY i"]),
    st.sampled_from([" ", "\n", "\t", " /* c */ ", " -- c\n"]),
)  # fmt: skip
def test_text_without_triggers_is_unchanged(items: list[str], rest: str, gap: str) -> None:
    listed = f"{gap},".join(f"{gap}{item} AS c{n}" for n, item in enumerate(items))
    text = f"SELECT{gap}{listed}{gap}FROM t{rest}"
    assert made(text) == text


def test_a_text_without_rewrites_costs_little() -> None:
    text = (
        "SELECT i, upper(s) AS u, d * 2 AS x FROM t JOIN t AS v ON t.i = v.i WHERE s = 'x' GROUP BY 1, 2, 3 ORDER BY 1"
    )
    made(text)
    assert cpu_seconds(lambda: made(text), times=5) < 0.01  # 2 ms on an idle machine


def shape(node: Node) -> str:
    """An expression in brackets."""
    if node.kind in ("column", "literal", "star"):
        return ".".join(node.names) or node.word
    return f"({node.word or node.kind} {' '.join(map(shape, node.parts))})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * c", "(+ a (* b c))"),
        ("a OR b AND NOT c", "(or a (and b (not c)))"),
        ("NOT a IS NULL", "(not (is null a))"),
        ("a = b IS NULL", "(is null (= a b))"),
        ("a BETWEEN 1 AND 2 AND b", "(and (between a number number) b)"),
        ("a || b + c", "(+ (|| a b) c)"),
        ("a << 1 + 2", "(<< a (+ number number))"),
        ("-a.b[0].c::int", "(- (int (c ([] a.b number))))"),
        ("a NOT IN (1, 2)", "(in a (tuple number number))"),
        ("f(x -> x + 1, (a, b) -> a)", "(f (lambda (+ x number)) (lambda a))"),
        ("CASE a WHEN 1 THEN b ELSE c END", "(case a number b c)"),
        ("x:a.b[0]::int + 1", "(+ (int (path x)) number)"),
    ],
)
def test_precedence(text: str, expected: str) -> None:
    queries = Queries(tokens_of(f"SELECT {text}"))
    queries.read()
    assert shape(queries.every[0].outputs[0].value) == expected


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1 DAY", "INTERVAL '1' DAY"),
        ("'1' YEAR", "INTERVAL '1' YEAR"),
        ("90 MINUTES", "INTERVAL '90' MINUTE"),
        ("1 WEEK", "INTERVAL '7' DAY"),
        ("5 days 3 hours 7 minutes", "INTERVAL '5 03:07' DAY TO MINUTE"),
        ("5 hours 30 seconds 1 milliseconds 1 microseconds", "INTERVAL '05:00:30.001001' HOUR TO SECOND"),
        ("'1 day 2 hours'", "INTERVAL '1 02' DAY TO HOUR"),
        ("-'100' YEAR", "INTERVAL '-100' YEAR"),
        ("x DAY", ""),
        ("1 MONTH 1 DAY", ""),
    ],
)
def test_intervals_are_shown_as_spark_shows_them(written: str, shown: str) -> None:
    assert interval_text(written) == shown


def test_literals() -> None:
    assert [java_double(v) for v in (1.0, 1e7, 1.5e-5, 123456789.125, -0.0, 1e21)] == [
        "1.0", "1.0E7", "1.5E-5", "1.23456789125E8", "-0.0", "1.0E21",
    ]  # fmt: skip
    assert [string_value(s) for s in ("'it''s'", "'a\\nb'", "r'a\\n'", "'\\u00e9'", "'\\101'", "'\\_'")] == [
        "it's", "a\nb", "a\\n", "é", "A", "\\_",
    ]  # fmt: skip
