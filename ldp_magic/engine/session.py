"""A session at a place: opened once, opened again when the engine has died, asked from threads that can be left."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import logging
import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from ldp_magic.engine.child import Child, EngineError
from ldp_magic.engine.failures import failure
from ldp_magic.engine.packages import client, import_session, needs_embedded, usable, without_spark_home
from ldp_magic.engine.place import Place
from ldp_magic.engine.udfs import environ

T = TypeVar("T")

POLL = 0.05  # seconds between two looks at whether the user pressed Ctrl-C
PATIENCE = 2.0  # seconds that an interrupted query gets to end
STEP = 0.1  # seconds between two attempts to interrupt it
# what databricks-connect's createDataFrame asks for and the embedded engine does not know by itself
_EMBEDDED = {
    "spark.sql.execution.pandas.inferPandasDictAsMap": "false",
    "spark.sql.execution.pandas.convertToArrowArraySafely": "false",
    "spark.sql.pyspark.legacy.inferMapTypeFromFirstPair.enabled": "false",
    "spark.sql.pyspark.legacy.inferArrayTypeFromFirstElement.enabled": "false",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.session.localRelationCacheThreshold": "67108864",
    "spark.sql.session.localRelationChunkSizeRows": "10000",
    "spark.sql.session.localRelationChunkSizeBytes": "16777216",
    "spark.sql.session.localRelationBatchOfChunksSizeBytes": "1073741824",
    "spark.sql.session.localRelationSizeLimit": "3221225472",
}


class Engine:
    """The engine of one place in this process."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.child: Child | None = None
        self._lock = threading.RLock()
        self._shared: Any = None  # the one session of a place where sessions are dear

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session of its own, so that views and settings of one piece of work never meet those of another."""
        session = self._open()
        try:
            yield session
        finally:
            session.close()

    def prepare(self) -> None:
        """Start the embedded engine's process and do not wait for it: the caller has something else to do."""
        if self.place.embedded and usable():
            self._running()

    def restart(self) -> None:
        """End the embedded engine; the next session starts it again."""
        with self._lock:
            child, self.child = self.child, None
            shared, self._shared = self._shared, None
        if shared is not None:
            _let_go(shared)
        if child:
            child.close()

    close = restart

    def _open(self) -> Session:
        if self.place.kind == "databricks":
            with self._lock:
                if self._shared is None:
                    self._shared = self._databricks()
            return Session(self, self._shared, None)
        if self.place.kind == "remote":
            return Session(self, self._connected(self.place.address, None), None)
        child = self._running()
        return Session(self, self._connected(child.address, child), child)

    def _running(self) -> Child:
        """The child process, started if there is none, or none that lives."""
        with self._lock:
            if self.child is None or not self.child.alive:
                if not usable():
                    needs_embedded()
                if self.child is not None:
                    self.child.close()
                self.child = Child(memory=self.place.memory, environ=environ())
            return self.child

    def _connected(self, address: str, child: Child | None) -> Any:
        client()
        builder: Any = import_session()
        _hush()
        spark = None
        with without_spark_home():
            try:
                spark = builder.builder.remote(address).create()
                spark.client.set_retry_policies([_policy(child)])
                if child is not None:  # a connection within this machine is not lost and found again
                    spark.client.disable_reattachable_execute()
                _send_no_source(spark.client)
                _configure(spark, self.place, embedded=child is not None)
            except Exception as error:  # every client has its own; a person gets one
                _let_go(spark)
                if child is not None and not child.alive:
                    raise child.how_it_ended() from error
                raise _unreachable(address, error) from error
        return spark

    def _databricks(self) -> Any:
        if not _is_databricks():
            raise EngineError(
                "the place databricks needs databricks-connect",
                why=f"{client()} talks to Spark Connect servers, and does not know how to sign in to a workspace",
                fix=f"pip uninstall -y {client().name} && pip install 'ldp-magic[databricks]'",
            )
        from databricks.connect import DatabricksSession  # type: ignore[import-not-found,import-untyped,unused-ignore]

        builder = DatabricksSession.builder
        builder = builder.profile(self.place.profile) if self.place.profile else builder
        if self.place.cluster == "serverless":
            builder = builder.serverless()
        elif self.place.cluster:
            builder = builder.clusterId(self.place.cluster)
        _hush()
        with without_spark_home():
            try:
                spark = builder.getOrCreate()
                _close_first()
                _configure(spark, self.place, embedded=False)
            except Exception as error:  # signing in has a hundred ways to fail, each with its own class
                raise _not_signed_in(self.place, error) from error
        return spark


