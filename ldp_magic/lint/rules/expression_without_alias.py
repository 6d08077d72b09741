from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix, Related, Severity
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.sql.facts import Node, Output, Select, SetOperation
from ldp_magic.sql.functions import GENERATORS
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Edit, Span

_CASTS = {"cast", "try_cast"}
# What makes of a column name something that a Delta table cannot hold.
_OPERATORS = {"+", "-", "*", "/", "%", "||", "=", "==", "<", ">", "<=", ">=", "<>", "!=", "<=>", "&", "|", "^"}
_OPERATORS |= {"AND", "OR", "NOT", "CASE", "IS", "IN", "LIKE", "BETWEEN", "DIV"}
_VIEW = "CREATE OR REFRESH MATERIALIZED VIEW m AS "


@rule(
    code="LDP019",
    severity="warning",
    foresees=("MATERIALIZED_VIEW_OUTPUT_WITHOUT_EXPLICIT_ALIAS", "DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES"),
    verified="second-hand summary of the Databricks page; Spark 4.3 takes both",
    bad=[
        bad(
            _VIEW + "SELECT shop, sum(amount) FROM main.raw.sales GROUP BY shop;",
            fixed=_VIEW + "SELECT shop, sum(amount) AS sum_amount FROM main.raw.sales GROUP BY shop;",
            safe=False,
            marks=("sum(amount)",),
        ),
        bad(
            "create or refresh materialized view m as\r\nwith s as (select * from main.raw.sales)\r\n"
            "select shop, count(*), -- all\r\n  a + b from s group by all;",
            fixed="create or refresh materialized view m as\r\nwith s as (select * from main.raw.sales)\r\n"
            "select shop, count(*) as count, -- all\r\n  a + b as a_b from s group by all;",
            marks=("count(*)", "a + b"),
            count=2,
        ),
        bad(
            _VIEW + "SELECT o.id, c.name, c.ID FROM main.raw.orders o JOIN main.raw.customers c USING (id);",
            marks=("c.ID",),
        ),
        bad("CREATE MATERIALIZED VIEW m AS SELECT upper(name) FROM raw.t;", target="spark-4.3", marks=("upper(name)",)),
    ],
    good=[
        good(_VIEW + "SELECT shop, sum(amount) AS amount FROM main.raw.sales GROUP BY shop;"),
        good(_VIEW + "SELECT shop, s.address.city, (SELECT max(day) FROM main.raw.days) last FROM main.raw.sales s;"),
        good(_VIEW + "SELECT n FROM (SELECT count(*) n, 1 FROM main.raw.sales) AS counted;"),
    ],
)
def expression_without_alias(owned: Owned, context: Context) -> Iterator[Finding]:
    """A column without a name of its own, or two of one name.

    Databricks wants a name for every column of a materialized view that is more than a column of its source. Elsewhere
    Spark makes one up from the text, such as `sum(amount)`; a Delta table cannot hold it, and it changes with the text.
    """
    select = _names_the_columns(owned.facts.root) if _is_the_table(owned) else None
    if select is None:
        return
    for number, output in enumerate(select.outputs, 1):
        if not (output.aliased or output.star or output.plain):
            yield _unnamed(owned, select, output, number, context)
    yield from _twice(owned, select, context)


def _is_the_table(owned: Owned) -> bool:
    """Does the query give its dataset the columns, with their names?"""
    definition = owned.flow.definition if owned.flow is not None else None
    if definition is not None and (definition.cdc is not None or owned.query is not definition.body):
        return False
    if definition is None and (owned.dataset is None or owned.query is not owned.dataset.body):
        return False
    own = definition is None or definition.implicit
    return not (own and owned.dataset is not None and owned.dataset.definition.columns)


def _names_the_columns(node: Node | None) -> Select | None:
    while isinstance(node, SetOperation):
        node = node.left
    return node


def _severity(owned: Owned, context: Context, *, sure: bool) -> Severity:
    return "error" if sure and owned.kind == "materialized view" and not context.spark else "warning"


def _unnamed(owned: Owned, select: Select, output: Output, number: int, context: Context) -> Finding:
    name = _derived(owned, select, output, number)
    end = owned.locate(Span(output.expression.end, output.expression.end))
    head = owned.dataset.definition.head if owned.dataset is not None else owned.query.location
    edit = Edit(end, f" {cased('AS', head)} {name}")
    why = "the column would be called after its text, and change its name with it"
    if owned.kind == "materialized view" and not context.spark:
        why = "a materialized view on Databricks names every column that is more than a column of its source"
    return Finding(
        owned.locate(output.expression),
        f"column {number} of {owned.name} has no name",
        why=why,
        mark="write AS and a name",
        fixes=(Fix(f"call it {name}", (edit,) if owned.query.exact else (), reason="only you know what to call it"),),
        severity=_severity(owned, context, sure=_odd(owned, select, output)),
    )


def _odd(owned: Owned, select: Select, output: Output) -> bool:
    """Would the made-up name be more than a word? A cast of a column and a generator are named by Spark as one would."""
    inside = [c for c in select.calls if _within(c.span, output.expression) and c.name not in _CASTS]
    if any(c.name in GENERATORS for c in inside):
        return False
    return bool(inside) or bool(_OPERATORS & set(tokens_of(owned.text(output.expression)).words))


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _derived(owned: Owned, select: Select, output: Output, number: int) -> str:
    """`sum_amount` for `sum(amount)`, unless that name is taken."""
    calls = [c.name for c in select.calls if _within(c.span, output.expression) and c.name not in _CASTS]
    words = [*calls[:1], *dict.fromkeys(c.name.lower() for c in output.columns)][:3]
    name = re.sub(r"\W+", "_", "_".join(words)).strip("_") or f"column_{number}"
    name = f"c_{name}" if name[0].isdigit() else name
    taken = {o.name.lower() for o in select.outputs}
    return next(n for n in (name, *(f"{name}_{i}" for i in range(number, 10_000))) if n not in taken)


def _twice(owned: Owned, select: Select, context: Context) -> Iterator[Finding]:
    first: dict[str, Output] = {}
    for output in select.outputs:
        name = output.name.lower()
        if name and name in first:
            yield Finding(
                owned.locate(output.span),
                f"{owned.name} has two columns called {output.name}",
                why="a table's columns have different names; case does not tell them apart",
                mark="the second",
                fixes=(Fix("give one of them another name, or leave it out"),),
                related=(Related(owned.locate(first[name].span), "the first"),),
                severity=_severity(owned, context, sure=True),
            )
        elif name:
            first[name] = output
