from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.lint.wrap import unwrapping
from ldp_magic.pipeline.model import Flow, Read
from ldp_magic.sql.model import Query
from ldp_magic.text import Edit, Location

_TABLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.new);\n"
_BACK = "CREATE FLOW back AS INSERT ONCE INTO t BY NAME SELECT * FROM {};"


@rule(
    code="LDP105",
    foresees=("INVALID_FLOW_QUERY_TYPE.STREAMING_RELATION_FOR_ONCE_FLOW",),
    verified="Databricks documentation; the error class of Spark 4.3",
    bad=[
        bad(
            _TABLE + _BACK.format("STREAM(main.old.t)"),
            fixed=_TABLE + _BACK.format("main.old.t"),
            safe=True,
            marks=("STREAM",),
        ),
        bad(
            _TABLE
            + "create flow b as insert into once t by name\r\nselect * from stream read_files('/old') -- once\r\n",
            fixed=_TABLE
            + "create flow b as insert into once t by name\r\nselect * from read_files('/old') -- once\r\n",
        ),
        bad(
            "from pyspark import pipelines as dp\ndp.create_streaming_table('t')\n"
            "@dp.append_flow(target='t')\ndef new():\n    return spark.readStream.table('main.raw.new')\n"
            "@dp.append_flow(target='t', once=True)\ndef old():\n    return spark.readStream.table('main.old.t')\n",
            python=True,
        ),
    ],
    good=[
        good(_TABLE + _BACK.format("main.old.t")),
        good(
            "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.new);\n"
            + _BACK.format("main.old.t")
        ),
    ],
)
def once_flow_streams(flow: Flow, context: Context) -> Iterator[Finding]:
    """A ONCE flow that reads a stream.

    A ONCE flow runs one time and takes in everything that its source holds at that moment, so there is nothing to
    follow. The update stops before it begins. Read the source whole, or leave ONCE out and let the flow go on.
    """
    if not flow.definition.once or flow.definition.cdc is not None:
        return
    for read in flow.reads:
        if read.streaming:
            yield Finding(
                _word(flow, read),
                f"flow {flow.name} runs once, but it reads {read.name} as a stream",
                why="a ONCE flow takes what is there and ends; a stream never ends",
                fixes=(Fix(f"read {read.name} whole", _edits(flow, read.relation, context), True, _REASON),),
            )


def _word(flow: Flow, read: Read) -> Location:
    body = flow.definition.body
    if isinstance(body, Query) and read.relation.stream_span is not None:
        return body.locate(read.relation.stream_span)
    return read.location


_REASON = "it could not run as it was"


def _edits(flow: Flow, relation: object, context: Context) -> tuple[Edit, ...]:
    for owned in _owned(flow, context):
        for held in owned.facts.relations:
            if held is relation:
                return tuple(unwrapping(owned, held))
    return ()


def _owned(flow: Flow, context: Context) -> Iterator[Owned]:
    dataset = context.pipeline.datasets.get(flow.target)
    found = context.owned_by(dataset) if dataset is not None else context.owned()
    return (o for o in found if o.flow is flow)
