from __future__ import annotations

import ast
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.modules import File, Module

_TOP = "from pyspark import pipelines as dp\n\n\n"
_VIEW = '\n\n@dp.materialized_view\ndef m():\n    return spark.read.table("main.raw.s")\n'
_FILES = {
    "os.remove", "os.unlink", "os.rename", "os.replace", "os.makedirs", "os.mkdir", "os.rmdir", "os.system",
    "shutil.rmtree", "shutil.copy", "shutil.copyfile", "shutil.copytree", "shutil.move",
    "dbutils.fs.rm", "dbutils.fs.put", "dbutils.fs.mkdirs", "dbutils.fs.cp", "dbutils.fs.mv", "dbutils.fs.mount",
    "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.Popen",
}  # fmt: skip
_NETWORK = {f"{lib}.{verb}" for lib in ("requests", "httpx") for verb in ("post", "put", "patch", "delete")}
_CATALOG = {"spark.catalog.createTable", "spark.catalog.dropTable", "spark.catalog.refreshTable"}
_METHODS = {
    "write_text": "writes a file",
    "write_bytes": "writes a file",
    "saveAsTable": "writes a table",
    "insertInto": "writes a table",
}
_CHANGING = ("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today", "datetime.datetime.today",
             "time.time", "uuid.uuid4", "uuid.uuid1", "random.random", "random.randint", "random.choice")  # fmt: skip


@rule(
    code="LDP814",
    severity="warning",
    verified="Spark's programming guide",
    bad=[
        bad(_TOP + 'open("log.txt", "a").write("loaded")\n' + _VIEW, python=True, marks=('open("log.txt", "a")',)),
        bad(
            _TOP + "def clean(path):\n    dbutils.fs.rm(path, True)\n\n\nclean('/tmp/x')\n" + _VIEW,
            python=True,
            marks=("dbutils.fs.rm(path, True)",),
        ),
        bad(
            "from datetime import datetime\n"
            + _TOP
            + '@dp.materialized_view(name=f"m_{datetime.now():%Y}")\ndef m():\n    return spark.range(3)\n',
            python=True,
            marks=("datetime.now()",),
        ),
    ],
    good=[
        good(_TOP + 'with open("columns.txt") as file:\n    columns = file.read().split()\n' + _VIEW, python=True),
        good(_TOP + "def clean(path):\n    dbutils.fs.rm(path, True)\n" + _VIEW, python=True),
        good('with open("log.txt", "w") as file:\n    file.write("a script that defines nothing")\n', python=True),
    ],
)
def side_effects(python: PythonText, context: Context) -> Iterator[Finding]:
    """A definition file that does something besides defining.

    The file is read when the pipeline is validated, planned, started and retried, on any machine and in any order, so
    what it writes is written several times or too early. A name that depends on the clock or on chance makes another
    dataset each time. Do such things in a task before or after the pipeline.
    """
    file = context.file(python)
    if not file.defines:
        return
    for each in python.module.nodes:
        if isinstance(each.node, ast.Call) and file.when(each):
            what = _effect(each.node, file, query=file.when(each) == "query")
            if what:
                yield _finding(python.module, each.node, what)
    yield from _names(python.module, file)


def _effect(call: ast.Call, file: File, *, query: bool) -> str:
    """What a call does to the world outside, in words; empty if nothing is known."""
    path = file.path(call.func)
    if path in ("open", "builtins.open", "io.open"):
        return "writes a file" if any(letter in _mode(call) for letter in "wax+") else ""
    if path in _FILES:
        return "runs a program" if path.startswith(("subprocess", "os.system")) else "changes files"
    if path in _NETWORK:
        return "sends something over the network"
    if path in _CATALOG:
        return "changes the catalog"
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return "" if query else _METHODS.get(method, "")


def _mode(call: ast.Call) -> str:
    given = call.args[1] if len(call.args) > 1 else next((k.value for k in call.keywords if k.arg == "mode"), None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""


def _finding(module: Module, call: ast.Call, what: str) -> Finding:
    return Finding(
        module.at(call),
        f"this {what} each time the file is read",
        why="a definition file is read for validating, planning and retrying too, in any order",
        fixes=(Fix("do it in a task before or after the pipeline"),),
    )


def _names(module: Module, file: File) -> Iterator[Finding]:
    """Names of datasets that are made of the time or of chance."""
    for found in (d for d in file.decorated if d.module is module):
        for decorator in found.decorators:
            given = decorator.keyword("name")
            calls = (n for n in ast.walk(given.value) if isinstance(n, ast.Call)) if given and decorator.api else ()
            for call in calls:
                if file.path(call.func) in _CHANGING:
                    yield Finding(
                        module.at(call),
                        f"the name of {found.node.name} is another one each time the file is read",
                        why="each name is a dataset of its own, and the one before stays behind",
                        fixes=(Fix("give it one name, and keep the time in a column"),),
                    )