def _configure(spark: Any, place: Place, *, embedded: bool) -> None:
    wanted = {"spark.sql.session.timeZone": place.zone} | (_EMBEDDED if embedded and _is_databricks() else {})
    for name, value in wanted.items():
        spark.conf.set(name, value)


class Session:
    """One session: `spark` is the client's, `call` is how it is asked."""

    def __init__(self, engine: Engine, spark: Any, child: Child | None) -> None:
        self.engine, self.spark, self.child = engine, spark, child
        self._owner = os.getpid()
        self._task: _Task | None = None
        self._broken_off = False

    @property
    def embedded(self) -> bool:
        return self.child is not None

    def call(self, work: Callable[[], T]) -> T:
        """What *work* returns. It runs in a thread of its own, so that Ctrl-C is answered whatever it waits for."""
        task = self._task = _Task(self.spark, work)
        try:
            while not task.wait(POLL):
                pass
        except KeyboardInterrupt:
            self._interrupt(task)
            raise
        if task.broken_off:  # by another thread; the engine may answer as if nothing was there to be read or written
            raise KeyboardInterrupt from task.error
        if task.error is None:
            result: T = task.result
            return result
        raise self.explained(task.error) from task.error

    def go_on(self) -> None:
        """Raise KeyboardInterrupt if the work that runs was broken off. The engine then ends a query as if it had no
        more rows: whoever is about to keep what one gave asks here first."""
        if self._task is not None and self._task.broken_off:
            raise KeyboardInterrupt

    def explained(self, error: BaseException) -> BaseException:
        """The error to raise for one that a call ended with."""
        if self.child is not None and "UNAVAILABLE" in str(error):  # its connections end before it is gone
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.process.wait(1)
        return self.child.how_it_ended() if self.is_over and self.child else failure(error, self.engine.place)

    @property
    def is_over(self) -> bool:
        """Is the engine gone that it belongs to?"""
        return self.child is not None and not self.child.alive

    def close(self) -> None:
        """Let the server forget this session; a shared one stays, and a fork of this process leaves it to the owner."""
        if os.getpid() != self._owner or self.engine.place.kind == "databricks":
            return
        if self._broken_off:  # what was broken off while it began is a question that nobody answers: do not wait for it
            closing = threading.Thread(target=self._close, daemon=True)
            closing.start()
            closing.join(PATIENCE)
        else:
            self._close()

    def _close(self) -> None:
        if not self.is_over:
            with contextlib.suppress(Exception):  # the server may be gone: there is nothing left to close then
                self.spark.client.release_session() if self._broken_off else self.spark.stop()
        _let_go(self.spark)

    def interrupt(self) -> None:
        """Stop what another thread has asked for, if it is still at work."""
        if self._task is not None and not self._task.done:
            self._interrupt(self._task)

    def _interrupt(self, task: _Task) -> None:
        """Stop what runs, here and at the engine; an engine of ours that does not stop is ended."""
        self._broken_off = task.broken_off = True
        asking = threading.Thread(target=_quietly(self.spark.interruptAll), daemon=True)
        asking.start()
        for _ in range(round(PATIENCE / STEP)):
            task.stop()
            if task.wait(STEP):
                return
            if not asking.is_alive():  # it may have come between two queries
                asking = threading.Thread(target=_quietly(self.spark.interruptAll), daemon=True)
                asking.start()
        if self.child is not None:
            self.child.kill()


class _Task:
    """Work that a thread does; the thread is left behind, not waited for, when the program ends.

    A Ctrl-C can come between any two lines of whoever waits. An Event would then keep its lock for ever now and then;
    a bare lock that is only ever tried for, and a flag that says what it means, cannot.
    """

    def __init__(self, spark: Any, work: Callable[[], Any]) -> None:
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None
        self._spark, self._work = spark, work
        self.broken_off = self._stopped = False
        self._ending = threading.Lock()
        self._working = threading.Lock()
        self._working.acquire()
        self._thread = threading.Thread(target=self._run, daemon=True, name="ldp-engine")
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Is it done, now or within that time?"""
        if not self.done and self._working.acquire(timeout=seconds):
            self._working.release()
        return self.done

    def stop(self) -> None:
        """Raise KeyboardInterrupt in the thread, once, which ends user code that never asks the engine anything. In the
        middle of a question it would break the connection; there the engine's answer ends the work."""
        with self._ending:  # a thread that has ended may have left its number to another
            if not self.done and not self._stopped and self._thread.ident is not None:
                self._stopped = break_off(self._thread.ident)

    def _run(self) -> None:
        try:
            self._do()
            self._end()
        except KeyboardInterrupt as error:  # it came just when the work had ended; there is no second
            self.error = self.error or error
            self._end()

    def _do(self) -> None:
        try:
            _activate(self._spark)
            self.result = self._work()
        except BaseException as error:  # it is raised again where the work was asked for
            self.error = error

    def _end(self) -> None:
        with self._ending:
            self.done = True
        if self._working.locked():
            self._working.release()


