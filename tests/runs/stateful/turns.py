"""Runs of a flow without a lake: its state is in files of a folder, its new rows are in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.engine.views import Scene, Views
from ldp_magic.lake.batch import Json
from ldp_magic.runs.work import Work
from ldp_magic.settings import find
from ldp_magic.sql.writing import quoted


class Turn:
    """One run, as a mode sees it."""

    def __init__(self, flow: Flow) -> None:
        self.session, self.views = flow.session, Views(flow.session, Scene((), {}, find(flow.folder)), whole=True)
        self.views._names.update(flow.known)
        self.flow, self.memory = flow, dict(flow.memory)
        self.state: Mapping[str, str] = dict(flow.state)

    def kept(self, name: str, text: str) -> str:
        return self.flow.written(name, self.session.spark.sql(text), self.views)


class Flow:
    """A flow from run to run."""

    def __init__(self, session: Session, folder: Path, number: int) -> None:
        self.session, self.folder, self.number, self.files = session, folder, number, 0
        self.state: dict[str, str] = {}
        self.memory: Mapping[str, Json] = {}
        self.numbers: Mapping[str, Json] = {}
        self.known: dict[str, None] = {}
        self.late: list[int] = []

    @property
    def columns(self) -> list[str]:
        """What the rows of the last run that had any are made of."""
        return list(self.frame.columns)

    def written(self, name: str, frame: Any, views: Views) -> str:
        self.files += 1
        path = str(self.folder / f"{self.number}-{self.files}")
        schema = frame.schema
        frame.write.parquet(path)
        return quoted(
            views.view(f"{name} {self.number} {self.files}", self.session.spark.read.schema(schema).parquet(path))
        )

    def view(self, name: str, rows: Sequence[Sequence[Any]], schema: str) -> str:
        """A view of rows that the next run reads."""
        spark = self.session.spark
        view = f"in_{self.number}_{name}"
        timed = [part.endswith(" timestamp") for part in schema.split(", ")]
        made = [tuple(_moment(v) if t else v for v, t in zip(row, timed, strict=True)) for row in rows]
        spark.createDataFrame(made, schema).createOrReplaceTempView(view)
        self.known[view] = None
        return quoted(view)

    def run(self, mode: Callable[[Turn], Work | None]) -> list[list[Any]]:
        """The rows that one run adds, sorted; the state is then that of the next run."""
        turn = Turn(self)
        work = mode(turn)
        if work is None:
            self.late.append(0)
            return []
        spark = self.session.spark
        self.frame = spark.sql(work.rows)
        rows = [plain(list(row)) for row in self.frame.collect()]
        kept = {name: self.written(name, spark.sql(text), turn.views) for name, text in work.state.items()}
        self.state, self.memory, self.numbers = kept, work.memory, work.numbers
        self.late.append(int(str(work.numbers["late"])))
        self.known.update(dict.fromkeys(view.strip("`") for view in kept.values()))
        return sorted(rows, key=repr)


@contextmanager
def flows() -> Iterator[Callable[[Callable[[Flow], None]], None]]:
    """Gives a function that hands a new flow of one session to other functions."""
    with TemporaryDirectory() as folder, engine_at(Place()).session() as session:
        numbers = count()
        yield lambda work: session.call(lambda: work(Flow(session, Path(folder), next(numbers))))


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=timezone.utc)


def plain(value: Any) -> Any:
    """A value as the truth holds it."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo is None else value.astimezone(timezone.utc).replace(tzinfo=None)
        return moment.isoformat(sep=" ")
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if isinstance(value, (int, float, str, bool)) or value is None else str(value)
