"""Following a pipeline file without running it: statements, names, branches, loops, calls.

Every value is known, one of a few, or opaque. Loops over known items are unrolled and functions of the
same file are followed, both within a budget, so the time is bounded by the size of the text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ldp_magic.python import expressions, fold
from ldp_magic.python.places import Places
from ldp_magic.python.scope import Scope
from ldp_magic.python.values import (
    Argument,
    Arguments,
    Class,
    Const,
    Dict,
    Frame,
    Function,
    Instance,
    Marked,
    Opaque,
    Read,
    Seq,
    Symbol,
    Value,
    alternatives,
    either,
    frames_in,
    items_of,
    truth,
)
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.model import Problem, Query, Statement, Unknown
from ldp_magic.text import Location

MOST_TURNS = 10_000
DEEPEST_CALL = 12
STEPS = 400_000
STEPS_PER_CHARACTER = 10

End: TypeAlias = Literal["", "return", "break", "continue", "raise", "mixed"]
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Record:
    """What one query function was seen to do."""

    reads: dict[int, Relation] = field(default_factory=dict)
    unknown: list[Unknown] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    calls: list[tuple[str, Location]] = field(default_factory=list)
    open: bool = False  # something that is read is not known

    def doubt(self, what: str, at: Location) -> None:
        """It reads something, or may, and nobody can say what without running it."""
        self.unknown.append(Unknown(what, at))
        self.open = True


@dataclass(slots=True)
class Call:
    """One call of a function that is being followed."""

    returns: list[Value] = field(default_factory=list)


class Walker:
    """One walk through one parsed text."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.module = Scope()
        self.record = Record()
        self.problems: list[Problem] = []
        self.unknown: list[Unknown] = []
        self.views: dict[str, Frame] = {}  # temporary views of the session, by lower-case name
        self.pending: list[tuple[Callable[[], None], Location]] = []  # definitions, completed at the end
        self.marks: dict[int, list[Marked]] = {}  # expectations that were put above a dataset's decorator
        self.found: list[tuple[Statement, tuple[tuple[int, int], ...]]] = []
        self.path: tuple[tuple[int, int], ...] = ()  # (if statement, branch) around the statement at hand
        self.followed: set[ast.AST] = set()
        self.pinned: Location | None = None  # inside f-strings `ast` has no places of its own
        self.turns = 0
        self.steps = 0
        self.most_steps = STEPS + STEPS_PER_CHARACTER * len(places.text)
        self._calls: list[Call] = []
        self._numbers = 0

    # -- places, notes ------------------------------------------------------------------------------

    def at(self, node: ast.AST) -> Location:
        return self.pinned or self.places.of(node)

    def read(self, relation: Relation) -> Read:
        """Note that *relation* is read here."""
        self._numbers += 1
        self.record.reads[self._numbers] = relation
        return Read(self._numbers, relation)

    def use(self, frame: Frame) -> None:
        """A frame that may have been made elsewhere takes part in this query."""
        for item in frame.reads:
            self.record.reads[item.number] = item.relation

    def called(self, name: str, at: Location) -> None:
        self.record.calls.append((name, at))

    @property
    def spent(self) -> bool:
        return self.turns >= MOST_TURNS or self.steps >= self.most_steps

    @contextmanager
    def recording(self) -> Iterator[Record]:
        """Keep what happens inside apart from what happened before."""
        before, self.record = self.record, Record()
        try:
            yield self.record
        finally:
            self.record = before

    # -- statements ---------------------------------------------------------------------------------

    def top(self, tree: ast.Module) -> None:
        """The statements of the file; one that is nested too deep costs only itself."""
        for statement in tree.body:
            self.guarded(lambda s=statement: self.run([s], self.module), self.places.of(statement))  # type: ignore[misc]

    def guarded(self, action: Callable[[], object], at: Location) -> None:
        """Do it; where the code is nested too deep, say so and go on."""
        layers, calls, path = len(self.module.layers), len(self._calls), self.path
        try:
            action()
        except RecursionError:
            del self.module.layers[layers:], self._calls[calls:]
            self.path, self.pinned = path, None
            self.problems.append(
                Problem(kind="too-deep", message="this code is nested too deep to be read", location=at)
            )

    def run(self, body: list[ast.stmt], scope: Scope) -> End:
        """Follow statements one after the other; how they end."""
        for statement in body:
            self.steps += 1
            follow = _STATEMENTS.get(type(statement))
            end = follow(self, statement, scope) if follow else ""
            if end:
                return end
        return ""

    def _branches(self, node: ast.AST, bodies: list[list[ast.stmt]], scope: Scope) -> End:
        """Each of *bodies* may run, and one of them does."""
        path, ends, kept = self.path, [], []
        for number, body in enumerate(bodies):
            scope.open()
            self.path = (*path, (id(node), number))
            ends.append(self.run(body, scope))
            bound = scope.close()
            if not ends[-1] or ends[-1] == "mixed":
                kept.append(bound)
        self.path = path
        scope.merge(kept, self.at(node))
        if not all(ends):
            return ""
        return ends[0] if len(set(ends)) == 1 else "mixed"

    def _if(self, node: ast.If, scope: Scope) -> End:
        """All of `if`, `elif`, `elif`, `else`, which the tree nests, as one row of branches."""
        possible: list[list[ast.stmt]] = []
        rest: list[ast.stmt] = [node]
        while len(rest) == 1 and isinstance(rest[0], ast.If):
            holds = truth(self.eval(rest[0].test, scope))
            if holds is not False:
                possible.append(rest[0].body)
            rest = [] if holds else rest[0].orelse
            if holds:
                break
        else:
            possible.append(rest)
        return self.run(possible[0], scope) if len(possible) == 1 else self._branches(node, possible, scope)

    def _match(self, node: ast.Match, scope: Scope) -> End:
        self.eval(node.subject, scope)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None)
                if isinstance(name, str):
                    scope.set(name, Opaque(f"what `{name}` matches", self.at(part)))
        return self._branches(node, [*(case.body for case in node.cases), []], scope)

    def _for(self, node: ast.For | ast.AsyncFor, scope: Scope) -> End:
        items = items_of(self.eval(node.iter, scope))
        if items is None:
            return self._unknown_loop(node, node.target, f"the items of `{short(node.iter)}`", scope)
        for item in list(items.items):
            if self.spent:
                self.unknown.append(Unknown("a loop with too many turns to follow", self.at(node)))
                break
            self.turns += 1
            self.assign(node.target, item, scope)
            end = self.run(node.body, scope)
            if end in ("return", "raise"):
                return end
            if end == "break":
                return ""
        if items.more:
            self._unknown_loop(node, node.target, "an item that is added in a run", scope)
        return self.run(node.orelse, scope)

    def _unknown_loop(
        self, node: ast.For | ast.AsyncFor | ast.While, target: ast.expr | None, item: str, scope: Scope
    ) -> End:
        """A loop that runs nobody knows how often: follow it once, then forget what it counted."""
        path, self.path = self.path, (*self.path, (id(node), 0))
        scope.open()
        if target is not None:
            self.assign(target, Opaque(item, self.at(target)), scope)
        self.run(node.body, scope)
        bound = scope.close()
        self.path = path
        for name, value in bound.items():
            frames = list(frames_in(value))
            kept: Value = value if frames else Opaque(f"`{name}` after a loop", self.at(node))
            before = scope.get(name)
            scope.set(name, either([before, kept], self.at(node)) if frames and before else kept)
        return ""

    def _while(self, node: ast.While, scope: Scope) -> End:
        if truth(self.eval(node.test, scope)) is False:
            return self.run(node.orelse, scope)
        return self._unknown_loop(node, None, "", scope)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> End:
        for item in node.items:
            value = self.eval(item.context_expr, scope)
            if item.optional_vars:
                self.assign(item.optional_vars, value, scope)
        return self.run(node.body, scope)

    def _try(self, node: ast.Try, scope: Scope) -> End:
        """What the body binds counts; the handlers add what it leaves open, such as another import."""
        scope.open()
        end = self.run(node.body, scope) or self.run(node.orelse, scope)
        bound = scope.close()
        for handler in node.handlers:
            self._handler(handler, scope)
        for name, value in bound.items():
            scope.set(name, value)
        return self.run(node.finalbody, scope) or ("" if end == "return" and node.handlers else end)

    def _handler(self, handler: ast.ExceptHandler, scope: Scope) -> None:
        path, self.path = self.path, (*self.path, (id(handler), 0))
        if handler.name:
            scope.set(handler.name, Opaque("an exception", self.at(handler)))
        self.run(handler.body, scope)
        self.path = path

    def _return(self, node: ast.Return, scope: Scope) -> End:
        value = self.eval(node.value, scope) if node.value else Const(None, self.at(node))
        if self._calls:
            self._calls[-1].returns.append(value)
        return "return"

    def _assign(self, node: ast.Assign, scope: Scope) -> End:
        value = self.eval(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)
        return ""

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> End:
        if node.value is not None:
            self.assign(node.target, self.eval(node.value, scope), scope)
        return ""

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> End:
        load: ast.expr = node.target
        before, change = self.eval(load, scope), self.eval(node.value, scope)
        at = self.at(node)
        made = fold.binary(type(node.op), before, change, at)
        frames = [*frames_in(before), *frames_in(change)]
        unknown = either(list(frames), at) if frames else Opaque(f"`{short(load)}`", at)
        self.assign(node.target, made or unknown, scope)
        return ""

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Bind *target*, whatever its shape, to *value*."""
        if isinstance(target, ast.Name):
            scope.set(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value, scope)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, Opaque("the rest of an assignment", self.at(target)), scope)
        elif isinstance(target, ast.Attribute):
            holder = self.eval(target.value, scope)
            if isinstance(holder, Instance):
                holder.fields[target.attr] = value
            elif isinstance(holder, Class):
                holder.scope.set(target.attr, value)
        elif isinstance(target, ast.Subscript):
            self._store(self.eval(target.value, scope), self.eval(target.slice, scope), value)

    def _unpack(self, targets: list[ast.expr], value: Value, scope: Scope) -> None:
        fits = isinstance(value, Seq) and not value.more and len(value.items) == len(targets)
        starred = any(isinstance(t, ast.Starred) for t in targets)
        for index, target in enumerate(targets):
            if fits and not starred and isinstance(value, Seq):
                self.assign(target, value.items[index], scope)
            else:
                self.assign(target, Opaque(f"`{short(target)}`", self.at(target)), scope)

    def _store(self, holder: Value, key: Value, value: Value) -> None:
        for some in alternatives(holder):
            if isinstance(some, Dict) and isinstance(key, Const):
                some.entries[key.value] = (key, value)
            elif isinstance(some, Dict):
                some.more = True
            elif isinstance(some, Seq):
                _replace_item(some, key, value)

    def _expression(self, node: ast.Expr, scope: Scope) -> End:
        if isinstance(node.value, ast.Constant):
            return ""
        from ldp_magic.python.definitions import stand_alone

        stand_alone(self, self.eval(node.value, scope))
        return ""

    def _function(self, node: Definition, scope: Scope) -> End:
        value: Value = self.make_function(node, scope)
        for decorator in reversed(node.decorator_list):
            value = expressions.decorate(self, decorator, value, scope)
        scope.set(node.name, value)
        return ""

    def make_function(self, node: Definition | ast.Lambda, scope: Scope) -> Function:
        """A function as it is when its definition runs."""
        at, names = self.places.of(node), [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
        given = dict(zip(reversed(names), reversed(node.args.defaults), strict=False))
        given |= {a.arg: d for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None}
        defaults = {name: self.eval(default, scope) for name, default in given.items()}
        captured = {n: v for n in _free_names(node) if (v := scope.get(n)) is not None}
        first = None
        if not isinstance(node, ast.Lambda) and node.decorator_list:
            first = self.places.decorator(node.decorator_list[0])
            at = first.upto(at)
        return Function(node, scope, defaults, at, captured, first=first)

    def _class(self, node: ast.ClassDef, scope: Scope) -> End:
        inner = Scope(scope, module=self.module, hidden=True)
        bases = tuple(self.eval(base, scope) for base in node.bases)
        self.run(node.body, inner)
        scope.set(node.name, Class(node.name, inner, self.at(node), bases, _fields(node)))
        return ""

    def _import(self, node: ast.Import, scope: Scope) -> End:
        for alias in node.names:
            path = alias.name if alias.asname else alias.name.split(".")[0]
            scope.set(alias.asname or path, Symbol(path, self.at(alias)))
        return ""

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> End:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                expressions.star(self, module, scope, self.at(node))
            else:
                scope.set(alias.asname or alias.name, Symbol(f"{module}.{alias.name}", self.at(alias)))
        return ""

    def _global(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> End:
        for name in node.names:
            home: Scope | None = self.module
            if isinstance(node, ast.Nonlocal):
                home = scope.outer
                while home is not None and home.own(name) is None:
                    home = home.outer
            if home is not None and home is not scope:
                scope.elsewhere[name] = home
        return ""

    def _assert(self, node: ast.Assert, scope: Scope) -> End:
        self.eval(node.test, scope)
        return ""

    def _raise(self, node: ast.Raise, scope: Scope) -> End:
        return "raise"

    def _break(self, node: ast.Break, scope: Scope) -> End:
        return "break"

    def _continue(self, node: ast.Continue, scope: Scope) -> End:
        return "continue"

    # -- expressions and calls ----------------------------------------------------------------------

    def eval(self, node: ast.expr, scope: Scope) -> Value:
        return expressions.evaluate(self, node, scope)

    def follow(self, function: Function, arguments: Arguments) -> Value:
        """Call a function of this file."""
        self.followed.add(function.node)
        if len(self._calls) >= DEEPEST_CALL or self.spent:
            what = f"what `{function.name or 'lambda'}` does, called too often or too deep to follow"
            self.record.doubt(what, arguments.at)
            return Opaque("a call that was not followed", arguments.at)
        scope = Scope(function.scope, module=self.module)
        self._bind(function, arguments, scope)
        return self._enter(function, scope)

    def query(self, function: Function, arguments: Arguments) -> tuple[Record, Value]:
        """Call a query function as a pipeline does, after the whole file has run."""
        self.followed.add(function.node)
        with self.recording() as record:
            if self.steps >= self.most_steps:
                record.doubt("what is read here: the file is too long to follow all of it", function.at)
                return record, Const(None, function.at)
            outer = Scope(function.scope, module=self.module)
            outer.layers[0].update(function.captured)
            scope = Scope(outer, module=self.module)
            self._bind(function, arguments, scope)
            value = self._enter(function, scope)
            for frame in frames_in(value):
                self.use(frame)
        return record, value

    def _enter(self, function: Function, scope: Scope) -> Value:
        if isinstance(function.node, ast.Lambda):
            return self.eval(function.node.body, scope)
        call = Call()
        self._calls.append(call)
        path = self.path
        end = self.run(function.node.body, scope)
        self.path = path
        self._calls.pop()
        if not call.returns:
            return Const(None, self.at(function.node))
        return either(call.returns, function.at) if end else either(_without_none(call.returns), function.at)

    def _bind(self, function: Function, arguments: Arguments, scope: Scope) -> None:
        node = function.node.args
        names = [a.arg for a in (*node.posonlyargs, *node.args)]
        given = [a.value for a in arguments.positional]
        given = [*function.bound, *given]
        for name in (*names, *(a.arg for a in node.kwonlyargs)):
            scope.set(name, function.defaults.get(name) or self._missing(name, arguments.at))
        for name, value in zip(names, given, strict=False):
            scope.set(name, value)
        extra: dict[str | int | float | bool | bytes | None, tuple[Const, Value]] = {}
        for argument in arguments.keywords:
            if argument.name in names or any(a.arg == argument.name for a in node.kwonlyargs):
                scope.set(argument.name, argument.value)
            else:
                extra[argument.name] = (Const(argument.name, argument.at), argument.value)
        rest = any(a.rest for a in arguments.items)
        if node.vararg:
            scope.set(node.vararg.arg, Seq(given[len(names) :], arguments.at, rest))
        if node.kwarg:
            scope.set(node.kwarg.arg, Dict(extra, arguments.at, rest))

    def _missing(self, name: str, at: Location) -> Value:
        return Symbol("spark", at) if name == "spark" else Opaque(f"the argument `{name}`", at)

    def arguments(self, node: ast.Call, scope: Scope) -> Arguments:
        """The arguments of a call; known `*` and `**` are spread out."""
        items: list[Argument] = []
        for expression in node.args:
            items += self._positional(expression, scope)
        for keyword in node.keywords:
            items += self._keyword(keyword, scope)
        return Arguments(tuple(items), self.at(node))

    def _positional(self, node: ast.expr, scope: Scope) -> list[Argument]:
        at = self.at(node)
        if not isinstance(node, ast.Starred):
            return [Argument("", self.eval(node, scope), at, at)]
        value = self.eval(node.value, scope)
        if not isinstance(value, Seq):
            return [Argument("", value, at, at, rest=True)]
        spread = [Argument("", item, at, at) for item in value.items]
        return [*spread, Argument("", Opaque("more arguments", at), at, at, rest=True)] if value.more else spread

    def _keyword(self, node: ast.keyword, scope: Scope) -> list[Argument]:
        at, value_at, value = self.at(node), self.at(node.value), self.eval(node.value, scope)
        if node.arg is not None:
            return [Argument(node.arg, value, at, value_at)]
        if not isinstance(value, Dict):
            return [Argument("", value, at, value_at, rest=True)]
        spread = [Argument(str(key), item, at, value_at) for key, (_, item) in value.entries.items()]
        return [*spread, Argument("", Opaque("more arguments", at), at, at, rest=True)] if value.more else spread


def _replace_item(items: Seq, key: Value, value: Value) -> None:
    if isinstance(key, Const) and isinstance(key.value, int) and -len(items.items) <= key.value < len(items.items):
        items.items[key.value] = value


def _without_none(values: list[Value]) -> list[Value]:
    return [v for v in values if not (isinstance(v, Const) and v.value is None)] or values


def _fields(node: ast.ClassDef) -> tuple[str, ...]:
    targets = (s.target for s in node.body if isinstance(s, ast.AnnAssign))
    return tuple(t.id for t in targets if isinstance(t, ast.Name))


def short(node: ast.expr) -> str:
    """An expression in a few characters, for a message."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = short(node.value) if isinstance(node.value, ast.Name | ast.Attribute) else "…"
        return f"{owner}.{node.attr}"
    if isinstance(node, ast.Call | ast.Subscript):
        return f"{short(node.func)}(…)" if isinstance(node, ast.Call) else f"{short(node.value)}[…]"
    return "…"


