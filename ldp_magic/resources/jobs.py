"""Jobs: one for a pipeline that has a schedule or a trigger, and those of several tasks that the settings name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ldp_magic.forms.deployment import WORK
from ldp_magic.resources.compute import job_cluster
from ldp_magic.resources.files import slug
from ldp_magic.resources.governance import AFTER, BEFORE, Governed
from ldp_magic.resources.people import permissions, principal, webhooks
from ldp_magic.resources.triggers import seconds, trigger
from ldp_magic.resources.wanted import ROOT, File, Json, Problem, Resource, ref

__all__ = ["MOST_TASKS", "Jobs"]

MOST_TASKS = 1_000
_SETUP, _RIGHTS = "setup", "rights"


@dataclass(slots=True)
class Jobs:
    """Makes the jobs of a project. *pipelines* are keys by name, *files* what the tasks' notebooks and scripts add."""

    pipelines: Mapping[str, str]
    governed: Governed
    root: str  # of the project, on this disk
    prefix: str
    problems: list[Problem]
    files: dict[str, File] = field(default_factory=dict)

    def of_pipeline(self, name: str, called: str, said: Mapping[str, Any], where: str) -> Iterator[Resource]:
        """The job that updates one pipeline by itself, *called* like it; none if nothing says when."""
        when = trigger(said, where, self.problems)
        if not when and not (self.governed.before or self.governed.after):
            return
        task = self.task({"name": slug(name), "pipeline": name}, said, where)
        tasks = [*self.around(BEFORE, (), said), task]
        if self.governed.before:
            task["depends_on"] = [{"task_key": _SETUP}]
        tasks += self.around(AFTER, (slug(name),), said)
        yield self.job(slug(name), called, said, when, tasks)

    def named(self, name: str, said: Mapping[str, Any], where: str) -> Resource:
        """A job of several tasks."""
        where = f"{where}: jobs.{name}"
        tasks = self.governed_too([self.task(each, said, where) for each in said["tasks"]], said)
        _check_tasks(name, said["tasks"], where, self.problems)
        job = self.job(slug(name), name, said, trigger(said, where, self.problems), tasks)
        clusters: list[Json] = [
            {"job_cluster_key": slug(each["name"]), "new_cluster": job_cluster(each["compute"])}
            for each in said["tasks"]
            if "compute" in each
        ]
        scripts = any("python" in each and "compute" not in each for each in said["tasks"])
        environment: Json = [{"environment_key": "default", "spec": {"environment_version": "2"}}]
        settings = {
            **job.settings,
            **({"job_clusters": clusters} if clusters else {}),
            **({"environments": environment} if scripts else {}),
        }
        return Resource(kind="job", key=job.key, settings=settings, permissions=job.permissions)

    def governed_too(self, tasks: list[dict[str, Json]], said: Mapping[str, Any]) -> list[dict[str, Json]]:
        """The tasks with those that run the statements before the updates and after them, where none does yet."""
        updates = [each for each in tasks if "pipeline_task" in each]
        if not updates:
            return tasks
        if self.governed.before and not any("setup" in each for each in said["tasks"]):
            for each in tasks:
                each.setdefault("depends_on", [{"task_key": _SETUP}])
            tasks = [*self.around(BEFORE, (), said), *tasks]
        return [*tasks, *self.around(AFTER, [str(each["task_key"]) for each in updates], said)]

    def job(
        self,
        key: str,
        name: str,
        said: Mapping[str, Any],
        when: Mapping[str, Json],
        tasks: Sequence[Mapping[str, Json]],
    ) -> Resource:
        mail, hooks = webhooks(said.get("notifications", {}))
        settings: dict[str, Json] = {
            "name": self.prefix + name,
            "tasks": list(tasks),
            **when,
            "max_concurrent_runs": 1,
            "queue": {"enabled": True},
        }
        settings |= {"email_notifications": mail} if mail else {}
        settings |= {"webhook_notifications": hooks} if hooks else {}
        settings |= {"tags": dict(said["tags"])} if said.get("tags") else {}
        settings |= {"run_as": principal(said["run-as"])} if said.get("run-as") else {}
        return Resource(
            kind="job", key=key, settings=settings, permissions=permissions("job", said.get("permissions", {}))
        )

    # --- tasks ---------------------------------------------------------------------------------------------------

    def around(self, path: str, after: Sequence[str], said: Mapping[str, Any]) -> Iterator[dict[str, Json]]:
        """The task that runs the statements before the updates, or those after them."""
        if self.governed.before if path == BEFORE else self.governed.after:
            task: dict[str, Json] = {"task_key": _SETUP if path == BEFORE else _RIGHTS}
            task |= {"depends_on": [{"task_key": each} for each in after]} if after else {}
            notebook = path.rpartition(".")[0]
            task["notebook_task"] = {"notebook_path": f"{ROOT}/{notebook}", "source": "WORKSPACE"}
            warehouse = said.get("warehouse")
            yield task | ({"warehouse_id": warehouse} if warehouse else {})

    def task(self, said: Mapping[str, Any], job: Mapping[str, Any], where: str) -> dict[str, Json]:
        """One task, with what the job says of all of them."""
        task: dict[str, Json] = {"task_key": said["name"]}
        if said.get("after"):
            task["depends_on"] = [{"task_key": each} for each in said["after"]]
        if "run-if" in said:
            task["run_if"] = said["run-if"].upper().replace("-", "_")
        task |= self.work(next(word for word in WORK if word in said), said, where)
        if "compute" in said:
            task["job_cluster_key"] = slug(said["name"])
        retries, interval, timeout = (said.get(key, job.get(key)) for key in ("retries", "retry-interval", "timeout"))
        task |= {"max_retries": retries} if retries is not None else {}
        task |= {"min_retry_interval_millis": 1_000 * seconds(interval)} if interval else {}
        return task | ({"timeout_seconds": seconds(timeout)} if timeout else {})

    def work(self, kind: str, said: Mapping[str, Any], where: str) -> dict[str, Json]:
        """What a task does."""
        if kind == "pipeline":
            return {"pipeline_task": self.pipeline(said, where)}
        if kind == "setup":
            return {"notebook_task": {"notebook_path": f"{ROOT}/{BEFORE.rpartition('.')[0]}", "source": "WORKSPACE"}}
        warehouse: dict[str, Json] = {"warehouse_id": said["warehouse"]} if "warehouse" in said else {}
        values: dict[str, Json] = dict(said.get("parameters", {}))
        if kind == "dashboard":
            return {"dashboard_task": {"dashboard_id": said["dashboard"], **warehouse}}
        path = self.file(said[kind], kind, where)
        if kind == "notebook":
            more = {"base_parameters": values} if values else {}
            return {"notebook_task": {"notebook_path": path, "source": "WORKSPACE", **more, **warehouse}}
        if kind == "sql":
            more = {"parameters": values} if values else {}
            return {"sql_task": {"file": {"path": path, "source": "WORKSPACE"}, **more, **warehouse}}
        arguments: list[Json] = [part for name, value in values.items() for part in (f"--{name}", value)]
        script: dict[str, Json] = {"python_file": path, "source": "WORKSPACE"}
        script |= {"parameters": arguments} if arguments else {}
        own: dict[str, Json] = {} if "compute" in said else {"environment_key": "default"}
        return {"spark_python_task": script, **own}

    def pipeline(self, said: Mapping[str, Any], where: str) -> dict[str, Json]:
        name = said["pipeline"]
        key = self.pipelines.get(name)
        if key is None and len(name) != 36:
            near = get_close_matches(name, self.pipelines, n=1)
            self.problems.append(
                Problem(
                    what=f"task {said['name']} updates {name}, and no pipeline here is called that",
                    why=f"there are {', '.join(self.pipelines) or 'none'}",
                    fix=f"write {near[0]}" if near else "name one of them, or the id of a pipeline in the workspace",
                    where=where,
                )
            )
        found: dict[str, Json] = {"pipeline_id": ref("pipeline", key) if key is not None else name}
        full = list(said.get("full-refresh", ()))
        if full == ["all"]:
            found["full_refresh"] = True
        elif full:
            found["full_refresh_selection"] = full
        found |= {"refresh_selection": list(said["refresh"])} if said.get("refresh") else {}
        return found | ({"parameters": dict(said["parameters"])} if said.get("parameters") else {})

    def file(self, said: str, kind: str, where: str) -> str:
        """Where the file of a task is in the workspace; one that lies in the project is sent along."""
        if said.startswith("/"):
            return said
        path = os.path.join(self.root, said)
        if not os.path.isfile(path):
            self.problems.append(
                Problem(
                    what=f"{said} is not there",
                    why=f"it is the {kind} of a task",
                    fix="correct the path, which begins at the project's folder; one in the workspace begins with /",
                    where=where,
                )
            )
            return f"{ROOT}/{said}"
        with open(path, "rb") as opened:
            file = File(path=os.path.normpath(said).replace(os.sep, "/"), content=opened.read())
        self.files[file.path] = file
        name = file.path.rpartition(".")[0] if kind == "notebook" and file.path.endswith(".ipynb") else file.name
        return f"{ROOT}/{name}"


