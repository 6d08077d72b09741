"""What a query asks of two streams: which rows meet, which may be dropped before, and when a row is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ldp_magic.engine.child import EngineError
from ldp_magic.runs.stateful.joins.bounds import Bound, bounds
from ldp_magic.runs.stateful.joins.conditions import (
    Column,
    Conditions,
    Names,
    Part,
    moved,
    outputs_of,
    part_of,
    parts_of,
)
from ldp_magic.runs.stateful.joins.shape import Shape, cut
from ldp_magic.runs.stateful.joins.sides import Side, sides_of
from ldp_magic.runs.stateful.watermarks import conjuncts
from ldp_magic.runs.work import Turn
from ldp_magic.sql.facts import Select
from ldp_magic.sql.writing import quoted

WORDS = {
    "inner": "JOIN",
    "left": "LEFT JOIN",
    "right": "RIGHT JOIN",
    "full": "FULL JOIN",
    "left semi": "LEFT SEMI JOIN",
}
_WAIT = {"left": (0,), "right": (1,), "full": (0, 1)}
Marks = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A join of two streams. Left is 0, right is 1."""

    shape: Shape
    sides: tuple[Side, Side]
    conditions: Conditions
    marks: Marks  # the event times that the join sees: Spark takes out columns that nobody reads

    @property
    def kind(self) -> str:
        return self.conditions.kind

    @property
    def waits(self) -> tuple[int, ...]:
        """The sides whose rows come out without a partner."""
        return _WAIT.get(self.kind, ())

    @property
    def counted(self) -> tuple[int, ...]:
        """The sides of which it matters whether a row has met one of the other."""
        return (0,) if self.kind == "left semi" else self.waits

    def alias(self, side: int) -> str:
        return quoted(self.sides[side].alias)

    def filters(self, side: int) -> list[str]:
        """What a row has to fulfil to come to the join at all."""
        never_null = self.conditions.not_null(side)
        return [
            *self.conditions.filters(side),
            *(f"{self.alias(side)}.{quoted(name)} IS NOT NULL" for name in never_null),
        ]

    def done(self, side: int, watermark: int) -> str | None:
        """The condition that a row of a side meets nothing any more; None if that is never known."""
        key = _key(self.conditions, self.marks)
        if key is not None:
            return f"coalesce(unix_micros({key[side]}) <= {watermark}, false)"
        found = _bounds(self.conditions, side, self.marks)
        if not found:
            return None
        last = min(each.passed(watermark) for each in found)
        return f"coalesce(unix_micros({self.alias(side)}.{quoted(self.marks[side] or '')}) <= {last}, false)"

    def hopeless(self, side: int) -> str | None:
        """The condition that a row fails what the join asks of its side alone, so that it need not wait."""
        own = [f"coalesce(({part.text}), false)" for part in self.conditions.on if part.only_of(side)]
        return f"NOT ({' AND '.join(own)})" if own and side in self.waits else None

    @property
    def on(self) -> str:
        """What decides which rows meet."""
        return " AND ".join(f"({part.text})" for part in self.conditions.joining)


def asked(turn: Turn, shape: Shape) -> Asked:
    """What the query asks, where Spark can run it."""
    sides = sides_of(turn, shape)
    left, right = (tuple(map(str.lower, each.columns)) for each in sides)
    names = Names((sides[0].alias, sides[1].alias), (left, right))
    written = _written(shape, sides, names)
    _check(written, (sides[0].mark, sides[1].mark))
    _check_star(shape, sides)
    conditions = _as_it_works_out(turn, sides, written)
    read = {column for part in conditions.above() for column in part.columns} | _shown(shape, names)
    first, second = (each.mark if (n, each.mark) in read else None for n, each in enumerate(sides))
    return Asked(shape, sides, conditions, (first, second))


def _check_star(shape: Shape, sides: tuple[Side, Side]) -> None:
    """Spark does not count the column that a watermark computes among those of the relation."""
    for side in sides:
        computed = side.watermark is not None and side.watermark.aliased and not side.chain.selects
        if computed and any(each.star and "." in cut(shape.facts.text, each.span) for each in shape.select.outputs):
            raise EngineError(
                f"{side.alias}.* beside a watermark that computes its column",
                why="the column belongs to no relation, so the star does not show it",
                fix="name the columns",
            )


def needed(asked: Asked, side: int) -> list[str]:
    """The columns of a side that the query reads; all where a star asks for them."""
    facts, columns = asked.shape.facts, asked.sides[side].columns
    if any(each.star for select in asked.shape.levels for each in select.outputs):
        return list(columns)
    read = {part.lower() for select in facts.selects for ref in select.columns for part in ref.parts}
    read |= {name.lower() for join in asked.shape.select.joins for name in join.using}
    read |= {mark for mark in asked.marks if mark is not None}
    return [name for name in columns if name.lower() in read]