def _free_names(node: Definition | ast.Lambda) -> set[str]:
    """The names that a function looks at."""
    bodies: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    return {n.id for body in bodies for n in ast.walk(body) if isinstance(n, ast.Name)}


_STATEMENTS: dict[type[ast.stmt], Callable[..., End]] = {
    ast.If: Walker._if,
    ast.Match: Walker._match,
    ast.For: Walker._for,
    ast.AsyncFor: Walker._for,
    ast.While: Walker._while,
    ast.With: Walker._with,
    ast.AsyncWith: Walker._with,
    ast.Try: Walker._try,
    ast.Return: Walker._return,
    ast.Assign: Walker._assign,
    ast.AnnAssign: Walker._annotated,
    ast.AugAssign: Walker._augmented,
    ast.Expr: Walker._expression,
    ast.FunctionDef: Walker._function,
    ast.AsyncFunctionDef: Walker._function,
    ast.ClassDef: Walker._class,
    ast.Import: Walker._import,
    ast.ImportFrom: Walker._import_from,
    ast.Global: Walker._global,
    ast.Nonlocal: Walker._global,
    ast.Assert: Walker._assert,
    ast.Raise: Walker._raise,
    ast.Break: Walker._break,
    ast.Continue: Walker._continue,
}
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = Walker._try
