from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Flow, Pipeline
from ldp_magic.text import Edit

_TABLE = (
    "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.a);\n"
)


@rule(
    code="LDP208",
    foresees=("PIPELINE_DUPLICATE_IDENTIFIERS.FLOW",),
    verified="Spark 4.3",
    bad=[
        bad(
            _TABLE + "CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.b);",
            fixed=_TABLE + "CREATE FLOW f_2 AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.b);",
            safe=False,
            marks=("f",),
        ),
        bad(
            "create or refresh streaming table s as select * from stream(main.raw.s);\r\n"
            + _TABLE
            + "create flow `s` -- the same\r\nas insert into t by name select * from stream(main.raw.b)",
            fixed="create or refresh streaming table s as select * from stream(main.raw.s);\r\n"
            + _TABLE
            + "create flow `s_2` -- the same\r\nas insert into t by name select * from stream(main.raw.b)",
        ),
    ],
    good=[
        good(_TABLE + "CREATE FLOW g AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.b);"),
        good(
            "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW t AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.a);"
        ),
    ],
)
def duplicate_flow_name(pipeline: Pipeline) -> Iterator[Finding]:
    """Two flows of one name.

    A flow's checkpoint is kept under its name, so a pipeline knows each name once; the query of a streaming table is a
    flow of the table's own name. Give one of them another name: it then begins its source anew.
    """
    first: dict[str, Flow] = {}
    names = {_key(flow, pipeline) for flow in pipeline.flows}
    for flow in sorted(pipeline.flows, key=lambda f: not f.definition.implicit):
        key = _key(flow, pipeline)
        other = first.setdefault(key, flow)
        if other is flow or _same_text(flow, other):
            continue
        names.add(new := _free(key, names))
        yield _finding(flow, other, flow.name + new[len(key) :])


def _key(flow: Flow, pipeline: Pipeline) -> str:
    return flow.name if pipeline.target.startswith("spark") else flow.name.lower()


def _same_text(flow: Flow, other: Flow) -> bool:
    """Made by one text (a loop), or flows that the author gave no name."""
    mine, theirs = flow.definition, other.definition
    unnamed = mine.name.location == mine.target.location and mine.cdc is not None
    return mine.location == theirs.location or unnamed


def _free(name: str, names: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in names:
        number += 1
    return f"{name}_{number}"


def _finding(flow: Flow, other: Flow, free: str) -> Finding:
    where = flow.definition.name.location
    text = where.text.rstrip("`'\"")
    edits: tuple[Edit, ...] = ()
    if flow.definition.language == "sql" and text.endswith(flow.definition.name.last):
        edits = (Edit(where.inside(len(text), len(text)), free[len(flow.name) :]),)
    return Finding(
        where,
        f"two flows are called {flow.name}",
        why="a flow's checkpoint is kept under its name",
        fixes=(Fix(f"call it {free}", edits, False, "a new name begins its source anew"),),
        related=(Related(other.definition.name.location, f"{other.name} is used here"),),
    )
