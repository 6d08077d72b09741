from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.instead import flows
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import SetOperation

_TABLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.a);\n"


@rule(
    code="LDP214",
    severity="warning",
    foresees=("a flow that nobody looks for",),
    verified="Spark 4.3 takes it; advice of Databricks",
    bad=[
        bad(
            _TABLE + "CREATE FLOW fb AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.b);",
            fixed="CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW t_1 AS INSERT INTO t BY NAME\nSELECT * FROM STREAM(main.raw.a);\n"
            "CREATE FLOW fb AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.b);",
            safe=False,
            marks=("t",),
        ),
        bad(
            "create flow fb as insert into t by name select * from stream main.raw.b; -- first\r\n" + _TABLE.lower(),
            marks=("t",),
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW fa AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.a);\n"
            "CREATE FLOW fb AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.b);"
        ),
        good(_TABLE + "CREATE FLOW old AS INSERT ONCE INTO t BY NAME SELECT * FROM main.old.t;"),
    ],
)
def query_and_flows(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A streaming table with a query of its own and flows beside it.

    It runs, but a reader of the table's statement takes its query for all there is. Declare the table alone and give
    every source a named flow. A flow that loads history once may stand beside the query.
    """
    own = [f for f in dataset.flows if f.definition.implicit]
    others = [f for f in dataset.flows if not f.definition.implicit and not f.definition.once]
    if dataset.kind == "streaming table" and own and others and dataset.definition.query is not None:
        names = ", ".join(f.name for f in others[:3])
        yield Finding(
            dataset.definition.name.location,
            f"{dataset.name} has a query of its own, and {names} {'write' if len(others) > 1 else 'writes'} it too",
            why="who reads the table's statement takes its query for all there is",
            fixes=(_fix(dataset, context),),
            related=tuple(Related(f.definition.name.location, f"{f.name} writes it") for f in others[:5]),
        )


def _fix(dataset: Dataset, context: Context) -> Fix:
    owned = next((o for o in context.owned_by(dataset) if o.flow is not None and o.flow.definition.implicit), None)
    edits = flows(owned) if owned is not None and not isinstance(owned.facts.root, SetOperation) else ()
    reason = "a flow of another name begins its source anew"
    return Fix(f"declare {dataset.name} without AS and make its query a flow", edits, False, reason)
