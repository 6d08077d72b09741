"""From the pipelines of a project, and what an environment says of them, to all that the workspace should hold."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ldp_magic.pipeline.model import Pipeline
from ldp_magic.project import Members, Project
from ldp_magic.project.live import NAME, here
from ldp_magic.resources.checks import checked
from ldp_magic.resources.compute import pipeline_cluster
from ldp_magic.resources.files import Filed, filed, slug
from ldp_magic.resources.governance import Governed, governed
from ldp_magic.resources.jobs import Jobs
from ldp_magic.resources.people import permissions, principal, told
from ldp_magic.resources.shape import shapes
from ldp_magic.resources.wanted import ROOT, File, Json, Problem, Resource, Wanted
from ldp_magic.settings import Settings
from ldp_magic.sql.calm import calm

__all__ = ["wanted"]

MOST_LIBRARIES = 100  # files that a pipeline may name one by one


def wanted(
    project: Project,
    pipelines: Sequence[Pipeline],
    settings: Settings,
    *,
    name: str = "",
    problems: Sequence[Problem] = (),
) -> Wanted:
    """What the workspace should hold for *pipelines*, which are graphs of members of *project*. *name* is another name
    for the only one; *problems* are those that are known already."""
    members = {each.name: each for each in project.pipelines}
    asked = [_Asked(members[each.name], each, members[each.name].settings or settings) for each in pipelines]
    with calm():
        return _Build(project, settings, name, asked, list(problems)).whole()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A pipeline with its texts and what the settings say of it."""

    members: Members
    pipeline: Pipeline
    settings: Settings

    @property
    def said(self) -> dict[str, Any]:
        """What is said of its deployment; of a schedule and a trigger only the one that counts."""
        said = dict(self.settings.deployment)
        if self.settings.schedule:
            said["schedule"], said["schedule-time-zone"] = self.settings.schedule, self.settings.schedule_time_zone
        ranks = {name: _rank(self.settings, name) for name in ("schedule", "trigger") if said.get(name)}
        if len(set(ranks.values())) > 1:
            del said[min(ranks, key=lambda each: ranks[each])]
        return said

    @property
    def where(self) -> str:
        """The place that says the most particular things."""
        of_it = [layer.origin for layer in self.settings.layers if layer.origin and not layer.origin.startswith("-")]
        return of_it[-1] if of_it else self.members.origin


def _rank(settings: Settings, name: str) -> int:
    return max((layer.rank for layer in settings.layers if layer.said.get(name)), default=0)


