from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.definitions import NAMES, home
from ldp_magic.python.modules import Decorated, Decorator, Definition, File, Module
from ldp_magic.text import Edit

_TOP = "from pyspark import pipelines as dp\n\n\n"
_READ = '    return spark.readStream.table("main.raw.s")\n'
_FLOWS = {"append_flow", "update_flow", "replace_flow"}
# What open-source Spark takes, and what LDP004 and LDP810 speak of.
_SPARK = {
    "table": "name comment spark_conf table_properties partition_cols cluster_by schema format query_function",
    "temporary_view": "name comment spark_conf query_function",
    "append_flow": "target name spark_conf",
}
_SPARK["materialized_view"] = _SPARK["table"]
_ELSEWHERE = "private path cluster_by_auto row_filter refresh_policy replace_using once"


@rule(
    code="LDP808",
    foresees=("DECORATOR_ARGUMENT_NOT_CALLABLE", "TypeError", "NOT_EXPECTED_TYPE"),
    verified="Spark 4.3, 60 ways to write the arguments of each; the order of decorators second-hand",
    bad=[
        bad(
            _TOP + '@dp.table("orders", comment="all")\ndef f():\n' + _READ,
            fixed=_TOP + '@dp.table(name="orders", comment="all")\ndef f():\n' + _READ,
            python=True,
            safe=True,
            marks=('"orders"',),
        ),
        bad(
            _TOP + 'dp.create_streaming_table("t")\n\n\n@dp.append_flow\ndef t():\n' + _READ,
            python=True,
            marks=("@dp.append_flow",),
        ),
        bad(
            _TOP + '@dp.expect(\n    "a", "id > 0",  # keep\n)\n@dp.table\r\ndef t():\r\n' + _READ,
            fixed=_TOP + '@dp.table\n@dp.expect(\n    "a", "id > 0",  # keep\n)\r\ndef t():\r\n' + _READ,
            python=True,
            safe=False,
            marks=("@dp.table",),
        ),
        bad(_TOP + "@dp.table(name=3)\ndef t():\n" + _READ, python=True, marks=("3",)),
        bad(
            _TOP
            + '@dp.table\n@dp.expect_or_dorp("a", "id > 0")\ndef f():\n'
            + _READ
            + "\n\n@dp.tabel\ndef g():\n"
            + _READ,
            fixed=_TOP
            + '@dp.table\n@dp.expect_or_drop("a", "id > 0")\ndef f():\n'
            + _READ
            + "\n\n@dp.table\ndef g():\n"
            + _READ,
            python=True,
            safe=False,
            marks=("dp.expect_or_dorp", "dp.tabel"),
            count=2,
        ),
        bad(
            _TOP + '@dp.table(nme="orders", commment="all")\ndef f():\n' + _READ,
            fixed=_TOP + '@dp.table(name="orders", comment="all")\ndef f():\n' + _READ,
            python=True,
            safe=False,
            count=2,
        ),
        bad(
            _TOP + '@dp.temporary_view(schema="id INT")\ndef f():\n' + _READ,
            python=True,
            target="spark-4.3",
            marks=('schema="id INT"',),
        ),
    ],
    good=[
        good(
            _TOP + '@dp.table(name="t", schema="id INT", format="parquet", cluster_by=["id"])\ndef f():\n' + _READ,
            python=True,
            target="spark-4.3",
        ),
        good(_TOP + '@dp.table(name="orders", newer_than_we_are=1)\ndef f():\n' + _READ, python=True),
        good(
            _TOP + '@dp.table(name="orders")\n@dp.expect("a", "id > 0")\ndef f():\n' + _READ,
            python=True,
        ),
        good(
            _TOP
            + 'dp.create_streaming_table("t")\nhow = {"target": "t"}\n\n\n@dp.append_flow(**how)\ndef f():\n'
            + _READ,
            python=True,
        ),
    ],
)
def decorator_shape(python: PythonText, context: Context) -> Iterator[Finding]:
    """A pipeline decorator that is put on in a way that does not work.

    `@dp.table` takes keywords only, so a name in front is taken for the function; a flow has to say its target; a name
    is a text, and an argument that is nearly one is misspelt. Open-source Spark takes fewer arguments than Databricks
    does. Expectations belong below the decorator that makes the dataset, because decorators are applied from the function
    upwards.
    """
    for found in context.file(python).decorated:
        if found.module is python.module:
            for decorator in found.decorators:
                yield from _looked_at(decorator, found.module)
                yield from (_unknown if context.spark else _misspelt)(decorator, found.module)
            yield from _order(found)
    yield from _no_decorators(python.module, context.file(python))


def _looked_at(decorator: Decorator, module: Module) -> Iterator[Finding]:
    role = NAMES.get(decorator.api)
    if role == "dataset":
        yield from _positional(decorator, module)
    if role in ("dataset", "flow"):
        yield from _name(decorator, module)
    if decorator.api in _FLOWS and not _has_target(decorator):
        at = module.places.decorator(decorator.node)
        yield Finding(
            at,
            f"@{_called(decorator, module)} names no target",
            why="a flow writes into a streaming table or a sink, and has no other way to say which",
            fixes=(Fix(f'write @{_called(decorator, module)}(target="...")'),),
        )


