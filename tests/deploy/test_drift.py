"""What others changed in the workspace is kept unless told otherwise; what they deleted is made again."""

from __future__ import annotations

import re
from typing import Any

import pytest

import ldp_magic
from ldp_magic.deploy.objects import as_sent
from ldp_magic.deploy.sign_in import sign_in
from ldp_magic.errors import LdpError
from tests.deploy.lab import BASE, SETTINGS, SQL, Lab

FILES = f"{BASE}/.ldp/shop/dev/files/transformations"


def pipeline() -> tuple[str, dict[str, Any]]:
    workspace = sign_in()
    (found,) = workspace.pipelines_named("shop")
    spec = dict((workspace.pipeline(found["pipeline_id"]) or {})["spec"])
    spec.pop("id", None)
    return found["pipeline_id"], spec


def job() -> tuple[str, dict[str, Any]]:
    (found,) = sign_in().jobs_named("shop")
    return str(found["job_id"]), dict((sign_in().job(str(found["job_id"])) or {})["settings"])


@pytest.fixture
def changed(lab: Lab) -> Lab:
    """Somebody added a tag and another alert in the UI, and paused the job."""
    assert lab.deploy()[0] == 0
    id_, spec = pipeline()
    spec["tags"] = spec["tags"] | {"cost": "blue"}
    sign_in().change_pipeline(id_, spec)
    number, settings = job()
    settings["schedule"]["pause_status"] = "PAUSED"
    sign_in().change_job(number, settings)
    lab.forget()
    return lab


@pytest.mark.parametrize("there", [{"timeout_seconds": "0"}, {"max_concurrent_runs": "1"}, {"timeout_seconds": 0}])
def test_what_the_service_fills_in_is_nobodys_change_as_a_text_either(there: dict[str, object]):
    assert as_sent({"name": "a"}, {"name": "a"}, {"name": "a", **there}, "job") == {"name": "a"}


def test_what_others_changed_is_no_reason_to_send_anything(changed: Lab):
    code, _, _ = changed.deploy()
    assert (code, changed.sent) == (0, [])


def test_what_others_changed_survives_a_change_of_ours(changed: Lab):
    assert changed.deploy("--schedule", "0 0 3 * * ?")[0] == 0
    schedule = job()[1]["schedule"]
    assert (schedule["quartz_cron_expression"], schedule["pause_status"]) == ("0 0 3 * * ?", "PAUSED")
    (changed.root / "ldp.toml").write_text(SETTINGS + 'channel = "PREVIEW"\n')
    assert changed.deploy()[0] == 0
    spec = pipeline()[1]
    assert spec["channel"] == "PREVIEW" and spec["tags"]["cost"] == "blue"
    changed.forget()
    assert changed.deploy()[0] == 0 and changed.sent == []


def test_what_others_changed_is_undone_when_asked(changed: Lab):
    assert changed.deploy("--overwrite")[0] == 0
    assert "cost" not in pipeline()[1]["tags"]
    assert job()[1]["schedule"]["pause_status"] == "UNPAUSED"


def test_a_change_of_a_pipeline_is_refused_where_somebody_was_faster(lab: Lab):
    lab.deploy()
    (lab.root / "ldp.toml").write_text(SETTINGS + 'channel = "PREVIEW"\n')
    lab.forget()
    assert lab.deploy()[0] == 0
    (put,) = [each for each in lab.emulator.requests if each.method == "PUT"]
    assert isinstance(put.body["expected_last_modified"], int)


def test_a_pipeline_that_was_deleted_is_made_again_and_its_job_follows(lab: Lab):
    lab.deploy()
    old, _ = pipeline()
    sign_in().delete_pipeline(old, tables=False)
    assert lab.deploy()[0] == 0
    new, _ = pipeline()
    assert new != old and job()[1]["tasks"][0]["pipeline_task"]["pipeline_id"] == new
    lab.forget()
    assert lab.deploy()[0] == 0 and lab.sent == []


def test_a_job_that_was_deleted_is_made_again(lab: Lab):
    lab.deploy()
    sign_in().delete_job(job()[0])
    assert lab.deploy()[0] == 0 and job()


def test_a_file_that_was_deleted_is_sent_again(lab: Lab):
    lab.deploy()
    sign_in().remove(f"{FILES}/days.sql")
    lab.forget()
    assert lab.deploy()[0] == 0
    assert sign_in().download(f"{FILES}/days.sql") == SQL["days"].encode()
    assert sign_in().download(f"{FILES}/visits.sql") == SQL["visits"].encode()


