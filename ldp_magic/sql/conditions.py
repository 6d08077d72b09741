"""What can be said of a condition without a single row: that it never tells two rows apart, or is never true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlglot import exp

from ldp_magic.sql.facts import Facts, Select
from ldp_magic.sql.functions import AGGREGATES, NONDETERMINISTIC

_ALWAYS: tuple[Any, ...] = (exp.EQ, exp.GTE, exp.LTE, exp.NullSafeEQ)
_NEVER: tuple[Any, ...] = (exp.NEQ, exp.GT, exp.LT)
_MIRRORED: dict[type, type] = {exp.GT: exp.LT, exp.LT: exp.GT, exp.GTE: exp.LTE, exp.LTE: exp.GTE}


def constant(facts: Facts) -> str:
    """Why a condition cannot tell rows apart, in words that follow its name; empty where it can, or nobody knows."""
    root = facts.root
    if not isinstance(root, Select) or facts.parameters or root.subqueries or facts.tree is None:
        return ""
    if any(c.name in NONDETERMINISTIC or c.name in AGGREGATES for c in root.calls):
        return ""
    tree = facts.tree.expressions[0].unalias()
    if not root.columns:
        return "reads no column"
    return next(_same_sides(tree), "") or _covers_all(tree) or next(_contradictions(tree), "")


def _parts(tree: Any, connector: Any) -> Iterator[Any]:
    """What AND or OR connects, brackets looked through."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Paren):
            stack.append(node.this)
        elif isinstance(node, connector):
            stack += [node.expression, node.this]
        else:
            yield node


def _same_sides(tree: Any) -> Iterator[str]:
    for node in _parts(tree, exp.And):
        compares: bool = isinstance(node, _ALWAYS + _NEVER)
        if compares and node.this == node.expression and node.find(exp.Column):
            always = isinstance(node, _ALWAYS)
            yield "compares something with itself" + ("" if always else ", which is never true")


def _covers_all(tree: Any) -> str:
    """`a IS NULL OR a IS NOT NULL`"""
    nulls = {node.this.sql() for node in _parts(tree, exp.Or) if _is_null(node)}
    others = {
        node.this.this.sql() for node in _parts(tree, exp.Or) if isinstance(node, exp.Not) and _is_null(node.this)
    }
    return "is true for every row" if nulls & others else ""


def _is_null(node: Any) -> bool:
    return isinstance(node, exp.Is) and isinstance(node.expression, exp.Null)


@dataclass(slots=True)
class _Bounds:
    """What the parts of an AND leave open for one column."""

    low: tuple[Decimal, bool] | None = None  # the bound, and whether it is itself allowed
    high: tuple[Decimal, bool] | None = None
    equal: set[str] = field(default_factory=set)
    null: bool = False
    compared: bool = False

    @property
    def empty(self) -> bool:
        if (self.null and self.compared) or len(self.equal) > 1:
            return True
        if self.low is None or self.high is None:
            return False
        return self.low[0] > self.high[0] or (self.low[0] == self.high[0] and not (self.low[1] and self.high[1]))

    def above(self, value: Decimal, allowed: bool) -> None:
        if self.low is None or (value, not allowed) > (self.low[0], not self.low[1]):
            self.low = (value, allowed)

    def below(self, value: Decimal, allowed: bool) -> None:
        if self.high is None or (value, allowed) < (self.high[0], self.high[1]):
            self.high = (value, allowed)


def _contradictions(tree: Any) -> Iterator[str]:
    bounds: dict[str, _Bounds] = {}
    for node in _parts(tree, exp.And):
        _bound(node, bounds)
    for column, held in bounds.items():
        if held.empty:
            yield f"asks of {column} what no value is"


def _bound(node: Any, bounds: dict[str, _Bounds]) -> None:
    negated = isinstance(node, exp.Not) and _is_null(node.this)
    if _is_null(node) or negated:
        column = _column(node.this.this if negated else node.this)
        if column:
            held = bounds.setdefault(column, _Bounds())
            held.null, held.compared = held.null or not negated, held.compared or negated
    elif isinstance(node, exp.Between) and _column(node.this):
        _compare(node.this, exp.GTE, node.args["low"], bounds)
        _compare(node.this, exp.LTE, node.args["high"], bounds)
    elif isinstance(node, (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE)):
        if _column(node.this):
            _compare(node.this, type(node), node.expression, bounds)
        elif _column(node.expression):
            _compare(node.expression, _MIRRORED.get(type(node), type(node)), node.this, bounds)


def _compare(side: Any, operator: type, other: Any, bounds: dict[str, _Bounds]) -> None:
    held = bounds.setdefault(_column(side), _Bounds())
    held.compared = True
    value = _number(other)
    if value is None:
        if operator is exp.EQ and isinstance(other, exp.Literal):
            held.equal.add(other.name)
        return
    if operator in (exp.GT, exp.GTE, exp.EQ):
        held.above(value, operator is not exp.GT)
    if operator in (exp.LT, exp.LTE, exp.EQ):
        held.below(value, operator is not exp.LT)


def _column(node: Any) -> str:
    while isinstance(node, exp.Paren):
        node = node.this
    return node.sql(dialect="databricks").replace("`", "").lower() if isinstance(node, exp.Column) else ""


def _number(node: Any) -> Decimal | None:
    sign = 1
    while isinstance(node, exp.Neg | exp.Paren):
        sign = -sign if isinstance(node, exp.Neg) else sign
        node = node.this
    if isinstance(node, exp.Literal) and not node.is_string and node.name.replace(".", "", 1).isdigit():
        return sign * Decimal(node.name)
    return None
