"""Exactly once: killed at random points, raced by others, and read all the while, the rows are those of a calm run."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Engine
from ldp_magic.lake import Keep, Lake
from tests.lake.rows import ids
from tests.lake.worker import move

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="kills with SIGKILL, forks"),
    pytest.mark.xdist_group("lake-kills"),
]


@pytest.fixture(scope="module")
def workers() -> Any:
    """Forks of a process that has loaded all and done nothing: a worker is there in milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.lake.worker"])
    return context


class Readers:
    """Whoever reads the lake while it is written: deltalake, and the embedded engine as a Delta table."""

    def __init__(self, lake: Lake) -> None:
        self.lake, self.engine = lake, Engine(Place())
        self.most = 0

    def look(self, *, with_engine: bool) -> None:
        table = self.lake.look("kept")
        if not table.exists:
            return
        found = ids(table)
        assert len(set(found)) == len(found) >= self.most, "rows are there twice, or have gone"
        assert found == [n for n in range(table.flow("f").offsets.get("source", 0)) if n % 10 != 7]
        self.most = len(found)
        if with_engine:
            with self.engine.session() as session:
                path = str(table.folder)
                rows = session.call(lambda: session.spark.read.format("delta").load(path).collect())
                assert len({row.id for row in rows}) == len(rows) >= self.most


def finished(lake: Lake, total: int) -> None:
    """Everything is as after an undisturbed run."""
    table, view = lake.look("kept"), lake.look("total")
    assert ids(table) == [n for n in range(total) if n % 10 != 7]
    assert ids(view) == [len(ids(table))]
    dropped = [
        number for left in table.quarantine() for f in left.files for number in pq.read_table(f.path)["id"].to_pylist()
    ]
    assert sorted(dropped) == [n for n in range(total) if n % 10 == 7]
    assert sum(counted["read"] for _, _, counted in table.metrics()) == total
    (state,) = table.state("f")["newest"]
    assert pq.read_table(state)["id"].to_pylist() == [total - 1]
    lake.clean(Keep(days=0))
    table = lake.look("kept")
    there = {str(path) for path in (table.folder / "data").rglob("*.parquet")}
    needed = {f.path for f in table.files} | {f.path for left in table.quarantine() for f in left.files} | {state}
    assert there == needed, "what killed workers left is swept away, and nothing else"
    assert (ids(table), ids(lake.look("total"))) == ([n for n in range(total) if n % 10 != 7], [len(ids(table))])


def undisturbed(workers: Any, root: Path, total: int, racing: int, kills: int, seed: int) -> tuple[int, int]:
    """Kill workers until that many were killed, then let them end. How many batches got through, and how many kills
    hit a worker at work."""
    chance = random.Random(seed)
    lake = Lake.open(root)
    readers = Readers(lake)
    hit = 0
    try:
        for number in range(0, kills, racing):
            running = [start(workers, root, total, seed * 10_000 + number + n) for n in range(racing)]
            for worker in running:
                time.sleep(chance.uniform(0.01, 0.15))
                hit += worker.is_alive()
                worker.kill()
            for worker in running:
                worker.join()
            if number % max(kills // 20, 1) < racing:
                readers.look(with_engine=number % (kills // 4) < racing)
        before = lake.look("kept").flow("f").number
        running = [start(workers, root, total, seed * 10_000 + kills + n) for n in range(racing)]
        while any(worker.is_alive() for worker in running):
            readers.look(with_engine=False)
            time.sleep(0.05)
        assert [worker.exitcode for worker in running] == [0] * racing
        readers.look(with_engine=True)
    finally:
        readers.engine.close()
    finished(lake, total)
    return before, hit


def start(workers: Any, root: Path, total: int, seed: int) -> BaseProcess:
    worker: BaseProcess = workers.Process(target=move, args=(str(root), total, seed), daemon=True)
    worker.start()
    return worker


@pytest.mark.parametrize("racing", [1, 2, 3])
def test_killed_and_raced(workers: Any, tmp_path: Path, racing: int, record_property: Any):
    kills = {1: 60, 2: 12, 3: 12}[racing]
    batches, hit = undisturbed(workers, tmp_path / "My Pröject #1", total=400, racing=racing, kills=kills, seed=racing)
    record_property("batches that got through before the last run", batches)
    assert hit > kills / 2, "the source was empty before the killing was done"


@pytest.mark.soak
@pytest.mark.parametrize("racing", [1, 3])
def test_killed_a_thousand_times(workers: Any, tmp_path: Path, racing: int):
    undisturbed(workers, tmp_path / "soak [1]", total=5_000, racing=racing, kills=1_000, seed=racing)


def test_three_race_and_nobody_is_killed(workers: Any, tmp_path: Path):
    undisturbed(workers, tmp_path, total=120, racing=3, kills=0, seed=7)
