"""Updates that really run: in a thread each, over the files of the workspace, into tables of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ldp_magic import __version__
from ldp_magic.emulator.http import Refusal
from ldp_magic.emulator.script import failed
from ldp_magic.emulator.sources import Staged, graph_of, staged
from ldp_magic.emulator.telling import Names, exceptions_of, told
from ldp_magic.errors import LdpError

if TYPE_CHECKING:
    from ldp_magic.emulator.pipelines import Pipeline
    from ldp_magic.emulator.updates import Update
    from ldp_magic.emulator.workspace import Workspace
    from ldp_magic.engine.place import Place
    from ldp_magic.events import Event
    from ldp_magic.pipeline.model import Dataset
    from ldp_magic.pipeline.model import Pipeline as Graph
    from ldp_magic.runs.chosen import Asked
    from ldp_magic.runs.update import Stage

AT_ONCE = 4  # updates that compute side by side; the others wait for resources, as they do there
WAIT = 60.0  # seconds for the lock of a lake; nobody holds it but an update of the same pipeline that is ending
GRACE = 4.0  # seconds that an update gets to end when it was stopped
STEP = 0.05  # seconds between two attempts to stop it
PAUSE = 0.5  # seconds between two turns of a continuous update
LAKE = "workspace"  # the environment whose lake it is
_UNREAD = ("syntax", "python", "too-deep")


class Failed(Exception):
    """An update cannot go on; what its event says of it."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(str(error["exceptions"][0]["message"]))
        self.error = error


@dataclass(slots=True)
class Task:
    """One update at work."""

    update: Update
    thread: threading.Thread | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    computes: bool = False  # may it be interrupted?
    place: Place | None = None  # where it computes, once that is known

    def interrupt(self) -> None:
        """Stop it wherever it is, as soon as that breaks nothing."""
        self.stopped.set()
        threading.Thread(target=self._break_off, daemon=True).start()

    def _break_off(self) -> None:
        from ldp_magic.engine.session import break_off

        for _ in range(round(GRACE / STEP)):
            with self.lock:
                ident = self.thread.ident if self.thread and self.computes else None
                if ident is None or break_off(ident):
                    return
            time.sleep(STEP)

    def compute(self, work: Callable[[], None]) -> None:
        """Do what may be interrupted; whether it was is raised."""
        with self.lock:
            self.computes = not self.stopped.is_set()
        try:
            if self.computes:
                work()
        finally:
            with self.lock:
                self.computes = False
        if self.stopped.is_set():
            raise KeyboardInterrupt


