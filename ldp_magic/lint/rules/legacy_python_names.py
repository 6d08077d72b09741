from __future__ import annotations

import ast
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.legacy import READERS, SUCCESSORS, Uses
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.modules import Module

_TOP = "from pyspark import pipelines as dp\n\n\n"
_NEW = {**SUCCESSORS, **READERS}


@rule(
    code="LDP802",
    severity="warning",
    spark="error",
    foresees=("AttributeError",),
    verified="Spark 4.3 for view and read; the other names by its list of what it exports",
    bad=[
        bad(
            _TOP + '@dp.materialized_view\ndef m():\n    return dp.read("main.raw.orders")\n',
            fixed=_TOP + '@dp.materialized_view\ndef m():\n    return spark.read.table("main.raw.orders")\n',
            python=True,
            safe=True,
            marks=("dp.read",),
        ),
        bad(
            _TOP + "@dp.view  # 🙂\r\ndef v():\r\n    return spark.range(3)\r\n",
            fixed=_TOP + "@dp.temporary_view  # 🙂\r\ndef v():\r\n    return spark.range(3)\r\n",
            python=True,
            target="spark-4.3",
            safe=True,
        ),
        bad(
            _TOP + 'dp.create_streaming_table("t")\n'
            'dp.apply_changes(target="t", source="main.raw.a", keys=["id"], sequence_by="seq", where="id > 0")\n',
            python=True,
            marks=("dp.apply_changes",),
        ),
    ],
    good=[
        good(
            _TOP + '@dp.temporary_view\ndef v():\n    return spark.read.table("main.raw.orders")\n\n\n'
            '@dp.materialized_view\ndef m():\n    return spark.read.table("v")\n',
            python=True,
        ),
        good(
            _TOP + '@dp.table(private=True)\ndef t():\n    return spark.readStream.table("main.raw.orders")\n\n\n'
            '@dp.table\ndef u():\n    return spark.readStream.table("t")\n',
            python=True,
        ),
    ],
)
def legacy_python_names(python: PythonText, context: Context) -> Iterator[Finding]:
    """A name of the old dlt module, used under pyspark.pipelines.

    Databricks keeps `view`, `read`, `read_stream` and `apply_changes` for code that came from dlt; open-source Spark
    never had them and stops with an AttributeError. Each has a successor: a temporary view, a plain Spark read, an AUTO
    CDC flow. Of `temporary=True` LDP507 speaks.
    """
    uses = Uses(context.file(python), "pyspark.pipelines")
    for module, node in uses.attributes:
        if module is not python.module:
            continue
        if node.attr in _NEW and node.attr != "create_table":
            yield _old_name(uses, module, node, context)


def _old_name(uses: Uses, module: Module, node: ast.Attribute, context: Context) -> Finding:
    where, new = module.at(node), _NEW[node.attr]
    held = node.value.id if isinstance(node.value, ast.Name) else "dp"
    edits = uses.edits(module, node, held, private=not context.spark)
    written = new if node.attr in READERS else f"{held}.{new}"
    fix = Fix(f"write {written}", tuple(edits or ()), safe=edits is not None, reason=_reason(context))
    return Finding(where, f"{where.text} is an old name", why=_why(context), fixes=(fix,))


def _reason(context: Context) -> str:
    return "it could not run as it was" if context.spark else "means the same"


def _why(context: Context) -> str:
    return "open-source Spark does not have it" if context.spark else "Databricks keeps it for code that came from dlt"