def _check_tasks(job: str, tasks: Sequence[Mapping[str, Any]], where: str, problems: list[Problem]) -> None:
    """Names, numbers and order of the tasks of a job."""
    names = [each["name"] for each in tasks]

    def say(what: str, why: str, fix: str) -> None:
        problems.append(Problem(what=what, why=why, fix=fix, where=where))

    if len(tasks) > MOST_TASKS:
        say(f"job {job} has {len(tasks):,} tasks", f"a job has {MOST_TASKS:,} at most", "make two jobs of it")
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            say(f"{names.count(name)} tasks are called {name}", "tasks wait for each other by name", "rename one")
        if slug(name) != name or len(name) > 100:
            why = "a task is called by up to 100 letters, digits, - and _"
            say(f"a task cannot be called {name[:60]}", why, f"write {slug(name)[:100]}")
    waits = {each["name"]: [*each.get("after", ())] for each in tasks}
    for name, before in waits.items():
        for other in before:
            if other not in waits:
                near = get_close_matches(other, names, n=1)
                fix = f"write {near[0]}" if near else "name a task of this job"
                say(f"task {name} waits for {other}, which is not there", "it would never begin", fix)
    if circle := _circle(waits):
        say(f"tasks wait for each other: {' -> '.join(circle)}", "none of them can begin", "take one after away")


def _circle(waits: Mapping[str, Sequence[str]]) -> list[str]:
    """The names of a circle, if there is one."""
    done: set[str] = set()
    for start in waits:
        path, todo = list[str](), [(start, 0)]
        while todo:
            name, depth = todo.pop()
            del path[depth:]
            if name in path:
                return [*path[path.index(name) :], name]
            if name not in done:
                path.append(name)
                todo += [(each, depth + 1) for each in waits.get(name, ())]
        done.add(start)
    return []
