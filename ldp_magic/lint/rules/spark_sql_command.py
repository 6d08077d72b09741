from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.modules import File, Module, Node

_TOP = "from pyspark import pipelines as dp\n\n\n"
_VIEW = '@dp.materialized_view\ndef m():\n    return spark.sql("SELECT * FROM main.raw.s")\n'
_COMMANDS = {
    "ALTER", "ANALYZE", "CACHE", "CLEAR", "COMMENT", "COPY", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "LOAD",
    "MERGE", "MSCK", "OPTIMIZE", "REFRESH", "REPLACE", "REVOKE", "TRUNCATE", "UNCACHE", "UPDATE", "VACUUM",
}  # fmt: skip
_SESSION = {"SET", "USE", "RESET"}
_WORD = re.compile(r"(?:\s|--[^\r\n]*(?:[\r\n]|\Z)|/\*(?:[^*]|\*(?!/))*\*/)*(\w+)[ \t]*(\w*)")


@rule(
    code="LDP805",
    foresees=("UNSUPPORTED_PIPELINE_SPARK_SQL_COMMAND",),
    verified="Spark 4.3 for CREATE TABLE and INSERT",
    bad=[
        bad(
            _TOP + '@dp.materialized_view\ndef m():\n    spark.sql("INSERT INTO log VALUES (1)")\n'
            '    return spark.sql("SELECT * FROM main.raw.s")\n',
            python=True,
            marks=("INSERT",),
        ),
        bad(
            _TOP + 'spark.sql("""\n  -- once\n  create table x (a INT)""")\n\n\n' + _VIEW,
            python=True,
            target="spark-4.3",
            marks=("create",),
        ),
        bad(_TOP + 'name = "x"\nspark.sql(f"DROP TABLE IF EXISTS {name}")\n\n\n' + _VIEW, python=True),
    ],
    good=[
        good(
            _TOP
            + 'dp.create_streaming_table("x", schema="a INT")\n\n\n@dp.append_flow(target="x")\ndef f():\n    return spark.readStream.table("main.raw.x")\n',
            python=True,
        ),
        good(
            _TOP
            + '@dp.foreach_batch_sink(name="target")\ndef upsert(df, batch_id):\n    df.createOrReplaceTempView("b")\n'
            '    df.sparkSession.sql("MERGE INTO main.raw.t USING b ON t.id = b.id WHEN MATCHED THEN UPDATE SET *")\n\n\n'
            '@dp.append_flow(target="target")\ndef f():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
        ),
        good(
            _TOP
            + '@dp.materialized_view\ndef m():\n    return spark.sql("  with a as (select 1 as x) select * from a")\n',
            python=True,
        ),
    ],
)
def spark_sql_command(python: PythonText, context: Context) -> Iterator[Finding]:
    """A command in spark.sql, where a pipeline takes queries only.

    The pipeline makes, fills and drops its own tables; a CREATE or an INSERT in a definition file would run each time
    the file is read, which may be several times in an update. Open-source Spark refuses it. Define the table with the
    pipeline's API, or run the command in a task before the pipeline.
    """
    file = context.file(python)
    if not file.defines:
        return
    for each in python.module.nodes:
        if isinstance(each.node, ast.Call) and each.node.args and file.path(each.node.func) == "spark.sql":
            yield from _of_call(each, each.node, python.module, file, context)


def _of_call(each: Node, call: ast.Call, module: Module, file: File, context: Context) -> Iterator[Finding]:
    when, found = file.when(each), _WORD.match(_text(call.args[0]))
    word = found[1].upper() if found else ""
    if found is None or not when or not (word in _COMMANDS or (context.spark and word in _SESSION)):
        return
    function = found[2].upper() == "FUNCTION" or found[2].upper() == "OR"
    mild = not context.spark and (when == "loading" or function)
    where = module.at(call.args[0])
    at = where.text.find(found[1])
    yield Finding(
        where.inside(at, at + len(found[1])) if at >= 0 else where,
        f"spark.sql is given {word}, and a pipeline takes queries only",
        why="a definition file may be read several times in an update, and the pipeline makes its tables itself",
        fixes=(Fix(_instead(word)),),
        severity="warning" if mild else "error",
    )


def _text(node: ast.expr) -> str:
    """The beginning of a text, as far as it is written there."""
    while isinstance(node, ast.BinOp | ast.JoinedStr):
        if isinstance(node, ast.JoinedStr) and not node.values:
            return ""
        node = node.left if isinstance(node, ast.BinOp) else node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _instead(word: str) -> str:
    if word in ("CREATE", "REPLACE"):
        return "define the dataset with @dp.table, @dp.materialized_view or dp.create_streaming_table"
    if word in ("INSERT", "MERGE", "UPDATE", "DELETE"):
        return "write the rows with a flow, or with dp.create_auto_cdc_flow"
    return "run it in a task before the pipeline"
