"""A table whose turns are taken one after the other, with its state and its rows in plain files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.engine.views import Scene, Views
from ldp_magic.runs.work import Work
from ldp_magic.settings import find
from ldp_magic.sql import read
from ldp_magic.sql.model import AutoCdc, FlowDef
from ldp_magic.sql.writing import quoted
from ldp_magic.text import Source


@contextmanager
def lake(folder: Path) -> Iterator[Lake]:
    """A session with room for tables."""
    with engine_at(Place()).session() as session:
        views = Views(session, Scene((), {}, find(folder)), whole=False)
        try:
            yield Lake(session, views, folder)
        finally:
            views.close()


@dataclass
class Lake:
    session: Session
    views: Views
    folder: Path
    files: int = 0

    def written(self, text: str) -> str:
        """The rows of a query as files; a quoted view over them."""
        self.files += 1
        path = str(self.folder / f"{self.files}.parquet")
        frame = self.session.spark.sql(text)
        frame.write.parquet(path)
        return quoted(self.views.view("t", self.session.spark.read.schema(frame.schema).parquet(path)))

    def table(self) -> Table:
        return Table(self)


@dataclass
class Table:
    """The rows and the state of one table; `take` is a turn and what a commit does after it."""

    lake: Lake
    rows: str | None = None
    state: dict[str, str] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    last: Work | None = None

    @property
    def session(self) -> Session:
        return self.lake.session

    @property
    def views(self) -> Views:
        return self.lake.views

    def kept(self, name: str, text: str) -> str:
        return self.lake.written(text)

    def take(self, turn: Callable[[Table, str | None], Work | None]) -> Work | None:
        return self.session.call(lambda: self._take(turn))

    def _take(self, turn: Callable[[Table, str | None], Work | None]) -> Work | None:
        self.last = work = turn(self, self.rows)
        if work is None:
            return None
        rows = self.lake.written(work.rows)
        added = {name: self.lake.written(text) for name, text in work.adds.items()}
        state = {name: self.lake.written(text) for name, text in work.state.items()}
        self.rows = rows if self.rows is None or work.replaces else self._both(self.rows, rows)
        self.state |= {
            name: self._both(self.state[name], new) if name in self.state else new for name, new in added.items()
        }
        self.state |= state
        self.memory = json.loads(json.dumps(work.memory))
        return work

    def _both(self, one: str, other: str) -> str:
        have, more = self._columns(one), self._columns(other)
        lacking = [name for name in more if name not in have]
        columns = [*(quoted(name) for name in have), *(f"CAST(NULL AS {more[n]}) AS {quoted(n)}" for n in lacking)]
        names = ", ".join(quoted(name) for name in (*have, *lacking))
        text = f"SELECT {', '.join(columns)} FROM {one} UNION ALL SELECT {names} FROM {other}"
        return quoted(self.views.view("both", text))

    def _columns(self, view: str) -> dict[str, str]:
        return {each.name: each.dataType.simpleString() for each in self.session.spark.table(view).schema.fields}

    def found(self, columns: str = "*") -> list[tuple[Any, ...]]:
        text = f"SELECT {columns} FROM {self.rows}"
        return self.session.call(lambda: [tuple(row) for row in self.session.spark.sql(text).collect()])

    def kept_events(self) -> int:
        text = f"SELECT count(*) FROM {self.state['events']}"
        return int(self.session.call(lambda: self.session.spark.sql(text).collect())[0][0])

    def events(self, rows: Iterable[tuple[Any, ...]], schema: str) -> str:
        """A quoted view over these change rows."""
        frame = self.session.call(lambda: self.session.spark.createDataFrame(list(rows), schema))
        return self.session.call(lambda: quoted(self.views.view("events", frame)))

    def select(self, text: str) -> str:
        return self.session.call(lambda: quoted(self.views.view("events", text)))


def flow(clauses: str) -> AutoCdc:
    """The flow of `AUTO CDC INTO t FROM STREAM s` with these clauses."""
    text = f"CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(s) {clauses}"
    (found,) = read(Source("t.sql", None, text).whole()).statements
    assert isinstance(found, FlowDef) and found.cdc is not None
    return found.cdc


def numbers(work: Work | None) -> Mapping[str, Any]:
    assert work is not None
    return {name: work.numbers[name] for name in ("upserted", "deleted")}
