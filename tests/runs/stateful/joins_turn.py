"""Turns of a join over a real session, as a run makes them: state is written to Parquet after each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.engine.views import Scene, Views
from ldp_magic.lake.batch import Json
from ldp_magic.runs.stateful.joins import joined
from ldp_magic.runs.work import Work
from ldp_magic.settings import find
from ldp_magic.sql.facts import Facts
from ldp_magic.sql.query import facts_of
from ldp_magic.sql.sail import Label
from ldp_magic.sql.writing import quoted

TRUTH = Path(__file__).parent / "joins_truth"
STREAMS = {
    "a": "k string, ts timestamp, v int",
    "b": "k string, ts timestamp, w int",
    "c": "k string, at string, id bigint, created timestamp",
}
STATIC = {"s": ("SELECT * FROM VALUES ('x', 'ex'), ('y', 'why'), ('y', 'ypsilon'), (NULL, 'nothing') AS s (k, name)")}
_TYPES = {"string": pa.string(), "timestamp": pa.timestamp("us", tz="UTC"), "int": pa.int32(), "bigint": pa.int64()}
Rows = Mapping[str, list[list[Any]]]


@dataclass
class OneTurn:
    """What a mode is given."""

    session: Session
    views: Views
    folder: Path
    state: dict[str, str]
    memory: dict[str, Json]
    number: int = 0

    def kept(self, name: str, text: str) -> str:
        self.number += 1
        path = str(self.folder / f"kept-{self.number}")
        frame = self.session.spark.sql(text)
        frame.write.parquet(path)
        return quoted(self.views.view(name, self.session.spark.read.schema(frame.schema).parquet(path)))


@dataclass
class Flow:
    """A flow with one query, from turn to turn."""

    session: Session
    query: str
    folder: Path
    files: dict[str, list[str]] = field(default_factory=dict)
    schemas: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Json] = field(default_factory=dict)
    turns: int = 0
    work: Work | None = None
    labels: list[Label] = field(default_factory=list)

    def turn(self, arrive: Rows) -> list[list[Any]]:
        """The rows of one turn; `work` is what the mode asked for."""
        self.turns += 1
        place = self.folder / str(self.turns)
        place.mkdir(parents=True)
        views = Views(self.session, Scene((), {}, find(self.folder)), whole=True)
        try:
            return self.session.call(lambda: self._turn(views, place, arrive))
        finally:
            views.close()

    def _over(self, name: str, files: list[str]) -> Any:
        schema = self.schemas[name]
        if not files:
            return _nothing([[each.name, each.dataType.simpleString()] for each in schema.fields])
        return self.session.spark.read.schema(schema).parquet(*files)

    def remembered(self, name: str) -> int:
        """How many rows of state there are under a name."""
        return sum(pq.read_table(each).num_rows for each in self.files[name] if Path(each).exists())

    def _turn(self, views: Views, place: Path, arrive: Rows) -> list[list[Any]]:
        spark = self.session.spark
        state = {
            name: quoted(views.view(f"state {name}", self._over(name, [each for each in files if Path(each).exists()])))
            for name, files in self.files.items()
        }
        turn = OneTurn(self.session, views, place, state, self.memory)
        facts = facts_of(self.query)
        assert facts.failure is None, facts.failure
        self.work = joined(turn, facts, self._names(turn, facts, arrive))
        self.labels = list(views.seen.labels)
        if self.work is None:
            return []
        found = _collected(spark, self.work.rows)
        self._keep(place, self.work)
        return found

    def _names(self, turn: OneTurn, facts: Facts, arrive: Rows) -> list[str | None]:
        made: dict[str, str] = {}
        for relation in facts.relations:
            (name,) = relation.name
            if name not in made:
                made[name] = self._view(turn, name, arrive.get(name, []))
        return [made[relation.name[0]] for relation in facts.relations]

    def _view(self, turn: OneTurn, name: str, rows: list[list[Any]]) -> str:
        if name in STATIC:
            return quoted(turn.views.view(name, STATIC[name]))
        columns = [each.split() for each in STREAMS[name].split(", ")]
        if not rows:
            return quoted(turn.views.view(name, _nothing(columns)))
        table = pa.table({column: _array([row[n] for row in rows], type_) for n, (column, type_) in enumerate(columns)})
        path = turn.folder / f"{name}.parquet"
        pq.write_table(table, path)
        return quoted(turn.views.view(name, self.session.spark.read.schema(STREAMS[name]).parquet(str(path))))

    def _keep(self, place: Path, work: Work) -> None:
        spark = self.session.spark
        for anew, queries in ((True, work.state), (False, work.adds)):
            for number, (name, query) in enumerate(queries.items()):
                frame = spark.sql(query)
                path = str(place / f"{'state' if anew else 'adds'}-{number}")
                self.schemas.setdefault(name, frame.schema)
                frame.write.parquet(path)
                self.files[name] = [path] if anew else [*self.files.get(name, []), path]
        self.memory = json.loads(json.dumps(dict(work.memory)))


def _nothing(columns: list[list[str]]) -> str:
    """A query without rows, as a run has it where there are no files."""
    return "SELECT " + ", ".join(f"CAST(NULL AS {type_}) AS {quoted(name)}" for name, type_ in columns) + " WHERE false"


def _array(values: list[Any], type_: str) -> pa.Array:
    if type_ == "timestamp":
        plain = pa.array([value and value.rstrip("Z") for value in values], pa.string())
        return plain.cast(pa.timestamp("us")).cast(_TYPES[type_])
    return pa.array(values, _TYPES[type_])


def _collected(spark: Any, text: str) -> list[list[Any]]:
    columns = [column.to_pylist() for column in spark.sql(text).toArrow().columns]
    return sorted(([_plain(value) for value in row] for row in zip(*columns, strict=True)), key=json.dumps)


def _plain(value: Any) -> Any:
    """As the truth has it."""
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value


@contextmanager
def session() -> Iterator[Session]:
    with engine_at(Place()).session() as found:
        yield found
