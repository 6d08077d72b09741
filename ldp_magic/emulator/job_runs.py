"""Runs of jobs: their tasks in order, what each comes to, and how both forms of a state tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator import pages
from ldp_magic.emulator.http import Refusal, Request, invalid, route
from ldp_magic.emulator.jobs import Job, there
from ldp_magic.emulator.kept import Kept, Shelf

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

GOOD = ("SUCCESS", "EXCLUDED", "SUCCESS_WITH_FAILURES")
NOT_RUN = "the emulator runs pipeline, condition and job tasks only; this one was taken as {}"
_CODES = {
    "SUCCESS": "SUCCESS",
    "SUCCESS_WITH_FAILURES": "SUCCESS_WITH_FAILURES",
    "CANCELED": "USER_CANCELED",
    "TIMEDOUT": "RUN_EXECUTION_ERROR",
    "MAXIMUM_CONCURRENT_RUNS_REACHED": "MAX_CONCURRENT_RUNS_EXCEEDED",
    "EXCLUDED": "SKIPPED",
    "UPSTREAM_CANCELED": "SKIPPED",
    "UPSTREAM_FAILED": "SKIPPED",
}
_OPERATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL_TO": lambda a, b: a == b,
    "NOT_EQUAL": lambda a, b: a != b,
    "GREATER_THAN": lambda a, b: float(a) > float(b),
    "GREATER_THAN_OR_EQUAL": lambda a, b: float(a) >= float(b),
    "LESS_THAN": lambda a, b: float(a) < float(b),
    "LESS_THAN_OR_EQUAL": lambda a, b: float(a) <= float(b),
}
_RUN_IF: dict[str, Callable[[list[str]], bool]] = {
    "ALL_SUCCESS": lambda ends: all(end in GOOD for end in ends),
    "ALL_DONE": lambda ends: True,
    "NONE_FAILED": lambda ends: not any(end in ("FAILED", "TIMEDOUT", "CANCELED") for end in ends),
    "AT_LEAST_ONE_SUCCESS": lambda ends: any(end == "SUCCESS" for end in ends),
    "ALL_FAILED": lambda ends: all(end in ("FAILED", "TIMEDOUT") for end in ends),
    "AT_LEAST_ONE_FAILED": lambda ends: any(end in ("FAILED", "TIMEDOUT") for end in ends),
}


@dataclass(slots=True)
class Task:
    """One task of a run, at its newest attempt."""

    key: str
    run_id: int
    settings: dict[str, Any]
    life: str = "BLOCKED"  # BLOCKED, PENDING, RUNNING, WAITING_FOR_RETRY, TERMINATED
    result: str = ""
    message: str = ""
    attempt: int = 0
    began: int = 0
    ended: int = 0
    update: str = ""  # of the pipeline
    child: int = 0  # the run of another job
    outcome: str = ""  # of a condition

    @property
    def over(self) -> bool:
        """Has it ended?"""
        return self.life == "TERMINATED"


@dataclass(slots=True)
class Run:
    """One run of a job."""

    id: int
    job: int
    name: str
    trigger: str
    began: int
    user: str
    tasks: list[dict[str, Any]] = field(default_factory=list)
    asked: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    life: str = "PENDING"
    result: str = ""
    message: str = ""
    ended: int = 0
    token: str = ""
    repairs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Has it ended?"""
        return self.life in ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")


