"""Work that is stopped at any moment ends, and leaves the engine to others."""

from __future__ import annotations

import random
import threading
import time

import pytest

from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Engine, Session, break_off


@pytest.mark.parametrize("times", [25, pytest.param(600, marks=pytest.mark.soak)])
def test_stopped_anywhere(times: int):
    engine, chance = Engine(Place()), random.Random(times)
    with engine.session() as session:  # what is broken off while it is imported stays broken
        session.call(lambda: session.spark.sql("SELECT 1 AS a").collect())
    assert engine.child is not None
    process = engine.child.process.pid
    try:
        for _ in range(times):
            assert _stopped(engine, chance) == "stopped"
        with engine.session() as session:
            assert session.call(lambda: session.spark.sql("SELECT 7 AS a").collect())[0].a == 7
        assert engine.child.process.pid == process, "the engine itself need not end"
    finally:
        engine.close()


def _stopped(engine: Engine, chance: random.Random) -> str:
    """How a thread ends that asks one question after the other and is stopped in between."""
    sizes = [10 ** chance.randint(2, 8) for _ in range(200)]
    ends: list[str] = []
    sessions: list[Session] = []

    def ask() -> None:
        try:
            with engine.session() as session:
                sessions.append(session)
                for size in sizes:
                    query = f"SELECT count(*) AS n FROM range({size}) WHERE id % 7 = 3"
                    session.call(lambda query=query: session.spark.sql(query).collect())
            ends.append("done")
        except KeyboardInterrupt:
            ends.append("stopped")
        except BaseException as error:  # a thread that ends so is not seen
            ends.append(repr(error))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    time.sleep(chance.random() * 0.25)
    if sessions and chance.random() < 0.5:
        sessions[0].interrupt()
    while thread.is_alive() and not break_off(thread.ident or 0):
        time.sleep(0.02)
    thread.join(60)
    return "hung" if thread.is_alive() else ends[0]
