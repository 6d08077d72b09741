"""One turn of a flow that joins two streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ldp_magic.engine.child import EngineError
from ldp_magic.lake.batch import Json
from ldp_magic.runs.stateful.joins.asked import WORDS, Asked, asked, needed
from ldp_magic.runs.stateful.joins.differences import differences
from ldp_magic.runs.stateful.joins.shape import shape_of
from ldp_magic.runs.stateful.joins.sides import source_of
from ldp_magic.runs.stateful.watermarks import advanced, any_rows, late, memory, shown, watermark
from ldp_magic.runs.work import Turn, Work
from ldp_magic.sql.facts import Facts
from ldp_magic.sql.writing import quoted

ROW = "__ldp_row"  # the number of a row of which it matters whether it has met another
SIDES = ("left", "right")
MET = ("left met", "right met")
_BEFORE = "watermark before"


def joined(turn: Turn, facts: Facts, names: Sequence[str | None]) -> Work | None:
    """The rows that a join of two streams adds in this turn, and those it remembers; None if nothing is new."""
    shape = shape_of(facts, names)
    news = {name for each, name in zip(facts.relations, names, strict=True) if each.streaming and name}
    # one by one: the engine cannot plan a UNION ALL of a LIMIT over nothing
    if turn.memory and not any_rows(turn, sorted(news)):
        return None
    join = asked(turn, shape)
    turn.views.seen.labels.update(dict.fromkeys(differences(turn, join)))
    return _Joining(turn, join).work()


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a side as quoted views: those that the last turn left, those that are new, and both."""

    old: str | None
    new: str
    all: str


@dataclass(slots=True)
class _Left:
    """What a turn leaves behind."""

    state: dict[str, str] = field(default_factory=dict)
    adds: dict[str, str] = field(default_factory=dict)
    rows: int = 0