class JobRuns:
    """All runs of a workspace."""

    def __init__(self, w: Workspace, kept: Kept) -> None:
        self._w, self._shelf = w, Shelf(kept, "runs", Run)
        self._advancing = self._again = False

    def get(self, id: int | str) -> Run | None:
        """The run of that number."""
        return self._shelf.get(str(id))

    def of(self, job: int | None = None) -> list[Run]:
        """The runs (of a job), the newest first."""
        return sorted((r for r in self._shelf if job in (None, r.job)), key=lambda r: (r.began, r.id), reverse=True)

    def active(self, job: int | None = None) -> list[Run]:
        """Those that are not over yet."""
        return [each for each in self.of(job) if not each.over]

    # --- beginnings ----------------------------------------------------------------------------------------------

    def start(self, job: Job, trigger: str, asked: Mapping[str, Any] | None = None, user: str = "") -> Run:
        """Begin a run; where there are as many as may be it waits, or is skipped."""
        w, asked = self._w, dict(asked or {})
        run = Run(w.number(), job.id, job.name, trigger, w.clock.milliseconds(), user or job.runs_as, asked=asked)
        run.settings, run.token = job.settings, asked.get("idempotency_token", "")
        only = asked.get("only")
        wanted = [e for e in job.settings.get("tasks", ()) if only is None or e["task_key"] in only]
        tasks = [Task(each["task_key"], w.number(), dict(each)) for each in wanted]
        busy = len(self.active(job.id)) >= job.settings.get("max_concurrent_runs", 1)
        queued = (asked.get("queue") or job.settings.get("queue") or {}).get("enabled", False)
        if busy and not queued:
            run.life, run.result, run.ended = "SKIPPED", "MAXIMUM_CONCURRENT_RUNS_REACHED", run.began
            run.message = "Skipping this run because the limit of maximum concurrent runs has been reached."
        run.life = "QUEUED" if busy and queued else run.life
        self._store(run, tasks)
        self.advance()
        return run

    def _store(self, run: Run, tasks: list[Task]) -> None:
        run.tasks = [asdict(each) for each in tasks]
        self._shelf.put(str(run.id), run)

    # --- what happens --------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Let every run go as far as it can; called whenever something has ended or time has passed."""
        self._again = True
        if self._advancing:  # who is at it looks once more
            return
        self._advancing = True
        try:
            while self._again:
                self._again = False
                for run in self.active()[::-1]:
                    self._again = self._advance(run) or self._again
        finally:
            self._advancing = False

    def _advance(self, run: Run) -> bool:
        """Whether anything has changed."""
        if run.life == "QUEUED":
            mine = [each for each in self.active(run.job) if each.life != "QUEUED"]
            if len(mine) >= run.settings.get("max_concurrent_runs", 1):
                return False
            run.life = "PENDING"
        before = repr(run)
        if run.life == "PENDING":
            run.life = "RUNNING"
            self._notify(run, "on_start", run.settings)
        tasks = [Task(**each) for each in run.tasks]
        by_key = {each.key: each for each in tasks}
        for task in tasks:
            if not task.over:
                self._task(run, task, by_key)
        self._timeout(run, tasks)
        if all(task.over for task in tasks):
            self._end(run, tasks)
        run.tasks = [asdict(each) for each in tasks]
        if repr(run) == before:
            return False
        self._shelf.put(str(run.id), run)
        return True

    def _task(self, run: Run, task: Task, others: Mapping[str, Task]) -> None:
        now = self._w.clock.milliseconds()
        if run.life == "TERMINATING":
            self._stop(task)
            return
        if task.life == "BLOCKED":
            self._unblock(run, task, others)
        elif task.life == "WAITING_FOR_RETRY":
            if now >= task.ended + task.settings.get("min_retry_interval_millis", 0):
                task.attempt += 1
                task.run_id, task.ended = self._w.number(), 0
                self._begin(run, task)
        elif task.life == "RUNNING":
            self._watch(task)
        self._retry(task)

    def _unblock(self, run: Run, task: Task, others: Mapping[str, Task]) -> None:
        needs = [(on, others.get(on["task_key"])) for on in task.settings.get("depends_on", ())]
        found = [(on, each) for on, each in needs if each is not None]  # one that was not asked for is not waited for
        if not all(each.over for _, each in found):
            return
        if any(on.get("outcome") not in (None, each.outcome) for on, each in found):
            self._close(task, "EXCLUDED", "the condition came out otherwise")
        elif _RUN_IF[task.settings.get("run_if", "ALL_SUCCESS")]([each.result for _, each in found]):
            self._begin(run, task)
        elif any(each.result in ("CANCELED", "UPSTREAM_CANCELED") for _, each in found):
            self._close(task, "UPSTREAM_CANCELED", "a task before it was canceled")
        elif task.settings.get("run_if", "ALL_SUCCESS") in ("ALL_SUCCESS", "NONE_FAILED"):
            self._close(task, "UPSTREAM_FAILED", "a task before it has failed")
        else:
            self._close(task, "EXCLUDED", "what it waits for has not come")

    def _begin(self, run: Run, task: Task) -> None:
        task.life, task.began = "RUNNING", self._w.clock.milliseconds()
        said = task.settings
        if said.get("disabled"):
            self._close(task, "EXCLUDED", "the task is disabled")
        elif "pipeline_task" in said:
            self._begin_pipeline(run, task)
        elif "run_job_task" in said:
            job = self._w.jobs.get(str(said["run_job_task"]["job_id"]))
            if job is None:
                self._close(task, "FAILED", f"Job {said['run_job_task']['job_id']} does not exist.")
            else:
                task.child = self.start(job, "RUN_JOB_TASK", {}, run.user).id
        elif "condition_task" in said:
            self._condition(task, said["condition_task"])
        else:
            end = self._w.task_results.get(task.key, "SUCCESS")
            self._close(task, end, NOT_RUN.format(end))

    def _begin_pipeline(self, run: Run, task: Task) -> None:
        said = dict(task.settings["pipeline_task"])
        pipeline = self._w.pipelines.get(said.pop("pipeline_id", ""))
        if pipeline is None:
            self._close(task, "FAILED", "The specified pipeline was not found.")
            return
        asked = {k: v for k, v in (said | run.asked.get("pipeline_params", {})).items() if k != "pipeline_id"}
        try:
            task.update = self._w.updates.start(pipeline, asked, cause="JOB_TASK", user=run.user).id
        except Refusal as refusal:
            self._close(task, "FAILED", refusal.message)

    def _condition(self, task: Task, said: Mapping[str, Any]) -> None:
        try:
            held = _OPERATIONS[said["op"]](said["left"], said["right"])
        except ValueError:
            self._close(task, "FAILED", f"{said['left']} and {said['right']} cannot be compared as numbers")
            return
        task.outcome = str(held).lower()
        self._close(task, "SUCCESS", "")

    def _watch(self, task: Task) -> None:
        """Is it over, what a task waits for?"""
        if task.child:
            child = self.get(task.child)
            if child is None or child.over:
                self._close(task, child.result if child and child.result else "FAILED", child.message if child else "")
            return
        update = self._w.updates.get(task.update)
        if update is None:
            self._close(task, "FAILED", "The update is gone with its pipeline.")
        elif update.over:
            newer = next((e for e in self._w.updates.of(update.pipeline) if e.made >= update.made), update)
            if update.state == "FAILED" and newer.id != update.id and newer.cause == "RETRY_ON_FAILURE":
                task.update = newer.id
                return
            end = {"COMPLETED": "SUCCESS", "CANCELED": "CANCELED"}.get(update.state, "FAILED")
            text = "" if end == "SUCCESS" else f"Update {update.id} of pipeline {update.pipeline} is {update.state}."
            self._close(task, end, text)

    def _close(self, task: Task, result: str, message: str) -> None:
        task.life, task.result, task.message = "TERMINATED", result, message
        task.ended = self._w.clock.milliseconds()
        task.began = task.began or task.ended

    def _retry(self, task: Task) -> None:
        most = task.settings.get("max_retries", 0)
        if task.over and task.result == "FAILED" and (most < 0 or task.attempt < most):
            task.life, task.result = "WAITING_FOR_RETRY", ""

    def _stop(self, task: Task) -> None:
        """End a task because its run is to end."""
        if task.child and (child := self.get(task.child)) is not None and not child.over:
            self.cancel(child)
        update = self._w.updates.get(task.update)
        if update is not None and not update.over:
            self._w.updates.stop(update.pipeline)
            self._w.updates.look(update.pipeline)
            return
        self._close(task, "CANCELED", "Run cancelled.")

    def _timeout(self, run: Run, tasks: list[Task]) -> None:
        now = self._w.clock.milliseconds()
        for task in tasks:
            limit = task.settings.get("timeout_seconds", 0)
            if limit and task.life == "RUNNING" and now >= task.began + limit * 1000:
                self._stop(task)
                self._close(task, "TIMEDOUT", f"Timed out after {limit} s.")
        limit = run.settings.get("timeout_seconds", 0)
        if limit and run.life == "RUNNING" and now >= run.began + limit * 1000:
            run.life, run.result = "TERMINATING", "TIMEDOUT"

    def _end(self, run: Run, tasks: list[Task]) -> None:
        before = {on["task_key"] for task in tasks for on in task.settings.get("depends_on", ())}
        leaves = [task.result for task in tasks if task.key not in before]
        failed = next((task for task in tasks if task.result in ("FAILED", "TIMEDOUT")), None)
        if run.result != "TIMEDOUT":
            if run.life == "TERMINATING" or any(task.result == "CANCELED" for task in tasks):
                run.result, run.message = "CANCELED", "Run cancelled."
            elif all(end in GOOD for end in leaves):
                run.result = "SUCCESS_WITH_FAILURES" if failed else "SUCCESS"
            else:
                run.result = "FAILED"
                run.message = f"Task {failed.key} failed with message: {failed.message}" if failed else "A task failed."
        run.life = "INTERNAL_ERROR" if run.result == "FAILED" else "TERMINATED"
        run.ended = self._w.clock.milliseconds()
        self._notify(run, "on_success" if run.result in GOOD else "on_failure", run.settings)
        for task in tasks:
            self._notify(run, "on_success" if task.result in GOOD else "on_failure", task.settings)

    def _notify(self, run: Run, when: str, settings: Mapping[str, Any]) -> None:
        for address in settings.get("email_notifications", {}).get(when, ()):
            self._w.notify(address, when, f"job {run.name}", str(run.id))
        for hook in settings.get("webhook_notifications", {}).get(when, ()):
            self._w.notify(f"webhook {hook['id']}", when, f"job {run.name}", str(run.id))

    def cancel(self, run: Run) -> None:
        """End a run; one that is over stays as it is."""
        if run.over:
            return
        if run.life == "QUEUED":
            run.life, run.result, run.ended = "TERMINATED", "CANCELED", self._w.clock.milliseconds()
        else:
            run.life = "TERMINATING"
        self._shelf.put(str(run.id), run)
        self.advance()

    def cancel_all(self, job: int) -> None:
        """End the runs of a job."""
        for run in self.active(job):
            self.cancel(run)

    def repair(self, run: Run, keys: list[str], asked: Mapping[str, Any]) -> int:
        """Run some tasks of a run that has failed once more; the number of the repair."""
        tasks = [Task(**each) for each in run.tasks]
        number = self._w.number()
        for n, task in enumerate(tasks):
            if task.key in keys:
                tasks[n] = Task(task.key, self._w.number(), task.settings, attempt=task.attempt + 1)
        run.life, run.result, run.message, run.ended = "PENDING", "", "", 0
        run.asked |= dict(asked)
        run.repairs.append({"type": "REPAIR", "id": number, "start_time": self._w.clock.milliseconds()})
        self._store(run, tasks)
        self.advance()
        return number

    def due(self) -> list[int]:
        """The moments, in milliseconds, at which a retry or a timeout is due."""
        found = []
        for run in self.active():
            limit = run.settings.get("timeout_seconds", 0)
            found += [run.began + limit * 1000] if limit else []
            for task in (Task(**each) for each in run.tasks):
                limit = task.settings.get("timeout_seconds", 0)
                found += [task.began + limit * 1000] if limit and task.life == "RUNNING" else []
                if task.life == "WAITING_FOR_RETRY":
                    found.append(task.ended + task.settings.get("min_retry_interval_millis", 0))
        return found

    def drop(self, run: Run) -> None:
        """Forget a run."""
        self._shelf.drop(str(run.id))


