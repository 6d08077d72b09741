"""The rows of some keys before a turn and after it, and what that makes of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ldp_magic.engine.cdc import END
from ldp_magic.runs.changes.source import aligned, same_keys, types_of
from ldp_magic.runs.work import Turn
from ldp_magic.sql.writing import quoted

FIRST, LAST = "__ldp_first", "__ldp_last"  # 0: it was there before; 1: it is there after
_SIDE = "__ldp_side"


@dataclass(frozen=True, slots=True)
class Compared:
    """A quoted view of rows, each once, with when it was there first and last; and how many of them differ."""

    view: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    upserted: int
    gone: int  # rows that are no more, or not as they were
    deleted: int  # keys that had a row, with history a current one, and have none now

    @property
    def after(self) -> str:
        """A query for the rows that are there after the turn."""
        return f"SELECT {_listed(self.columns)} FROM {self.view} WHERE {LAST} = 1"

    @property
    def new(self) -> str:
        """A query for those of them that were not there before."""
        return f"{self.after} AND {FIRST} = 1"


def compared(turn: Turn, before: str | None, after: str, columns: Sequence[str], keys: Sequence[str]) -> Compared:
    """Compare the rows of two queries."""
    names = _listed(columns)
    if before is None:
        view = turn.kept("compared", f"SELECT {names}, 1 AS {FIRST}, 1 AS {LAST} FROM ({after})")
        ((rows,),) = turn.session.spark.sql(f"SELECT count(*) FROM {view}").collect()
        return Compared(view, tuple(columns), tuple(keys), rows, 0, 0)
    sides = f"SELECT {names}, 0 AS {_SIDE} FROM ({before}) UNION ALL SELECT {names}, 1 AS {_SIDE} FROM ({after})"
    both = f"SELECT {names}, min({_SIDE}) AS {FIRST}, max({_SIDE}) AS {LAST} FROM ({sides}) GROUP BY {names}"
    view = turn.kept("compared", both)
    ((upserted, gone, deleted),) = turn.session.spark.sql(_counts(view, columns, keys)).collect()
    return Compared(view, tuple(columns), tuple(keys), upserted, gone, deleted)


def _counts(view: str, columns: Sequence[str], keys: Sequence[str]) -> str:
    """A row that only ends is no upsert; a key is deleted that had a current row and has none."""
    current = f"{END} IS NULL" if END in columns else "true"
    had, has = (f"max(CASE WHEN {mark} AND {current} THEN 1 ELSE 0 END)" for mark in (f"{FIRST} = 0", f"{LAST} = 1"))
    per_key = f"SELECT sum(1 - {LAST}) AS gone, {had} AS had, {has} AS has FROM {view} GROUP BY {_listed(keys)}"
    values = _listed([name for name in columns if name != END])
    upserts = f"SELECT 1 AS one FROM {view} GROUP BY {values} HAVING min({FIRST}) = 1"
    return (
        f"SELECT (SELECT count(*) FROM ({upserts})) AS upserted, coalesce(sum(gone), 0) AS gone,"
        f" coalesce(sum(had * (1 - has)), 0) AS deleted FROM ({per_key})"
    )


def rows_of(turn: Turn, done: Compared, old: str | None, *, whole: bool) -> tuple[str, bool]:
    """The rows to write, and whether they take the place of all that there are.

    Where no row that was there differs the new ones are added, and the files of the table stay as they are; *whole*
    says that every key was compared.
    """
    if old is None:
        return done.after, False
    have, own = types_of(turn, old), types_of(turn, done.view)
    low = {name.lower(): type_ for name, type_ in have.items()}
    want = {name: low.get(name.lower(), own[name]) for name in done.columns}
    if not done.gone:
        return aligned(f"({done.new})", own, want), False
    after = aligned(f"({done.after})", own, want)
    if whole:
        return after, True
    touched = f"SELECT DISTINCT {_listed(done.keys)} FROM {done.view}"
    others = f"{old} AS o LEFT ANTI JOIN ({touched}) AS t ON {same_keys(done.keys, 'o', 't', have)}"
    return f"{aligned(others, have, want)} UNION ALL {after}", True


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))
