"""The workflows: what GitHub needs of such a file, and every command in them, run in a scratch project."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ldp_magic.emulator.workspace import Workspace
from ldp_magic.verbs.export import export
from tests.repositories import commit, git

ROOT = Path(__file__).parents[2]
CHECK, DEPLOY = ".github/workflows/ldp-check.yml", ".github/workflows/ldp-deploy.yml"
TOP = {"name", "on", "permissions", "concurrency", "defaults", "env", "jobs"}
JOB = {
    "name", "needs", "if", "runs-on", "environment", "concurrency", "permissions", "env", "outputs", "steps",
    "defaults", "strategy", "timeout-minutes",
}  # fmt: skip
STEP = {"name", "id", "if", "uses", "with", "run", "env", "working-directory", "shell", "continue-on-error"}
RIGHTS = {"contents", "pull-requests", "id-token"}
CONTEXTS = {"github", "vars", "needs", "steps", "secrets", "env"}


def documents(folder: Path) -> dict[str, dict[str, Any]]:
    """The workflows as GitHub reads them, where `on` is a text."""
    return {name: yaml.load((folder / name).read_text(), yaml.BaseLoader) for name in (CHECK, DEPLOY)}


def test_environments_that_would_take_each_others_pipeline_are_named(example: Path):
    text = (example / "ldp.toml").read_text().replace("name-prefix", "# name-prefix")
    (example / "ldp.toml").write_text(text)
    assert "dev and prod call their pipelines alike" in [each.what for each in export("github", example).left]


def test_the_golden_workflows(example: Path, golden: Any):
    done = export("github", example, out=example)
    assert [each.what for each in done.left] == ["changes are tried in the environment dev"] and done.exit_code == 0
    texts = [f"--- {name}\n{(example / name).read_text()}" for name in (CHECK, DEPLOY)]
    golden(Path(__file__).parent / "golden" / "workflows.txt", "\n".join(texts))


def test_what_github_needs(example: Path):
    export("github", example, out=example)
    for document in documents(example).values():
        assert document.keys() <= TOP and {"name", "on", "jobs"} <= document.keys()
        assert set(document["on"]) <= {"push", "pull_request", "workflow_dispatch"}
        rights(document["permissions"])
        for name, job in document["jobs"].items():
            assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) and job.keys() <= JOB
            assert job["runs-on"] == "ubuntu-latest" and job["steps"]
            assert job.get("needs", name) in document["jobs"]
            rights(job.get("permissions", {}))
            for step in job["steps"]:
                assert step.keys() <= STEP and ("uses" in step) != ("run" in step)
                assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "actions/checkout@v4"))
        text = yaml.safe_dump(document)
        assert {each.partition(".")[0] for each in re.findall(r"\$\{\{ ([\w.-]+) \}\}", text)} <= CONTEXTS
    deploy = documents(example)[DEPLOY]["jobs"]
    assert [job.get("needs") for job in deploy.values()] == [None, "check", "staging", "plan", "production"]
    assert deploy["production"]["environment"] == "prod" and deploy["production"]["permissions"]["id-token"] == "write"
    assert deploy["production"]["concurrency"] == {"group": "user_analytics-prod", "cancel-in-progress": "false"}
    assert deploy["tag"]["permissions"] == {"contents": "write"}


def rights(said: dict[str, str]) -> None:
    assert said.keys() <= RIGHTS and set(said.values()) <= {"read", "write"}


@pytest.mark.parametrize(
    ("settings", "staging", "production", "left"),
    [
        pytest.param("[env.dev]\n[env.staging]\n[env.production]\n", "staging", "production", 0, id="all three"),
        pytest.param("", "staging", "production", 2, id="none"),
        pytest.param("[env.uat]\n", "uat", "production", 1, id="no production"),
    ],
)
def test_the_environments(example: Path, settings: str, staging: str, production: str, left: int):
    text = (example / "ldp.toml").read_text().partition("[env.dev]")[0]
    (example / "ldp.toml").write_text(text + settings)
    done = export("github", example, out=example)
    jobs = documents(example)[DEPLOY]["jobs"]
    assert (jobs["staging"]["environment"], jobs["production"]["environment"]) == (staging, production)
    assert len([each for each in done.left if "alike" not in each.what]) == left


def test_a_login_that_a_runner_has_not_is_named(example: Path):
    (example / "ldp.toml").write_text((example / "ldp.toml").read_text() + 'profile = "mine"\n')
    done = export("github", example, out=example)
    assert done.exit_code == 1
    assert "prod signs in with the profile mine" in [each.what for each in done.left]


def test_a_project_below_the_top_of_its_repository(example: Path):
    (example.parent / ".git").mkdir()
    done = export("github", example)
    assert done.put.folder == example.parent and (example.parent / CHECK).exists()
    found = documents(example.parent)
    assert found[CHECK]["defaults"] == {"run": {"working-directory": "user_analytics"}}
    assert "user_analytics/**" in found[DEPLOY]["on"]["push"]["paths"]


# --- every command -------------------------------------------------------------------------------------------------


@pytest.mark.xdist_group("workflows")
def test_every_command_runs(example: Path, there: Workspace, tmp_path: Path):
    """From a pull request to the tag, each job with what the one before it left."""
    export("github", example, out=example)
    commit(example, {}, "start")
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "origin.git")], check=True)
    git(example, "remote", "add", "origin", str(tmp_path / "origin.git"))
    runner = Runner(example, tmp_path / "runner", there)
    found = documents(example)
    for name in ("check", "plan"):
        runner.job(found[CHECK]["jobs"][name])
    comment = (example / "comment.md").read_text()
    assert "user_analytics" in comment and comment.count("```") == 2 and "What a deploy to prod would do" in comment
    assert (example / "tests.xml").read_text().startswith("<?xml")
    for name in ("staging", "plan", "production", "tag"):
        runner.job(found[DEPLOY]["jobs"][name])
    assert sorted(each.name for each in there.pipelines) == ["dev_user_analytics", "user_analytics"]
    assert "user_analytics" in runner.summary.read_text()
    assert re.fullmatch(r"v\d{4}\.\d\d\.\d\d\.7", git(tmp_path / "origin.git", "tag"))


class Runner:
    """Runs the steps of a job one after the other, as a runner of GitHub does."""

    def __init__(self, project: Path, folder: Path, there: Workspace) -> None:
        self.project, self.outputs = project, dict[str, str]()
        self.summary, self.output, programs = folder / "summary.md", folder / "output", folder / "bin"
        programs.mkdir(parents=True)
        self.script(programs / "ldp", f'exec "{sys.executable}" -m ldp_magic "$@"')
        self.script(programs / "python", f'exec "{sys.executable}" "$@"')
        self.script(programs / "gh", 'test "$1 $2" = "pr comment" && test -s comment.md && test -n "$NUMBER"')
        known = ("PATH", "HOME", "LANG", "TMPDIR", "DATABRICKS_CONFIG_FILE")
        self.env = {name: os.environ[name] for name in known if name in os.environ}
        self.env |= {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        self.env |= {"GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_OUTPUT": str(self.output)}
        self.env |= {"GITHUB_RUN_NUMBER": "7", "CI": "true"}
        self.there = there

    def script(self, path: Path, text: str) -> None:
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def job(self, job: dict[str, Any]) -> None:
        """All steps that are commands; the login is that of the workspace here."""
        login = self.there.environment if "DATABRICKS_HOST" in job.get("env", {}) else {}
        for step in job["steps"]:
            if "run" in step and not step["run"].startswith("pip install"):
                self.step(step, login)
        held = self.output.read_text() if self.output.exists() else ""
        self.outputs |= dict(line.split("=", 1) for line in held.splitlines())

    def step(self, step: dict[str, Any], login: dict[str, str]) -> None:
        env = {name: self.filled(value) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.project,
            env={**self.env, **login, **env},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, (step, done.stdout[-2000:], done.stderr[-2000:])

    def filled(self, value: str) -> str:
        known = {"needs.plan.outputs.hash": self.outputs.get("hash", ""), "github.event.pull_request.number": "5"}
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: known.get(found[1], "x"), value)