# --- how it is told ----------------------------------------------------------------------------------------------


def _state(life: str, result: str, message: str) -> dict[str, Any]:
    """Both forms of a state."""
    old: dict[str, Any] = {"life_cycle_state": life, "state_message": message, "user_cancelled_or_timedout": False}
    old |= {"result_state": result} if result else {}
    old["user_cancelled_or_timedout"] = result in ("CANCELED", "TIMEDOUT")
    new: dict[str, Any] = {"state": {"SKIPPED": "TERMINATED", "INTERNAL_ERROR": "TERMINATED"}.get(life, life)}
    if life == "WAITING_FOR_RETRY":
        new["state"] = "WAITING"
    if new["state"] == "TERMINATED":
        code = _CODES.get(result, "RUN_EXECUTION_ERROR")
        kind = "SUCCESS" if result in GOOD else "CLIENT_ERROR"
        new["termination_details"] = {"code": code, "type": kind, "message": message}
    return {"state": old, "status": new}


def told(w: Workspace, run: Run, *, tasks: bool = True) -> dict[str, Any]:
    """A run as the service tells it."""
    said: dict[str, Any] = {"job_id": run.job, "run_id": run.id, "number_in_job": run.id, "run_name": run.name}
    said |= {"original_attempt_run_id": run.id, "creator_user_name": run.user, "run_type": "JOB_RUN"}
    said |= {"start_time": run.began, "end_time": run.ended, "trigger": run.trigger, "format": "MULTI_TASK"}
    said |= {"run_duration": max(run.ended - run.began, 0), "run_page_url": f"{w.url}/jobs/{run.job}/runs/{run.id}"}
    said |= _state(run.life, run.result, run.message)
    said |= {"schedule": run.settings["schedule"]} if "schedule" in run.settings else {}
    overriding = {k: v for k, v in run.asked.items() if k in ("pipeline_params", "job_parameters", "notebook_params")}
    said |= {"overriding_parameters": overriding} if overriding else {}
    if run.repairs:
        said["repair_history"] = [{"type": "ORIGINAL", "start_time": run.began}, *run.repairs]
    return said | ({"tasks": [_task_told(w, Task(**each)) for each in run.tasks]} if tasks else {})