def _unknown(decorator: Decorator, module: Module) -> Iterator[Finding]:
    """Arguments that only Databricks has, or nobody."""
    taken = _SPARK.get(decorator.api)
    if taken is None or decorator.call is None:
        return
    known = {*taken.split(), *_ELSEWHERE.split()}
    for keyword in decorator.call.keywords:
        if keyword.arg is not None and keyword.arg not in known and not keyword.arg.startswith("expect_"):
            yield Finding(
                module.at(keyword),
                f"@{_called(decorator, module)} of open-source Spark has no {keyword.arg}",
                why="Spark stops with a TypeError while it reads the file",
                fixes=(Fix(f"it takes {', '.join(n for n in taken.split() if n != 'query_function')}"),),
            )


def _no_decorators(module: Module, file: File) -> Iterator[Finding]:
    """`@dp.tabel`: decorators that the module does not have, and nearly does."""
    for each in module.nodes:
        for decorator in each.node.decorator_list if isinstance(each.node, Definition) else ():
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            room, _, last = file.path(called).rpartition(".")
            near = get_close_matches(last, NAMES, 1, 0.75) if home(f"{room}.table") and last not in NAMES else []
            if not near or not isinstance(called, ast.Attribute):
                continue
            at = module.at(called)
            name = at.source.at(at.end - len(last), at.end)
            fixes = (Fix(f"write {near[0]}", (Edit(name, near[0]),), False, "only you know which was meant"),)
            yield Finding(
                at,
                f"there is no @{at.text}; {near[0]} is one",
                why="Python stops with an AttributeError while it reads the file",
                fixes=fixes if name.text == last else (Fix(f"write {near[0]}"),),
            )


def _misspelt(decorator: Decorator, module: Module) -> Iterator[Finding]:
    """Arguments that are nearly one; Databricks may take more than we know of, so others are left alone."""
    known = sorted({*_SPARK.get(decorator.api, "").split(), *_ELSEWHERE.split()} - {"query_function"})
    for keyword in decorator.call.keywords if decorator.call and decorator.api in _SPARK else ():
        word = keyword.arg or ""
        near = get_close_matches(word, known, 1, 0.8) if word not in known else []
        if not near or word.startswith(near[0]) or near[0].startswith(word):
            continue
        at = module.at(keyword)
        name = at.source.at(at.start, at.start + len(word))
        fixes = (Fix(f"write {near[0]}", (Edit(name, near[0]),), False, "only you know which was meant"),)
        yield Finding(
            name,
            f"@{_called(decorator, module)} has no {word}; {near[0]} is one",
            why="Python stops with a TypeError while it reads the file",
            fixes=fixes if name.text == word else (Fix(f"write {near[0]}"),),
        )


def _called(decorator: Decorator, module: Module) -> str:
    return module.at(decorator.call.func if decorator.call else decorator.node).text


def _has_target(decorator: Decorator) -> bool:
    call = decorator.call
    return call is not None and (bool(call.args) or any(k.arg in ("target", None) for k in call.keywords))


def _positional(decorator: Decorator, module: Module) -> Iterator[Finding]:
    first = decorator.call.args[0] if decorator.call and decorator.call.args else None
    if not isinstance(first, ast.Constant | ast.JoinedStr) or decorator.keyword("name"):
        return
    if isinstance(first, ast.Constant) and first.value is None:  # as good as nothing
        return
    where = module.at(first)
    yield Finding(
        where,
        f"@{_called(decorator, module)} takes its name as name=",
        why="the first argument without a name is taken for the function",
        fixes=(Fix("write name=", (Edit(where.source.at(where.start), "name="),), True, "it could not run as it was"),),
    )


def _name(decorator: Decorator, module: Module) -> Iterator[Finding]:
    given = decorator.keyword("name")
    if given is None or not isinstance(given.value, ast.Constant):
        return
    if given.value.value is not None and not isinstance(given.value.value, str):
        where = module.at(given.value)
        yield Finding(
            where,
            f"{where.text} is no name",
            why="the name of a dataset or flow is a text",
            fixes=(Fix("put it in quotes"),),
        )


def _order(found: Decorated) -> Iterator[Finding]:
    roles = [NAMES.get(d.api) for d in found.decorators]
    last = max((n for n, role in enumerate(roles) if role == "dataset"), default=0)
    above = [n for n in range(last) if roles[n] == "expectation"]
    if not above:
        return
    places = [found.module.places.decorator(d.node) for d in found.decorators]
    wanted = [last, *(n for n in range(last) if n != last)]
    edits = tuple(Edit(place, places[n].text) for place, n in zip(places, wanted, strict=False))
    yield Finding(
        places[last],
        f"the expectations of {found.node.name} stand above the decorator that makes the dataset",
        why="decorators are applied from the function upwards, so the dataset is made before they are known",
        fixes=(Fix("put it above them", edits, False, "from then on the expectations count, if they did not"),),
        severity="warning",
    )
