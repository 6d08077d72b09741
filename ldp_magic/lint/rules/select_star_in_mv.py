from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.sql.facts import Input, Node, Output, Relation, Select, SetOperation
from ldp_magic.text import Edit

_M = "CREATE OR REFRESH MATERIALIZED VIEW m AS "


@rule(
    code="LDP601",
    severity="warning",
    verified="Spark 4.3: a new column of the source appeared in the view",
    needs="schema",
    bad=[
        bad(_M + "SELECT * FROM main.raw.orders;", marks=("*",)),
        bad(
            _M + "select * -- all\r\nfrom main.raw.orders;",
            locked={"main.raw.orders": "id INT, amount INT"},
            fixed=_M + "select id, amount -- all\r\nfrom main.raw.orders;",
            safe=False,
        ),
        bad(
            "CREATE TEMPORARY VIEW v AS SELECT * FROM main.raw.orders WHERE ok;\n"
            + _M
            + "SELECT v.*, 1 AS one FROM v;",
            marks=("v.*",),
        ),
        bad(_M + "WITH o AS (SELECT * FROM main.raw.orders) SELECT * EXCEPT (ok) FROM o;"),
    ],
    good=[
        good(_M + "SELECT id, amount FROM main.raw.orders;"),
        good(_M + "SELECT * FROM (SELECT id, amount FROM main.raw.orders) WHERE amount > 0;"),
        good(
            "CREATE OR REFRESH STREAMING TABLE s AS SELECT id, amount FROM STREAM(main.raw.orders);\n"
            + _M
            + "SELECT * FROM s;"
        ),
        good(
            "CREATE OR REFRESH PRIVATE MATERIALIZED VIEW p AS SELECT * FROM main.raw.orders;\n"
            + _M
            + "SELECT id FROM p;"
        ),
    ],
)
def select_star_in_mv(owned: Owned, context: Context) -> Iterator[Finding]:
    """A published view that takes every column of a table which others make.

    When the table gains, loses or renames a column, so does the view at its next refresh, and whoever reads it breaks
    without a change here. Name the columns that the view promises. Stars over what this pipeline makes are left alone.
    """
    dataset = owned.dataset
    if dataset is None or dataset.kind != "materialized view" or dataset.definition.private:
        return
    if owned.query is not dataset.body or dataset.definition.columns:
        return
    for select in _tops(owned.facts.root):
        for output in select.outputs:
            source = _outside(owned, select, output, frozenset()) if output.star else None
            if source is not None:
                yield _finding(owned, select, output, source, context)


def _tops(root: Node | None) -> Iterator[Select]:
    while isinstance(root, SetOperation):  # the first part names the columns of the whole
        root = root.left
    if root is not None:
        yield root


def _outside(owned: Owned, select: Select, output: Output, seen: frozenset[str]) -> Relation | None:
    """The table outside this pipeline whose columns a star takes, through queries, CTEs and temporary views."""
    qualifier = owned.text(output.expression).rpartition("*")[0].strip(" .`").lower()
    for item in select.inputs:
        if not qualifier or "(" in qualifier or item.alias.lower() == qualifier.rpartition(".")[2]:
            found = _of_input(owned, item, seen)
            if found is not None:
                return found
    return None


def _of_input(owned: Owned, item: Input, seen: frozenset[str]) -> Relation | None:
    if item.relation is not None:
        return _of_relation(owned, item.relation, seen)
    node = item.query
    if item.cte and item.cte.lower() not in seen:
        seen |= {item.cte.lower()}
        node = next((c.query for c in owned.facts.ctes if c.name.lower() == item.cte.lower()), None)
    for select in _tops(node):
        for output in select.outputs:
            if output.star and (found := _outside(owned, select, output, seen)) is not None:
                return found
    return None


def _of_relation(owned: Owned, relation: Relation, seen: frozenset[str]) -> Relation | None:
    read = owned.read(relation)
    if read is None or relation.function or relation.format:
        return None
    if read.kind != "dataset":
        return relation
    source = owned.source(relation)
    if source is None or source.kind not in ("temporary view", "view") or source.name in seen:
        return None
    inner = next(iter(owned.context.owned_by(source)), None)
    whole = Input(alias="", query=inner.facts.root) if inner is not None and inner.facts.root is not None else None
    return _of_input(inner, whole, seen | {source.name}) if inner is not None and whole is not None else None


def _finding(owned: Owned, select: Select, output: Output, source: Relation, context: Context) -> Finding:
    read = owned.read(source)
    known = read is not None and context.columns(read.name) is not None
    return Finding(
        owned.locate(output.span),
        f"{owned.name} takes every column of {source.label}, whatever they come to be",
        why="columns that its source gains or loses appear and vanish in the view",
        mark="name the columns",
        fixes=(_fix(owned, select, output, context),),
        severity=None if known else "info",  # what is not known may well be meant to grow
    )


def _fix(owned: Owned, select: Select, output: Output, context: Context) -> Fix:
    title = "name the columns that are needed"
    relation = select.inputs[0].relation if len(select.inputs) == 1 else None
    read = owned.read(relation) if relation is not None else None
    columns = context.columns(read.name) if read is not None else None
    if not columns or owned.text(output.span) != "*" or not owned.query.exact:
        return Fix(title)
    names = ", ".join(c.name if c.name.isidentifier() else f"`{c.name}`" for c in columns)
    return Fix("name the columns of today", (Edit(owned.locate(output.span), names),), reason="later ones stay out")
