"""From a project to the plan for its workspace: what is wanted, who is signed in, what is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.verbs.remote import folder_named, signed_in, silent

if TYPE_CHECKING:
    from ldp_magic.deploy.plan import Plan
    from ldp_magic.deploy.reading import Seen
    from ldp_magic.deploy.state import Folder
    from ldp_magic.deploy.workspace import Workspace
    from ldp_magic.resources import Wanted
    from ldp_magic.settings import Settings


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the workspace that it is for as it was seen."""

    plan: Plan
    workspace: Workspace
    folder: Folder
    seen: Seen


def planned(
    wanted: Wanted,
    settings: Settings,
    *,
    overwrite: bool = False,
    say: Callable[[str], None] = silent,
) -> Planned:
    """Sign in, look, and compare."""
    from ldp_magic.deploy.plan import plan
    from ldp_magic.deploy.reading import have, look

    workspace = signed_in(settings, say=say)
    folder = folder_named(workspace, wanted.project, wanted.environment, wanted.root)
    ours = marked(wanted, folder)
    seen = look(workspace, folder)
    there = have(workspace, folder, seen, ours, overwrite=overwrite)
    return Planned(plan(ours, there, overwrite=overwrite), workspace, folder, seen)


def marked(wanted: Wanted, folder: Folder) -> Wanted:
    """With the tag by which our objects are found again."""
    from ldp_magic.deploy.objects import mark_of
    from ldp_magic.deploy.objects import marked as tagged

    mark = mark_of(folder.path, wanted.project, wanted.environment)
    resources = (replace(one, settings=tagged(one.settings, one.kind, mark)) for one in wanted.resources)
    return replace(wanted, resources=tuple(resources))


def wanted_of(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    env: str | None,
    said: dict[str, Any],
    name: str = "",
) -> tuple[Wanted, Settings]:
    """What the settings and sources of a project come to; *said* are flags by their setting's name."""
    from ldp_magic.project import find
    from ldp_magic.project.graphs import graph
    from ldp_magic.resources.build import wanted
    from ldp_magic.settings import find as settings_at
    from ldp_magic.verbs.graph import listed, with_columns

    some = listed(paths)
    settings = settings_at(some[0] if some else ".", env, {key: value for key, value in said.items() if value})
    project = find(some, settings, env)
    if project.errors and not project.pipelines:
        raise project.errors[0]
    pipelines = with_columns(tuple(graph(each, {}) for each in project.pipelines))
    return wanted(project, pipelines, settings, name=name), settings
