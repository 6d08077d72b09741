from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.sql.facts import ColumnRef, Facts, Input, Join, Node, Select, SetOperation

_M = "CREATE OR REFRESH MATERIALIZED VIEW m AS "


@rule(
    code="LDP610",
    severity="warning",
    verified="from memory",
    bad=[
        bad(_M + "SELECT a.id, b.city FROM main.raw.a, main.raw.b;", marks=(",",)),
        bad(
            _M + "select a.id, b.city from main.raw.a a\r\ncross join main.raw.b b -- all with all\r\nwhere a.id > 3;",
            marks=("cross join",),
        ),
    ],
    good=[
        good(_M + "SELECT a.id, b.city FROM main.raw.a JOIN main.raw.b ON a.id = b.id;"),
        good(_M + "SELECT a.id, b.city FROM main.raw.a, main.raw.b WHERE a.id = b.id;"),
        good(
            _M
            + "SELECT a.id, a.v / t.total AS share FROM main.raw.a a CROSS JOIN (SELECT sum(v) AS total FROM main.raw.a) t;"
        ),
        good(_M + "SELECT a.id, e.tag FROM main.raw.a a, LATERAL explode(a.tags) AS e(tag);"),
    ],
)
def cross_join(owned: Owned, context: Context) -> Iterator[Finding]:
    """Two tables joined all with all.

    Without a condition every row of one meets every row of the other: a thousand times a thousand rows are a million. Often
    a condition was forgotten. Joining a single row, such as a total, is meant and left alone.
    """
    if owned.kind != "materialized view":
        return
    for select in owned.facts.selects:
        for join in select.joins:
            if join.kind == "cross" and not join.natural and not _meant(owned, select, join):
                yield Finding(
                    owned.locate(join.span),
                    f"{_called(join.right)} is joined all with all",
                    why="without a condition every row meets every other row",
                    mark="no condition",
                    fixes=(Fix("join with ON, or select a single row first"),),
                )


def _called(item: Input) -> str:
    return item.relation.label if item.relation is not None else item.alias or item.cte or "the query"


def _meant(owned: Owned, select: Select, join: Join) -> bool:
    left = select.inputs[0] if select.inputs else None
    if any(i is not None and (i.lateral or _one_row(owned, i)) for i in (join.right, left)):
        return True
    return _conditioned(select, join)


def _conditioned(select: Select, join: Join) -> bool:
    """Does WHERE (or a later ON) speak of the joined table, or of a column that may be its?"""
    where = select.clauses.get("where")
    columns: list[ColumnRef] = [c for other in select.joins for c in other.columns]
    if where is not None:
        columns += [c for c in select.columns if where.start <= c.span.start < where.end]
    alias = join.right.alias.lower()
    return any(len(c.parts) < 2 or c.parts[-2].lower() == alias for c in columns)


def _one_row(owned: Owned, item: Input) -> bool:
    """An aggregate without keys, LIMIT 1, a SELECT without FROM; a function such as range() is meant, too."""
    if item.relation is not None:
        if item.relation.function or not item.relation.name:
            return True
        source = owned.source(item.relation)
        bodies = list(owned.context.owned_by(source)) if source is not None else []
        return bool(bodies) and _single(bodies[0].facts.root, bodies[0].facts)
    node = item.query
    if item.cte:
        node = next((c.query for c in owned.facts.ctes if c.name.lower() == item.cte.lower()), None)
    return node is None or _single(node, owned.facts)


def _single(node: Node | None, facts: Facts) -> bool:
    if node is None or isinstance(node, SetOperation):
        return False
    total = bool(node.aggregates) and "group by" not in node.clauses
    limit = node.clauses.get("limit")
    one = limit is not None and facts.text[limit.start : limit.end].split()[-1] == "1"
    return total or one or not node.inputs
