from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.lint.words import cursor_over
from ldp_magic.sql.model import DatasetDef
from ldp_magic.text import Edit, Location

_T = "CREATE OR REFRESH STREAMING TABLE t;\n"
_BAD = (
    _T
    + "CREATE FLOW f AS AUTO CDC INTO t FROM (SELECT * FROM STREAM(main.raw.changes) WHERE ok) KEYS (id) SEQUENCE BY seq;"
)
_GOOD = (
    _T
    + "CREATE TEMPORARY VIEW f_source AS SELECT * FROM STREAM(main.raw.changes) WHERE ok;\n\n"
    + "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(f_source) KEYS (id) SEQUENCE BY seq;"
)


@rule(
    code="LDP404",
    severity="warning",
    spark="never",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="a vendor's note; public code does it all the same, and Spark 4.3 reads it",
    bad=[
        bad(_BAD, fixed=_GOOD, safe=False, marks=("(SELECT * FROM STREAM(main.raw.changes) WHERE ok)",)),
        bad(
            "create or refresh streaming table h\r\nflow auto cdc from (\r\n  -- the feed\r\n  select *, now() as at from stream(main.raw.changes)\r\n) keys (id) sequence by seq",
            fixed="create temporary view h_source as -- the feed\r\n  select *, now() as at from stream(main.raw.changes);\r\n\r\n"
            "create or refresh streaming table h\r\nflow auto cdc from stream(h_source) keys (id) sequence by seq",
        ),
    ],
    good=[
        good(_GOOD),
        good(_T + "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq;"),
    ],
)
def cdc_subquery_source(owned: Owned, context: Context) -> Iterator[Finding]:
    """AUTO CDC from a query in brackets.

    Databricks documents a table or a view as the source, and not every release reads anything else there. A temporary view
    holds the same query under a name, costs nothing, and shows up in the graph.
    """
    cdc = owned.flow.definition.cdc if owned.flow is not None else None
    facts = owned.facts
    if cdc is None or owned.query is not cdc.source or cdc.from_snapshot or facts.root is None or facts.lead:
        return
    if owned.text(facts.root.span).strip() == "" or not owned.query.text.lstrip().startswith("("):
        return
    yield Finding(
        owned.query.location,
        f"the changes for {owned.name} come from a query in brackets",
        why="Databricks documents only tables and views as the source of AUTO CDC",
        mark="give it a name",
        fixes=(_fix(owned, context),),
    )


def _fix(owned: Owned, context: Context) -> Fix:
    title = "put the query into a temporary view and read STREAM of it"
    inner, at = _inner(owned.query.location), _statement(owned)
    name = f"{owned.flow.name if owned.flow is not None else owned.name}_source"
    taken = {d.lower() for d in (*context.pipeline.datasets, *context.pipeline.externals)}
    if inner is None or at is None or not name.isidentifier() or name.lower() in taken:
        return Fix(title)
    end = "\r\n" if "\r\n" in at.source.text else "\n"
    view = cased("CREATE TEMPORARY VIEW", at) + f" {name} " + cased("AS", at)
    edits = (
        Edit(at.source.at(at.start), f"{view} {inner.text.strip()};{end}{end}"),
        Edit(owned.query.location, cased("STREAM", at) + f"({name})"),
    )
    return Fix(title, edits, safe=False, reason="it adds a view to the pipeline")


def _inner(where: Location) -> Location | None:
    cursor = cursor_over(where)
    last = len(cursor.tokens) - 1
    if cursor.closing() != last:
        return None
    return where.inside(cursor.tokens.ends[0], cursor.tokens.starts[last])


def _statement(owned: Owned) -> Location | None:
    """Where the statement begins that the flow stands in."""
    if owned.flow is None or owned.flow.definition.language == "python":
        return None
    if not owned.flow.definition.implicit:
        return owned.flow.definition.location
    definition: DatasetDef | None = owned.dataset.definition if owned.dataset is not None else None
    return definition.location if definition is not None else None
