"""Python sources as rules look at them: every node with when it runs, names in full, functions with their decorators.

Several texts of one name (the cells of a notebook) are one `File`, because a name made in one is used in the next.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, TypeAlias

from ldp_magic.python.definitions import NAMES, home
from ldp_magic.python.places import Places
from ldp_magic.python.reading import parse
from ldp_magic.text import Location, Source

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
# loading: while the file is read; query: while a dataset or flow is evaluated; "" nobody here knows
When: TypeAlias = Literal["loading", "query", ""]
_CUSTOMARY = {"dlt": "dlt", "dp": "pyspark.pipelines", "sdp": "pyspark.pipelines"}
_HOMES = ("dlt", "pyspark.pipelines", "pyspark.pipelines.api")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A node of the tree, the function it stands in, and the loops and classes around it."""

    node: ast.AST
    owner: ast.AST | None  # None: the top level; the `if` of a main program stands for what is in it
    around: tuple[ast.AST, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """One imported name: what it is called here, and what it is."""

    local: str  # `*` for all names of a module
    path: str
    alias: ast.alias
    statement: ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True, eq=False)
class Decorator:
    """A decorator by the full name of what is called or put on; empty if that is not known."""

    path: str
    node: ast.expr
    call: ast.Call | None

    @property
    def api(self) -> str:
        """Its name in the pipeline API, such as `table`; empty if it is none of these."""
        return self.path.rpartition(".")[2] if home(self.path) else ""

    def keyword(self, name: str) -> ast.keyword | None:
        return next((k for k in self.call.keywords if k.arg == name), None) if self.call else None


@dataclass(frozen=True, slots=True, eq=False)
class Decorated:
    """A function with at least one decorator of the pipeline API."""

    node: Definition
    module: Module
    decorators: tuple[Decorator, ...]
    around: tuple[ast.AST, ...] = ()

    @property
    def roles(self) -> set[str]:
        return {NAMES[d.api] for d in self.decorators if d.api}


