"""User code against the embedded engine, with a few tables in memory."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.cells import cells
from ldp_magic.engine.code import Answers, CodeError, Run, running
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Session, engine_at

TABLES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "orders": ("id INT, customer STRING, amount DOUBLE", [(1, "ann", 10.0), (2, "bob", 20.0), (3, "ann", 30.0)]),
    "customers": ("name STRING, city STRING", [("ann", "Rome"), ("bob", "Oslo")]),
    "events": ("at TIMESTAMP_NTZ, kind STRING", []),
}


class Memory:
    """Reads that know a few tables, take every file for orders, and write down what was asked."""

    def __init__(self, spark: Any) -> None:
        self.spark, self.asked, self.frames = spark, list[tuple[Any, ...]](), dict[str, Any]()

    def table(self, name: str, *, streaming: bool, options: Mapping[str, str]) -> Any:
        self.asked.append(("table", name, streaming, dict(options)))
        if name not in self.frames:
            schema, rows = TABLES[name.rpartition(".")[2]]
            self.frames[name] = self.spark.createDataFrame(rows, schema)
        return self.frames[name]

    def load(
        self, format: str, paths: Sequence[str], *, schema: object, streaming: bool, options: Mapping[str, str]
    ) -> Any:
        self.asked.append(("load", format, list(paths), schema, streaming, dict(options)))
        return self.table("orders", streaming=streaming, options={})

    def sql(self, text: str, arguments: object) -> Any:
        self.asked.append(("sql", text, arguments))
        for name in TABLES:
            self.table(name, streaming=False, options={}).createOrReplaceTempView(name)
        plain = text.replace("STREAM(orders)", "orders").replace("STREAM orders", "orders")
        return self.spark.sql(plain, arguments) if arguments else self.spark.sql(plain)


class Bench:
    """Runs code and hands back what a dataset holds."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session, self.folder, self.asked = session, folder, list[tuple[Any, ...]]()

    def run(
        self,
        text: str,
        work: Callable[[Run], Any],
        *,
        name: str = "pipeline.py",
        answers: Answers | None = None,
        folders: Sequence[Path] | None = None,
    ) -> Any:
        """What *work* gives, done with the code loaded."""
        memory = Memory(self.session.spark)
        self.asked = memory.asked

        def body() -> Any:
            with running(self.session, memory, answers, [self.folder] if folders is None else folders) as code:
                code.load(cells(str(self.folder / name), textwrap.dedent(text)))
                return work(code)

        return self.session.call(body)

    def rows(self, text: str, dataset: str = "t", **more: Any) -> list[tuple[Any, ...]]:
        """The rows of one dataset."""

        def read(code: Run) -> Any:
            frame = code.datasets[dataset].frame()
            return [tuple(row) for row in code.ask(dataset, frame.collect)]

        return sorted(self.run(text, read, **more))

    def error(self, text: str, dataset: str = "t", **more: Any) -> CodeError:
        """What goes wrong, as a person reads it."""
        with pytest.raises(CodeError) as caught:
            self.rows(text, dataset, **more)
        return caught.value


@pytest.fixture(scope="session")
def engine_session() -> Iterator[Session]:
    """Embedded; `LDP_TEST_PLACE=sc://host:port` says another place."""
    address = os.environ.get("LDP_TEST_PLACE", "")
    with engine_at(Place(kind="remote", address=address) if address else Place()).session() as session:
        yield session


@pytest.fixture
def bench(engine_session: Session, tmp_path: Path) -> Bench:
    return Bench(engine_session, tmp_path)
