from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.modules import File, Import
from ldp_magic.text import Edit

_VIEW = '\n\n@dp.materialized_view\ndef m():\n    return spark.read.table("main.raw.s").agg({})\n'
_TOP = "from pyspark import pipelines as dp\n"
_FUNCTIONS = "pyspark.sql.functions"
# the built-in functions that pyspark.sql.functions has a namesake of
_SHADOWED = {"abs", "ascii", "bin", "filter", "hash", "hex", "max", "min", "pow", "reverse", "round", "slice", "sum"}
_GIVEN = {"spark", "dbutils", "display", "displayHTML", "sc", "sqlContext", "__file__", "__name__"}


@rule(
    code="LDP815",
    severity="info",
    verified="Databricks' own guidance for agents",
    bad=[
        bad(
            _TOP + "from pyspark.sql.functions import *\n" + _VIEW.format('sum("a"), count("b")'),
            fixed=_TOP + "from pyspark.sql import functions as F\n" + _VIEW.format('F.sum("a"), F.count("b")'),
            python=True,
            safe=False,
            marks=("from pyspark.sql.functions import *",),
        ),
        bad(
            "from pyspark.pipelines import *\r\n\r\n\r\n@materialized_view\r\ndef m():\r\n    return spark.range(3)\r\n",
            python=True,
        ),
    ],
    good=[
        good(_TOP + "from pyspark.sql import functions as F\n" + _VIEW.format('F.sum("a")'), python=True),
        good(_TOP + "from pyspark.sql.functions import *\n" + _VIEW.format('countDistinct("a")'), python=True),
    ],
)
def star_import(python: PythonText, context: Context) -> Iterator[Finding]:
    """A star import that hides functions of Python.

    `from pyspark.sql.functions import *` replaces `sum`, `max`, `min`, `round`, `filter` and others, so a reader cannot
    tell which one a call means, and `sum([1, 2])` fails. Where none of these is used it does no harm, and nothing is
    said. `from pyspark.pipelines import *` brings `table` and `expect`, which are easily lost under other names.
    """
    file = context.file(python)
    for one in python.module.imports:
        if one.local != "*" or one.path not in (_FUNCTIONS, "pyspark.pipelines"):
            continue
        where = python.module.at(one.statement)
        if one.path == "pyspark.pipelines":
            advice = Fix("from pyspark import pipelines as dp")
            message = "this brings table, expect and other short names without saying so"
            yield Finding(where, message, why="a later name of the same kind replaces them silently", fixes=(advice,))
        elif hidden := sorted({n.id for n in _read(file) if n.id in _SHADOWED and n.id not in file.bound}):
            names = ", ".join(hidden)
            message = f"this replaces Python's own {names}, which the file uses"
            why = "a reader cannot tell which one is meant, and Python's own cannot be called any more"
            yield Finding(where, message, why=why, fixes=(_fix(python, file, one),))


def _read(file: File) -> Iterator[ast.Name]:
    for module in file.modules:
        for each in module.nodes:
            if isinstance(each.node, ast.Name) and isinstance(each.node.ctx, ast.Load):
                yield each.node


def _fix(python: PythonText, file: File, one: Import) -> Fix:
    title = "import functions as F, and write F. before its functions"
    imports = [i for m in file.modules for i in m.imports]
    stars = [i for i in imports if i.local == "*"]
    local = {i.local for i in imports}
    if len(stars) > 1 or len(file.modules) > 1 or "F" in file.bound | local or len(one.statement.names) > 1:
        return Fix(title)
    known = file.bound | local | _GIVEN | (set(dir(builtins)) - _SHADOWED)
    names = [n for n in _read(file) if n.id not in known]
    if not all(python.module.exact(n) for n in names):
        return Fix(title)
    edits = [Edit(python.module.at(n).source.at(python.module.at(n).start), "F.") for n in names]
    start = Edit(python.module.at(one.statement), "from pyspark.sql import functions as F")
    return Fix(title, (start, *edits), False, "a name that is none of its functions would break")
