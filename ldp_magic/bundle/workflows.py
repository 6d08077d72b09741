"""Workflows of GitHub: what a pull request has to pass, and the way of a change to production."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldp_magic import __version__
from ldp_magic.bundle.plain_yaml import Block, yaml_text
from ldp_magic.bundle.targets import is_staging, mode_of
from ldp_magic.bundle.written import Exported
from ldp_magic.resources.files import slug
from ldp_magic.resources.wanted import Problem

__all__ = ["CHECK", "DEPLOY", "top_of", "workflows"]

CHECK, DEPLOY = ".github/workflows/ldp-check.yml", ".github/workflows/ldp-deploy.yml"
_PRODUCTION = re.compile(r"(prod|production|live|main)([-_].*)?", re.IGNORECASE)
Step = dict[str, Any]
_LOGIN = {
    "DATABRICKS_HOST": "${{ vars.DATABRICKS_HOST }}",
    "DATABRICKS_CLIENT_ID": "${{ vars.DATABRICKS_CLIENT_ID }}",
    "DATABRICKS_AUTH_TYPE": "github-oidc",
}
_HEAD = "Written by `ldp export github`; the next one writes it anew, unless somebody has edited it."
_NEEDS = """\

What it needs, once: a service principal with a federation policy for this repository, so that no secret is kept
here, and the variables DATABRICKS_HOST and DATABRICKS_CLIENT_ID of the repository."""
_APPROVAL = """
Whoever has to agree stands under Settings, Environments, {production}: required reviewers."""


@dataclass(frozen=True, slots=True)
class _Way:
    """The way of a change: the environment where it is tried, and the one where it counts."""

    staging: str
    production: str  # empty: the settings have none
    project: str
    folder: str  # below the top of the repository, or empty

    def flag(self, environment: str) -> str:
        return f" --env {shlex.quote(environment)}" if environment else ""


def workflows(root: Path, out: Path, environments: Sequence[str]) -> Exported:
    """The two workflows for the project in *root*, for the repository whose top is *out*."""
    way, left = _way(root, out, environments)
    check, deploy = _check(way), _deploy(way)
    needs = _NEEDS + _APPROVAL.format(production=way.production or "production")
    deploying: dict[tuple[str, ...], str] = {
        ("jobs", "staging"): "deploy to where nobody is hurt, and update the tables there: the test of the whole",
        ("jobs", "plan"): "what production would get; whoever agrees reads it in the summary of the run",
        ("jobs", "production"): "waits until somebody agrees; then does that plan, or nothing if anything moved since",
        ("jobs", "tag"): "a tag for what is in production now",
    }
    checking: dict[tuple[str, ...], str] = {
        ("jobs", "plan"): "what a deploy would do, as a comment of the pull request; a fork has no login",
        ("concurrency",): "a newer push makes the older run pointless",
    }
    files = {
        CHECK: yaml_text(check, checking, _HEAD + _NEEDS).encode(),
        DEPLOY: yaml_text(deploy, deploying, _HEAD + needs).encode(),
    }
    return Exported(files, left)


def top_of(root: Path) -> Path:
    """The folder at the top of the repository, where GitHub looks for workflows; the project's if there is none."""
    return next((folder for folder in (root, *root.parents) if os.path.lexists(folder / ".git")), root)


def _way(root: Path, out: Path, environments: Sequence[str]) -> tuple[_Way, tuple[Problem, ...]]:
    production = next((e for e in environments if _PRODUCTION.fullmatch(e)), "")
    rest = [e for e in environments if e != production]
    staging = next((e for e in rest if is_staging(e)), "")
    other = staging or next(iter(sorted(rest, key=lambda e: mode_of(e) != "development")), "")
    left: list[Problem] = []
    if not production:
        why = "the settings name no environment prod"
        left.append(_missing("production is what the settings say without an environment", why, "prod"))
    if not staging:
        where = f"the environment {other}" if other else "what the settings say without an environment"
        left.append(_missing(f"changes are tried in {where}", "the settings name no environment staging", "staging"))
    below = os.path.relpath(root, out).replace(os.sep, "/")
    return _Way(other, production, slug(root.name), "" if below == "." else below), tuple(left)


def _missing(what: str, why: str, name: str) -> Problem:
    return Problem(what=what, why=why, fix=f"add [env.{name}] to the settings, and export again", severity="warning")


# --- a pull request --------------------------------------------------------------------------------------------------