def test_a_file_that_was_edited_is_kept_and_not_undone_unasked(lab: Lab):
    lab.deploy()
    theirs = SQL["days"].replace("count(*)", "count(1)").encode()
    sign_in().upload(f"{FILES}/days.sql", theirs)
    lab.forget()
    assert lab.deploy()[0] == 0 and lab.sent == []
    lab.write("days", SQL["days"].replace("day,", "day, 1 AS one,"))
    code, _, err = lab.deploy()
    assert code == 2 and "transformations/days.sql was changed here and in the workspace" in err
    assert sign_in().download(f"{FILES}/days.sql") == theirs
    assert lab.deploy("--overwrite")[0] == 0
    assert b"AS one" in (sign_in().download(f"{FILES}/days.sql") or b"")


def test_files_that_vanished_are_removed_and_only_ours(lab: Lab):
    lab.deploy()
    sign_in().upload(f"{FILES}/notes.txt", b"mine")
    (lab.root / "transformations" / "days.sql").unlink()
    assert lab.deploy()[0] == 0
    left = {each["path"].rpartition("/")[2] for each in sign_in().listed(FILES) or ()}
    assert left == {"visits.sql", "notes.txt"}
    assert lab.ldp("destroy", "--env", "dev", "--yes")[0] == 0
    assert {each["path"].rpartition("/")[2] for each in sign_in().listed(FILES) or ()} == {"notes.txt"}


def test_a_file_that_becomes_a_notebook_leaves_no_file_behind(lab: Lab):
    lab.deploy()
    head = "# Databricks notebook source\n"
    (lab.root / "transformations" / "more.py").write_text("from pyspark import pipelines as dp\n")
    assert lab.deploy()[0] == 0
    (lab.root / "transformations" / "more.py").write_text(head + "from pyspark import pipelines as dp\n")
    assert lab.deploy()[0] == 0
    kinds = {each["path"].rpartition("/")[2]: each["object_type"] for each in sign_in().listed(FILES) or ()}
    assert "more.py" not in kinds or kinds["more.py"] == "FILE"
    lab.forget()
    assert lab.deploy()[0] == 0 and lab.sent == []


# -- names that others have --------------------------------------------------------------------------------------


def test_a_pipeline_of_that_name_that_is_not_ours_is_not_touched(lab: Lab):
    theirs = sign_in().create_pipeline({"name": "shop", "catalog": "main", "schema": "default", "serverless": True})
    code, _, err = lab.deploy()
    assert code == 2 and "a pipeline is called shop already" in err and theirs in err and "--adopt" in err
    assert lab.sent == ["POST /api/2.0/pipelines"]  # theirs: nobody need clear away half a deploy
    code, out, _ = lab.deploy("--name", "shop two")
    assert code == 0 and "created       pipeline shop two, job shop two" in out
    assert sign_in().pipelines_named("shop")[0]["pipeline_id"] == theirs


def test_a_pipeline_of_that_name_can_be_taken_over(lab: Lab):
    theirs = sign_in().create_pipeline({"name": "shop", "catalog": "main", "schema": "default", "serverless": True})
    assert lab.deploy("--adopt")[0] == 0
    assert pipeline()[0] == theirs and pipeline()[1]["libraries"]


def test_a_second_job_of_that_name_is_not_made(lab: Lab):
    sign_in().create_job({"name": "shop", "tasks": []})
    code, _, err = lab.deploy()
    assert code == 2 and "a job is called shop already" in err
    assert len(sign_in().jobs_named("shop")) == 1 and sign_in().pipelines_named("shop") == []


def test_without_its_state_a_deploy_finds_its_own_objects(lab: Lab):
    lab.deploy()
    before = pipeline()[0], job()[0]
    sign_in().remove(f"{BASE}/.ldp/shop/dev/state/state.json")
    assert lab.deploy()[0] == 0
    assert (pipeline()[0], job()[0]) == before


def test_a_state_that_is_broken_is_not_gone_over(lab: Lab):
    lab.deploy()
    sign_in().upload(f"{BASE}/.ldp/shop/dev/state/state.json", b"{]")
    code, _, err = lab.deploy()
    assert code == 2 and "cannot be read" in err
    sign_in().upload(f"{BASE}/.ldp/shop/dev/state/state.json", b'{"version": 99, "lineage": "x"}')
    assert "a newer version of ldp" in lab.deploy()[2]


# -- the plan that was seen ----------------------------------------------------------------------------------------


