from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.legacy import READERS, SUCCESSORS, Uses
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.definitions import NAMES
from ldp_magic.python.modules import File, Import, Module
from ldp_magic.text import Edit

_BODY = '\n\n@{0}.table\ndef orders():\n    """Every order."""\n    return spark.readStream.table("main.raw.orders")\n'


@rule(
    code="LDP801",
    severity="warning",
    spark="error",
    foresees=("ModuleNotFoundError",),
    verified="Spark 4.3; Databricks' own guidance for agents",
    bad=[
        bad(
            "import dlt" + _BODY.format("dlt"),
            fixed="from pyspark import pipelines as dp" + _BODY.format("dp"),
            python=True,
            safe=True,
            marks=("import dlt",),
        ),
        bad(
            "import dlt as d  # old\r\n\r\n"
            '@d.view(name="v")\r\ndef f():\r\n    return d.read("main.raw.a").join(d.read_stream(name="main.raw.b"), "id")\r\n\r\n'
            '@d.create_table(temporary=True)\r\ndef t():\r\n    return d.read("v")\r\n',
            fixed="from pyspark import pipelines as d  # old\r\n\r\n"
            '@d.temporary_view(name="v")\r\ndef f():\r\n'
            '    return spark.read.table("main.raw.a").join(spark.readStream.table(tableName="main.raw.b"), "id")\r\n\r\n'
            '@d.table(private=True)\r\ndef t():\r\n    return spark.read.table("v")\r\n',
            python=True,
            safe=True,
            marks=("import dlt as d",),
        ),
        bad(
            "import os, dlt" + _BODY.format("dlt"),
            fixed="import os, pyspark.pipelines as dp" + _BODY.format("dp"),
            python=True,
            target="spark-4.3",
            marks=("dlt",),
        ),
        bad(
            "from dlt import table, view\n\n@view\ndef v():\n    return spark.range(3)\n",
            fixed="from pyspark.pipelines import table, temporary_view as view\n\n@view\ndef v():\n    return spark.range(3)\n",
            python=True,
        ),
        bad("import dlt\n\nfor make in (dlt.table, dlt.view):\n    print(getattr(dlt, 'table'))\n", python=True),
    ],
    good=[
        good("from pyspark import pipelines as dp" + _BODY.format("dp"), python=True),
        good("import dlt\n\npipeline = dlt.pipeline(destination='duckdb')\n", python=True),  # another package
    ],
)
def import_dlt(python: PythonText, context: Context) -> Iterator[Finding]:
    """The old module dlt.

    Its place has been taken by `pyspark.pipelines`, which open-source Spark and Databricks share; Spark has no module
    `dlt`, so a file that imports it does not load there. The fix renames the import and every use in the file or
    notebook. It is safe where each use has one successor that means the same; otherwise the uses are left to you.
    """
    found = [i for i in python.module.imports if i.path == "dlt" or i.path.startswith("dlt.")]
    file = context.file(python)
    uses = Uses(file, "dlt") if found else None
    if uses is None or _another_package(uses, found):
        return
    fix = _fix(uses, context)
    why = "open-source Spark has no module dlt" if context.spark else "Databricks keeps dlt for old code only"
    for one in found:
        if one.statement is not found[0].statement and one.statement in {
            f.statement for f in found[: found.index(one)]
        }:
            continue
        yield Finding(
            python.module.at(one.statement if len(one.statement.names) == 1 or _from(one) else one.alias),
            "dlt is the old name; pyspark.pipelines has taken its place",
            why=why,
            fixes=(fix,),
        )


def _from(one: Import) -> bool:
    return isinstance(one.statement, ast.ImportFrom)


def _another_package(uses: Uses, found: list[Import]) -> bool:
    """The data load tool is called dlt as well; none of its names is one of the pipeline API."""
    names = {node.attr for _, node in uses.attributes} | {i.path[4:] for i in found if i.path != "dlt"}
    return bool(names) and not names & set(NAMES)


def _fix(uses: Uses, context: Context) -> Fix:
    title = "import pipelines from pyspark instead"
    edits = _edits(uses, context)
    if edits is None:
        return Fix(f"{title}, and rename what is used")
    lost = any(f is not uses.file for f in _relying(context))
    if lost or not _used(uses):
        return Fix(title, edits, safe=False, reason="other files may use dlt through this import")
    return Fix(title, edits, safe=True, reason="every use has one successor, which means the same")


def _used(uses: Uses) -> bool:
    named = (i for m in uses.file.modules for i in m.imports if i.path.startswith("dlt."))
    return bool(uses.attributes) or any(True for _ in named)


@lru_cache(maxsize=1)
def _relying(context: Context) -> tuple[File, ...]:
    """Looked for once, not once for each file that imports it."""
    return tuple(f for f in context.files if _relies(f))


def _relies(file: File) -> bool:
    """Does a file use dlt without importing it?"""
    if any(i.local == "dlt" for m in file.modules for i in m.imports):
        return False
    return any(isinstance(each.node, ast.Name) and each.node.id == "dlt" for m in file.modules for each in m.nodes)


def _edits(uses: Uses, context: Context) -> tuple[Edit, ...] | None:
    """All of it, in every text of the file; None if anything is left over."""
    file, edits = uses.file, list[Edit]()
    local = _local(file)
    if uses.bare or not local:
        return None
    for module, one in ((m, i) for m in file.modules for i in m.imports):
        changed = _import_edits(module, one, local)
        if changed is None:
            return None
        edits += changed
    for module, node in uses.attributes:
        held = node.value.id if isinstance(node.value, ast.Name) else local
        named = uses.edits(module, node, local if held == "dlt" else held, private=not context.spark)
        if named is None:
            return None
        edits += named
    return tuple(dict.fromkeys(edits))


def _local(file: File) -> str:
    """What the new module is called: as it is already imported, or dp, or pipelines, where these are free."""
    imported = {i.local: i.path for m in file.modules for i in m.imports}
    known = next((n for n, p in imported.items() if p == "pyspark.pipelines"), "")
    free = (n for n in ("dp", "pipelines") if n not in file.bound and n not in imported)
    return known or next(free, "")


def _import_edits(module: Module, one: Import, local: str) -> list[Edit] | None:
    """The edits of one imported name; None if it cannot be changed alone."""
    if one.path == "dlt" and one.local == "*":
        return None
    if one.path == "dlt":
        name = local if one.local == "dlt" else one.local
        if len(one.statement.names) == 1:
            return [Edit(module.at(one.statement), f"from pyspark import pipelines as {name}")]
        return [Edit(module.at(one.alias), f"pyspark.pipelines as {name}")]
    return _from_edits(module, one) if one.path.startswith("dlt.") else []


def _from_edits(module: Module, one: Import) -> list[Edit] | None:
    name, where = one.path[4:], module.at(one.statement)
    at = where.text.find("dlt")
    if name not in NAMES or name in READERS or name == "create_table" or name.startswith("apply_changes") or at < 0:
        return None
    edits = [Edit(where.inside(at, at + 3), "pyspark.pipelines")]
    if name in SUCCESSORS:
        edits.append(Edit(module.at(one.alias), f"{SUCCESSORS[name]} as {one.local}"))
    return edits