def _check(way: _Way) -> dict[str, Any]:
    flag = way.flag(way.production)
    own = "github.event.pull_request.head.repo.full_name == github.repository"
    comment = (
        "{\n"
        f"  echo '### What a deploy to {way.production or 'production'} would do'\n"
        "  echo '```'\n"
        "  cat plan.txt\n"
        "  echo '```'\n"
        "} > comment.md\n"
    )
    send = 'gh pr comment "$NUMBER" --body-file comment.md --edit-last --create-if-none'
    number = {"GH_TOKEN": "${{ github.token }}", "NUMBER": "${{ github.event.pull_request.number }}"}
    return {
        "name": f"{way.project} checks",
        "on": {"pull_request": _paths(way)},
        "permissions": {"contents": "read"},
        "concurrency": {"group": f"{way.project}-checks-${{{{ github.ref }}}}", "cancel-in-progress": True},
        **_defaults(way),
        "jobs": {
            "check": {"runs-on": "ubuntu-latest", "steps": _checks(way)},
            "plan": {
                "needs": "check",
                "if": own,
                "runs-on": "ubuntu-latest",
                "permissions": {"contents": "read", "pull-requests": "write", "id-token": "write"},
                "env": _LOGIN,
                "steps": [
                    *_setup(),
                    {"name": "plan", "run": f"ldp plan{flag} --out plan.txt"},
                    {"name": "words", "run": Block(comment)},
                    {"name": "comment", "run": send, "env": number},
                ],
            },
        },
    }


def _paths(way: _Way) -> dict[str, Any]:
    return {"paths": [f"{way.folder}/**", ".github/workflows/ldp-*.yml"]} if way.folder else {}


def _defaults(way: _Way) -> dict[str, Any]:
    return {"defaults": {"run": {"working-directory": way.folder}}} if way.folder else {}


def _setup() -> list[Step]:
    """The code, Python and this tool."""
    return [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": "3.12"}},
        {"run": f'pip install "ldp-magic[local,deploy]~={__version__}"'},
    ]


def _checks(way: _Way) -> list[Step]:
    below = f"{way.folder}/" if way.folder else ""
    kept = {"name": "tests", "path": f"{below}tests.xml", "if-no-files-found": "ignore"}
    checks = [f"ldp check{way.flag(each)}" for each in dict.fromkeys((way.staging, way.production))]
    return [
        *_setup(),
        {"name": "lint", "run": "ldp lint --format github"},
        *({"name": "check", "run": each} for each in checks),
        {"name": "test", "run": "ldp test --junit tests.xml"},
        {"uses": "actions/upload-artifact@v4", "if": "always()", "with": kept},
    ]


# --- the way to production -------------------------------------------------------------------------------------------


def _deploy(way: _Way) -> dict[str, Any]:
    staging, production = way.flag(way.staging), way.flag(way.production)
    return {
        "name": f"{way.project} deploy",
        "on": {"push": {"branches": ["main"], **_paths(way)}, "workflow_dispatch": {}},
        "permissions": {"contents": "read"},
        **_defaults(way),
        "jobs": {
            "check": {"runs-on": "ubuntu-latest", "steps": _checks(way)},
            "staging": _job(
                way,
                "check",
                way.staging or "staging",
                [
                    {"name": "deploy", "run": f"ldp deploy{staging} --yes"},
                    {"name": "integration test", "run": f"ldp start{staging}"},
                ],
            ),
            "plan": {
                "needs": "staging",
                "runs-on": "ubuntu-latest",
                "permissions": {"contents": "read", "id-token": "write"},
                "env": _LOGIN,
                "outputs": {"hash": "${{ steps.plan.outputs.hash }}"},
                "steps": [*_setup(), {"name": "plan", "id": "plan", "run": Block(_planned(production))}],
            },
            "production": _job(
                way,
                "plan",
                way.production or "production",
                [{"name": "deploy", "run": f'ldp deploy{production} --plan "$HASH"', "env": {"HASH": _HASH}}],
            ),
            "tag": {
                "needs": "production",
                "runs-on": "ubuntu-latest",
                "permissions": {"contents": "write"},
                "steps": [{"uses": "actions/checkout@v4"}, {"name": "tag", "run": Block(_tagged(way))}],
            },
        },
    }


_HASH = "${{ needs.plan.outputs.hash }}"


def _job(way: _Way, needs: str, environment: str, steps: Sequence[Step]) -> dict[str, Any]:
    """A deploy; one that is under way is never broken off."""
    return {
        "needs": needs,
        "runs-on": "ubuntu-latest",
        "environment": environment,
        "concurrency": {"group": f"{way.project}-{slug(environment)}", "cancel-in-progress": False},
        "permissions": {"contents": "read", "id-token": "write"},
        "env": _LOGIN,
        "steps": [*_setup(), *steps],
    }


def _planned(flag: str) -> str:
    read = "import json; print(json.load(open('plan.json'))['hash'])"
    return (
        f"ldp plan{flag} --out plan.txt\n"
        f"ldp plan{flag} --json > plan.json\n"
        f'echo "hash=$(python -c "{read}")" >> "$GITHUB_OUTPUT"\n'
        "{ echo '```'; cat plan.txt; echo '```'; } >> \"$GITHUB_STEP_SUMMARY\"\n"
    )


def _tagged(way: _Way) -> str:
    prefix = f"{way.project}-" if way.folder else ""
    return f'tag="{prefix}v$(date -u +%Y.%m.%d).$GITHUB_RUN_NUMBER"\ngit tag "$tag"\ngit push origin "$tag"\n'
