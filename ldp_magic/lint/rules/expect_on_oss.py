from __future__ import annotations

import ast
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.definitions import NAMES, home
from ldp_magic.python.modules import File
from ldp_magic.text import Location

_TOP = "from pyspark import pipelines as dp\n\n\n"
_EXPECT = '@dp.materialized_view\n@dp.expect("pos", "v > 0")\ndef m():\n    return spark.read.table("main.raw.s")\n'
_TABLES = ("create_streaming_table",)


@rule(
    code="LDP810",
    severity="never",
    spark="error",
    foresees=("AttributeError", "TypeError"),
    verified="Spark 4.3",
    bad=[
        bad(_TOP + _EXPECT, python=True, target="spark-4.3", marks=("dp.expect",)),
        bad(
            _TOP + 'dp.create_streaming_table("t", expect_all={"pos": "v > 0"})\n\n\n@dp.append_flow(target="t")\n'
            'def f():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
            target="spark-4.1",
            marks=('expect_all={"pos": "v > 0"}',),
        ),
    ],
    good=[
        good(_TOP + _EXPECT, python=True),
        good(
            _TOP + '@dp.materialized_view\ndef m():\n    return spark.read.table("main.raw.s").where("v > 0")\n',
            python=True,
            target="spark-4.3",
        ),
    ],
)
def expect_on_oss(python: PythonText, context: Context) -> Iterator[Finding]:
    """An expectation, where the target is open-source Spark.

    Its `pyspark.pipelines` has no expectations: the file stops with an AttributeError or a TypeError while it is read.
    Filter the rows in the query, or count the bad ones in a materialized view of their own; `ldp run` supplies
    expectations on this machine.
    """
    file, module = context.file(python), python.module
    for each in module.nodes:
        path = file.path(each.node) if isinstance(each.node, ast.Attribute | ast.Name) else ""
        if home(path) and NAMES[path.rpartition(".")[2]] == "expectation":
            yield _finding_at(module.at(each.node), path.rpartition(".")[2])
        elif isinstance(each.node, ast.Call) and _makes_table(each.node, file):
            some = (k for k in each.node.keywords if (k.arg or "").startswith("expect_all"))
            yield from (_finding_at(module.at(k), str(k.arg)) for k in some)


def _makes_table(call: ast.Call, file: File) -> bool:
    path = file.path(call.func)
    return bool(home(path)) and path.rpartition(".")[2] in _TABLES


def _finding_at(location: Location, name: str) -> Finding:
    return Finding(
        location,
        f"open-source Spark has no {name}",
        why="expectations are part of Databricks; Spark stops while it reads the file",
        fixes=(Fix("filter the rows with .where(...), or set the target to databricks"),),
    )