def break_off(thread: int) -> bool:
    """Raise KeyboardInterrupt in the thread of that number, unless it is in the middle of what must not be broken off.
    Whether it was raised."""
    if _is_delicate(sys._current_frames().get(thread)):
        return False
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt))
    return True


def _is_delicate(frame: FrameType | None) -> bool:
    """Is this thread in a call of the client, which would never end if it were broken off while it begins? Or is it
    starting another thread, which Python would break off in its place?"""
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if name.startswith(("grpc", "pyspark.sql.connect")) or (name, frame.f_code.co_name) == ("threading", "start"):
            return True
        frame = frame.f_back
    return False


def _activate(spark: Any) -> None:
    """`F.from_json(c, "ddl")` asks the *active* session, which belongs to a thread and sticks to the first."""
    type(spark)._set_default_and_active_session(spark)


def _policy(child: Child | None) -> Any:
    from pyspark.sql.connect.client.retries import DefaultPolicy

    class WhileAlive(DefaultPolicy):
        """Retries as the client does, but never to reach a server that is known to be dead."""

        def can_retry(self, exception: BaseException) -> bool:
            return (child is None or child.alive) and bool(super().can_retry(exception))

    return WhileAlive() if child is not None else WhileAlive(max_retries=3)


def _is_databricks() -> bool:
    return client().name == "databricks-connect"


def _send_no_source(client: Any) -> None:
    """databricks-connect sends the caller's line of code with every request. Reading it is slow, and no place but
    Databricks wants it; and where several threads ask at once it fails."""
    if hasattr(client, "_update_request_with_client_call_context"):
        client._update_request_with_client_call_context = lambda request: None


def _hush() -> None:
    """The client logs every failed query as a page of JSON, and warns of what it then raises."""
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    for message in ("ReleaseExecute failed", r"\[RETRIES_EXCEEDED\]"):
        warnings.filterwarnings("ignore", message=message, category=UserWarning)


def _unreachable(address: str, error: Exception) -> EngineError:
    shown = address.partition(";")[0]
    said = re.search(r'details = "(.*?)"\n', str(error))  # what gRPC says between its own words
    return EngineError(
        f"no Spark Connect server answers at {shown}",
        why=" ".join((said[1] if said else str(error)).split())[:200],
        fix="start one there, or say another --place; embedded needs none",
    )


def _not_signed_in(place: Place, error: Exception) -> EngineError:
    return EngineError(
        f"cannot reach {place}",
        why=" ".join(str(error).split())[:300],
        fix="databricks auth login --profile NAME, then say profile in [tool.ldp]; cluster names the compute",
    )


def _let_go(spark: Any) -> None:
    """Close the connection of a session, if there is one, now and never again.

    One that is left open waits for ever when the program ends; one that is closed again when it is collected does so,
    too, in the middle of a call of gRPC.
    """
    if spark is not None:
        with contextlib.suppress(Exception):  # what is closed already has nothing to close
            spark.client.close()
        atexit.unregister(
            getattr(spark.client, "_on_exit", _nothing)
        )  # it keeps the client, and asks once more at the end
        spark.client.close = _nothing


def _nothing() -> None:
    """It is closed already."""


def _quietly(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with contextlib.suppress(Exception):  # it is a wish: whether the query ended is looked at elsewhere
            work()

    return run


_engines: dict[Place, Engine] = {}
_engines_lock = threading.Lock()


def engine_at(place: Place) -> Engine:
    """The engine of a place, the same one for the whole process."""
    with _engines_lock:
        return _engines.setdefault(place, Engine(place))


@atexit.register
def _close_all() -> None:
    for engine in _engines.values():
        engine.close()


def _close_first() -> None:
    """At the end of the program close before the client that was just made cleans up: where Python starts no threads
    any more, its question is never answered, and a connection with an open question never closes."""
    atexit.unregister(_close_all)
    atexit.register(_close_all)
