"""Small projects on disk, and what a plan says of them."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ldp_magic.deploy.plan import Have, Held, Plan, plan
from ldp_magic.project import find, graphs
from ldp_magic.resources.build import wanted as built
from ldp_magic.resources.wanted import Wanted
from ldp_magic.settings import find as settings_of

SETTINGS = '[pipelines.web]\nsources = ["src/**"]\ncatalog = "main"\nschema = "s"\n'
NOW = datetime(2026, 3, 27, 12, tzinfo=timezone.utc)


def wanted(folder: Path, sql: str | None = None, settings: str | None = None, env: str | None = None) -> Wanted:
    """What the workspace should hold for a project of that SQL."""
    write(folder, "ldp.toml", settings if settings is not None else SETTINGS)
    if sql is not None:
        write(folder, "src/all.sql", sql)
    return read(folder, env)


def read(folder: Path, env: str | None = None) -> Wanted:
    """What the workspace should hold for the project as it is."""
    known = env if env in settings_of(folder, environ={}).environments else None
    said = settings_of(folder, known, environ={})
    project = find([folder], said, env)
    return built(project, graphs(project), said)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def deployed(was: Wanted, **more: Any) -> Have:
    """What is there after a deploy of *was*."""
    held = {
        (each.kind, each.key): Held(
            id=f"id of {each.name}", sent=each.settings, remote=each.settings, permissions=each.permissions
        )
        for each in was.resources
    }
    files = {file.path: file.sha256 for file in was.files}
    texts = {file.path: file.content for file in was.files}
    said: dict[str, Any] = {"asked": True, "files": files, "texts": texts, "resources": held, "tables": was.tables}
    return Have(**(said | more))


def planned(was: Wanted, now: Wanted) -> Plan:
    """The plan from one to the other."""
    return plan(now, deployed(was), now=NOW)
