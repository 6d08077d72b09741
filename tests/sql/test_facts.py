"""What queries say: hundreds of them in a golden file, every span as its text; and that layout changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

import pytest

from ldp_magic.sql.facts import Facts, Select
from ldp_magic.sql.query import expression_facts, facts_of
from ldp_magic.text import Span
from tests.sql.rendering import Case, golden, rendered

CASES = golden()
READ = [c for c in CASES if facts_of(c.query).failure is None]


def spans_in(value: Any) -> Iterator[Span]:
    """Every span below a value; sqlglot's tree is none of ours."""
    stack, seen = [value], set()
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Span):
            yield value
        elif isinstance(value, (tuple, list)):
            stack += value
        elif isinstance(value, dict):
            stack += value.values()
        elif is_dataclass(value):
            stack += [getattr(value, f.name) for f in fields(value) if f.name != "tree"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_a_query_says(case: Case) -> None:
    assert rendered(facts_of(case.query)) == list(case.said), "python -m tests.sql.rendering, and read the diff"


def test_all_that_spark_reads_is_read() -> None:
    assert [c.query for c in CASES if c.in_spark and facts_of(c.query).failure is not None] == []
    assert sum(c.in_spark for c in CASES) > 550


@pytest.mark.parametrize("case", CASES, ids=str)
def test_spans_begin_and_end_at_something(case: Case) -> None:
    for span in spans_in(facts_of(case.query)):
        text = case.query[span.start : span.end]
        assert 0 <= span.start <= span.end <= len(case.query)
        assert text == text.strip()


# -- layout ------------------------------------------------------------------------------------------------

_PIECE = re.compile(
    r"""[rRxX]?'(?:[^'\\]|\\.|'')*'|[rR]?"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|/\*.*?\*/(?:\s*\*/)?|--.*|\d[\w.]*(?:[eE][-+]\d+)?"""
    r"""|(?:\w|\$\{[^}]*\})+(?:$|(?=\W))|->>?|<=>|[|<>=!?:]+|\S""",
)
LAYOUTS = {"lines": "\n", "windows": "\r\n\t", "comments": " /* ' (/* deep */ ; */ ", "dashes": " -- it's `(\n"}
# Here a gap means something else: JSON paths and :parameters, versions behind @, raw strings, >> that closes two types.
_GLUED = re.compile(r":|@|\?|--|/\*|\brange_between\b|<.*>>|>>>|!<|\$[^{]|\w-\w|\.\d|\d\.|'\w+'\s*'|\|> ?SET")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_changes_nothing(layout: str) -> None:
    checked = 0
    for case in READ:
        if _GLUED.search(case.query):
            continue
        pieces = _PIECE.findall(case.query)
        text = "".join(a + _gap(a, b, LAYOUTS[layout]) for a, b in pairwise([*pieces, ""]))
        assert folded(rendered(facts_of(text))) == folded(list(case.said)), text
        checked += 1
    assert checked > 400


def _gap(before: str, after: str, gap: str) -> str:
    return gap if after and before != "." and after != "." else ""


def folded(lines: list[str]) -> str:
    text = "\n".join(lines)
    for gap in ("comments", "dashes"):
        text = text.replace(LAYOUTS[gap], "")
    return re.sub(r"\s+", "", text)


# -- single questions --------------------------------------------------------------------------------------


def only(facts: Facts) -> Select:
    assert facts.failure is None, facts.failure
    return facts.selects[-1]


def said(text: str, span: Span | None) -> str | None:
    return None if span is None else text[span.start : span.end]


@pytest.mark.parametrize(
    "text, relation, streaming",
    [
        ("STREAM(orders)", "orders", True),
        ("STREAM a.b.c", "a.b.c", True),
        ("orders", "orders", False),
        ("LIVE.orders", "LIVE.orders", False),
        ("STREAM read_files('/p', format => 'json')", "read_files(/p)", True),
        ("`odd name`", "odd name", False),
    ],
)
def test_a_relation_alone(text: str, relation: str, streaming: bool) -> None:
    (found,) = facts_of(text).relations
    assert (found.label, found.streaming) == (relation, streaming)
    assert said(text, found.whole) == text


@pytest.mark.parametrize(
    "text, columns, calls",
    [
        ("a > 1", ["a"], []),
        ("a.b IS NOT NULL AND upper(c) = 'x'", ["a.b", "c"], ["upper"]),
        ("count(*) > 1", [], ["count"]),
        ("a:b.c::int > :most", ["a"], []),
        ("exists(a, x -> x > b)", ["a", "b"], ["exists"]),
        ("a IN (SELECT b FROM c)", ["a"], []),
    ],
)
def test_an_expression(text: str, columns: list[str], calls: list[str]) -> None:
    select = only(expression_facts(text))
    assert [".".join(c.parts) for c in select.columns] == columns
    assert [said(text, c.span) for c in select.columns] == columns
    assert [c.name for c in select.calls] == calls


@pytest.mark.parametrize(
    "text", ["", "  ", "-- nothing", "a >", "a, b", "a FROM t", "'abc", "a)", "(a", "a; b", "a b c"]
)
def test_what_is_not_one_expression(text: str) -> None:
    failure = expression_facts(text).failure
    assert (failure is not None and failure.message.islower()) or "FROM" in text
    assert failure is not None and 0 <= failure.span.start <= failure.span.end <= len(text)


def test_equal_texts_share_their_facts() -> None:
    assert facts_of("SELECT a FROM t") is facts_of("SELECT a FROM t")


def test_ctes_shadow_tables_only_where_they_are_known() -> None:
    text = "SELECT * FROM a WHERE x IN (WITH a AS (SELECT * FROM a) SELECT y FROM a)"
    assert [r.label for r in facts_of(text).relations] == ["a", "a"]
    assert [i.cte for s in facts_of(text).selects for i in s.inputs] == ["", "a", ""]


@pytest.mark.parametrize(
    "text, kinds",
    [
        ("SELECT * FROM a, b", ["cross"]),
        ("SELECT * FROM a JOIN b", ["cross"]),
        ("SELECT * FROM a JOIN b USING (x)", ["inner"]),
        ("SELECT * FROM a NATURAL JOIN b", ["inner"]),
        (
            "SELECT * FROM a LEFT OUTER JOIN b ON x = y RIGHT JOIN c ON x = z FULL JOIN d ON x = w",
            ["left", "right", "full"],
        ),
        ("SELECT * FROM a SEMI JOIN b ON x = y ANTI JOIN c ON x = z", ["left semi", "left anti"]),
        ("SELECT * FROM a JOIN (b LEFT JOIN c ON y = z) ON x = y", ["inner", "left"]),
    ],
)
def test_kinds_of_joins(text: str, kinds: list[str]) -> None:
    assert [j.kind for j in only(facts_of(text)).joins] == kinds


@pytest.mark.parametrize(
    "query, clauses",
    [
        ("SELECT topic\n,partition\n,offset\n,v FROM s", set()),
        ("SELECT offset, limit FROM s WHERE offset > 5 ORDER BY offset", {"where", "order by"}),
        ("FROM s |> SELECT topic, offset |> WHERE offset IS NOT NULL", {"where"}),
        ("SELECT a * offset AS b, count(offset) AS limit FROM s", set()),
        ("SELECT a FROM s ORDER BY offset DESC LIMIT 5 OFFSET :n", {"order by", "limit", "offset"}),
        ("FROM s SELECT * LIMIT 5", {"limit"}),
        ("SELECT a FROM s LIMIT ALL OFFSET (1 + 2)", {"limit", "offset"}),
    ],
)
def test_columns_may_be_called_offset_and_limit(query: str, clauses: set[str]) -> None:
    select = facts_of(query).selects[0]
    assert set(select.clauses) - {"select", "from"} == clauses