class Work:
    """The threads of a workspace."""

    def __init__(self, w: Workspace) -> None:
        self._w = w
        self._tasks: dict[str, Task] = {}
        self._slots = threading.Semaphore(AT_ONCE)
        self._closing = False

    def take(self, update: Update) -> None:
        """Run an update; this returns at once."""
        task = self._tasks[update.id] = Task(update)
        task.thread = threading.Thread(target=self._guarded, args=(task,), daemon=True, name=f"update-{update.id[:6]}")
        task.thread.start()

    def stop(self, update: Update) -> bool:
        """Stop an update; whether it is at work, and will say itself that it was canceled."""
        task = self._tasks.get(update.id)
        if task is None:
            return False
        task.interrupt()
        timer = threading.Timer(GRACE, self._give_up, (task,))
        timer.daemon = True
        timer.start()
        return True

    def _give_up(self, task: Task) -> None:
        """An update that was stopped does not end: the engine that it waits for is ended, the next one starts anew."""
        from ldp_magic.engine.session import engine_at

        if task.update.id not in self._tasks or task.thread is None or task.place is None:
            return
        engine_at(task.place).restart()
        task.thread.join(GRACE)
        self._end(task, "CANCELED")

    def close(self) -> None:
        """Stop all of it without a word: after a restart it goes on."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.interrupt()
        for task in tasks:
            if task.thread is not None and task.thread is not threading.current_thread():
                task.thread.join(GRACE)
                if task.thread.is_alive():
                    self._give_up(task)

    # --- in the thread -------------------------------------------------------------------------------------------

    def _guarded(self, task: Task) -> None:
        try:
            self._run(task)
            self._end(task, "COMPLETED")
        except KeyboardInterrupt:
            self._end(task, "CANCELED")
        except Failed as failure:
            self._end(task, "FAILED", failure.error)
        except Refusal as refusal:
            self._end(task, "FAILED", failed(refusal.code, refusal.message))
        except LdpError as error:
            self._end(task, "FAILED", exceptions_of(error))
        except Exception as error:  # a bug of ours: the update says so, and the workspace lives on
            self._end(task, "FAILED", failed(type(error).__name__, str(error)))

    def _end(self, task: Task, state: str, error: Mapping[str, Any] | None = None) -> None:
        if self._closing:
            return
        with self._w.lock:
            self._tasks.pop(task.update.id, None)
            if task.update.pipeline in self._w.pipelines:
                self._w.updates.move(task.update, state, error)
            else:
                self._w.tables.sweep(task.update.pipeline)

    def _move(self, task: Task, state: str) -> None:
        if task.stopped.is_set() or self._closing:
            raise KeyboardInterrupt
        with self._w.lock:
            if task.update.pipeline not in self._w.pipelines:
                raise KeyboardInterrupt
            if task.update.state != "STOPPING":
                self._w.updates.move(task.update, state)

    def _run(self, task: Task) -> None:
        self._move(task, "CREATED")
        self._move(task, "WAITING_FOR_RESOURCES")
        pipeline = self._w.pipelines[task.update.pipeline]
        continuous = bool(pipeline.spec.get("continuous")) and not task.update.validates
        while True:
            self._wait(task)
            try:
                task.compute(lambda: self._turn(task))
            finally:
                self._slots.release()
            if not continuous:
                return
            task.stopped.wait(PAUSE)

    def _wait(self, task: Task) -> None:
        """Wait for a turn; who is stopped meanwhile waits no longer."""
        while not self._slots.acquire(timeout=0.1):
            if task.stopped.is_set():
                raise KeyboardInterrupt

    def _turn(self, task: Task) -> None:
        """The sources, as they are now, run once."""
        update = task.update
        pipeline = self._w.pipelines[update.pipeline]
        if update.state != "RUNNING":
            self._move(task, "INITIALIZING")
            with self._w.lock:
                said = {"dbr_version": f"ldp_magic {__version__}", "effective_environment_version": "emulated"}
                self._w.updates.tell(pipeline, "runtime_details", said, "Runtime details of the update.", update)
        folder = self._w.folder_of(pipeline.id)
        folder.mkdir(parents=True, exist_ok=True)
        with self._w.lock:
            read = staged(self._w, pipeline, update.asked.get("parameters", {}), folder)
        graph = graph_of(read)
        self._check(task, read, graph)
        stage = _stage(read, graph)
        task.place = stage.place
        if update.validates:
            self._validate(task, read, stage)
            return
        self._compute(task, read, stage)

    def _check(self, task: Task, read: Staged, graph: Graph) -> None:
        """What the service finds before anything runs."""
        for problem in graph.problems:
            if problem.kind in _UNREAD:
                raise Failed(exceptions_of(LdpError(problem.message, why=problem.why), problem.location, read))
        w, pipeline = self._w, self._w.pipelines[task.update.pipeline]
        with w.lock:
            if w.catalogs.get(pipeline.catalog) is None:
                message = f"[NO_SUCH_CATALOG_EXCEPTION] Catalog '{pipeline.catalog}' was not found."
                raise Failed(failed("NO_SUCH_CATALOG_EXCEPTION", message))
            w.catalogs.schema(f"{pipeline.catalog}.{pipeline.schema}")
            for dataset in graph.datasets.values():
                if len(dataset.qualified) == 3 and dataset.kind != "temporary view":
                    self._check_schema(pipeline, dataset, read)
                other = w.tables.taken(".".join(dataset.qualified), pipeline.id)
                if other is not None:
                    owner = f"pipeline {other.pipeline}" if other.pipeline else "no pipeline any more"
                    message = f"Table '{other.name}' already exists and is managed by {owner}."
                    raise Failed(exceptions_of(LdpError(message), dataset.location, read))

    def _check_schema(self, pipeline: Pipeline, dataset: Dataset, read: Staged) -> None:
        """The schema of a table is made; only the legacy mode has no other than its own."""
        schema = ".".join(dataset.qualified[:2])
        if pipeline.spec.get("target") and schema.lower() != f"{pipeline.catalog}.{pipeline.schema}".lower():
            message = "Materializing tables in custom schemas is not supported."
            raise Failed(exceptions_of(LdpError(message), dataset.location, read))
        self._w.catalogs.schema(schema)

    def _validate(self, task: Task, read: Staged, stage: Stage) -> None:
        from ldp_magic.runs.dry import dry_run

        self._move(task, "SETTING_UP_TABLES")
        for each in dry_run(stage, asked_of(task.update, read, stage.pipeline)):
            if each.error is not None:
                where = stage.pipeline.datasets[each.dataset].location
                raise Failed(exceptions_of(each.error, where, read))

    def _compute(self, task: Task, read: Staged, stage: Stage) -> None:
        from ldp_magic.runs.update import update as run

        asked, names = asked_of(task.update, read, stage.pipeline), Names(stage.pipeline)
        if asked.full_refresh:
            self._move(task, "RESETTING")
        try:
            updated = run(stage, asked, lambda event: self._say(task, read, names, event), wait=WAIT)
        finally:  # what flows have written before something went wrong is there
            self._left(task, stage)
        if updated.state == "FAILED":
            first = next((flow for flow in updated.flows if flow.failure), None)
            what = f"Flow '{names.flow(first.name)}' has failed." if first else "The update has failed."
            raise Failed(failed("UpdateFailed", what))

    def _left(self, task: Task, stage: Stage) -> None:
        with self._w.lock:
            pipeline = self._w.pipelines.get(task.update.pipeline)
            if pipeline is not None and not self._closing:
                for dataset in stage.pipeline.datasets.values():
                    self._w.tables.left(pipeline, dataset, stage.lake)

    def _say(self, task: Task, read: Staged, names: Names, event: Event) -> None:
        """One event of the run, as the workspace tells it."""
        update, w = task.update, self._w
        if self._closing or update.pipeline not in w.pipelines:
            return
        if event.event_type == "update_progress":
            state = str(event.said.get("state"))
            if state in ("SETTING_UP_TABLES", "RUNNING"):
                with w.lock:
                    if update.state not in ("STOPPING", "RUNNING") and not update.over:
                        w.updates.move(update, state)
            return
        said = told(event, names, read, continuous=bool(w.pipelines[update.pipeline].spec.get("continuous")))
        if said is not None:
            with w.lock:
                w.updates.tell(
                    w.pipelines[update.pipeline],
                    event.event_type,
                    said.details,
                    said.message,
                    update,
                    said.origin,
                    level=said.level,
                    error=said.error,
                )


def _stage(read: Staged, graph: Graph) -> Stage:
    from ldp_magic.engine.place import place_of
    from ldp_magic.engine.views import Scene
    from ldp_magic.lake import Lake
    from ldp_magic.runs.update import Stage

    scene = Scene((graph,), {graph.name: read.members}, read.settings)
    return Stage(place_of(read.settings), scene, graph, Lake.open(read.folder, LAKE), LAKE)


def asked_of(update: Update, read: Staged, graph: Graph) -> Asked:
    """Which tables an update is about."""
    from ldp_magic.runs.chosen import Asked

    def named(kind: str) -> tuple[str, ...]:
        paths = update.asked.get(f"{kind}_by_path", ())
        of_paths = [
            name for name, each in graph.datasets.items() if read.asked_path(each.location.source.name) in paths
        ]
        return (*update.asked.get(kind, ()), *of_paths)

    full = ("all",) if update.asked.get("full_refresh") else named("full_refresh_selection")
    return Asked(named("refresh_selection"), full)
