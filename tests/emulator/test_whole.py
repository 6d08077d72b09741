"""The workspace as a whole: an example on its schedule, many pipelines at once, restarts, the command and the fixture."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.service import jobs as j

import ldp_magic
from ldp_magic.emulator import Workspace, plugin
from tests.emulator.client import (
    HOME,
    LANDING,
    NUMBERS,
    connected,
    ended,
    errors,
    library,
    pipeline,
    state,
    until,
    update,
    upload,
)

EXAMPLE = Path(ldp_magic.__file__).parents[1] / "examples" / "user_analytics"
COUNTED = "CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n, count(DISTINCT id) AS ids FROM landed;"


def landing(w: Workspace, folder: Path) -> Path:
    w.volumes["/Volumes/main/raw/in"] = folder
    folder.mkdir(exist_ok=True)
    return folder


def test_the_example_on_its_schedule(w: Workspace, tmp_path: Path):
    client = connected(w)
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns(".ldp"))
    w.volumes["/Volumes/main/user_analytics/landing"] = tmp_path / "example" / "data"
    for path in (EXAMPLE / "transformations").glob("*.sql"):
        upload(client, f"ua/transformations/{path.name}", path.read_text(encoding="utf-8"))
    said: dict[str, Any] = {"name": "user_analytics", "catalog": "main", "schema": "user_analytics", "serverless": True}
    id = client.pipelines.create(**said, libraries=[library(f"{HOME}/ua/transformations/**")]).pipeline_id
    schedule = j.CronSchedule(quartz_cron_expression="0 0 2 * * ?", timezone_id="UTC")
    task = j.Task(task_key="update", pipeline_task=j.PipelineTask(pipeline_id=id))
    client.jobs.create(name="nightly", tasks=[task], schedule=schedule)
    w.clock.advance(days=1)
    assert [run.result for run in w.runs("nightly")] == ["SUCCESS"], errors(w, "user_analytics")
    rows = w.rows("main.user_analytics.final_metrics")
    assert rows and {"user_id", "engagement_score", "engagement"} <= set(rows[0])
    assert len({each.full_name for each in client.tables.list("main", "user_analytics")}) == 6
    before = len(w.rows("main.user_analytics.events"))
    events = tmp_path / "example" / "data" / "events"
    shutil.copy(events / "events.json", events / "more.json")
    w.clock.advance(days=1)
    assert len(w.rows("main.user_analytics.events")) == 2 * before
    assert [run.result for run in w.runs("nightly")] == ["SUCCESS"] * 2


def many(w: Workspace, pipelines: int, updates: int, folder: Path) -> None:
    """Clients that update pipelines at once while files arrive; in the end every row is there once."""
    landing(w, folder)
    client = connected(w)
    ids = {f"p{n}": pipeline(client, f"p{n}", LANDING, COUNTED) for n in range(pipelines)}
    failures: list[str] = []

    def work(name: str, id: str) -> None:
        mine = connected(w)
        for n in range(updates // pipelines):
            (folder / f"{name}-{n}.json").write_text('{"id": %d}\n' % random.randrange(10**9))  # noqa: UP031
            if (end := update(mine, id)) != "COMPLETED":
                failures.append(f"{name}: {end} {errors(w, name)}")

    threads = [threading.Thread(target=work, args=each) for each in ids.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for name, id in ids.items():
        assert update(client, id) == "COMPLETED"
        (row,) = w.rows(f"main.{name}.counted")
        assert row == {"n": updates, "ids": updates}
        told = w.events(name)
        assert len({each["id"] for each in told}) == len(told)


def test_twelve_updates_of_four_pipelines_at_once(w: Workspace, tmp_path: Path):
    many(w, 4, 12, tmp_path / "in")


@pytest.mark.soak
def test_a_hundred_updates_of_twenty_pipelines_at_once(w: Workspace, tmp_path: Path):
    many(w, 20, 100, tmp_path / "in")


def test_everything_is_there_after_a_restart(start, tmp_path: Path):
    first = start(keep=tmp_path / "kept")
    client = connected(first)
    id = pipeline(client, "stays", NUMBERS)
    job = client.jobs.create(
        name="n", tasks=[j.Task(task_key="a", pipeline_task=j.PipelineTask(pipeline_id=id))]
    ).job_id
    client.jobs.run_now(job)
    first.settle()
    first.clock.advance(days=3)
    events, token, now = first.events("stays"), first.token, first.clock.now()
    first.close()
    second = start(keep=tmp_path / "kept")
    again = connected(second)
    assert second.token == token and second.clock.now() >= now
    assert second.events("stays") == events and len(second.rows("main.stays.numbers")) == 10
    assert again.pipelines.get(id).name == "stays" and second.runs(job)[0].result == "SUCCESS"
    assert again.workspace.get_status(f"{HOME}/stays/src/0.sql").size == len(NUMBERS)
    assert again.jobs.create(name="m").job_id > job
    assert update(again, id) == "COMPLETED"


def test_an_update_goes_on_after_a_restart_in_its_middle(start, tmp_path: Path):
    first = start(keep=tmp_path / "kept")
    folder = landing(first, tmp_path / "in")
    for n in range(20):
        (folder / f"{n}.json").write_text(f'{{"id": {n}}}\n')
    client = connected(first)
    id = pipeline(client, "cut", LANDING, COUNTED)
    job = client.jobs.create(
        name="n", tasks=[j.Task(task_key="a", pipeline_task=j.PipelineTask(pipeline_id=id))]
    ).job_id
    run = client.jobs.run_now(job).run_id
    active = client.pipelines.get(id).latest_updates[0].update_id
    until(lambda: state(client, id, active), lambda found: found in ("INITIALIZING", "RUNNING", "COMPLETED"))
    first.close()
    second = start(keep=tmp_path / "kept", volumes={"/Volumes/main/raw/in": folder})
    again = connected(second)
    assert ended(again, id, active) == "COMPLETED"
    second.settle()
    assert again.jobs.get_run(run).state.result_state.value == "SUCCESS"
    assert second.rows("main.cut.counted") == [{"n": 20, "ids": 20}]


def serving(*words: str, cwd: Path) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """`ldp emulator` in a process of its own, and the variables it asks to be set."""
    command = [sys.executable, "-W", "ignore", "-m", "ldp_magic", "emulator", *words]
    env = {**os.environ, "PYTHONPATH": str(Path(ldp_magic.__file__).parents[1]), "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        command, cwd=cwd, env=env, text=True, encoding="utf-8", stdout=subprocess.PIPE, bufsize=1
    )
    assert process.stdout
    said = {}
    for line in process.stdout:
        if line.strip().startswith("export "):
            name, _, value = line.strip().removeprefix("export ").partition("=")
            said[name] = value
        if "Ctrl-C" in line:
            break
    return process, said


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_ended(tmp_path: Path, sign: int):
    process, said = serving(cwd=tmp_path)
    try:
        (tmp_path / "cfg").write_text(
            f"[emulator]\nhost = {said['DATABRICKS_HOST']}\ntoken = {said['DATABRICKS_TOKEN']}\n"
        )
        asks = "from databricks.sdk import WorkspaceClient; print(WorkspaceClient(profile='emulator').current_user.me().user_name)"
        env = {**os.environ, "DATABRICKS_CONFIG_FILE": str(tmp_path / "cfg")}
        told = subprocess.run([sys.executable, "-c", asks], env=env, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == "someone@example.com"
        process.send_signal(sign)
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()


def test_a_workspace_that_was_killed_is_found_again(tmp_path: Path):
    for times in range(2):
        process, said = serving("--keep", str(tmp_path / "kept"), cwd=tmp_path)
        try:
            from databricks.sdk import WorkspaceClient

            client = WorkspaceClient(host=said["DATABRICKS_HOST"], token=said["DATABRICKS_TOKEN"], auth_type="pat")
            if not times:
                id = pipeline(client, "killed", NUMBERS)
                client.pipelines.start_update(id)
            else:
                (found,) = client.pipelines.list_pipelines()
                assert ended(client, id, found.latest_updates[0].update_id) == "COMPLETED"
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--port", "x"), "--port cannot be x"),
        (("--port", "70000"), "--port cannot be 70000"),
        (("--catalogs", "none.yml"), "none.yml cannot be read"),
    ],
)
def test_what_the_command_refuses(tmp_path: Path, words: tuple[str, ...], said: str):
    command = [sys.executable, "-W", "ignore", "-m", "ldp_magic", "emulator", *words]
    env = {**os.environ, "PYTHONPATH": str(Path(ldp_magic.__file__).parents[1])}
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 2 and said in ran.stderr


def test_two_workspaces_cannot_share_a_folder(start, tmp_path: Path):
    start(keep=tmp_path / "kept")
    with pytest.raises(ldp_magic.errors.LdpError, match="another workspace"):
        start(keep=tmp_path / "kept")


def test_one_call_in_python(tmp_path: Path):
    one = ldp_magic.emulator(keep=tmp_path / "kept")
    try:
        assert connected(one).current_user.me().user_name == one.user
    finally:
        one.close()
    assert (tmp_path / "kept" / "workspace.db").exists()


def test_what_stands_in_for_a_volume_lies_in_the_workspace(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.json").write_text('{"id": 7}\n')
    (tmp_path / "ldp.toml").write_text('[local]\n"/Volumes/main/raw/in" = "data"\n')
    one = ldp_magic.emulator(tmp_path)
    try:
        client = connected(one)
        assert update(client, pipeline(client, "p", LANDING)) == "COMPLETED", errors(one, "p")
        assert one.rows("main.p.landed") == [{"id": 7}]
    finally:
        one.close()


DEPLOY = """
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DeadlineExceeded
from databricks.sdk.service import jobs, pipelines, workspace

