"""Whence event times come in a plan, and which rows count when the latest is looked for: those behind the filters that
Spark moves below the watermark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ldp_magic.engine.child import EngineError
from ldp_magic.runs.stateful.durations import delay
from ldp_magic.runs.stateful.plans import (
    Expression,
    Relation,
    attribute,
    column,
    every,
    frame_of,
    inner,
    kind,
    mentioned,
    messages,
    named,
    unmarked,
)
from ldp_magic.runs.stateful.watermarks import EVENT, conjuncts, pushed
from ldp_magic.runs.work import Turn
from ldp_magic.sql.functions import GENERATORS, NONDETERMINISTIC
from ldp_magic.sql.query import expression_facts

_COMPARE = ("=", "==", "<", ">", "<=", ">=")
_SAME_COLUMNS = frozenset({"subquery_alias", "hint", "repartition", "repartition_by_expression", "collect_metrics"})


@dataclass(frozen=True, slots=True)
class Events:
    """The rows of one watermarked source, with their time in a column more."""

    relation: Relation
    delay: int
    names: frozenset[str]  # what the watermarked column is called here, in lower case
    open: bool = True  # can a filter still be moved here?
    own: frozenset[str] | None = None  # behind a join: the columns that are the source's, in lower case


def events(turn: Turn, relation: Relation) -> list[Events]:
    """Every watermarked source of a relation."""
    if kind(relation) == "with_watermark":
        return [_marked(turn, relation)]
    found = [[*events(turn, each)] for each in inner(relation)]
    if kind(relation) == "set_op" and len(found) == 2:
        return [*found[0], *_right(turn, relation, found[1])]
    if kind(relation) == "join" and len(found) == 2:
        return [_joined(turn, relation, side, each) for side in (0, 1) for each in found[side]]
    return [_through(relation, each) for side in found for each in side]


def _marked(turn: Turn, relation: Relation) -> Events:
    mark = relation.with_watermark
    if any(kind(each) == "with_watermark" for each in every(mark.input)):
        raise EngineError(
            f"the watermark on {mark.event_time} stands above another one",
            why="Spark refuses a second watermark over the same rows",
            fix="keep the one that is nearer to the source",
        )
    made = type(relation)()
    made.with_columns.input.CopyFrom(unmarked(mark.input))
    made.with_columns.aliases.append(named(attribute(mark.event_time), EVENT).alias)
    schema = frame_of(made, turn.session).schema
    type_ = schema.fields[-1].dataType.simpleString()
    if type_ != "timestamp":
        raise EngineError(
            f"the watermark is on {mark.event_time}, which is a {type_}",
            why="event time is a TIMESTAMP, in Spark too",
            fix=f"""cast it before: .withColumn("{mark.event_time}", F.to_timestamp("{mark.event_time}"))""",
        )
    return Events(made, delay(mark.delay_threshold), frozenset({mark.event_time.strip("`").lower()}))


def _through(relation: Relation, below: Events) -> Events:
    """The same rows behind one more step."""
    step = kind(relation)
    if step == "filter":
        return _filtered(relation.filter.condition, below) if below.open else below
    if below.own is not None:
        return replace(below, open=False)
    if step in _SAME_COLUMNS or step == "drop":
        return _moved(relation, below)
    if step == "with_columns":
        made = [each.expr for each in relation.with_columns.aliases]
        names = below.names | {
            each.name[0].lower() for each in relation.with_columns.aliases if column(each.expr).lower() in below.names
        }
        names -= {
            each.name[0].lower()
            for each in relation.with_columns.aliases
            if column(each.expr).lower() not in below.names
        }
        below = replace(below, names=frozenset(names))
        return _moved(relation, below) if _same(made) else replace(below, open=False)
    if step == "with_columns_renamed":
        return _renamed(relation, below)
    if step == "project":
        return _projected(relation, below)
    return replace(below, open=False)


def _moved(relation: Relation, below: Events) -> Events:
    """The step over the rows that count, if filters can still be moved below it."""
    if not below.open:
        return below
    made = type(relation)()
    made.CopyFrom(relation)
    inner(made)[0].CopyFrom(below.relation)
    return replace(below, relation=made)


def _renamed(relation: Relation, below: Events) -> Events:
    body = relation.with_columns_renamed
    pairs = [(each.col_name, each.new_col_name) for each in body.renames] or list(body.rename_columns_map.items())
    new = {old.lower(): name.lower() for old, name in pairs}
    return _moved(relation, replace(below, names=frozenset(new.get(name, name) for name in below.names)))


def _projected(relation: Relation, below: Events) -> Events:
    names: set[str] = set()
    for each in relation.project.expressions:
        which = each.WhichOneof("expr_type")
        if which == "unresolved_star":
            names |= below.names
        elif which == "alias" and column(each.alias.expr).lower() in below.names:
            names.add(each.alias.name[0].lower())
        elif which == "expression_string" and each.expression_string.expression.strip("` ").lower() in below.names:
            names.add(each.expression_string.expression.strip("` ").lower())
        elif column(each).lower() in below.names:
            names.add(column(each).lower())
    below = replace(below, names=frozenset(names))
    if not below.open or not _same(list(relation.project.expressions)):
        return replace(below, open=False)
    moved = _moved(relation, below)
    moved.relation.project.expressions.append(attribute(EVENT))
    return moved


def _joined(turn: Turn, relation: Relation, side: int, below: Events) -> Events:
    """A source behind a join with a table: what the join asks for is not NULL, and filters of its own rows move on."""
    body = relation.join
    both = body.join_type in (body.JOIN_TYPE_INNER, body.JOIN_TYPE_CROSS, body.JOIN_TYPE_LEFT_SEMI)
    one = (body.JOIN_TYPE_LEFT_OUTER, body.JOIN_TYPE_LEFT_ANTI) if side == 0 else (body.JOIN_TYPE_RIGHT_OUTER,)
    if not below.open or not (both or body.join_type in one):
        return replace(below, open=False)
    mine, other = (
        {name.lower() for name in frame_of(unmarked(inner(relation)[n]), turn.session).columns}
        for n in (side, 1 - side)
    )
    using = {name.lower() for name in body.using_columns}
    found = below.relation
    asked = using | _compared(body.join_condition) if both else set()
    for name in sorted(asked & mine - below.names):
        made = type(found)()
        made.filter.input.CopyFrom(found)
        made.filter.condition.unresolved_function.function_name = "isnotnull"
        made.filter.condition.unresolved_function.arguments.append(attribute(name))
        found = made
    return replace(below, relation=found, own=frozenset(mine - other | using))


def _compared(condition: Expression) -> set[str]:
    """The columns that a condition compares with each other, in lower case."""
    return {
        column(each).lower()
        for part in _parts(condition)
        if part.WhichOneof("expr_type") == "unresolved_function" and part.unresolved_function.function_name in _COMPARE
        for each in part.unresolved_function.arguments
        if column(each)
    }


def _right(turn: Turn, relation: Relation, found: list[Events]) -> list[Events]:
    """The right side of a union, whose columns have the names of the left."""
    left, right = (
        [name.lower() for name in frame_of(unmarked(each), turn.session).columns] for each in inner(relation)
    )
    return found if left == right else [replace(each, open=False) for each in found]


def _same(expressions: list[Expression]) -> bool:
    """Does each row stay one row, and the same whenever it is asked for?"""
    calls = {
        each.function_name.lower()
        for expression in expressions
        for each in messages(expression)
        if each.DESCRIPTOR.name == "UnresolvedFunction"
    }
    texts = " ".join(
        each.expression.lower()
        for expression in expressions
        for each in messages(expression)
        if each.DESCRIPTOR.name == "ExpressionString"
    )
    changing = NONDETERMINISTIC | GENERATORS
    return not calls & changing and not any(f"{name}(" in texts for name in changing)


# -- filters -------------------------------------------------------------------------------------------------------


def _filtered(condition: Expression, below: Events) -> Events:
    relation = below.relation
    for part in _parts(condition):
        if _is_pushed(part, below.names) and (below.own is None or _named(part) <= below.own):
            made = type(relation)()
            made.filter.input.CopyFrom(relation)
            made.filter.condition.CopyFrom(part)
            relation = made
    return replace(below, relation=relation)


def _parts(condition: Expression) -> Iterator[Expression]:
    """What AND puts together."""
    which = condition.WhichOneof("expr_type")
    if which == "unresolved_function" and condition.unresolved_function.function_name.lower() == "and":
        for each in condition.unresolved_function.arguments:
            yield from _parts(each)
    elif which == "expression_string":
        for text in conjuncts(condition.expression_string.expression):
            made = type(condition)()
            made.expression_string.expression = text
            yield made
    else:
        yield condition


def _named(part: Expression) -> set[str]:
    """The columns that a filter asks for, in lower case."""
    if part.WhichOneof("expr_type") == "expression_string":
        selects = expression_facts(part.expression_string.expression).selects
        return {each.parts[0].lower() for select in selects for each in select.columns}
    return {column(each).lower() for each in messages(part) if each.DESCRIPTOR.name == "Expression" and column(each)}


def _is_pushed(part: Expression, names: frozenset[str]) -> bool:
    if part.WhichOneof("expr_type") == "expression_string":
        return all(pushed(part.expression_string.expression, name) for name in names)
    said = mentioned([part])
    return said is not None and not said & names and _same([part])
