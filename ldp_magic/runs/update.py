"""One update: each flow for itself in the order of the graph, so that one that fails takes only its readers along."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from ldp_magic.engine.answer import Checked as Tested
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.engine.views import Scene
from ldp_magic.errors import LdpError
from ldp_magic.events import Checked, Event, Recorder, Updated, folded
from ldp_magic.lake import Conflict, Lake
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline
from ldp_magic.runs.chosen import Asked, Chosen, check_circle, chosen
from ldp_magic.runs.inputs import Scripts
from ldp_magic.runs.modes import AllRows, Way, way_of, work_of
from ldp_magic.runs.tables import Tables
from ldp_magic.runs.turn import FlowTurn
from ldp_magic.runs.unchanged import Fingerprint, fingerprint, idle
from ldp_magic.runs.writing import Done, finish

EVERY = 20  # updates between two sweepings
MANY, SMALL = 30, 8_000_000  # files of a table, and bytes of one, from which on they are written together
TRIES = 5  # of a flow that another process has moved on meanwhile
WORKERS = 4  # flows at most that run side by side
NOTHING = "nothing new to read"
PAUSE = 0.25  # seconds between two writings of events


@dataclass(frozen=True, slots=True)
class Stage:
    """Where an update runs, and what it is about."""

    place: Place
    scene: Scene
    pipeline: Pipeline
    lake: Lake
    environment: str = "dev"


def update(stage: Stage, asked: Asked, say: Callable[[Event], None], *, wait: float = 0.0) -> Updated:
    """Bring the tables of a pipeline up to date. Another update of this lake is waited for that many seconds."""
    if not stage.place.embedded:
        raise EngineError(
            f"ldp run writes from the embedded engine only, not from {stage.place}",
            why="the tables of a run lie in the lake of this project, on this disk",
            fix="leave --place away; ldp preview reads from there",
        )
    choice = chosen(stage.pipeline, asked)
    with stage.lake.lock(wait):
        return _Update(stage, asked, choice, say).run()


class _Update:
    def __init__(self, stage: Stage, asked: Asked, choice: Chosen, say: Callable[[Event], None]) -> None:
        self.stage, self.asked, self.choice = stage, asked, choice
        self.id = uuid.uuid4().hex
        self.log = _Log(stage.lake, self.id, say)
        self.number = stage.lake.events.next_number()
        self.recorder = Recorder(
            self.log,
            update_id=self.id,
            number=self.number,
            pipeline=stage.pipeline.name,
            environment=stage.environment,
            place=str(stage.place),
        )
        self.tables = Tables(stage.lake)
        self.queue = _Queue(choice)
        self.began = time.time()

    def run(self) -> Updated:
        recorder = self.recorder
        flows = sum(len(flows_of(dataset)) for dataset in self.choice.datasets)
        recorder.created(refresh=self.asked.refresh, full_refresh=tuple(sorted(self.choice.anew)), flows=flows)
        try:
            recorder.update("INITIALIZING")
            engine = engine_at(self.stage.place)
            with ExitStack() as stack:
                sessions = [stack.enter_context(engine.session()) for _ in range(self._workers())]
                recorder.update("SETTING_UP_TABLES")
                self._set_up()
                recorder.update("RUNNING")
                self._work(sessions)
            recorder.update("STOPPING")
            self._clean()
        except KeyboardInterrupt:
            recorder.update("CANCELED")
            raise
        except Exception as error:
            recorder.update("FAILED", error=error)
            raise
        finally:
            self.log.flush()
        recorder.update("FAILED" if self.queue.failed else "COMPLETED")
        self.log.flush()
        return folded(self.log.all)

    def _clean(self) -> None:
        """Now and then write small files together, and sweep away what no table needs: it takes as long as some flows."""
        if self.number % EVERY:
            return
        for dataset in self.choice.datasets:
            table = self.tables.look(dataset)
            if len(table.files) > MANY and sum(file.size for file in table.files) < SMALL * len(table.files):
                self.tables.left(dataset, table.compact())
        self.stage.lake.clean(before=self.began)

    def _workers(self) -> int:
        """Python code runs in one place at a time, as its imports are the process's."""
        code = any(dataset.language == "python" for dataset in self.choice.datasets) or any(
            "udf.register" in cell.source.text for cell in self.stage.scene.members[self.stage.pipeline.name].cells
        )
        return 1 if code else max(1, min(WORKERS, os.cpu_count() or 1, len(self.choice.datasets)))

    def _set_up(self) -> None:
        """Say what there is to do, and let go of what is to begin anew."""
        for dataset in self.choice.datasets:
            self.recorder.defined(
                dataset.name,
                dataset.kind,
                [name for name, _ in flows_of(dataset)],
                reads={name: [read.name for read in (flow or dataset).reads] for name, flow in flows_of(dataset)},
                expectations=len(dataset.expectations),
                language=dataset.language,
            )
        for dataset in self.choice.datasets:
            if dataset.name in self.choice.anew:
                self.tables.left(dataset, self.tables.look(dataset).reset())

    # --- side by side --------------------------------------------------------------------------------------------

    def _work(self, sessions: list[Session]) -> None:
        others = [threading.Thread(target=self._worker, args=(each,), daemon=True) for each in sessions[1:]]
        for thread in others:
            thread.start()
        try:
            self._worker(sessions[0])
            while any(thread.is_alive() for thread in others):
                for thread in others:
                    thread.join(0.05)
        except KeyboardInterrupt:
            self.queue.stop()
            for session in sessions:
                session.interrupt()
            for thread in others:
                thread.join(5)
            raise
        if self.queue.broken is not None:
            raise self.queue.broken

    def _worker(self, session: Session) -> None:
        try:
            session.call(lambda: self._take_all(session))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a bug of ours: no worker may leave the others waiting
            self.queue.abandon(error)

    def _take_all(self, session: Session) -> None:
        with ExitStack() as stack:
            scripts = Scripts(stack)
            while (dataset := self.queue.take()) is not None:
                fine = False
                try:
                    fine = self._dataset(session, scripts, dataset)
                finally:
                    self.queue.done(dataset.name, fine)

    # --- one dataset ---------------------------------------------------------------------------------------------

    def _dataset(self, session: Session, scripts: Scripts, dataset: Dataset) -> bool:
        """Run the flows of a dataset, one after the other; whether all of them went well."""
        fine = True
        for name, flow in flows_of(dataset):
            culprit = self.queue.culprit(dataset.name)
            if culprit:
                self.recorder.flow(name, dataset.name, "SKIPPED", why=f"it reads {culprit}")
                fine = False
                continue
            began = time.monotonic()
            self.recorder.flow(name, dataset.name, "STARTING")
            try:
                self._flow(session, scripts, dataset, name, flow, began)
            except Exception as error:
                said = session.explained(error)
                if not isinstance(said, LdpError):
                    raise
                where = flow.definition.location if flow else dataset.location
                seconds = time.monotonic() - began
                checks = [_as_event(dataset.name, each) for each in getattr(error, "checks", ())]
                self.recorder.flow(
                    name, dataset.name, "FAILED", error=said, place=where, seconds=seconds, expectations=checks
                )
                fine = False
                if session.is_over:  # what is left would fail for the same reason
                    self.queue.stop()
                    break
        return fine

    def _flow(
        self, session: Session, scripts: Scripts, dataset: Dataset, name: str, flow: Flow | None, began: float
    ) -> None:
        if flow is not None and idle(self.stage.scene, self.tables, self.stage.pipeline, dataset, flow):
            self.recorder.flow(name, dataset.name, "IDLE", seconds=time.monotonic() - began, why=NOTHING)
            return
        check_circle(self.stage.pipeline, dataset)
        way = way_of(self.stage.pipeline, dataset, flow)
        mark = self._mark(dataset) if way.mode == "view" else None
        total: dict[str, Any] = {}
        if mark is not None and self._as_it_is(dataset, name, mark):
            self.recorder.flow(name, dataset.name, "IDLE", seconds=time.monotonic() - began, why=NOTHING)
            return
        try:
            self._turns(session, scripts, dataset, flow, way, total, mark)
        except AllRows:
            way = Way("complete")
            self._turns(session, scripts, dataset, flow, way, total, mark)
        seconds = time.monotonic() - began
        status = "COMPLETED" if "read" in total else "IDLE"
        self.recorder.flow(name, dataset.name, status, seconds=seconds, **_numbers(total, way))

    def _turns(
        self,
        session: Session,
        scripts: Scripts,
        dataset: Dataset,
        flow: Flow | None,
        way: Way,
        total: dict[str, Any],
        mark: Fingerprint | None,
    ) -> None:
        """As many turns as there is something to do; one that another process was ahead of is taken again."""
        stage, tries, more = self.stage, TRIES, True
        anew = way.mode in ("view", "complete")
        while more:
            turn = FlowTurn(session, stage.scene, self.tables, scripts, stage.pipeline, dataset, flow, anew=anew)
            try:
                more = self._turn(turn, way, total, mark)
            except Conflict:
                self.tables.forget(dataset)
                tries -= 1
                if not tries:
                    raise
            finally:
                turn.close()

    def _mark(self, dataset: Dataset) -> Fingerprint | None:
        zone = self.stage.place.zone
        return fingerprint(self.stage.scene, zone, self.tables, self.stage.pipeline, dataset)

    def _as_it_is(self, dataset: Dataset, name: str, mark: Fingerprint) -> bool:
        """Was a view computed from all this already?"""
        glance = self.tables.glance(dataset)
        batch = glance.flows.get(name) if glance else None
        return batch is not None and batch.offsets.get("print") == mark.whole

    def _turn(self, turn: FlowTurn, way: Way, total: dict[str, Any], mark: Fingerprint | None) -> bool:
        """One turn; whether there is more to do at once."""
        work = work_of(turn, way, mark.query if mark else None)
        if work is None:
            total.setdefault("warnings", list(turn.views.seen.notes))
            return False
        done = finish(turn, work, mark.whole if mark else None)
        _add(total, turn, done, work.numbers)
        return turn.views.read.more


