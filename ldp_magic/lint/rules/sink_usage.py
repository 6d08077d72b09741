from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset, Flow
from ldp_magic.sql.model import Code

_TOP = 'from pyspark import pipelines as dp\n\ndp.create_sink("k", "{}", {{"topic": "t"}})\n\n\n'
_KAFKA = _TOP.format("kafka")
# what may give a frame a column called value
_SHAPES = {
    "select", "selectExpr", "withColumn", "withColumns", "withColumnRenamed", "withColumnsRenamed", "toDF", "transform",
    "agg", "alias", "drop", "grouped.count", "mapInPandas", "toJSON", "join", "unionByName", "union",
}  # fmt: skip


@rule(
    code="LDP813",
    foresees=("STREAMING_KAFKA_SINK_MISSING_VALUE",),
    verified="Databricks' own guidance for agents; its Python reference second-hand; Spark 4.3 refuses a CDC flow into a sink when it runs",
    needs="schema",
    bad=[
        bad(
            _KAFKA + '@dp.append_flow(target="k")\ndef f():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
            marks=("f",),
        ),
        bad(
            _KAFKA + 'dp.create_auto_cdc_flow(target="k", source="main.raw.s", keys=["id"], sequence_by="at")\n',
            python=True,
        ),
        bad(
            _TOP.format("delta")
            + '@dp.update_flow(target="k")\ndef f():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
            marks=('@dp.update_flow(target="k")',),
        ),
        bad(
            _KAFKA + '@dp.append_flow(target="k")\n@dp.expect("a", "value IS NOT NULL")\ndef f():\n'
            '    return spark.readStream.table("main.raw.s").selectExpr("to_json(struct(*)) AS value")\n',
            python=True,
            marks=('@dp.expect("a", "value IS NOT NULL")',),
        ),
    ],
    good=[
        good(
            _KAFKA + '@dp.append_flow(target="k")\ndef f():\n'
            '    return spark.readStream.table("main.raw.s").selectExpr("to_json(struct(*)) AS value")\n',
            python=True,
        ),
        good(
            _KAFKA + '@dp.append_flow(target="k")\ndef f():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
            locked={"main.raw.s": "key BINARY, value BINARY"},
        ),
        good(
            _TOP.format("delta")
            + '@dp.append_flow(target="k")\ndef f():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
        ),
    ],
)
def sink_usage(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A sink that is written in a way that sinks do not support.

    A sink is an external place that only gains rows: it takes append flows, and where it is not a Delta table update
    flows, without expectations and without CDC. Kafka stores the column `value` of each row, so its flow has to make
    one.
    """
    if dataset.kind != "sink":
        return
    form = dataset.definition.clause("format")
    kind = str(form.value).lower() if form is not None else ""
    for flow in dataset.flows:
        yield from _flow(flow, dataset, kind)
        yield from _expectations(flow, dataset)
        if kind == "kafka":
            yield from _value(flow, dataset, context)


def _flow(flow: Flow, dataset: Dataset, kind: str) -> Iterator[Finding]:
    definition = flow.definition
    if definition.cdc is not None:
        yield Finding(
            definition.target.location,
            f"{dataset.name} is a sink, and a CDC flow writes into a streaming table only",
            why="CDC updates and deletes rows, and a sink only gains some",
            fixes=(Fix("write into a streaming table, and send its changes on"),),
        )
    elif (
        kind == "delta" and definition.language == "python" and "update_flow" in definition.location.text.split("(")[0]
    ):
        head = definition.location.text
        end = head.find(")\n") + 1 or len(head.splitlines()[0])
        yield Finding(
            definition.location.inside(0, end),
            f"{dataset.name} is a Delta sink, and an update flow does not write into Delta",
            why="an update flow sends changed rows again, which a Delta table would keep twice",
            fixes=(Fix("write it with @dp.append_flow"),),
        )


def _expectations(flow: Flow, dataset: Dataset) -> Iterator[Finding]:
    for clause in flow.definition.clauses:
        if clause.name.startswith("expect"):
            yield Finding(
                clause.location,
                f"{dataset.name} is a sink, and a sink has no expectations",
                why="expectations are counted where a table of the pipeline is written",
                fixes=(Fix("put the expectation on the table that the flow reads"),),
            )


def _value(flow: Flow, dataset: Dataset, context: Context) -> Iterator[Finding]:
    code = flow.definition.body
    if not isinstance(code, Code) or code.unknown or code.queries or len(code.reads) != 1 or flow.definition.cdc:
        return
    if {name for name, _ in code.calls} & _SHAPES or code.reads[0].function:
        return
    read = next(iter(flow.reads), None)
    columns = context.columns(read.name) if read is not None else None
    if columns is not None and any(c.name.lower() == "value" for c in columns):
        return
    known = columns is not None
    label = code.reads[0].label
    yield Finding(
        flow.definition.name.location,
        f"{dataset.name} is a Kafka sink, but {label} {'has' if known else 'is not known to have'} "
        f"{'no' if known else 'a'} column value",
        why="Kafka stores what stands in the column value",
        fixes=(Fix('add .selectExpr("to_json(struct(*)) AS value")'),),
        severity="error" if known else "warning",
    )
