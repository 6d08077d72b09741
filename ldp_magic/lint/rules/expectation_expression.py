from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.conditions import Condition, conditions
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import Call, Node, SetOperation
from ldp_magic.sql.functions import GENERATORS, RANKING
from ldp_magic.text import Location

_TABLE = "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT ({})) AS SELECT * FROM STREAM(main.raw.s);"


@rule(
    code="LDP303",
    verified="Databricks documentation",
    bad=[
        bad(_TABLE.format("cid IN (SELECT id FROM customers)"), marks=("SELECT id FROM customers",)),
        bad(_TABLE.format("count(*) > 0"), marks=("count(*)",)),
        bad(
            _TABLE.format("a > 0 -- first\r\n  and row_number() over (order by a) = 1").lower(),
            marks=("row_number() over (order by a)",),
        ),
        bad(
            "import dlt\n@dlt.table\n@dlt.expect_all({'one': 'max(a) > 0', 'two': 'explode(b) > 0'})\n"
            "def t():\n    return spark.readStream.table('main.raw.s')\n",
            python=True,
            marks=("max(a)", "explode(b)"),
            count=2,
        ),
    ],
    good=[
        good(_TABLE.format("c_id IS NOT NULL")),
        good(_TABLE.format("array_max(amounts) > 0 AND exists(items, i -> i.qty > 0) AND name LIKE ANY ('a%', 'b%')")),
        good(_TABLE.format("size(filter(tags, x -> x <> '')) > 0 AND aggregate(parts, 0, (sum, x) -> sum + x) > 0")),
    ],
)
def expectation_expression(dataset: Dataset) -> Iterator[Finding]:
    """An expectation that needs more than its own row.

    Each row is checked by itself while it is written, so a condition cannot aggregate, rank, look at other rows or ask
    another table. Compute the value in the query (join the table, number the rows) and check the column.
    """
    for condition in conditions(dataset):
        for call in condition.select.calls:
            what = _what(condition, call)
            if what:
                yield _call(dataset, condition, call, what)
        for query in condition.select.subqueries:
            yield _subquery(dataset, condition, query)


def _what(condition: Condition, call: Call) -> str:
    if call.span.start and condition.expectation.condition[call.span.start - 1] == ".":
        return ""  # a function of somebody's own
    if call.over is not None or call.name in RANKING:
        return "a window function"
    return "an aggregate" if call.aggregate else "a generator" if call.name in GENERATORS else ""


def _call(dataset: Dataset, condition: Condition, call: Call, what: str) -> Finding:
    span = call.span if call.over is None else call.span._replace(end=call.over.end)
    return _finding(dataset, condition, condition.locate(span), f"{what}, {call.name}")


def _subquery(dataset: Dataset, condition: Condition, query: Node) -> Finding:
    while isinstance(query, SetOperation):
        query = query.left
    return _finding(dataset, condition, condition.locate(query.span), "a query of its own")


def _finding(dataset: Dataset, condition: Condition, where: Location, what: str) -> Finding:
    return Finding(
        where,
        f"expectation {condition.name} holds {what}",
        why="each row is checked by itself, while it is written",
        fixes=(Fix(f"compute it in the query of {dataset.name} and check the column"),),
    )
