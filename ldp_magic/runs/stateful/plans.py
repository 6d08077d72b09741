"""The plan of a frame, as the client sends it: what is inside of it, and what stands in the place of a part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, TypeAlias

from ldp_magic.engine.code.marks import while_shown
from ldp_magic.engine.session import Session
from ldp_magic.sql.writing import quoted

Relation: TypeAlias = Any  # of Spark Connect's protocol, which has no types of its own
Expression: TypeAlias = Any

_INNER = {"join": ("left", "right"), "set_op": ("left_input", "right_input"), "lateral_join": ("left", "right")}


def plan_of(frame: Any, session: Session) -> Relation:
    """A copy of the frame's plan with its watermarks."""
    with while_shown():
        return frame._plan.to_proto(session.spark.client).root


def kind(relation: Relation) -> str:
    """What a relation does: read, filter, aggregate, ..."""
    found: str = relation.WhichOneof("rel_type") or ""
    return found


def inner(relation: Relation) -> list[Relation]:
    """The relations that one is made of."""
    body = getattr(relation, kind(relation), None)
    names = _INNER.get(kind(relation), ("input",))
    if body is None:
        return []
    known = body.DESCRIPTOR.fields_by_name
    return [getattr(body, name) for name in names if name in known and body.HasField(name)]


def every(relation: Relation) -> Iterator[Relation]:
    """A relation and all that are in it."""
    yield relation
    for each in inner(relation):
        yield from every(each)


def unmarked(relation: Relation) -> Relation:
    """A copy without watermarks, which the engine does not know."""
    copy = type(relation)()
    copy.CopyFrom(relation)
    _unmark(copy)
    return copy


def _unmark(relation: Relation) -> None:
    while kind(relation) == "with_watermark":
        below = type(relation)()
        below.CopyFrom(relation.with_watermark.input)
        relation.CopyFrom(below)
    if kind(relation) == "deduplicate":
        relation.deduplicate.within_watermark = False
    for each in inner(relation):
        _unmark(each)


def frame_of(relation: Relation, session: Session) -> Any:
    """A frame of such a plan."""
    from pyspark.sql.connect.dataframe import DataFrame

    return DataFrame(_given()(relation), session.spark)


@cache
def _given() -> Callable[[Relation], Any]:
    from pyspark.sql.connect.plan import LogicalPlan

    class Given(LogicalPlan):
        def __init__(self, relation: Relation) -> None:
            super().__init__(None)
            self._relation = relation

        def plan(self, session: Any) -> Relation:
            copy = type(self._relation)()
            copy.CopyFrom(self._relation)
            return copy

    return Given


def table(view: str) -> Relation:
    """A plan that reads a view."""
    from pyspark.sql.connect.proto import Relation as Made

    made = Made()
    made.read.named_table.unparsed_identifier = view
    return made


# -- expressions ---------------------------------------------------------------------------------------------------


def attribute(name: str) -> Expression:
    """A column."""
    from pyspark.sql.connect.proto import Expression as Made

    made = Made()
    made.unresolved_attribute.unparsed_identifier = quoted(name)
    return made


def named(expression: Expression, name: str) -> Expression:
    """An expression with a name."""
    made = type(expression)()
    made.alias.expr.CopyFrom(expression)
    made.alias.name.append(name)
    return made


def messages(message: Any) -> Iterator[Any]:
    """A message and all that are in it."""
    yield message
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        for each in _values(field, value):
            yield from messages(each)


def _values(field: Any, value: Any) -> list[Any]:
    if hasattr(value, "DESCRIPTOR"):
        return [value]
    if field.message_type.GetOptions().map_entry:
        return [each for key in value if hasattr(each := value[key], "DESCRIPTOR")]
    return list(value)


def unbound(expression: Expression) -> None:
    """Columns are found by name alone, no more by the frame that they were taken from."""
    for each in messages(expression):
        if each.DESCRIPTOR.name in ("UnresolvedAttribute", "UnresolvedStar", "UnresolvedRegex"):
            each.ClearField("plan_id")


def column(expression: Expression) -> str:
    """The name of the column that an expression is, or nothing."""
    which = expression.WhichOneof("expr_type")
    if which != "unresolved_attribute":
        return ""
    text: str = expression.unresolved_attribute.unparsed_identifier
    plain = text[1:-1].replace("``", "`") if text[:1] == "`" and text.count("`") == 2 else text
    return plain.rpartition(".")[2] if text == plain else plain


def mentioned(expressions: Collection[Expression]) -> set[str] | None:
    """Every name in them, in lower case; None where that cannot be told."""
    found: set[str] = set()
    for expression in expressions:
        for each in messages(expression):
            name = each.DESCRIPTOR.name
            if name in ("UnresolvedStar", "UnresolvedRegex", "ExpressionString", "SubqueryExpression"):
                return None
            if name == "UnresolvedAttribute":
                found |= {part.strip("`").lower() for part in each.unparsed_identifier.split(".")}
                found.add(each.unparsed_identifier.strip("`").lower())
    return found
