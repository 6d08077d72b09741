"""What an expression stands for: literals, names, operators, attributes, calls."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ldp_magic.python import columns, containers, definitions, fold, frames, libraries
from ldp_magic.python.scope import Scope
from ldp_magic.python.values import (
    HOLE,
    Applied,
    Argument,
    Arguments,
    Class,
    Column,
    Const,
    Dict,
    Frame,
    Function,
    Instance,
    Method,
    OneOf,
    Opaque,
    Reader,
    Registered,
    Seq,
    Struct,
    Symbol,
    Value,
    alternatives,
    either,
    frames_in,
    items_of,
    truth,
    union,
)
from ldp_magic.sql.model import Unknown
from ldp_magic.text import Location

if TYPE_CHECKING:
    from ldp_magic.python.walk import Walker

# What these names mean where nobody bound them: in a notebook, another cell did.
_CUSTOMARY = {
    "spark": "spark",
    "dbutils": "dbutils",
    "dlt": "dlt",
    "dp": "pyspark.pipelines",
    "sdp": "pyspark.pipelines",
    "F": "pyspark.sql.functions",
    "T": "pyspark.sql.types",
    "DeltaTable": "delta.tables.DeltaTable",
    "reduce": "functools.reduce",
    "os": "os",
}


def evaluate(walker: Walker, node: ast.expr, scope: Scope) -> Value:
    """The value of an expression. Chains of calls are as long as people write them, so they are no recursion."""
    walker.steps += 1
    chain: list[ast.Attribute | ast.Call | ast.Subscript] = []
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        chain.append(node)
        node = node.func if isinstance(node, ast.Call) else node.value
    value = _simple(walker, node, scope)
    for link in reversed(chain):
        walker.steps += 1
        value = _link(walker, value, link, scope)
    return value


def _simple(walker: Walker, node: ast.expr, scope: Scope) -> Value:
    make = _EXPRESSIONS.get(type(node))
    return make(walker, node, scope) if make else Opaque("an expression", walker.at(node))


def _link(walker: Walker, value: Value, link: ast.Attribute | ast.Call | ast.Subscript, scope: Scope) -> Value:
    if isinstance(link, ast.Attribute):
        if not isinstance(value, OneOf):
            return attribute(walker, value, link)
        return either([attribute(walker, v, link) for v in value.values], walker.at(link))
    if isinstance(link, ast.Subscript):
        return _subscript(walker, value, link, scope)
    arguments = walker.arguments(link, scope)
    if not isinstance(value, OneOf):
        return call(walker, value, arguments)
    return either([call(walker, v, arguments) for v in value.values], arguments.at)


# -- names and literals -----------------------------------------------------------------------------


def _name(walker: Walker, node: ast.Name, scope: Scope) -> Value:
    found = scope.get(node.id)
    at = walker.at(node)
    if found is None:
        return unbound(node.id, at)
    if isinstance(found, Opaque) and node.id == "spark":
        return Symbol("spark", at)
    return replace(found, at=at) if isinstance(found, Symbol) else found


def unbound(name: str, at: Location) -> Value:
    """What a name means that nothing in this text binds."""
    if name in _CUSTOMARY:
        return Symbol(_CUSTOMARY[name], at)
    if name in columns.BARE:
        return Symbol(f"pyspark.sql.functions.{name}", at)
    if name in columns.TYPES or name in ("StructType", "StructField"):
        return Symbol(f"pyspark.sql.types.{name}", at)
    if hasattr(builtins, name):
        return Symbol(f"builtins.{name}", at)
    return Opaque(f"`{name}`, which this text does not define", at)


def star(walker: Walker, module: str, scope: Scope, at: Location) -> None:
    """`from module import *`, as far as the module is known."""
    if definitions.home(f"{module}.table"):
        for name in definitions.NAMES:
            scope.set(name, Symbol(f"{module}.{name}", at))


def _constant(walker: Walker, node: ast.Constant, scope: Scope) -> Value:
    at = walker.at(node)
    if isinstance(node.value, str):
        return Const(node.value, at, None if walker.pinned else walker.places.characters(node, node.value))
    if isinstance(node.value, int | float | bytes) or node.value is None:
        return Const(node.value, at)
    return Opaque("a constant", at)


def _joined(walker: Walker, node: ast.JoinedStr, scope: Scope) -> Value:
    """An f-string; its inner expressions have no usable places before Python 3.12, so the whole stands for them."""
    before, at = walker.pinned, walker.at(node)
    walker.pinned = at
    parts: list[Value] = [_piece(walker, part, scope) for part in node.values]
    walker.pinned = before
    made = fold.spread(parts, at, lambda chosen: _text_of(chosen, at)) if parts else Const("", at)
    if isinstance(made, Const) and isinstance(made.value, str) and before is None:
        return replace(made, exact=walker.places.characters(node, made.value))
    return made or Opaque("a text with too many possibilities", at)


def _piece(walker: Walker, part: ast.expr, scope: Scope) -> Value:
    if not isinstance(part, ast.FormattedValue):
        return walker.eval(part, scope)
    value = walker.eval(part.value, scope)
    spec = walker.eval(part.format_spec, scope) if part.format_spec else Const("", value.at)
    if not isinstance(spec, Const):
        return Opaque("a text with an unknown format", value.at)
    return either([_shown(v, part.conversion, str(spec.value)) for v in alternatives(value)], value.at)


def _shown(value: Value, conversion: int, spec: str) -> Value:
    if isinstance(value, Opaque) or not isinstance(value, Const):
        return value if isinstance(value, Opaque) else Opaque("a text with an unknown part", value.at)
    shown = fold.interpolated(value.value, conversion, spec)
    return Opaque("a text with an unknown format", value.at) if shown is None else Const(shown, value.at)


def _text_of(parts: list[Value], at: Location) -> Value:
    """Pieces of text as one; with holes where one is not known."""
    texts = [
        str(p.value) if isinstance(p, Const) else p.partial or HOLE if isinstance(p, Opaque) else HOLE for p in parts
    ]
    whole = "".join(texts) if sum(map(len, texts)) <= fold.LONGEST or len(texts) == 1 else HOLE
    first = next((p for p in parts if isinstance(p, Opaque)), None)
    if first is None and whole != HOLE:
        return Const(whole, at)
    return Opaque(first.what if first else "a text that is too long", at, whole)


def _sequence(walker: Walker, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
    made = Seq([], walker.at(node))
    for element in node.elts:
        if isinstance(element, ast.Starred):
            spread = walker.eval(element.value, scope)
            fits = isinstance(spread, Seq) and len(made.items) + len(spread.items) <= fold.LONGEST
            made.items += spread.items if fits and isinstance(spread, Seq) else []
            made.more |= not fits or (isinstance(spread, Seq) and spread.more)
        else:
            made.items.append(walker.eval(element, scope))
    return made


def _dict(walker: Walker, node: ast.Dict, scope: Scope) -> Value:
    made = Dict({}, walker.at(node))
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = walker.eval(value_node, scope)
        if key_node is None:
            made.entries |= value.entries if isinstance(value, Dict) else {}
            made.more |= not isinstance(value, Dict) or value.more
            continue
        key = walker.eval(key_node, scope)
        if isinstance(key, Const):
            made.entries[key.value] = (key, value)
        else:
            made.more = True
    return made


# -- operators --------------------------------------------------------------------------------------


def _binary(walker: Walker, node: ast.BinOp, scope: Scope) -> Value:
    """`a + b + c`, however many there are."""
    rest: list[ast.BinOp] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp):
        rest.append(left)
        left = left.left
    value = walker.eval(left, scope)
    for operation in reversed(rest):
        walker.steps += 1
        value = _operate(walker, type(operation.op), value, walker.eval(operation.right, scope), walker.at(operation))
    return value


def _operate(walker: Walker, kind: type[ast.operator], left: Value, right: Value, at: Location) -> Value:
    made = fold.binary(kind, left, right, at) or columns.binary(kind, left, right, at)
    if made is not None:
        return made
    if kind is ast.Add and _is_text(left) and _is_text(right):
        return _text_of([left, right], at)
    unknown = next((v for v in (left, right) if isinstance(v, Opaque)), None)
    return Opaque(unknown.what if unknown else "the result of an operator", at)


def _is_text(value: Value) -> bool:
    return isinstance(value, Opaque) or (isinstance(value, Const) and isinstance(value.value, str))


def _boolean(walker: Walker, node: ast.BoolOp, scope: Scope) -> Value:
    """`a or b`, `a and b`: the value that decides, or whatever it may be."""
    decides = isinstance(node.op, ast.Or)
    possible: list[Value] = []
    for part in node.values:
        value = walker.eval(part, scope)
        holds = truth(value)
        if holds is None or holds == decides or part is node.values[-1]:
            possible.append(value)
        if holds == decides:
            break
    return either(possible, walker.at(node))


def _unary(walker: Walker, node: ast.UnaryOp, scope: Scope) -> Value:
    value, at = walker.eval(node.operand, scope), walker.at(node)
    if isinstance(node.op, ast.Not):
        holds = truth(value)
        return Opaque("a condition", at) if holds is None else Const(not holds, at)
    if isinstance(value, Const) and isinstance(value.value, int | float) and isinstance(node.op, ast.USub):
        return Const(-value.value, at)
    if isinstance(node.op, ast.Invert) and isinstance(value, Column):
        return Column(f"NOT ({value.sql})" if value.sql else "", at)
    return Opaque("the result of an operator", at)


def _compare(walker: Walker, node: ast.Compare, scope: Scope) -> Value:
    values = [walker.eval(v, scope) for v in (node.left, *node.comparators)]
    at = walker.at(node)
    if any(columns.columnar(v) for v in values):
        return columns.compare(type(node.ops[0]), values[0], values[1], at)
    answers = [fold.compare(type(op), a, b) for op, a, b in zip(node.ops, values, values[1:], strict=False)]
    if False in answers:
        return Const(False, at)
    return Opaque("a condition", at) if None in answers else Const(True, at)


def _conditional(walker: Walker, node: ast.IfExp, scope: Scope) -> Value:
    holds = truth(walker.eval(node.test, scope))
    if holds is not None:
        return walker.eval(node.body if holds else node.orelse, scope)
    return either([walker.eval(node.body, scope), walker.eval(node.orelse, scope)], walker.at(node))


def _walrus(walker: Walker, node: ast.NamedExpr, scope: Scope) -> Value:
    value = walker.eval(node.value, scope)
    walker.assign(node.target, value, scope)
    return value


def _inner(walker: Walker, node: ast.Await | ast.Starred, scope: Scope) -> Value:
    return walker.eval(node.value, scope)


def _lambda(walker: Walker, node: ast.Lambda, scope: Scope) -> Value:
    return walker.make_function(node, scope)


# -- comprehensions ---------------------------------------------------------------------------------


def _turns(walker: Walker, generators: list[ast.comprehension], scope: Scope, open_ended: list[bool]) -> Iterator[None]:
    """Bind the targets of each turn in *scope*; *open_ended* is told when turns are not known."""
    if not generators:
        yield None
        return
    first, rest = generators[0], generators[1:]
    items = items_of(walker.eval(first.iter, scope))
    known = list(items.items) if items else []
    if items is None or items.more:
        open_ended.append(True)
        known.append(Opaque("an item that is known in a run only", walker.at(first.iter)))
    for item in known:
        if walker.spent:
            open_ended.append(True)
            walker.unknown.append(Unknown("a loop with too many turns to follow", walker.at(first.iter)))
            return
        walker.turns += 1
        walker.assign(first.target, item, scope)
        if all(truth(walker.eval(test, scope)) is not False for test in first.ifs):
            yield from _turns(walker, rest, scope, open_ended)


def _comprehension(walker: Walker, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
    inner, open_ended = Scope(scope, module=walker.module), list[bool]()
    made = [walker.eval(node.elt, inner) for _ in _turns(walker, node.generators, inner, open_ended)]
    return _without_opaque(made, walker.at(node), bool(open_ended))


def _without_opaque(made: list[Value], at: Location, more: bool) -> Value:
    if not more:
        return Seq(made, at)
    kept: list[Value] = [m for m in made if not isinstance(m, Opaque)]
    return Seq(kept, at, more=True)


def _dict_comprehension(walker: Walker, node: ast.DictComp, scope: Scope) -> Value:
    inner, open_ended = Scope(scope, module=walker.module), list[bool]()
    made = Dict({}, walker.at(node))
    for _ in _turns(walker, node.generators, inner, open_ended):
        key, value = walker.eval(node.key, inner), walker.eval(node.value, inner)
        if isinstance(key, Const):
            made.entries[key.value] = (key, value)
        else:
            open_ended.append(True)
    made.more = bool(open_ended)
    return made


# -- attributes, subscripts, calls ------------------------------------------------------------------


def attribute(walker: Walker, value: Value, node: ast.Attribute) -> Value:
    """`value.name`, before it is called."""
    at, word = walker.at(node), walker.pinned or walker.places.word(node)
    if node.attr == "spark" and isinstance(value, Symbol | Opaque):
        return Symbol("spark", at)
    if isinstance(value, Symbol):
        return frames.session_attribute(Symbol(f"{value.path}.{node.attr}", at), word)
    if isinstance(value, Instance | Class):
        return _member(walker, value, node.attr, at)
    if isinstance(value, Frame):
        return frames.frame_attribute(walker, Method(value, node.attr, at, word))
    if isinstance(value, Method) and isinstance(value.receiver, Frame):
        return Method(Column(columns.quoted(value.name), value.at), node.attr, at, word)
    if isinstance(value, Opaque):
        return Opaque(value.what, at)
    if isinstance(value, Function | Registered) and node.attr == "__name__":
        return Const(value.name if isinstance(value, Function) else value.function.name, at)
    return Method(value, node.attr, at, word)


def _member(walker: Walker, owner: Instance | Class, name: str, at: Location) -> Value:
    if isinstance(owner, Instance) and name in owner.fields:
        return owner.fields[name]
    found = _inherited(owner.made_by if isinstance(owner, Instance) else owner, name, 10)
    if found is None:
        return Symbol("spark", at) if name == "spark" else Opaque(f"the attribute `{name}`", at)
    if isinstance(found, Function) and not isinstance(found.node, ast.Lambda):
        marks = {d.id for d in found.node.decorator_list if isinstance(d, ast.Name)}
        bound = found if "staticmethod" in marks else replace(found, bound=(owner,))
        if isinstance(owner, Class) and "classmethod" not in marks:
            return found
        return walker.follow(bound, Arguments((), at)) if "property" in marks else bound
    return found


def _inherited(made_by: Class, name: str, depth: int) -> Value | None:
    found = made_by.scope.own(name)
    for base in made_by.bases:
        if found is None and isinstance(base, Class) and depth:
            found = _inherited(base, name, depth - 1)
    return found


def _subscript(walker: Walker, value: Value, node: ast.Subscript, scope: Scope) -> Value:
    key, at = walker.eval(node.slice, scope), walker.at(node)
    if isinstance(value, Frame):
        return columns.item(value, key, at)
    if isinstance(value, Symbol):
        return Opaque(f"an item of `{value.path}`", at)
    return fold.subscript(value, key, at) or Opaque(value.what if isinstance(value, Opaque) else "an item", at)


def call(walker: Walker, callee: Value, arguments: Arguments) -> Value:
    """`callee(...)`"""
    if isinstance(callee, Method):
        return method(walker, callee, arguments)
    if isinstance(callee, Symbol):
        return libraries.call(walker, callee, arguments)
    if isinstance(callee, Function):
        return walker.follow(callee, arguments)
    if isinstance(callee, Registered):
        return walker.follow(callee.function, arguments)
    if isinstance(callee, Applied):
        return definitions.call_applied(walker, callee, arguments)
    if isinstance(callee, Class):
        return _construct(walker, callee, arguments)
    return unknown_call(walker, callee.what if isinstance(callee, Opaque) else "a call", arguments)


def _construct(walker: Walker, made_by: Class, arguments: Arguments) -> Value:
    made = Instance(made_by, {}, arguments.at)
    start = _inherited(made_by, "__init__", 10)
    if isinstance(start, Function):
        walker.follow(replace(start, bound=(made,)), arguments)
        return made
    made.fields.update(zip(made_by.fields, (a.value for a in arguments.positional), strict=False))
    made.fields.update((a.name, a.value) for a in arguments.keywords)
    return made


def method(walker: Walker, callee: Method, arguments: Arguments) -> Value:
    """`receiver.name(...)`"""
    receiver = callee.receiver
    if isinstance(receiver, Frame):
        return frames.frame_method(walker, callee, receiver, arguments)
    if isinstance(receiver, Reader):
        return frames.reader_method(walker, callee, receiver, arguments)
    if isinstance(receiver, Column):
        return columns.method(receiver, callee.name, arguments)
    if isinstance(receiver, Struct):
        return columns.add_field(receiver, callee.name, arguments)
    made = containers.method(walker, receiver, callee.name, arguments)
    return made or unknown_call(walker, f"what `.{callee.name}()` gives", arguments)


def unknown_call(walker: Walker, what: str, arguments: Arguments) -> Value:
    """A call of something that this text does not hold: frames that go in are thought to come out."""
    given = [frame for a in arguments.items for frame in frames_in(a.value)]
    if not given:
        return Opaque(what, arguments.at)
    walker.record.unknown.append(Unknown(what, arguments.at))
    return Frame(union(given), arguments.at)


def decorate(walker: Walker, node: ast.expr, value: Value, scope: Scope) -> Value:
    """A decorator put on a function."""
    decorator, at = walker.eval(node, scope), walker.at(node)
    if isinstance(decorator, Symbol) and definitions.home(decorator.path):
        decorator = Applied(decorator.path, Arguments((), at), at, called=False)
    if isinstance(decorator, Applied):
        return definitions.apply(walker, decorator, value, walker.places.decorator(node), value.at)
    if isinstance(decorator, Function) and isinstance(value, Function | Registered):
        made = walker.follow(decorator, Arguments((Argument("", value, at, at),), at))
        return made if isinstance(made, Function | Registered) else value
    return value


def known_module(path: str) -> bool:
    """Spark and the standard library: their functions read no tables behind our back."""
    return path.split(".")[0] in (
        *sys.stdlib_module_names,
        "builtins",
        "pyspark",
        "spark",
        "dbutils",
        "delta",
        "databricks",
    )


_EXPRESSIONS: dict[type[ast.expr], Callable[..., Value]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.NamedExpr: _walrus,
    ast.Await: _inner,
    ast.Starred: _inner,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
}