@dataclass(slots=True)
class _Build:
    project: Project
    settings: Settings
    name: str
    asked: list[_Asked]
    problems: list[Problem]
    files: dict[str, File] = field(default_factory=dict)
    tables: dict[str, Mapping[str, Json]] = field(default_factory=dict)

    def whole(self) -> Wanted:
        said, place = self.shared(), self.place()
        rights = self.governed(place)
        placed = [self.filed(each) for each in self.asked]
        resources = [*self.around(place), *map(self.pipeline, self.asked, placed)]
        resources += self.jobs(rights)
        self.add(rights.files())
        found = Wanted(
            project=os.path.basename(os.path.abspath(self.project.root)) or "project",
            environment=self.settings.environment or next((a.members.environment for a in self.asked), ""),
            profile=next((each.settings.profile for each in self.asked if each.settings.profile), ""),
            host=str(said.get("host") or ""),
            root=str(said.get("root") or "").rstrip("/"),
            catalog=place[0],
            schema=place[1],
            files=tuple(self.files[path] for path in sorted(self.files)),
            resources=tuple(resources),
            tables=self.tables,
            setup=(*rights.before, *rights.after),
        )
        settings = {each.members.name: each.settings for each in self.asked}
        return replace(found, problems=(*self.problems, *checked(found, settings)))

    def place(self) -> tuple[str, str]:
        first = self.asked[0].members if self.asked else None
        return (first.catalog, first.schema) if first is not None else ("", "")

    def shared(self) -> Mapping[str, Any]:
        """What is said of all pipelines alike; the only one may say it for itself."""
        every = [each.said for each in self.asked] or [dict(self.settings.deployment)]
        return {key: value for key, value in every[0].items() if all(each.get(key) == value for each in every)}

    def add(self, files: Iterator[File] | Sequence[File]) -> None:
        self.files |= {file.path: file for file in files}

    def filed(self, asked: _Asked) -> Filed:
        found = filed(asked.members, str(self.project.root), alone=len(self.asked) == 1)
        self.add(found.files)
        of = {
            each.name: found.path(each.location.source.name, each.qualified)
            or found.path(each.location.source.name, each.definition.name.parts)
            for each in asked.pipeline.datasets.values()
        }
        self.tables |= shapes(asked.pipeline, of)
        return found

    # --- pipelines -----------------------------------------------------------------------------------------------

    def pipeline(self, asked: _Asked, placed: Filed) -> Resource:
        said, members = asked.said, asked.members
        settings: dict[str, Json] = {
            "name": self.named(members.name, said),
            "catalog": members.catalog,
            "schema": members.schema,
            **self.compute(said, asked.where),
            "libraries": self.libraries(placed, asked.where),
            "root_path": ROOT,
        }
        optional: dict[str, Json] = {
            "channel": said.get("channel"),
            "development": said.get("development"),
            "configuration": dict(members.parameters),
            "tags": dict(said.get("tags", {})),
            "notifications": told(said.get("notifications", {})),
            "environment": {"dependencies": list(said["dependencies"])} if said.get("dependencies") else None,
            "event_log": _event_log(said["event-log"]) if said.get("event-log") else None,
            "budget_policy_id": said.get("budget-policy"),
            "run_as": principal(said["run-as"]) if said.get("run-as") else None,
        }
        settings |= {key: value for key, value in optional.items() if value not in (None, {}, [])}
        return Resource(
            kind="pipeline",
            key=slug(members.name),
            settings=settings,
            permissions=permissions("pipeline", said.get("permissions", {})),
            origin=_origins(asked.settings),
        )

    def named(self, name: str, said: Mapping[str, Any]) -> str:
        return f"{said.get('name-prefix') or ''}{self.called(name)}"

    def called(self, name: str) -> str:
        """The name as it was asked for; the cells of a notebook are called after their project."""
        if self.name and len(self.asked) == 1:
            return self.name
        return self.project.root.name if name == NAME and here() is not None else name

    def compute(self, said: Mapping[str, Any], where: str) -> dict[str, Json]:
        serverless = said.get("serverless", not said.get("compute"))
        if serverless:
            only = [key for key in ("compute", "photon", "edition") if said.get(key) not in (None, {})]
            if only:
                self.problems.append(
                    Problem(
                        what=f"the pipeline is serverless, and {only[0]} is set",
                        why="serverless compute has no cluster, always has Photon and every edition's features",
                        fix=f"take {only[0]} away, or write serverless = false",
                        where=where,
                    )
                )
            return {"serverless": True}
        chosen: dict[str, Json] = {"serverless": False}
        chosen |= {"clusters": [pipeline_cluster(said["compute"])]} if said.get("compute") else {}
        return chosen | {key: said[key] for key in ("photon", "edition") if said.get(key) is not None}

    def libraries(self, placed: Filed, where: str) -> list[Json]:
        """One folder with everything below it, where it holds nothing else; or else each file."""
        paths = [file.path for file in placed.files]
        folder = os.path.commonpath([os.path.dirname(path) for path in paths]) if paths else ""
        others = [path for path in self.files if path.startswith(f"{folder}/") and path not in paths]
        if folder and not others:
            return [{"glob": {"include": f"{ROOT}/{folder}/**"}}]
        if len(paths) > MOST_LIBRARIES:
            self.problems.append(
                Problem(
                    what=f"{len(paths):,} files would have to be named one by one",
                    why=f"a pipeline names {MOST_LIBRARIES} files at most; a folder of its own is named once",
                    fix="move the sources of the pipeline into a folder that holds nothing else",
                    where=where,
                )
            )
        return [{"file": {"path": f"{ROOT}/{path}"}} for path in paths]

    # --- around them ---------------------------------------------------------------------------------------------

    def governed(self, place: tuple[str, str]) -> Governed:
        where = self.asked[0].where if self.asked else ""
        said = self.shared()
        return governed(said, [each.pipeline for each in self.asked], place, self.problems, where)

    def around(self, place: tuple[str, str]) -> Iterator[Resource]:
        said = self.shared()
        catalog, schema = place
        if said.get("create-schema"):
            yield Resource(kind="schema", key=slug(schema), settings={"name": schema, "catalog_name": catalog})
        for name in said.get("volumes", ()):
            settings = {"name": name, "catalog_name": catalog, "schema_name": schema, "volume_type": "MANAGED"}
            yield Resource(kind="volume", key=slug(name), settings=settings)

    def jobs(self, rights: Governed) -> Iterator[Resource]:
        keys = {each.members.name: slug(each.members.name) for each in self.asked}
        said = self.shared()
        make = Jobs(keys, rights, str(self.project.root), said.get("name-prefix") or "", self.problems)
        named = said.get("jobs", {})
        updated = {task["pipeline"] for job in named.values() for task in job["tasks"] if "pipeline" in task}
        for each in self.asked:
            if each.members.name not in updated or each.said.get("schedule") or each.said.get("trigger"):
                name = each.members.name
                yield from make.of_pipeline(name, self.called(name), each.said, each.where)
        shared = {key: said[key] for key in ("notifications", "tags", "run-as", "permissions") if key in said}
        for name, job in named.items():
            yield make.named(name, {**shared, **job}, self.asked[0].where if self.asked else "")
        self.add(tuple(make.files.values()))


def _event_log(name: str) -> dict[str, Json]:
    parts = name.split(".")
    return dict(zip(("name", "schema", "catalog"), reversed(parts), strict=False))


def _origins(settings: Settings) -> dict[str, str]:
    """By the setting as the workspace calls it, which place says it."""
    found = {}
    for name, origin in settings.origin.items():
        if origin != "default":
            found[name.replace("parameters.", "configuration.", 1).replace("-", "_")] = origin
    return found
