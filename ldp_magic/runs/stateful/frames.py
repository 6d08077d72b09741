"""The same for DataFrame code: what its plan has to remember is kept, and it runs over rows that are ready."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code.marks import streams
from ldp_magic.runs.stateful.events import Events, events
from ldp_magic.runs.stateful.kept import Kept, counted, fitting, kept
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
    plan_of,
    table,
    unbound,
    unmarked,
)
from ldp_magic.runs.stateful.watermarks import EVENT, Source, advanced, late, memory, shown, watermark
from ldp_magic.runs.stateful.windows import TIME, Point, Session, Window, session, window
from ldp_magic.runs.work import Turn, Work
from ldp_magic.sql.writing import literal, quoted

_NEVER = {
    "sort": "orderBy needs all rows, and a stream has no last one",
    "limit": "limit of a stream counts over all updates",
    "offset": "offset of a stream counts over all updates",
}
_TIMES = ("window", "session_window")
_KEYS, _ORDER, _EXPIRES = "keys", "__ldp_order", "__ldp_expires"


def kind_of_frame(turn: Turn, frame: Any) -> str:
    """As `kind_of`, of a frame that user code returned."""
    plan, moving = plan_of(frame, turn.session), streams(frame)
    found = list(_operators(plan, moving))
    refused = [why for each in every(plan) if (why := _NEVER.get(kind(each), "")) and _streams(each, moving)]
    if not found:
        return refused[0] if refused else "stateless"
    if len(found) > 1:
        return "it has to remember rows for two things; split it into two streaming tables"
    done = kind(found[0])
    if done == "aggregate" and not any(kind(each) == "with_watermark" for each in every(found[0])):
        return "complete"
    return refused[0] if refused else done


def stateful_frame(turn: Turn, frame: Any) -> Work:
    """What one run of a frame that groups or deduplicates leaves."""
    plan = plan_of(frame, turn.session)
    operator = next(_operators(plan, streams(frame)))
    found = events(turn, inner(operator)[0])
    sources = [
        Source(_query(turn, f"events {n}", each.relation, quoted(EVENT)), each.delay) for n, each in enumerate(found)
    ]
    before, after = watermark(turn), advanced(turn, sources)
    remember = _grouped if kind(operator) == "aggregate" else _distinct
    done = remember(turn, operator, found, before, after)
    view = quoted(turn.views.view("rows", frame_of(unmarked(plan), turn.session)))
    return Work(
        rows=f"SELECT * FROM {view}",
        state=done.state,
        memory=memory(after),
        numbers={"late": done.late, "watermark": shown(after), "state_rows": done.rows},
    )


def _query(turn: Turn, name: str, relation: Relation, columns: str) -> str:
    return f"SELECT {columns} FROM {quoted(turn.views.view(name, frame_of(relation, turn.session)))}"


def _streams(relation: Relation, moving: Collection[int]) -> bool:
    return any(each.common.plan_id in moving or kind(each) == "with_watermark" for each in every(relation))


def _operators(plan: Relation, moving: Collection[int]) -> Iterator[Relation]:
    """Each relation that has to remember rows of a stream."""
    for each in every(plan):
        below = sum(_streams(part, moving) for part in inner(each))
        if (kind(each) in ("aggregate", "deduplicate") and below) or (kind(each) == "join" and below > 1):
            yield each


# -- groups ----------------------------------------------------------------------------------------------------------


def _grouped(turn: Turn, operator: Relation, found: list[Events], before: int, after: int) -> Kept:
    """An aggregate over the rows whose groups end in this run, in the place of *operator*."""
    body = operator.aggregate
    names = frozenset().union(*(each.names for each in found))
    if body.group_type != body.GROUP_TYPE_GROUPBY:
        raise EngineError(
            "rollup, cube and pivot of a stream are not run here",
            why="in DataFrame code only groupBy(...) is",
            fix="write the query in SQL: GROUP BY ROLLUP(...)",
        )
    expressions = [*body.grouping_expressions, *body.aggregate_expressions]
    how, time, calls = _how(list(body.grouping_expressions), names)
    keys = [each for each in body.grouping_expressions if not any(_has(each, call) for call in calls)]
    if isinstance(how, Session) and not keys:
        raise EngineError(
            "session_window needs a key beside it",
            why="a session is one of a user, a device or the like; Spark does not run it without a key",
            fix="add the key to groupBy",
        )
    extra = keys if isinstance(how, Session) else []
    called = [f"__ldp_key{n}" for n in range(len(extra))]
    read = _with(unmarked(body.input), {name: _plain(key) for name, key in zip(called, extra, strict=True)})
    view = turn.views.view("read", frame_of(read, turn.session))
    columns = [name for name, _ in turn.views.columns((view,)) or () if name not in called]
    asked = mentioned(expressions)
    columns = [name for name in columns if asked is None or name.lower() in asked]
    listed = ", ".join([*map(quoted, columns), *called, f"unix_micros({quoted(time)}) AS {TIME}"])
    done = kept(turn, how, f"SELECT {listed} FROM {quoted(view)}", columns, called, before, after)
    for call in calls:
        call.CopyFrom(attribute(call.unresolved_function.function_name))
    for each in expressions:
        unbound(each)
    body.input.CopyFrom(table(done.ready))
    return done


def _how(keys: list[Expression], names: frozenset[str]) -> tuple[Point | Window | Session, str, list[Expression]]:
    """What a row belongs to, the column of its time, and the calls that say so."""
    calls = [each for key in keys for each in messages(key) if each.DESCRIPTOR.name == "Expression" and _times(each)]
    calls = [call for call in calls if column(call.unresolved_function.arguments[0]).lower() in names]
    if calls:
        function = calls[0].unresolved_function
        time, *rest = function.arguments
        arguments = ["time", *map(_argument, rest)]
        how = window(arguments) if function.function_name == "window" else session(arguments)
        return how, column(time), calls
    time = next((column(_bare(key)) for key in keys if column(_bare(key)).lower() in names), "")
    if not time:
        raise EngineError(
            "no key of this group is the watermarked column",
            why="a group is final when the watermark has passed it",
            fix="group by the column itself, or by F.window(...) over it",
        )
    return Point(), time, []


def _times(expression: Expression) -> bool:
    """Is it a call of window or session_window?"""
    which = expression.WhichOneof("expr_type")
    return which == "unresolved_function" and expression.unresolved_function.function_name in _TIMES


def _argument(expression: Expression) -> str:
    value = expression.literal
    which = value.WhichOneof("literal_type")
    return literal(value.string) if which == "string" else str(getattr(value, which)) if which else "no literal"


def _has(expression: Expression, call: Expression) -> bool:
    return any(each == call for each in messages(expression) if each.DESCRIPTOR.name == "Expression")


def _bare(expression: Expression) -> Expression:
    """An expression without its name."""
    return _bare(expression.alias.expr) if expression.WhichOneof("expr_type") == "alias" else expression


def _plain(expression: Expression) -> Expression:
    """A copy of an expression without its name."""
    made = type(expression)()
    made.CopyFrom(_bare(expression))
    return made


def _with(relation: Relation, columns: dict[str, Expression]) -> Relation:
    """The relation with more columns."""
    if not columns:
        return relation
    made = type(relation)()
    made.with_columns.input.CopyFrom(relation)
    made.with_columns.aliases.extend(named(each, name).alias for name, each in columns.items())
    return made


# -- duplicates --------------------------------------------------------------------------------------------------------


def _distinct(turn: Turn, operator: Relation, found: list[Events], before: int, after: int) -> Kept:
    """The first row of each key that no run has seen, in the place of *operator*."""
    body = operator.deduplicate
    view = turn.views.view("read", frame_of(unmarked(body.input), turn.session))
    columns = [name for name, _ in turn.views.columns((view,)) or ()]
    names = frozenset().union(*(each.names for each in found)) if found else frozenset()
    time = next((name for name in columns if name.lower() in names), "")
    asked = {name.lower() for name in body.column_names}
    keys = [quoted(name) for name in columns if body.all_columns_as_keys or name.lower() in asked]
    micros = f"unix_micros({quoted(time)})" if time else "CAST(NULL AS BIGINT)"
    every = ", ".join([*map(quoted, columns), f"{micros} AS {TIME}", f"monotonically_increasing_id() AS {_ORDER}"])
    new = turn.kept("new rows", f"SELECT {every} FROM {quoted(view)}")
    too_late = late(TIME, before)
    first = turn.kept("first rows", _firsts(turn, new, keys, f"NOT {too_late}"))
    timed = bool(time) and quoted(time) in keys
    state = _remembered(turn, body.within_watermark, first, keys, found, after, timed)
    ready = turn.views.view("unseen rows", f"SELECT {', '.join(map(quoted, columns))} FROM {first}")
    done = counted(turn, quoted(ready), {_KEYS: state}, f"SELECT count(*) FROM {new} WHERE {too_late}")
    identity = operator.common.plan_id
    operator.CopyFrom(table(done.ready))
    operator.common.plan_id = identity
    return done


def _firsts(turn: Turn, new: str, keys: list[str], where: str) -> str:
    """The first row of each key among new rows, where no earlier run has met the key."""
    over = f"row_number() OVER (PARTITION BY {', '.join(keys)} ORDER BY {_ORDER})"
    numbered = f"SELECT *, {over} AS __ldp_number FROM {new} WHERE {where}"
    text = f"SELECT n.* FROM ({numbered}) AS n"
    if _KEYS in turn.state:
        same = " AND ".join(f"n.{key} <=> k.{key}" for key in keys)
        text += f" LEFT ANTI JOIN {turn.state[_KEYS]} AS k ON {same}"
    return f"{text} WHERE n.__ldp_number = 1"


def _remembered(
    turn: Turn, within: bool, first: str, keys: list[str], found: list[Events], after: int, timed: bool
) -> str:
    """A query for the keys that have been met and are remembered further."""
    passes = f"coalesce({TIME}, 0) + {found[0].delay}" if within and found else TIME
    listed = ", ".join(keys)
    text = f"SELECT {listed}, {passes} AS {_EXPIRES} FROM {first}"
    if _KEYS in turn.state:
        known = turn.views.view("new keys", text)
        fitting(turn, quoted(known), turn.state[_KEYS])
        text += f" UNION ALL SELECT {listed}, {_EXPIRES} FROM {turn.state[_KEYS]}"
    goes_on = f" WHERE {_EXPIRES} > {after} OR {_EXPIRES} IS NULL" if timed or within else ""
    return f"SELECT * FROM ({text}){goes_on}"
