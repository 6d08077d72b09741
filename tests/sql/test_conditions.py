"""Conditions that never tell two rows apart, and those that only look so."""

import pytest

from ldp_magic.sql.conditions import constant
from ldp_magic.sql.query import expression_facts


@pytest.mark.parametrize(
    "condition, said",
    [
        ("1 = 1", "reads no column"),
        ("now() > '2020-01-01'", "reads no column"),
        ("a = a", "compares something with itself"),
        ("s.a <> s.a", "compares something with itself, which is never true"),
        ("(a IS NOT NULL) AND (b >= b)", "compares something with itself"),
        ("x > 5 AND x < 3", "asks of x what no value is"),
        ("5 < x AND 3 > `x`", "asks of x what no value is"),
        ("x > 5 AND x <= 5", "asks of x what no value is"),
        ("x BETWEEN 5 AND -1.5", "asks of x what no value is"),
        ("a = 'x' AND a = 'y'", "asks of a what no value is"),
        ("a = 1 AND a = 2", "asks of a what no value is"),
        ("a IS NULL AND a > 1", "asks of a what no value is"),
        ("a IS NULL OR a IS NOT NULL", "is true for every row"),
    ],
)
def test_what_is_the_same_for_every_row(condition, said):
    assert constant(expression_facts(condition)) == said


@pytest.mark.parametrize(
    "condition",
    [
        "a = b",
        "x >= 5 AND x <= 5",
        "x > -5 AND x < -3",
        "x > 3 OR x < 5",
        "NOT (x > 5 AND x < 3)",
        "a IS NULL OR a > 0",
        "a IS NOT NULL OR b IS NULL",
        "x > 1 AND y < 0",
        "a = 'x' AND a = b",
        "rand() < 0.5",
        "'${env}' = 'prod'",
        "count(*) > 0",
        "a IN (SELECT 1)",
        "a >",
        "",
    ],
)
def test_what_may_differ_or_cannot_be_known(condition):
    assert constant(expression_facts(condition)) == ""