def _task_told(w: Workspace, task: Task) -> dict[str, Any]:
    said = {key: value for key, value in task.settings.items() if key not in ("max_retries",)}
    said |= {"run_id": task.run_id, "attempt_number": task.attempt, "start_time": task.began, "end_time": task.ended}
    said |= {"run_if": task.settings.get("run_if", "ALL_SUCCESS")}
    said |= {"execution_duration": max(task.ended - task.began, 0)}
    return said | _state(task.life, task.result, task.message)


# --- addresses ---------------------------------------------------------------------------------------------------


def run_there(w: Workspace, id: int | str) -> Run:
    """The run of that id."""
    found = w.job_runs.get(id)
    if found is None:
        raise invalid(f"Run {id} does not exist.")
    return found


@route("POST", "/api/2.2/jobs/run-now")
def _run_now(w: Workspace, request: Request) -> Any:
    asked = {name: value for name, value in request.body.items() if name != "job_id"}
    job = there(w, request.body["job_id"])
    token = asked.get("idempotency_token")
    same = next((run for run in w.job_runs.of(job.id) if token and run.token == token), None)
    if same is None and "continuous" in job.settings and w.job_runs.active(job.id):
        message = "A concurrent request to run the continuous job is already in progress"
        raise Refusal(409, "RESOURCE_CONFLICT", message)
    run = same or w.job_runs.start(job, "ONE_TIME", asked, request.user)
    return {"run_id": run.id, "number_in_job": run.id}


