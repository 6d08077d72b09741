"""Projects made up of chance: pipelines, environments, triggers, compute, jobs, rights, names of all scripts."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from ldp_magic.bundle.plain_toml import toml_text

NAMES = ("web", "Größe-2", "orders eu", "каталог 3", "v1.2")
PEOPLE = ("ada@example.com", "analysts", "11111111-2222-3333-4444-555555555555", "Über uns")
SQL = (
    "-- what came in: größe 🐟\r\nCREATE OR REFRESH STREAMING TABLE `{name} größe` AS\r\n"
    "SELECT *, '${{landing}}' AS place\r\nFROM STREAM main.raw.{table};\r\n"
)
VIEW = "CREATE OR REFRESH MATERIALIZED VIEW {table}_per_day AS SELECT count(*) AS n FROM `{name} größe`;\n"


def project(folder: Path, seed: int) -> tuple[str, ...]:
    """Write a project into *folder*; the names of its environments."""
    return _Made(folder, Random(seed)).write()


class _Made:
    def __init__(self, folder: Path, chance: Random) -> None:
        self.folder, self.chance = folder, chance
        self.names = chance.sample(NAMES, chance.choice((1, 1, 2, 3)))

    def maybe(self, share: float = 0.5) -> bool:
        return self.chance.random() < share

    def write(self) -> tuple[str, ...]:
        environments = ("dev", "prod") if self.maybe() else ("dev", "staging", "prod")
        top: dict[str, Any] = {"catalog": "main", "schema": "sales"}
        top |= self.around() if self.maybe(0.4) else {}
        tables: list[tuple[tuple[str, ...], dict[str, Any]]] = []
        for number, name in enumerate(self.names):
            self.sources(f"p{number}", name, f"t{number}")
            tables.append((("pipelines", name), {"sources": [f"p{number}/**"], **self.pipeline()}))
        if self.maybe(0.6):
            tables.append((("jobs", "nightly run"), self.job("grants" in top and self.maybe())))
        for name in environments:
            tables.append((("env", name), self.environment(name)))
        (self.folder / "ldp.toml").write_text(toml_text(top, tables, "made up"), encoding="utf-8")
        return environments

    def sources(self, folder: str, name: str, table: str) -> None:
        below = self.folder / folder / ("tief/er" if self.maybe(0.3) else "")
        below.mkdir(parents=True, exist_ok=True)
        (below / f"{name} größe.sql").write_bytes(SQL.format(name=name, table=table).encode())
        (below / f"{table}_per_day.sql").write_bytes(VIEW.format(name=name, table=table).encode())

    def pipeline(self) -> dict[str, Any]:
        """What the table of a pipeline says."""
        said: dict[str, Any] = {"parameters": {"landing": "/Volumes/main/raw/in", "start": "2026-01-01", "on": "12:30"}}
        said |= self.when() if self.maybe(0.6) else {}
        said |= self.compute() if self.maybe(0.4) else {}
        said |= {"tags": {"team": "web: #1", "cost": "007"}} if self.maybe() else {}
        said |= {"notifications": self.told()} if self.maybe() else {}
        said |= {"permissions": self.people()} if self.maybe() else {}
        said |= {"channel": "PREVIEW"} if self.maybe(0.3) else {}
        said |= (
            {"event-log": self.chance.choice(("events", "ops.events", "main.ops.events"))} if self.maybe(0.3) else {}
        )
        return said | ({"dependencies": ["rich==14.0", "./a b.whl"]} if self.maybe(0.3) else {})

    def when(self) -> dict[str, Any]:
        triggers: list[dict[str, Any]] = [
            {"schedule": "0 0 2 * * ?", "schedule-time-zone": "Europe/Berlin"},
            {"schedule": "0 30 6 ? * MON-FRI"},
            {"trigger": {"every": "4 hours"}},
            {"trigger": {"files": "/Volumes/main/raw/in/", "quiet-for": "2 minutes"}},
            {"trigger": {"tables": ["main.raw.a", "main.raw.b"], "when": "all", "at-most-every": "90 seconds"}},
            {"trigger": {"continuous": True}},
        ]
        said = dict(self.chance.choice(triggers))
        said |= {"paused": True} if self.maybe(0.2) else {}
        return said | ({"retries": 2, "retry-interval": "5 minutes", "timeout": "3 hours"} if self.maybe(0.3) else {})

    def compute(self) -> dict[str, Any]:
        grows = {"min-workers": 1, "max-workers": 5, "autoscale": self.chance.choice(("enhanced", "legacy"))}
        cluster = {"node-type": "i3.xlarge", **(grows if self.maybe() else {"workers": 2})}
        cluster |= {"spark-conf": {"spark.x": "1"}, "tags": {"a": "b"}} if self.maybe(0.4) else {}
        said: dict[str, Any] = {"compute": cluster}
        said |= {"photon": True} if self.maybe(0.3) else {}
        return said | ({"edition": "PRO"} if self.maybe(0.3) else {})

    def told(self) -> dict[str, list[str]]:
        every = {
            "on-update-failure": ["ada@example.com", "bo@example.com"],
            "on-flow-failure": ["ada@example.com", "bo@example.com"],
            "on-update-success": ["cy@example.com"],
        }
        some = {event: people for event, people in every.items() if self.maybe()}
        return some or {"on-update-failure": ["ada@example.com"]}

    def people(self) -> dict[str, list[str]]:
        some = {level: self.chance.sample(PEOPLE, 2) for level in ("view", "run", "manage") if self.maybe()}
        return some or {"view": ["analysts"]}

    def around(self) -> dict[str, Any]:
        said: dict[str, Any] = {"create-schema": True} if self.maybe() else {}
        said |= {"volumes": ["landing"]} if self.maybe() else {}
        if self.maybe():
            said |= {
                "grants": [
                    {"to": "analysts", "may": ["SELECT", "MODIFY"], "on": "t0_per_day"},
                    {"to": "Über `uns`", "may": ["USE SCHEMA"], "on": "schema"},
                ],
                "row-filters": {"t0_per_day": "main.sales.mine ON (n)"},
                "masks": {"t0_per_day.n": "main.sales.hide"},
                "views": {"t0_now": "SELECT *\nFROM main.sales.t0_per_day"},
            }
        return said | ({"name-prefix": "etl-"} if self.maybe(0.3) else {})

    def job(self, prepared: bool) -> dict[str, Any]:
        (self.folder / "jobs").mkdir()
        (self.folder / "jobs" / "prüfen.py").write_bytes("print('größe')\r\n".encode())
        (self.folder / "jobs" / "report.sql").write_bytes(b"-- Databricks notebook source\nSELECT 1;\n")
        tasks: list[dict[str, Any]] = [{"name": "first", "pipeline": self.names[0], "full-refresh": ["all"]}]
        if prepared:
            tasks = [{"name": "prepare", "setup": True}, {**tasks[0], "after": ["prepare"]}]
        tasks.append({"name": "check", "python": "jobs/prüfen.py", "after": ["first"], "parameters": {"day": "1"}})
        if self.maybe():
            cluster = {"spark-version": "16.4.x-scala2.12", "node-type": "i3.xlarge", "workers": 1}
            tasks.append({"name": "slow", "python": "jobs/prüfen.py", "compute": cluster, "retries": 1})
        tasks.append({"name": "report", "notebook": "jobs/report.sql", "after": ["check"], "run-if": "all-done"})
        tasks += [{"name": each, "pipeline": name} for each, name in zip("ab", self.names[1:], strict=False)]
        said: dict[str, Any] = {"schedule": "0 0 4 * * ?", "tags": {"kind": "job"}, "permissions": self.people()}
        said |= {"notifications": {"on-failure": ["ada@example.com", "webhook:abc"]}}
        return {**said, "tasks": tasks}

    def environment(self, name: str) -> dict[str, Any]:
        said: dict[str, Any] = {"schema": f"sales_{name}"} if self.maybe(0.7) else {}
        said |= {"catalog": f"{name}_lake"} if self.maybe(0.3) else {}
        said |= {"parameters": {"landing": f"/Volumes/main/{name}/in", "limit": "1.0"}} if self.maybe() else {}
        said |= self.when() if self.maybe(0.3) else {}
        said |= {"tags": {"env": name}} if self.maybe(0.3) else {}
        said |= {"run-as": "11111111-2222-3333-4444-555555555555"} if self.maybe(0.2) else {}
        said |= {"name-prefix": f"{name}_"} if self.maybe(0.2) else {}
        if name != "dev":
            said |= {"host": f"https://{name}.example.com"} if self.maybe(0.4) else {}
            said |= {"root": f"/Workspace/Shared/{name}"} if self.maybe(0.3) else {}
        return said
