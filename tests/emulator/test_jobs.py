"""Jobs by the real SDK: settings, runs, tasks in their order, schedules and triggers on a clock that is turned."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, ResourceConflict, ResourceDoesNotExist
from databricks.sdk.service import jobs as j

from ldp_magic.emulator import Workspace
from tests.emulator.client import LANDING, NUMBERS, connected, pipeline, until, update

NIGHTLY = j.CronSchedule(quartz_cron_expression="0 0 2 * * ?", timezone_id="Europe/Berlin")


@pytest.fixture
def client(scripted: Workspace) -> WorkspaceClient:
    return connected(scripted)


def task(key: str, id: str = "", *on: str, **more: Any) -> j.Task:
    """A task for a pipeline; without one, for a notebook, which does not run here."""
    about: dict[str, Any] = {"pipeline_task": j.PipelineTask(pipeline_id=id)}
    about = about if id else {"notebook_task": j.NotebookTask(notebook_path="/Shared/n")}
    needs = [j.TaskDependency(task_key=each) for each in on] or None
    return j.Task(task_key=key, depends_on=needs, **{**about, **more})


def finished(w: Workspace, client: WorkspaceClient, run_id: int) -> j.Run:
    w.settle()
    return until(lambda: client.jobs.get_run(run_id), lambda run: run.status.state.value == "TERMINATED")


def results(run: j.Run) -> dict[str, str]:
    return {each.task_key: each.state.result_state.value for each in run.tasks}


def test_a_job_is_told_with_what_the_service_adds(client: WorkspaceClient):
    id = client.jobs.create(name="nightly", tasks=[task("a", "p")], schedule=NIGHTLY).job_id
    said = client.api_client.do("GET", "/api/2.2/jobs/get", query={"job_id": id})["settings"]
    assert said["email_notifications"] == said["webhook_notifications"] == {}
    assert (said["timeout_seconds"], said["format"], said["max_concurrent_runs"]) == (0, "MULTI_TASK", 1)
    assert said["tasks"][0]["run_if"] == "ALL_SUCCESS"


def test_names_may_repeat_and_are_found_whatever_their_case(client: WorkspaceClient):
    ids = [client.jobs.create(name=name).job_id for name in ("Nightly", "nightly", "other")]
    assert {each.job_id for each in client.jobs.list(name="NIGHTLY")} == set(ids[:2])
    assert len(list(client.jobs.list(limit=1))) == 3
    with pytest.raises(BadRequest):
        list(client.jobs.list(limit=101))


def test_reset_replaces_and_update_merges(client: WorkspaceClient):
    id = client.jobs.create(name="a", tasks=[task("a", "p"), task("b", "p")], schedule=NIGHTLY, tags={"k": "v"}).job_id
    client.jobs.update(id, new_settings=j.JobSettings(tasks=[task("b", "q")]), fields_to_remove=["schedule", "tasks/a"])
    now = client.jobs.get(id).settings
    assert [(each.task_key, each.pipeline_task.pipeline_id) for each in now.tasks] == [("b", "q")]
    assert now.schedule is None and now.tags == {"k": "v"}
    client.jobs.reset(id, j.JobSettings(name="b"))
    assert client.jobs.get(id).settings.tags is None and not client.jobs.get(id).settings.tasks
    client.jobs.delete(id)
    for ask in (lambda: client.jobs.get(id), lambda: client.jobs.run_now(id)):
        with pytest.raises((ResourceDoesNotExist, BadRequest)) as error:
            ask()
        assert str(error.value) == f"Job {id} does not exist."


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param(
            {"schedule": j.CronSchedule("0 30 2,7,11,15 * * *", "UTC")},
            "Invalid quartz_cron_expression: 0 30 2,7,11,15 * * *. Databricks uses Quartz cron syntax, which is different "
            "from the standard cron syntax. See ",
            id="cron",
        ),
        pytest.param({"schedule": j.CronSchedule("0 0 2 * * ?", "Europe/Berln")}, "Invalid timezone_id", id="zone"),
        pytest.param({"schedule": NIGHTLY, "continuous": j.Continuous()}, "Only one of", id="two starts"),
        pytest.param({"trigger": j.TriggerSettings()}, "exactly one kind", id="an empty trigger"),
        pytest.param(
            {"trigger": j.TriggerSettings(file_arrival=j.FileArrivalTriggerConfiguration(url="/Volumes/a/b/c"))},
            "must be a folder that ends in /",
            id="a url without a slash",
        ),
        pytest.param(
            {
                "trigger": j.TriggerSettings(
                    table_update=j.TableUpdateTriggerConfiguration(
                        table_names=["a.b.c"], min_time_between_triggers_seconds=59
                    )
                )
            },
            "at least 60",
            id="too often",
        ),
        pytest.param(
            {"trigger": j.TriggerSettings(table_update=j.TableUpdateTriggerConfiguration(table_names=["a.b"]))},
            "three parts",
            id="a short name",
        ),
        pytest.param({"tasks": [task("a b", "p")]}, "Invalid task_key", id="key"),
        pytest.param({"tasks": [task("a", "p"), task("a", "p")]}, "more than one task", id="a key twice"),
        pytest.param({"tasks": [task("a", "p", "b")]}, "which is no task", id="nobody"),
        pytest.param({"tasks": [task("a", "p", "b"), task("b", "p", "a")]}, "in a circle", id="circle"),
        pytest.param({"tasks": [j.Task(task_key="a")]}, "exactly one kind", id="a task of no kind"),
        pytest.param({"name": "x" * 4097}, "4096 bytes", id="name"),
        pytest.param({"tags": {str(n): "" for n in range(26)}}, "25 tags", id="tags"),
        pytest.param({"max_concurrent_runs": 1001}, "max_concurrent_runs", id="runs"),
    ],
)
def test_settings_that_are_refused(client: WorkspaceClient, settings: dict[str, Any], said: str):
    with pytest.raises(BadRequest) as error:
        client.jobs.create(**settings)
    assert said in str(error.value)


def test_tasks_run_in_their_order_and_one_that_fails_stops_those_behind_it(
    client: WorkspaceClient, scripted: Workspace
):
    one, two = pipeline(client, "one", NUMBERS), pipeline(client, "two", NUMBERS)
    scripted.script("flow fails", "one")
    tasks = [
        task("b", two, "a"),
        task("a", one),
        task("c", two, "a", run_if=j.RunIf.AT_LEAST_ONE_FAILED),
        task("d", "", "a", run_if=j.RunIf.ALL_DONE),
    ]
    id = client.jobs.create(name="order", tasks=tasks).job_id
    run = finished(scripted, client, client.jobs.run_now(id).run_id)
    assert results(run) == {"a": "FAILED", "b": "UPSTREAM_FAILED", "c": "SUCCESS", "d": "SUCCESS"}
    assert (run.state.life_cycle_state.value, run.state.result_state.value) == ("INTERNAL_ERROR", "FAILED")
    assert run.status.termination_details.code.value == "RUN_EXECUTION_ERROR"
    assert "Task a failed with message" in run.state.state_message
    assert [each.cause.value for each in client.pipelines.list_updates(two).updates] == ["JOB_TASK"]
    notebook = next(each for each in run.tasks if each.task_key == "d")
    assert "the emulator runs pipeline, condition and job tasks only" in notebook.state.state_message


def test_a_run_that_went_well_and_one_that_is_repaired(client: WorkspaceClient, scripted: Workspace):
    id = pipeline(client, "p", NUMBERS)
    job = client.jobs.create(name="repair", tasks=[task("a", id), task("b", "", "a")]).job_id
    scripted.script("source fails", "p")
    run_id = client.jobs.run_now(job).run_id
    assert results(finished(scripted, client, run_id)) == {"a": "FAILED", "b": "UPSTREAM_FAILED"}
    client.jobs.repair_run(run_id, rerun_all_failed_tasks=True)
    run = finished(scripted, client, run_id)
    assert results(run) == {"a": "SUCCESS", "b": "SUCCESS"} and run.tasks[0].attempt_number == 1
    assert (run.state.life_cycle_state.value, run.state.result_state.value) == ("TERMINATED", "SUCCESS")
    assert [each.type.value for each in run.repair_history] == ["ORIGINAL", "REPAIR"]


def test_a_task_is_tried_again_after_its_interval(client: WorkspaceClient, scripted: Workspace):
    id = pipeline(client, "p", NUMBERS)
    job = client.jobs.create(tasks=[task("a", id, max_retries=2, min_retry_interval_millis=600_000)]).job_id
    scripted.script("source fails", "p")
    run_id = client.jobs.run_now(job).run_id
    scripted.settle()
    assert client.jobs.get_run(run_id).tasks[0].status.state.value == "WAITING"
    scripted.clock.advance(minutes=11)
    run = finished(scripted, client, run_id)
    assert results(run) == {"a": "SUCCESS"} and run.tasks[0].attempt_number == 1


def test_conditions_and_other_jobs(client: WorkspaceClient, scripted: Workspace):
    inner = client.jobs.create(name="inner", tasks=[task("x")]).job_id
    condition = j.ConditionTask(op=j.ConditionTaskOp.GREATER_THAN, left="3", right="2")
    tasks = [
        j.Task(task_key="if", condition_task=condition),
        j.Task(task_key="yes", run_job_task=j.RunJobTask(job_id=inner)),
        task("no"),
    ]
    tasks[1].depends_on = [j.TaskDependency(task_key="if", outcome="true")]
    tasks[2].depends_on = [j.TaskDependency(task_key="if", outcome="false")]
    run = finished(scripted, client, client.jobs.run_now(client.jobs.create(tasks=tasks).job_id).run_id)
    assert results(run) == {"if": "SUCCESS", "yes": "SUCCESS", "no": "EXCLUDED"}
    assert [each.trigger for each in scripted.runs("inner")] == ["RUN_JOB_TASK"]


def test_parameters_of_a_run_reach_the_pipeline(client: WorkspaceClient, scripted: Workspace):
    id = pipeline(client, "p", NUMBERS)
    job = client.jobs.create(tasks=[task("a", id)]).job_id
    run_id = client.jobs.run_now(job, pipeline_params=j.PipelineParams(full_refresh=True)).run_id
    finished(scripted, client, run_id)
    (latest,) = client.pipelines.list_updates(id).updates
    assert latest.full_refresh and latest.cause.value == "JOB_TASK"


def test_the_same_token_is_the_same_run(client: WorkspaceClient):
    job = client.jobs.create(tasks=[task("a")]).job_id
    assert (
        client.jobs.run_now(job, idempotency_token="x").run_id == client.jobs.run_now(job, idempotency_token="x").run_id
    )


@pytest.mark.parametrize(("queue", "result"), [(False, "MAXIMUM_CONCURRENT_RUNS_REACHED"), (True, "SUCCESS")])
def test_a_second_run_at_once_is_skipped_or_waits(
    client: WorkspaceClient, scripted: Workspace, queue: bool, result: str
):
    id = pipeline(client, "p", NUMBERS)
    job = client.jobs.create(tasks=[task("a", id)], queue=j.QueueSettings(enabled=queue)).job_id
    client.jobs.run_now(job)
    second = client.jobs.run_now(job).run_id
    assert client.jobs.get_run(second).state.life_cycle_state.value == ("QUEUED" if queue else "SKIPPED")
    assert finished(scripted, client, second).state.result_state.value == result


def test_a_run_is_canceled_and_its_update_with_it(client: WorkspaceClient, scripted: Workspace):
    id = pipeline(client, "p", NUMBERS)
    scripted.script("stuck", "p")
    job = client.jobs.create(tasks=[task("a", id), task("b", "", "a")]).job_id
    run_id = client.jobs.run_now(job).run_id
    assert len(list(client.jobs.list_runs(job_id=job, active_only=True))) == 1
    with pytest.raises(BadRequest):
        client.jobs.delete_run(run_id)
    client.jobs.cancel_run(run_id)
    run = finished(scripted, client, run_id)
    assert run.state.result_state.value == "CANCELED" and run.status.termination_details.code.value == "USER_CANCELED"
    assert client.pipelines.list_updates(id).updates[0].state.value == "CANCELED"
    client.jobs.delete_run(run_id)
    assert not list(client.jobs.list_runs(job_id=job))


def test_a_run_that_takes_too_long(client: WorkspaceClient, scripted: Workspace):
    id = pipeline(client, "p", NUMBERS)
    scripted.script("stuck", "p")
    run_id = client.jobs.run_now(client.jobs.create(tasks=[task("a", id, timeout_seconds=3600)]).job_id).run_id
    scripted.clock.advance(hours=2)
    assert results(finished(scripted, client, run_id)) == {"a": "TIMEDOUT"}


def test_mails_are_written_down(client: WorkspaceClient, scripted: Workspace):
    mails = j.JobEmailNotifications(on_start=["a@x"], on_success=["b@x"], on_failure=["c@x"])
    hooks = j.WebhookNotifications(on_success=[j.Webhook(id="hook-1")])
    job = client.jobs.create(tasks=[task("a")], email_notifications=mails, webhook_notifications=hooks).job_id
    finished(scripted, client, client.jobs.run_now(job).run_id)
    assert [(each.to, each.when) for each in scripted.notifications] == [
        ("a@x", "on_start"),
        ("b@x", "on_success"),
        ("webhook hook-1", "on_success"),
    ]


# --- what starts jobs by itself ----------------------------------------------------------------------------------


def fired(w: Workspace, job: str) -> list[datetime]:
    return [datetime.fromtimestamp(run.began / 1000, timezone.utc) for run in w.runs(job)][::-1]


def test_a_schedule_fires_at_its_own_times_when_the_clock_is_turned(client: WorkspaceClient, scripted: Workspace):
    scripted.clock.set(datetime(2027, 3, 26, 12, tzinfo=timezone.utc))
    client.jobs.create(name="n", tasks=[task("a", pipeline(client, "p", NUMBERS))], schedule=NIGHTLY)
    client.jobs.create(
        name="paused", tasks=[task("a")], schedule=j.CronSchedule("0 0 * * * ?", "UTC", j.PauseStatus.PAUSED)
    )
    scripted.clock.advance(days=4)
    told = [each.strftime("%m-%d %H:%M") for each in fired(scripted, "n")]
    assert told == ["03-27 01:00", "03-29 00:00", "03-30 00:00"], (
        "at 02:00 of the day on which clocks go on there is none"
    )
    assert {run.result for run in scripted.runs("n")} == {"SUCCESS"} and not scripted.runs("paused")
    assert {run.trigger for run in scripted.runs("n")} == {"PERIODIC"}


def test_a_period(client: WorkspaceClient, scripted: Workspace):
    every = j.PeriodicTriggerConfiguration(interval=6, unit=j.PeriodicTriggerConfigurationTimeUnit.HOURS)
    client.jobs.create(name="p", tasks=[task("a")], trigger=j.TriggerSettings(periodic=every))
    scripted.clock.advance(days=1, minutes=1)
    times = fired(scripted, "p")
    assert len(times) == 4 and all(b - a >= timedelta(hours=6) for a, b in pairwise(times))


def test_files_that_arrive(client: WorkspaceClient, scripted: Workspace, tmp_path: Path):
    scripted.volumes["/Volumes/main/raw/in"] = tmp_path
    (tmp_path / "before.json").write_text("{}")
    arrival = j.FileArrivalTriggerConfiguration(
        url="/Volumes/main/raw/in/", wait_after_last_change_seconds=60, min_time_between_triggers_seconds=3600
    )
    client.jobs.create(name="f", tasks=[task("a")], trigger=j.TriggerSettings(file_arrival=arrival))
    scripted.clock.advance(hours=1)
    assert not fired(scripted, "f"), "what lay there before starts nothing"
    (tmp_path / "one.json").write_text("{}")
    scripted.clock.advance(minutes=2)
    assert len(fired(scripted, "f")) == 1
    (tmp_path / "two.json").write_text("{}")
    scripted.clock.advance(minutes=2)
    assert len(fired(scripted, "f")) == 1, "not so soon"
    scripted.clock.advance(hours=1)
    assert len(fired(scripted, "f")) == 2


def test_tables_that_change(w: Workspace, tmp_path: Path):
    client = connected(w)
    w.volumes["/Volumes/main/raw/in"] = tmp_path
    id = pipeline(client, "src", LANDING)
    watch = j.TableUpdateTriggerConfiguration(table_names=["main.src.landed"])
    client.jobs.create(name="t", tasks=[task("a")], trigger=j.TriggerSettings(table_update=watch))
    (tmp_path / "a.json").write_text('{"id": 1}\n')
    assert update(client, id) == "COMPLETED"
    until(lambda: len(w.runs("t")) == 1)
    assert update(client, id) == "COMPLETED"
    w.clock.advance(minutes=5)
    assert len(w.runs("t")) == 1, "nothing was new"


def test_a_continuous_job_is_always_at_it(client: WorkspaceClient, scripted: Workspace):
    id = pipeline(client, "p", NUMBERS)
    scripted.script("stuck", "p")
    job = client.jobs.create(name="c", tasks=[task("a", id)], continuous=j.Continuous()).job_id
    (first,) = client.jobs.list_runs(job_id=job, active_only=True)
    with pytest.raises(ResourceConflict) as error:
        client.jobs.run_now(job)
    assert str(error.value) == "A concurrent request to run the continuous job is already in progress"
    client.jobs.cancel_run(first.run_id)
    until(lambda: len(scripted.runs("c")) > 1)
    client.jobs.delete(job)
    with pytest.raises(DatabricksError):
        client.jobs.get(job)