def test_where_nobody_can_be_asked_the_plan_is_shown_and_its_line(lab: Lab):
    lab.forget()
    code, out, _ = lab.ldp("deploy", "--env", "dev", "--schedule", "0 0 4 * * ?")
    assert (code, lab.sent) == (1, [])
    line = next(line for line in out.splitlines() if "ldp deploy --plan" in line).partition("ldp ")[2]
    assert "--env dev" in line and "--schedule '0 0 4 * * ?'" in line
    import shlex

    assert lab.ldp(*shlex.split(line))[0] == 0
    assert job()[1]["schedule"]["quartz_cron_expression"] == "0 0 4 * * ?"


def test_lines_to_copy_have_the_flags_without_which_they_mean_another_place(lab: Lab):
    assert "ldp start --env dev" in lab.deploy()[1]
    code, out, _ = lab.ldp("destroy", "--env", "dev", "--drop-tables", "shop")
    assert code == 1 and "ldp destroy --yes --drop-tables shop --env dev" in out
    begun = lab.ldp("start", "--env", "dev", "--no-wait")[1]
    lines = [line.split() for line in begun.splitlines() if " ldp " in line]
    assert [line[0] for line in lines if line[-2:] == ["--env", "dev"]] == ["follow", "stop"]


def test_where_somebody_deploys_between_a_plan_and_its_yes_nothing_is_sent(lab: Lab):
    lab.deploy()
    lab.write("days", SQL["days"].replace("count(*)", "count(1)"))

    def yes(shown: object) -> bool:
        assert ldp_magic.deploy(env="dev", yes=True).applied
        lab.forget()
        return True

    lab.write("visits", SQL["visits"].replace("*", "id"))
    with pytest.raises(LdpError, match="somebody else deployed this") as caught:
        ldp_magic.deploy(env="dev", ask=yes)
    assert caught.value.fix == "plan anew: ldp deploy --env dev"
    assert not [each for each in lab.sent if not each.startswith("POST /api/2.0/workspace/")]


@pytest.mark.parametrize("who", ["here", "there"])
def test_a_plan_is_refused_if_anything_moved_since(lab: Lab, who: str):
    lab.deploy()
    lab.write("days", SQL["days"].replace("count(*)", "count(1)"))
    out = lab.ldp("deploy", "--env", "dev")[1]
    hash_ = out.partition("--plan ")[2].split()[0]
    if who == "here":
        lab.write("days", SQL["days"].replace("count(*)", "count(2)"))
    else:
        id_, spec = pipeline()
        sign_in().change_pipeline(id_, spec | {"channel": "PREVIEW"})
    lab.forget()
    code, _, err = lab.ldp("deploy", "--env", "dev", "--plan", hash_)
    assert code == 2 and "not what a deploy would do any more" in err and lab.sent == []
    assert re.search("ldp plan, then ldp deploy --plan [0-9a-f]{12} --env dev", " ".join(err.split()))


# -- rows that would go --------------------------------------------------------------------------------------------


def test_rows_go_only_where_their_table_is_named(lab: Lab):
    lab.deploy()
    lab.write("visits", "CREATE OR REFRESH MATERIALIZED VIEW visits AS SELECT 1 AS day;\n")
    lab.forget()
    code, _, err = lab.deploy()
    assert code == 2 and "this deploy drops main.default.visits, with all rows" in err and lab.sent == []
    assert "ldp deploy --drop visits" in err
    assert lab.deploy("--drop", "days")[0] == 2
    assert lab.deploy("--drop", "visits")[0] == 0


def test_a_pipeline_that_is_not_wanted_any_more_leaves_its_tables(lab: Lab):
    lab.deploy()
    assert lab.ldp("destroy", "--env", "dev", "--yes")[0] == 0
    (gone,) = [each for each in lab.emulator.requests if each.method == "DELETE"]
    assert gone.query == {"cascade": "false"}
    lab.deploy()
    assert lab.ldp("destroy", "--env", "dev", "--yes", "--drop-tables", "shop")[0] == 0
    assert [each.query for each in lab.emulator.requests if each.method == "DELETE"][-1] == {"cascade": "true"}


def test_what_the_service_refuses_is_told_with_its_words(lab: Lab):
    said = {"status": 400, "code": "INVALID_PARAMETER_VALUE", "message": "The edition is not one"}
    lab.emulator.faults.add("POST /api/2.0/pipelines", **said)
    code, _, err = lab.deploy()
    assert code == 2
    assert "pipeline shop: " in err and "POST /api/2.0/pipelines" in err
    assert "The edition is not one (INVALID_PARAMETER_VALUE); done before: 2 files sent" in err
    assert "correct what it names" in err