def _written(shape: Shape, sides: tuple[Side, Side], names: Names) -> Conditions:
    join, text = shape.join, shape.facts.text
    on = parts_of(cut(text, join.condition), names) if join.condition is not None else []
    aliases = [quoted(each.alias) for each in sides]
    using = [part_of(" = ".join(f"{each}.{quoted(name)}" for each in aliases), names) for name in join.using]
    where = [part_of(each, names) for each in _filters_above(shape.levels, text)]
    return Conditions("inner" if join.kind == "cross" else join.kind, (*using, *on), tuple(where))


def _filters_above(levels: Sequence[Select], text: str) -> list[str]:
    """All filters that stand above the join, in the words of the SELECT that joins."""
    found = list[str]()
    for number, level in enumerate(levels):
        if number:
            outputs, star = outputs_of(level, text)
            found = [new for each in found if (new := moved(each, outputs, star=star)) is not None]
        if "where" in level.clauses:
            found += conjuncts(cut(text, level.clauses["where"])[len("where") :])
        for join in level.joins[level is levels[-1] :]:
            if join.kind in ("inner", "left semi") and join.condition is not None:
                found += conjuncts(cut(text, join.condition))
    return found


def _shown(shape: Shape, names: Names) -> set[Column]:
    """The columns of the sides that the query shows, or that joins behind this one read."""
    wanted: set[str] | None = None  # None: all
    for level in shape.levels[:-1]:
        outputs = [each for each in level.outputs if wanted is None or each.star or each.name.lower() in wanted]
        if not any(each.star for each in outputs):
            wanted = {ref.name.lower() for each in outputs for ref in each.columns}
    found, text = set[Column](), shape.facts.text
    for output in shape.select.outputs:
        if output.star:
            of = cut(text, output.span).rpartition(".")[0].strip("` ").lower()
            sides = [side for side in (0, 1) if of in ("", names.aliases[side])]
            found |= {(s, name) for s in sides for name in names.columns[s] if wanted is None or name in wanted}
        elif wanted is None or output.name.lower() in wanted:
            found |= {column for ref in output.columns for column in names.of(ref)}
    for join in shape.select.joins[1:]:
        found |= {column for ref in join.columns for column in names.of(ref)}
    return found


# -- outer joins that are none -----------------------------------------------------------------------------------


def _as_it_works_out(turn: Turn, sides: tuple[Side, Side], written: Conditions) -> Conditions:
    """A filter that no row without a partner passes makes an outer join an inner one, for Spark too."""
    if written.kind not in _WAIT:
        return written
    waits = [side for side in _WAIT[written.kind] if not any(_rejects(turn, sides, w, 1 - side) for w in written.where)]
    kind = {(0, 1): "full", (0,): "left", (1,): "right", (): "inner"}[tuple(waits)]
    return Conditions(kind, written.on, written.where)


def _rejects(turn: Turn, sides: tuple[Side, Side], part: Part, side: int) -> bool:
    """Is the part never true where all columns of a side are NULL?"""
    if not part.steady or side not in part.sides:
        return False
    if len(part.sides) > 1:
        return any(at == side for at, _ in part.never_null)
    nothing = f"(SELECT * FROM {sides[side].view} WHERE false) AS {quoted(sides[side].alias)}"
    text = f"SELECT count(*) AS n FROM (SELECT 1 AS __ldp_one) LEFT JOIN {nothing} ON true WHERE {part.text}"
    return bool(turn.session.spark.sql(turn.views.spoken(text)).collect()[0][0] == 0)


# -- when a row is done ------------------------------------------------------------------------------------------


def _key(conditions: Conditions, marks: Marks) -> tuple[str, str] | None:
    """The columns that have to be equal of which one is an event time: its value alone says when a row is done."""
    for side in (0, 1):
        for key in conditions.keys:
            if marks[side] is not None and key.columns[side] == (side, marks[side]):
                return key.texts
    return None


def _bounds(conditions: Conditions, side: int, marks: Marks) -> list[Bound]:
    mark = marks[side]
    if mark is None:
        return []
    return [each for name, each in bounds(conditions.joining, side, marks[1 - side]) if name == mark]


def _check(written: Conditions, marks: Marks) -> None:
    """What Spark refuses."""
    kind = written.kind
    if kind not in WORDS:
        raise EngineError(
            f"a {kind.upper()} JOIN of two streams cannot run",
            why="a row is known to have no partner only when time has passed; Spark runs LEFT JOIN, not this",
            fix="LEFT JOIN with watermarks and a range of time, and keep the rows without a partner",
        )
    if not written.keys:
        raise EngineError(
            "two streams are joined without columns that have to be equal",
            why="every row would have to be compared with all others there ever were; Spark does not run it either",
            fix="join ON left.key = right.key, and a range of time",
        )
    if kind == "inner" or _key(written, marks) is not None:
        return
    waiting = _WAIT.get(kind, (0,))
    if not any(bounds(written.joining, side, marks[1 - side]) for side in waiting):
        raise EngineError(
            f"a {WORDS[kind]} of two streams has to know when a row can have no partner any more",
            why="that takes watermarks, and a condition that bounds the one event time by the other",
            fix="add WATERMARK ... DELAY OF to both streams, and AND b.ts <= a.ts + INTERVAL 1 HOUR to ON",
        )
