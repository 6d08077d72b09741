"""One update: each flow for itself in the order of the graph, so that one that fails takes only its readers along."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.engine.views import Scene
from ldp_magic.errors import LdpError
from ldp_magic.events import Event, Recorder, Updated, folded
from ldp_magic.lake import Conflict, Lake
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline
from ldp_magic.runs.chosen import Asked, Chosen, check_circle, chosen
from ldp_magic.runs.inputs import Scripts
from ldp_magic.runs.journal import Journal
from ldp_magic.runs.modes import AllRows, Way, way_of, work_of
from ldp_magic.runs.numbers import counted, numbers_of
from ldp_magic.runs.queue import Queue
from ldp_magic.runs.tables import Tables
from ldp_magic.runs.turn import FlowTurn
from ldp_magic.runs.unchanged import Fingerprint, fingerprint, idle
from ldp_magic.runs.writing import finish

EVERY = 20  # updates between two sweepings
MANY, SMALL = 30, 8_000_000  # files of a table, and bytes of one, from which on they are written together
TRIES = 5  # of a flow that another process has moved on meanwhile
WORKERS = 4  # flows at most that run side by side
NOTHING = "nothing new to read"


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
    choice = chosen(stage.pipeline, asked)
    with stage.lake.lock(wait):
        return _Update(stage, asked, choice, say).run()


class _Update:
    def __init__(self, stage: Stage, asked: Asked, choice: Chosen, say: Callable[[Event], None]) -> None:
        self.stage, self.asked, self.choice = stage, asked, choice
        self.id = uuid.uuid4().hex
        self.log = Journal(stage.lake, self.id, say)
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
        self.queue = Queue(choice)
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
        """Now and then write small files together and sweep away what no table needs: that takes a while."""
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
        others = [threading.Thread(target=self._beside, args=(each,), daemon=True) for each in sessions[1:]]
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

    def _beside(self, session: Session) -> None:
        """A worker in a thread of its own; that it was interrupted is said by the one that did it."""
        with suppress(KeyboardInterrupt):
            self._worker(session)

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
                checks = [counted(dataset.name, each) for each in getattr(error, "checks", ())]
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
        if mark is not None and self._as_it_is(dataset, name, mark):
            self.recorder.flow(name, dataset.name, "IDLE", seconds=time.monotonic() - began, why=NOTHING)
            return
        try:
            told = self._turns(session, scripts, dataset, name, flow, way, mark)
        except AllRows:
            told = self._turns(session, scripts, dataset, name, flow, Way("complete"), mark)
        status = "IDLE" if "why" in told else "COMPLETED"
        self.recorder.flow(name, dataset.name, status, seconds=time.monotonic() - began, **told)

    def _turns(
        self,
        session: Session,
        scripts: Scripts,
        dataset: Dataset,
        name: str,
        flow: Flow | None,
        way: Way,
        mark: Fingerprint | None,
    ) -> dict[str, Any]:
        """As many turns as there is something to do, and what is to be told of the last; one that another process was
        ahead of is taken again."""
        stage, tries, more = self.stage, TRIES, True
        anew = way.mode in ("view", "complete")
        told: dict[str, Any] = {}
        while more:
            turn = FlowTurn(session, stage.scene, self.tables, scripts, stage.pipeline, dataset, flow, anew=anew)
            try:
                now = self._turn(turn, way, mark)
                more = now is not None and turn.views.read.more
            except Conflict:
                self.tables.forget(dataset)
                tries -= 1
                if not tries:
                    raise
                continue
            finally:
                turn.close()
            if now is not None and told:
                self.recorder.flow(name, dataset.name, "RUNNING", **told)
            told = now or told or {"why": NOTHING, "warnings": tuple(turn.views.seen.notes)}
        return told

    def _mark(self, dataset: Dataset) -> Fingerprint | None:
        zone = self.stage.place.zone
        return fingerprint(self.stage.scene, zone, self.tables, self.stage.pipeline, dataset)

    def _as_it_is(self, dataset: Dataset, name: str, mark: Fingerprint) -> bool:
        """Was a view computed from all this already?"""
        glance = self.tables.glance(dataset)
        batch = glance.flows.get(name) if glance else None
        return batch is not None and batch.offsets.get("print") == mark.whole

    def _turn(self, turn: FlowTurn, way: Way, mark: Fingerprint | None) -> dict[str, Any] | None:
        """One turn, and what is to be told of it; None if there was nothing to do."""
        work = work_of(turn, way, mark.query if mark else None)
        if work is None:
            return None
        return numbers_of(turn, way, work, finish(turn, work, mark.whole if mark else None))


def flows_of(dataset: Dataset) -> list[tuple[str, Flow | None]]:
    """The flows of a dataset by name; None for the query of a materialized view."""
    found: list[tuple[str, Flow | None]] = [
        (flow.name, flow)
        for flow in dataset.flows
        if flow.definition.body is not None or flow.definition.cdc is not None
    ]
    return found or ([(dataset.name, None)] if dataset.body is not None else [])
