from __future__ import annotations

import ast
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Severity
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.modules import File, Module, Node

_TOP = "from pyspark import pipelines as dp\n\n"
_VIEW = '@dp.materialized_view\ndef m():\n    return spark.read.table("main.raw.s")\n'
_TEMPORARY = {
    "createTempView", "createOrReplaceTempView", "createGlobalTempView", "createOrReplaceGlobalTempView",
    "registerTempTable", "dropTempView", "dropGlobalTempView",
}  # fmt: skip
_UDFS = {"udf.register", "udf.registerJavaFunction", "udf.registerJavaUDAF"}
_CATALOG = {"catalog.setCurrentCatalog", "catalog.setCurrentDatabase"}


@rule(
    code="LDP804",
    severity="warning",
    spark="error",
    foresees=("SESSION_MUTATION_IN_DECLARATIVE_PIPELINE",),
    verified="Spark 4.3 for conf.set, a temporary view and udf.register; the others by its list",
    bad=[
        bad(
            _TOP + 'spark.conf.set("spark.sql.shuffle.partitions", "8")\n\n\n' + _VIEW,
            python=True,
            marks=("spark.conf.set",),
        ),
        bad(
            _TOP + '@dp.materialized_view\ndef m():\n    spark.read.table("main.raw.s").createOrReplaceTempView("s")\n'
            '    return spark.sql("SELECT * FROM s")\n',
            python=True,
            target="spark-4.3",
            marks=("createOrReplaceTempView",),
        ),
        bad(
            _TOP + "def setup():\n    spark.udf.register('twice', lambda x: 2 * x)\n\n\nsetup()\n\n\n" + _VIEW,
            python=True,
            target="spark-4.1",
            marks=("spark.udf.register",),
        ),
    ],
    good=[
        good(
            _TOP + '@dp.materialized_view(spark_conf={"spark.sql.shuffle.partitions": "8"})\ndef m():\n'
            '    return spark.read.table("main.raw.s")\n',
            python=True,
        ),
        good(
            _TOP + _VIEW + '\n\nif __name__ == "__main__":\n    spark.conf.set("spark.sql.ansi.enabled", "true")\n',
            python=True,
        ),
        # this is how Databricks wants a Python function made for SQL
        good(_TOP + "spark.udf.register('twice', lambda x: 2 * x)\n\n\n" + _VIEW, python=True),
    ],
)
def session_mutation(python: PythonText, context: Context) -> Iterator[Finding]:
    """A definition file that changes the session around it.

    Files are read in any order, and every dataset's query is planned in one session, so a setting made here reaches
    queries of other files, or comes too late for its own. Open-source Spark refuses it. Set it on the dataset with
    `spark_conf=`, in the pipeline's configuration, or use `@dp.temporary_view` in place of a temporary view of the
    session. On Databricks functions for SQL may be registered.
    """
    file = context.file(python)
    if not file.defines:
        return
    for each in python.module.nodes:
        if isinstance(each.node, ast.Call) and isinstance(each.node.func, ast.Attribute) and file.when(each):
            yield from _looked_at(each, each.node.func, python.module, file, context)


def _looked_at(each: Node, called: ast.Attribute, module: Module, file: File, context: Context) -> Iterator[Finding]:
    path = file.path(called)
    name = path.removeprefix("spark.") if path.startswith("spark.") else ""
    if called.attr in _TEMPORARY:
        word = module.places.word(called)
        yield Finding(
            word,
            f"{called.attr} changes the session that all datasets share",
            why="another query may meet this view, or its absence",
            fixes=(Fix("put @dp.temporary_view on a function that returns the query"),),
            severity="error" if context.spark else "info",
        )
    elif name == "conf.set" or name in _CATALOG or (name in _UDFS and context.spark):
        yield Finding(
            module.at(called),
            f"{path} changes the session that all datasets share",
            why="files are read in any order, so it reaches other datasets, or comes too late for this one",
            fixes=(Fix(_instead(name)),),
            severity=_level(context),
        )


def _level(context: Context) -> Severity:
    return "error" if context.spark else "warning"


def _instead(name: str) -> str:
    if name == "conf.set":
        return "set it with spark_conf= on the dataset, or in the pipeline's configuration"
    if name in _UDFS:
        return "call the function as a column with pyspark.sql.functions.udf"
    return "set catalog and schema of the pipeline, or write names in full"