@route("GET", "/api/2.2/jobs/runs/get", "run_id", "include_history", "include_resolved_values", "page_token")
def _get(w: Workspace, request: Request) -> Any:
    run = run_there(w, request.needed("run_id"))
    _look(w, run)
    return told(w, run)


def _look(w: Workspace, run: Run) -> None:
    """Somebody looks: updates that follow a script go on."""
    for task in (Task(**each) for each in run.tasks):
        update = w.updates.get(task.update)
        if update is not None and not update.over:
            w.updates.look(update.pipeline)
    w.job_runs.advance()


@route("GET", "/api/2.2/jobs/runs/get-output", "run_id")
def _output(w: Workspace, request: Request) -> Any:
    id = int(request.needed("run_id"))
    for run in w.job_runs.of():
        for task in (Task(**each) for each in run.tasks):
            if task.run_id == id:
                return {"metadata": _task_told(w, task), "error": task.message if task.result not in GOOD else ""}
    raise invalid(f"Run {id} does not exist.")


@route(
    "GET",
    "/api/2.2/jobs/runs/list",
    "job_id",
    "active_only",
    "completed_only",
    "limit",
    "offset",
    "page_token",
    "expand_tasks",
    "run_type",
    "start_time_from",
    "start_time_to",
)
def _list(w: Workspace, request: Request) -> Any:
    active, completed = request.flag("active_only"), request.flag("completed_only")
    if active and completed:
        raise invalid("active_only and completed_only cannot both be true.")
    job = int(request.query["job_id"]) if "job_id" in request.query else None
    found = [e for e in w.job_runs.of(job) if not (active and e.over) and not (completed and not e.over)]
    first = request.number("start_time_from", 0, 0, 10**15)
    last = request.number("start_time_to", 10**15, 0, 10**15)
    found = [e for e in found if first <= e.began <= last]
    page, token = pages.cut(found, request.number("limit", 20, 1, 25), request.query.get("page_token", ""))
    said: dict[str, Any] = {"runs": [told(w, e, tasks=request.flag("expand_tasks")) for e in page]} if page else {}
    return said | {"has_more": bool(token)} | ({"next_page_token": token} if token else {})