def flows_of(dataset: Dataset) -> list[tuple[str, Flow | None]]:
    """The flows of a dataset by name; None for the query of a materialized view."""
    found: list[tuple[str, Flow | None]] = [
        (flow.name, flow)
        for flow in dataset.flows
        if flow.definition.body is not None or flow.definition.cdc is not None
    ]
    return found or ([(dataset.name, None)] if dataset.body is not None else [])


def _add(total: dict[str, Any], turn: FlowTurn, done: Done, numbers: Mapping[str, Any]) -> None:
    read = turn.views.read
    total["read"] = None if read.rows is None or total.get("read", 0) is None else total.get("read", 0) + read.rows
    for key, value in (("written", done.written), ("dropped", done.dropped)):
        total[key] = total.get(key, 0) + value
    for key in ("late", "upserted", "deleted"):
        if key in numbers:
            total[key] = total.get(key, 0) + int(numbers[key])
    for key in ("watermark", "state_rows"):
        if key in numbers:
            total[key] = numbers[key]
    checks = [(turn.dataset.name, each) for each in done.checks]
    checks += [(view, each) for view, (_, some) in read.checks.items() for each in some]
    total["checks"] = _summed(total.get("checks", {}), checks)
    labels = [f"{each.what}: {each.why}" for each in turn.views.seen.labels if not each.what.startswith("WATERMARK")]
    total["warnings"] = [*turn.views.seen.notes, *labels]


