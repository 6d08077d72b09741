from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Flow, Pipeline
from ldp_magic.pipeline.names import Names
from ldp_magic.text import Edit

_TABLE = "CREATE OR REFRESH STREAMING TABLE inbox;\n"
_FIRST = "CREATE FLOW a AS INSERT INTO inbox BY NAME SELECT * FROM STREAM(main.raw.a);\n"


@rule(
    code="LDP206",
    foresees=("RUN_EMPTY_PIPELINE", "a flow that never runs"),
    verified="Spark 4.3: its dry run says nothing, and the flow never runs",
    bad=[
        bad(
            _TABLE + _FIRST + "CREATE FLOW f AS INSERT INTO inbx BY NAME SELECT * FROM STREAM(main.raw.b);",
            fixed=_TABLE + _FIRST + "CREATE FLOW f AS INSERT INTO inbox BY NAME SELECT * FROM STREAM(main.raw.b);",
            safe=False,
            marks=("inbx",),
        ),
        bad(
            "create flow f as auto cdc into people -- made elsewhere?\r\nfrom stream(main.raw.p) keys (id) sequence by at stored as scd type 1",
            marks=("people",),
        ),
    ],
    good=[
        good(_TABLE + _FIRST),
        good(_TABLE + "CREATE FLOW f AS INSERT INTO INBOX BY NAME SELECT * FROM STREAM(main.raw.b);"),
        good("CREATE FLOW f AS INSERT INTO ${schema}.inbox BY NAME SELECT * FROM STREAM(main.raw.b);"),
        good(
            "CREATE OR REFRESH STREAMING TABLE ${cat}.${schema}.mail;\n"
            "CREATE FLOW f AS INSERT INTO silver.mail BY NAME SELECT * FROM STREAM(main.raw.b);"
        ),
    ],
)
def flow_unknown_target(pipeline: Pipeline) -> Iterator[Finding]:
    """A flow into a table that nothing in this pipeline defines.

    A flow writes a streaming table of its own pipeline. Open-source Spark takes such a flow without a word and never
    runs it. Write `CREATE OR REFRESH STREAMING TABLE` for the target, or correct the name. In a file or notebook that
    no pipeline names this is a warning: the target may stand elsewhere.
    """
    if pipeline.unknown or any(p.kind in ("syntax", "python", "too-deep") for p in pipeline.problems):
        return  # what could not be read may define it
    lost = [f for f in pipeline.flows if not f.target_found and "${" not in f.target]
    if not lost:
        return
    tables = Names(d.name for d in pipeline.datasets.values() if d.kind in ("streaming table", "table", "sink"))
    for flow in lost:
        near = tables.nearest(flow.target.rpartition(".")[2])
        yield replace(_finding(flow, near), severity=None if pipeline.declared or near else "warning")


def _finding(flow: Flow, near: str) -> Finding:
    target = flow.definition.target.location
    advice = Fix(f"add CREATE OR REFRESH STREAMING TABLE {flow.target}")
    text = flow.definition.target.last
    if near and target.text.rstrip("'\"`").endswith(text):
        end = len(target.text.rstrip("'\"`"))
        edit = Edit(target.inside(end - len(text), end), near.rpartition(".")[2])
        advice = Fix(f"write into {near}", (edit,), False, "its rows go there")
    return Finding(
        target,
        f"flow {flow.name} writes {flow.target}, which this pipeline does not define"
        + (f"; {near} is" if near else ""),
        why="a flow writes a table of its own pipeline",
        fixes=(advice,),
    )
