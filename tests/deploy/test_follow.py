"""Updates of a workspace: begun, followed through everything that event logs do, stopped, repaired."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import ldp_magic
from ldp_magic.deploy.sign_in import sign_in
from ldp_magic.events import Event
from tests.deploy.lab import Lab
from tests.readme import ROOT


@pytest.fixture
def shop(lab: Lab) -> Lab:
    assert lab.deploy()[0] == 0
    lab.forget()
    return lab


def start(lab: Lab, *words: str) -> tuple[int, str, str]:
    return lab.ldp("start", "shop", "--env", "dev", *words)


def as_json(lab: Lab, *words: str) -> dict[str, Any]:
    code, out, err = start(lab, "--format", "json", *words)
    assert code in (0, 1), err
    return json.loads(out)


def figures(said: dict[str, Any]) -> Any:
    flows = [[each["name"], each["state"], each["written"], each["kind"]] for each in said["flows"]]
    return [said["state"], said["counts"], sorted(flows)]


def test_an_update_is_followed_to_its_end(shop: Lab):
    code, out, err = start(shop)
    assert code == 0 and "✓ done" in out and "in main.default" in out and "visits" in out
    assert "/#joblist/pipelines/" in err and "update" in err


QUIRKS = {
    "a page holds one event": {"page_size": 1},
    "numbers are texts": {"numbers_as_text": True},
    "details are a text": {"details_as_text": True},
    "times are shuffled": {"shuffled_times": True},
    "events are late": {"late_events": 3},
}


@pytest.mark.parametrize("quirks", [*QUIRKS.values(), {k: v for q in QUIRKS.values() for k, v in q.items()}], ids=[*QUIRKS, "all of it"])  # fmt: skip
def test_odd_answers_come_to_the_same_state(shop: Lab, quirks: dict[str, Any]):
    right = figures(as_json(shop))
    for name, value in quirks.items():
        setattr(shop.emulator.quirks, name, value)
    assert figures(as_json(shop)) == right


def test_each_event_is_told_once(shop: Lab):
    shop.emulator.quirks.page_size = 2
    heard: list[Event] = []
    ldp_magic.start("shop", env="dev", live=heard.append)
    assert len({each.id for each in heard}) == len(heard) > 5


def test_a_flow_that_fails_is_found_in_its_file(shop: Lab):
    shop.emulator.script("flow fails")
    code, out, _ = start(shop)
    assert code == 1
    name = "days" if "main.default.days stopped" in out else "visits"
    assert f"at    {os.path.join('transformations', name)}.sql:1:1" in out or f"transformations/{name}.sql:1:1" in out
    assert "skipped" in out


def test_a_source_that_does_not_parse_says_so(shop: Lab):
    shop.emulator.script("source fails")
    code, out, _ = start(shop, "--validate-only")
    assert code == 1 and "Syntax error at or near 'SELCT'" in out
    assert shop.emulator.requests[-1].method == "GET"


def test_the_update_that_the_service_begins_by_itself_is_followed(shop: Lab):
    shop.emulator.script("retries")
    assert as_json(shop)["state"] == "COMPLETED"


def test_what_was_stopped_is_no_success(shop: Lab):
    shop.emulator.script("canceled")
    code, out, _ = start(shop)
    assert code == 1 and "stopped" in out


def test_an_interrupt_ends_the_following_and_not_the_update(shop: Lab):
    shop.emulator.script("stuck")

    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    found = ldp_magic.start("shop", env="dev", live=interrupt)
    assert found.exit_code == 130 and found.updated is None
    text = found.text()
    assert "goes on without you" in text and "ldp stop" in text and "ldp follow" in text and found.link in text
    assert sign_in().update(found.target.id, found.update)["state"] not in ("CANCELED", "COMPLETED", "FAILED")


@pytest.mark.skipif(os.name == "nt", reason="there a signal cannot be sent to one process")
def test_ctrl_c_in_a_terminal(shop: Lab):
    shop.emulator.script("stuck")
    words = [sys.executable, "-m", "ldp_magic", "start", "shop", "--env", "dev"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while not any("/events" in each.path for each in shop.emulator.requests) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130 and "goes on without you" in out


def test_one_update_at_a_time(shop: Lab):
    shop.emulator.script("stuck")
    assert start(shop, "--no-wait")[0] == 0
    code, _, err = start(shop, "--no-wait")
    assert code == 2 and "runs already" in err and "--restart" in err
    assert start(shop, "--restart")[0] == 0


def test_an_answer_that_was_lost_starts_nothing_twice(shop: Lab):
    shop.emulator.faults.add("POST /api/2.0/pipelines", status=504, after=True)
    code, _, err = start(shop)
    assert code == 0, err
    (pipeline,) = sign_in().pipelines_named("shop")
    assert len(sign_in().updates(pipeline["pipeline_id"])) == 1


def test_stop(shop: Lab):
    shop.emulator.script("stuck")
    start(shop, "--no-wait")
    assert shop.ldp("stop", "--env", "dev")[1].endswith("of shop is stopped\n")
    assert shop.ldp("stop", "shop", "--env", "dev")[1] == "no update of shop runs\n"


def test_follow_shows_the_newest_update_and_a_named_one(shop: Lab):
    first = as_json(shop)["update_id"]
    shop.emulator.script("flow fails")
    second = as_json(shop)["update_id"]
    newest = json.loads(shop.ldp("follow", "--env", "dev", "--format", "json")[1])
    assert (newest["update_id"], newest["state"]) == (second, "FAILED")
    named = json.loads(shop.ldp("follow", "shop", "--env", "dev", "--update", first[:12], "--format", "json")[1])
    assert (named["update_id"], named["state"]) == (first, "COMPLETED")
    code, _, err = shop.ldp("follow", "shop", "--env", "dev", "--update", "zzz")
    assert code == 2 and "no update begins with zzz" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("start", "shopp"), "no pipeline is called shopp; shop is"),
        (("start", "00000000-0000-0000-0000-000000000000"), "there is no pipeline 00000000"),
        (("start", "shop", "--refresh", "dayz"), "no table of this project is called dayz; days is"),
        (("start", "shop", "--full-refresh", "all", "--refresh", "days"), "leaves nothing to choose"),
        (("start", "shop", "--validate-only", "--refresh", "days"), "--validate-only refreshes nothing"),
        (("repair",), "no run of this project failed"),
        (("repair", "x"), "x is no run"),
        (("schedule", "shop", "--cron", "0 0 2 * *"), "5 fields"),
        (("schedule", "shop", "--cron", "0 0 2 * * ?", "--env", "dev"), "was deployed from here with its job"),
        (("destroy", "--drop-tables", "shopp"), "no pipeline of this project is called shopp; shop is"),
    ],
)
def test_what_cannot_be_done_says_why(shop: Lab, words: tuple[str, ...], said: str):
    code, _, err = shop.ldp(*words, *([] if "--env" in words else ["--env", "dev"]))
    assert code == 2 and said in err and "  fix  " in err
    assert shop.sent == []


def test_a_pipeline_is_meant_by_its_id_too(shop: Lab):
    (pipeline,) = sign_in().pipelines_named("shop")
    assert shop.ldp("start", pipeline["pipeline_id"], "--env", "dev")[0] == 0


def test_a_project_that_was_never_deployed(lab: Lab):
    code, _, err = lab.ldp("start", "--env", "dev")
    assert code == 2 and "nothing of this project was deployed" in err and "ldp deploy" in err


def test_a_failed_run_of_a_job_is_repaired(shop: Lab):
    (job,) = sign_in().jobs_named("shop")
    shop.emulator.script("flow fails")
    run = sign_in().run_now(str(job["job_id"]), "once")
    shop.emulator.settle()
    assert f"run {run} goes on" in ldp_magic.repair(env="dev").text()
    shop.emulator.settle()
    assert "done" in shop.ldp("status", "--env", "dev")[1]


def test_a_run_that_is_not_there_is_told_by_its_id(shop: Lab):
    code, _, err = shop.ldp("repair", "999", "--env", "dev")
    assert code == 2 and "there is no run 999" in err and "fix" in err


def test_a_deploy_can_start_and_begin_tables_anew(lab: Lab):
    code, out, err = lab.deploy("--start", "--full-refresh", "visits")
    assert code == 0, err
    (begun,) = [each for each in lab.emulator.requests if each.path.endswith("/updates") and each.method == "POST"]
    assert begun.body == {"full_refresh_selection": ["visits"]} and "✓ done" in out


def test_status_tells_what_is_gone(shop: Lab):
    code, out, _ = shop.ldp("status", "--env", "dev")
    assert code == 0 and "scheduled" in out and "Europe/Berlin" in out
    (pipeline,) = sign_in().pipelines_named("shop")
    sign_in().delete_pipeline(pipeline["pipeline_id"], tables=False)
    code, out, _ = shop.ldp("status", "--env", "dev")
    assert code == 1 and "gone" in out


def test_an_update_that_really_runs(lab: Lab):
    """The rows, the expectations and the place of a real failure come through the event log of the workspace."""
    (lab.root / "transformations" / "visits.sql").unlink()
    lab.write("days", "CREATE OR REFRESH MATERIALIZED VIEW days AS SELECT 1 AS day, 2 AS visits;\n")
    lab.write(
        "checked",
        "-- what is shown\n\nCREATE OR REFRESH MATERIALIZED VIEW checked (\n"
        "  CONSTRAINT few EXPECT (visits < 2) ON VIOLATION FAIL UPDATE\n) AS SELECT * FROM days;\n",
    )
    from ldp_magic.emulator import workspace

    with workspace() as real:
        os.environ.update(real.environment)
        code, out, err = lab.deploy("--start")
    assert code == 1, err
    assert "few" in out and "checked.sql:3:1" in out, out
    assert "in main.default" in out and "days" in out


def test_the_updates_of_a_workspace_have_a_history(shop: Lab):
    first = as_json(shop)["update_id"]
    shop.emulator.script("flow fails")
    second = as_json(shop)["update_id"]
    code, out, err = shop.ldp("history", "--pipeline", "shop", "--env", "dev", "--format", "json")
    assert code == 0, err
    assert [(each["id"], each["state"]) for each in json.loads(out)] == [(second, "FAILED"), (first, "COMPLETED")]
    assert "2 updates" in shop.ldp("history", "--pipeline", "shop", "--env", "dev")[1]


def test_no_token_is_left_anywhere(shop: Lab, tmp_path: Path):
    token = shop.emulator.token
    for words in (["plan"], ["status"], ["start"], ["history", "--pipeline", "shop"], ["doctor"], ["deploy", "--yes"]):
        code, out, err = shop.ldp(*words, "--env", "dev")
        assert code in (0, 1) and token not in out + err
    left = [path for path in tmp_path.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert left == []
    assert all(token not in text for text in shop.holds()["files"].values())


def test_the_job_that_was_deployed_begins_an_update(shop: Lab):
    code, out, err = start(shop, "--job")
    assert code == 0 and "✓ done" in out and "job shop" in err
    (run,) = shop.emulator.runs("shop")
    assert run.trigger == "ONE_TIME" and shop.sent == ["POST /api/2.2/jobs/run-now"]
    assert start(shop, "--job", "--refresh", "visits")[0] == 2


def test_a_pipeline_without_a_job_has_none_to_run(lab: Lab):
    (lab.root / "ldp.toml").write_text('catalog = "main"\nschema = "default"\n', encoding="utf-8")
    assert lab.ldp("deploy", "--yes")[0] == 0
    code, _, err = lab.ldp("start", "--job")
    assert code == 2 and "no job of this project" in err and "ldp deploy --schedule" in err


def test_what_is_kept_of_a_notebook_tells_no_times_and_no_ports(shop: Lab):
    found = [
        ldp_magic.plan(env="dev"),
        ldp_magic.deploy(env="dev", yes=True, start=True),
        ldp_magic.status(env="dev"),
        ldp_magic.destroy(env="dev"),
    ]
    port = shop.emulator.url.rpartition(":")[2]
    for each in found:
        said = each.timeless.text(100, False, "unicode") + getattr(each.timeless, "html", str)()
        assert port not in said and "took" not in said
        assert not [day for day in ("Mon ", "Wed ", "Sat ") if day in said]
        assert "http://127.0.0.1" in said or "✓ done" in said
    assert found[0].timeless.plan.hash == found[0].plan.hash
