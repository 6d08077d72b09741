from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.lint.wrap import driving, stream_edits, wrapping
from ldp_magic.pipeline.model import Dataset, Flow, Read
from ldp_magic.text import Edit

_STREAMED = "CREATE TEMPORARY VIEW v AS SELECT * FROM STREAM(main.raw.s);\n"
_WHOLE = "CREATE TEMPORARY VIEW v AS SELECT * FROM main.raw.s;\n"


@rule(
    code="LDP104",
    foresees=("INCOMPATIBLE_BATCH_VIEW_READ", "INCOMPATIBLE_STREAMING_VIEW_READ"),
    verified="Spark 4.3",
    bad=[
        bad(
            _WHOLE + "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(v);",
            fixed=_STREAMED + "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(v);",
            safe=False,
            marks=("v",),
        ),
        bad(
            _STREAMED + "create or refresh streaming table t as -- new rows\r\nselect * from v as x where id > 0",
            fixed=_STREAMED
            + "create or refresh streaming table t as -- new rows\r\nselect * from stream(v) as x where id > 0",
        ),
        bad(_STREAMED + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT * FROM v;"),
        bad(
            "import dlt\n@dlt.view\ndef v():\n    return spark.read.table('main.raw.s')\n"
            "@dlt.table\ndef t():\n    return dlt.read_stream('v')\n",
            python=True,
        ),
    ],
    good=[
        good(_STREAMED + "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(v);"),
        good(_WHOLE + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT * FROM v;"),
        good(
            "CREATE TEMPORARY VIEW v AS SELECT * FROM main.raw.dim;\n"
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT s.id, v.name FROM STREAM(main.raw.s) s JOIN v ON v.id = s.id;"
        ),
    ],
)
def view_read_mode(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A view that streams and is read whole, or is read as a stream and is not one.

    A temporary view has no rows of its own: it passes on a stream or a whole table, and whoever reads it has to say the
    same as the view does. Put STREAM around the view's own source, or around the view where it is read.
    """
    for flow, read in _reads(dataset):
        source = context.pipeline.datasets.get(read.name) if read.kind == "dataset" else None
        if source is None or source.kind not in ("temporary view", "view"):
            continue
        streams = context.shape(source).streaming
        if read.streaming and not streams and not context.unsure(source) and "STREAMING" not in source.definition.words:
            yield _batch_view(dataset, source, read, context)
        elif streams and not read.streaming and source.kind == "temporary view" and not _change(flow):
            yield _streaming_view(dataset, source, read, context)


def _reads(dataset: Dataset) -> Iterator[tuple[Flow | None, Read]]:
    of_flows = [(flow, read) for flow in dataset.flows for read in flow.reads]
    held = {id(read.relation) for _, read in of_flows}
    yield from of_flows
    yield from ((None, read) for read in dataset.reads if id(read.relation) not in held)


def _change(flow: Flow | None) -> bool:
    """AUTO CDC has its own rule about its source."""
    return flow is not None and flow.definition.cdc is not None


def _owner(dataset: Dataset, read: Read, context: Context) -> Owned | None:
    found = (o for o in context.owned_by(dataset) if any(r is read.relation for r in o.facts.relations))
    return next((o for o in found if o.query.exact), None)


def _batch_view(dataset: Dataset, view: Dataset, read: Read, context: Context) -> Finding:
    inner = next(iter(context.owned_by(view)), None)
    wrap = driving(inner) if inner is not None and inner.query.exact else None
    edits = wrapping(wrap.sources) if wrap is not None else ()
    reason = f"everybody who reads {view.name} gets a stream then"
    return Finding(
        read.location,
        f"{dataset.name} reads {view.name} as a stream, but that view reads nothing as a stream",
        why="a view passes on what it reads: a stream only if its own query reads one",
        fixes=(Fix(f"read a stream in {view.name}, or read {view.name} without STREAM", edits, False, reason),),
        related=(Related(view.definition.name.location, f"{view.name} is made here"),),
    )


def _streaming_view(dataset: Dataset, view: Dataset, read: Read, context: Context) -> Finding:
    owned = _owner(dataset, read, context)
    edits: list[Edit] = []
    if owned is not None and dataset.kind in ("streaming table", "temporary view") and not owned.once:
        edits = stream_edits(owned, read.relation)
    if dataset.kind in ("materialized view", "view"):
        title = f"take STREAM out of {view.name}, or make {dataset.name} a streaming table"
    else:
        title = f"read STREAM({view.name}), or take STREAM out of the view"
    return Finding(
        read.location,
        f"{dataset.name} reads {view.name} whole, but that view is a stream",
        why="a view passes on what it reads: over a stream it can only be read as a stream",
        fixes=(Fix(title, tuple(edits), False, f"{dataset.name} then sees each row of the view once"),),
        related=(Related(view.definition.name.location, f"{view.name} is made here"),),
    )
