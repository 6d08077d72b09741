from __future__ import annotations

import ast
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText

_TOP = "from pyspark import pipelines as dp\n\n\n"


@rule(
    code="LDP809",
    foresees=("ATTEMPT_ANALYSIS_IN_PIPELINE_QUERY_FUNCTION",),
    verified="the programming guides of Spark and Databricks; Spark 4.3 lets it pass outside of query functions (a warning there)",
    bad=[
        bad(
            _TOP + '@dp.table\ndef t():\n    df = spark.readStream.table("main.raw.s")\n'
            '    df.writeStream.option("checkpointLocation", "/c").toTable("x")\n    return df\n',
            python=True,
            marks=("writeStream",),
        ),
        bad(
            _TOP + '@dp.materialized_view\ndef m():\n    return spark.read.table("main.raw.s")\n\n\n'
            'query = (\n    spark.readStream.table("main.raw.s")\n    .writeStream  # runs for ever\n    .start()\n)\n',
            python=True,
            target="spark-4.3",
            marks=("writeStream",),
        ),
    ],
    good=[
        good(_TOP + '@dp.table\ndef x():\n    return spark.readStream.table("main.raw.s")\n', python=True),
        good(
            _TOP + '@dp.table\ndef x():\n    return spark.readStream.table("main.raw.s")\n\n\n'
            'if __name__ == "__main__":\n    spark.readStream.table("main.raw.s").writeStream.toTable("y")\n',
            python=True,
        ),
    ],
)
def stream_writer_in_pipeline(python: PythonText, context: Context) -> Iterator[Finding]:
    """A stream that a definition file starts by itself.

    A pipeline starts, stops and restarts its streams and keeps their checkpoints. A `writeStream` in its files starts
    another one each time the file is read, which nobody stops and which the event log does not know. Return the stream
    from a function with `@dp.table`, or send it to a sink with `@dp.append_flow`.
    """
    file = context.file(python)
    if not file.defines:
        return
    for each in python.module.nodes:
        when = file.when(each)
        if isinstance(each.node, ast.Attribute) and each.node.attr == "writeStream" and when:
            yield Finding(
                python.module.places.word(each.node),
                "a pipeline starts its streams itself",
                why="this starts another one each time the file is read, with a checkpoint that no update knows",
                mark="starts a stream",
                fixes=(Fix("return the stream from a function with @dp.table, or write it into a sink with a flow"),),
                severity="warning" if context.spark and when == "loading" else None,
            )
