"""The engine's life and death: nothing is orphaned, nothing hangs, and what went wrong is three lines."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ldp_magic.engine.child import Child, EngineError
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Engine
from tests.clock import rounds

LONG = "SELECT count(*) AS n FROM range(40000000000) WHERE id % 7 = 3"
HUNGRY = "SELECT count(DISTINCT concat(id, repeat('x', 200))) AS n FROM range(60000000)"
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and forks are POSIX")


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    """A process that a shell has started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine(Place())
    yield engine
    engine.close()


def one(engine: Engine) -> object:
    with engine.session() as session:
        return session.call(lambda: session.spark.sql("SELECT 1 AS a").collect())[0].a


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Has that process ended? A dead one that nobody has waited for counts as ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if f"{pid} (" in (said := Path(f"/proc/{pid}/stat").read_text()) and said.split(") ")[1][0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


def test_it_starts_and_ends_at_once(engine: Engine):
    for watch in rounds(2, clock=time.monotonic):
        assert one(engine) == 1
        assert engine.child is not None and engine.child.alive
        process = engine.child.process
        with watch:
            engine.close()
    assert process.returncode == 0
    assert one(engine) == 1, "the next call starts another"


def test_a_dead_engine_is_one_message_and_then_a_new_one(engine: Engine):
    for watch in rounds(5, clock=time.monotonic):
        with engine.session() as session:
            assert engine.child is not None
            threading.Timer(0.5, engine.child.process.kill).start()
            with watch, pytest.raises(EngineError, match=r"the embedded engine ended \(signal 9\)") as caught:
                session.call(lambda spark=session.spark: spark.sql(LONG).collect())
            assert len(str(caught.value).splitlines()) == 3
    assert one(engine) == 1


def test_a_broken_query_leaves_the_session(engine: Engine):
    with engine.session() as session:
        session.call(lambda: session.spark.sql("SELECT 5 AS a").createOrReplaceTempView("kept"))
        with pytest.raises(EngineError, match="cannot compute this query") as caught:
            session.call(lambda: session.spark.sql("SELECT explode(map('a', 1))").collect())
        assert len(str(caught.value).splitlines()) == 3
        assert session.call(lambda: session.spark.table("kept").collect())[0].a == 5


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux bounds the memory of a process")
def test_memory_is_bounded():
    engine = Engine(Place(memory=400_000_000))
    try:
        with engine.session() as session, pytest.raises(EngineError, match="memory") as caught:
            session.call(lambda: session.spark.sql(HUNGRY).collect())
        assert "engine-memory" in caught.value.fix and len(str(caught.value).splitlines()) == 3
        assert one(engine) == 1
    finally:
        engine.close()


def test_nobody_at_the_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"sc://127.0.0.1:{free.getsockname()[1]}"
    for watch in rounds(20, clock=time.monotonic):
        with watch, pytest.raises(EngineError, match=f"no Spark Connect server answers at {address}"):
            one(Engine(Place("remote", address)))


def test_somebody_else_at_the_address():
    """Whoever took the port speaks another language: he is not waited for."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"sc://127.0.0.1:{other.getsockname()[1]}"
        threading.Thread(target=_answer_in_http, args=(other,), daemon=True).start()
        for watch in rounds(20, clock=time.monotonic):
            with watch, pytest.raises(EngineError, match="no Spark Connect server answers"):
                one(Engine(Place("remote", address)))


def _answer_in_http(server: socket.socket) -> None:
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            return
        peer.recv(100)
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        peer.close()


def test_what_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "pysail").mkdir()
    (tmp_path / "pysail" / "__init__.py").write_text("raise ImportError('this build is for another machine')")
    with pytest.raises(EngineError, match="did not start") as caught:
        print(Child(environ={"PYTHONPATH": str(tmp_path)}).address)
    assert "this build is for another machine" in caught.value.why


def test_twenty_sessions(engine: Engine):
    answers: list[object] = []

    def ask(n: int) -> None:
        try:
            answers.append(asked(n))
        except BaseException as error:  # a thread that ends so is not seen
            answers.append((n, repr(error)))

    def asked(n: int) -> tuple[int, object]:
        with engine.session() as session:
            session.call(lambda: session.spark.sql(f"SELECT {n} AS a").createOrReplaceTempView("v"))
            return n, session.call(lambda: session.spark.table("v").collect())[0].a

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [(n, n) for n in range(20)]  # type: ignore[type-var]


# --- what happens to us ----------------------------------------------------------------------------------------------

ASK = """
import os, sys, time
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import engine_at
engine = engine_at(Place())
with engine.session() as session:
    session.call(lambda: session.spark.sql("SELECT 1 AS a").collect())
    print(engine.child.process.pid, flush=True)
    {then}
"""


def asking(then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", ASK.format(then=then)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@POSIX
def test_it_does_not_outlive_whoever_is_killed():
    parent = asking("time.sleep(60)")
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate(timeout=10)
    assert gone(pid), "an orphan"


@POSIX
def test_a_normal_end_is_silent():
    parent = asking("pass")
    out, err = parent.communicate(timeout=60)
    assert (parent.returncode, err) == (0, "") and gone(int(out))


@POSIX
def test_the_program_ends_though_the_engine_died_in_a_query():
    then = f"""
    import threading
    threading.Timer(0.5, engine.child.process.kill).start()
    try:
        session.call(lambda: session.spark.sql("{LONG}").collect())
    except Exception as error:
        print(type(error).__name__)
    """.strip()
    out, err = asking(then).communicate(timeout=60)
    assert out.split()[1:] == ["EngineError"], err


@POSIX
def test_the_program_ends_though_nobody_answered():
    then = """
    try:
        with engine_at(Place("remote", "sc://127.0.0.1:9")).session():
            pass
    except Exception as error:
        print(type(error).__name__)
    """.strip()
    out, err = asking(then).communicate(timeout=60)
    assert out.split()[1:] == ["EngineError"], err


@POSIX
def test_a_fork_can_go_and_leave_the_engine():
    then = """
    child = os.fork()
    if child == 0:
        sys.exit(0)  # with everything that runs at an orderly end
    os.waitpid(child, 0)
    print(session.call(lambda: session.spark.sql("SELECT 7 AS a").collect())[0].a, flush=True)
    """.strip()
    out, err = asking(then).communicate(timeout=60)
    assert out.split()[1:] == ["7"], err


@POSIX
def test_ctrl_c_in_a_long_query(tmp_path: Path):
    command = [sys.executable, "-W", "ignore", "-m", "ldp_magic", "sql", LONG, str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for watch in rounds(3.5, clock=time.monotonic):
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        pid = _child_of(process.pid)
        time.sleep(1.0)
        with watch:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        assert process.returncode == 130 and "Traceback" not in err, err
        assert gone(pid)


def test_ctrl_c_leaves_the_session(engine: Engine):
    with ExitStack() as sessions:
        for watch in rounds(1.5, clock=time.monotonic):  # an engine that did not stop in time is ended: begin anew
            session = sessions.enter_context(engine.session())
            spark = session.spark
            session.call(lambda spark=spark: spark.sql("SELECT 5 AS a").createOrReplaceTempView("kept"))
            with watch, pytest.raises(KeyboardInterrupt):
                threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
                session.call(lambda spark=spark: spark.sql(LONG).collect())
        assert session.call(lambda: session.spark.table("kept").collect())[0].a == 5


def _child_of(pid: int) -> int:
    """The first process that *pid* has started."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    said = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(said[1]) == pid:
                    return int(entry.name)
        time.sleep(0.02)
    raise AssertionError("it started nothing")


def test_ctrl_c_in_python_code_that_asks_nothing(engine: Engine):
    def forever() -> None:
        while True:
            time.sleep(0.01)

    with ExitStack() as sessions:
        for watch in rounds(1.3, clock=time.monotonic):
            session = sessions.enter_context(engine.session())
            with watch, pytest.raises(KeyboardInterrupt):
                threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
                session.call(forever)
        assert engine.child is not None and engine.child.alive
        assert session.call(lambda: session.spark.sql("SELECT 6 AS a").collect())[0].a == 6
