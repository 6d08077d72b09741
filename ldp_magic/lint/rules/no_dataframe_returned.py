from __future__ import annotations

import ast
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.modules import Decorated, Definition
from ldp_magic.text import Edit, Location

_TOP = "from pyspark import pipelines as dp\n\n\n"


@rule(
    code="LDP806",
    foresees=("AttributeError", "TypeError"),
    verified="Spark 4.3 for a function that returns nothing; parameters by the signature it is called with",
    bad=[
        bad(
            _TOP + '@dp.materialized_view\ndef m():\n    df = spark.read.table("main.raw.s")\n',
            fixed=_TOP + '@dp.materialized_view\ndef m():\n    return spark.read.table("main.raw.s")\n',
            python=True,
            safe=True,
            marks=("m",),
        ),
        bad(
            _TOP + '@dp.table\r\ndef t():\r\n    # the newest\r\n    spark.readStream.table("main.raw.s")\r\n',
            fixed=_TOP
            + '@dp.table\r\ndef t():\r\n    # the newest\r\n    return spark.readStream.table("main.raw.s")\r\n',
            python=True,
        ),
        bad(
            _TOP + '@dp.temporary_view\ndef v(day):\n    return spark.read.table(f"main.raw.{day}")\n',
            python=True,
            marks=("day",),
        ),
        bad(
            _TOP + '@dp.materialized_view\ndef m():\n    if spark.conf.get("full") == "yes":\n'
            "        return spark.range(9)\n    elif True:\n        return\n",
            python=True,
            marks=("return",),
        ),
    ],
    good=[
        good(
            _TOP
            + '@dp.materialized_view\ndef m(n=3):\n    if spark.conf.get("full") == "yes":\n        return spark.range(9)\n'
            "    else:\n        with open('n') as f:\n            return spark.range(int(f.read()))\n",
            python=True,
        ),
        good(
            _TOP + "def named(name):\n    @dp.materialized_view(name=name)\n    def _():\n        try:\n"
            "            return spark.read.table('main.raw.' + name)\n        except ValueError:\n            raise\n\n\n"
            "named('a')\nnamed('b')\n",
            python=True,
        ),
        good(
            _TOP + '@dp.foreach_batch_sink(name="out")\ndef save(df, batch_id):\n    df.write.save("x")\n\n\n'
            '@dp.append_flow(target="out")\ndef f():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
        ),
    ],
)
def no_dataframe_returned(python: PythonText, context: Context) -> Iterator[Finding]:
    """A function that should return a DataFrame and does not.

    A dataset or flow is what its function returns, and the function is called without arguments. Without a `return`
    it gives None, and the update stops with an error about an attribute that None lacks. Where only some paths return,
    the update stops when one of the others is taken.
    """
    for found in context.file(python).decorated:
        whole = all(d.api for d in found.decorators)  # a decorator of somebody else may pass arguments, or return
        if found.module is python.module and whole and found.roles & {"dataset", "flow"}:
            yield from _parameters(found)
            yield from _returns(found)


def _parameters(found: Decorated) -> Iterator[Finding]:
    held = found.node.args
    names = [*held.posonlyargs, *held.args]
    missing = names[: len(names) - len(held.defaults)]
    missing += [a for a, default in zip(held.kwonlyargs, held.kw_defaults, strict=True) if default is None]
    if not missing or any(isinstance(a, ast.ClassDef) for a in found.around):
        return
    listed = ", ".join(a.arg for a in missing)
    yield Finding(
        found.module.at(missing[0]).upto(found.module.at(missing[-1])),
        f"{found.node.name} is called without arguments, but asks for {listed}",
        why="the pipeline calls the function of a dataset by itself and has nothing to give it",
        fixes=(Fix(f"give {listed} a default, or define the dataset in a function that takes {listed}"),),
    )


def _returns(found: Decorated) -> Iterator[Finding]:
    own = list(_own(found.node.body))
    if any(isinstance(n, ast.Yield | ast.YieldFrom) for n in own):
        return
    returns = [n for n in own if isinstance(n, ast.Return)]
    empty = [r for r in returns if r.value is None or (isinstance(r.value, ast.Constant) and r.value.value is None)]
    some = len(returns) > len(empty)
    falls = _falls_through(found.node.body)
    for each in empty:
        yield _finding(found, found.module.at(each), some)
    if falls and not empty:
        yield _finding(found, found.module.places.name(found.node), some)


def _finding(found: Decorated, location: Location, some: bool) -> Finding:
    said = "does not return a DataFrame on every path" if some else "returns no DataFrame"
    return Finding(
        location,
        f"{found.node.name} {said}",
        why="a dataset or flow is what its function returns; None stops the update",
        fixes=(_fix(found),) if not some else (Fix("return a DataFrame here as well, or raise an error"),),
        severity="warning" if some else None,
    )


def _fix(found: Decorated) -> Fix:
    """Return what the last line makes, if it makes anything."""
    last = found.node.body[-1]
    title = "return the DataFrame"
    where = found.module.at(last)
    value = last.value if isinstance(last, ast.Expr | ast.Assign) else None
    if not isinstance(value, ast.Call | ast.Name) or _speaks(found.module.at(value).text):
        return Fix(title)
    before = where.source.at(where.start, found.module.at(value).start)
    if isinstance(last, ast.Assign) and (len(last.targets) > 1 or "(" in before.text):
        return Fix(title)
    return Fix(
        title, (Edit(before, "return " + before.text.partition("=")[2].strip()),), True, "it could not run as it was"
    )


def _speaks(text: str) -> bool:
    """Is it a call that gives no frame, such as print or display, or `df.write.save()`?"""
    frame = any(word in text for word in ("spark", "dlt.", "df"))
    return not frame or ".write" in text or text.startswith(("print", "display"))


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a body without those of functions inside it."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Definition | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def _falls_through(body: list[ast.stmt]) -> bool:
    """May the end of the body be reached?"""
    return not any(_ends(statement) for statement in body)


def _ends(node: ast.stmt) -> bool:
    if isinstance(node, ast.Return | ast.Raise):
        return True
    if isinstance(node, ast.If):
        return _all_end(node)
    if isinstance(node, ast.With | ast.AsyncWith):
        return not _falls_through(node.body)
    if isinstance(node, ast.Try):
        handled = all(not _falls_through(h.body) for h in node.handlers)
        return (bool(node.finalbody) and not _falls_through(node.finalbody)) or (
            handled and not _falls_through([*node.body, *node.orelse])
        )
    if isinstance(node, ast.Match):
        last = node.cases[-1].pattern
        total = isinstance(last, ast.MatchAs) and last.pattern is None and node.cases[-1].guard is None
        return total and all(not _falls_through(case.body) for case in node.cases)
    if isinstance(node, ast.While):
        return isinstance(node.test, ast.Constant) and bool(node.test.value) and not _breaks(node)
    return False


def _all_end(node: ast.If) -> bool:
    """Does every branch end? An `elif` is an `if` inside the `else`, however many there are."""
    while not _falls_through(node.body):
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            return bool(node.orelse) and not _falls_through(node.orelse)
        node = node.orelse[0]
    return False


def _breaks(loop: ast.While) -> bool:
    return any(isinstance(n, ast.Break) for n in _own(loop.body))
