"""Updates that do not really run: each look at one takes it a step further, to the end that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from ldp_magic.emulator.sources import Flow, flows_of
from ldp_magic.errors import LdpError

if TYPE_CHECKING:
    from ldp_magic.emulator.updates import Update
    from ldp_magic.emulator.workspace import Workspace

Outcome: TypeAlias = Literal["completes", "source fails", "flow fails", "retries", "stuck", "canceled"]
Step: TypeAlias = Callable[[], None]
PARSE = "org.apache.spark.sql.catalyst.parser.ParseException"
_ROWS = 10


@dataclass(slots=True)
class Scripts:
    """What the next updates come to; without one they really run."""

    always: bool = False  # no update really runs
    waiting: list[tuple[str, str]] = field(default_factory=list)  # pipeline or nothing, outcome
    flows: dict[str, list[Flow]] = field(default_factory=dict)  # of each update, as its sources were when it began

    def add(self, outcome: Outcome, pipeline: str = "") -> None:
        """The next update (of that pipeline) ends like that."""
        if outcome not in get_args(Outcome):
            raise LdpError(f"no outcome is called {outcome}", why=f"there are {', '.join(get_args(Outcome))}")
        self.waiting.append((pipeline, outcome))

    def next(self, pipeline: str) -> str:
        """How an update that begins now goes; empty: it really runs."""
        for n, (name, outcome) in enumerate(self.waiting):
            if name in ("", pipeline):
                del self.waiting[n]
                return outcome
        return "completes" if self.always else ""


def step(w: Workspace, update: Update) -> None:
    """Take the next step of an update."""
    if update.state == "STOPPING":
        w.updates.move(update, "CANCELED")
        return
    steps = list(_steps(w, update))
    if update.step < len(steps):
        update.step += 1
        steps[update.step - 1]()


def _steps(w: Workspace, update: Update) -> Iterator[Step]:
    """The steps of a script, the first ones again with each look."""
    states = ["CREATED", "WAITING_FOR_RESOURCES", "INITIALIZING"]
    yield from (_to(w, update, state) for state in (states[:2] if update.script == "stuck" else states))
    if update.script == "stuck":
        return
    if update.script == "source fails":
        yield _to(w, update, "FAILED", failed(PARSE, "[PARSE_SYNTAX_ERROR] Syntax error at or near 'SELCT'."))
        return
    if update.asked.get("full_refresh") or update.asked.get("full_refresh_selection"):
        yield _to(w, update, "RESETTING")
    yield _to(w, update, "SETTING_UP_TABLES")
    fails = update.script in ("flow fails", "retries")
    if not update.validates:
        yield _to(w, update, "RUNNING")
        yield from _flows(w, update, fails=fails)
    yield _to(w, update, "CANCELED" if update.script == "canceled" else "FAILED" if fails else "COMPLETED")


def _to(w: Workspace, update: Update, state: str, error: dict[str, Any] | None = None) -> Step:
    return partial(w.updates.move, update, state, error)


def _flows(w: Workspace, update: Update, *, fails: bool) -> Iterator[Step]:
    """Each flow begins and ends; if it *fails* the first one does, and the others do not begin."""
    if update.id not in w.scripts.flows:
        w.scripts.flows[update.id] = flows_of(w, update)
    for n, flow in enumerate(w.scripts.flows[update.id]):
        if n == 0 or not fails:
            yield partial(_flow, w, update, flow, "STARTING")
        yield partial(_flow, w, update, flow, "COMPLETED" if not fails else "FAILED" if n == 0 else "SKIPPED")


def _flow(w: Workspace, update: Update, flow: Flow, status: str) -> None:
    pipeline = w.pipelines[update.pipeline]
    details: dict[str, Any] = {"status": status}
    details |= {"metrics": {"num_output_rows": _ROWS}} if status == "COMPLETED" else {}
    error = failed("org.apache.spark.SparkException", f"Flow '{flow.name}' has failed") if status == "FAILED" else None
    level = {"FAILED": "ERROR", "SKIPPED": "WARN"}.get(status, "INFO")
    origin = {"flow_name": flow.name, "dataset_name": flow.dataset}
    message = f"Flow '{flow.name}' is {status}."
    w.updates.tell(pipeline, "flow_progress", details, message, update, origin, level=level, error=error)


def failed(kind: str, message: str, stack: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """An error as an event tells it."""
    return {"fatal": True, "exceptions": [{"class_name": kind, "message": message, "stack": stack or []}]}
