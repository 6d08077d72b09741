"""What a query that cannot be read says to its author: the word that is wrong, and what was probably meant."""

from __future__ import annotations

import pytest

import ldp_magic
from ldp_magic.sql.query import expression_facts, facts_of


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT id sum(n) AS s FROM t", "a comma may be missing before sum"),
        ("SELECT a b c FROM t", "a comma may be missing before c"),
        ("SELECT a b.c FROM t", "a comma may be missing before b"),
        ("SELECT count(*) n sum(x) FROM t", "a comma may be missing before sum"),
        ("SELECT a FROM t GROUP BY (a) b", "a comma may be missing before b"),
        ("SELECT größe gewicht länge FROM t", "a comma may be missing before länge"),
        ("SELECT a FORM t", "did you mean FROM instead of FORM?"),
        ("SELECT a FROM t WERE a = 1", "did you mean WHERE instead of WERE?"),
        ("SELECT a FROM t x LEFT JION u ON x.a = u.a", "did you mean JOIN instead of JION?"),
        ("SELECT a FROM t WHERE a = 1 GROUPBY a", "did you mean GROUP BY instead of GROUPBY?"),
        ("SELEC a FROM t", "did you mean SELECT instead of SELEC?"),
        ("SELECT a FROM t GROUP a", "BY is missing after GROUP"),
        ("SELECT a FROM t ORDER a", "BY is missing after ORDER"),
        ("WITH a AS SELECT 1 SELECT * FROM a", "the query of a WITH stands in parentheses"),
        ("WITH a AS (SELECT 1), SELECT * FROM a", "the comma before SELECT is one too many"),
        ("SELECT a FROM t WHERE", "something has to follow it"),
        ("SELECT a FROM t WHERE a = 1 and", "something has to follow it"),
    ],
)
def test_a_guess_that_helps(query: str, why: str):
    failure = facts_of(query).failure
    assert failure is not None and failure.why == why


@pytest.mark.parametrize(
    "query",
    ["SELECT a FROM t x y", "SELECT a FROM t = 3", "SELECT a b orders FROM t WHERE b 3", "SELECT (", "SELECT a.", ""],
)
def test_no_guess_where_nothing_is_sure(query: str):
    failure = facts_of(query).failure
    assert failure is not None and "did you mean" not in failure.why


@pytest.mark.parametrize(
    ("query", "message", "at"),
    [
        ("SELECT a, sum(b FROM t", "this ( is never closed", 13),
        ("SELECT a) FROM t", "this ) closes nothing", 8),
        ("STREAM(t", "this ( is never closed", 6),
        ("SELECT a, b, FROM t", "this comma is one too many", 11),
        ("SELECT a,\n\nFROM (SELECT 1 AS a)", "this comma is one too many", 8),
    ],
)
def test_brackets_and_commas_are_named_where_they_stand(query: str, message: str, at: int):
    failure = facts_of(query).failure
    assert failure is not None and (failure.message, failure.span.start) == (message, at)


@pytest.mark.parametrize("query", ["SELECT `a`, from FROM t", "SELECT a, `from` FROM t", "SELECT a, b FROM t, u"])
def test_a_comma_before_something(query: str):
    failure = facts_of(query).failure
    assert failure is None or "comma" not in failure.message


def test_a_condition_is_helped_too():
    failure = expression_facts("coalesce(a, b").failure
    assert failure is not None and (failure.message, failure.span.start) == ("this ( is never closed", 8)


def test_the_linter_says_why():
    text = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id sum(n) AS s FROM t GROUP BY id;"
    found = next(iter(ldp_magic.lint(text=text)))
    assert (found.code, found.why) == ("LDP001", "a comma may be missing before sum")