class _Joining:
    """A join in one turn."""

    def __init__(self, turn: Turn, join: Asked) -> None:
        self.turn, self.join = turn, join
        self.columns = [", ".join(map(quoted, needed(join, side))) for side in (0, 1)]
        self.filters = [join.filters(side) for side in (0, 1)]
        self.before = watermark(turn)
        sources = [source_of(turn, each, self.filters[n]) for n, each in enumerate(join.sides)]
        self.after = advanced(turn, [each for each in sources if each is not None])

    def work(self) -> Work:
        join, rows, left = self.join, list(self._meeting()), _Left()
        for side in join.waits:
            rows += self._alone(side)
        self._remember(left)
        numbers: dict[str, Json] = {"late": self._late(), "watermark": shown(self.after), "state_rows": left.rows}
        if any(join.done(side, self.after) is None for side in (0, 1)):
            numbers["unbounded"] = True
        return Work(
            rows=" UNION ALL ".join(f"({each})" for each in rows),
            state=left.state,
            adds=left.adds,
            memory=memory(self.after) | {_BEFORE: self.before},
            numbers=numbers,
        )

    # --- the rows of each side -----------------------------------------------------------------------------------

    @cached_property
    def kept(self) -> tuple[_Rows, _Rows]:
        return self._rows(0), self._rows(1)

    def _rows(self, side: int) -> _Rows:
        turn, name, columns = self.turn, SIDES[side], self.columns[side]
        number = f", uuid() AS {ROW}" if side in self.join.counted else ""
        new = turn.kept(
            f"new {name}",
            turn.views.spoken(f"SELECT {columns}{number} {self._arriving(side)} AND NOT {self._too_late(side)}"),
        )
        old = turn.state.get(name)
        if old is None:
            return _Rows(None, new, new)
        columns += f", {ROW}" if number else ""
        self._check_columns(side, old, new)
        return _Rows(
            old, new, self._view(f"all {name}", f"SELECT {columns} FROM {old} UNION ALL SELECT {columns} FROM {new}")
        )

    def _arriving(self, side: int) -> str:
        where = " AND ".join(f"({each})" for each in self.filters[side]) or "true"
        return f"FROM {self.join.sides[side].view} AS {self.join.alias(side)} WHERE {where}"

    def _too_late(self, side: int) -> str:
        mark = self.join.marks[side]
        if mark is None:
            return "false"
        return late(f"unix_micros({self.join.alias(side)}.{quoted(mark)})", self._limit)

    @cached_property
    def _limit(self) -> int:
        """The watermark by which rows are late. Spark takes that of the batch before, and where no row is ever done
        it makes no batch that closes a run: the batch before is then that of the run before."""
        if any(self.join.done(side, 0) is not None for side in (0, 1)):
            return self.before
        found = self.turn.memory.get(_BEFORE, 0)
        assert isinstance(found, int)
        return found

    def _late(self) -> int:
        marked = [side for side in (0, 1) if self.join.marks[side] is not None]
        return sum(self._counts([f"{self._arriving(side)} AND {self._too_late(side)}" for side in marked]))

    def _check_columns(self, side: int, old: str, new: str) -> None:
        have, want = ({n.lower() for n, _ in self.turn.views.columns((each[1:-1],)) or ()} for each in (old, new))
        if have != want:
            raise EngineError(
                f"what the join remembers of {self.join.sides[side].alias} has other columns than it reads now",
                why="the query, or what it reads, has changed since",
                fix="run a full refresh of the table",
            )

    # --- the rows that come out ----------------------------------------------------------------------------------

    def _meeting(self) -> Iterator[str]:
        """The rows of pairs of which at least one is new, each once."""
        left, right = self.kept
        words = None if self.join.kind == "left semi" else WORDS["inner"]
        yield self._over(self._plain(0, left.new), self._plain(1, right.all), words)
        if left.old is not None:
            yield self._over(self._plain(0, left.old), self._plain(1, right.new), words)

    @cached_property
    def met(self) -> dict[int, str]:
        """By side, a view over the numbers of the rows that have met one of the other side in this turn."""
        return {side: self._met(side) for side in self.join.counted}

    def _met(self, side: int) -> str:
        mine, other = self.kept[side], self.kept[1 - side]
        pairs = [(mine.new, other.all)] + ([(mine.old, other.new)] if mine.old is not None else [])
        text = " UNION ALL ".join(f"({self._pairs(side, *each)})" for each in pairs)
        return self.turn.kept(f"{SIDES[side]} met now", self.turn.views.spoken(text))

    def _pairs(self, side: int, mine: str, other: str) -> str:
        views = (mine, other) if side == 0 else (other, mine)
        left, right = (f"{view} AS {self.join.alias(n)}" for n, view in enumerate(views))
        number = f"{self.join.alias(side)}.{ROW}"
        return f"SELECT DISTINCT {number} AS {ROW} FROM {left} JOIN {right} ON {self.join.on}"

    def _alone(self, side: int) -> Iterator[str]:
        """The rows of a side that have found no partner, and now find none any more."""
        join, kept, alias = self.join, self.kept[side], self.join.alias(side)
        conditions = [each for each in (join.done(side, self.after), join.hopeless(side)) if each is not None]
        if not conditions:
            return
        where, met = " OR ".join(f"({each})" for each in conditions), self._ever_met(side)
        unmet = f"{kept.all} AS {alias} LEFT ANTI JOIN {met} AS m ON {alias}.{ROW} = m.{ROW}"
        text = f"SELECT {alias}.* FROM {unmet} WHERE {where}"
        alone = self._plain(side, self.turn.kept(f"{SIDES[side]} alone", self.turn.views.spoken(text)))
        nothing = self._view("nothing", f"SELECT {self.columns[1 - side]} FROM {self.kept[1 - side].new} WHERE false")
        views = (alone, nothing) if side == 0 else (nothing, alone)
        yield self._over(*views, WORDS["left"] if side == 0 else WORDS["right"])

    def _ever_met(self, side: int) -> str:
        earlier = self.turn.state.get(MET[side])
        if earlier is None:
            return self.met[side]
        return self._view("met", f"SELECT {ROW} FROM {self.met[side]} UNION ALL SELECT {ROW} FROM {earlier}")

    # --- what is remembered --------------------------------------------------------------------------------------

    def _remember(self, left: _Left) -> None:
        """Say what stays of each side, as an addition where nothing has to go."""
        stays = [self._staying(side, self.kept[side].new) for side in (0, 1)]
        goes = [self._going(side) for side in (0, 1)]
        old = [each.old or "(SELECT 1 WHERE false)" for each in self.kept]
        froms = [f"FROM ({each})" for each in (*stays, *goes)] + [f"FROM {each}" for each in old]
        counts = self._counts(froms, ours=self._ours(0) and self._ours(1))
        left.rows = sum(counts[:2]) - sum(counts[2:4]) + sum(counts[4:])
        for side, going in enumerate(counts[2:4]):
            if self.kept[side].old is None or going:
                left.state[SIDES[side]] = self._staying(side, self.kept[side].all)
            else:
                left.adds[SIDES[side]] = stays[side]
            if side in self.join.waits:
                self._remember_met(side, left, anew=SIDES[side] in left.state)

    def _remember_met(self, side: int, left: _Left, *, anew: bool) -> None:
        if not anew:
            left.adds[MET[side]] = f"SELECT {ROW} FROM {self.met[side]}"
            return
        stays = self._view(f"{SIDES[side]} stays", self._staying(side, self.kept[side].all))
        met = self._ever_met(side)
        left.state[MET[side]] = f"SELECT r.{ROW} FROM {stays} AS r LEFT SEMI JOIN {met} AS m ON m.{ROW} = r.{ROW}"

    def _staying(self, side: int, view: str) -> str:
        alias = self.join.alias(side)
        text = f"SELECT {alias}.* FROM {view} AS {alias}{self._unmet(side, 'ANTI')} WHERE NOT ({self._gone(side)})"
        return text if self._ours(side) else self._written(text)

    def _ours(self, side: int) -> bool:
        """Do no words of the query decide which rows of a side stay?"""
        return self.join.hopeless(side) is None

    def _going(self, side: int) -> str:
        old, alias = self.kept[side].old, self.join.alias(side)
        if old is None:
            return "SELECT 1 WHERE false"
        text = f"SELECT {alias}.* FROM {old} AS {alias} WHERE {self._gone(side)}"
        met = self._unmet(side, "SEMI")
        return (
            f"{text} UNION ALL SELECT {alias}.* FROM {old} AS {alias}{met} WHERE NOT ({self._gone(side)})"
            if met
            else text
        )

    def _unmet(self, side: int, word: str) -> str:
        """A row of a LEFT SEMI JOIN is done once it has come out."""
        if self.join.kind != "left semi" or side == 1:
            return ""
        return f" LEFT {word} JOIN {self.met[0]} AS m ON {self.join.alias(0)}.{ROW} = m.{ROW}"

    def _gone(self, side: int) -> str:
        conditions = [self.join.done(side, self.after), self.join.hopeless(side)]
        return " OR ".join(f"({each})" for each in conditions if each is not None) or "false"

    # --- texts ---------------------------------------------------------------------------------------------------

    def _plain(self, side: int, view: str) -> str:
        """The view without our own column."""
        if side not in self.join.counted:
            return view
        return self._view(f"{SIDES[side]} plain", f"SELECT {self.columns[side]} FROM {view}")

    def _over(self, left: str, right: str, words: str | None) -> str:
        return self._written(self.join.shape.over(left, right, words))

    def _written(self, text: str) -> str:
        return self.turn.views.spoken(text)

    def _view(self, name: str, text: str) -> str:
        """A view of a query in words of ours, which every engine knows."""
        return quoted(self.turn.views.view(name, text))

    def _counts(self, froms: Sequence[str], *, ours: bool = False) -> list[int]:
        """How many rows each of these has, in one look; *ours*: no words of the query are in it."""
        if not froms:
            return []
        text = " UNION ALL ".join(f"SELECT {n} AS n, count(*) AS many {each}" for n, each in enumerate(froms))
        found = {row[0]: row[1] for row in self.turn.session.spark.sql(text if ours else self._written(text)).collect()}
        return [found[n] for n in range(len(froms))]