@route("POST", "/api/2.2/jobs/runs/cancel")
def _cancel(w: Workspace, request: Request) -> None:
    w.job_runs.cancel(run_there(w, request.body["run_id"]))


@route("POST", "/api/2.2/jobs/runs/cancel-all")
def _cancel_all(w: Workspace, request: Request) -> None:
    w.job_runs.cancel_all(there(w, request.body["job_id"]).id)


@route("POST", "/api/2.2/jobs/runs/delete")
def _delete(w: Workspace, request: Request) -> None:
    run = run_there(w, request.body["run_id"])
    if not run.over:
        raise Refusal(400, "INVALID_STATE", f"Run {run.id} is active; cancel it first.")
    w.job_runs.drop(run)


@route("POST", "/api/2.2/jobs/runs/repair")
def _repair(w: Workspace, request: Request) -> Any:
    run = run_there(w, request.body["run_id"])
    if not run.over:
        raise Refusal(400, "INVALID_STATE", f"Run {run.id} is active and cannot be repaired.")
    tasks = [Task(**each) for each in run.tasks]
    wanted = list(request.body.get("rerun_tasks", ()))
    if request.body.get("rerun_all_failed_tasks"):
        wanted += [task.key for task in tasks if task.result not in GOOD]
    unknown = [key for key in wanted if key not in {task.key for task in tasks}]
    if unknown or not wanted:
        raise invalid(f"Task '{unknown[0]}' is not in the run." if unknown else "No task to run again was named.")
    if request.body.get("rerun_dependent_tasks"):
        wanted = _with_dependants(tasks, wanted)
    asked = {name: request.body[name] for name in ("pipeline_params", "job_parameters") if name in request.body}
    return {"repair_id": w.job_runs.repair(run, wanted, asked)}


def _with_dependants(tasks: list[Task], keys: list[str]) -> list[str]:
    found, grew = set(keys), True
    while grew:
        more = {t.key for t in tasks if any(on["task_key"] in found for on in t.settings.get("depends_on", ()))}
        grew = not more <= found
        found |= more
    return list(found)