class Module:
    """One Python text, parsed."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.places = Places(source.whole(), text)
        self.tree = parse(self.places)[0]
        self.nodes = tuple(_walk(self.tree))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return tuple(found for each in self.nodes for found in _imports(each.node))

    def at(self, node: ast.AST) -> Location:
        """Where a node stands; the whole f-string, if it is inside one and that is all that is known."""
        return self.places.of(node if self.exact(node) else self._holders[node])

    def exact(self, node: ast.AST) -> bool:
        """Does the node stand where Python says? Before 3.12 that is not so in every f-string."""
        return node not in self._holders or _is(node, self.places.of(node).text)

    @cached_property
    def _holders(self) -> dict[ast.AST, ast.AST]:
        strings = [each.node for each in self.nodes if isinstance(each.node, ast.JoinedStr)]
        known = sys.version_info >= (3, 12)
        return {} if known else {part: string for string in strings for part in ast.walk(string) if part is not string}


class File:
    """The texts of one file or notebook, in order."""

    def __init__(self, modules: tuple[Module, ...]) -> None:
        self.modules = modules

    @cached_property
    def names(self) -> dict[str, str]:
        """What each imported name stands for; where two imports disagree, the pipeline API, else the first."""
        names: dict[str, str] = {}
        for found in (i for m in self.modules for i in m.imports):
            if found.local == "*":
                names |= {n: f"{found.path}.{n}" for n in NAMES if found.path in _HOMES and n not in names}
            elif found.local not in names or home(f"{found.path}.table"):
                names[found.local] = found.path
        bound = self.bound
        return {n: p for n, p in _CUSTOMARY.items() if n not in bound} | names

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name that is assigned, defined, or a parameter anywhere; imports aside."""
        return frozenset(name for m in self.modules for each in m.nodes for name in _bound(each.node))

    def path(self, node: ast.AST | None) -> str:
        """The full dotted name of an expression, if it is one: `pyspark.pipelines.table`, `spark.conf.set`."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.names.get(node.id, node.id), *reversed(parts)])

    @cached_property
    def decorated(self) -> tuple[Decorated, ...]:
        found = (self._decorated(each, m) for m in self.modules for each in m.nodes)
        return tuple(d for d in found if d is not None)

    def _decorated(self, each: Node, module: Module) -> Decorated | None:
        if not isinstance(each.node, Definition):
            return None
        some = tuple(self._decorator(d) for d in each.node.decorator_list)
        return Decorated(each.node, module, some, each.around) if any(d.api for d in some) else None

    def _decorator(self, node: ast.expr) -> Decorator:
        call = node if isinstance(node, ast.Call) else None
        return Decorator(self.path(call.func if call else node), node, call)

    @cached_property
    def defines(self) -> bool:
        """Does anything in here belong to a pipeline?"""
        return any(home(self.path(each.node)) for m in self.modules for each in m.nodes)

    def when(self, each: Node) -> When:
        """When the code of a node runs."""
        return "loading" if each.owner is None else self._running.get(each.owner, "")

    @cached_property
    def _running(self) -> dict[ast.AST, When]:
        """Query functions, and the functions of this file that they or the top level call by name."""
        defined = {n.node.name: n.node for m in self.modules for n in m.nodes if isinstance(n.node, Definition)}
        calls: dict[ast.AST | None, list[str]] = {}
        for each in (n for m in self.modules for n in m.nodes):
            if isinstance(each.node, ast.Call) and isinstance(each.node.func, ast.Name):
                calls.setdefault(each.owner, []).append(each.node.func.id)
        handlers = {d.node for d in self.decorated if d.roles & {"sink function"}}
        running: dict[ast.AST, When] = {}
        waiting: list[tuple[ast.AST, When]] = [(d.node, "query") for d in self.decorated if d.node not in handlers]
        waiting += [(defined[name], "loading") for name in calls.get(None, ()) if name in defined]
        while waiting:
            node, when = waiting.pop(0)
            if node not in running and node not in handlers:
                running[node] = when
                waiting += [(defined[name], when) for name in calls.get(node, ()) if name in defined]
        return running


@lru_cache(maxsize=8192)
def module_of(source: Source, text: str) -> Module:
    """The text parsed; what cannot be read is left out of its tree."""
    return Module(source, text)


@lru_cache(maxsize=2048)
def file_of(texts: tuple[tuple[Source, str], ...]) -> File:
    """Texts that share their names."""
    return File(tuple(module_of(source, text) for source, text in texts))


# -- the walk ---------------------------------------------------------------------------------------


def _walk(tree: ast.Module) -> Iterator[Node]:
    """Every node once, in no particular order; decorators and defaults belong to what is around a function."""
    waiting = [Node(child, None) for child in ast.iter_child_nodes(tree)]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += _below(each)


def _below(each: Node) -> list[Node]:
    node, owner, around = each.node, each.owner, each.around
    if isinstance(node, Definition | ast.Lambda):
        body = {id(part) for part in (node.body if isinstance(node.body, list) else [node.body])}
        return [
            Node(c, node, (*around, node)) if id(c) in body else Node(c, owner, around)
            for c in ast.iter_child_nodes(node)
        ]
    if isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.ClassDef):
        around = (*around, node)
    if isinstance(node, ast.If) and _is_main(node.test):
        return [Node(c, node, around) for c in ast.iter_child_nodes(node)]
    return [Node(c, owner, around) for c in ast.iter_child_nodes(node)]


def _is_main(test: ast.expr) -> bool:
    """`__name__ == "__main__"`"""
    parts = [test.left, *test.comparators] if isinstance(test, ast.Compare) else []
    return any(isinstance(p, ast.Name) and p.id == "__name__" for p in parts)


def _is(node: ast.AST, text: str) -> bool:
    try:
        return ast.dump(ast.parse(text.strip(), mode="eval").body) == ast.dump(node)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _imports(node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            path = alias.name if alias.asname else alias.name.split(".")[0]
            yield Import(alias.asname or path, path, alias, node)
    elif isinstance(node, ast.ImportFrom):
        room = "." * node.level + (node.module or "")
        for alias in node.names:
            star = alias.name == "*"
            yield Import(alias.asname or alias.name, room if star else f"{room}.{alias.name}", alias, node)


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, Definition | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