def _as_event(dataset: str, each: Tested) -> Checked:
    return Checked(name=each.name, dataset=dataset, passed=each.passed, failed=each.failed, action=each.action)


def _summed(
    before: Mapping[tuple[str, str], Checked], more: list[tuple[str, Tested]]
) -> dict[tuple[str, str], Checked]:
    """The counts of expectations over all turns of a flow."""
    found = dict(before)
    for dataset, each in more:
        now, had = _as_event(dataset, each), found.get((dataset, each.name))
        found[dataset, each.name] = (
            replace(now, passed=now.passed + had.passed, failed=now.failed + had.failed) if had else now
        )
    return found


def _numbers(total: Mapping[str, Any], way: Way) -> dict[str, Any]:
    if "read" not in total:
        return {"why": NOTHING, "warnings": tuple(total.get("warnings", ()))}
    warnings = list(total["warnings"])
    if way.mode == "complete":
        warnings.append("a group without a watermark is computed anew from all rows in each update")
    return {
        "rows_read": total["read"],
        "rows_written": total["written"],
        "dropped": total["dropped"],
        **{key: total.get(key) for key in ("late", "upserted", "deleted", "state_rows")},
        "watermark": total.get("watermark") or "",
        "expectations": tuple(total["checks"].values()),
        "warnings": tuple(warnings),
    }


class _Log:
    """Stores events as they come, a few at a time, and hands each on."""

    def __init__(self, lake: Lake, update: str, say: Callable[[Event], None]) -> None:
        self.lake, self.update, self.say = lake, update, say
        self.all: list[Event] = []
        self._waiting: list[Event] = []
        self._last = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self.all.append(event)
            self._waiting.append(event)
        self.say(event)
        if time.monotonic() - self._last > PAUSE:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._last = time.monotonic()
            if waiting:
                self.lake.events.add(self.update, *(event.to_dict() for event in waiting))


@dataclass(slots=True)
class _Queue:
    """Which datasets are to be done, and may be done now."""

    choice: Chosen
    failed: dict[str, str] = field(default_factory=dict)  # name -> the dataset that failed first on the way to it
    broken: BaseException | None = None
    _finished: set[str] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)
    _stopped: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self) -> Dataset | None:
        """A dataset all of whose sources are done; it is waited for. None: there is none left."""
        with self._changed:
            while not self._stopped:
                left = [each for each in self.choice.datasets if each.name not in self._taken]
                if not left:
                    return None
                ready = next((each for each in left if self._needs(each) <= self._finished), None)
                if ready is None and self._taken == self._finished:
                    ready = left[0]  # a circle: it fails by itself, with its name
                if ready is not None:
                    self._taken.add(ready.name)
                    return ready
                self._changed.wait(0.2)
            return None

    def culprit(self, name: str) -> str:
        """The failed dataset that one reads, if there is one."""
        needs = (self.choice.before or {}).get(name, frozenset())
        return next((each for each in sorted(needs) if each in self.failed), "")

    def done(self, name: str, fine: bool) -> None:
        with self._changed:
            self._finished.add(name)
            if not fine:
                self.failed[name] = name
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def abandon(self, error: BaseException) -> None:
        self.broken = self.broken or error
        self.stop()

    def _needs(self, dataset: Dataset) -> frozenset[str]:
        return (self.choice.before or {}).get(dataset.name, frozenset())
