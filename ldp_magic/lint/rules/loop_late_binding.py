from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonText
from ldp_magic.python.modules import Decorated, Module
from ldp_magic.text import Edit

_TOP = "from pyspark import pipelines as dp\n\n"


@rule(
    code="LDP811",
    severity="warning",
    verified="Spark 4.3, where it does no harm, because the function is called at once",
    bad=[
        bad(
            _TOP + 'for c in ("eu", "us"):\n\n    @dp.materialized_view(name=f"sales_{c}")\n    def f():\n'
            '        return spark.read.table(f"main.raw.{c}")\n',
            fixed=_TOP + 'for c in ("eu", "us"):\n\n    @dp.materialized_view(name=f"sales_{c}")\n    def f(c=c):\n'
            '        return spark.read.table(f"main.raw.{c}")\n',
            python=True,
            safe=True,
            marks=("c",),
        ),
        bad(
            _TOP + 'for c in ("eu", "us"):\r\n    source = "main.raw." + c  # 🙂\r\n\r\n'
            '    @dp.table(name=f"t_{c}")\r\n    def f(limit=3,):\r\n'
            "        return spark.readStream.table(source).where(f'n < {limit}').withColumn('c', F.lit(c))\r\n",
            fixed=_TOP + 'for c in ("eu", "us"):\r\n    source = "main.raw." + c  # 🙂\r\n\r\n'
            '    @dp.table(name=f"t_{c}")\r\n    def f(limit=3, c=c, source=source,):\r\n'
            "        return spark.readStream.table(source).where(f'n < {limit}').withColumn('c', F.lit(c))\r\n",
            python=True,
        ),
    ],
    good=[
        good(
            _TOP + 'for c in ("eu", "us"):\n\n    @dp.materialized_view(name=f"sales_{c}")\n    def f(c=c):\n'
            '        return spark.read.table(f"main.raw.{c}")\n',
            python=True,
        ),
        good(
            _TOP + '\ndef make(c):\n    @dp.materialized_view(name=f"sales_{c}")\n    def f():\n'
            '        return spark.read.table(f"main.raw.{c}")\n\n\nfor c in ("eu", "us"):\n    make(c)\n',
            python=True,
        ),
    ],
)
def loop_late_binding(python: PythonText, context: Context) -> Iterator[Finding]:
    """A function in a loop that looks its loop variable up when it is called.

    By then the loop may have ended, and every dataset reads what the last turn left in the variable. Open-source Spark
    calls the function at once; a runtime that calls it later, or again, gives every dataset the same rows. Bind the
    value where the function is defined: `def f(c=c)`.
    """
    for found in context.file(python).decorated:
        if found.module is python.module and found.roles & {"dataset", "flow"}:
            yield from _late(found)


def _late(found: Decorated) -> Iterator[Finding]:
    loops = [a for a in _innermost(found.around) if isinstance(a, ast.For | ast.AsyncFor)]
    free = _free(found.node.body, found.node.args)
    held = [n for n in dict.fromkeys(name for loop in loops for name in _assigned(loop, found.node)) if n in free]
    if not held:
        return
    first = min((free[name] for name in held), key=lambda n: (n.lineno, n.col_offset))
    names = ", ".join(held)
    yield Finding(
        found.module.at(first),
        f"{found.node.name} looks {names} up when it is called, and the loop may have gone on by then",
        why="a function remembers names, not values; only its defaults are computed where it is defined",
        fixes=(_fix(found, held),),
    )


def _innermost(around: tuple[ast.AST, ...]) -> Iterator[ast.AST]:
    """What is around a function up to the function that it stands in."""
    for each in reversed(around):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        yield each


def _assigned(loop: ast.For | ast.AsyncFor, until: ast.AST) -> Iterator[str]:
    """The names that a turn of the loop has bound before the function is defined."""
    yield from _stored(ast.walk(loop.target))
    line = getattr(until, "lineno", 0)
    for statement in loop.body:
        if statement.lineno < line and isinstance(statement, ast.Assign | ast.AnnAssign):
            yield from _stored(ast.walk(statement))


def _stored(nodes: Iterable[ast.AST]) -> Iterator[str]:
    return (n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _free(body: list[ast.stmt], arguments: ast.arguments) -> dict[str, ast.Name]:
    """The names that a body reads and does not bind, each with its first use."""
    nodes = [n for statement in body for n in ast.walk(statement)]
    own = set(_stored(nodes)) | {a.arg for a in ast.walk(arguments) if isinstance(a, ast.arg)}
    own |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    read = [n for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id not in own]
    return {n.id: n for n in sorted(read, key=lambda n: (n.lineno, n.col_offset), reverse=True)}


def _fix(found: Decorated, names: list[str]) -> Fix:
    title = f"bind {' and '.join(names)} where the function is defined"
    given, module = found.node.args, found.module
    bound = ", ".join(f"{n}={n}" for n in names)
    if given.vararg or given.kwarg or given.kwonlyargs:
        return Fix(f"{title}: {bound}")
    last = given.defaults[-1] if given.defaults else None
    if last is None and (given.args or given.posonlyargs):
        return Fix(f"{title}: {bound}")
    before = module.source.text[: module.at(last).start].rstrip() if last is not None else "="
    if not before.endswith("="):
        return Fix(f"{title}: {bound}")  # a default in brackets, whose end is not known
    at = module.at(last).end if last is not None else _opening(found, module)
    edit = Edit(module.source.at(at), f", {bound}" if last is not None else bound)
    return Fix(title, (edit,), safe=True, reason="the value is the one that the loop has at that place")


def _opening(found: Decorated, module: Module) -> int:
    """Behind the bracket that opens the parameters."""
    name = module.places.name(found.node)
    return module.source.text.index("(", name.end) + 1
