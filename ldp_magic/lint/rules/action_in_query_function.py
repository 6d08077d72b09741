from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Severity
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonFunction
from ldp_magic.sql.model import Code
from ldp_magic.text import Location

_ACTIONS = {
    "collect", "count", "toPandas", "show", "first", "take", "head", "tail", "printSchema", "isEmpty",
    "toLocalIterator", "foreach", "foreachPartition", "write", "writeTo", "explain",
}  # fmt: skip
_LOOKS = {"columns", "schema", "dtypes", "isStreaming", "cache", "persist", "checkpoint", "localCheckpoint"}
_TOP = "from pyspark import pipelines as dp\n\n\n"


@rule(
    code="LDP803",
    severity="warning",
    spark="error",
    foresees=("ATTEMPT_ANALYSIS_IN_PIPELINE_QUERY_FUNCTION",),
    verified="Spark 4.3, dry, each of them but foreachPartition and the checkpoints of a stream; Databricks documentation",
    bad=[
        bad(
            _TOP + '@dp.materialized_view\ndef m():\n    n = spark.read.table("main.raw.s").count()\n'
            "    return spark.range(n)\n",
            python=True,
            target="spark-4.3",
            marks=("count()",),
        ),
        bad(
            _TOP + "def lower(df):\n    return df.toDF(*[c.lower() for c in df.columns])\n\n\n@dp.materialized_view\n"
            'def m():\n    return lower(spark.read.table("main.raw.s"))\n',
            python=True,
            target="spark-4.1",
            marks=("columns",),
        ),
        bad(
            _TOP + '@dp.table\ndef t():\n    df = spark.readStream.table("main.raw.s")\n'
            '    df.write.mode("append").saveAsTable("copy")\n    return df\n',
            python=True,
            marks=("write",),
        ),
    ],
    good=[
        good(
            _TOP + '@dp.materialized_view\ndef m():\n    return spark.read.table("main.raw.s").groupBy().count()\n',
            python=True,
        ),
        good(
            _TOP + 'names = [r.name for r in spark.read.table("main.raw.config").collect()]  # at the top it may\n\n\n'
            "@dp.materialized_view\ndef m():\n    return spark.range(len(names))\n",
            python=True,
        ),
    ],
)
def action_in_query_function(function: PythonFunction, context: Context) -> Iterator[Finding]:
    """An action inside a function that only describes a query.

    The function is called while the graph is being built, before the tables it reads have been updated, and it may be
    called several times. Open-source Spark refuses anything there that runs or analyses a query; Databricks lets some
    of it pass, with the rows of the last update, and stops where a stream is collected. Describe the result as a query,
    or read small configuration tables at the top of the file.
    """
    for name, location in function.code.calls:
        level = _level(name, function.code, context)
        if level is not None:
            yield _finding(name, location, function, level)


def _level(name: str, code: Code, context: Context) -> Severity | None:
    if name in _LOOKS:
        return "error" if context.spark else "info"
    if name not in _ACTIONS:
        return None
    streams = bool(code.reads) and all(read.streaming for read in code.reads)
    return "error" if context.spark or (streams and name not in ("printSchema", "explain")) else "warning"


def _finding(name: str, location: Location, function: PythonFunction, level: Severity) -> Finding:
    word = f"{name}()" if location.text.endswith(")") else name
    return Finding(
        location,
        f"{word} does not belong into a function that describes a query{_whose(location, function.code)}",
        why="the function is called while the graph is built, before the tables it reads are updated",
        fixes=(Fix("return the query itself, or do this at the top of the file"),),
        severity=level,
    )


def _whose(location: Location, code: Code) -> str:
    """The function's name, unless the call stands in another one, which several may use."""
    inside = location.source is code.location.source and code.location.start <= location.start < code.location.end
    return f", such as {code.function}" if inside and code.function else ""