SQL = b"CREATE STREAMING TABLE visits AS SELECT * FROM STREAM read_files('/Volumes/main/web/landing', format => 'json', schema => 'id BIGINT')"

def deploy_my_pipeline():
    client = WorkspaceClient()
    client.workspace.mkdirs("/Workspace/Shared/web")
    client.workspace.upload("/Workspace/Shared/web/visits.sql", SQL, format=workspace.ImportFormat.AUTO, overwrite=True)
    try:
        glob = pipelines.PipelineLibrary(glob=pipelines.PathPattern(include="/Workspace/Shared/web/**"))
        found = list(client.pipelines.list_pipelines(filter="name LIKE 'web'"))
        id = found[0].pipeline_id if found else client.pipelines.create(name="web", catalog="main", schema="web", libraries=[glob]).pipeline_id
    except DeadlineExceeded:
        return deploy_my_pipeline()
    if not list(client.jobs.list(name="nightly")):
        task = jobs.Task(task_key="update", pipeline_task=jobs.PipelineTask(pipeline_id=id))
        client.jobs.create(name="nightly", tasks=[task], schedule=jobs.CronSchedule("0 0 2 * * ?", "UTC"))

"""


def test_the_example_of_the_fixture(tmp_path: Path):
    example = plugin.__doc__.partition("\n\n")[2]
    assert len(example.strip().splitlines()) <= 10
    (tmp_path / "test_it.py").write_text(DEPLOY + example)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "ldp_magic.emulator.plugin", "-p", "no:cacheprovider"]
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(ldp_magic.__file__).parents[1]),
        "DATABRICKS_CONFIG_PROFILE": "elsewhere",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    ran = subprocess.run([*command, "test_it.py"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert ran.returncode == 0 and "1 passed" in ran.stdout, ran.stdout


def test_loading_the_plugin_loads_nothing_heavy():
    code = "import sys; import ldp_magic.emulator.plugin; print([m for m in ('http.server', 'pyarrow', 'sqlglot', 'yaml', 'deltalake', 'ldp_magic.errors') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
